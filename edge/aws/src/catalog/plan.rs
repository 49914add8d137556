//! Splits an edit into transactions.
//!
//! Most edits are one transaction. DynamoDB allows 100 items in one, and an import may write more releases than that.
//! Such an edit still becomes visible all at once:
//!
//! 1. Its releases are written first, in as many transactions as necessary: new releases under their range key, changed
//!    ones under a second range key. Each transaction requires the component's last *step* and increments it, so that of
//!    two operators one is stopped at once. The component's item lists these steps as *hidden*, so that their items are
//!    ignored.
//! 2. The last transaction writes the channels and the new revision, and removes the steps from the hidden ones. Of two
//!    items of a release the later is current, so everything becomes visible at once.
//! 3. Items that are no longer current are deleted with the capacity that is left, or in further transactions.
//!
//! A component is added to an attribute's list before its channels are selected by it, and removed from the list
//! afterwards: an unnecessary entry costs a query one read, but a missing entry would cost a device an update.
//!
//! A process killed in between leaves hidden items, a component without releases, or an unnecessary entry in a list. The
//! component's next edit cleans them up.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use resolver::catalog::{Channel, Edit, Release};
use resolver::words::{AttributeName, ComponentName, Sha256};
use store::StoreError;

use super::action::{Action, Change, Condition, Transaction};
use super::item::{Head, Row, mark};
use super::names::{self, COMPONENTS, HEAD, again, channel, item, release, wanting};
use super::partition::Partition;
use crate::limits::{MAX_ITEM_BYTES, MAX_TRANSACTION_BYTES};

/// Plans the transactions of an edit of a partition, in order, each with at `most` so many items. Returns
/// [`StoreError::Taken`], [`StoreError::Dangling`] and [`StoreError::TooLarge`] before anything is written.
pub(crate) fn plan(
    name: &ComponentName,
    before: &Partition,
    edit: &Edit,
    most: usize,
) -> Result<Vec<Transaction>, StoreError> {
    let mut plan = Plan::new(name, before, most)?;
    plan.releases(edit)?;
    plan.channels(edit)?;
    plan.lists(edit)?;
    plan.clean()?;
    plan.transactions()
}

struct Plan<'a> {
    /// Most items of a transaction.
    most: usize,
    app: String,
    before: &'a Partition,
    current: BTreeMap<&'a str, (&'a str, &'a Row)>,
    head: Head,
    /// Current items after the edit, by range key, with their step; `None` for the edit's last step.
    after: BTreeMap<String, Option<u64>>,
    /// Actions of the last transaction.
    core: VecDeque<Action>,
    /// Releases that change in place if the transaction has the capacity, each with its slot.
    changed: Vec<(String, Action)>,
    /// Actions that may be performed earlier, hidden.
    early: VecDeque<Action>,
    /// Actions that may be performed later.
    late: VecDeque<Action>,
}

impl<'a> Plan<'a> {
    fn new(name: &ComponentName, before: &'a Partition, most: usize) -> Result<Self, StoreError> {
        let app = name.key().to_string();
        let head = before.head.clone().unwrap_or_else(|| Head::new(name.clone()));
        let current = before.current();
        let after = current.iter().map(|(slot, (_, row))| ((*slot).to_owned(), Some(row.step))).collect();
        let (core, changed, late) = (VecDeque::new(), Vec::new(), VecDeque::new());
        let mut plan = Plan { most, app, before, current, head, after, core, changed, early: VecDeque::new(), late };
        if before.head.is_none() {
            let enter = Action::new(COMPONENTS, &plan.app, Change::Enter, Condition::Any)?;
            plan.early.push_back(enter);
        }
        Ok(plan)
    }

    fn releases(&mut self, edit: &Edit) -> Result<(), StoreError> {
        let mut releases: BTreeMap<String, &Release> = BTreeMap::new();
        for new in &edit.releases {
            let (slot, sha256) = (release(&new.version), new.artifact.sha256);
            let there = self.current.get(slot.as_str()).and_then(|(_, row)| row.sha256);
            let twice = releases.get(&slot).map(|release| release.artifact.sha256);
            if there.or(twice).is_some_and(|there| there != sha256) {
                return Err(StoreError::Taken { release: format!("{} {}", self.app, new.version) });
            }
            releases.insert(slot, new);
        }
        for (slot, release) in releases {
            let (record, sha256) = (json(&self.app, &slot, release)?, release.artifact.sha256);
            match self.current.get(slot.as_str()) {
                Some((_, row)) if row.record == record => continue,
                Some((env, _)) => {
                    let action = self.put(env, record, Some(sha256), Condition::Bytes(sha256))?;
                    self.changed.push((slot.clone(), action));
                }
                None => {
                    let action = self.put(&slot, record, Some(sha256), self.unused(&slot))?;
                    self.early.push_back(action);
                }
            }
            self.after.insert(slot, None);
        }
        for version in &edit.forgotten {
            let slot = release(version);
            self.after.remove(&slot);
            // Deleting only the later of two items of a release would make the earlier current again.
            for env in self.before.rows.keys().filter(|env| names::slot(env) == slot) {
                self.core.push_back(Action::new(&self.app, env, Change::Delete, Condition::Any)?);
            }
        }
        Ok(())
    }

    fn channels(&mut self, edit: &Edit) -> Result<(), StoreError> {
        for (name, set) in &edit.channels {
            let env = channel(name);
            match set {
                Some(set) => {
                    if !self.after.contains_key(&release(&set.target)) {
                        let channel = format!("channel {name} of {}", self.app);
                        return Err(StoreError::Dangling { channel, target: set.target.to_string() });
                    }
                    let record = json(&self.app, &env, set)?;
                    let there = self.current.get(env.as_str());
                    if there.is_none_or(|(_, row)| row.record != record) {
                        let condition = there.map_or_else(|| self.unused(&env), |(_, row)| Condition::Step(row.step));
                        let action = self.put(&env, record, None, condition)?;
                        self.core.push_back(action);
                        self.after.insert(env, None);
                    }
                }
                None if self.after.remove(&env).is_some() => {
                    self.core.push_back(Action::new(&self.app, &env, Change::Delete, Condition::Any)?);
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Updates the attributes' lists to match the channels.
    fn lists(&mut self, edit: &Edit) -> Result<(), StoreError> {
        let mut channels = self.before.channels(&self.head.name.key())?;
        for (name, channel) in &edit.channels {
            match channel {
                Some(channel) => channels.insert(name.clone(), channel.clone()),
                None => channels.remove(name),
            };
        }
        if let Some((name, Channel { target, .. })) =
            channels.iter().find(|(_, channel)| edit.forgotten.contains(&channel.target))
        {
            let channel = format!("channel {name} of {}", self.app);
            return Err(StoreError::Dangling { channel, target: target.to_string() });
        }
        let wanted: BTreeSet<AttributeName> = channels.into_values().flat_map(|channel| channel.attributes).collect();
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

    /// Writes changed releases under a second range key if they do not all fit into the last transaction, and deletes
    /// items that are no longer current.
    fn clean(&mut self) -> Result<(), StoreError> {
        let changed = std::mem::take(&mut self.changed);
        let step = self.head.step + 1;
        if Capacity::new(self.most).holds(self.core.iter().chain(changed.iter().map(|(_, action)| action))) {
            self.core.extend(changed.into_iter().map(|(_, action)| action));
        } else {
            for (slot, action) in changed {
                let beside = Action { env: again(&slot, step), condition: Condition::Absent, ..action.clone() };
                self.early.push_back(beside);
                self.late.push_back(Action::new(&self.app, &action.env, Change::Delete, Condition::Any)?);
            }
        }
        let written: BTreeSet<&str> = self.core.iter().chain(&self.early).map(|action| action.env.as_str()).collect();
        let counts = |env: &str| self.current.values().any(|(current, _)| *current == env);
        let dead = self.before.rows.keys().filter(|env| !written.contains(env.as_str()) && !counts(env));
        for env in dead {
            self.late.push_back(Action::new(&self.app, env, Change::Delete, Condition::Any)?);
        }
        Ok(())
    }

    fn transactions(mut self) -> Result<Vec<Transaction>, StoreError> {
        if !Capacity::new(self.most).holds(&self.core) {
            let (changes, most) = (self.core.len(), self.most - 1);
            let problem = format!(
                "it sets {changes} channels; {most} and {MAX_TRANSACTION_BYTES} bytes can be set at once: make several \
                 edits of it"
            );
            return Err(StoreError::TooLarge { what: format!("the edit of {}", self.head.name), problem });
        }
        let mut transactions = Vec::new();
        let mut hidden = BTreeSet::new();
        while !Capacity::new(self.most).holds(self.core.iter().chain(&self.early)) {
            let actions = Capacity::new(self.most).fill(&mut self.early);
            let step = self.head.step + 1;
            hidden.insert(step);
            self.head.hidden.insert(step);
            for action in actions.iter().filter(|action| matches!(action.change, Change::Row(_))) {
                self.after.insert(names::slot(&action.env).to_owned(), Some(step));
            }
            transactions.push(self.transaction(actions, false)?);
        }
        let left_over = |step: &u64| self.before.rows.values().any(|row| row.step == *step);
        self.head.hidden.retain(|step| !hidden.contains(step) && left_over(step));
        let mut capacity = Capacity::new(self.most);
        let mut actions = capacity.fill(&mut self.core);
        actions.extend(capacity.fill(&mut self.early));
        actions.extend(capacity.fill(&mut self.late));
        let step = self.head.step + 1;
        let marks = self.after.iter().map(|(slot, of)| mark(slot, of.unwrap_or(step)));
        self.head.check = marks.fold(0, u64::wrapping_add);
        self.head.revision += 1;
        transactions.push(self.transaction(actions, false)?);
        while !self.late.is_empty() {
            let actions = Capacity::new(self.most).fill(&mut self.late);
            transactions.push(self.transaction(actions, true)?);
        }
        Ok(transactions)
    }

    /// Creates the component's next transaction, with these actions.
    fn transaction(&mut self, actions: Vec<Action>, is_optional: bool) -> Result<Transaction, StoreError> {
        let condition = match self.head.step {
            0 => Condition::Absent,
            step => Condition::Step(step),
        };
        self.head.step += 1;
        for action in &actions {
            match &action.change {
                Change::List(attribute) => self.head.listed.insert(attribute.clone()),
                Change::Unlist(attribute) => self.head.listed.remove(attribute),
                _ => false,
            };
        }
        let head = Action::new(&self.app, HEAD, Change::Head(self.head.clone()), condition)?;
        let actions = std::iter::once(head).chain(actions).collect();
        Ok(Transaction { step: self.head.step, actions, is_optional })
    }

    /// Writes a channel or a release. Items that edgehop did not write are not overwritten.
    fn put(
        &self,
        env: &str,
        record: String,
        sha256: Option<Sha256>,
        condition: Condition,
    ) -> Result<Action, StoreError> {
        if self.before.foreign.contains(env) {
            let problem = "another program wrote it: delete it, or use another table";
            return Err(StoreError::damaged(item(&self.app, env), problem));
        }
        Action::new(&self.app, env, Change::Row(Row { step: 0, record, sha256 }), condition)
    }

    /// Returns the condition for a range key without a current item.
    fn unused(&self, env: &str) -> Condition {
        self.before.rows.get(env).map_or(Condition::Absent, |row| Condition::Step(row.step))
    }
}

fn json(app: &str, env: &str, record: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(|error| StoreError::damaged(item(app, env), error))
}

/// Capacity of a transaction beside the component's own item.
struct Capacity {
    items: usize,
    bytes: usize,
}

impl Capacity {
    /// Returns the capacity of a transaction with at `most` so many items.
    fn new(most: usize) -> Capacity {
        Capacity { items: most - 1, bytes: MAX_TRANSACTION_BYTES - MAX_ITEM_BYTES }
    }

    /// Returns true if all of these actions fit.
    fn holds<'a>(&self, actions: impl IntoIterator<Item = &'a Action>) -> bool {
        let (items, bytes) =
            actions.into_iter().fold((0, 0), |(items, bytes), action| (items + 1, bytes + action.bytes));
        items <= self.items && bytes <= self.bytes
    }

    /// Takes actions from the queue while they fit. At least one fits into an empty transaction, because no item is larger.
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
