//! From derived constants to the IR.

use serde_json::{Value, json};

use super::{
    AutoFill, Casing, Extra, FieldDef, FieldType, GrantsDef, ModelDef, Persist, QueryDef, QueryInputDef, RelationDef,
    RelationKind, RoleDef, SchemaDef, Scope, Tenancy, TenancyVia, names,
};
use crate::typed::{
    FieldSpec, ModelSpec, OperandSpec, QuerySpec, RelationSpec, RoleSpec, SchemaSpec, ScopeSpec, TenancySpec, TypeSpec,
};

impl SchemaDef {
    /// The IR of derived constants.
    ///
    /// A relation's target is a typename in the constants and a schema key here; a typename that no model of the
    /// schema has stays as it is, for the validator to report.
    #[must_use]
    pub fn from_spec(spec: &SchemaSpec) -> Self {
        let models = spec.models.iter().map(|(key, model)| ((*key).to_owned(), model_def(spec, model))).collect();
        Self {
            models,
            identity_roles: roles(spec.identity_roles),
            casing: spec.casing,
            queries: spec.queries.iter().map(|query| (query.name.to_owned(), query_def(spec, query))).collect(),
            extra: Extra::default(),
        }
    }
}

fn model_def(schema: &SchemaSpec, spec: &ModelSpec) -> ModelDef {
    ModelDef {
        fields: spec
            .fields
            .iter()
            .zip((spec.types)())
            .map(|(field, ty)| (field.name.to_owned(), field_def(field, ty)))
            .collect(),
        relations: spec
            .relations
            .iter()
            .map(|relation| (relation.name.to_owned(), relation_def(schema, spec, relation)))
            .collect(),
        load: spec.load,
        typename: spec.typename.into(),
        table_name: spec.table.map(Into::into),
        tenancy: tenancy(spec.tenancy),
        plane: spec.plane,
        scope: spec.scope.map(|scope| match scope {
            ScopeSpec::Flag(flag) => Scope::Flag(flag),
            ScopeSpec::Kind(kind) => Scope::Kind(kind.into()),
        }),
        grants: spec.grants.map(|grants| GrantsDef { subject: grants.subject.into(), scope: grants.scope.into() }),
        entity_roles: set(roles(spec.entity_roles)),
        bootstrap_limit: spec.bootstrap_limit.map(Into::into),
        bootstrap_order_by: spec.bootstrap_order_by.map(Into::into),
        mutable: spec.mutable,
        lazy_observable: spec.lazy_observable,
        persist: spec.persist.map(|store| Persist { store: store.into() }),
        auto_fill: set(spec
            .auto_fill
            .iter()
            .map(|(field, from)| AutoFill { field: (*field).into(), from: *from })
            .collect()),
        required_fields: set(spec.required_fields.iter().map(|field| (*field).into()).collect()),
        doc: spec.doc.map(Into::into),
        renamed_from: spec.renamed_from.map(Into::into),
        extra: Extra::default(),
    }
}

fn field_def(spec: &FieldSpec, ty: TypeSpec) -> FieldDef {
    FieldDef {
        ty: ty.ty,
        is_indexed: spec.indexed,
        is_optional: ty.optional || spec.nullable_json,
        column: spec.column.map(Into::into),
        enum_values: (ty.ty == FieldType::Enum).then(|| ty.enum_values.iter().map(|value| (*value).into()).collect()),
        number_format: ty.number,
        string_format: ty.string,
        is_unique: spec.unique,
        default: spec.default.map(|value| value()),
        doc: spec.doc.map(Into::into),
        json_schema: spec.json_schema.map(|schema| schema()),
        renamed_from: spec.renamed_from.map(Into::into),
        extra: Extra::default(),
    }
}

fn relation_def(schema: &SchemaSpec, model: &ModelSpec, spec: &RelationSpec) -> RelationDef {
    let target = schema.models.iter().find(|(_, other)| other.typename == spec.target);
    let holder = match spec.kind {
        RelationKind::BelongsTo => Some(model),
        RelationKind::HasMany | RelationKind::HasOne => target.map(|(_, other)| *other),
    };
    let explicit = holder
        .and_then(|holder| holder.fields.iter().find(|field| field.name == spec.foreign_key))
        .and_then(|field| field.column);
    RelationDef {
        kind: spec.kind,
        target: target.map_or(spec.target, |(key, _)| key).into(),
        foreign_key: spec.foreign_key.into(),
        foreign_key_column: explicit.map_or_else(|| schema.casing.column(spec.foreign_key), Into::into),
        options: spec.options,
        order_by: spec.order_by.map(Into::into),
        extra: Extra::default(),
    }
}

fn query_def(schema: &SchemaSpec, spec: &QuerySpec) -> QueryDef {
    let model = schema.models.iter().find(|(_, model)| model.typename == spec.model);
    let column = |name: &str| {
        let field = model.and_then(|(_, model)| model.fields.iter().find(|field| field.name == name));
        field.and_then(|field| field.column).map_or_else(|| names::snake_case(name), Into::into)
    };
    let conditions = spec.conditions.iter().map(|condition| {
        let value = match condition.operand {
            OperandSpec::Input(input) => Value::from(format!("${input}")),
            OperandSpec::Value(value) => value(),
        };
        json!([column(condition.field), condition.compare.as_str(), value])
    });
    let inputs = spec.inputs.iter().map(|(name, ty)| {
        let input = QueryInputDef { ty: ty.ty, number_format: ty.number, is_optional: ty.optional };
        ((*name).to_owned(), input)
    });
    QueryDef {
        model: model.map_or(spec.model, |(key, _)| key).into(),
        filter: conditions.collect(),
        inputs: inputs.collect(),
        doc: spec.doc.map(Into::into),
    }
}

fn tenancy(spec: TenancySpec) -> Tenancy {
    match spec {
        TenancySpec::Column(column) => Tenancy::Column { column: column.into() },
        TenancySpec::Parent { local_key, parent_table, parent_key, parent_org_column } => Tenancy::Parent(TenancyVia {
            local_key: local_key.into(),
            parent_table: parent_table.into(),
            parent_key: parent_key.map(Into::into),
            parent_org_column: parent_org_column.map(Into::into),
        }),
        TenancySpec::None => Tenancy::None,
    }
}

fn roles(specs: &[RoleSpec]) -> Vec<RoleDef> {
    specs.iter().map(|role| RoleDef { kind: role.kind.into(), field: role.field.into(), multi: role.multi }).collect()
}

/// A list that is absent when nothing was declared.
fn set<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

impl Casing {
    /// The column of a foreign-key field without an explicit column.
    #[must_use]
    pub fn column(self, field: &str) -> String {
        match self {
            Self::Identity | Self::CamelCase => field.to_owned(),
            Self::SnakeCase => names::snake_case(field),
        }
    }
}
