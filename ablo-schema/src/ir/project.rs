//! A part of a schema.

use std::collections::BTreeSet;

use super::{SchemaDef, Tenancy, ValidSchema};
use crate::error::{AbloError, Code};

impl ValidSchema {
    /// The schema of these models and of those they need: the models they live in (`parent`), those they grant
    /// through, and the one their tenancy goes through, transitively. Relations and queries of other models are left
    /// out; the order stays.
    ///
    /// # Errors
    /// When a key is not a model of this schema.
    pub fn project(&self, keys: &[&str]) -> Result<Self, AbloError> {
        let mut kept = BTreeSet::new();
        let mut open = Vec::new();
        for key in keys {
            let position = self.def().models.get_index_of(*key).ok_or_else(|| {
                AbloError::new(Code::UnknownModel, format!("there is no model `{key}` in the schema")).param(*key)
            })?;
            open.push(position);
        }
        while let Some(position) = open.pop() {
            if kept.insert(position) {
                open.extend(self.def().needs(position));
            }
        }
        let mut def = self.def().clone();
        let mut position = 0..;
        def.models.retain(|_, _| position.next().is_some_and(|position| kept.contains(&position)));
        let keys: BTreeSet<String> = def.models.keys().cloned().collect();
        for model in def.models.values_mut() {
            model.relations.retain(|_, relation| keys.contains(&relation.target));
        }
        def.queries.retain(|_, query| keys.contains(&query.model));
        def.validate()
    }
}

impl SchemaDef {
    /// The models without which the rows of a model cannot be scoped.
    fn needs(&self, position: usize) -> Vec<usize> {
        let model = &self.models[position];
        let granting = model.grants.as_ref().map(|grants| [&grants.subject, &grants.scope]);
        let relations = model.relations.iter().filter(|(name, relation)| {
            relation.is_parent() || granting.is_some_and(|granting| granting.contains(name))
        });
        let targets = relations.filter_map(|(_, relation)| self.models.get_index_of(&relation.target));
        let through = match &model.tenancy {
            Tenancy::Parent(via) => self.models.iter().position(|(key, other)| other.table(key) == via.parent_table),
            Tenancy::Column { .. } | Tenancy::None => None,
        };
        targets.chain(through).collect()
    }
}
