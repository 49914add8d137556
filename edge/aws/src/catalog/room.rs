use std::collections::VecDeque;

use super::action::Action;
use crate::limits::{MAX_ITEM_BYTES, MAX_TRANSACTION_BYTES};

/// What a transaction still takes beside the component's own item.
pub(crate) struct Room {
    items: usize,
    bytes: usize,
}

impl Room {
    /// A transaction of so many items at most.
    pub(crate) fn new(most: usize) -> Room {
        Room { items: most - 1, bytes: MAX_TRANSACTION_BYTES - MAX_ITEM_BYTES }
    }

    /// There is room for all of these.
    pub(crate) fn holds<'a>(&self, actions: impl IntoIterator<Item = &'a Action>) -> bool {
        let (items, bytes) =
            actions.into_iter().fold((0, 0), |(items, bytes), action| (items + 1, bytes + action.bytes));
        items <= self.items && bytes <= self.bytes
    }

    /// Takes as many of these as there is room for. An empty room takes one at least: no item is larger.
    pub(crate) fn fill(&mut self, queue: &mut VecDeque<Action>) -> Vec<Action> {
        let mut taken = Vec::new();
        while let Some(action) = queue.pop_front_if(|action| self.items > 0 && action.bytes <= self.bytes) {
            self.items -= 1;
            self.bytes -= action.bytes;
            taken.push(action);
        }
        taken
    }
}
