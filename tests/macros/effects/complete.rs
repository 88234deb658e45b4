//! No word is forgotten: the tables in the docs, which are written from the parser's own, say which there are.

use std::{fs, path::Path};

/// Words whose effect is not a test of this folder, and why.
const ELSEWHERE: [(&str, &str); 4] = [
    // Each changes the paths in the derived code and nothing else: `hygiene.rs` has no other `ablo` to find.
    ("model_crate", "tests/macros/hygiene.rs"),
    ("enum_crate", "tests/macros/hygiene.rs"),
    ("query_crate", "tests/macros/hygiene.rs"),
    ("schema_crate", "tests/macros/hygiene.rs"),
];

/// Where a word stands, by the table it is in.
fn place(file: &str, title: &str) -> &'static str {
    match (file, title) {
        ("model", "On the struct") => "model",
        ("model", "On a field") => "field",
        ("enum", "On the enum") => "enum",
        ("enum", "On a variant") => "variant",
        ("query", "On the struct") => "query",
        ("query", "On an input") => "input",
        ("schema", "On the struct") => "schema",
        ("schema", "On a member") => "member",
        _ => panic!("docs/attributes/{file}.md has a table called `{title}` that this test does not know"),
    }
}

/// Every word, as place and name.
fn words() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/attributes");
    let mut words = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let mut place_of = "";
        for line in fs::read_to_string(&path).unwrap().lines() {
            if let Some(title) = line.strip_prefix("## ") {
                place_of = place(&name, title);
            } else if let Some(word) = line.strip_prefix("| `") {
                let word: String = word.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                words.push(format!("{place_of}_{word}"));
            }
        }
    }
    words
}

fn sources(folder: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/macros").join(folder);
    fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn every_word_has_a_test_in_the_artifact_and_one_at_run_time() {
    let words = words();
    assert!(words.len() > 50, "the tables were not read: {words:?}");
    let missing: Vec<String> = ["options", "effects"]
        .iter()
        .flat_map(|folder| {
            let sources = sources(folder);
            // A test of its own, or a line of a macro that makes one: its name, then what the macro takes.
            let is_tested = move |word: &str| {
                sources.contains(&format!("fn {word}()")) || sources.contains(&format!("\n    {word} "))
            };
            words
                .iter()
                .filter(move |word| !is_tested(word) && ELSEWHERE.iter().all(|(other, _)| other != word))
                .map(move |word| format!("{folder}: no test called {word}"))
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
    for (word, file) in ELSEWHERE {
        assert!(words.iter().any(|known| known == word), "{word} is no word any more");
        let source = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        assert!(source.contains("crate = \""), "{file} does not use it");
    }
}
