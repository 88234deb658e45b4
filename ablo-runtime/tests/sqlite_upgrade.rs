//! A file that was made with another schema: what loses nothing is brought along when it is opened, the rest is refused
//! with nothing changed.
#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::path::{Path, PathBuf};

use ablo_runtime::claims::{Acquire, ClaimCommand, ClaimDetails};
use ablo_runtime::engine::{Engine, EngineOptions};
use ablo_runtime::store::{Durability, SqliteStore, SqliteUpgrade};
use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::{SchemaDef, ValidSchema};
use ablo_schema::migrate::{Backfill, FindingCode, Hints};
use ablo_schema::wire::SyncId;
use serde_json::{Value, json};
use support::{create, system, update};

const NOTES: &str = r#""title":{"type":"string"},"stars":{"type":"number","isOptional":true}"#;

fn schema_of(models: &str) -> ValidSchema {
    SchemaDef::from_artifact(&format!(r#"{{"v":3,"models":{{{models}}}}}"#)).unwrap().validate().unwrap()
}

fn notes(fields: &str) -> ValidSchema {
    schema_of(&format!(r#""notes":{{"typename":"Note","mutable":true,"fields":{{{fields}}}}}"#))
}

struct File(tempfile::TempDir);

impl File {
    /// A file with notes in it; `rows` are their fields.
    async fn with(rows: &[Value]) -> Self {
        let file = Self(tempfile::tempdir().unwrap());
        let session = system(&file.open(notes(NOTES)).await.unwrap());
        for (at, row) in rows.iter().enumerate() {
            session.commit(support::commit([create("notes", &format!("n{at}"), row.clone())])).await.unwrap();
        }
        file
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("notes.db")
    }

    async fn open(&self, schema: ValidSchema) -> Result<Engine, AbloError> {
        Engine::open(schema, SqliteStore::new(self.path(), Durability::Normal), EngineOptions::default()).await
    }

    fn text(&self, query: &str) -> String {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        connection.query_row(query, [], |row| row.get(0)).unwrap()
    }

    /// Everything the file holds, as text.
    fn dump(&self) -> Vec<String> {
        let connection = rusqlite::Connection::open(self.path()).unwrap();
        let list = |sql: &str| -> Vec<String> {
            let mut statement = connection.prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        let mut all = list("SELECT name || coalesce(sql, '') FROM sqlite_schema ORDER BY name");
        for table in list("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
            let columns = list(&format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')"));
            all.extend(list(&format!("SELECT {} FROM \"{table}\" ORDER BY 1", columns.join(" || ',' || "))));
        }
        all
    }
}

#[tokio::test]
async fn what_is_new_comes_along_and_everybody_reads_on() {
    let file = File::with(&[json!({"title": "a", "stars": 2})]).await;
    let next = schema_of(&format!(
        r#""notes":{{"typename":"Note","mutable":true,"fields":{{{},"due":{{"type":"date","isOptional":true,"isIndexed":true}}}}}},
           "decks":{{"typename":"Deck","mutable":true,"fields":{{"name":{{"type":"string"}}}}}}"#,
        NOTES.replace(r#""title":{"#, r#""title":{"isIndexed":true,"#)
    ));
    for _ in 0..2 {
        let engine = file.open(next.clone()).await.unwrap();
        let session = system(&engine);
        assert_eq!(session.log(SyncId(0), 10).await.unwrap().entries[0].delta.core.model_id, "n0");
        let id = session.head().await.unwrap().to_string();
        let more =
            [create("decks", &id, json!({"name": "d"})), update("notes", "n0", json!({"due": "2026-01-02T03:04:05Z"}))];
        session.commit(support::commit(more)).await.unwrap();
    }
    assert_eq!(file.text("SELECT title || due FROM notes"), "a2026-01-02T03:04:05.000000Z");
    let fresh = File(tempfile::tempdir().unwrap());
    drop(fresh.open(next).await.unwrap());
    let tables = "SELECT group_concat(name || coalesce(sql, ''), char(10) ORDER BY name) FROM sqlite_schema";
    assert_eq!(file.text(tables), fresh.text(tables), "the tables are those of a new file");
}

#[tokio::test]
async fn rows_that_change_shape_are_read_anew_by_everybody() {
    let file = File::with(&[json!({"title": "a", "stars": 2}), json!({"title": "b"})]).await;
    let head = {
        let engine = file.open(notes(NOTES)).await.unwrap();
        let wish = Acquire {
            claim: "c".into(),
            details: ClaimDetails { action: "editing".into(), ..ClaimDetails::default() },
            ttl_ms: Some(3_600_000),
            wait: false,
            max_queue_depth: None,
        };
        system(&engine).claim("notes", "n0", ClaimCommand::Acquire(wish)).await.unwrap();
        system(&engine).head().await.unwrap()
    };
    // Another struct name, a field renamed, one that takes text now, one that is new and required with a default.
    let next = schema_of(
        r#""notes":{"typename":"Remark","mutable":true,"fields":{
          "heading":{"type":"string","x-ablo":{"renamedFrom":"title"}},"stars":{"type":"string","isOptional":true},
          "rank":{"type":"number","x-ablo":{"default":7}}}}"#,
    );
    let engine = file.open(next.clone()).await.unwrap();
    let session = system(&engine);
    assert_eq!(file.text("SELECT group_concat(heading || coalesce(stars, '-') || rank) FROM notes"), "a2.07.0,b-7.0");
    let error = session.log(head, 10).await.unwrap_err();
    assert!(error.is(Code::MustBootstrap), "who had read everything holds the old shape: {error:?}");
    assert!(
        session.claims("notes", "n0").await.unwrap().lease().is_some(),
        "a claim stays whatever the struct is called"
    );
    let done = session.commit(support::commit([update("notes", "n1", json!({"rank": 8}))])).await.unwrap();
    let now = session.head().await.unwrap();
    assert_eq!(session.log(SyncId(now.0 - 1), 10).await.unwrap().entries.len(), 1);
    assert_eq!(done.receipt.last_sync_id, now);
    drop((session, engine));
    let again = file.open(next).await.unwrap();
    assert_eq!(system(&again).head().await.unwrap(), now, "once is enough");
    let (found, _) = system(&again).retrieve("notes", "n1").await.unwrap();
    assert!(format!("{found:?}").contains("\"b\""), "{found:?}");
}

#[tokio::test]
async fn what_could_lose_or_fail_is_refused_and_nothing_is_changed() {
    let file = File::with(&[json!({"title": "a", "stars": 2})]).await;
    let before = file.dump();
    for (fields, code, place) in [
        (r#""title":{"type":"string"}"#, "drop_field", "notes.stars"),
        (r#""title":{"type":"number"},"stars":{"type":"number","isOptional":true}"#, "risky_cast", "notes.title"),
        (r#""title":{"type":"string"},"stars":{"type":"number"}"#, "made_required", "notes.stars"),
        (
            r#""title":{"type":"string"},"stars":{"type":"number","isOptional":true},"n":{"type":"number"}"#,
            "required_field_added",
            "notes.n",
        ),
    ] {
        let error = file.open(notes(fields)).await.unwrap_err();
        assert!(error.is(Code::MigrationUnsafe), "{error:?}");
        assert_eq!((error.problems[0].code.as_str(), &*error.problems[0].path), (code, place));
        let fix = error.details["fix"].as_str().unwrap();
        let argument = match code {
            "required_field_added" => "--backfill notes.n=VALUE".to_owned(),
            code => format!("--allow={}", code.replace('_', "-")),
        };
        assert!(fix.contains(&argument) && fix.contains("notes.db"), "{fix}");
        assert_eq!(file.dump(), before);
    }
    let gone = file.open(schema_of(r#""decks":{"fields":{}}"#)).await.unwrap_err();
    assert_eq!(gone.problems[0].code.as_str(), "drop_model");
    assert_eq!(file.dump(), before);
    drop(file.open(notes(NOTES)).await.unwrap());
    // Where there are no rows nothing is at stake.
    let empty = File::with(&[]).await;
    let engine = empty.open(notes(r#""name":{"type":"boolean"}"#)).await.unwrap();
    system(&engine).commit(support::commit([create("notes", "n", json!({"name": true}))])).await.unwrap();
}

#[tokio::test]
async fn a_statement_that_fails_takes_everything_back() {
    let file = File::with(&[json!({"title": "same"}), json!({"title": "same"})]).await;
    let before = file.dump();
    let unique = NOTES.replace(r#""title":{"#, r#""title":{"x-ablo":{"unique":true},"#);
    let error = file.open(notes(&format!(r#"{unique},"due":{{"type":"date","isOptional":true}}"#))).await.unwrap_err();
    assert!(error.is(Code::MigrationStatementFailed), "{error:?}");
    assert!(error.details["statement"].as_str().unwrap().contains("UNIQUE INDEX"), "{error:?}");
    assert_eq!(file.dump(), before);
}

#[tokio::test]
async fn what_is_allowed_is_done() {
    let file = File::with(&[json!({"title": "7"})]).await;
    let next = notes(r#""title":{"type":"number"},"n":{"type":"number"}"#);
    let backfill = Backfill { model: "notes".into(), field: "n".into(), value: 3.into() };
    let hints = Hints { backfills: vec![backfill], ..Hints::default() };
    let mut upgrade = SqliteUpgrade { hints, allowed: vec![FindingCode::RiskyCast] };
    assert!(upgrade.run(&file.path(), &next).unwrap_err().is(Code::MigrationUnsafe), "`stars` would be lost");
    upgrade.allowed.push(FindingCode::DropField);
    let engine = file.open(notes(NOTES)).await.unwrap();
    assert!(upgrade.run(&file.path(), &next).unwrap_err().is(Code::StoreUnavailable), "somebody has it open");
    drop(engine);
    assert_eq!(upgrade.run(&file.path(), &next).unwrap().len(), 3);
    assert!(upgrade.run(&file.path(), &next).unwrap().is_empty());
    drop(file.open(next.clone()).await.unwrap());
    assert_eq!(file.text("SELECT title || ',' || n FROM notes"), "7.0,3.0");
    let other = file.0.path().join("other.db");
    assert!(upgrade.run(&other, &next).is_err() && !other.exists(), "no file is made");
    let theirs = rusqlite::Connection::open(&other).unwrap();
    theirs.execute_batch("CREATE TABLE mine (a)").unwrap();
    assert!(upgrade.run(Path::new(&other), &next).unwrap_err().is(Code::ArgumentInvalid), "not ours");
    let tables: String =
        theirs.query_row("SELECT group_concat(name) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, "mine");
}
