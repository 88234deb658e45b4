//! Parents that travel with their children.

use ablo_schema::wire::{Group, JsonText};

use super::super::StoredRow;
use super::super::view::Halt;
use super::commit::Turn;
use super::refusal;
use crate::store::RowKey;

impl Turn<'_, '_> {
    /// The row as its delta carries it to these groups: with the parents that relations marked `enrich` lead to, each a
    /// member called like its relation. One that somebody who hears of the row may not see stays away.
    pub fn carried(&mut self, key: &RowKey, row: &StoredRow, groups: &[Group]) -> Result<JsonText, Halt> {
        let rules = self.view.rules;
        let mut parents = Vec::new();
        for (relation, slot, target) in &rules.edges(key.model).enriched {
            let Some(id) = row.values.text(*slot) else { continue };
            let Some(parent) = self.view.row(&RowKey::new(*target, id))? else { continue };
            let of_parent = self.view.row_groups(*target, id, &parent.values)?;
            let by_all = groups.iter().all(|group| of_parent.contains(group));
            if by_all && self.view.sees(&self.access, *target, id, &parent.values)? {
                let parent = parent.to_json(rules.model(*target).shape()).map_err(refusal::internal)?;
                parents.push((relation, parent));
            }
        }
        let text = JsonText::object(|object| {
            row.write(rules.model(key.model).shape(), object)?;
            parents.iter().try_for_each(|(relation, parent)| object.text(relation, parent))
        });
        Ok(text.map_err(refusal::internal)?)
    }
}
