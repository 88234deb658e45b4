//! The PostgreSQL dialect on a real PostgreSQL, beside the tables another implementation makes.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use std::{collections::BTreeSet, fmt::Write as _};

use ablo_schema::{
    ir::{Plane, SchemaDef, ValidSchema},
    json::Json,
    sql::{Options, Plan, provision},
};
use support::{
    member,
    postgres::{Database, catalog},
    vectors,
};

const BREAK: &str = "---- next ----";

/// Runs each part in an emptied database and gives the facts it prints.
fn facts(parts: &[(String, String)]) -> Vec<BTreeSet<String>> {
    let mut script = String::new();
    for (target, part) in parts {
        let _ = writeln!(script, "{part}\n{}\\echo {BREAK}", catalog(target));
        let _ = writeln!(script, "DROP SCHEMA {target} CASCADE; CREATE SCHEMA IF NOT EXISTS public;");
    }
    let output = Database::new().run(&script).unwrap();
    let mut found: Vec<BTreeSet<String>> = output
        .split(BREAK)
        .map(|part| part.lines().filter(|line| !line.is_empty()).map(Into::into).collect())
        .collect();
    found.pop();
    assert_eq!(found.len(), parts.len());
    found
}

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

fn texts(list: &Json) -> String {
    let Json::Array(items) = list else { panic!("not a list") };
    items.iter().map(|item| format!("{}\n", item.as_str().unwrap())).collect()
}

fn vector_schema(vector: &Json) -> Option<ValidSchema> {
    SchemaDef::from_artifact(&member(vector, &["schema"]).to_string()).unwrap().validate().ok()
}

/// What ours may have beyond the reference, by the first words of a fact.
const OURS: [(&str, &str); 3] = [
    ("not null ", "required fields are NOT NULL when the table is created"),
    ("index ", "indexed fields are indexed from the start"),
    ("policy ", "an empty setting is no organization"),
];

#[test]
fn every_vector_gets_the_reference_tables_and_only_our_additions() {
    let mut cases = Vec::new();
    for (name, vector) in vectors() {
        let Some(schema) = vector_schema(&vector) else { continue };
        for (part, options) in
            [("public", Options::postgres("public")), ("app", Options::postgres("app_acme").with_foreign_keys())]
        {
            let theirs = member(&vector, &["provision", part]);
            let target = options.target.clone();
            let reference = texts(member(theirs, &["statements"])) + &texts(member(theirs, &["concurrent"]));
            let ours = script(&provision(&schema, &options));
            cases.push((format!("{name} {part}"), schema.clone(), target, reference, ours));
        }
    }
    assert_eq!(cases.len(), 58, "only one vector is refused");
    let reference = facts(&cases.iter().map(|case| (case.2.clone(), case.3.clone())).collect::<Vec<_>>());
    let once = facts(&cases.iter().map(|case| (case.2.clone(), case.4.clone())).collect::<Vec<_>>());
    let twice = facts(&cases.iter().map(|case| (case.2.clone(), case.4.repeat(2))).collect::<Vec<_>>());
    let mut additions = BTreeSet::new();
    for ((((name, schema, _, _, _), reference), once), twice) in cases.iter().zip(&reference).zip(&once).zip(&twice) {
        let made = schema.models().any(|model| model.plane == Plane::Tenant);
        assert_eq!(!reference.is_empty(), made, "{name}");
        assert_eq!(once, twice, "{name}: applied twice");
        for fact in reference.difference(once) {
            assert!(fact.starts_with("policy "), "{name}: we lack {fact}");
            let ours = fact.replace(
                "current_setting('app.current_org_id'::text, true)",
                "NULLIF(current_setting('app.current_org_id'::text, true), ''::text)",
            );
            assert!(once.contains(&ours), "{name}: instead of {fact}");
        }
        for fact in once.difference(reference) {
            let Some((kind, _)) = OURS.iter().find(|(kind, _)| fact.starts_with(kind)) else {
                panic!("{name}: we add {fact}")
            };
            additions.insert(*kind);
            if *kind == "not null " || *kind == "index " {
                assert!(is_declared(schema, kind, fact), "{name}: nothing asks for {fact}");
            }
        }
    }
    assert_eq!(additions.len(), OURS.len(), "an entry of the table is not needed");
}

/// Whether a field of the schema asks for a fact.
fn is_declared(schema: &ValidSchema, kind: &str, fact: &str) -> bool {
    schema.models().any(|model| {
        model.def().fields.iter().any(|(name, field)| {
            let column = field.column(name);
            if kind == "not null " {
                !field.is_optional && *fact == format!("not null {}.{column}", model.table())
            } else {
                field.is_indexed && fact.contains(&format!("{}_{column}_idx", model.table()))
            }
        })
    })
}

/// A schema with everything of ours that version 3 cannot say.
fn rich() -> ValidSchema {
    let text = r#"{"v":3,"models":{
        "decks":{"fields":{
            "title":{"type":"string","isIndexed":true,"isOptional":false,"x-ablo":{"doc":"It's the \"title\".","unique":true}},
            "pages":{"type":"number","x-ablo":{"number":"int32","default":1}},
            "views":{"type":"number","isOptional":true,"x-ablo":{"number":"int64"}},
            "state":{"type":"enum","enumValues":["it's","b"],"x-ablo":{"default":"it's"}},
            "tags":{"type":"json","x-ablo":{"default":["a","it's"]}},
            "open":{"type":"boolean","isOptional":true,"x-ablo":{"default":false}},
            "createdBy":{"type":"string","isOptional":false,"x-ablo":{"doc":"Who made it."}}},
          "relations":{},"typename":"Deck","scope":true,"x-ablo":{"doc":"A deck.\nOf slides."}},
        "slides":{"fields":{"deckId":{"type":"string","isIndexed":true}},
          "relations":{"deck":{"type":"belongsTo","target":"decks","foreignKey":"deckId","foreignKeyColumn":"deck_id","options":{"parent":true,"fk":true}}},
          "typename":"Slide","tenancy":{"kind":"parent","via":{"localKey":"deck_id","parentTable":"decks"}}},
        "layers":{"fields":{"slideId":{"type":"string"}},
          "relations":{"slide":{"type":"belongsTo","target":"slides","foreignKey":"slideId","foreignKeyColumn":"slide_id","options":{"fk":true}}},
          "typename":"Layer","tenancy":{"kind":"parent","via":{"localKey":"slide_id","parentTable":"slides"}}},
        "lost":{"fields":{},"tenancy":{"kind":"parent","via":{"localKey":"deck_id","parentTable":"decks"}}},
        "audit":{"fields":{},"plane":"control"}},"identityRoles":[]}"#;
    SchemaDef::from_artifact(text).unwrap().validate().unwrap()
}

#[test]
fn ours_is_in_the_catalog() {
    let options = Options::postgres("app").with_foreign_keys();
    let plan = provision(&rich(), &options);
    assert_eq!(plan.notes.len(), 1, "{:?}", plan.notes);
    assert_eq!(plan.notes[0].cause.model.as_deref(), Some("lost"));
    let found = facts(&[("app".into(), script(&plan).repeat(2))]).remove(0);
    insta::assert_snapshot!("rich_catalog", found.into_iter().collect::<Vec<_>>().join("\n"));
    insta::assert_snapshot!("rich_postgres", plan.to_string());
}

#[test]
fn an_older_table_gets_what_it_lacks_and_keeps_its_rows() {
    let database = Database::new();
    database
        .run(
            "CREATE SCHEMA app; CREATE TABLE app.decks (id TEXT PRIMARY KEY, organization_id TEXT NOT NULL, created_by TEXT, \
             created_at TIMESTAMPTZ NOT NULL DEFAULT now(), updated_at TIMESTAMPTZ NOT NULL DEFAULT now(), title TEXT); \
             INSERT INTO app.decks (id, organization_id, title) VALUES ('d', 'o', 't'); \
             CREATE SCHEMA other; CREATE TABLE other.decks (state TEXT, CONSTRAINT decks_state_enum CHECK (state = 'x')); \
             CREATE INDEX decks_title_idx ON other.decks (state);",
        )
        .unwrap();
    // A constraint and an index of the same name on another table do not count.
    let plan = provision(&rich(), &Options::postgres("app").with_foreign_keys());
    database.run(&script(&plan)).unwrap();
    let found =
        database.run(&format!("SELECT title, pages, views IS NULL, state FROM app.decks; {}", catalog("app"))).unwrap();
    assert!(found.starts_with("t|1|t|it's\n"), "{found}");
    assert!(found.contains("constraint decks decks_state_enum CHECK"), "{found}");
    assert!(found.contains("index CREATE INDEX decks_title_idx"), "{found}");
}

#[test]
fn a_foreign_key_of_another_timing_or_action_is_replaced() {
    let database = Database::new();
    let plan = provision(&rich(), &Options::postgres("public").with_foreign_keys());
    let replace = "ALTER TABLE slides DROP CONSTRAINT slides_deck_id_fkey; ALTER TABLE slides ADD CONSTRAINT \
                   slides_deck_id_fkey FOREIGN KEY (deck_id) REFERENCES decks (id)";
    for action in ["", " ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED", " DEFERRABLE INITIALLY IMMEDIATE"] {
        let found = database
            .run(&format!("{}{replace}{action};\n{}{}", script(&plan), script(&plan), catalog("public")))
            .unwrap();
        assert!(
            found.contains(
                "slides_deck_id_fkey FOREIGN KEY (deck_id) REFERENCES decks(id) DEFERRABLE INITIALLY DEFERRED\n"
            ),
            "{found}"
        );
    }
}

#[test]
fn organizations_cannot_see_or_write_each_other_whatever_they_try() {
    let database = Database::new();
    let role = format!("ablo_hostile_{}", std::process::id());
    let plan = provision(&rich(), &Options::postgres("app").with_foreign_keys());
    let setting = |organization: &str| format!("SELECT set_config('app.current_org_id', '{organization}', false);\n");
    let deck = |id: &str, organization: &str| {
        format!(
            "INSERT INTO app.decks (id, organization_id, created_by, title, state, tags) VALUES ('{id}', '{organization}', 'u', '{id}', 'b', '[]');\n"
        )
    };
    // The role owns the tables: forced policies bind it all the same.
    database
        .run(&format!(
            "CREATE ROLE {role}; GRANT CREATE ON DATABASE {} TO {role}; SET ROLE {role};\n{}",
            database.name,
            script(&plan)
        ))
        .unwrap();
    let as_role = |script: String| database.run(&format!("SET ROLE {role};\n{script}"));
    as_role(format!(
        "{}{}INSERT INTO app.slides (id, deck_id) VALUES ('sa', 'da'); INSERT INTO app.layers (id, slide_id) VALUES ('la', 'sa');",
        setting("a"),
        deck("da", "a")
    ))
    .unwrap();
    as_role(format!("{}{}INSERT INTO app.slides (id, deck_id) VALUES ('sb', 'db');", setting("b"), deck("db", "b")))
        .unwrap();
    let see = "SELECT string_agg(id, ' ' ORDER BY id) FROM (SELECT id FROM app.decks UNION ALL SELECT id FROM app.slides \
               UNION ALL SELECT id FROM app.layers) r;";
    for (before, seen) in
        [(setting("a"), "a\nda la sa\n"), (setting("b"), "b\ndb sb\n"), (setting(""), "\n\n"), (String::new(), "\n")]
    {
        assert_eq!(as_role(before + see).unwrap(), seen);
    }
    let changed = |statement: &str| {
        as_role(format!("{}WITH c AS ({statement} RETURNING 1) SELECT count(*) FROM c;", setting("b")))
    };
    assert_eq!(changed("UPDATE app.decks SET title = 'x' WHERE id = 'da'").unwrap(), "b\n0\n");
    assert_eq!(changed("DELETE FROM app.slides WHERE id = 'sa'").unwrap(), "b\n0\n");
    for refused in [
        deck("dc", "a"),
        "UPDATE app.decks SET organization_id = 'a';".into(),
        "INSERT INTO app.slides (id, deck_id) VALUES ('sc', 'da');".into(),
        "INSERT INTO app.layers (id, slide_id) VALUES ('lc', 'sa');".into(),
        "UPDATE app.slides SET deck_id = 'da';".into(),
    ] {
        let error = as_role(setting("b") + &refused).unwrap_err();
        assert!(error.contains("violates row-level security policy"), "{refused}: {error}");
    }
    // An empty organization is none, even for rows that carry it.
    assert!(as_role(setting("") + &deck("de", "")).is_err());
    database.run(&format!("DROP OWNED BY {role}; DROP ROLE {role};")).unwrap();
}

#[test]
fn the_runtime_plane_is_made_in_postgres() {
    let options = Options::postgres("ablo").for_runtime();
    let plan = provision(&rich(), &options);
    let control = ablo_schema::sql::control_plane(&options);
    let found = facts(&[("ablo".into(), (script(&plan) + &script(&control)).repeat(2))]).remove(0);
    for fact in [
        "table audit",
        "table ablo_deltas",
        "column decks.archived_at timestamp with time zone",
        "column layers.ablo_sync_id bigint",
    ] {
        assert!(found.contains(fact), "{fact}: {found:#?}");
    }
    let application = provision(&rich(), &Options::postgres("app"));
    assert!(!application.to_string().contains("audit") && !application.to_string().contains("ablo_sync_id"));
}
