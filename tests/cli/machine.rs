//! `--format json`: every command answers with one document whose first member names its shape, or with a document that
//! has a standard of its own.

use crate::harness::ablo_reading;
use crate::schema::NOTES;

/// The shape a command's document names. Programs read these: a new shape gets a new number.
const SHAPES: [(&[&str], &str); 9] = [
    (&["schema", "check"], "ablo.check/1"),
    (&["schema", "hash"], "ablo.hash/1"),
    (&["generate", "sql"], "ablo.sql/1"),
    (&["generate", "ts"], "ablo.typescript/1"),
    (&["generate", "diagram"], "ablo.diagram/1"),
    (&["keys", "mint"], "ablo.key/1"),
    (&["explain", "stale_context"], "ablo.explain/1"),
    (&["completions", "bash"], "ablo.completions/1"),
    (&["migrate", "lint", "--dir", "no-such-folder"], "ablo.lint/1"),
];

/// Documents with a standard of their own, and the member it starts with.
const STANDARDS: [(&[&str], &str); 4] = [
    (&["schema", "print"], "v"),
    (&["schema", "print", "--extended"], "v"),
    (&["generate", "openapi"], "openapi"),
    (&["generate", "json-schema"], "$schema"),
];

fn first_line(args: &[&str]) -> String {
    let run = ablo_reading(NOTES, &[args, &["--schema", "-", "--format", "json"]].concat()).exits(0);
    run.json();
    assert_eq!(run.stderr, "", "{args:?}");
    run.stdout.trim_start_matches(['{', '\n', ' ']).lines().next().unwrap().to_owned()
}

#[test]
fn every_document_starts_with_the_name_of_its_shape() {
    for (args, shape) in SHAPES {
        assert_eq!(first_line(args), format!("\"schema\": \"{shape}\","), "{args:?}");
    }
    for (args, member) in STANDARDS {
        assert!(first_line(args).starts_with(&format!("\"{member}\":")), "{args:?}");
    }
}

#[test]
fn a_failing_command_writes_its_document_to_standard_error() {
    let failing: [&[&str]; 3] = [
        &["explain", "no_such_code"],
        &["generate", "json-schema", "--model", "unknown"],
        &["schema", "hash", "--format", "json", "--schema", "/no/such/file"],
    ];
    for args in failing {
        let schema: &[&str] = if args.contains(&"--schema") { &[] } else { &["--schema", "-", "--format", "json"] };
        let run = ablo_reading(NOTES, &[args, schema].concat());
        assert!(run.code != 0 && run.stdout.is_empty(), "{run}");
        let error: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
        assert_eq!(error["schema"], "ablo.error/1", "{run}");
        for member in ["code", "cause", "fix"] {
            assert!(error[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {run}");
        }
    }
}
