//! Random schemas without problems.

use ablo_schema::ir::{
    AutoFill, AutoFillSource, FieldDef, FieldType, GrantsDef, LoadStrategy, ModelDef, NumberFormat, Persist, Plane,
    RelationDef, RelationKind, RelationOptions, RoleDef, SchemaDef, Scope, StringFormat, Tenancy, names,
};
use proptest::{collection::vec, prelude::*};

const TYPES: [FieldType; 6] =
    [FieldType::String, FieldType::Number, FieldType::Boolean, FieldType::Date, FieldType::Enum, FieldType::Json];

/// Names that trip careless code: SQL words, digits, quotes in values, long ones.
const NAMES: [&str; 10] = [
    "title",
    "order",
    "user",
    "dueAt",
    "x1",
    "select",
    "isDone",
    "note2",
    "aNameThatIsLongEnoughToMakeIndexNamesOverflow",
    "body",
];

fn field() -> impl Strategy<Value = FieldDef> {
    let text = prop_oneof![Just("it's".to_owned()), Just("quo\"te \\ ünï\u{1F600}".to_owned()), "[ -~]{0,12}"];
    (0..TYPES.len(), any::<[bool; 3]>(), 0..6_u8, proptest::option::of(text)).prop_map(|(ty, flags, kind, doc)| {
        let mut def = FieldDef::new(TYPES[ty]);
        [def.is_indexed, def.is_optional, def.is_unique] = flags;
        def.is_unique &= def.ty != FieldType::Json;
        def.doc = doc.filter(|doc| !doc.is_empty());
        match def.ty {
            FieldType::Enum => {
                def.enum_values =
                    Some(["it's", "b", "ünï"][..1 + usize::from(kind % 3)].iter().map(|v| (*v).into()).collect())
            }
            FieldType::Number => {
                def.number_format =
                    [NumberFormat::Float, NumberFormat::Int32, NumberFormat::Int64][usize::from(kind % 3)]
            }
            FieldType::String => {
                def.string_format =
                    [None, Some(StringFormat::Decimal), Some(StringFormat::CivilDate)][usize::from(kind % 3)]
            }
            FieldType::Json => {
                def.json_schema = (kind == 0).then(|| serde_json::json!({"type": "array", "items": {"type": "string"}}))
            }
            FieldType::Boolean => def.default = (kind == 0).then(|| true.into()),
            FieldType::Date => {}
        }
        def
    })
}

#[derive(Clone, Debug)]
struct Draft {
    fields: Vec<(usize, bool, FieldDef)>,
    /// Target (modulo the models before it, or any for deferred ones), and options.
    belongs: Vec<(prop::sample::Index, [bool; 5])>,
    flags: [bool; 8],
    tenancy: u8,
    plane: bool,
}

fn draft() -> impl Strategy<Value = Draft> {
    (
        vec((0..NAMES.len(), any::<bool>(), field()), 0..5),
        vec((any::<prop::sample::Index>(), any::<[bool; 5]>()), 0..3),
        any::<[bool; 8]>(),
        0..8_u8,
        proptest::bool::weighted(0.9),
    )
        .prop_map(|(fields, belongs, flags, tenancy, plane)| Draft { fields, belongs, flags, tenancy, plane })
}

/// A schema that validates.
pub fn schema() -> impl Strategy<Value = SchemaDef> {
    vec(draft(), 1..7).prop_map(|drafts| {
        let count = drafts.len();
        let mut schema =
            SchemaDef { identity_roles: vec![role("org", "organizationId", false)], ..SchemaDef::default() };
        for (position, draft) in drafts.into_iter().enumerate() {
            schema.models.insert(format!("things{position}"), model(position, count, draft));
        }
        schema
    })
}

fn role(kind: &str, field: &str, multi: bool) -> RoleDef {
    RoleDef { kind: kind.into(), field: field.into(), multi }
}

fn model(position: usize, count: usize, draft: Draft) -> ModelDef {
    let mut def = ModelDef { typename: format!("Thing{position}"), ..ModelDef::default() };
    for (name, column, mut field) in draft.fields {
        if column {
            field.column = Some(format!("col_{name}"));
        }
        def.fields.insert(NAMES[name].into(), field);
    }
    for (number, (target, [index, enrich, defer, parent, fk])) in draft.belongs.into_iter().enumerate() {
        let any = target.index(count);
        // Parents come before, so that nothing lives in itself.
        let (target, parent) = if parent && position > 0 { (any % position, true) } else { (any, false) };
        let key = format!("ref{number}Id");
        def.fields.insert(
            key.clone(),
            FieldDef { is_optional: enrich, is_indexed: index, ..FieldDef::new(FieldType::String) },
        );
        let set = |flag: bool| flag.then_some(true);
        let options = RelationOptions {
            index: set(index),
            enrich: set(enrich),
            defer: set(defer),
            parent: set(parent),
            fk: set(fk),
        };
        let relation = RelationDef {
            kind: RelationKind::BelongsTo,
            target: format!("things{target}"),
            foreign_key_column: names::snake_case(&key),
            foreign_key: key,
            options: (options != RelationOptions::default()).then_some(options),
            order_by: None,
            extra: Default::default(),
        };
        def.relations.insert(format!("ref{number}"), relation);
    }
    let [scope, grants, entity, limit, mutable, persist, fill, table] = draft.flags;
    def.plane = if draft.plane { Plane::Tenant } else { Plane::Control };
    def.tenancy = match draft.tenancy {
        0 => Tenancy::None,
        1 => Tenancy::Column { column: "tenant_id".into() },
        _ => Tenancy::default(),
    };
    // Every model is a scope root, so that any relation can grant.
    def.scope = Some(if scope { Scope::Flag(true) } else { Scope::Kind(format!("kind{position}")) });
    def.grants =
        (grants && def.relations.len() == 2).then(|| GrantsDef { subject: "ref0".into(), scope: "ref1".into() });
    def.entity_roles = entity.then(|| vec![role("owner", "createdBy", false)]);
    def.bootstrap_limit = limit.then(|| 100_u64.into());
    def.load = if limit { LoadStrategy::Lazy } else { LoadStrategy::Instant };
    def.mutable = Some(mutable);
    def.persist = persist.then(|| Persist { store: "store".into() });
    def.auto_fill = fill.then(|| vec![AutoFill { field: "createdBy".into(), from: AutoFillSource::UserId }]);
    def.table_name = table.then(|| format!("table_{position}"));
    def.doc = fill.then(|| format!("Thing {position}.\n\nIt's a thing."));
    def
}
