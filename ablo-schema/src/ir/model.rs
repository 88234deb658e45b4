use indexmap::IndexMap;

use super::{Extra, FieldDef, RelationDef, RoleDef};

/// When a client loads the rows of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LoadStrategy {
    /// At start.
    #[default]
    Instant,
    /// When first asked for.
    Lazy,
    /// Only on demand.
    Manual,
}

/// Whose database a model lives in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plane {
    /// The application's.
    #[default]
    Tenant,
    /// The runtime's own.
    Control,
}

/// How rows are tied to an organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tenancy {
    /// By a column of the row.
    Column {
        /// The column's name.
        column: String,
    },
    /// Through a row of another table.
    Parent(TenancyVia),
    /// Not at all.
    None,
}

impl Default for Tenancy {
    fn default() -> Self {
        Self::Column { column: "organization_id".into() }
    }
}

/// How a parent-scoped row finds its organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenancyVia {
    /// The column of this table that points at the parent.
    pub local_key: String,
    /// The parent's table.
    pub parent_table: String,
    /// The parent's key column; `id` when absent.
    pub parent_key: Option<String>,
    /// The parent's tenancy column; `organization_id` when absent.
    pub parent_org_column: Option<String>,
}

/// Whether, and under which kind, rows of a model are scope roots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// `true`: the kind is the lower-cased typename. `false` is kept for the round trip and means no scope.
    Flag(bool),
    /// An explicit kind.
    Kind(String),
}

/// Rows of this model give a participant (`subject`) the groups of a scope root (`scope`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantsDef {
    /// The `belongsTo` relation that names the participant.
    pub subject: String,
    /// The `belongsTo` relation that names the scope root.
    pub scope: String,
}

/// Where a client keeps rows between sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Persist {
    /// The store's name; the typename by default.
    pub store: String,
}

/// A field that clients fill from the writer's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AutoFill {
    /// The wire name of the field.
    pub field: String,
    /// Where the value comes from.
    pub from: AutoFillSource,
}

/// Where an auto-filled value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AutoFillSource {
    /// The writer's organization.
    OrganizationId,
    /// The writer.
    UserId,
}

/// One model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelDef {
    /// Declared fields by wire name; base fields are not listed unless declared again.
    pub fields: IndexMap<String, FieldDef>,
    /// Relations by name.
    pub relations: IndexMap<String, RelationDef>,
    /// When clients load it.
    pub load: LoadStrategy,
    /// The name on the wire.
    pub typename: String,
    /// The explicit table name; the schema key when absent.
    pub table_name: Option<String>,
    /// How rows are tied to an organization.
    pub tenancy: Tenancy,
    /// Whose database it lives in.
    pub plane: Plane,
    /// Whether rows are scope roots.
    pub scope: Option<Scope>,
    /// Whether rows grant access.
    pub grants: Option<GrantsDef>,
    /// Groups minted from a row's own fields.
    pub entity_roles: Option<Vec<RoleDef>>,
    /// At most this many rows at start.
    pub bootstrap_limit: Option<serde_json::Number>,
    /// Which rows come first at start, for example `created_at DESC`.
    pub bootstrap_order_by: Option<String>,
    /// Whether clients may write; absent means no.
    pub mutable: Option<bool>,
    /// Whether clients observe rows lazily.
    pub lazy_observable: Option<bool>,
    /// Where clients keep rows.
    pub persist: Option<Persist>,
    /// Fields filled from the writer's identity.
    pub auto_fill: Option<Vec<AutoFill>>,
    /// Fields without which a client skips a row.
    pub required_fields: Option<Vec<String>>,
    /// Ours: the doc comment.
    pub doc: Option<String>,
    /// Ours: the model's previous schema key, so that a diff renames instead of dropping.
    pub renamed_from: Option<String>,
    /// Members of the artifact that this version does not know.
    pub extra: Extra,
}

impl ModelDef {
    /// The table under this schema key.
    #[must_use]
    pub fn table<'a>(&'a self, key: &'a str) -> &'a str {
        self.table_name.as_deref().unwrap_or(key)
    }
}
