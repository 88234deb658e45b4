//! `ablo generate`.

use crate::harness::{ablo_reading, vectors};
use crate::postgres::Database;
use crate::schema::NOTES;

#[test]
fn the_sql_of_every_vector_runs_twice() {
    let database = Database::new();
    let mut sound = 0;
    for (index, vector) in vectors().iter().enumerate() {
        let target = format!("v{index}");
        let args = ["generate", "sql", "--schema", "-", "--target", &target, "--foreign-keys"];
        let schema = vector.text("/schema");
        let check = ablo_reading(&schema, &["schema", "check", "--schema", "-"]);
        if check.code != 0 {
            // A schema that nobody should write is refused the same way everywhere.
            assert_eq!(ablo_reading(&schema, &args).exits(1).stderr, check.stderr);
            continue;
        }
        sound += 1;
        let run = ablo_reading(&schema, &args).exits(0);
        for _ in 0..2 {
            database.run_file(&run.stdout);
        }
    }
    assert!(sound >= 20, "only {sound} of the vectors are sound");
}

#[test]
fn sql_is_the_same_as_text_and_as_data() {
    let sql = ["generate", "sql", "--schema", "-"];
    let text = ablo_reading(NOTES, &sql).exits(0).stdout;
    assert_eq!(ablo_reading(NOTES, &[&sql[..], &["--format", "sql"]].concat()).exits(0).stdout, text);
    let json = ablo_reading(NOTES, &[&sql[..], &["--format", "json"]].concat()).exits(0).json();
    assert_eq!(json["schema"], "ablo.sql/1");
    let statements = json["statements"].as_array().unwrap();
    let texts: String = statements.iter().map(|one| format!("{}\n", one["text"].as_str().unwrap())).collect();
    assert_eq!(texts, text);
    let members: Vec<&String> = statements[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["field", "lock", "model", "risk", "text", "transactional"]);
    assert!(statements.iter().any(|one| one["lock"] == "ACCESS EXCLUSIVE" && one["field"] == "title"));
}

#[test]
fn sql_for_sqlite_runs_twice_on_sqlite() {
    let run = ablo_reading(NOTES, &["generate", "sql", "--schema", "-", "--dialect", "sqlite"]).exits(0);
    let database = rusqlite::Connection::open_in_memory().unwrap();
    for _ in 0..2 {
        database.execute_batch(&run.stdout).unwrap();
    }
    database.execute("INSERT INTO notes (id, organization_id, title, stars) VALUES ('n', 'o', 't', 4.5)", []).unwrap();
}

#[test]
fn the_runtimes_own_tables_need_no_schema_and_run_twice() {
    let database = Database::new();
    let run = ablo_reading("", &["generate", "sql", "--plane", "control"]).exits(0);
    for _ in 0..2 {
        database.run_file(&run.stdout);
    }
    assert_eq!(database.query("SELECT to_regclass('ablo_deltas') IS NOT NULL"), "t");
}

#[test]
fn the_openapi_document_says_what_it_is_told_about_itself() {
    let args = ["generate", "openapi", "--schema", "-", "--title", "Notes", "--api-version", "3.2.1"];
    let json = ablo_reading(NOTES, &[&args[..], &["--server-url", "https://notes.test/api"]].concat()).exits(0).json();
    assert_eq!(json["openapi"], "3.1.0");
    assert_eq!((&json["info"]["title"], &json["info"]["version"]), (&"Notes".into(), &"3.2.1".into()));
    assert_eq!(json["servers"][0]["url"], "https://notes.test/api");
    assert!(json["paths"]["/v1/models/notes/{id}"]["patch"].is_object());
}

#[test]
fn typescript_and_json_schema_come_from_the_same_models() {
    let types = ablo_reading(NOTES, &["generate", "ts", "--schema", "-"]).exits(0).stdout;
    assert!(types.contains("export interface Note {"), "{types}");
    let json = ablo_reading(NOTES, &["generate", "ts", "--schema", "-", "--format", "json"]).exits(0).json();
    assert_eq!(json["typescript"], types);
    let bundle = ablo_reading(NOTES, &["generate", "json-schema", "--schema", "-"]).exits(0).json();
    assert!(bundle["$defs"]["NoteCreate"].is_object(), "{bundle}");
    let one = ["generate", "json-schema", "--schema", "-", "--model", "notes", "--form", "patch"];
    assert_eq!(ablo_reading(NOTES, &one).exits(0).json()["title"], "NotePatch");
    let unknown = ["generate", "json-schema", "--schema", "-", "--model", "note"];
    insta::assert_snapshot!(ablo_reading(NOTES, &unknown).exits(2));
    ablo_reading(NOTES, &["generate", "json-schema", "--schema", "-", "--form", "patch"]).exits(2);
}

#[test]
fn a_diagram_is_drawn_three_ways_and_marks_what_changed() {
    let draw =
        |args: &[&str]| ablo_reading(NOTES, &[&["generate", "diagram", "--schema", "-"], args].concat()).exits(0);
    assert!(draw(&[]).stdout.starts_with("<svg "));
    assert!(draw(&["--as", "mermaid"]).stdout.starts_with("erDiagram\n"));
    assert!(draw(&["--as", "dot"]).stdout.starts_with("digraph "));
    assert_eq!(draw(&["--as", "dot", "--format", "json"]).json()["diagram"], draw(&["--as", "dot"]).stdout);
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old.json");
    std::fs::write(&old, NOTES.replace("title", "headline")).unwrap();
    let changed = draw(&["--as", "mermaid", "--since", old.to_str().unwrap()]).stdout;
    assert!(changed.contains("title \"+") && changed.contains("headline \"-"), "{changed}");
}
