use std::collections::HashSet;

use ablo_schema::wire::{DeltaAction, Group};

use super::LogEntry;

/// The groups a participant is in, at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// Everything in the organization.
    All,
    /// What these groups see. No group means no access.
    Groups(HashSet<Group>),
}

impl Access {
    /// Whether something in these groups is seen.
    #[must_use]
    pub fn sees(&self, groups: &[Group]) -> bool {
        match self {
            Self::All => true,
            Self::Groups(mine) => groups.iter().any(|group| mine.contains(group)),
        }
    }

    /// Whether a delta is delivered, when it happens, to a participant with this access. `user` is the id that grants name
    /// it by.
    #[must_use]
    pub fn hears(&self, user: &str, entry: &LogEntry) -> bool {
        !self.is_spared(entry) && self.is_told(user, entry)
    }

    /// Whether a delta is in the log for a participant who has this access now, and may have had another when it happened.
    /// What it was to be spared then, because it saw the row already, it may not have seen: covering is told again.
    #[must_use]
    pub fn reads(&self, user: &str, entry: &LogEntry) -> bool {
        let covers = *self != Self::All && entry.delta.core.action == DeltaAction::Cover;
        (covers || !self.is_spared(entry)) && self.is_told(user, entry)
    }

    fn is_spared(&self, entry: &LogEntry) -> bool {
        entry.hidden_from.as_ref().is_some_and(|groups| self.sees(groups))
    }

    fn is_told(&self, user: &str, entry: &LogEntry) -> bool {
        match &entry.only_for {
            None => self.sees(&entry.delta.core.sync_groups),
            Some(only) if only != user => false,
            // Whoever lost a group is no longer in it.
            Some(_) => entry.delta.core.action.takes_away() || self.sees(&entry.delta.core.sync_groups),
        }
    }

    /// What is left within these groups.
    #[must_use]
    pub fn narrowed(self, to: &HashSet<Group>) -> Self {
        match self {
            Self::All => Self::Groups(to.clone()),
            Self::Groups(mine) => Self::Groups(mine.intersection(to).cloned().collect()),
        }
    }
}
