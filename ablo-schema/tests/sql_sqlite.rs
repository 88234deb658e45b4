//! The SQLite dialect on SQLite.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use ablo_schema::{
    ir::SchemaDef,
    sql::{Options, Plan, Unless, control_plane, provision},
};
use proptest::prelude::*;
use rusqlite::Connection;
use support::{member, random, sqlite, vectors};

/// Runs a plan as its owner would: what exists is passed over.
fn apply(connection: &Connection, plan: &Plan) {
    for statement in &plan.statements {
        if let Some(Unless::Column { table, column }) = &statement.unless
            && sqlite::columns(connection, table).contains(column)
        {
            continue;
        }
        connection.execute_batch(&statement.text).unwrap_or_else(|error| panic!("{error}\n{}", statement.text));
    }
}

#[test]
fn every_vector_gets_tables_twice_without_a_change() {
    for (name, vector) in vectors() {
        let Ok(schema) = SchemaDef::from_artifact(&member(&vector, &["schema"]).to_string()).unwrap().validate() else {
            continue;
        };
        for options in [Options::sqlite().with_foreign_keys(), Options::sqlite().for_runtime().with_foreign_keys()] {
            let connection = Connection::open_in_memory().unwrap();
            let plan = provision(&schema, &options);
            apply(&connection, &plan);
            let once = sqlite::catalog(&connection);
            apply(&connection, &plan);
            assert_eq!(sqlite::catalog(&connection), once, "{name}");
            connection.execute_batch(&plan.to_string()).unwrap();
            assert_eq!(sqlite::catalog(&connection), once, "{name}: as a script");
            for model in schema
                .models()
                .filter(|model| options.planes == ablo_schema::sql::Planes::Both || model.plane == Default::default())
            {
                let columns = sqlite::columns(&connection, model.table());
                if options.columns == ablo_schema::sql::Columns::Runtime {
                    assert!(model.shape().slots().iter().all(|slot| columns.contains(&slot.column)), "{name}");
                } else {
                    assert!(
                        model.def().fields.iter().all(|(name, field)| columns.contains(&field.column(name))),
                        "{name}"
                    );
                }
            }
        }
    }
}

#[test]
fn an_older_file_gets_the_columns_it_lacks_and_keeps_its_rows() {
    let schema = |fields: &str| {
        let text = format!(r#"{{"v":3,"models":{{"tasks":{{"fields":{{{fields}}}}}}}}}"#);
        SchemaDef::from_artifact(&text).unwrap().validate().unwrap()
    };
    let connection = Connection::open_in_memory().unwrap();
    apply(&connection, &provision(&schema(r#""title":{"type":"string"}"#), &Options::sqlite()));
    connection.execute_batch("INSERT INTO tasks (id, organization_id, title) VALUES ('t', 'o', 'x')").unwrap();
    let newer = schema(
        r#""title":{"type":"string"},"state":{"type":"enum","enumValues":["it's"],"isIndexed":true,"x-ablo":{"default":"it's"}},"done":{"type":"boolean","isOptional":true}"#,
    );
    apply(&connection, &provision(&newer, &Options::sqlite()));
    let row: (String, String, Option<bool>, String) = connection
        .query_row("SELECT title, state, done, created_at FROM tasks", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .unwrap();
    assert_eq!((row.0.as_str(), row.1.as_str(), row.2), ("x", "it's", None));
    assert!(row.3.parse::<jiff::Timestamp>().is_ok(), "{}", row.3);
    assert!(connection.execute_batch("UPDATE tasks SET state = 'other'").is_err());
    assert!(connection.execute_batch("UPDATE tasks SET done = 2").is_err());
    assert!(connection.execute_batch("UPDATE tasks SET title = x'00'").is_err(), "columns are typed");
}

#[test]
fn the_runtime_keeps_organizations_apart_by_key() {
    let text = r#"{"v":3,"models":{
        "decks":{"fields":{"title":{"type":"string","x-ablo":{"unique":true}}},"typename":"Deck"},
        "slides":{"fields":{"deckId":{"type":"string"}},"typename":"Slide","tenancy":{"kind":"none"},
          "relations":{"deck":{"type":"belongsTo","target":"decks","foreignKey":"deckId","foreignKeyColumn":"deck_id","options":{"fk":true}}}}}}"#;
    let schema = SchemaDef::from_artifact(text).unwrap().validate().unwrap();
    let options = Options::sqlite().for_runtime().with_foreign_keys();
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    apply(&connection, &provision(&schema, &options));
    apply(&connection, &control_plane(&options));
    apply(&connection, &control_plane(&options));
    insta::assert_snapshot!("runtime_sqlite", provision(&schema, &options).to_string());
    for organization in ["a", "b"] {
        connection
            .execute_batch(&format!(
                "INSERT INTO decks (id, organization_id, title) VALUES ('1', '{organization}', 'same')"
            ))
            .unwrap();
    }
    let refused = |sql: &str| connection.execute_batch(sql).is_err();
    assert!(refused("INSERT INTO decks (id, organization_id, title) VALUES ('2', 'a', 'same')"), "titles are unique");
    assert!(refused("INSERT INTO decks (id, organization_id, title) VALUES ('1', 'a', 'other')"), "so are ids");
    connection.execute_batch("INSERT INTO slides (id, organization_id, deck_id) VALUES ('s', 'a', '1')").unwrap();
    assert!(refused("INSERT INTO slides (id, organization_id, deck_id) VALUES ('s', 'c', '1')"), "no such deck in c");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_schema_gets_tables(schema in random::schema(), runtime in any::<bool>()) {
        let schema = schema.validate().unwrap();
        let options = Options::sqlite().with_foreign_keys();
        let options = if runtime { options.for_runtime() } else { options };
        let connection = Connection::open_in_memory().unwrap();
        let plan = provision(&schema, &options);
        apply(&connection, &plan);
        let once = sqlite::catalog(&connection);
        apply(&connection, &plan);
        prop_assert_eq!(sqlite::catalog(&connection), once);
        prop_assert_eq!(provision(&schema, &options), plan);
    }
}
