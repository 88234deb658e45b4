//! Which groups rows and participants have. Pure functions: whoever walks parents and grants reads the rows.

use serde_json::Value;

use super::{ModelRef, RoleDef, ValidSchema};
use crate::wire::Group;

impl ModelRef<'_> {
    /// The group of a row of this model, when the model is a scope root and the id is not empty.
    #[must_use]
    pub fn own_group(&self, id: &str) -> Option<Group> {
        Group::new(self.scope_kind()?, id).ok()
    }

    /// The groups a row's own fields name. `value` gives the row's values by slot.
    pub fn entity_groups<'v>(&self, value: impl Fn(usize) -> Option<&'v Value>) -> Vec<Group> {
        let roles = self.def().entity_roles.as_deref().unwrap_or_default();
        mint(roles.iter().zip(self.role_slots().iter().map(|slot| slot.and_then(&value))))
    }
}

impl ValidSchema {
    /// The groups that a participant's identity gives. `source` gives the identity's values by name.
    pub fn identity_groups<'v>(&self, source: impl Fn(&str) -> Option<&'v Value>) -> Vec<Group> {
        mint(self.identity_roles.iter().map(|role| (role, source(&role.field))))
    }
}

/// One group per non-empty string a role's source holds, without repetition; anything else mints nothing.
fn mint<'a>(roles: impl Iterator<Item = (&'a RoleDef, Option<&'a Value>)>) -> Vec<Group> {
    let mut groups = Vec::new();
    for (role, source) in roles {
        let values = match source {
            Some(Value::Array(values)) if role.multi => values.as_slice(),
            Some(value) if !role.multi => std::slice::from_ref(value),
            _ => &[],
        };
        // An empty id is no group.
        for group in values.iter().filter_map(Value::as_str).filter_map(|id| Group::new(&role.kind, id).ok()) {
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
    }
    groups
}
