//! `ablo serve`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::harness::{Run, ablo, ablo_reading, arg, command};
use crate::schema::NOTES;

/// A server that runs until it is dropped.
pub struct Server {
    pub child: Child,
    ready: Value,
    first_line: String,
    _schema: tempfile::NamedTempFile,
}

impl Server {
    pub fn start(args: &[&str]) -> Self {
        Self::with(&[&["--log-level", "error"], args].concat(), |_| {})
    }

    /// One that writes its log as it does by itself, its process changed before it starts.
    pub fn with(args: &[&str], change: impl FnOnce(&mut Command)) -> Self {
        let schema = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(schema.path(), NOTES).unwrap();
        let mut command = command(&["serve", "--addr", "127.0.0.1:0", "--dev", "--json", "--schema"]);
        command.arg(schema.path()).args(args).stdout(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let mut first_line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first_line).unwrap();
        let ready = serde_json::from_str(&first_line).unwrap();
        Self { child, ready, first_line, _schema: schema }
    }

    pub fn text(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    pub fn tell_to_stop(&self) {
        self.signal("-TERM");
    }

    pub fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }

    /// Sends a request and gives status and body.
    pub fn request(&self, method: &str, path: &str, key: &str, body: &str) -> (u16, String) {
        self.request_with(method, path, key, "", body)
    }

    pub fn request_with(&self, method: &str, path: &str, key: &str, headers: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(self.text("addr")).unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {key}\r\n{headers}\
             content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        (status, answer.split_once("\r\n\r\n").unwrap().1.to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_first_line_says_where_it_listens_and_with_which_keys() {
    let server = Server::start(&[]);
    assert!(server.first_line.starts_with(r#"{"addr":"127.0.0.1:"#), "{}", server.first_line);
    assert!(server.text("secretKey").starts_with("sk_test_"));
    assert!(server.text("publishableKey").starts_with("pk_test_"));
    assert_eq!(server.text("organizationId"), "org_dev");
    assert_eq!(server.ready.as_object().unwrap().len(), 4);
    let note = r#"{"data":{"title":"First"}}"#;
    let (status, body) = server.request("POST", "/api/v1/models/notes", server.text("secretKey"), note);
    assert!(status < 300, "{status} {body}");
    let (status, body) = server.request("GET", "/api/v1/models/notes", server.text("secretKey"), "");
    assert!(status == 200 && body.contains("First"), "{status} {body}");
    let (status, _) = server.request("GET", "/api/v1/models/notes", "sk_test_unknown", "");
    assert_eq!(status, 401);
}

#[test]
fn it_describes_itself_as_the_generated_document_does_and_to_people() {
    let server = Server::start(&[]);
    let args = ["generate", "openapi", "--schema", "-", "--server-url", "/api"];
    let generated = ablo_reading(NOTES, &args).exits(0).stdout;
    for base in ["", "/api"] {
        // Both need no credential.
        let (status, served) = server.request("GET", &format!("{base}/v1/openapi.json"), "", "");
        assert_eq!((status, &served), (200, &generated));
        let (status, page) = server.request("GET", &format!("{base}/v1/docs"), "", "");
        assert_eq!(status, 200);
        for sign in ["<!doctype html>", "openapi.json", "/v1/models/notes", "<td>title"] {
            assert!(page.contains(sign), "{sign}: {page}");
        }
    }
    let document: Value = serde_json::from_str(&generated).unwrap();
    assert_eq!(document["components"]["securitySchemes"]["bearerAuth"]["scheme"], "bearer");
    assert_eq!(document["security"][0]["bearerAuth"], serde_json::json!([]));
    // The server really is where the document says: its paths answer below its address.
    let (status, _) = server.request("GET", "/api/v1/models/notes", server.text("secretKey"), "");
    assert_eq!(status, 200);
}

#[test]
fn rows_in_a_file_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("rows.db").display());
    for earlier in [false, true] {
        let server = Server::start(&["--store", &store]);
        assert_eq!(server.text("organizationId"), "org_dev");
        let key = server.text("secretKey");
        let (status, body) = server.request("GET", "/api/v1/models/notes", key, "");
        assert_eq!((status, body.contains("First")), (200, earlier), "{body}");
        let note = r#"{"data":{"title":"First"}}"#;
        let (status, body) = server.request("POST", "/api/v1/models/notes", key, note);
        assert!(status < 300, "{status} {body}");
    }
}

#[test]
fn a_key_is_made_in_the_file_of_a_server_that_does_not_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rows.db");
    let (store, name) = (format!("sqlite:{}", file.display()), arg(&file));
    let mint = |more: &[&str]| ablo(&[&["keys", "mint", "--file", name, "--organization"], more].concat());
    let told = |run: Run| run.stderr.replace(name, "FILE");
    insta::assert_snapshot!("keys_no_file", told(mint(&["acme"]).exits(1)));
    let server = Server::start(&["--store", &store]);
    insta::assert_snapshot!("keys_in_use", told(mint(&["acme"]).exits(1)));
    drop(server);
    insta::assert_snapshot!("keys_of_sessions", told(mint(&["acme", "--kind", "ephemeral"]).exits(2)));
    insta::assert_snapshot!("keys_of_no_organization", told(mint(&["ac#me"]).exits(2)));
    let key = mint(&["acme", "--env", "live"]).exits(0).stdout;
    let server = Server::start(&["--store", &store]);
    let (status, body) = server.request("GET", "/api/auth/identity", key.trim(), "");
    assert_eq!((status, body.contains(r#""accountScope":"acme""#)), (200, true), "{body}");
}

#[test]
fn it_stops_when_told_to() {
    let mut server = Server::start(&[]);
    server.tell_to_stop();
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_it_cannot_serve_from_or_listen_on_is_told() {
    let serve = |args: &[&str]| ablo_reading(NOTES, &[&["serve", "--schema", "-"], args].concat());
    insta::assert_snapshot!("store", serve(&["--store", "mysql:x"]).exits(2));
    insta::assert_snapshot!("address", serve(&["--addr", "nowhere"]).exits(2));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    serve(&["--addr", &taken.local_addr().unwrap().to_string()]).exits(1);
}

#[test]
fn people_of_a_trusted_issuer_are_let_in() {
    // Valid until 2100; the secret half of its key was thrown away.
    let token = include_str!("data/issuers/token.jwt").trim();
    let issuers = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/data/issuers/issuers.json");
    for (args, status) in [(&["--issuers", issuers][..], 200), (&[], 401)] {
        let server = Server::start(args);
        let (got, body) = server.request("GET", "/api/auth/identity", token, "");
        assert_eq!((got, body.contains(r#""participantId":"u1""#)), (status, status == 200), "{body}");
    }
}

#[test]
fn a_list_of_issuers_that_could_never_work_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let good = include_str!("data/issuers/issuers.json");
    let refusal = |document: &str| {
        let file = folder.path().join("issuers.json");
        std::fs::write(&file, document).unwrap();
        let args = ["serve", "--schema", "-", "--addr", "127.0.0.1:0", "--issuers", file.to_str().unwrap()];
        let run = ablo_reading(NOTES, &args).exits(1);
        run.stderr.replace(folder.path().to_str().unwrap(), "DIR")
    };
    insta::assert_snapshot!("issuers_slip", refusal(&good.replace("\"test\"", "\"tset\"")));
    insta::assert_snapshot!("issuers_keys", refusal(&good.replace("Ed25519", "Ed9")));
    let gone = folder.path().join("nowhere.json");
    let run = ablo_reading(NOTES, &["serve", "--schema", "-", "--issuers", gone.to_str().unwrap()]).exits(1);
    assert!(run.stderr.starts_with("error[file_unreadable]"), "{run}");
}
