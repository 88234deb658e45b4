//! How `ablo serve` is configured.

use std::path::Path;

use serde_json::Value;

use crate::harness::{Run, command};
use crate::serve::Server;

/// What holds in a folder with this `ablo.toml`.
fn serve(file: &str, variables: &[(&str, &str)], args: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ablo.toml"), file).unwrap();
    run(folder.path(), variables, args)
}

fn run(folder: &Path, variables: &[(&str, &str)], args: &[&str]) -> Run {
    let args = [&["serve", "--print-config"], args].concat();
    Run::of(command(&args).current_dir(folder).envs(variables.iter().copied()))
}

#[test]
fn a_flag_wins_over_the_environment_that_over_the_file_that_over_the_default() {
    let file = "store = \"sqlite:file.db\"\naddr = \"file:1\"\norigins = [\"https://file\"]\n[limits]\npage = 7\nidle_ping = 2\n";
    let variables =
        [("ABLO_ADDR", "environment:1"), ("ABLO_LIMITS_PAGE", "8"), ("ABLO_ORIGINS", "https://a, https://b")];
    let said = serve(file, &variables, &["--limits-page", "9", "--dev", "--format", "json"]).exits(0).json();
    assert_eq!(said["store"], "sqlite:file.db", "the file");
    assert_eq!(said["addr"], "environment:1", "the environment");
    assert_eq!(said["origins"], serde_json::json!(["https://a", "https://b"]));
    assert_eq!(said["limits"]["page"], 9, "a flag");
    assert_eq!(said["limits"]["idle_ping"], 2.0);
    assert_eq!(said["limits"]["operations"], 500, "the default");
    assert_eq!((&said["dev"], &said["lame_duck_seconds"]), (&Value::Bool(true), &0.0.into()));
}

#[test]
fn variables_of_other_programs_and_of_builds_and_tests_are_passed_over() {
    let others = ["ABLO_TEST_POSTGRES", "ABLO_TEST_HISTORIES_SQLITE", "ABLO_BUILD", "ABLO_BLESS", "ABLO_API_KEY"];
    serve("", &others.map(|name| (name, "anything")), &[]).exits(0);
    let run = serve("", &[("ABLO_TESTS", "1"), ("ABLO_QUOTAS_ROW", "1")], &[]).exits(2);
    for line in
        ["`ABLO_TESTS` is not a setting", "`ABLO_QUOTAS_ROW` is not a setting; did you mean `ABLO_QUOTAS_ROWS`?"]
    {
        assert!(run.stderr.contains(line), "{line}\n{run}");
    }
}

#[test]
fn quotas_may_be_large_and_zero_takes_one_off() {
    let args = ["--quotas-log-bytes", "5000000000", "--quotas-claims", "0", "--format", "json"];
    let said = serve("[quotas]\nrows = 7\n", &[("ABLO_QUOTAS_ROWS", "8")], &args).exits(0).json();
    assert_eq!(said["quotas"], serde_json::json!({ "rows": 8, "log_bytes": 5_000_000_000_u64, "claims": 0 }));
    let run = serve("", &[], &["--quotas-rows=-1", "--limits-page", "4294967296"]).exits(2);
    assert!(run.stderr.contains("--quotas-rows: `quotas.rows` has to be a whole number from 0 on"), "{run}");
    assert!(run.stderr.contains("--limits-page: `limits.page` has to be a whole number from 0 to 4294967295"), "{run}");
}

#[test]
fn what_is_printed_is_a_file_that_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["--store", "sqlite:x.db", "--limits-idle-timeout", "12.5", "--settle-marks=false"];
    let printed = run(folder.path(), &[], &args).exits(0).stdout;
    assert_eq!(serve(&printed, &[], &[]).exits(0).stdout, printed);
    assert!(printed.contains("idle_timeout = 12.5") && printed.contains("settle_marks = false"), "{printed}");
}

#[test]
fn every_mistake_is_told_at_once_with_its_place() {
    let file = "stor = \"memory\"\naddr = 7\n\n[limits]\npages = 1\njson_depth = -1\n";
    let variables = [("ABLO_STOER", "memory"), ("ABLO_DEV", "perhaps"), ("ABLO_API_KEY", "other programs' are theirs")];
    let run = serve(file, &variables, &["--limits-operations", "many"]).exits(2);
    let expected = [
        "error[argument_invalid]: the configuration has 7 mistakes",
        "ablo.toml:1: `stor` is not a setting; did you mean `store`?",
        "ablo.toml:2: `addr` has to be text",
        "ablo.toml:5: `limits.pages` is not a setting; did you mean `limits.page`?",
        "ablo.toml:6: `limits.json_depth` has to be a whole number from 0 to 4294967295",
        "the environment: `ABLO_STOER` is not a setting; did you mean `ABLO_STORE`?",
        "ABLO_DEV: `dev` has to be `true` or `false`",
        "--limits-operations: `limits.operations` has to be a whole number from 0 to 4294967295",
    ];
    for line in expected {
        assert!(run.stderr.contains(line), "{line}\n{run}");
    }
}

#[test]
fn a_single_mistake_is_one() {
    let run = serve("stor = \"memory\"\n", &[], &[]).exits(2);
    assert!(run.stderr.starts_with("error[argument_invalid]: the configuration has 1 mistake\n"), "{run}");
}

#[test]
fn a_switch_says_what_it_takes() {
    let run = serve("", &[], &["--help"]).exits(0);
    assert!(run.stdout.contains("--settle-marks[=<true|false>]"), "{run}");
}

#[test]
fn rows_are_taken_over_only_where_that_is_switched_on() {
    let said = |file: &str, variables: &[(&str, &str)], args: &[&str]| {
        serve(file, variables, &[args, &["--format", "json"]].concat()).exits(0).json()["preemption"].clone()
    };
    let on = ("ABLO_PREEMPTION", "true");
    assert_eq!(said("", &[], &[]), false);
    assert_eq!(said("preemption = true\n", &[], &[]), true);
    assert_eq!(said("preemption = true\n", &[("ABLO_PREEMPTION", "false")], &[]), false);
    assert_eq!(said("preemption = false\n", &[on], &[]), true);
    assert_eq!(said("", &[on], &["--preemption=false"]), false);
    assert_eq!(said("", &[], &["--preemption"]), true);

    for args in [&[][..], &["--preemption"]] {
        let server = Server::start(args);
        let key = server.text("secretKey");
        let session = |id: &str, operations: &str| {
            let asked = format!(r#"{{"participantKind":"system","participantId":"{id}","operations":{operations}}}"#);
            let (_, made) = server.request("POST", "/api/auth/capability", key, &asked);
            serde_json::from_str::<Value>(&made).unwrap()["token"].as_str().unwrap().to_owned()
        };
        let [holder, peer] = ["holder", "peer"].map(|id| session(id, r#"["notes.update"]"#));
        let boss = session("boss", r#"["notes.update","intent.preempt"]"#);
        let note = r#"{"id":"n1","data":{"title":"First"}}"#;
        assert_eq!(server.request("POST", "/api/v1/models/notes", key, note).0, 200);
        let claim = |token: &str| {
            let (status, claim) = server.request("POST", "/api/v1/models/notes/n1/claim", token, r#"{"queue":false}"#);
            (status, serde_json::from_str::<Value>(&claim).unwrap()["id"].as_str().unwrap_or_default().to_owned())
        };
        let (status, claim_of_holder) = claim(&holder);
        assert_eq!((status, claim(&peer).0), (201, 409), "who may do no more than others waits, in any case");
        let is_on = !args.is_empty();
        assert_eq!(claim(&boss).0, if is_on { 201 } else { 409 });
        let write = format!(r#"{{"intent":"{claim_of_holder}","data":{{"title":"Second"}}}}"#);
        let (status, answer) = server.request("PATCH", "/api/v1/models/notes/n1", &holder, &write);
        // What it holds no more it does not write.
        assert_eq!((status, answer.contains("claim_lost")), if is_on { (409, true) } else { (200, false) }, "{answer}");
        let (_, line) = server.request("GET", "/api/v1/intents?model=notes&id=n1", key, "");
        let expected = format!(r#""heldBy":"{}""#, if is_on { "boss" } else { "holder" });
        assert!(line.contains(&expected), "{line}");
    }
}

#[test]
fn a_file_that_is_no_toml_or_not_there_is_told() {
    let run = serve("store = \"memory\"\naddr = \n", &[], &[]).exits(2);
    assert!(run.stderr.contains("ablo.toml:2: not TOML"), "{run}");
    let run = serve("", &[], &["--config", "missing.toml"]).exits(1);
    assert!(run.stderr.contains("missing.toml"), "{run}");
}

#[test]
fn passwords_are_not_printed() {
    let run = serve("store = \"postgres://ada:canary@db/x\"\n", &[], &[]).exits(0);
    assert!(run.stdout.contains("postgres://ada:***@db/x") && !run.stdout.contains("canary"), "{run}");
}

#[test]
fn a_server_keeps_to_its_settings() {
    let server = Server::start(&["--limits-body-bytes", "100"]);
    let note = format!(r#"{{"data":{{"title":"{}"}}}}"#, "x".repeat(100));
    let (status, body) = server.request("POST", "/api/v1/models/notes", server.text("secretKey"), &note);
    assert!(status == 413 && body.contains("body_too_large"), "{status} {body}");
}
