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

    /// The groups a row's own fields name. `field` gives the row's values by wire name.
    pub fn entity_groups<'v>(&self, field: impl Fn(&str) -> Option<&'v Value>) -> Vec<Group> {
        mint(self.def().entity_roles.as_deref().unwrap_or_default(), field)
    }
}

impl ValidSchema {
    /// The groups that a participant's identity gives. `source` gives the identity's values by name.
    pub fn identity_groups<'v>(&self, source: impl Fn(&str) -> Option<&'v Value>) -> Vec<Group> {
        mint(&self.identity_roles, source)
    }
}

/// One group per non-empty string a role's source holds, without repetition; anything else mints nothing.
fn mint<'v>(roles: &[RoleDef], source: impl Fn(&str) -> Option<&'v Value>) -> Vec<Group> {
    let mut groups = Vec::new();
    for role in roles {
        let values = match source(&role.field) {
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
