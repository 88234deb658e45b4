//! The README tells the truth: its Rust compiles (as a doc test of the crate) and its output is the program's.
#![allow(clippy::unwrap_used)]

use std::process::Command;

const README: &str = include_str!("../../README.md");

/// The one block of this language.
fn block(language: &str) -> &'static str {
    let open = format!("```{language}\n");
    let from = README.find(&open).unwrap() + open.len();
    &README[from..from + README[from..].find("```").unwrap()]
}

/// Every run makes its own ids: 36 characters between backticks.
fn without_ids(text: &str) -> String {
    let id = |part: &str| part.len() == 36 && part.matches('-').count() == 4;
    text.trim_end().split('`').map(|part| if id(part) { "id" } else { part }).collect::<Vec<_>>().join("`")
}

#[test]
fn quickstart_prints_what_the_readme_shows() {
    // With every feature on, as the tests are built, so that nothing is compiled twice.
    let run = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--all-features", "--example", "quickstart"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(without_ids(&String::from_utf8(run.stdout).unwrap()), without_ids(block("text")));
}

#[test]
fn its_commands_exist() {
    for command in block("sh").lines() {
        let command = command.split('#').next().unwrap().trim();
        let script = command.split_whitespace().next().unwrap();
        let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        match command.strip_prefix("cargo run --example ") {
            Some(example) => assert!(here.join(format!("examples/{example}.rs")).exists(), "{command}"),
            None => assert!(here.join(script).exists(), "{command}"),
        }
    }
}

#[test]
fn it_stays_short_and_its_links_lead_somewhere() {
    assert!(README.lines().count() <= 150);
    for target in README.split("](").skip(1).map(|rest| &rest[..rest.find(')').unwrap()]) {
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(target).exists(), "{target}");
    }
}

#[test]
fn its_command_line_has_these_commands() {
    for line in block("console").lines() {
        let words = line.split(['#', '>']).next().unwrap().trim().strip_prefix("cargo run -- ").unwrap();
        let run = Command::new(env!("CARGO"))
            .args(["run", "--quiet", "--all-features", "--example", "one_line", "--"])
            .args(words.split_whitespace().chain(["--help"]))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        assert!(run.status.success(), "{line}: {}", String::from_utf8_lossy(&run.stderr));
    }
}
