//! What the tests of this crate share.
#![allow(dead_code, missing_docs, clippy::unwrap_used, reason = "not every test uses everything")]

pub mod evolution;
pub mod postgres;
pub mod random;
pub mod sqlite;

use ablo_schema::json::Json;

/// Every vector by file name.
pub fn vectors() -> Vec<(String, Json)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert_eq!(paths.len(), 30);
    paths
        .into_iter()
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            (path.file_stem().unwrap().to_string_lossy().into_owned(), Json::parse(&text).unwrap())
        })
        .collect()
}

/// What is at a path.
pub fn member<'a>(value: &'a Json, path: &[&str]) -> &'a Json {
    path.iter().fold(value, |value, name| value.get(name).unwrap_or_else(|| panic!("no {name}")))
}
