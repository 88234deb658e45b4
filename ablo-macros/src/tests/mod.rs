//! What the derives are made of, outside rustc.

mod expansions;

use std::{env, fs, path::Path};

use crate::words::{Place, WORDS, markdown};

/// The tables in the docs are the parser's table. Write them with `ABLO_BLESS=1`.
#[test]
fn the_documented_words_are_the_parsed_words() {
    let tables = [
        ("model", vec![("On the struct", Place::Model), ("On a field", Place::Field)]),
        ("enum", vec![("On the enum", Place::Enum), ("On a variant", Place::Variant)]),
        ("query", vec![("On the struct", Place::Query), ("On an input", Place::Input)]),
        ("schema", vec![("On the struct", Place::Schema), ("On a member", Place::Member)]),
    ];
    for (name, places) in tables {
        let text: String =
            places.into_iter().map(|(title, place)| format!("## {title}\n\n{}\n", markdown(place))).collect();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/attributes/{name}.md"));
        if env::var_os("ABLO_BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, &text).unwrap();
        }
        let documented = fs::read_to_string(&path).unwrap_or_default();
        assert!(documented == text, "docs/attributes/{name}.md is not the table of words; run with ABLO_BLESS=1");
    }
}

/// `tests/macros/options` has a test for each word, called after its place and itself.
#[test]
fn every_word_has_a_test_of_its_effect() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/macros/options");
    let sources = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let sources: String = sources.collect();
    for word in WORDS {
        let name = format!("{}_{}", format!("{:?}", word.place).to_lowercase(), word.name);
        // `crate` changes paths only; tests/macros/hygiene.rs would not compile without it.
        let tested =
            sources.contains(&format!("fn {name}()")) || sources.contains(&format!("    {name} {} ", word.name));
        assert!(tested || word.name == "crate", "no test called {name}");
    }
}
