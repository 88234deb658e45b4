//! What rust-analyzer completes and explains, recorded by `record.py` (with `ra_ap_rust-analyzer` 0.0.349) and held
//! against the derives and the client as they are: a transcript of what is no longer there fails.

use std::{collections::BTreeSet, fs, path::Path};

use ablo::prelude::*;
use serde::Deserialize;

mod app;

#[derive(Deserialize)]
struct Transcript {
    source: String,
    answers: std::collections::BTreeMap<String, Answer>,
}

#[derive(Deserialize)]
struct Answer {
    members: BTreeSet<String>,
    hover: Option<String>,
}

fn transcript() -> Transcript {
    serde_json::from_str(include_str!("transcript.json")).unwrap()
}

fn set<'s>(names: impl IntoIterator<Item = &'s str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn it_was_asked_about_this_source() {
    let transcript = transcript();
    assert!(transcript.source == include_str!("app.rs"), "record the transcript again");
    let asked = transcript.source.split("/*").skip(1).filter_map(|rest| rest.split_once("*/"));
    assert_eq!(set(asked.map(|(name, _)| name)), transcript.answers.keys().cloned().collect());
}

#[test]
fn what_the_derives_write_is_completed() {
    let answers = transcript().answers;
    let fields = || app::WeatherReport::FIELDS.iter().map(|field| field.name);
    assert_eq!(answers["patch"].members, set(fields()), "one method per field that can be changed");
    assert_eq!(answers["model"].members, set(fields().chain(["id", "patch"])), "one accessor per field");
    // Rows and claims show the fields of the model, and the documentation written on them.
    for place in ["row", "claimed"] {
        assert!(answers[place].members.is_superset(&set(fields().chain(["id", "meta"]))), "{place}");
        assert!(answers[place].hover.as_ref().unwrap().contains("Where it is measured."), "{place}");
    }
    assert!(answers["schema"].members.contains("weather_reports"));
    for (place, text) in [("patch", "Sets `status`."), ("model", "The field `location`, for filters and orders.")] {
        assert!(answers[place].hover.as_ref().unwrap().contains(text), "{place}");
    }
}

/// Every public function below a folder.
fn functions(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, found);
        } else {
            let text = fs::read_to_string(path).unwrap();
            for line in text.lines().map(|line| line.trim().replace("pub const fn ", "pub fn ")) {
                let rest = line.strip_prefix("pub fn ").or_else(|| line.strip_prefix("pub async fn "));
                found.extend(rest.map(|rest| rest.split(['<', '(']).next().unwrap_or_default().to_owned()));
            }
        }
    }
}

#[test]
fn what_the_client_offers_is_completed() {
    let answers = transcript().answers;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = set(["await", "id", "location", "meta", "model", "status", "temperature", "weather_reports"]);
    functions(&root.join("ablo-runtime/src/client"), &mut known);
    functions(&root.join("ablo-schema/src/typed"), &mut known);
    for (place, least) in [
        ("proxy", &["create", "retrieve", "list", "update", "edit", "delete", "claim", "get", "on_change"][..]),
        ("create", &["wait", "idempotency_key", "await"]),
        ("list", &["filter", "order_by", "limit", "expand", "await"]),
        ("claiming", &["wait", "max_queue_depth", "ttl", "field", "action", "description", "meta", "await"]),
        ("claim", &["update", "delete", "release"]),
        ("claimed", &["update", "delete", "release"]),
        ("accessor", &["eq", "ne", "lt", "is_in", "like", "is_null", "asc", "desc"]),
        ("schema", &["as_user", "as_agent", "transaction", "snapshot"]),
    ] {
        let members = &answers[place].members;
        assert!(members.is_superset(&set(least.iter().copied())), "{place}: {members:?}");
        let gone: Vec<&String> = members.difference(&known).collect();
        assert!(gone.is_empty(), "{place}: {gone:?} is no longer there; record the transcript again");
    }
}
