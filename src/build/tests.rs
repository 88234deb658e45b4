#![allow(clippy::unwrap_used)]

use super::*;

const NOTES: &str = r#"{"v":3,"models":{"notes":{"fields":{"title":{"type":"string","isIndexed":false,"isOptional":false}},
  "relations":{},"load":"instant","typename":"Note","tenancy":{"kind":"column","column":"organization_id"},
  "plane":"tenant","mutable":true}},"identityRoles":[]}"#;

fn surroundings(strict: bool) -> (tempfile::TempDir, Surroundings) {
    let directory = tempfile::tempdir().unwrap();
    let (root, out_dir) = (directory.path().join("package"), directory.path().join("out"));
    std::fs::create_dir_all(&root).unwrap();
    std::fs::create_dir_all(&out_dir).unwrap();
    (directory, Surroundings { out_dir, root, strict })
}

fn notes() -> Build {
    of(SchemaDef::from_artifact(NOTES).unwrap())
}

#[test]
fn outputs_go_to_the_out_dir_and_are_left_alone_when_they_stay_the_same() {
    let (_directory, here) = surroundings(false);
    let build = notes()
        .openapi_to_out_dir("openapi.json")
        .typescript_to_out_dir("models.ts")
        .sql_to_out_dir("tables.sql", sql::Options::postgres("public"));
    assert_eq!(build.directives(&here), "cargo::rerun-if-env-changed=ABLO_BUILD\ncargo::rerun-if-env-changed=CI\n");
    let read = |file: &str| std::fs::read_to_string(here.out_dir.join(file)).unwrap();
    assert!(read("openapi.json").contains("\"openapi\": \"3.1.0\""));
    assert!(read("models.ts").contains("interface Note"));
    assert!(read("tables.sql").contains("CREATE TABLE"));
    let file = here.out_dir.join("models.ts");
    let mut read_only = std::fs::metadata(&file).unwrap().permissions();
    read_only.set_readonly(true);
    let before = std::fs::metadata(&file).unwrap().modified().unwrap();
    std::fs::set_permissions(&file, read_only).unwrap();
    assert!(!build.directives(&here).contains("error"));
    assert_eq!(std::fs::metadata(&file).unwrap().modified().unwrap(), before);
}

#[test]
fn migrations_behind_the_models_are_a_warning_and_an_error_when_strict() {
    for (strict, level) in [(false, "warning"), (true, "error")] {
        let (_directory, here) = surroundings(strict);
        let build = notes().migrations("migrations");
        let expected =
            format!("cargo::{level}=migrations are 1 change behind the models; run `ablo migrate new NAME`\n");
        let lines = build.directives(&here);
        assert!(lines.ends_with(&expected), "{lines}");
        assert!(lines.contains(&format!("cargo::rerun-if-changed={}\n", here.root.join("migrations").display())));
    }
}

#[test]
fn problems_of_the_schema_or_the_folder_are_errors_one_per_line() {
    let (_directory, here) = surroundings(false);
    let wrong = NOTES.replace("title", "titleID").replace("\"Note\"", "\"Note Note\"");
    let lines = of(SchemaDef::from_artifact(&wrong).unwrap()).typescript_to_out_dir("models.ts").directives(&here);
    assert!(lines.contains("cargo::error=schema_field_consecutive_caps: models.notes.fields.titleID: "), "{lines}");
    std::fs::create_dir_all(here.root.join("migrations")).unwrap();
    std::fs::write(here.root.join("migrations/oops_.sql"), "").unwrap();
    let lines = notes().migrations("migrations").directives(&here);
    assert!(lines.contains("cargo::error=migration_folder_invalid: oops_.sql: "), "{lines}");
}

#[test]
fn nothing_is_written_outside_the_out_dir_nor_into_the_migrations() {
    let (directory, here) = surroundings(false);
    let absolute = directory.path().join("absolute.ts");
    for file in ["../models.ts".into(), "a/../../models.ts".into(), absolute] {
        let lines = notes().migrations("migrations").typescript_to_out_dir(&file).directives(&here);
        assert!(lines.contains("cargo::error=file_unwritable: "), "{lines}");
    }
    let mut left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["out", "package"]);
    assert_eq!(std::fs::read_dir(&here.root).unwrap().count(), 0);
}
