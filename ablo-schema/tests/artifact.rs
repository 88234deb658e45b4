//! The artifact against vectors that another implementation made.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use ablo_schema::{ir::SchemaDef, json::Json};
use support::{member, vectors};

#[test]
fn every_vector_is_written_again_to_the_byte() {
    for (name, vector) in vectors() {
        for artifact in [member(&vector, &["schema"]), member(&vector, &["diff", "next"])] {
            let text = artifact.to_string();
            let def = SchemaDef::from_artifact(&text).unwrap_or_else(|error| panic!("{name}: {error:?}"));
            assert_eq!(def.to_artifact(), text, "{name}");
        }
    }
}

#[test]
fn every_vector_has_its_hash() {
    for (name, vector) in vectors() {
        for (artifact, hash) in [(&["schema"][..], &["hash"][..]), (&["diff", "next"], &["diff", "nextHash"])] {
            let def = SchemaDef::from_artifact(&member(&vector, artifact).to_string()).unwrap();
            assert_eq!(Json::from(def.hash().to_string()), *member(&vector, hash), "{name}");
        }
    }
}

#[test]
fn unknown_members_stay_where_they_are() {
    let text = r#"{"new0":[1.50,{"b":null,"a":"\u0007"}],"v":3,"models":{"tasks":{"first":1,"fields":{"title":{"type":"string","why":{},"isOptional":false,"isIndexed":false}},"relations":{"owner":{"later":true,"type":"belongsTo","target":"tasks","foreignKey":"title","foreignKeyColumn":"title","options":{"soft":1,"defer":true}}},"load":"instant","typename":"Task","tenancy":{"kind":"parent","via":{"localKey":"a","depth":2,"parentTable":"b"},"more":0},"plane":"tenant","entityRoles":[{"kind":"k","source":{"field":"title","multi":false}},{"kind":"k","note":"n","source":{"deep":1,"field":"title","multi":true}}],"persist":{"store":"s","ttl":1}}},"identityRoles":[],"last":"x"}"#;
    let def = SchemaDef::from_artifact(text).unwrap();
    assert_eq!(def.to_artifact(), text);
    let unknown: Vec<String> = def.models["tasks"].extra.unknown().into_iter().map(|(path, _)| path).collect();
    assert_eq!(
        unknown,
        [
            "/entityRoles/1/note",
            "/entityRoles/1/source/deep",
            "/first",
            "/persist/ttl",
            "/tenancy/more",
            "/tenancy/via/depth"
        ]
    );
    // They are part of what client and server must agree on.
    assert_ne!(def.hash(), SchemaDef::from_artifact(&text.replace("\"last\":\"x\"", "\"last\":\"y\"")).unwrap().hash());
}

#[test]
fn what_is_left_out_has_its_default() {
    let short = r#"{"v":3,"models":{"tasks":{"fields":{"a":{"type":"json"}},"persist":{}}}}"#;
    let def = SchemaDef::from_artifact(short).unwrap();
    assert_eq!(
        def.to_artifact(),
        r#"{"v":3,"models":{"tasks":{"fields":{"a":{"type":"json","isIndexed":false,"isOptional":false}},"persist":{"store":"tasks"},"relations":{},"load":"instant","typename":"tasks","tenancy":{"kind":"column","column":"organization_id"},"plane":"tenant"}},"identityRoles":[]}"#
    );
}

#[test]
fn ours_is_in_one_member_that_the_hash_does_not_see() {
    let text = r#"{"v":3,"models":{"tasks":{"fields":{"n":{"type":"number","isIndexed":false,"isOptional":false,"x-ablo":{"number":"int64","unique":true,"default":7,"doc":"How many.","renamedFrom":"m"}}},"relations":{},"load":"instant","typename":"Task","tenancy":{"kind":"none"},"plane":"tenant","x-ablo":{"doc":"A task."}}},"identityRoles":[],"x-ablo":{"casing":"snake_case","queries":{"big":{"model":"tasks","where":[["n",">","$than"]],"inputs":{"than":{"type":"number","number":"int32","isOptional":false}}}}}}"#;
    let def = SchemaDef::from_artifact(text).unwrap();
    assert_eq!(def.to_artifact_extended(), text);
    let plain = SchemaDef::from_artifact(&def.to_artifact()).unwrap();
    assert!(!plain.to_artifact_extended().contains("x-ablo"));
    assert_eq!(plain.hash(), def.hash());
    let error = SchemaDef::from_artifact(&text.replace("\"unique\"", "\"unlike\"")).unwrap_err();
    assert_eq!(error.problems[0].path, "models.tasks.fields.n.x-ablo.unlike");
}

#[test]
fn every_wrong_shape_is_told_at_once() {
    let text = r#"{"v":3,"models":{"a":{"fields":{"x":{"type":"text","isOptional":1},"y":7},"load":"eager","tenancy":{"kind":"parent"},"scope":4,"grants":{"subject":2},"bootstrapLimit":"9"},"b":[],"c":{}},"identityRoles":[{"kind":"org"}]}"#;
    let error = SchemaDef::from_artifact(text).unwrap_err();
    let found: Vec<String> =
        error.problems.iter().map(|problem| format!("{} {}", problem.code, problem.path)).collect();
    assert_eq!(
        found,
        [
            "invalid_schema models.a.fields.x.type",
            "invalid_schema models.a.fields.x.isOptional",
            "invalid_schema models.a.fields.y",
            "invalid_schema models.a.load",
            "invalid_schema models.a.tenancy.via",
            "invalid_schema models.a.scope",
            "schema_grants_shape_invalid models.a.grants.subject",
            "schema_grants_shape_invalid models.a.grants.scope",
            "invalid_schema models.a.bootstrapLimit",
            "invalid_schema models.b",
            "invalid_schema models.c.fields",
            "invalid_schema identityRoles.0.source",
        ]
    );
}

#[test]
fn other_versions_and_other_texts_are_refused() {
    for (text, refusal) in [
        (r#"{"v":2,"models":[]}"#, "schema_version_unsupported v"),
        (r#"{"v":"3","models":{}}"#, "schema_version_unsupported v"),
        (r#"{"models":{}}"#, "invalid_schema v"),
        (r#"{"v":3}"#, "invalid_schema models"),
        ("[]", "invalid_schema "),
        ("", "invalid_schema "),
        (r#"{"v":3,"v":3,"models":{}}"#, "invalid_schema "),
        (r#"{"v":3,"models":{},"x":1e999}"#, "invalid_schema "),
        (r#"{"v":3,"models":{},"x":"\ud800"}"#, "invalid_schema "),
    ] {
        let error = SchemaDef::from_artifact(text).unwrap_err();
        assert_eq!(format!("{} {}", error.code(), error.param.as_deref().unwrap_or_default()), refusal, "{text}");
    }
    let deep = format!(r#"{{"v":3,"models":{{}},"x":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    assert!(SchemaDef::from_artifact(&deep).is_err());
}

#[test]
fn numbers_are_written_as_ecmascript_writes_them() {
    for (value, text) in [
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (-1.5, "-1.5"),
        (123_456_789.123, "123456789.123"),
        (1e21, "1e+21"),
        (123e18, "123000000000000000000"),
        (1.5e300, "1.5e+300"),
        (0.000_001, "0.000001"),
        (0.000_000_1, "1e-7"),
        (1.25e-9, "1.25e-9"),
        (9_007_199_254_740_993.0, "9007199254740992"),
        (5e-324, "5e-324"),
        (f64::MAX, "1.7976931348623157e+308"),
    ] {
        assert_eq!(ablo_schema::json::canonical_number(value), text);
    }
}

#[test]
fn the_canonical_form_sorts_by_utf16_code_unit_and_escapes_as_stringify_does() {
    // U+FF5E is one unit above the surrogates that U+1F600 is made of, although its code point is smaller.
    let json = Json::parse("{\"\u{FF5E}\":1.0,\"\u{1F600}\":1e2,\"a\\u0001\\u007f\\n\\/\":[true , null]}").unwrap();
    assert_eq!(json.to_canonical(), "{\"a\\u0001\u{7f}\\n/\":[true,null],\"\u{1F600}\":100,\"\u{FF5E}\":1}");
}

mod random {
    use ablo_schema::{ir::SchemaDef, json::Json};
    use proptest::prelude::*;

    use super::support::random;

    fn json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<i32>().prop_map(|number| Json::Number(number.to_string())),
            "\\PC{0,6}".prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
                proptest::collection::btree_map("[a-z]{1,3}", inner, 0..4).prop_map(Json::object),
            ]
        })
    }

    /// The members that an artifact has, so that random JSON gets past the first check.
    fn artifact_like() -> impl Strategy<Value = String> {
        let name = prop_oneof![
            Just("v"),
            Just("models"),
            Just("fields"),
            Just("relations"),
            Just("type"),
            Just("tenancy"),
            Just("via"),
            Just("scope"),
            Just("grants"),
            Just("entityRoles"),
            Just("source"),
            Just("persist"),
            Just("x-ablo"),
            Just("options"),
            Just("identityRoles"),
            Just("enumValues"),
            Just("queries"),
        ];
        let leaf = prop_oneof![
            Just(Json::Null),
            Just(Json::from(true)),
            Just(Json::from(3)),
            Just(Json::from("string")),
            Just(Json::from("belongsTo")),
        ];
        let tree = leaf.prop_recursive(6, 48, 5, move |inner| {
            prop_oneof![
                1 => proptest::collection::vec(inner.clone(), 0..3).prop_map(Json::Array),
                4 => proptest::collection::btree_map(name.clone(), inner, 0..6).prop_map(Json::object),
            ]
        });
        (tree.clone(), tree).prop_map(|(models, roles)| {
            Json::object([("v", Json::from(3)), ("models", Json::object([("m", models)])), ("identityRoles", roles)])
                .to_string()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_schema_survives_its_extended_artifact(schema in random::schema()) {
            let text = schema.to_artifact_extended();
            let again = SchemaDef::from_artifact(&text).unwrap();
            prop_assert_eq!(&again, &schema);
            prop_assert_eq!(again.to_artifact_extended(), text);
            prop_assert_eq!(again.hash(), schema.hash());
        }

        #[test]
        fn any_schema_keeps_its_hash_through_the_plain_artifact(schema in random::schema()) {
            let plain = SchemaDef::from_artifact(&schema.to_artifact()).unwrap();
            prop_assert_eq!(plain.to_artifact(), schema.to_artifact());
            prop_assert_eq!(plain.hash(), schema.hash());
        }

        #[test]
        fn any_json_survives_reading_and_writing(value in json()) {
            let read = Json::parse(&value.to_string()).unwrap();
            prop_assert_eq!(&read, &value);
            prop_assert_eq!(Json::parse(&value.to_pretty()).unwrap(), value);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = SchemaDef::from_artifact(&String::from_utf8_lossy(&bytes));
        }

        #[test]
        fn any_json_is_read_or_refused(text in artifact_like()) {
            if let Ok(schema) = SchemaDef::from_artifact(&text) {
                prop_assert_eq!(SchemaDef::from_artifact(&schema.to_artifact_extended()).unwrap(), schema.clone());
                let _ = schema.validate();
            }
        }
    }
}
