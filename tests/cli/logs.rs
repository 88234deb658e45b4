//! What `ablo serve` writes to standard error.

use std::fs::File;
use std::process::Stdio;
use std::sync::mpsc::channel;
use std::time::Duration;

use serde_json::Value;

use crate::harness::ablo_reading;
use crate::schema::NOTES;
use crate::serve::Server;

/// What is logged of one good request and one without a key. The server's own checks stand where its line on standard
/// output is read.
fn logged(args: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("log");
    let mut server = Server::with(args, |command| {
        command.stderr(File::create(&file).unwrap());
    });
    for (key, status) in [(server.text("secretKey"), 200), ("sk_test_canary", 401)] {
        assert_eq!(server.request("GET", "/api/v1/models/notes", key, "").0, status);
    }
    let keys = ["secretKey", "publishableKey"].map(|name| server.text(name).to_owned());
    server.tell_to_stop();
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    let log = std::fs::read_to_string(file).unwrap();
    assert!(keys.iter().all(|key| !log.contains(key)) && !log.contains("canary"), "{log}");
    log
}

#[test]
fn every_line_is_an_object_for_programs() {
    let log = logged(&["--log-format", "json"]);
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().map(|line| (line["message"].as_str().unwrap(), &line["span"]["status"])).collect();
    let expected = [
        ("listening", &Value::Null),
        ("request answered", &200.into()),
        ("request answered", &401.into()),
        ("draining", &Value::Null),
        ("stopping", &Value::Null),
        ("stopped", &Value::Null),
    ];
    assert_eq!(told, expected, "{log}");
    assert_eq!((&lines[2]["level"], &lines[2]["span"]["code"]), (&"WARN".into(), &"apikey_invalid".into()), "{log}");
    assert!(lines.iter().all(|line| line["timestamp"].is_string() && line["target"].is_string()), "{log}");
}

#[test]
fn a_pipe_that_nobody_reads_holds_nothing_up() {
    let mut server = Server::with(&["--log-level", "trace"], |command| {
        command.stderr(Stdio::piped());
    });
    let (done, all) = channel();
    std::thread::scope(|scope| {
        let (server, key) = (&server, server.text("secretKey"));
        scope.spawn(move || {
            // Several times what a pipe holds.
            for _ in 0..1_500 {
                assert_eq!(server.request("GET", "/api/v1/models/notes", key, "").0, 200);
            }
            done.send(()).unwrap();
        });
        let is_done = all.recv_timeout(Duration::from_secs(60)).is_ok();
        // The thread waits for an answer otherwise.
        server.signal(if is_done { "-TERM" } else { "-KILL" });
        assert!(is_done, "a request waits for somebody to read the log");
    });
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn people_read_it_in_colour_only_when_they_want_to() {
    let log = logged(&[]);
    assert!(log.contains("INFO ablo::server: listening") && log.contains("status=401"), "{log}");
    assert!(!log.contains('\x1b'), "a file is no terminal: {log}");
    assert!(logged(&["--color", "always"]).contains('\x1b'));
}

#[test]
fn a_level_may_be_given_to_a_target() {
    let log = logged(&["--log-level", "error,ablo::http=info"]);
    assert_eq!(log.lines().count(), 2, "{log}");
    assert_eq!(logged(&["--log-level", "off"]), "");
}

#[test]
fn what_is_no_level_or_format_is_told() {
    let serve =
        |args: &[&str]| ablo_reading(NOTES, &[&["serve", "--schema", "-", "--addr", "127.0.0.1:0"], args].concat());
    for level in ["loud", "info,ablo=loud", "ablo::http"] {
        let run = serve(&["--log-level", level]).exits(2);
        assert!(run.stderr.contains(&format!("`--log-level {level}` is not a level")), "{run}");
    }
    insta::assert_snapshot!("log_format", serve(&["--log-format", "xml"]).exits(2));
}
