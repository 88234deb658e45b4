//! Every rule of the validator, projection, create order, groups and shapes.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use ablo_schema::{
    ir::{BaseField, SchemaDef, ValidSchema},
    json::Json,
};
use serde_json::{Value, json};
use support::{member, vectors};

/// JSON whose members keep their order; what is in parentheses is an expression.
macro_rules! ordered {
    ({$($name:literal: $value:tt),* $(,)?}) => { Json::Object(vec![$(($name.to_owned(), ordered!($value))),*]) };
    ([$($value:tt),* $(,)?]) => { Json::Array(vec![$(ordered!($value)),*]) };
    (($value:expr)) => { $value };
    ($value:literal) => { Json::from($value) };
}

/// A schema of these models.
fn schema(models: &Json) -> SchemaDef {
    let artifact = Json::object([("v", Json::from(3)), ("models", models.clone())]);
    SchemaDef::from_artifact(&artifact.to_string()).unwrap()
}

fn valid(models: &Json) -> ValidSchema {
    schema(models).validate().unwrap()
}

fn problems(def: &SchemaDef) -> Vec<String> {
    def.problems().iter().map(|problem| format!("{} {}", problem.code, problem.path)).collect()
}

fn refused(models: &Json, expected: &[&str]) {
    assert_eq!(problems(&schema(models)), expected, "{models}");
}

fn belongs(target: &str, key: &str, options: Json) -> Json {
    ordered!({"type": "belongsTo", "target": (target.into()), "foreignKey": (key.into()), "foreignKeyColumn": (key.into()), "options": (options)})
}

#[test]
fn names_are_checked() {
    let long = "a".repeat(64);
    refused(&ordered!({"stamp": {"fields": {}}}), &["schema_name_reserved models.stamp"]);
    refused(&ordered!({"a-b": {"fields": {}, "typename": "A"}}), &["schema_name_invalid models.a-b"]);
    refused(&ordered!({"a": {"fields": {}, "typename": "A B"}}), &["schema_name_invalid models.a.typename"]);
    refused(&ordered!({"a": {"fields": {}, "tableName": "a b"}}), &["schema_table_invalid models.a.tableName"]);
    refused(
        &ordered!({"a": {"fields": {}, "tableName": (long.as_str().into())}}),
        &["schema_name_too_long models.a.tableName"],
    );
    refused(
        &ordered!({"a": {"fields": {"Title": {"type": "string"}, "apiURL": {"type": "string"}, "a b": {"type": "string"}}}}),
        &[
            "schema_field_not_camelcase models.a.fields.Title",
            "schema_field_consecutive_caps models.a.fields.apiURL",
            "schema_field_not_camelcase models.a.fields.a b",
        ],
    );
    refused(
        &ordered!({"a": {"fields": {"x": {"type": "string", "column": "1x"}, "y": {"type": "string", "column": (long.as_str().into())}}}}),
        &["schema_name_invalid models.a.fields.x.column", "schema_name_too_long models.a.fields.y.column"],
    );
    assert!(problems(&schema(&ordered!({"order": {"fields": {"select": {"type": "string"}}}}))).is_empty());
}

#[test]
fn what_must_differ_does() {
    refused(
        &ordered!({"tasks": {"fields": {}, "typename": "Task"}, "task": {"fields": {}, "typename": "Other"}}),
        &["schema_model_ambiguous models.task"],
    );
    refused(
        &ordered!({"a": {"fields": {}, "typename": "UserModel"}, "user": {"fields": {}, "typename": "Person"}}),
        &["schema_model_ambiguous models.user"],
    );
    refused(
        &ordered!({"a": {"fields": {}, "tableName": "things"}, "b": {"fields": {}, "tableName": "Things"}}),
        &["schema_table_duplicate models.b.tableName"],
    );
    refused(
        &ordered!({"a": {"fields": {"dueAt": {"type": "date"}, "x": {"type": "date", "column": "due_at"}}}}),
        &["schema_column_duplicate models.a.fields.x"],
    );
    for column in ["id", "created_at", "organization_id"] {
        refused(
            &ordered!({"a": {"fields": {"x": {"type": "date", "column": (column.into())}}}}),
            &["schema_column_duplicate models.a.fields.x"],
        );
    }
    refused(
        &ordered!({
            "a": {"fields": {"b_c": {"type": "string", "isIndexed": true}}},
            "a_b": {"fields": {"c": {"type": "string", "isIndexed": true}}},
        }),
        &["schema_emitted_name_duplicate models.a_b"],
    );
}

#[test]
fn fields_are_checked() {
    refused(
        &ordered!({"a": {"fields": {"x": {"type": "enum"}}}}),
        &["schema_enum_values_invalid models.a.fields.x.enumValues"],
    );
    refused(
        &ordered!({"a": {"fields": {"x": {"type": "enum", "enumValues": ["p", "p"]}}}}),
        &["schema_enum_values_invalid models.a.fields.x.enumValues"],
    );
    for (field, ours, good, bad) in [
        (r#""type":"enum","enumValues":["p"]"#, "", r#""p""#, r#""q""#),
        (r#""type":"number""#, r#""number":"int32","#, "1", "3000000000"),
        (r#""type":"number""#, r#""number":"int64","#, "-5", "1.5"),
        (r#""type":"date""#, "", r#""2026-01-31T12:00:00Z""#, r#""yesterday""#),
        (r#""type":"string","isOptional":true"#, "", "null", "1"),
        (r#""type":"string""#, "", r#""""#, "null"),
    ] {
        for (value, expected) in [(good, &[][..]), (bad, &["schema_default_invalid models.a.fields.x.default"])] {
            let field = format!(r#"{{{field},"x-ablo":{{{ours}"default":{value}}}}}"#);
            refused(&ordered!({"a": {"fields": {"x": (Json::parse(&field).unwrap())}}}), expected);
        }
    }
    refused(
        &ordered!({"a": {"fields": {"createdAt": {"type": "number"}, "archivedAt": {"type": "json"}}}}),
        &["schema_base_field_type models.a.fields.createdAt.type"],
    );
    refused(
        &ordered!({"a": {"fields": {"x": {"type": "string"}, "y": {"type": "string", "x-ablo": {"renamedFrom": "x"}}}}}),
        &["schema_rename_invalid models.a.fields.y"],
    );
}

#[test]
fn relations_are_checked() {
    let key = ordered!({"ownerId": {"type": "string"}, "count": {"type": "number"}});
    refused(
        &ordered!({"a": {"fields": (key.clone()), "relations": {
            "owner": (belongs("people", "ownerId", ordered!({}))),
            "none": (belongs("a", "noneId", ordered!({}))),
            "counted": (belongs("a", "count", ordered!({"fk": true}))),
            "tolerated": (belongs("a", "count", ordered!({"parent": true}))),
            "many": {"type": "hasMany", "target": "a", "foreignKey": "noneId", "foreignKeyColumn": "none_id"},
        }}}),
        &[
            "schema_relation_target_missing models.a.relations.owner.target",
            "schema_field_unknown models.a.relations.none.foreignKey",
            "schema_relation_key_type models.a.relations.counted.foreignKey",
        ],
    );
    let model = |target: &str| ordered!({"fields": (key.clone()), "relations": {"owner": (belongs(target, "ownerId", ordered!({"parent": true})))}});
    refused(
        &ordered!({"a": (model("b")), "b": (model("c")), "c": (model("b")), "d": (model("d"))}),
        &["schema_relation_cycle models.b.relations", "schema_relation_cycle models.c.relations"],
    );
}

#[test]
fn scopes_roles_and_grants_are_checked() {
    refused(&ordered!({"a": {"fields": {}, "scope": "Team"}}), &["schema_scope_kind_invalid models.a.scope"]);
    refused(
        &ordered!({"a": {"fields": {}, "typename": "_A", "scope": true}}),
        &["schema_scope_kind_invalid models.a.scope"],
    );
    refused(
        &ordered!({"a": {"fields": {}, "entityRoles": [
            {"kind": "9", "source": {"field": "id", "multi": false}},
            {"kind": "k", "source": {"field": "a.b", "multi": false}},
            {"kind": "k", "source": {"field": "nothing", "multi": false}},
        ]}}),
        &[
            "schema_scope_kind_invalid models.a.entityRoles.0.kind",
            "schema_grants_shape_invalid models.a.entityRoles.1.source.field",
            "schema_role_source_invalid models.a.entityRoles.2.source.field",
        ],
    );
    refused(
        &ordered!({"a": {"fields": {}, "tenancy": {"kind": "column", "column": "a b"}}}),
        &["schema_tenancy_invalid models.a.tenancy.column"],
    );
    let members = |grants: Json| {
        ordered!({
            "users": {"fields": {}},
            "teams": {"fields": {}, "scope": true},
            "members": {
                "fields": {"userId": {"type": "string"}, "teamId": {"type": "string"}},
                "relations": {
                    "user": (belongs("users", "userId", ordered!({}))),
                    "team": (belongs("teams", "teamId", ordered!({}))),
                    "peers": {"type": "hasMany", "target": "members", "foreignKey": "teamId", "foreignKeyColumn": "team_id"},
                },
                "grants": (grants),
            },
        })
    };
    refused(&members(ordered!({"subject": "user", "scope": "team"})), &[]);
    refused(
        &members(ordered!({"subject": "peers", "scope": "user"})),
        &[
            "schema_grants_relation_kind models.members.grants.subject",
            "schema_grants_target_not_scope_root models.members.grants.scope",
        ],
    );
    refused(
        &members(ordered!({"subject": "nobody", "scope": "a-b"})),
        &[
            "schema_grants_relation_missing models.members.grants.subject",
            "schema_grants_shape_invalid models.members.grants.scope",
        ],
    );
    let schema = valid(&members(ordered!({"subject": "user", "scope": "team"})));
    let grant = schema.model("members").unwrap().grant().unwrap().clone();
    assert_eq!((grant.subject_slot, grant.scope_slot, grant.kind.as_str()), (0, 1, "teams"));
}

/// The vectors were made by a random generator; these are the ones that cannot work, and why.
#[test]
fn queries_are_of_a_model() {
    let artifact =
        r#"{"v":3,"models":{"tasks":{"fields":{}}},"x-ablo":{"queries":{"open":{"model":"task","where":[]}}}}"#;
    let def = SchemaDef::from_artifact(artifact).unwrap();
    assert_eq!(problems(&def), ["schema_query_invalid queries.open.model"]);
}

#[test]
fn the_vectors_that_are_refused_are_known() {
    let mut refused = Vec::new();
    for (name, vector) in vectors() {
        for path in [&["schema"][..], &["diff", "next"]] {
            let def = SchemaDef::from_artifact(&member(&vector, path).to_string()).unwrap();
            refused
                .extend(problems(&def).into_iter().map(|problem| format!("{name} {} {problem}", path[path.len() - 1])));
        }
    }
    insta::assert_snapshot!(refused.join("\n"));
}

#[test]
fn a_model_is_found_by_every_spelling() {
    let schema = valid(&ordered!({
        "tasks": {"fields": {}, "typename": "TaskModel"},
        "weatherReports": {"fields": {}, "typename": "WeatherReport"},
    }));
    for spelling in ["tasks", "Tasks", "TaskModel", "taskmodel", "task", "TASK"] {
        assert_eq!(schema.resolve(spelling).unwrap().key(), "tasks", "{spelling}");
    }
    for spelling in ["weatherReports", "weatherreports", "weatherreport", "WeatherReport"] {
        assert_eq!(schema.resolve(spelling).unwrap().index().get(), 1, "{spelling}");
    }
    assert!(schema.resolve("reports").is_none());
}

#[test]
fn slots_are_the_declared_fields_then_the_base_fields() {
    let schema = valid(&ordered!({"a": {
        "fields": {"id": {"type": "string"}, "dueAt": {"type": "date"}, "createdBy": {"type": "string"}, "x": {"type": "json", "column": "y"}},
        "tenancy": {"kind": "column", "column": "tenant_id"},
    }}));
    let shape = schema.model("a").unwrap().shape();
    let slots: Vec<_> =
        shape.slots().iter().map(|slot| (slot.name.as_str(), slot.column.as_str(), slot.base)).collect();
    assert_eq!(
        slots,
        [
            ("dueAt", "due_at", None),
            ("createdBy", "created_by", Some(BaseField::CreatedBy)),
            ("x", "y", None),
            ("createdAt", "created_at", Some(BaseField::CreatedAt)),
            ("updatedAt", "updated_at", Some(BaseField::UpdatedAt)),
            ("organizationId", "tenant_id", Some(BaseField::OrganizationId)),
            ("archivedAt", "archived_at", Some(BaseField::ArchivedAt)),
        ]
    );
    assert_eq!((shape.slot_of("x"), shape.slot_of_column("y"), shape.slot_of("id")), (Some(2), Some(2), None));
    assert_eq!(shape.slot_of_base(BaseField::CreatedBy), Some(1));
}

#[test]
fn groups_come_from_scopes_and_roles() {
    let schema = SchemaDef::from_artifact(
        r#"{"v":3,"models":{
            "decks":{"fields":{},"typename":"Deck","scope":true},
            "notes":{"fields":{"toId":{"type":"string"},"ccIds":{"type":"json"}},"scope":"note_2","entityRoles":[
                {"kind":"inbox","source":{"field":"toId","multi":false}},{"kind":"inbox","source":{"field":"ccIds","multi":true}}]},
            "logs":{"fields":{},"scope":false}},
        "identityRoles":[{"kind":"org","source":{"field":"organizationId","multi":false}},{"kind":"team","source":{"field":"teamIds","multi":true}}]}"#,
    )
    .unwrap()
    .validate()
    .unwrap();
    let own = |key: &str, id: &str| schema.model(key).unwrap().own_group(id).map(|group| group.to_string());
    assert_eq!(own("decks", "1").as_deref(), Some("deck:1"));
    assert_eq!(own("notes", "1").as_deref(), Some("note_2:1"));
    assert_eq!((own("logs", "1"), own("decks", "")), (None, None));
    let entity = |row: Value| {
        let notes = schema.model("notes").unwrap();
        let groups = notes.entity_groups(|slot| row.get(&notes.shape().slots()[slot].name));
        groups.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(entity(json!({"toId": "a", "ccIds": ["b", "", 7, "a", "b"]})), ["inbox:a", "inbox:b"]);
    assert!(entity(json!({"toId": ["a"], "ccIds": "b"})).is_empty());
    assert!(entity(json!({"toId": "", "ccIds": null})).is_empty());
    let identity = json!({"organizationId": "o", "teamIds": ["x", "y"]});
    let groups = schema.identity_groups(|source| identity.get(source));
    assert_eq!(groups.iter().map(ToString::to_string).collect::<Vec<_>>(), ["org:o", "team:x", "team:y"]);
}

#[test]
fn create_order_is_that_of_the_written_graph() {
    let model = |relations: Json| ordered!({"fields": {"k": {"type": "string"}, "l": {"type": "string"}}, "relations": (relations)});
    let schema = valid(&ordered!({
        "layers": (model(ordered!({"slide": (belongs("slides", "k", ordered!({})))}))),
        "slides": (model(ordered!({"deck": (belongs("decks", "k", ordered!({}))), "cover": (belongs("layers", "l", ordered!({"defer": true})))}))),
        "decks": (model(ordered!({"owner": (belongs("users", "k", ordered!({}))), "self": (belongs("decks", "l", ordered!({})))}))),
        "users": (model(ordered!({"best": (belongs("decks", "k", ordered!({})))}))),
        "free": (model(ordered!({}))),
    }));
    let ranks: Vec<Vec<&str>> =
        schema.create_order().iter().map(|rank| rank.iter().map(|model| schema.at(*model).key()).collect()).collect();
    assert_eq!(ranks, [vec!["decks", "users", "free"], vec!["slides"], vec!["layers"]]);
    assert_eq!(schema.model("layers").unwrap().create_rank(), 2);
}

mod random {
    use ablo_schema::ir::RelationKind;
    use proptest::{prelude::*, sample::subsequence};

    use super::support::random;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn random_schemas_are_valid(schema in random::schema()) {
            prop_assert_eq!(super::problems(&schema), Vec::<String>::new());
        }

        #[test]
        fn a_projection_holds_whatever_its_rows_live_in(
            (schema, keys) in random::schema().prop_flat_map(|schema| {
                let keys: Vec<String> = schema.models.keys().cloned().collect();
                let count = keys.len();
                (Just(schema), subsequence(keys, 0..=count))
            })
        ) {
            let whole = schema.validate().unwrap();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let part = whole.project(&keys).unwrap();
            prop_assert!(keys.iter().all(|key| part.model(key).is_some()));
            for model in part.models() {
                let full = whole.model(model.key()).unwrap();
                let names = |model: ablo_schema::ir::ModelRef<'_>| {
                    let mut edges: Vec<_> = model.parents().iter().map(|edge| (edge.relation.clone(), model.schema().at(edge.target).key().to_owned())).collect();
                    edges.sort();
                    edges
                };
                prop_assert_eq!(names(model), names(full));
                prop_assert_eq!(model.grant().map(|grant| &grant.kind), full.grant().map(|grant| &grant.kind));
                prop_assert_eq!(model.shape(), full.shape());
            }
            // Nothing more than that: projecting again changes nothing.
            let kept: Vec<&str> = part.models().map(|model| model.key()).collect();
            prop_assert_eq!(part.project(&kept).unwrap().to_artifact(), part.to_artifact());
            let error = whole.project(&["nothing"]).unwrap_err();
            prop_assert_eq!(format!("{} {}", error.code(), error.param.as_deref().unwrap_or_default()), "unknown_model nothing");
        }

        #[test]
        fn parents_are_created_no_later_than_children(schema in random::schema()) {
            let schema = schema.validate().unwrap();
            let ranked: usize = schema.create_order().iter().map(Vec::len).sum();
            prop_assert_eq!(ranked, schema.models().len());
            for model in schema.models() {
                for relation in model.def().relations.values() {
                    if relation.kind != RelationKind::BelongsTo || relation.options().defer == Some(true) {
                        continue;
                    }
                    let target = schema.model(&relation.target).unwrap();
                    prop_assert!(target.create_rank() <= model.create_rank());
                }
            }
        }
    }
}

#[test]
fn json_is_ordered_whatever_serde_json_does() {
    let value = Json::from(&json!({"b": 1, "a": {"d": [], "c": null}}));
    assert_eq!(value.to_string(), r#"{"a":{"c":null,"d":[]},"b":1}"#);
}
