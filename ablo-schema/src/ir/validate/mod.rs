//! The one validator. It refuses what cannot work and tolerates what is merely odd, so that schemas made elsewhere
//! keep working.
//!
//! | refused | code |
//! |---|---|
//! | a schema key, typename, relation name or column that is not an identifier | `schema_name_invalid` |
//! | a table that is not an identifier | `schema_table_invalid` |
//! | a table or column over 63 bytes | `schema_name_too_long` |
//! | a schema key that typed clients need for themselves | `schema_name_reserved` |
//! | two models that a wire spelling cannot tell apart | `schema_model_ambiguous` |
//! | two models in one table | `schema_table_duplicate` |
//! | two fields, or a field and a base field, in one column | `schema_column_duplicate` |
//! | two indexes, constraints or policies of one name | `schema_emitted_name_duplicate` |
//! | a field name that does not start lower case or holds other than letters, digits and `_` | `schema_field_not_camelcase` |
//! | two capitals in a row in a field name | `schema_field_consecutive_caps` |
//! | an enum without values, or with a value twice | `schema_enum_values_invalid` |
//! | a default that is not a value of its field | `schema_default_invalid` |
//! | `id`, `createdAt`, `updatedAt`, `organizationId` or `createdBy` declared as another type | `schema_base_field_type` |
//! | a relation to a model that is not in the schema | `schema_relation_target_missing` |
//! | a `belongsTo` whose foreign key is no field of the model | `schema_field_unknown` |
//! | an `fk` whose field is not a string | `schema_relation_key_type` |
//! | `parent` relations that lead from a model over another one back to it | `schema_relation_cycle` |
//! | a tenancy column or parent that is not an identifier; `organizationId` in another column | `schema_tenancy_invalid` |
//! | a scope or role kind that does not match `^[a-z][a-z0-9_]*$` | `schema_scope_kind_invalid` |
//! | a role source or granting relation that is not an identifier | `schema_grants_shape_invalid` |
//! | an entity role that reads no field of the model | `schema_role_source_invalid` |
//! | grants through a missing relation, not a `belongsTo`, or not to a scope root | `schema_grants_relation_missing`, `schema_grants_relation_kind`, `schema_grants_target_not_scope_root` |
//! | a named query of a missing model | `schema_query_invalid` |
//! | a rename from a name that is still there, or of two from one | `schema_rename_invalid` |
//!
//! | tolerated | what happens |
//! |---|---|
//! | `hasMany`/`hasOne` whose foreign key is no field of the target | finds no rows |
//! | a `belongsTo` without `fk` whose field is not a string | never resolves, so `parent` gives no groups |
//! | a model that is its own `parent` | rows form trees; who walks them stops at a row seen before |
//! | `archivedAt` declared as other than a date | the declared field is an ordinary one; rows cannot be archived |
//! | `orderBy`, `bootstrapOrderBy`, `requiredFields`, `autoFill` naming missing fields | clients ignore them |
//! | `parent` tenancy through a table no model has | no policy through the parent |
//! | `enumValues` on other types, indexes on JSON, keys that are SQL words | kept, and they work |

mod model;
mod names;
mod relations;

use super::{SchemaDef, ValidSchema};
use crate::error::{AbloError, Code, Problem};

impl SchemaDef {
    /// Checks every rule.
    ///
    /// # Errors
    /// Every problem at once, each with its code and path.
    pub fn validate(self) -> Result<ValidSchema, AbloError> {
        AbloError::check(self.problems())?;
        Ok(ValidSchema::of_checked(self))
    }

    /// Every problem, in the order of the schema.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Found(Vec::new());
        names::check(self, &mut found);
        for (key, model) in &self.models {
            model::check(key, model, &mut found);
            relations::check(self, key, model, &mut found);
        }
        relations::check_cycles(self, &mut found);
        for (position, role) in self.identity_roles.iter().enumerate() {
            model::check_role(role, &format!("identityRoles.{position}"), &mut found);
        }
        for (name, query) in &self.queries {
            if !self.models.contains_key(&query.model) {
                found.add(
                    Code::SchemaQueryInvalid,
                    format!("queries.{name}.model"),
                    format!("there is no model `{}`", query.model),
                );
            }
        }
        found.0
    }
}

/// The problems found so far.
struct Found(Vec<Problem>);

impl Found {
    fn add(&mut self, code: Code, path: impl Into<String>, message: impl Into<String>) {
        self.0.push(Problem::new(code, path, message));
    }
}
