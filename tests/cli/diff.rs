//! `ablo schema diff`.

use serde_json::Value;

use crate::harness::{Run, ablo, ablo_reading, arg, vectors};
use crate::postgres::Database;
use crate::schema::NOTES;

/// The flags that say what a vector's hints say.
fn flags(hints: &Value) -> Vec<String> {
    let list = |name: &str| hints[name].as_array().cloned().unwrap_or_default();
    let text = |hint: &Value, name: &str| hint[name].as_str().unwrap().to_owned();
    let mut flags = Vec::new();
    for hint in list("models") {
        flags.extend(["--rename-model".to_owned(), format!("{}:{}", text(&hint, "from"), text(&hint, "to"))]);
    }
    for hint in list("fields") {
        let (model, from, to) = (text(&hint, "model"), text(&hint, "from"), text(&hint, "to"));
        flags.extend(["--rename".to_owned(), format!("{model}.{from}:{to}")]);
    }
    flags
}

#[test]
fn every_vectors_steps_warnings_and_blockers() {
    let directory = tempfile::tempdir().unwrap();
    for vector in vectors() {
        let (old, new) = (vector.write("/schema", directory.path()), vector.write("/diff/next", directory.path()));
        let hints = flags(&vector.json["diff"]["hints"]);
        let mut args = vec!["schema", "diff", arg(&old), arg(&new), "--format", "json"];
        args.extend(hints.iter().map(String::as_str));
        let expected = &vector.json["diff"];
        let code = if expected["steps"].as_array().unwrap().is_empty() { 0 } else { 3 };
        let json = ablo(&args).exits(code).json();
        for member in ["steps", "warnings", "unexecutable"] {
            assert_eq!(json[member], expected[member], "{} {member}", vector.name);
        }
        assert_eq!((&json["from"], &json["to"]), (&vector.json["hash"], &expected["nextHash"]), "{}", vector.name);
        // The view for people names the way out of everything at stake.
        args.retain(|arg| *arg != "--format" && *arg != "json");
        let view = ablo(&args).exits(code).stdout;
        for finding in
            expected["warnings"].as_array().unwrap().iter().chain(expected["unexecutable"].as_array().unwrap())
        {
            let flag = format!("--allow={}", finding["code"].as_str().unwrap().replace('_', "-"));
            assert!(view.contains(&flag), "{} lacks {flag}\n{view}", vector.name);
        }
    }
}

/// Differences between two texts of an artifact.
fn diff(old: &str, new: &str, more: &[&str]) -> Run {
    let directory = tempfile::tempdir().unwrap();
    let (old_file, new_file) = (directory.path().join("old.json"), directory.path().join("new.json"));
    std::fs::write(&old_file, old).unwrap();
    std::fs::write(&new_file, new).unwrap();
    ablo(&[&["schema", "diff", arg(&old_file), arg(&new_file)], more].concat())
}

/// Another version of the notes: a field renamed, one made required, one gone, one of another type, a model more.
const NEXT: &str = r#"{"v":3,"models":{
  "notes":{"fields":{
    "heading":{"type":"string","isIndexed":false,"isOptional":false},
    "stars":{"type":"enum","enumValues":["one","two"],"isIndexed":false,"isOptional":false},
    "due":{"type":"date","isIndexed":false,"isOptional":true},
    "rank":{"type":"number","isIndexed":false,"isOptional":false}},
  "relations":{},"load":"instant","typename":"Note","tenancy":{"kind":"column","column":"organization_id"},
  "plane":"tenant","mutable":true},
  "decks":{"fields":{},"relations":{},"load":"instant","typename":"Deck",
  "tenancy":{"kind":"column","column":"organization_id"},"plane":"tenant"}},"identityRoles":[]}"#;

#[test]
fn a_change_is_shown_in_every_view() {
    insta::assert_snapshot!("view", diff(NOTES, NEXT, &[]).exits(3));
    let hints = ["--rename", "notes.title:heading", "--backfill", "notes.rank=1", "--backfill", "notes.stars=one"];
    insta::assert_snapshot!("view_with_hints", diff(NOTES, NEXT, &hints).exits(3));
    insta::assert_snapshot!("json", diff(NOTES, NEXT, &["--format", "json"]).exits(3).stdout);
    insta::assert_snapshot!("view_backwards", diff(NEXT, NOTES, &[]).exits(3));
}

#[test]
fn the_statements_alone_and_what_blocks_them() {
    insta::assert_snapshot!("sql_blocked", diff(NOTES, NEXT, &["--format", "sql"]).exits(3));
    let filled = ["--rename", "notes.title:heading", "--backfill", "notes.rank=1", "--backfill", "notes.stars=one"];
    let run = diff(NOTES, NEXT, &[&filled[..], &["--format", "sql", "--target", "app"]].concat()).exits(3);
    assert!(!run.stderr.contains("blocked"), "{run}");
    insta::assert_snapshot!("sql_filled", run);
    assert_eq!(diff(NOTES, NOTES, &["--format", "sql"]).exits(0).stdout, "");
}

#[test]
fn the_statements_bring_tables_with_rows_along() {
    let database = Database::new();
    database.run_file(&ablo_reading(NOTES, &["generate", "sql", "--schema", "-"]).exits(0).stdout);
    database.query("INSERT INTO notes (id, organization_id, title) VALUES ('n', 'o', 'First')");
    let args = ["--format", "sql", "--rename", "notes.title:heading", "--backfill", "notes.rank=7"];
    let next = NEXT.replace(r#""enum","enumValues":["one","two"]"#, r#""number""#);
    let more = [&args[..], &["--backfill", "notes.stars=2"]].concat();
    database.run_file(&diff(NOTES, &next, &more).exits(3).stdout);
    assert_eq!(database.query("SELECT heading, stars, rank FROM notes"), "First|2|7");
}

#[test]
fn every_sound_vectors_statements_run_on_its_tables() {
    let directory = tempfile::tempdir().unwrap();
    let database = Database::new();
    let mut ran = 0;
    for (index, vector) in vectors().iter().enumerate() {
        let (old, new) = (vector.write("/schema", directory.path()), vector.write("/diff/next", directory.path()));
        let is_sound = |file| ablo(&["schema", "check", "--schema", arg(file)]).code == 0;
        if !is_sound(&old) || !is_sound(&new) {
            continue;
        }
        let target = format!("v{index}");
        let tables = ["--target", &target, "--foreign-keys", "--format", "sql"];
        let before = ablo(&[&["generate", "sql", "--schema", arg(&old)][..], &tables].concat()).exits(0).stdout;
        let hints = flags(&vector.json["diff"]["hints"]);
        let mut args = vec!["schema", "diff", arg(&old), arg(&new)];
        args.extend(tables.iter().copied().chain(hints.iter().map(String::as_str)));
        let change = ablo(&args);
        assert_eq!(ablo(&args).stdout, change.stdout, "{} twice", vector.name);
        let blockers = vector.json["diff"]["unexecutable"].as_array().unwrap().len();
        assert_eq!(change.stderr.matches("blocked: ").count(), blockers, "{}\n{change}", vector.name);
        assert_eq!(change.code, if change.stdout.is_empty() { 0 } else { 3 }, "{}\n{change}", vector.name);
        database.run_file(&before);
        database.run_file(&change.stdout);
        ran += usize::from(!change.stdout.is_empty());
    }
    assert!(ran >= 10, "only {ran} vectors had statements to run");
}

#[test]
fn the_statements_for_sqlite_run_on_sqlite() {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    let tables = ["generate", "sql", "--schema", "-", "--dialect", "sqlite"];
    database.execute_batch(&ablo_reading(NOTES, &tables).exits(0).stdout).unwrap();
    database.execute("INSERT INTO notes (id, organization_id, title) VALUES ('n', 'o', 'First')", []).unwrap();
    let args = ["--format", "sql", "--dialect", "sqlite", "--rename", "notes.title:heading"];
    let more = [&args[..], &["--backfill", "notes.rank=1", "--backfill", "notes.stars=one"]].concat();
    database.execute_batch(&diff(NOTES, NEXT, &more).exits(3).stdout).unwrap();
    let heading: String = database.query_row("SELECT heading FROM notes", [], |row| row.get(0)).unwrap();
    assert_eq!(heading, "First");
}

/// The tenancy column is no field, so no `--backfill` can fill it.
#[test]
fn a_tenancy_column_that_rows_lack_is_not_told_to_be_backfilled() {
    let shared =
        NOTES.replace(r#""tenancy":{"kind":"column","column":"organization_id"}"#, r#""tenancy":{"kind":"none"}"#);
    assert_ne!(shared, NOTES);
    insta::assert_snapshot!("tenancy_view", diff(&shared, NOTES, &[]).exits(3));
    insta::assert_snapshot!("tenancy_sql", diff(&shared, NOTES, &["--format", "sql"]).exits(3).stderr);
}

/// Every statement of the view stands in the machine output, with the lock it takes.
#[test]
fn the_statements_are_data_with_their_locks() {
    let json = diff(NOTES, NEXT, &["--format", "json"]).exits(3).json();
    let statements = json["statements"].as_array().unwrap();
    let script = diff(NOTES, NEXT, &["--format", "sql"]).exits(3).stdout;
    let script: String =
        script.lines().filter(|line| !line.starts_with("--")).map(|line| format!("{line}\n")).collect();
    let texts: String = statements.iter().map(|one| format!("{}\n", one["text"].as_str().unwrap())).collect();
    assert_eq!(texts, script);
    for one in statements {
        let alters = one["text"].as_str().unwrap().starts_with("ALTER TABLE");
        assert!(!alters || one["lock"] != "NONE", "{one}");
    }
    assert!(statements.iter().any(|one| one["transactional"] == false && one["lock"] == "SHARE UPDATE EXCLUSIVE"));
}

#[test]
fn no_differences_end_with_0() {
    insta::assert_snapshot!("nothing", diff(NOTES, NOTES, &[]).exits(0));
    insta::assert_snapshot!("nothing_json", diff(NOTES, NOTES, &["--format", "json"]).exits(0));
    let lazy = NOTES.replace("instant", "lazy");
    insta::assert_snapshot!("nothing_for_a_database", diff(NOTES, &lazy, &[]).exits(0));
}

#[test]
fn hints_that_say_nothing_true_are_refused() {
    insta::assert_snapshot!("hint_form", diff(NOTES, NEXT, &["--rename", "title:heading"]).exits(2));
    diff(NOTES, NEXT, &["--rename-model", "notes"]).exits(2);
    diff(NOTES, NEXT, &["--backfill", "notes.rank"]).exits(2);
    diff(NOTES, NEXT, &["--backfill", "notes.rank=one"]).exits(2);
    insta::assert_snapshot!("hint_unknown", diff(NOTES, NEXT, &["--rename", "notes.titel:heading"]).exits(1));
}
