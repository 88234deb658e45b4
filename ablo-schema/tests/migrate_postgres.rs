//! Migrations on a real PostgreSQL.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::{collections::BTreeSet, fmt::Write as _};

use ablo_schema::{
    ir::{FieldDef, FieldType, Plane, SchemaDef, Tenancy},
    migrate::{Backfill, Hints, Migration, diff, migrate},
    sql::{Options, Plan, provision},
};
use support::{
    evolution, member,
    postgres::{Database, catalog},
    vectors,
};

/// The statements of a plan as psql runs them: one transaction, then the rest.
fn script(plan: &Plan) -> String {
    let mut text = String::from("BEGIN;\n");
    for statement in plan.transactional() {
        let _ = writeln!(text, "{}", statement.text);
    }
    text.push_str("COMMIT;\n");
    for statement in plan.afterwards() {
        let _ = writeln!(text, "{}", statement.text);
    }
    text
}

const EMPTY: &str = "DROP SCHEMA app CASCADE; CREATE SCHEMA app;";

fn migration(old: &SchemaDef, new: &SchemaDef, hints: &Hints, options: &Options) -> Migration {
    let steps = diff(Some(old), new, hints).unwrap();
    migrate(Some(old), new, &steps, options)
}

/// The way up makes what the next schema provisioned afresh has, and the way down what the previous one has.
#[test]
fn up_is_the_next_schema_and_down_the_previous_one() {
    let count = std::env::var("ABLO_TEST_SCHEMA_PAIRS").map_or(200, |count| count.parse().unwrap());
    let application = Options::postgres("app").with_foreign_keys();
    let pairs = evolution::pairs(count);
    let database = Database::new();
    for (number, chunk) in pairs.chunks(20).enumerate() {
        // An application's tables mostly, and now and then a runtime's.
        let options = if number % 4 == 1 { application.clone().for_runtime() } else { application.clone() };
        // Every other way is the one for tables in use.
        let way_options = if number % 2 == 1 { options.clone().online() } else { options.clone() };
        let mut text = String::from("CREATE SCHEMA IF NOT EXISTS app;\n");
        for (old, new, hints) in chunk {
            let way = migration(old, new, hints, &way_options);
            let [previous, next] =
                [old, new].map(|schema| script(&provision(&schema.clone().validate().unwrap(), &options)));
            for (what, part) in [
                ("next", next),
                ("reset", EMPTY.into()),
                ("previous", previous),
                ("up", script(&way.up)),
                ("down", script(&way.down)),
                ("reset", EMPTY.into()),
            ] {
                let _ = writeln!(text, "{part}");
                if what != "reset" {
                    let _ = writeln!(text, "{}\\echo ----", catalog("app"));
                }
            }
        }
        let output = database.run(&text).unwrap_or_else(|error| panic!("{error}\n{}", locate(&error, &text)));
        let facts: Vec<BTreeSet<&str>> =
            output.split("----\n").map(|part| part.lines().filter(|line| !line.is_empty()).collect()).collect();
        assert_eq!(facts.len(), chunk.len() * 4 + 1);
        for ((old, new, hints), facts) in chunk.iter().zip(facts.chunks(4)) {
            let way = migration(old, new, hints, &way_options);
            for (got, wanted, plan) in [(2, 0, &way.up), (3, 1, &way.down)] {
                let lacks: Vec<_> = facts[wanted].difference(&facts[got]).collect();
                let extra: Vec<_> = facts[got].difference(&facts[wanted]).collect();
                assert!(
                    lacks.is_empty() && extra.is_empty(),
                    "lacks {lacks:#?}\nhas also {extra:#?}\nhints {hints:?}\nold {}\nnew {}\n{plan}",
                    old.to_artifact_extended(),
                    new.to_artifact_extended(),
                );
            }
        }
    }
}

/// The lines round the one that failed.
fn locate(error: &str, text: &str) -> String {
    let line = error.split("<stdin>:").nth(1).and_then(|rest| rest.split(':').next()?.parse::<usize>().ok());
    let line = line.unwrap_or(0);
    text.lines().skip(line.saturating_sub(25)).take(27).collect::<Vec<_>>().join("\n")
}

/// A value that the type of a field takes, and that its next type takes too.
fn value(field: &FieldDef, next: Option<&FieldDef>) -> Option<String> {
    let next = next.unwrap_or(field);
    let allowed = |field: &FieldDef| field.enum_values.clone().unwrap_or_default();
    let text = match (field.ty, next.ty) {
        (FieldType::Enum, FieldType::Number | FieldType::Boolean | FieldType::Date) => return None,
        (FieldType::Enum, FieldType::Enum) => allowed(field).into_iter().find(|value| allowed(next).contains(value))?,
        (FieldType::Enum, _) => allowed(field).into_iter().next()?,
        (_, FieldType::Enum) if field.ty != FieldType::String => return None,
        (FieldType::String, FieldType::Enum) => allowed(next).into_iter().next()?,
        (FieldType::String, FieldType::Number) => "1.5".into(),
        (FieldType::String, FieldType::Boolean) | (FieldType::Boolean, _) => "true".into(),
        (FieldType::String, FieldType::Json) | (FieldType::Json, _) => r#"{"a":"it's"}"#.into(),
        (FieldType::String, FieldType::Date) | (FieldType::Date, _) => "2026-01-31T12:00:00.250Z".into(),
        (FieldType::String, _) => "it's".into(),
        (FieldType::Number, _) => "1.5".into(),
    };
    Some(format!("'{}'", text.replace('\'', "''")))
}

fn backfill(field: &FieldDef) -> serde_json::Value {
    match field.ty {
        FieldType::String => "it's".into(),
        FieldType::Number => 5.into(),
        FieldType::Boolean => true.into(),
        FieldType::Date => "2026-01-31T12:00:00Z".into(),
        FieldType::Enum => field.enum_values.clone().unwrap()[0].clone().into(),
        FieldType::Json => serde_json::json!({"b": "it's"}),
    }
}

/// Blockers stop a change while rows lack values and change nothing; values for them let it through; no row is lost.
#[test]
fn rows_survive_every_vector_as_classified() {
    let options = Options::postgres("app");
    let database = Database::new();
    let role = format!("ablo_owner_{}", std::process::id());
    // An owner that is no superuser: forced policies hide rows from it, and its migrations must fill them all the same.
    database.run(&format!("CREATE ROLE {role}; GRANT CREATE ON DATABASE {} TO {role};", database.name)).unwrap();
    let (mut blocked, mut passed) = (0, 0);
    for (name, vector) in vectors() {
        let old = SchemaDef::from_artifact(&member(&vector, &["schema"]).to_string()).unwrap();
        let new = SchemaDef::from_artifact(&member(&vector, &["diff", "next"]).to_string()).unwrap();
        let Ok(valid) = old.clone().validate() else { continue };
        let mut hints = Hints::from_json(member(&vector, &["diff", "hints"])).unwrap();
        let steps = diff(Some(&old), &new, &hints).unwrap();
        let mut rows = String::new();
        let mut tables = Vec::new();
        for model in valid.models().filter(|model| model.plane == Plane::Tenant) {
            let Some(next) = new.models.get(model.key()) else { continue };
            let is_needed = |field: &str| {
                steps
                    .unexecutable
                    .iter()
                    .any(|found| found.model == model.key() && found.field.as_deref() == Some(field))
            };
            let mut columns = vec![("id".to_owned(), "'row'".to_owned())];
            if let Tenancy::Column { column } = &model.tenancy {
                columns.push((column.clone(), "'o'".into()));
            }
            let fillable = model.def().fields.iter().all(|(field, def)| {
                let to = hints.fields.iter().find(|rename| rename.model == model.key() && rename.from == *field);
                let to = to.map_or(field, |rename| &rename.to);
                match value(def, next.fields.get(to)) {
                    // What is about to become required has no value yet.
                    Some(value) if !is_needed(to) => columns.push((def.column(field), value)),
                    _ if def.is_optional => {}
                    _ => return false,
                }
                true
            });
            if fillable {
                let (names, values): (Vec<_>, Vec<_>) =
                    columns.into_iter().map(|(name, value)| (format!("\"{name}\""), value)).unzip();
                let _ = writeln!(
                    rows,
                    "INSERT INTO app.\"{}\" ({}) VALUES ({});",
                    model.table(),
                    names.join(", "),
                    values.join(", ")
                );
                tables.push((model.key().to_owned(), next.table(model.key()).to_owned()));
            }
        }
        let start = format!(
            "SET ROLE {role};\n{}SET app.current_org_id = 'o';\n{rows}RESET app.current_org_id;\n",
            script(&provision(&valid, &options))
        );
        let reset = |database: &Database| database.run("DROP SCHEMA app CASCADE;").unwrap();
        let count = |database: &Database| {
            let counts: String =
                tables.iter().map(|(_, table)| format!("SELECT count(*) FROM app.\"{table}\";\n")).collect();
            assert_eq!(database.run(&counts).unwrap(), "1\n".repeat(tables.len()), "{name}: rows were lost");
        };
        let is_blocked = steps.unexecutable.iter().any(|found| tables.iter().any(|(key, _)| *key == found.model));
        database.run(&start).unwrap_or_else(|error| panic!("{name}: {error}"));
        let way = migrate(Some(&old), &new, &steps, &options);
        let up = database.run(&format!("SET ROLE {role};\n{}", script(&way.up)));
        assert_eq!(up.is_err(), is_blocked, "{name}: {up:?}");
        if let Err(error) = up {
            assert!(error.contains("null values"), "{name}: {error}");
            blocked += 1;
            for found in &steps.unexecutable {
                let field = found.field.clone().unwrap();
                let value = backfill(&new.models[&found.model].fields[&field]);
                hints.backfills.push(Backfill { model: found.model.clone(), field, value });
            }
            reset(&database);
            let steps = diff(Some(&old), &new, &hints).unwrap();
            assert!(steps.unexecutable.is_empty());
            let way = migrate(Some(&old), &new, &steps, &options);
            database.run(&format!("{start}{}", script(&way.up))).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        count(&database);
        passed += 1;
        reset(&database);
    }
    database.run(&format!("DROP OWNED BY {role}; DROP ROLE {role};")).unwrap();
    assert!(blocked >= 10 && passed == 29, "{blocked} {passed}");
}

/// The online way ends where the other does, with no statement that holds up a large table.
#[test]
fn the_online_way_fills_and_checks_while_others_work() {
    let schema = |fields: &str| {
        SchemaDef::from_artifact(&r#"{"v":3,"models":{"tasks":{"fields":{FIELDS}}}}"#.replace("FIELDS", fields))
            .unwrap()
    };
    let old = schema(r#""a":{"type":"string","isOptional":true}"#);
    let new = schema(r#""a":{"type":"string","isIndexed":true},"b":{"type":"number"}"#);
    let mut hints = Hints::default();
    for (field, value) in [("a", "it's".into()), ("b", 5.into())] {
        hints.backfills.push(Backfill { model: "tasks".into(), field: field.into(), value });
    }
    let steps = diff(Some(&old), &new, &hints).unwrap();
    let [plain, online] = [Options::postgres("app"), Options::postgres("app").online()]
        .map(|options| migrate(Some(&old), &new, &steps, &options).up);
    assert!(plain.statements.iter().filter(|statement| statement.risk.is_some()).count() == 5, "{plain:#?}");
    assert!(online.statements.iter().all(|statement| statement.risk.is_none()), "{online:#?}");
    insta::assert_snapshot!("online", online.to_string());
    let start = script(&provision(&old.validate().unwrap(), &Options::postgres("app")));
    let rows = "INSERT INTO app.tasks (id, organization_id) SELECT i, 'o' FROM generate_series(1, 25000) i;";
    let ends = [&plain, &online].map(|plan| {
        let database = Database::new();
        let query = format!("SELECT DISTINCT a, b FROM app.tasks; SELECT count(*) FROM app.tasks; {}", catalog("app"));
        database.run(&format!("{start}{rows}{}{query}", script(plan))).unwrap()
    });
    assert!(ends[0].starts_with("it's|5\n25000\n"), "{}", ends[0]);
    assert_eq!(ends[0], ends[1]);
}

/// Columns of a table in use get another type while rows are written to the old ones: nothing is rewritten, and what is
/// there at the end is what the plain way makes.
#[test]
fn the_online_way_copies_a_column_to_another_type() {
    let schema = |n: &str, state: &str| {
        let fields = format!(
            r#""n":{{{n},"isIndexed":true,"x-ablo":{{"doc":"It's a number.","unique":true}}}},"state":{{{state}}},"kept":{{"type":"string","isOptional":true}}"#
        );
        SchemaDef::from_artifact(&r#"{"v":3,"models":{"tasks":{"fields":{FIELDS}}}}"#.replace("FIELDS", &fields))
            .unwrap()
    };
    let old = schema(r#""type":"number""#, r#""type":"string","isOptional":true"#);
    let new = schema(r#""type":"string""#, r#""type":"number","x-ablo":{"default":7}"#);
    let steps = diff(Some(&old), &new, &Hints::default()).unwrap();
    assert!(steps.unexecutable.is_empty(), "{steps:?}");
    let [plain, online] = [Options::postgres("app"), Options::postgres("app").online()]
        .map(|options| migrate(Some(&old), &new, &steps, &options).up);
    assert!(plain.statements.iter().any(|statement| statement.text.contains(" TYPE ")), "{plain}");
    assert!(online.statements.iter().all(|statement| statement.risk.is_none()), "{online:#?}");
    assert_eq!(online.notes.len(), 2, "{:?}", online.notes);
    insta::assert_snapshot!("online_type", online.to_string());
    let start = script(&provision(&old.clone().validate().unwrap(), &Options::postgres("app")));
    let rows = "INSERT INTO app.tasks (id, organization_id, n, state) \
                SELECT i, 'o', i, CASE WHEN i % 2 = 0 THEN '2' END FROM generate_series(1, 25000) i;";
    let meanwhile = "INSERT INTO app.tasks (id, organization_id, n, state) VALUES ('late', 'o', -1, '5');\
                     UPDATE app.tasks SET state = '9' WHERE id = '1';";
    let query = format!(
        "SELECT n, state FROM app.tasks WHERE id IN ('1', '2', '3', 'late') ORDER BY id;\
         SELECT count(*), sum(state), count(DISTINCT n) FROM app.tasks; {}",
        catalog("app")
    );
    let ends = [&plain, &online].map(|plan| {
        let database = Database::new();
        // The application writes to the old column, also when the way is halfway.
        let text = if std::ptr::eq(plan, &plain) {
            format!("{start}{rows}{meanwhile}{}", script(plan))
        } else {
            let (first, rest) = (Plan { notes: Vec::new(), ..plan.clone() }, plan.afterwards().cloned().collect());
            let first = Plan { statements: first.transactional().cloned().collect(), ..first };
            let rest = Plan { statements: rest, notes: Vec::new() };
            format!("{start}{rows}{}{meanwhile}{}", script(&first), script(&rest))
        };
        database.run(&format!("{text}{query}")).unwrap()
    });
    assert_eq!(ends[0], ends[1]);
    assert!(ends[1].starts_with("1|9\n2|2\n3|7\n-1|5\n25001|"), "{}", ends[1]);
    let database = Database::new();
    let back = migrate(Some(&old), &new, &steps, &Options::postgres("app").online()).down;
    let rows = "INSERT INTO app.tasks (id, organization_id, n, state) VALUES ('a', 'o', '4', 2.5);";
    let next = script(&provision(&new.validate().unwrap(), &Options::postgres("app")));
    let found =
        database.run(&format!("{next}{rows}{}SELECT n, state FROM app.tasks; {}", script(&back), catalog("app")));
    let fresh = Database::new().run(&format!("{start}{}", catalog("app"))).unwrap();
    assert_eq!(found.unwrap(), format!("4|2.5\n{fresh}"));
}
