//! The template workspace builds, its build script writes what the app includes, and its migrations are current.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::{Command, Output};

fn cargo(args: &[&str]) -> Output {
    let template = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/build_script");
    Command::new(env!("CARGO"))
        .args(args)
        .current_dir(template)
        .env("CARGO_TARGET_DIR", env!("CARGO_TARGET_TMPDIR"))
        .env("CI", "1")
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap()
}

#[test]
fn the_template_builds_strictly_and_uses_what_its_build_script_wrote() {
    let run = cargo(&["run", "--quiet", "--package", "app"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).unwrap();
    assert_eq!(text.lines().filter(|line| line.ends_with(": yes")).count(), 3, "{text}");
}

#[test]
fn no_async_crate_is_among_what_its_build_script_compiles() {
    let tree = cargo(&["tree", "--package", "app", "--edges", "normal,build", "--prefix", "none"]);
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("ablo-schema"), "{tree}");
    assert!(!tree.contains("tokio") && !tree.contains("futures"), "{tree}");
}
