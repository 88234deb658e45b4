//! What changed between two schemas, and what is at stake.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use ablo_schema::{
    ir::{FieldType, SchemaDef},
    json::Json,
    migrate::{Cast, Hints, diff},
};
use support::{member, vectors};

fn schema(text: &Json) -> SchemaDef {
    SchemaDef::from_artifact(&text.to_string()).unwrap()
}

#[test]
fn steps_warnings_and_blockers_are_those_of_every_vector() {
    for (name, vector) in vectors() {
        let theirs = member(&vector, &["diff"]);
        let hints = Hints::from_json(member(theirs, &["hints"])).unwrap();
        let ours =
            diff(Some(&schema(member(&vector, &["schema"]))), &schema(member(theirs, &["next"])), &hints).unwrap();
        let expected = ["steps", "warnings", "unexecutable"].map(|part| (part, member(theirs, &[part]).clone()));
        assert_eq!(ours.to_json().to_pretty(), Json::object(expected).to_pretty(), "{name}");
    }
}

#[test]
fn the_cast_matrix_is_that_of_the_specification() {
    let mut matrix = String::new();
    for (from_word, from) in FieldType::WORDS {
        for (to_word, to) in FieldType::WORDS {
            matrix += &format!("{from_word} -> {to_word}: {}\n", Cast::between(*from, *to).as_str());
        }
    }
    insta::assert_snapshot!(matrix);
}

/// A schema of one model `tasks` with these fields.
fn tasks(fields: &str) -> SchemaDef {
    SchemaDef::from_artifact(&format!(r#"{{"v":3,"models":{{"tasks":{{"fields":{{{fields}}}}}}}}}"#)).unwrap()
}

fn steps(previous: Option<&SchemaDef>, next: &SchemaDef, hints: &str) -> String {
    diff(previous, next, &Hints::from_json(&Json::parse(hints).unwrap()).unwrap()).unwrap().to_json().to_string()
}

#[test]
fn renames_come_from_hints_and_from_the_schema_and_are_checked() {
    let old = tasks(r#""name":{"type":"string"}"#);
    let new = tasks(r#""title":{"type":"string"}"#);
    assert!(steps(Some(&old), &new, "{}").contains(r#""kind":"drop_field""#));
    let renamed = r#"{"steps":[{"kind":"rename_field","model":"tasks","from":"name","to":"title"}],"warnings":[],"unexecutable":[]}"#;
    assert_eq!(steps(Some(&old), &new, r#"{"fields":[{"model":"tasks","from":"name","to":"title"}]}"#), renamed);
    let told = tasks(r#""title":{"type":"string","x-ablo":{"renamedFrom":"name"}}"#);
    assert_eq!(steps(Some(&old), &told, "{}"), renamed);
    // Once the name is gone, what the schema tells is history.
    assert_eq!(steps(Some(&new), &told, "{}"), r#"{"steps":[],"warnings":[],"unexecutable":[]}"#);
    for hints in [
        r#"{"fields":[{"model":"tasks","from":"nam","to":"title"}]}"#,
        r#"{"fields":[{"model":"tasks","from":"name","to":"titel"}]}"#,
        r#"{"fields":[{"model":"task","from":"name","to":"title"}]}"#,
        r#"{"models":[{"from":"tasks","to":"jobs"}]}"#,
        r#"{"backfills":[{"model":"tasks","field":"name","value":1}]}"#,
        r#"{"fields":[{"model":"tasks","from":"name","to":"title"},{"model":"tasks","from":"name","to":"title"}]}"#,
    ] {
        let hints = Hints::from_json(&Json::parse(hints).unwrap()).unwrap();
        assert_eq!(diff(Some(&old), &new, &hints).unwrap_err().code().as_str(), "schema_rename_invalid", "{hints:?}");
    }
    let jobs = SchemaDef::from_artifact(r#"{"v":3,"models":{"jobs":{"fields":{"name":{"type":"string"}}}}}"#).unwrap();
    assert_eq!(
        steps(Some(&old), &jobs, r#"{"models":[{"from":"tasks","to":"jobs"}]}"#),
        r#"{"steps":[{"kind":"rename_model","from":"tasks","to":"jobs"}],"warnings":[],"unexecutable":[]}"#
    );
}

#[test]
fn values_for_older_rows_resolve_blockers() {
    let old = tasks(r#""a":{"type":"string","isOptional":true}"#);
    let new = tasks(r#""a":{"type":"string"},"b":{"type":"number"},"c":{"type":"number","x-ablo":{"default":0}}"#);
    let blockers = |hints: &str| {
        let text = steps(Some(&old), &new, hints);
        text[text.find("\"unexecutable\"").unwrap()..].to_owned()
    };
    assert_eq!(
        blockers("{}"),
        r#""unexecutable":[{"code":"required_field_added","model":"tasks","field":"b"},{"code":"made_required","model":"tasks","field":"a"}]}"#
    );
    let filled = r#"{"backfills":[{"model":"tasks","field":"a","value":"x"},{"model":"tasks","field":"b","value":1}]}"#;
    assert_eq!(blockers(filled), r#""unexecutable":[]}"#);
}

#[test]
fn what_only_our_form_says_is_a_change_too() {
    let old = tasks(r#""n":{"type":"number"}"#);
    let new = tasks(r#""n":{"type":"number","x-ablo":{"number":"int32","unique":true,"default":1,"doc":"N."}}"#);
    assert_eq!(
        steps(Some(&old), &new, "{}"),
        r#"{"steps":[{"kind":"alter_field","model":"tasks","field":"n","changes":{"number":{"from":"float","to":"int32"},"unique":{"from":false,"to":true},"default":{"from":null,"to":1},"doc":{"from":null,"to":"N."}}}],"warnings":[{"code":"risky_cast","model":"tasks","field":"n"}],"unexecutable":[]}"#
    );
    assert_eq!(
        steps(None, &old, "{}"),
        r#"{"steps":[{"kind":"create_model","model":"tasks","tableName":"tasks"}],"warnings":[],"unexecutable":[]}"#
    );
    let moved = SchemaDef::from_artifact(r#"{"v":3,"models":{"tasks":{"fields":{"n":{"type":"number"}},"tableName":"t","tenancy":{"kind":"none"},"plane":"control"}}}"#).unwrap();
    let text = steps(Some(&old), &moved, "{}");
    assert!(text.contains(r#""kind":"alter_model""#) && text.contains(r#""warnings":[{"code":"drop_model","model":"tasks"},{"code":"drop_field","model":"tasks","field":"organization_id"}]"#), "{text}");
}
