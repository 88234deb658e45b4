//! What a derive says about a model, as constants. [`super::Schema::def`] turns them into the IR.

use serde_json::Value;

use super::{Model, QuerySpec, TypeSpec};
use crate::ir::{AutoFillSource, Casing, LoadStrategy, Plane, RelationKind, RelationOptions};

/// One field, without the id and without what it holds, which is in [`ModelSpec::types`].
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    /// The wire name.
    pub name: &'static str,
    /// The Rust name, when the wire name does not follow from it.
    pub ident: Option<&'static str>,
    /// Whether null is a value of a typed JSON field, whose type does not tell.
    pub nullable_json: bool,
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
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            ident: None,
            nullable_json: false,
            column: None,
            indexed: false,
            unique: false,
            default: None,
            doc: None,
            json_schema: None,
            renamed_from: None,
        }
    }
}

/// The fields of a model, put together while compiling: names and docs as one text each, options by position.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpecs<const N: usize>([FieldSpec; N]);

impl<const N: usize> FieldSpecs<N> {
    /// Fields with these wire names, parted by spaces.
    #[must_use]
    pub const fn new(names: &'static str) -> Self {
        let names = split::<N>(names, b' ');
        let mut fields = [FieldSpec::new(""); N];
        let mut at = 0;
        while at < N {
            fields[at].name = names[at];
            at += 1;
        }
        Self(fields)
    }

    /// The fields.
    #[must_use]
    pub const fn list(self) -> [FieldSpec; N] {
        self.0
    }

    /// With doc comments, parted by NUL; an empty one is none.
    #[must_use]
    pub const fn docs(mut self, docs: &'static str) -> Self {
        let docs = split::<N>(docs, 0);
        let mut at = 0;
        while at < N {
            if !docs[at].is_empty() {
                self.0[at].doc = Some(docs[at]);
            }
            at += 1;
        }
        self
    }

    /// With a Rust name from which the wire name does not follow.
    #[must_use]
    pub const fn ident(mut self, at: usize, ident: &'static str) -> Self {
        self.0[at].ident = Some(ident);
        self
    }

    /// Holding typed JSON, which may be null and may know its JSON Schema.
    #[must_use]
    pub const fn json(mut self, at: usize, nullable: bool, schema: Option<fn() -> Value>) -> Self {
        self.0[at].nullable_json = nullable;
        self.0[at].json_schema = schema;
        self
    }

    /// With an explicit column.
    #[must_use]
    pub const fn column(mut self, at: usize, column: &'static str) -> Self {
        self.0[at].column = Some(column);
        self
    }

    /// With constant-time look-ups.
    #[must_use]
    pub const fn indexed(mut self, at: usize) -> Self {
        self.0[at].indexed = true;
        self
    }

    /// With distinct values.
    #[must_use]
    pub const fn unique(mut self, at: usize) -> Self {
        self.0[at].unique = true;
        self
    }

    /// With a default.
    #[must_use]
    pub const fn default(mut self, at: usize, default: fn() -> Value) -> Self {
        self.0[at].default = Some(default);
        self
    }

    /// With a previous wire name.
    #[must_use]
    pub const fn renamed_from(mut self, at: usize, name: &'static str) -> Self {
        self.0[at].renamed_from = Some(name);
        self
    }
}

/// The parts of a text between separators.
const fn split<const N: usize>(mut text: &'static str, separator: u8) -> [&'static str; N] {
    let mut parts = [""; N];
    let mut at = 0;
    while at < N {
        let mut end = 0;
        while end < text.len() && text.as_bytes()[end] != separator {
            end += 1;
        }
        (parts[at], text) = text.split_at(end);
        if !text.is_empty() {
            (_, text) = text.split_at(1);
        }
        at += 1;
    }
    parts
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
    Flag(bool),
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
    /// What the fields hold, in their order.
    pub types: fn() -> Vec<TypeSpec>,
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
    /// `M` without options; set members by struct update.
    #[must_use]
    pub const fn of<M: Model>() -> Self {
        Self::new(M::TYPENAME, M::FIELDS, M::types)
    }

    /// A model without options; set members by struct update.
    #[must_use]
    pub const fn new(typename: &'static str, fields: &'static [FieldSpec], types: fn() -> Vec<TypeSpec>) -> Self {
        Self {
            typename,
            fields,
            types,
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
