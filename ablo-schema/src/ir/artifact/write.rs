use super::{
    super::{FieldDef, ModelDef, RelationDef, RoleDef, SchemaDef, Scope, Tenancy},
    VERSION, extension,
};
use crate::json::{Json, canonical_number};

/// The members of an object, without those that are unset.
pub(super) struct Members(Vec<(String, Json)>);

impl Members {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn set(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    pub(super) fn maybe<T: Into<Json>>(self, name: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Sets a member only when it is true.
    pub(super) fn flag(self, name: &str, value: bool) -> Self {
        self.maybe(name, value.then_some(true))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn done(self) -> Json {
        Json::Object(self.0)
    }
}

impl From<Members> for Json {
    fn from(members: Members) -> Self {
        members.done()
    }
}

/// The artifact of a schema.
pub(super) fn schema(def: &SchemaDef, extended: bool) -> Json {
    let known = Members::new()
        .set("v", Json::Number(VERSION.into()))
        .set("models", Json::object(def.models.iter().map(|(key, model)| (key, self::model(model, extended)))))
        .set("identityRoles", roles(&def.identity_roles));
    def.extra.apply(extension::write_schema(known, def, extended).done())
}

fn model(def: &ModelDef, extended: bool) -> Json {
    let scope = def.scope.as_ref().map(|scope| match scope {
        Scope::Flag(flag) => Json::Bool(*flag),
        Scope::Kind(kind) => kind.into(),
    });
    let limit = def.bootstrap_limit.as_ref().and_then(serde_json::Number::as_f64);
    let known = Members::new()
        .set("fields", Json::object(def.fields.iter().map(|(name, field)| (name, self::field(field, extended)))))
        .set("relations", Json::object(def.relations.iter().map(|(name, relation)| (name, self::relation(relation)))))
        .set("load", def.load.as_str())
        .set("typename", &def.typename)
        .maybe("tableName", def.table_name.as_ref())
        .set("tenancy", tenancy(&def.tenancy))
        .set("plane", def.plane.as_str())
        .maybe("scope", scope)
        .maybe(
            "grants",
            def.grants
                .as_ref()
                .map(|grants| Members::new().set("subject", &grants.subject).set("scope", &grants.scope)),
        )
        .maybe("entityRoles", def.entity_roles.as_deref().map(roles))
        .maybe("bootstrapLimit", limit.map(|limit| Json::Number(canonical_number(limit))))
        .maybe("bootstrapOrderBy", def.bootstrap_order_by.as_ref())
        .maybe("mutable", def.mutable)
        .maybe("lazyObservable", def.lazy_observable)
        .maybe("persist", def.persist.as_ref().map(|persist| Members::new().set("store", &persist.store)))
        .maybe(
            "autoFill",
            def.auto_fill.as_ref().map(|fills| {
                Json::Array(
                    fills
                        .iter()
                        .map(|fill| Members::new().set("field", &fill.field).set("from", fill.from.as_str()).done())
                        .collect(),
                )
            }),
        )
        .maybe("requiredFields", def.required_fields.as_ref().map(Json::strings));
    def.extra.apply(extension::write_model(known, def, extended).done())
}

/// A field of the artifact.
pub(super) fn field(def: &FieldDef, extended: bool) -> Json {
    let known = Members::new()
        .set("type", def.ty.as_str())
        .maybe("enumValues", def.enum_values.as_ref().map(Json::strings))
        .set("isIndexed", def.is_indexed)
        .maybe("column", def.column.as_ref())
        .set("isOptional", def.is_optional);
    def.extra.apply(extension::write_field(known, def, extended).done())
}

fn relation(def: &RelationDef) -> Json {
    let options = def.options.map(|options| {
        Members::new()
            .maybe("index", options.index)
            .maybe("enrich", options.enrich)
            .maybe("defer", options.defer)
            .maybe("parent", options.parent)
            .maybe("fk", options.fk)
    });
    let known = Members::new()
        .set("type", def.kind.as_str())
        .set("target", &def.target)
        .set("foreignKey", &def.foreign_key)
        .set("foreignKeyColumn", &def.foreign_key_column)
        .maybe("options", options)
        .maybe("orderBy", def.order_by.as_ref());
    def.extra.apply(known.done())
}

fn tenancy(tenancy: &Tenancy) -> Json {
    match tenancy {
        Tenancy::Column { column } => Members::new().set("kind", "column").set("column", column),
        Tenancy::Parent(via) => Members::new().set("kind", "parent").set(
            "via",
            Members::new()
                .set("localKey", &via.local_key)
                .set("parentTable", &via.parent_table)
                .maybe("parentKey", via.parent_key.as_ref())
                .maybe("parentOrgColumn", via.parent_org_column.as_ref()),
        ),
        Tenancy::None => Members::new().set("kind", "none"),
    }
    .done()
}

fn roles(roles: &[RoleDef]) -> Json {
    Json::Array(
        roles
            .iter()
            .map(|role| {
                let source = Members::new().set("field", &role.field).set("multi", role.multi);
                Members::new().set("kind", &role.kind).set("source", source).done()
            })
            .collect(),
    )
}

impl FieldDef {
    /// The field as version 3 of the artifact says it.
    #[must_use]
    pub fn to_json(&self) -> Json {
        field(self, false)
    }
}

impl Tenancy {
    /// The tenancy as the artifact says it.
    #[must_use]
    pub fn to_json(&self) -> Json {
        tenancy(self)
    }
}
