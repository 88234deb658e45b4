//! What a derive says about a model, as constants. [`super::Schema::def`] turns them into the IR.

use serde_json::Value;

use super::{QuerySpec, TypeSpec};
use crate::ir::{AutoFillSource, Casing, LoadStrategy, Plane, RelationKind, RelationOptions};

/// One field, without the id.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    /// The wire name.
    pub name: &'static str,
    /// The Rust name, when the wire name does not follow from it.
    pub ident: Option<&'static str>,
    /// What it holds.
    pub ty: TypeSpec,
    /// The explicit column.
    pub column: Option<&'static str>,
    /// Constant-time look-ups.
    pub indexed: bool,
    /// No two rows share a value.
    pub unique: bool,
    /// The value a create takes when the field is absent.
    pub default: Option<fn() -> Value>,
    /// The doc comment.
    pub doc: Option<&'static str>,
    /// The JSON Schema of a typed JSON field.
    pub json_schema: Option<fn() -> Value>,
    /// The previous wire name.
    pub renamed_from: Option<&'static str>,
}

impl FieldSpec {
    /// A field without options.
    #[must_use]
    pub const fn new(name: &'static str, ty: TypeSpec) -> Self {
        Self {
            name,
            ident: None,
            ty,
            column: None,
            indexed: false,
            unique: false,
            default: None,
            doc: None,
            json_schema: None,
            renamed_from: None,
        }
    }

    /// A typed JSON field, which may be null and may know its JSON Schema.
    #[must_use]
    pub const fn json(name: &'static str, ty: TypeSpec, optional: bool, schema: Option<fn() -> Value>) -> Self {
        let ty = if optional { ty.optional() } else { ty };
        Self { json_schema: schema, ..Self::new(name, ty) }
    }

    /// With a Rust name from which the wire name does not follow.
    #[must_use]
    pub const fn ident(self, ident: &'static str) -> Self {
        Self { ident: Some(ident), ..self }
    }

    /// With an explicit column.
    #[must_use]
    pub const fn column(self, column: &'static str) -> Self {
        Self { column: Some(column), ..self }
    }

    /// With constant-time look-ups.
    #[must_use]
    pub const fn indexed(self) -> Self {
        Self { indexed: true, ..self }
    }

    /// With distinct values.
    #[must_use]
    pub const fn unique(self) -> Self {
        Self { unique: true, ..self }
    }

    /// With a default.
    #[must_use]
    pub const fn default(self, default: fn() -> Value) -> Self {
        Self { default: Some(default), ..self }
    }

    /// With a doc comment.
    #[must_use]
    pub const fn doc(self, doc: &'static str) -> Self {
        Self { doc: Some(doc), ..self }
    }

    /// With a previous wire name.
    #[must_use]
    pub const fn renamed_from(self, name: &'static str) -> Self {
        Self { renamed_from: Some(name), ..self }
    }
}

/// One relation.
#[derive(Clone, Copy, Debug)]
pub struct RelationSpec {
    /// The name.
    pub name: &'static str,
    /// Which side holds the key.
    pub kind: RelationKind,
    /// The target's typename.
    pub target: &'static str,
    /// The wire name of the field that holds the key.
    pub foreign_key: &'static str,
    /// The options; `None` when none is set.
    pub options: Option<RelationOptions>,
    /// The wire name of the ordering field.
    pub order_by: Option<&'static str>,
}

impl RelationSpec {
    /// A relation whose key is here.
    #[must_use]
    pub const fn belongs_to(name: &'static str, target: &'static str, foreign_key: &'static str) -> Self {
        Self { name, kind: RelationKind::BelongsTo, target, foreign_key, options: None, order_by: None }
    }

    /// A relation whose key is there.
    #[must_use]
    pub const fn has(kind: RelationKind, name: &'static str, target: &'static str, foreign_key: &'static str) -> Self {
        Self { name, kind, target, foreign_key, options: None, order_by: None }
    }

    /// With options.
    #[must_use]
    pub const fn options(self, options: RelationOptions) -> Self {
        Self { options: Some(options), ..self }
    }

    /// With an order.
    #[must_use]
    pub const fn order_by(self, field: &'static str) -> Self {
        Self { order_by: Some(field), ..self }
    }
}

/// How rows are tied to an organization; see [`crate::ir::Tenancy`].
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the members are those of the IR type")]
pub enum TenancySpec {
    Column(&'static str),
    Parent {
        local_key: &'static str,
        parent_table: &'static str,
        parent_key: Option<&'static str>,
        parent_org_column: Option<&'static str>,
    },
    None,
}

/// Whether rows are scope roots; see [`crate::ir::Scope`].
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the members are those of the IR type")]
pub enum ScopeSpec {
    Flag,
    Kind(&'static str),
}

/// Which relations grant access; see [`crate::ir::GrantsDef`].
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the members are those of the IR type")]
pub struct GrantsSpec {
    pub subject: &'static str,
    pub scope: &'static str,
}

/// A rule that mints groups; see [`crate::ir::RoleDef`].
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the members are those of the IR type")]
pub struct RoleSpec {
    pub kind: &'static str,
    pub field: &'static str,
    pub multi: bool,
}

/// One model; members as in [`crate::ir::ModelDef`].
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the members are those of the IR type")]
pub struct ModelSpec {
    pub typename: &'static str,
    pub fields: &'static [FieldSpec],
    pub relations: &'static [RelationSpec],
    pub load: LoadStrategy,
    pub table: Option<&'static str>,
    pub tenancy: TenancySpec,
    pub plane: Plane,
    pub scope: Option<ScopeSpec>,
    pub grants: Option<GrantsSpec>,
    pub entity_roles: &'static [RoleSpec],
    pub bootstrap_limit: Option<u64>,
    pub bootstrap_order_by: Option<&'static str>,
    pub mutable: Option<bool>,
    pub lazy_observable: Option<bool>,
    pub persist: Option<&'static str>,
    pub auto_fill: &'static [(&'static str, AutoFillSource)],
    pub required_fields: &'static [&'static str],
    pub doc: Option<&'static str>,
    pub renamed_from: Option<&'static str>,
    /// The derive found mistakes and says so itself; nothing more should be said about this model.
    #[doc(hidden)]
    pub broken: bool,
}

impl ModelSpec {
    /// A model without options; set members by struct update.
    #[must_use]
    pub const fn new(typename: &'static str, fields: &'static [FieldSpec]) -> Self {
        Self {
            typename,
            fields,
            relations: &[],
            load: LoadStrategy::Instant,
            table: None,
            tenancy: TenancySpec::Column("organization_id"),
            plane: Plane::Tenant,
            scope: None,
            grants: None,
            entity_roles: &[],
            bootstrap_limit: None,
            bootstrap_order_by: None,
            mutable: None,
            lazy_observable: None,
            persist: None,
            auto_fill: &[],
            required_fields: &[],
            doc: None,
            renamed_from: None,
            broken: false,
        }
    }
}

/// A schema: its models by key, its identity roles, its casing.
#[derive(Clone, Copy, Debug)]
#[expect(missing_docs, reason = "the members are those of the IR type")]
pub struct SchemaSpec {
    pub models: &'static [(&'static str, &'static ModelSpec)],
    pub identity_roles: &'static [RoleSpec],
    pub casing: Casing,
    pub queries: &'static [QuerySpec],
}

impl SchemaSpec {
    /// A schema without models; set members by struct update.
    pub const EMPTY: Self = Self { models: &[], identity_roles: &[], casing: Casing::Identity, queries: &[] };
}
