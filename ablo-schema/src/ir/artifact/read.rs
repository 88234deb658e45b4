use super::{
    super::{
        AutoFill, AutoFillSource, Extra, FieldDef, FieldType, GrantsDef, LoadStrategy, ModelDef, Persist, Plane,
        RelationDef, RelationKind, RelationOptions, RoleDef, SchemaDef, Scope, Tenancy, TenancyVia,
    },
    VERSION, extension,
    object::{Object, Problems},
};
use crate::{
    error::{AbloError, Code, Problem},
    json::Json,
};

/// Reads an artifact.
pub(super) fn schema(text: &str) -> Result<SchemaDef, AbloError> {
    let value = Json::parse(text).map_err(|error| {
        AbloError::new(Code::InvalidSchema, format!("the schema is not JSON that can be read: {error}"))
    })?;
    let mut problems = Problems::default();
    let def = Object::of(value, "", &mut problems).map(|object| schema_object(object, &mut problems));
    AbloError::check(problems.0)?;
    // Without a problem there is a definition.
    Ok(def.flatten().unwrap_or_default())
}

fn schema_object(mut object: Object, problems: &mut Problems) -> Option<SchemaDef> {
    match object.take("v") {
        Some(Json::Number(version)) if version == VERSION => {}
        Some(other) => {
            // Another version means other shapes; complaining about them would mislead.
            let message = format!("version {other} of the artifact is not supported; this reads version {VERSION}");
            problems.0.push(Problem::new(Code::SchemaVersionUnsupported, "v", message));
            return None;
        }
        None => problems.shape("v", format!("is missing; write \"v\":{VERSION}")),
    }
    let models = object.require_each("models", problems, model).unwrap_or_default();
    let identity_roles = object.parts("identityRoles", problems, role).unwrap_or_default();
    let mut def = SchemaDef { models, identity_roles, ..SchemaDef::default() };
    extension::read_schema(&mut object, &mut def, problems);
    def.extra = object.finish();
    Some(def)
}

fn model(key: &str, mut object: Object, problems: &mut Problems) -> Option<ModelDef> {
    let typename = object.text("typename", problems).unwrap_or_else(|| key.to_owned());
    let mut def = ModelDef {
        fields: object.require_each("fields", problems, field).unwrap_or_default(),
        relations: object.each("relations", problems, relation).unwrap_or_default(),
        load: object.word("load", LoadStrategy::WORDS, problems).unwrap_or_default(),
        table_name: object.text("tableName", problems),
        tenancy: object.part("tenancy", problems, tenancy).unwrap_or_default(),
        plane: object.word("plane", Plane::WORDS, problems).unwrap_or_default(),
        scope: scope(&mut object, problems),
        grants: object.part("grants", problems, grants).flatten(),
        entity_roles: object.parts("entityRoles", problems, role),
        bootstrap_limit: number(&mut object, "bootstrapLimit", problems),
        bootstrap_order_by: object.text("bootstrapOrderBy", problems),
        mutable: object.flag("mutable", problems),
        lazy_observable: object.flag("lazyObservable", problems),
        persist: object.part("persist", problems, |persist, problems| Persist {
            store: persist.text("store", problems).unwrap_or_else(|| typename.clone()),
        }),
        auto_fill: object.parts("autoFill", problems, auto_fill),
        required_fields: object.texts("requiredFields", problems),
        doc: None,
        renamed_from: None,
        extra: Extra::default(),
        typename,
    };
    extension::read_model(&mut object, &mut def, problems);
    def.extra = object.finish();
    Some(def)
}

fn field(_: &str, mut object: Object, problems: &mut Problems) -> Option<FieldDef> {
    let ty = object.require_word("type", FieldType::WORDS, problems);
    let mut def = FieldDef::new(ty.unwrap_or(FieldType::Json));
    def.is_indexed = object.flag("isIndexed", problems).unwrap_or_default();
    def.is_optional = object.flag("isOptional", problems).unwrap_or_default();
    def.column = object.text("column", problems);
    def.enum_values = object.texts("enumValues", problems);
    extension::read_field(&mut object, &mut def, problems);
    def.extra = object.finish();
    Some(def)
}

fn relation(_: &str, mut object: Object, problems: &mut Problems) -> Option<RelationDef> {
    let kind = object.require_word("type", RelationKind::WORDS, problems);
    let target = object.require_text("target", problems);
    let foreign_key = object.require_text("foreignKey", problems);
    let foreign_key_column = object.require_text("foreignKeyColumn", problems);
    let options = object.part("options", problems, options);
    let order_by = object.text("orderBy", problems);
    Some(RelationDef {
        kind: kind?,
        target: target?,
        foreign_key: foreign_key?,
        foreign_key_column: foreign_key_column?,
        options,
        order_by,
        extra: object.finish(),
    })
}

fn options(object: &mut Object, problems: &mut Problems) -> RelationOptions {
    RelationOptions {
        index: object.flag("index", problems),
        enrich: object.flag("enrich", problems),
        defer: object.flag("defer", problems),
        parent: object.flag("parent", problems),
        fk: object.flag("fk", problems),
    }
}

fn tenancy(object: &mut Object, problems: &mut Problems) -> Tenancy {
    #[derive(Clone, Copy)]
    enum Kind {
        Column,
        Parent,
        None,
    }
    let words = [("column", Kind::Column), ("parent", Kind::Parent), ("none", Kind::None)];
    match object.require_word("kind", &words, problems) {
        Some(Kind::Column) => match object.text("column", problems) {
            Some(column) => Tenancy::Column { column },
            None => Tenancy::default(),
        },
        Some(Kind::Parent) => {
            let via = object.part("via", problems, |via, problems| {
                Some(TenancyVia {
                    local_key: via.require_text("localKey", problems)?,
                    parent_table: via.require_text("parentTable", problems)?,
                    parent_key: via.text("parentKey", problems),
                    parent_org_column: via.text("parentOrgColumn", problems),
                })
            });
            if via.is_none() {
                problems.shape(&object.at("via"), "must say which table the row belongs to");
            }
            via.flatten().map_or(Tenancy::None, Tenancy::Parent)
        }
        Some(Kind::None) | None => Tenancy::None,
    }
}

fn scope(object: &mut Object, problems: &mut Problems) -> Option<Scope> {
    match object.take("scope")? {
        Json::Bool(flag) => Some(Scope::Flag(flag)),
        Json::String(kind) => Some(Scope::Kind(kind)),
        other => {
            problems.shape(&object.at("scope"), format!("expected true or a kind, found {}", other.kind()));
            None
        }
    }
}

fn grants(object: &mut Object, problems: &mut Problems) -> Option<GrantsDef> {
    let subject = grant_relation(object, "subject", problems);
    let scope = grant_relation(object, "scope", problems);
    Some(GrantsDef { subject: subject?, scope: scope? })
}

/// `grants` has a code of its own for its shape.
fn grant_relation(object: &mut Object, name: &str, problems: &mut Problems) -> Option<String> {
    match object.take(name) {
        Some(Json::String(relation)) => Some(relation),
        other => {
            let found = other.as_ref().map_or("nothing", Json::kind);
            let message = format!("expected the name of a belongsTo relation, found {found}");
            problems.0.push(Problem::new(Code::SchemaGrantsShapeInvalid, object.at(name), message));
            None
        }
    }
}

fn role(object: &mut Object, problems: &mut Problems) -> Option<RoleDef> {
    let kind = object.require_text("kind", problems);
    let source = object.part("source", problems, |source, problems| {
        let field = source.require_text("field", problems);
        (field, source.flag("multi", problems).unwrap_or_default())
    });
    if source.is_none() {
        problems.shape(&object.at("source"), "must name the field that is read");
    }
    let (field, multi) = source?;
    Some(RoleDef { kind: kind?, field: field?, multi })
}

fn auto_fill(object: &mut Object, problems: &mut Problems) -> Option<AutoFill> {
    let field = object.require_text("field", problems);
    let from = object.require_word("from", AutoFillSource::WORDS, problems);
    Some(AutoFill { field: field?, from: from? })
}

fn number(object: &mut Object, name: &str, problems: &mut Problems) -> Option<serde_json::Number> {
    match object.take(name)? {
        Json::Number(text) => serde_json::from_str(&text).ok(),
        other => {
            problems.shape(&object.at(name), format!("expected a number, found {}", other.kind()));
            None
        }
    }
}
