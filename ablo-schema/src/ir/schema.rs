use indexmap::IndexMap;

use super::{Extra, FieldType, ModelDef, NumberFormat};

/// How a foreign key's column name follows from its field name, when the field has no explicit column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Casing {
    /// The field name itself.
    #[default]
    Identity,
    /// Each capital becomes `_` and its lower case.
    SnakeCase,
    /// The field name itself, said explicitly.
    CamelCase,
}

/// A rule that mints groups `kind:<value of field>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleDef {
    /// The group's kind.
    pub kind: String,
    /// The identity member (identity roles) or field (entity roles) that is read.
    pub field: String,
    /// Whether the source is an array that mints one group per element.
    pub multi: bool,
}

/// Ours: a typed query declared once by name.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryDef {
    /// The schema key of the model it returns.
    pub model: String,
    /// The condition, in the wire's `where` form with inputs named `$input`.
    pub filter: serde_json::Value,
    /// Its inputs by wire name.
    pub inputs: IndexMap<String, QueryInputDef>,
    /// The doc comment.
    pub doc: Option<String>,
}

/// One input of a named query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryInputDef {
    /// What it holds.
    pub ty: FieldType,
    /// The kind of number.
    pub number_format: NumberFormat,
    /// Whether it may be null.
    pub is_optional: bool,
}

/// A schema as written: possibly wrong. [`SchemaDef::validate`] tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SchemaDef {
    /// Models by schema key, in declaration order.
    pub models: IndexMap<String, ModelDef>,
    /// Groups minted from a participant's identity.
    pub identity_roles: Vec<RoleDef>,
    /// Ours: how foreign-key columns were named; already applied to `foreign_key_column`.
    pub casing: Casing,
    /// Ours: named queries.
    pub queries: IndexMap<String, QueryDef>,
    /// Members of the artifact that this version does not know.
    pub extra: Extra,
}
