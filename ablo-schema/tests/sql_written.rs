//! All generated SQL for PostgreSQL as files, for the tools of other people, which `scripts/emitted.sh` runs.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::path::{Path, PathBuf};

use ablo_schema::{
    ir::SchemaDef,
    migrate::{Backfill, Hints, diff, migrate},
    sql::{Options, Plan, control_plane, provision},
};
use support::{evolution, member, vectors};

/// The statements of the transaction, and those after it, in a file each.
fn write(folder: &Path, name: &str, plan: &Plan) {
    assert_eq!(plan.before().count(), 0, "only SQLite prepares its connection");
    let text = |statements: &mut dyn Iterator<Item = &ablo_schema::sql::Statement>| -> String {
        statements.map(|statement| format!("{}\n", statement.text)).collect()
    };
    for (part, text) in [("transaction", text(&mut plan.transactional())), ("after", text(&mut plan.afterwards()))] {
        if !text.is_empty() {
            std::fs::write(folder.join(format!("{name}.{part}.sql")), text).unwrap();
        }
    }
}

/// Values for everything that blocks.
fn filled(old: &SchemaDef, new: &SchemaDef, hints: &Hints) -> Hints {
    let mut hints = hints.clone();
    for found in diff(Some(old), new, &hints).unwrap().unexecutable {
        let field = found.field.unwrap();
        let Some(def) = new.models[&found.model].fields.get(&field) else { continue };
        let value = match (def.ty, &def.enum_values) {
            (ablo_schema::ir::FieldType::Number, _) => 5.into(),
            (ablo_schema::ir::FieldType::Boolean, _) => true.into(),
            (_, Some(values)) => values[0].clone().into(),
            _ => "it's".into(),
        };
        hints.backfills.push(Backfill { model: found.model, field, value });
    }
    hints
}

#[test]
fn sql_is_written_for_other_tools() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sql");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let [public, app] = [Options::postgres("public"), Options::postgres("app").with_foreign_keys()];
    for (target, options) in [("public", &public), ("app", &app)] {
        write(&folder, &format!("provision.control.{target}"), &control_plane(options));
    }
    let mut pairs = Vec::new();
    for (name, vector) in vectors() {
        let [old, new] = [&["schema"][..], &["diff", "next"]]
            .map(|path| SchemaDef::from_artifact(&member(&vector, path).to_string()).unwrap());
        let hints = Hints::from_json(member(&vector, &["diff", "hints"])).unwrap();
        if let Ok(schema) = old.clone().validate() {
            for (kind, options) in
                [("public", public.clone()), ("app", app.clone()), ("runtime", app.clone().for_runtime())]
            {
                write(&folder, &format!("provision.{kind}.{name}"), &provision(&schema, &options));
            }
        }
        pairs.push((name, old, new, hints));
    }
    for (number, (old, new, hints)) in evolution::pairs(20).into_iter().enumerate() {
        pairs.push((format!("random-{number:03}"), old, new, hints));
    }
    for (name, old, new, hints) in &pairs {
        let plain = migrate(Some(old), new, &diff(Some(old), new, hints).unwrap(), &app);
        write(&folder, &format!("migrate.up.{name}"), &plain.up);
        write(&folder, &format!("migrate.down.{name}"), &plain.down);
        let steps = diff(Some(old), new, &filled(old, new, hints)).unwrap();
        write(&folder, &format!("online.up.{name}"), &migrate(Some(old), new, &steps, &app.clone().online()).up);
    }
    assert!(std::fs::read_dir(&folder).unwrap().count() > 200);
}
