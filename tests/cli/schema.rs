//! `ablo schema`.

use std::process::Stdio;

use ablo::json::Json;

use crate::harness::{ablo, ablo_reading, arg, command, vectors};

/// A small schema.
pub const NOTES: &str = r#"{"v":3,"models":{"notes":{"fields":{
    "title":{"type":"string","isIndexed":true,"isOptional":false},
    "stars":{"type":"number","isIndexed":false,"isOptional":true}},
  "relations":{},"load":"instant","typename":"Note","tenancy":{"kind":"column","column":"organization_id"},
  "plane":"tenant","mutable":true}},"identityRoles":[]}"#;

/// Two mistakes: a field name with capitals in a row, and a relation to a model that does not exist.
const WRONG: &str = r#"{"v":3,"models":{"notes":{"fields":{"userID":{"type":"string","isIndexed":false,"isOptional":false}},
  "relations":{"deck":{"type":"belongsTo","target":"decks","foreignKey":"userID","foreignKeyColumn":"user_id"}},
  "load":"instant","typename":"Note","tenancy":{"kind":"column","column":"organization_id"},"plane":"tenant"}},
  "identityRoles":[]}"#;

#[test]
fn hash_prints_every_vectors_hash_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    for vector in vectors() {
        for (schema, hash) in [("/schema", "/hash"), ("/diff/next", "/diff/nextHash")] {
            let file = vector.write(schema, directory.path());
            let run = ablo(&["schema", "hash", "--schema", arg(&file)]).exits(0);
            let expected = vector.json.pointer(hash).unwrap().as_str().unwrap();
            assert_eq!(run.stdout, format!("{expected}\n"), "{}", vector.name);
            assert_eq!(run.stderr, "");
        }
    }
}

#[test]
fn print_gives_every_vectors_artifact_back() {
    for vector in vectors() {
        let run = ablo_reading(&vector.text("/schema"), &["schema", "print", "--schema", "-"]).exits(0);
        assert_eq!(run.json(), vector.json["schema"], "{}", vector.name);
        assert_eq!(Json::parse(&run.stdout), Json::parse(&vector.text("/schema")), "{}: the order", vector.name);
        // What was printed prints the same again: the form is canonical.
        let again = ablo_reading(&run.stdout, &["schema", "print", "--schema", "-"]).exits(0);
        assert_eq!(again.stdout, run.stdout, "{}", vector.name);
    }
}

#[test]
fn the_schema_may_come_from_the_environment() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("schema.json");
    std::fs::write(&file, NOTES).unwrap();
    let output = command(&["schema", "check"]).env("ABLO_SCHEMA", &file).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap());
}

#[test]
fn check_reports_every_problem_at_once() {
    insta::assert_snapshot!(ablo_reading(WRONG, &["schema", "check", "--schema", "-"]).exits(1));
    insta::assert_snapshot!(ablo_reading(WRONG, &["schema", "check", "--schema", "-", "--format", "json"]).exits(1));
}

#[test]
fn the_json_of_hash_and_check_is_frozen() {
    insta::assert_snapshot!(ablo_reading(NOTES, &["schema", "hash", "--schema", "-", "--format", "json"]).exits(0));
    insta::assert_snapshot!(ablo_reading(NOTES, &["schema", "check", "--schema", "-", "--format", "json"]).exits(0));
}

#[test]
fn broken_artifacts_are_refused_with_code_cause_and_fix() {
    let cases = [
        ("", "empty"),
        ("{\"v\":3,", "cut"),
        ("[]", "array"),
        (r#"{"v":2,"models":{},"identityRoles":[]}"#, "version"),
        (r#"{"v":3,"models":{"a":{"fields":{"b":{"type":"bytes"}}}},"identityRoles":[]}"#, "type"),
    ];
    for (text, name) in cases {
        let run = ablo_reading(text, &["schema", "hash", "--schema", "-"]).exits(1);
        assert_eq!(run.stdout, "");
        insta::assert_snapshot!(format!("broken_{name}"), run);
    }
}

#[test]
fn a_failure_is_json_on_standard_error_when_json_is_asked_for() {
    let run = ablo(&["schema", "hash", "--schema", "/nonexistent/schema.json", "--format", "json"]).exits(1);
    assert_eq!(run.stdout, "");
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn no_schema_and_a_format_a_command_lacks_are_used_wrongly() {
    insta::assert_snapshot!(ablo(&["schema", "hash"]).exits(2));
    insta::assert_snapshot!(ablo_reading(NOTES, &["schema", "hash", "--schema", "-", "--format", "sql"]).exits(2));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let vector = &vectors()[0];
    let directory = tempfile::tempdir().unwrap();
    let file = vector.write("/schema", directory.path());
    let mut child = command(&["schema", "print", "--schema", arg(&file)])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
