//! Rows that change the groups of other rows, and their own.

use std::collections::HashSet;
use std::sync::Arc;

use ablo_schema::ir::{ModelIndex, ModelRef};
use ablo_schema::wire::{DeltaAction, Group};

use super::super::defect::Defect;
use super::super::view::Halt;
use super::super::{Record, StoredRow};
use super::commit::{NewDelta, Turn};
use crate::store::RowKey;

/// A row below one that changes, and its groups before that.
pub(super) type Descendant = (RowKey, Arc<StoredRow>, Vec<Group>);

impl Turn<'_, '_> {
    /// Whether an update of these fields can change the row's groups.
    pub fn moves(&self, model: ModelRef<'_>, changed: &Record) -> bool {
        let is_changed = |slot: usize| changed.get(slot).is_some();
        model.parents().iter().any(|edge| is_changed(edge.slot))
            || model.role_slots().iter().flatten().any(|slot| is_changed(*slot))
    }

    /// Whether a row that comes into being gives rows below it groups they did not have by naming it.
    pub fn passes_on(&mut self, key: &RowKey, values: &Record) -> Result<bool, Halt> {
        let rules = self.view.rules;
        if rules.edges(key.model).children.is_empty() {
            return Ok(false);
        }
        let own = rules.model(key.model).own_group(&key.id);
        let inherited = self.view.inherited(key.model, &key.id, values)?;
        Ok(inherited.iter().any(|group| Some(group) != own.as_ref()))
    }

    /// Every row below this one, each once, level by level: what is missing of a level is asked for in one go.
    pub fn descendants(&mut self, key: &RowKey) -> Result<Vec<Descendant>, Halt> {
        let rules = self.view.rules;
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut level = if rules.planted(Defect::ChildrenStay) { Vec::new() } else { vec![key.clone()] };
        while !level.is_empty() {
            let (mut below, mut is_missing) = (Vec::new(), false);
            for parent in level {
                for (model, slot) in &rules.edges(parent.model).children {
                    match self.children(&parent, *model, *slot, &mut seen) {
                        Ok(children) => below.extend(children),
                        Err(Halt::Missing) => is_missing = true,
                        Err(refused) => return Err(refused),
                    }
                }
            }
            if is_missing {
                return Err(Halt::Missing);
            }
            level = below.iter().map(|(key, ..)| key.clone()).collect();
            found.extend(below);
        }
        Ok(found)
    }

    /// The rows of a model that hold this row's id in a slot, but for those already seen.
    fn children(
        &mut self,
        parent: &RowKey,
        model: ModelIndex,
        slot: usize,
        seen: &mut HashSet<RowKey>,
    ) -> Result<Vec<Descendant>, Halt> {
        let mut children = Vec::new();
        for row in self.view.matches(model, slot, &(*parent.id).into())? {
            let key = RowKey::new(model, &row.id);
            if seen.insert(key.clone()) {
                let groups = self.view.row_groups(model, &row.id, &row.values)?;
                children.push((key, row, groups));
            }
        }
        Ok(children)
    }

    /// Tells who gained and who lost the rows below one that has changed.
    pub fn regroup(&mut self, before: Vec<Descendant>) -> Result<(), Halt> {
        for (key, row, old) in before {
            // A row below may have gone or changed itself, but not in the operation that moved it.
            let new = self.view.row_groups(key.model, &key.id, &row.values)?;
            self.announce(&key, &row, &old, &new)?;
        }
        Ok(())
    }

    /// Covers a row for the groups that gained it and deletes it for those that lost it.
    pub fn announce(&mut self, key: &RowKey, row: &StoredRow, old: &[Group], new: &[Group]) -> Result<(), Halt> {
        let rules = self.view.rules;
        let without = |all: &[Group], some: &[Group]| -> Vec<Group> {
            all.iter().filter(|group| !some.contains(group)).cloned().collect()
        };
        let (gained, lost) = (without(new, old), without(old, new));
        let transaction_id = None;
        if !gained.is_empty() {
            let data = self.carried(key, row, &gained)?;
            self.append(NewDelta {
                action: DeltaAction::Cover,
                key,
                data: Some(data),
                previous_data: None,
                groups: gained,
                previous: row.sync_id,
                hidden_from: Some(old.to_vec()),
                only_for: None,
                transaction_id,
            });
        }
        if !lost.is_empty() && !rules.planted(Defect::NoDeleteOnMove) {
            self.append(NewDelta {
                action: DeltaAction::Delete,
                key,
                data: None,
                previous_data: None,
                groups: lost,
                previous: row.sync_id,
                hidden_from: Some(new.to_vec()),
                only_for: None,
                transaction_id: None,
            });
        }
        Ok(())
    }
}
