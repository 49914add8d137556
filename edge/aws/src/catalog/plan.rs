//! How an edit becomes transactions.
//!
//! As a rule it is one. DynamoDB takes 100 items in one, and an import may add more releases than that. Such an edit
//! still becomes visible all at once:
//!
//! 1. Releases that are new are written first, in as many transactions as it takes. Each is a write of the component
//!    like any other: it goes on from the revision before and makes the next, so of two operators one is stopped at
//!    once. But the component's item says that the releases of these revisions are *hidden*: they do not count.
//! 2. The last transaction has everything that changes what is there (channels, releases with other constraints), and
//!    ends the hiding. What was hidden and what changes become visible in one moment. If it alone is too large, the edit
//!    is refused before anything is written.
//! 3. A component is put on an attribute's list before its channels want it, and taken off after they do not: to be on a
//!    list for nothing costs a device's question one read, to be missing from it would cost the device an update.
//!
//! Who is killed in between leaves releases that never count (publishing them again overwrites them), a component
//! without releases, or an entry in a list too many, which the component's next write takes off.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use resolver::catalog::{Channel, Edit, Release};
use resolver::words::{AttributeName, ComponentName, Sha256};
use store::StoreError;

use super::action::{Action, Change, Condition};
use super::item::{Head, Row, mark};
use super::names::{COMPONENTS, HEAD, item, release, wanting};
use super::partition::Partition;
use crate::limits::{MAX_ITEM_BYTES, MAX_TRANSACTION_BYTES, MAX_TRANSACTION_ITEMS};

/// What is done at once. The first action is the component's own item.
#[derive(Debug)]
pub(crate) struct Transaction {
    /// The revision it makes.
    pub(crate) revision: u64,
    pub(crate) actions: Vec<Action>,
    /// What was asked for is done without it.
    pub(crate) is_optional: bool,
}

/// The transactions of an edit of a partition, in order. [`StoreError::Taken`], [`StoreError::Dangling`] and
/// [`StoreError::TooLarge`] are found here, before anything is written.
pub(crate) fn plan(name: &ComponentName, before: &Partition, edit: &Edit) -> Result<Vec<Transaction>, StoreError> {
    let mut plan = Plan::new(name, before)?;
    plan.releases(edit)?;
    plan.channels(edit)?;
    plan.lists(edit)?;
    plan.transactions()
}

struct Plan<'a> {
    app: String,
    before: &'a Partition,
    head: Head,
    /// What counts when the edit is done: the range key, and the revision if it stays as it is.
    after: BTreeMap<String, Option<u64>>,
    /// What must happen at once.
    core: Vec<Action>,
    /// What may happen before, hidden.
    early: VecDeque<Action>,
    /// What may happen later.
    late: VecDeque<Action>,
}

impl<'a> Plan<'a> {
    fn new(name: &ComponentName, before: &'a Partition) -> Result<Self, StoreError> {
        let app = name.key().to_string();
        let head = before.head.clone().unwrap_or_else(|| Head::new(name.clone()));
        let after = before.visible().map(|(env, row)| (env.to_owned(), Some(row.revision))).collect();
        let mut early = VecDeque::new();
        if before.head.is_none() {
            early.push_back(Action::new(COMPONENTS, &app, Change::Enter, Condition::Any)?);
        }
        Ok(Plan { app, before, head, after, core: Vec::new(), early, late: VecDeque::new() })
    }

    /// Puts a channel or a release there. Whoever wrote an item that is not edgehop's keeps it.
    fn put(&mut self, env: String, record: String, sha256: Option<Sha256>) -> Result<(), StoreError> {
        if self.before.foreign.contains(&env) {
            let problem = "it is there and edgehop did not write it: adopt the table first, or use another one";
            return Err(StoreError::damaged(item(&self.app, &env), problem));
        }
        let there = self.before.rows.get(&env);
        let visible = self.before.row(&env);
        if visible.is_some_and(|row| row.record == record) {
            return Ok(());
        }
        let condition = match (there, visible, sha256) {
            (_, Some(_), Some(sha256)) => Condition::Bytes(sha256),
            (Some(row), _, _) => Condition::Revision(row.revision),
            (None, _, _) => Condition::Absent,
        };
        let change = Change::Row(Row { revision: 0, record, sha256 });
        let action = Action::new(&self.app, &env, change, condition)?;
        if visible.is_none() && sha256.is_some() {
            self.early.push_back(action);
        } else {
            self.core.push(action);
        }
        self.after.insert(env, None);
        Ok(())
    }

    fn releases(&mut self, edit: &Edit) -> Result<(), StoreError> {
        let mut releases: BTreeMap<String, &Release> = BTreeMap::new();
        for new in &edit.releases {
            let (env, sha256) = (release(&new.version), new.artifact.sha256);
            let there = self.before.row(&env).and_then(|row| row.sha256);
            let twice = releases.get(&env).map(|release| release.artifact.sha256);
            if there.or(twice).is_some_and(|there| there != sha256) {
                return Err(StoreError::Taken { release: format!("{} {}", self.app, new.version) });
            }
            releases.insert(env, new);
        }
        for (env, release) in releases {
            let record = json(&self.app, &env, release)?;
            self.put(env, record, Some(release.artifact.sha256))?;
        }
        Ok(())
    }

    fn channels(&mut self, edit: &Edit) -> Result<(), StoreError> {
        for (name, channel) in &edit.channels {
            let env = name.to_string();
            match channel {
                Some(channel) => {
                    if !self.after.contains_key(&release(&channel.target)) {
                        let channel_name = format!("channel {name} of {}", self.app);
                        return Err(StoreError::Dangling { channel: channel_name, target: channel.target.to_string() });
                    }
                    let record = json(&self.app, &env, channel)?;
                    self.put(env, record, None)?;
                }
                None if self.after.remove(&env).is_some() => {
                    self.core.push(Action::new(&self.app, &env, Change::Delete, Condition::Any)?);
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Makes the attributes' lists say what the channels will say.
    fn lists(&mut self, edit: &Edit) -> Result<(), StoreError> {
        let mut channels = self.before.channels(&self.head.name.key())?;
        for (name, channel) in &edit.channels {
            match channel {
                Some(channel) => channels.insert(name.clone(), channel.clone()),
                None => channels.remove(name),
            };
        }
        let wanted: BTreeSet<AttributeName> =
            channels.into_values().flat_map(|channel: Channel| channel.attributes).collect();
        for attribute in wanted.difference(&self.head.listed) {
            let change = Change::List(attribute.clone());
            self.early.push_back(Action::new(&wanting(attribute), &self.app, change, Condition::Any)?);
        }
        for attribute in self.head.listed.difference(&wanted) {
            let change = Change::Unlist(attribute.clone());
            self.late.push_back(Action::new(&wanting(attribute), &self.app, change, Condition::Any)?);
        }
        Ok(())
    }

    fn transactions(mut self) -> Result<Vec<Transaction>, StoreError> {
        let mut transactions = Vec::new();
        let mut core = VecDeque::from(std::mem::take(&mut self.core));
        if !Room::new().holds([&core, &VecDeque::new()]) {
            let (changes, most) = (core.len(), MAX_TRANSACTION_ITEMS - 1);
            let problem = format!(
                "it changes {changes} channels and releases that are there; {most} and {MAX_TRANSACTION_BYTES} bytes \
                 can change at once: make several edits of it"
            );
            return Err(StoreError::TooLarge { what: format!("the edit of {}", self.head.name), problem });
        }
        // What may be done early is, but only as far as the rest would not fit.
        let mut staged = BTreeSet::new();
        while !Room::new().holds([&core, &self.early]) {
            let actions = Room::new().fill(&mut self.early);
            let revision = self.head.revision + 1;
            staged.insert(revision);
            self.head.hidden.insert(revision);
            for action in actions.iter().filter(|action| matches!(action.change, Change::Row(_))) {
                self.after.insert(action.env.clone(), Some(revision));
            }
            transactions.push(self.step(actions, false)?);
        }
        let left_over = |hidden: &u64| self.before.rows.values().any(|row| row.revision == *hidden);
        self.head.hidden.retain(|hidden| !staged.contains(hidden) && left_over(hidden));
        let mut room = Room::new();
        let mut actions = room.fill(&mut core);
        actions.extend(room.fill(&mut self.early));
        actions.extend(room.fill(&mut self.late));
        let revision = self.head.revision + 1;
        let marks = self.after.iter().map(|(env, was)| mark(env, was.unwrap_or(revision)));
        self.head.check = marks.fold(0, u64::wrapping_add);
        transactions.push(self.step(actions, false)?);
        while !self.late.is_empty() {
            let actions = Room::new().fill(&mut self.late);
            transactions.push(self.step(actions, true)?);
        }
        Ok(transactions)
    }

    /// The next write of the component, with these actions.
    fn step(&mut self, actions: Vec<Action>, is_optional: bool) -> Result<Transaction, StoreError> {
        let condition = match self.head.revision {
            0 => Condition::Absent,
            revision => Condition::Revision(revision),
        };
        self.head.revision += 1;
        for action in &actions {
            match &action.change {
                Change::List(attribute) => self.head.listed.insert(attribute.clone()),
                Change::Unlist(attribute) => self.head.listed.remove(attribute),
                _ => false,
            };
        }
        let head = Action::new(&self.app, HEAD, Change::Head(self.head.clone()), condition)?;
        let actions = std::iter::once(head).chain(actions).collect();
        Ok(Transaction { revision: self.head.revision, actions, is_optional })
    }
}

/// What a transaction still takes beside the component's own item.
struct Room {
    items: usize,
    bytes: usize,
}

impl Room {
    fn new() -> Room {
        Room { items: MAX_TRANSACTION_ITEMS - 1, bytes: MAX_TRANSACTION_BYTES - MAX_ITEM_BYTES }
    }

    fn holds(&self, queues: [&VecDeque<Action>; 2]) -> bool {
        let actions = || queues.iter().flat_map(|queue| queue.iter());
        actions().count() <= self.items && actions().map(|action| action.bytes).sum::<usize>() <= self.bytes
    }

    /// Takes as many actions as there is room for: one at least, if nothing was taken before.
    fn fill(&mut self, queue: &mut VecDeque<Action>) -> Vec<Action> {
        let mut taken = Vec::new();
        while let Some(action) = queue.pop_front_if(|action| self.items > 0 && action.bytes <= self.bytes) {
            self.items -= 1;
            self.bytes -= action.bytes;
            taken.push(action);
        }
        taken
    }
}

fn json(app: &str, env: &str, record: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(|error| StoreError::damaged(item(app, env), error))
}
