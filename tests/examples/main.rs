//! What the examples print is what they are there to show.
#![allow(clippy::unwrap_used)]

use std::process::Command;

fn output(example: &str) -> String {
    // With every feature on, as the tests are built, so that nothing is compiled twice.
    let run = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--all-features", "--example", example])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn a_schema_evolves_and_keeps_its_rows() {
    insta::assert_snapshot!(output("evolution"));
}
