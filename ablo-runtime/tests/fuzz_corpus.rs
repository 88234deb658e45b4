//! What the fuzzer found worth keeping, through the same checks.
#![cfg(feature = "server")]
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]
#[path = "../../fuzz/src/lib.rs"]
mod checks;

use checks::{cursors, filters, frames, keys, schemas};

fn replay(target: &str, check: fn(&[u8])) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 10, "the corpus of {target} is gone");
    for file in files {
        // Told only when the check fails.
        println!("{}", file.display());
        check(&std::fs::read(&file).unwrap());
    }
}

#[test]
fn cursors_of_the_corpus() {
    replay("cursors", cursors::check);
}

#[test]
fn filters_of_the_corpus() {
    replay("filters", filters::check);
}

#[test]
fn frames_of_the_corpus() {
    replay("frames", frames::check);
}

#[test]
fn keys_of_the_corpus() {
    replay("keys", keys::check);
}

#[test]
fn schemas_of_the_corpus() {
    replay("schemas", schemas::check);
}
