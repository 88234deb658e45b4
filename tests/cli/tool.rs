//! The commands about the tool itself.

use ablo::error::Code;

use crate::harness::{ablo, ablo_reading, command};

#[test]
fn every_registered_code_is_explained() {
    for code in Code::ALL {
        let run = ablo(&["explain", code.as_str()]).exits(0);
        assert!(run.stdout.starts_with(code.as_str()), "{run}");
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn the_json_of_explain_is_frozen() {
    let json = ablo(&["explain", "stale_context", "--format", "json"]).exits(0).json();
    assert_eq!(json["schema"], "ablo.explain/1");
    assert_eq!(json["code"], "stale_context");
    assert_eq!(json["httpStatus"], 409);
    assert_eq!(json["retryable"], true);
}

#[test]
fn a_misspelt_code_gets_the_nearest_one() {
    insta::assert_snapshot!(ablo(&["explain", "stale_contxt"]).exits(1));
    insta::assert_snapshot!(ablo(&["explain", "zzz"]).exits(1));
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = ablo(&["completions", shell]).exits(0);
        assert!(run.stdout.contains("completions") && run.stdout.contains("explain"), "{shell}");
        assert_eq!(run.stderr, "");
    }
}

#[test]
fn help_is_data_and_tells_the_exit_codes() {
    let run = ablo(&["--help"]).exits(0);
    assert_eq!(run.stderr, "");
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn a_wrong_command_is_used_wrongly() {
    for args in [&["shema"][..], &["schema", "hash", "--nope"], &["schema"], &[]] {
        let run = ablo(args).exits(2);
        assert_eq!(run.stdout, "", "{run}");
    }
}

#[test]
fn colours_are_only_for_terminals_unless_asked_for() {
    assert!(!ablo(&["explain", "zzz"]).stderr.contains('\x1b'));
    let forced = command(&["explain", "zzz", "--color", "always"]).env("NO_COLOR", "1").output().unwrap();
    assert!(forced.stderr.contains(&0x1b), "the flag beats the environment");
}

/// The specification's worked example.
const KEY: &str = "sk_test_0123456789ABCDEFGHIJKLMNOPQRST06ImRt";

#[test]
fn a_key_is_described_without_being_shown() {
    let run = ablo_reading(&format!("{KEY}\n"), &["keys", "inspect", "-"]).exits(0);
    assert!(!run.stdout.contains(KEY) && !run.stderr.contains(KEY));
    insta::assert_snapshot!("key", run);
    insta::assert_snapshot!("key_json", ablo(&["keys", "inspect", KEY, "--format", "json"]).exits(0));
}

#[test]
fn a_mistyped_key_is_refused() {
    insta::assert_snapshot!(ablo(&["keys", "inspect", &KEY.replace('6', "7")]).exits(1));
    ablo(&["keys", "inspect", "hunter2"]).exits(1);
}

#[test]
fn minted_keys_are_of_their_kind_and_never_the_same() {
    let mut seen = std::collections::BTreeSet::new();
    for (kind, prefix) in [("secret", "sk"), ("restricted", "rk"), ("ephemeral", "ek"), ("publishable", "pk")] {
        for env in ["test", "live"] {
            let run = ablo(&["keys", "mint", "--kind", kind, "--env", env]).exits(0);
            let key = run.stdout.trim();
            assert!(key.starts_with(&format!("{prefix}_{env}_")), "{run}");
            let facts = ablo(&["keys", "inspect", key, "--format", "json"]).exits(0).json();
            assert_eq!(
                (&facts["kind"], &facts["env"], &facts["checksummed"]),
                (&prefix.into(), &env.into(), &true.into())
            );
            assert!(seen.insert(key.to_owned()));
        }
    }
}
