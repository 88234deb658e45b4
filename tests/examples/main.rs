//! What the examples print is what they are there to show.
#![allow(clippy::unwrap_used)]

use std::process::Command;

fn output(example: &str, args: &[&str]) -> String {
    // With every feature on, as the tests are built, so that nothing is compiled twice.
    let run = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--all-features", "--example", example, "--"])
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn a_schema_evolves_and_keeps_its_rows() {
    insta::assert_snapshot!(output("evolution", &[]));
}

#[test]
fn the_command_line_serves_a_compiled_schema_with_one_line() {
    insta::assert_snapshot!(output("one_line", &["generate", "ts"]));
    assert!(output("one_line", &["generate", "sql", "--dialect", "sqlite"]).contains("CREATE TABLE"));
    assert_eq!(
        output("one_line", &["schema", "hash"]).trim(),
        <Notes as ablo::Schema>::schema().unwrap().hash().to_string()
    );
}

#[expect(dead_code)]
#[path = "one_line.rs"]
mod one_line;
use one_line::Notes;
