use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    fmt,
    sync::Arc,
};

use ablo_schema::{
    error::{AbloError, Code},
    wire::{Action, OnStale, Receipt, SyncId},
};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use super::{
    replica::{Stored, members},
    session::{Draft, Plan, Session},
};

/// How many transactions can be undone.
const DEPTH: usize = 100;
/// How often an undo is worked out anew when somebody else writes the same fields meanwhile.
const ATTEMPTS: u32 = 5;

/// What undoing does with fields that changed since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UndoPolicy {
    /// Leaves them: a field goes back only while it still has the value that is undone.
    #[default]
    SkipStale,
    /// Sets them back all the same.
    LastWriterWins,
}

/// Transactions of one participant that can be undone and done again. Clones share it.
#[derive(Clone)]
pub struct History {
    session: Arc<Session>,
    policy: UndoPolicy,
    /// Held through each step, so that steps come one after the other.
    stacks: Arc<Mutex<Stacks>>,
}

#[derive(Default)]
struct Stacks {
    undo: VecDeque<Step>,
    redo: Vec<Step>,
}

/// What was done, and what takes it back, in the order it has to be done.
#[derive(Clone)]
struct Step {
    label: Option<String>,
    forwards: Vec<Draft>,
    inverses: Vec<Draft>,
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("History").field("policy", &self.policy).finish_non_exhaustive()
    }
}

impl History {
    pub(crate) fn new(session: Arc<Session>) -> Self {
        Self { session, policy: UndoPolicy::default(), stacks: Arc::default() }
    }

    /// The same history with another policy.
    #[must_use]
    pub fn policy(mut self, policy: UndoPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Takes the last transaction back, with an ordinary commit. `None` when there is none, or when nothing of it is
    /// left to take back.
    ///
    /// # Errors
    /// As any commit; the transaction can then still be undone.
    pub async fn undo(&self) -> Result<Option<Receipt>, AbloError> {
        let mut stacks = self.stacks.lock().await;
        let Some(step) = stacks.undo.pop_back() else { return Ok(None) };
        let outcome = self.apply(&step.inverses, &step.forwards).await;
        match &outcome {
            Ok(_) => stacks.redo.push(step),
            Err(_) => stacks.undo.push_back(step),
        }
        outcome
    }

    /// Does the last undone transaction again.
    ///
    /// # Errors
    /// As any commit; the transaction can then still be done again.
    pub async fn redo(&self) -> Result<Option<Receipt>, AbloError> {
        let mut stacks = self.stacks.lock().await;
        let Some(step) = stacks.redo.pop() else { return Ok(None) };
        let outcome = self.apply(&step.forwards, &step.inverses).await;
        match &outcome {
            Ok(_) => stacks.undo.push_back(step),
            Err(_) => stacks.redo.push(step),
        }
        outcome
    }

    /// What would be undone next, by label; an empty text for a transaction without one.
    pub async fn undoable(&self) -> Option<String> {
        self.stacks.lock().await.undo.back().map(|step| step.label.clone().unwrap_or_default())
    }

    /// What would be done again next.
    pub async fn redoable(&self) -> Option<String> {
        self.stacks.lock().await.redo.last().map(|step| step.label.clone().unwrap_or_default())
    }

    /// Commits and remembers how to take it back.
    pub(crate) async fn commit(&self, plan: Plan, label: Option<String>) -> Result<Receipt, AbloError> {
        let mut stacks = self.stacks.lock().await;
        let forwards = plan.drafts.clone();
        let inverses = self.invert(&forwards)?;
        let receipt = self.session.submit(plan).await?;
        stacks.undo.push_back(Step { label, forwards: forwards.into_iter().map(unguarded).collect(), inverses });
        if stacks.undo.len() > DEPTH {
            stacks.undo.pop_front();
        }
        stacks.redo.clear();
        Ok(receipt)
    }

    /// What takes these back, last first. Each is worked out from the row as the ones before it leave it.
    fn invert(&self, forwards: &[Draft]) -> Result<Vec<Draft>, AbloError> {
        let mut rows: Rows = HashMap::new();
        let mut inverses = Vec::with_capacity(forwards.len());
        for draft in forwards {
            let row = rows.entry((draft.table, draft.row.clone())).or_insert_with(|| Known::of(self.row(draft)));
            let inverse = |action, input| Draft::new(action, draft.table, &*draft.row, input);
            let before = || row.members.clone().ok_or_else(|| self.unknown(draft));
            inverses.push(match draft.action {
                Action::Create => inverse(Action::Delete, Map::new()),
                Action::Update => {
                    let before = before()?;
                    let prior = |name: &String| before.get(name).cloned().unwrap_or(Value::Null);
                    let set = draft.input.keys().map(|name| (name.clone(), prior(name))).collect();
                    inverse(Action::Update, set)
                }
                Action::Delete => inverse(Action::Create, self.declared(draft.table, before()?)),
                Action::Archive => inverse(Action::Unarchive, Map::new()),
                Action::Unarchive => inverse(Action::Archive, Map::new()),
            });
            row.after(draft);
        }
        inverses.reverse();
        Ok(inverses)
    }

    fn unknown(&self, draft: &Draft) -> AbloError {
        let model = self.session.keys().get(draft.table).copied().unwrap_or_default();
        let message = format!(
            "`{model}` `{}` is not in the local replica, so its change could not be undone; retrieve it first",
            draft.row
        );
        AbloError::new(Code::UndoEntryInvalid, message).param(format!("{model}.{}", draft.row))
    }

    /// Applies `steps`, each the opposite of one of `opposites`, which are in the other order.
    async fn apply(&self, steps: &[Draft], opposites: &[Draft]) -> Result<Option<Receipt>, AbloError> {
        for attempt in 1.. {
            let drafts = self.left_to_do(steps, opposites);
            if drafts.is_empty() {
                return Ok(None);
            }
            match self.session.submit(Plan { drafts, ..Plan::default() }).await {
                Err(error) if error.is(Code::StaleContext) && attempt < ATTEMPTS => {
                    self.session.catch_up(SyncId(u64::MAX)).await?;
                }
                outcome => return outcome.map(Some),
            }
        }
        Ok(None)
    }

    /// What of some steps is left to do, each seen from where the ones before it leave its row. Only updates are looked
    /// at: what makes or removes a row is done or refused.
    fn left_to_do(&self, steps: &[Draft], opposites: &[Draft]) -> Vec<Draft> {
        let mut rows: Rows = HashMap::new();
        let mut drafts = Vec::with_capacity(steps.len());
        for (step, opposite) in steps.iter().zip(opposites.iter().rev()) {
            let mut step = step.clone();
            let row = rows.entry((step.table, step.row.clone())).or_insert_with(|| Known::of(self.row(&step)));
            if step.action == Action::Update && self.policy == UndoPolicy::SkipStale {
                let Some(now) = &row.members else { continue };
                step.input.retain(|name, _| is_same(now.get(name), opposite.input.get(name)));
                // What was looked at must still be so when it is written, but for what this commit itself writes.
                let is_own = step.input.keys().any(|name| row.written.contains(name));
                step.read_at = row.stamp.filter(|_| !is_own);
                step.on_stale = step.read_at.map(|_| OnStale::Reject);
                if step.input.is_empty() {
                    continue;
                }
            }
            row.after(&step);
            drafts.push(step);
        }
        drafts
    }

    fn row(&self, draft: &Draft) -> Option<Stored> {
        self.session.read(|replica| replica.get(draft.table, &draft.row).cloned())
    }

    /// Only what a create may set.
    fn declared(&self, table: usize, mut row: Map<String, Value>) -> Map<String, Value> {
        if let Some(model) = self.session.schema().models().nth(table) {
            row.retain(|name, _| model.fields.contains_key(name));
        }
        row
    }
}

/// Rows as the steps so far leave them.
type Rows = HashMap<(usize, String), Known>;

/// A row, its stamp, and the members written since.
struct Known {
    members: Option<Map<String, Value>>,
    stamp: Option<SyncId>,
    written: BTreeSet<String>,
}

impl Known {
    fn of(row: Option<Stored>) -> Self {
        // A row that only waiting writes know has no stamp; nobody else can have changed it.
        let stamp = row.as_ref().map(|row| SyncId(row.stamp)).filter(|stamp| stamp.0 > 0);
        Self { members: row.map(|row| members(&row.text)), stamp, written: BTreeSet::new() }
    }

    fn after(&mut self, step: &Draft) {
        match step.action {
            Action::Create => (self.members, self.stamp) = (Some(step.input.clone()), None),
            Action::Update => {
                self.written.extend(step.input.keys().cloned());
                self.members.get_or_insert_default().extend(step.input.clone());
            }
            Action::Delete => (self.members, self.stamp) = (None, None),
            Action::Archive | Action::Unarchive => {}
        }
    }
}

/// The same without what guarded it: it is guarded anew when it is done again.
fn unguarded(draft: Draft) -> Draft {
    Draft { read_at: None, on_stale: None, ..draft }
}

fn is_same(now: Option<&Value>, then: Option<&Value>) -> bool {
    let (now, then) = (now.unwrap_or(&Value::Null), then.unwrap_or(&Value::Null));
    let instant = |value: &Value| value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let number = |value: &Value| value.as_f64();
    now == then
        // The store may have spelled an instant or a number its own way.
        || instant(now).is_some_and(|now| instant(then) == Some(now))
        || number(now).is_some_and(|now| number(then) == Some(now))
}
