//! What the sources say about codes: which are raised where, so that a code that begins to be raised is asked for at once.

#![allow(dead_code)]

use std::{collections::BTreeSet, fs, path::Path};

use ablo_schema::error::Code;

/// The Rust sources below a folder of this package: those whose path has, or has not, one of these in it.
pub fn sources(folder: &str, parts: &[&str], has: bool) -> String {
    fn read(folder: &Path, wanted: &impl Fn(&str) -> bool, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_str().unwrap();
            if path.is_dir() {
                read(&path, wanted, text);
            } else if name.ends_with(".rs") && wanted(name) {
                text.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let from = root.to_str().unwrap().len();
    let mut text = String::new();
    read(&root.join(folder), &|name| parts.iter().any(|part| name[from..].contains(part)) == has, &mut text);
    text
}

/// Every code that a text names by its variant.
pub fn named(text: &str) -> BTreeSet<Code> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let variant = |(at, _)| {
        // `FindingCode::` is something else.
        let is_whole = !text[..at].ends_with(is_word);
        is_whole.then(|| text[at + 6..].split(|c| !is_word(c)).next()).flatten()
    };
    let variants: BTreeSet<&str> = text.match_indices("Code::").filter_map(variant).collect();
    Code::ALL.iter().copied().filter(|code| variants.contains(&*format!("{code:?}"))).collect()
}

/// The codes that the code below a folder raises: not those that its tests name, nor those it only asks after.
pub fn raised(folder: &str) -> BTreeSet<Code> {
    named(&sources(folder, &["/tests/", "tests.rs"], false).replace(".is(Code::", ""))
}
