//! The template workspace builds, its build script writes what the app includes, and its migrations are current.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Cargo takes copies of a workspace for one and the same, so that in one target folder they undo each other's builds.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

fn template() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/build_script")
}

fn cargo(workspace: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.args(args).current_dir(workspace).env("CARGO_TARGET_DIR", env!("CARGO_TARGET_TMPDIR"));
    for name in ["RUSTFLAGS", "CI", "ABLO_BUILD"] {
        command.env_remove(name);
    }
    command
}

fn output(command: &mut Command) -> Output {
    command.output().unwrap()
}

#[test]
fn the_template_builds_strictly_and_uses_what_its_build_script_wrote() {
    let _alone = alone();
    let run = output(cargo(&template(), &["run", "--quiet", "--package", "app"]).env("CI", "1"));
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).unwrap();
    assert_eq!(text.lines().filter(|line| line.ends_with(": yes")).count(), 3, "{text}");
}

#[test]
fn no_async_crate_is_among_what_its_build_script_compiles() {
    let tree =
        output(&mut cargo(&template(), &["tree", "--package", "app", "--edges", "normal,build", "--prefix", "none"]));
    let tree = String::from_utf8(tree.stdout).unwrap();
    assert!(tree.contains("ablo-schema"), "{tree}");
    assert!(!tree.contains("tokio") && !tree.contains("futures"), "{tree}");
}

/// A copy of the template that may be changed.
struct Copy(tempfile::TempDir);

impl Copy {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(&template(), folder.path());
        let copy = Self(folder);
        copy.edit("Cargo.toml", "path = \"../..\"", &format!("path = {:?}", env!("CARGO_MANIFEST_DIR")));
        copy
    }

    fn edit(&self, file: &str, from: &str, to: &str) {
        let file = self.0.path().join(file);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(&file, text.replace(from, to)).unwrap();
    }

    /// Whether a build succeeds, and what it says.
    fn build(&self, environment: &[(&str, &str)]) -> (bool, String) {
        let mut command = cargo(self.0.path(), &["build", "--package", "app"]);
        let run = output(command.envs(environment.iter().copied()));
        (run.status.success(), String::from_utf8(run.stderr).unwrap())
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap).filter(|entry| entry.file_name() != "target") {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

#[test]
fn the_build_script_runs_again_for_models_migrations_and_its_mode_and_for_nothing_else() {
    let _alone = alone();
    let copy = Copy::new();
    let behind = "migrations are 1 change behind the models; run `ablo migrate new NAME`";
    let says = |environment: &[(&str, &str)], ok: bool, warns: bool| {
        let (success, told) = copy.build(environment);
        assert_eq!((success, told.contains(behind)), (ok, warns), "{told}");
        told
    };
    says(&[], true, false);
    let again = says(&[], true, false);
    assert!(!again.contains("Compiling"), "nothing changed: {again}");
    copy.edit("models/src/lib.rs", "pub title: String,", "pub title: String,\n    pub note: Option<String>,");
    assert!(says(&[], true, true).contains("warning: app@"));
    let strict = says(&[("ABLO_BUILD", "strict")], false, true);
    assert!(strict.contains("error: app@"), "{strict}");
    says(&[("CI", "true")], false, true);
    says(&[("CI", "false")], true, true);
    copy.edit("models/src/lib.rs", "\n    pub note: Option<String>,", "");
    says(&[], true, false);
    std::fs::remove_file(copy.0.path().join("migrations/meta/20260101000000_tasks.json")).unwrap();
    says(&[], true, true);
}

#[test]
fn the_test_of_the_template_fails_when_migrations_are_behind() {
    let _alone = alone();
    let copy = Copy::new();
    let test = || output(&mut cargo(copy.0.path(), &["test", "--package", "app"]));
    assert!(test().status.success());
    copy.edit("models/src/lib.rs", "pub title: String,", "pub title: String,\n    pub note: Option<String>,");
    let run = test();
    let told = String::from_utf8(run.stdout).unwrap();
    assert!(!run.status.success() && told.contains("migrations_stale: migrations are 1 change behind"), "{told}");
}
