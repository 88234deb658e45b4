//! What the compiler says about mistakes: `tests/ui/<rule>/<case>.rs` with the expected text beside it.
//!
//! One folder: `cargo test -p ablo-macros --test ui -- trybuild=duplicates`. New text: `TRYBUILD=overwrite`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{collections::BTreeSet, fs, path::Path};

#[test]
fn every_mistake_has_its_message() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("../tests/ui/*/*.rs");
}

/// A case shows one mistake unless its first line counts them.
#[test]
fn every_mistake_has_one_error() {
    for rule in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui")).unwrap() {
        for case in fs::read_dir(rule.unwrap().path()).unwrap().map(|entry| entry.unwrap().path()) {
            if case.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let source = fs::read_to_string(&case).unwrap();
            let counted = source.strip_prefix("// ").and_then(|line| line.split_once(" mistakes.\n"));
            let mistakes = counted.map_or(1, |(count, _)| count.parse().unwrap());
            let told = fs::read_to_string(case.with_extension("stderr")).unwrap();
            let errors = told.lines().filter(|line| line.starts_with("error")).count();
            assert_eq!(errors, mistakes, "{}", case.display());
        }
    }
}

#[test]
fn every_mistake_has_a_fixed_twin() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    let list = fs::read_to_string(tests.join("ui_fixed.rs")).unwrap();
    let mut mistakes = 0;
    for rule in fs::read_dir(tests.join("ui")).unwrap() {
        let rule = rule.unwrap().path();
        let names = |folder: &Path| -> BTreeSet<String> {
            let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
            let sources = entries.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
            sources.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect()
        };
        let cases = names(&rule);
        assert_eq!(cases, names(&rule.join("fixed")), "{}", rule.display());
        mistakes += cases.len();
        let rule = rule.file_name().unwrap().to_string_lossy().into_owned();
        for case in cases {
            assert!(list.contains(&format!("\"ui/{rule}/fixed/{case}.rs\"")), "ui_fixed.rs leaves out {rule}/{case}");
        }
    }
    assert!(mistakes >= 120, "{mistakes} cases");
}
