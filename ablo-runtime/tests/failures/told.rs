//! What was told, gathered by code.

use std::collections::{BTreeMap, BTreeSet};

use ablo_schema::error::Code;
use ablo_schema::time::Timestamp;
use serde_json::Value;

use crate::served::{Served, Socket};
use crate::support::raised::raised;

/// Members of a failure that every one has.
const COMMON: [&str; 6] = ["type", "code", "message", "doc_url", "request_id", "param"];

/// What gives a store, a machine or a program away.
const INSIDES: [&str; 23] = [
    "SELECT ",
    "INSERT ",
    "DELETE FROM",
    "UPDATE SET",
    " WHERE ",
    "PRAGMA",
    "sqlite",
    "SQLite",
    "no such table",
    "no such column",
    "malformed database",
    "disk image",
    "database is locked",
    "rusqlite",
    "panicked",
    ".rs:",
    ".db",
    "/tmp",
    "/home",
    "/root",
    "os error",
    "struct ",
    "thread '",
];

#[derive(Default)]
pub struct Told {
    /// By code: where, and in which words.
    codes: BTreeMap<String, BTreeSet<String>>,
}

impl Told {
    /// A request that fails is told so.
    pub async fn request(&mut self, served: &Served, call: (&str, &str, &str, &Value)) -> Value {
        let (method, path, token, body) = call;
        let (status, head, answer) = served.request(method, path, token, body).await;
        self.http(&format!("{method} {path} {body}"), status, &head, answer)
    }

    /// A request with such a body.
    pub async fn text(&mut self, served: &Served, path: &str, body: &str) {
        let headers = format!("authorization: Bearer {}\r\n", served.key);
        let (status, head, answer) = served.exchange("POST", path, &headers, body).await;
        self.http(path, status, &head, serde_json::from_str(&answer).unwrap_or_default());
    }

    fn http(&mut self, what: &str, status: u16, head: &str, answer: Value) -> Value {
        assert!(status >= 400, "{what} succeeds: {status} {answer}");
        let code = self.failure("http", &answer);
        let registered = code.http_status().unwrap();
        assert_eq!(answer["type"], code.error_type().as_str(), "{what}: {answer}");
        assert_eq!(status, registered, "{what}: {answer}");
        hides_its_insides(head);
        answer
    }

    /// Something that failed on a channel; its code.
    pub fn failure(&mut self, channel: &str, failure: &Value) -> Code {
        hides_its_insides(&failure.to_string());
        let name = failure["code"].as_str().unwrap_or_else(|| panic!("{channel} gives no code: {failure}"));
        let code = Code::ALL.iter().copied().find(|code| code.as_str() == name).expect(name);
        let message = failure["message"].as_str().unwrap();
        // Longer than a word: what happened, and what to do.
        assert!(message.len() > 20, "{failure}");
        let mut words = format!("{channel}: {}", shape(message));
        if let Some(param) = failure["param"].as_str() {
            words += &format!(" [{param}]");
        }
        let others = failure.as_object().unwrap().keys().filter(|name| !COMMON.contains(&name.as_str()));
        let others: Vec<&str> = others.map(String::as_str).collect();
        if !others.is_empty() {
            words += &format!(" + {}", others.join(", "));
        }
        self.codes.entry(name.to_owned()).or_default().insert(words);
        code
    }

    /// A claim that is refused has a reason instead of words.
    pub fn reason(&mut self, refusal: &Value) {
        hides_its_insides(&refusal.to_string());
        let members: Vec<&str> = refusal.as_object().unwrap().keys().map(String::as_str).collect();
        let reason = refusal["reason"].as_str().unwrap().to_owned();
        self.codes.entry(reason).or_default().insert(format!("intent_rejected: + {}", members.join(", ")));
    }

    /// A socket that is closed is told why.
    pub async fn close(&mut self, socket: &mut Socket) {
        let (code, reason) = socket.closed_with().await.unwrap();
        hides_its_insides(&reason);
        // When to come back is a matter of chance.
        let reason = reason.split(';').next().unwrap();
        self.codes.entry("(closed)".to_owned()).or_default().insert(format!("{code}: {reason}"));
    }

    /// Everything that was told, by code.
    pub fn page(&self) -> String {
        let mut page = String::new();
        for (name, words) in &self.codes {
            let code = Code::ALL.iter().find(|code| code.as_str() == name);
            let facts = code.map(|code| {
                let again = if code.retryable() { "retryable" } else { "final" };
                format!(
                    " {} {} {again} {}",
                    code.http_status().unwrap(),
                    code.error_type().as_str(),
                    code.recovery().as_str()
                )
            });
            page += &format!("{name}{}\n", facts.unwrap_or_default());
            words.iter().for_each(|words| page += &format!("  {words}\n"));
        }
        page
    }

    /// Every code that is raised below these folders was told.
    pub fn is_complete(&self, folders: &[&str], exempt: &[Code]) {
        let raised: BTreeSet<Code> = folders.iter().flat_map(|folder| raised(folder)).collect();
        assert!(raised.len() > 60, "the sources were not read: {raised:?}");
        let is_left = |code: &&Code| !self.codes.contains_key(code.as_str()) && !exempt.contains(code);
        let left: Vec<_> = raised.iter().filter(is_left).collect();
        assert!(left.is_empty(), "raised, and not shown as it is told: {left:?}");
    }
}

/// No statement, no file, no line of code, nothing of another organization.
fn hides_its_insides(text: &str) {
    for inside in INSIDES.iter().chain([&crate::CANARY]) {
        assert!(!text.contains(inside), "{inside} is in {text}");
    }
}

/// A message without what differs from run to run.
fn shape(message: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || "_-:.".contains(c);
    let mut words = String::new();
    let mut rest = message;
    while let Some(start) = rest.find(is_word) {
        words += &rest[..start];
        let end = rest[start..].find(|c| !is_word(c)).map_or(rest.len(), |end| start + end);
        let (word, dots) = rest[start..end].split_at(rest[start..end].trim_end_matches(['.', ':']).len());
        let made = ["int", "cap", "sys", "stx", "turn", "pub", "jwt"];
        let is_id =
            word.len() > 12 && made.iter().any(|kind| word.split_once('_').is_some_and(|(start, _)| start == *kind));
        words += match word {
            _ if is_id => "<id>",
            _ if word.parse::<Timestamp>().is_ok() => "<time>",
            _ => word,
        };
        words += dots;
        rest = &rest[end..];
    }
    words + rest
}
