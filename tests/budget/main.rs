//! What a user's build pays: the crates a schema-only dependency compiles.
#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, process::Command};

/// A build script that only wants SQL or OpenAPI compiles these crates and no other. Adding one is a decision: it must
/// be worth every user's build, and the budget is 25.
const SCHEMA_ONLY: [&str; 25] = [
    "ablo",
    "ablo-macros",
    "ablo-schema",
    "dyn-clone",
    "equivalent",
    "hashbrown",
    "heck",
    "indexmap",
    "itoa",
    "jiff",
    "jiff-core",
    "memchr",
    "proc-macro2",
    "quote",
    "ref-cast",
    "ref-cast-impl",
    "schemars",
    "serde",
    "serde_core",
    "serde_derive",
    "serde_json",
    "syn",
    "unicode-ident",
    "uuid",
    "zmij",
];

fn crates(features: &str) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--package", "ablo", "--no-default-features", "--features", features])
        .args(["--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn schema_only_compiles_exactly_these_crates() {
    let expected: BTreeSet<String> = SCHEMA_ONLY.into_iter().map(str::to_owned).collect();
    assert_eq!(crates("schema"), expected);
}

#[test]
fn a_server_compiles_at_most_180_crates() {
    let crates = crates("server");
    assert!(crates.len() <= 180, "{} crates: {crates:?}", crates.len());
}

#[test]
fn the_runtime_is_what_brings_tokio() {
    assert!(crates("runtime").contains("tokio"));
}
