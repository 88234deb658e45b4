//! Migrations on SQLite.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use ablo_schema::{
    ir::SchemaDef,
    json::Json,
    migrate::{Hints, diff, migrate},
    sql::{Options, provision},
};
use proptest::prelude::*;
use rusqlite::Connection;
use support::{evolution, sqlite};

fn run(connection: &Connection, script: &str) -> Result<(), TestCaseError> {
    connection.execute_batch(script).map_err(|error| TestCaseError::fail(format!("{error}\n{script}")))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn up_is_the_next_schema_and_down_the_previous_one(
        (old, new, hints) in evolution::pair(),
        runtime in any::<bool>(),
    ) {
        let options = Options::sqlite().with_foreign_keys();
        let options = if runtime { options.for_runtime() } else { options };
        let fresh = |schema: &SchemaDef| {
            let connection = Connection::open_in_memory().unwrap();
            run(&connection, "PRAGMA foreign_keys = OFF")?;
            run(&connection, &provision(&schema.clone().validate().unwrap(), &options).to_string())?;
            Ok::<_, TestCaseError>(connection)
        };
        let steps = diff(Some(&old), &new, &hints).unwrap();
        let way = migrate(Some(&old), &new, &steps, &options);
        let connection = fresh(&old)?;
        let before = sqlite::catalog(&connection);
        run(&connection, &way.up.to_string())?;
        prop_assert_eq!(sqlite::catalog(&connection), sqlite::catalog(&fresh(&new)?));
        run(&connection, &way.down.to_string())?;
        prop_assert_eq!(sqlite::catalog(&connection), before);
    }
}

#[test]
fn rows_come_along() {
    let schema = |models: &str| SchemaDef::from_artifact(&format!(r#"{{"v":3,"models":{{{models}}}}}"#)).unwrap();
    let old = schema(
        r#""tasks":{"fields":{"name":{"type":"string"},"n":{"type":"string"},"on":{"type":"number"},"gone":{"type":"json","isOptional":true},"s":{"type":"enum","enumValues":["a","b"]}}}"#,
    );
    let new = schema(
        r#""jobs":{"tableName":"tasks2","fields":{"n":{"type":"string","column":"name"},"name":{"type":"number","column":"n"},"on":{"type":"boolean"},"s":{"type":"json"},"added":{"type":"string"}}}"#,
    );
    let hints = Hints::from_json(
        &Json::parse(r#"{"models":[{"from":"tasks","to":"jobs"}],"backfills":[{"model":"jobs","field":"added","value":"it's"}]}"#)
            .unwrap(),
    )
    .unwrap();
    let options = Options::sqlite();
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&provision(&old.clone().validate().unwrap(), &options).to_string()).unwrap();
    connection
        .execute_batch(
            r#"INSERT INTO tasks (id, organization_id, name, n, "on", s) VALUES ('1', 'o', '7', 'text', 2.5, 'b')"#,
        )
        .unwrap();
    let steps = diff(Some(&old), &new, &hints).unwrap();
    let way = migrate(Some(&old), &new, &steps, &options);
    connection.execute_batch(&way.up.to_string()).unwrap();
    let row: (String, f64, bool, String, String) = connection
        .query_row(r#"SELECT name, n, "on", s, added FROM tasks2"#, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
        })
        .unwrap();
    // The field `n` kept its text in another column, and so did `name`.
    assert_eq!(row, ("text".into(), 7.0, true, "\"b\"".into(), "it's".into()));
    assert!(!way.is_reversible());
}

#[test]
fn the_way_back_keeps_what_was_renamed() {
    let old = SchemaDef::from_artifact(r#"{"v":3,"models":{"tasks":{"fields":{"name":{"type":"string"}}}}}"#).unwrap();
    let new = SchemaDef::from_artifact(r#"{"v":3,"models":{"jobs":{"fields":{"title":{"type":"string"}}}}}"#).unwrap();
    let hints = r#"{"models":[{"from":"tasks","to":"jobs"}],"fields":[{"model":"jobs","from":"name","to":"title"}]}"#;
    let hints = Hints::from_json(&Json::parse(hints).unwrap()).unwrap();
    let options = Options::sqlite();
    let steps = diff(Some(&old), &new, &hints).unwrap();
    let way = migrate(Some(&old), &new, &steps, &options);
    assert!(way.is_reversible());
    let connection = Connection::open_in_memory().unwrap();
    let text = |query: &str| connection.query_row(query, [], |row| row.get::<_, String>(0)).unwrap();
    connection.execute_batch(&provision(&old.validate().unwrap(), &options).to_string()).unwrap();
    connection.execute_batch("INSERT INTO tasks (id, organization_id, name) VALUES ('1', 'o', 'kept')").unwrap();
    connection.execute_batch(&way.up.to_string()).unwrap();
    assert_eq!(text("SELECT title FROM jobs"), "kept");
    connection.execute_batch(&way.down.to_string()).unwrap();
    assert_eq!(text("SELECT name FROM tasks"), "kept");
}

/// Two tables that point at each other's rows, both made anew, on a connection that minds foreign keys.
#[test]
fn rows_that_point_at_a_remade_table_stay() {
    let schema = |ty: &str| {
        let text = r#"{"v":3,"models":{
            "decks":{"fields":{"title":{"type":"TYPE"}}},
            "slides":{"fields":{"deckId":{"type":"string"},"n":{"type":"TYPE"}},
              "relations":{"deck":{"type":"belongsTo","target":"decks","foreignKey":"deckId","foreignKeyColumn":"deck_id","options":{"fk":true}}}}}}"#;
        SchemaDef::from_artifact(&text.replace("TYPE", ty)).unwrap()
    };
    let (old, new) = (schema("number"), schema("string"));
    let options = Options::sqlite().with_foreign_keys();
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(&provision(&old.clone().validate().unwrap(), &options).to_string()).unwrap();
    connection
        .execute_batch(
            "PRAGMA foreign_keys = ON; INSERT INTO decks (id, organization_id, title) VALUES ('d', 'o', 1);
             INSERT INTO slides (id, organization_id, deck_id, n) VALUES ('s', 'o', 'd', 2)",
        )
        .unwrap();
    let way = migrate(Some(&old), &new, &diff(Some(&old), &new, &Hints::default()).unwrap(), &options);
    for plan in [&way.up, &way.down] {
        let run = |statements: &mut dyn Iterator<Item = &ablo_schema::sql::Statement>| {
            statements.for_each(|statement| connection.execute_batch(&statement.text).unwrap());
        };
        run(&mut plan.before());
        connection.execute_batch("BEGIN").unwrap();
        run(&mut plan.transactional());
        connection.execute_batch("COMMIT").unwrap();
        run(&mut plan.afterwards());
        let count = |query: &str| connection.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!(count("SELECT count(*) FROM slides JOIN decks ON decks.id = deck_id"), 1, "{plan}");
        assert_eq!(count("SELECT count(*) FROM pragma_foreign_key_check"), 0, "{plan}");
        assert_eq!(count("PRAGMA foreign_keys"), 1, "keys are minded again");
        assert!(connection.execute_batch("DELETE FROM decks").is_err());
    }
}
