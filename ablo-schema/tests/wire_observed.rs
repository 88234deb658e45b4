//! Recorded traffic of a published client: every frame and body is read as its type. What a client sends is written
//! again as the very same JSON; what a server sends keeps every member it had.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;

use ablo_schema::wire::{self, ClientFrame, ErrorEnvelope, QueryBatch, ServerFrame};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

fn recorded() -> Vec<(String, Value)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/observed");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 12);
    let mut lines = Vec::new();
    for file in files {
        for (number, line) in std::fs::read_to_string(&file).unwrap().lines().enumerate() {
            let place = format!("{}:{}", file.file_name().unwrap().to_str().unwrap(), number + 1);
            lines.push((place, serde_json::from_str(line).unwrap()));
        }
    }
    lines
}

/// Every member of `old` is in `new`, with the same value. Instants may lose trailing zeros.
fn assert_kept(place: &str, old: &Value, new: &Value) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (name, value) in old {
                let kept = new.get(name).unwrap_or_else(|| panic!("{place}: `{name}` is lost"));
                assert_kept(&format!("{place} {name}"), value, kept);
            }
        }
        (Value::Array(old), Value::Array(new)) => {
            assert_eq!(old.len(), new.len(), "{place}");
            for (old, new) in old.iter().zip(new) {
                assert_kept(place, old, new);
            }
        }
        (Value::String(old), Value::String(new)) if old != new => {
            let instant = |text: &str| text.parse::<jiff::Timestamp>().ok();
            assert!(instant(old).is_some() && instant(old) == instant(new), "{place}: {old} became {new}");
        }
        _ => assert_eq!(old, new, "{place}"),
    }
}

#[test]
fn every_client_frame_is_read_and_written_alike() {
    let mut kinds = BTreeMap::<String, usize>::new();
    for (place, line) in recorded() {
        if line["dir"] != "c2s" {
            continue;
        }
        let frame = &line["frame"];
        let read = ClientFrame::decode(&frame.to_string()).unwrap_or_else(|error| panic!("{place}: {error}"));
        let kind = frame["type"].as_str().unwrap();
        *kinds.entry(kind.to_owned()).or_default() += 1;
        assert_eq!(matches!(read, ClientFrame::Other { .. }), kind == "slide_cursor", "{place}");
        let written: Value = serde_json::from_str(&read.encode().unwrap()).unwrap();
        assert_eq!(&written, frame, "{place}");
    }
    assert_eq!(kinds.len(), 11, "{kinds:?}");
    assert_eq!(kinds["commit"], 73);
}

#[test]
fn every_server_frame_is_read_and_keeps_what_it_had() {
    let mut kinds = BTreeMap::<String, usize>::new();
    for (place, line) in recorded() {
        if line["dir"] != "s2c" {
            continue;
        }
        let frame = &line["frame"];
        let read = ServerFrame::decode(&frame.to_string()).unwrap_or_else(|error| panic!("{place}: {error}"));
        let kind = frame["type"].as_str().unwrap_or("bare");
        *kinds.entry(kind.to_owned()).or_default() += 1;
        assert_eq!(matches!(read, ServerFrame::Other { .. }), kind == "slide_cursor", "{place}");
        let text = read.encode().unwrap();
        assert_eq!(ServerFrame::decode(&text).unwrap(), read, "{place}");
        let written: Value = serde_json::from_str(&text).unwrap();
        let expected = match kind {
            "bare" => json!({ "type": "delta", "payload": frame }),
            _ => as_we_write(frame.clone()),
        };
        assert_kept(&place, &expected, &written);
    }
    assert_eq!(kinds.len(), 15, "{kinds:?}");
    assert_eq!(kinds["delta"], 195);
}

/// The elements of the array at a pointer, none when there is no array.
fn elements<'a>(value: &'a mut Value, pointer: &str) -> impl Iterator<Item = &'a mut Value> {
    value.pointer_mut(pointer).and_then(Value::as_array_mut).into_iter().flatten()
}

/// Where the recorded stub writes something that we read but write otherwise.
fn as_we_write(mut frame: Value) -> Value {
    if let Some(data) = frame.pointer_mut("/payload/data").filter(|data| data.is_string()) {
        *data = serde_json::from_str(data.as_str().unwrap()).unwrap();
    }
    elements(&mut frame, "/payload/queue").for_each(drop_target_notes);
    // An error that names no code of ours keeps its words as the message.
    if let Some(error) = frame.pointer_mut("/payload/error").filter(|error| error.get("code").is_none()) {
        let message = error.as_str().map_or_else(|| error.to_string(), str::to_owned);
        *error = json!({ "code": "commit_failed", "message": message });
    }
    frame
}

/// Claims carry their notes beside the target, not in it.
fn drop_target_notes(intent: &mut Value) {
    if let Some(target) = intent.get_mut("target").and_then(Value::as_object_mut) {
        target.remove("meta");
    }
}

/// Reads a body as `T`, writes it, and reads it again.
fn through<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(place: &str, body: &Value) -> Value {
    let read: T = wire::decode(&body.to_string()).unwrap_or_else(|error| panic!("{place}: {error}"));
    let text = serde_json::to_string(&read).unwrap();
    assert_eq!(wire::decode::<T>(&text).unwrap(), read, "{place}");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_request_body_is_read_and_written_alike() {
    let mut count = 0;
    for (place, line) in recorded() {
        if line["dir"] != "http-req" || line["body"].is_null() {
            continue;
        }
        count += 1;
        let body = &line["body"];
        let path = line["url"].as_str().unwrap().split('?').next().unwrap().strip_prefix("/api/").unwrap();
        let parts: Vec<_> = path.split('/').collect();
        let place = format!("{place} {path}");
        let written = match parts.as_slice() {
            ["auth", "capability"] | ["v1", "capabilities"] => through::<wire::CapabilityRequest>(&place, body),
            ["v1", "capabilities", _, "rotate"] => through::<wire::RotateRequest>(&place, body),
            ["sync", "query"] => {
                let batch = QueryBatch::decode(&body.to_string()).unwrap();
                let queries: Vec<_> = batch.queries.into_iter().collect::<Result<_, _>>().unwrap();
                serde_json::from_str(&QueryBatch::encode(&queries).unwrap()).unwrap()
            }
            ["agent", "turn"] | ["v1", "tasks"] => through::<wire::OpenTask>(&place, body),
            ["agent", "turn", _, "close"] | ["v1", "tasks", _, "close"] => through::<wire::CloseTask>(&place, body),
            ["v1", "models", _] | ["v1", "models", _, _] => through::<wire::ModelWrite>(&place, body),
            ["v1", "models", _, _, "claim"] => through::<wire::ClaimRequest>(&place, body),
            ["v1", "models", _, _, "claim", "reorder"] => through::<wire::ReorderRequest>(&place, body),
            ["v1", "intents"] => through::<wire::IntentRequest>(&place, body),
            ["v1", "commits"] => {
                let commit = wire::Commit::decode(&body.to_string()).unwrap();
                serde_json::from_str(&commit.to_http().unwrap()).unwrap()
            }
            _ => panic!("{place}: no type for this route"),
        };
        assert_eq!(written, as_we_ask(body.clone()), "{place}");
    }
    assert!(count > 90, "{count}");
}

/// Where the recorded client sends something that we read but write otherwise.
fn as_we_ask(mut body: Value) -> Value {
    if let Some(ttl) = body.get_mut("ttl").filter(|ttl| ttl.is_u64()) {
        *ttl = json!(format!("{ttl}s"));
    }
    for query in elements(&mut body, "/queries") {
        // A condition of two parts is an equality.
        for condition in elements(query, "/where").filter(|condition| condition[1] == "=") {
            condition.as_array_mut().unwrap().remove(1);
        }
    }
    for operation in elements(&mut body, "/operations").filter_map(Value::as_object_mut) {
        // An absent member and null say the same.
        operation.retain(|_, value| !value.is_null());
    }
    body
}

#[test]
fn every_answer_is_read_and_keeps_what_it_had() {
    let mut count = 0;
    for (place, line) in recorded() {
        if line["dir"] != "http-res" || line["body"].is_null() {
            continue;
        }
        count += 1;
        let body = &line["body"];
        let (method, path) = line["for"].as_str().unwrap().split_once(' ').unwrap();
        let parts: Vec<_> = path.split('?').next().unwrap().strip_prefix("/api/").unwrap().split('/').collect();
        let place = format!("{place} {method} {path}");
        let status = line["status"].as_u64().unwrap() as u16;
        if status >= 400 {
            let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
            let envelope = ErrorEnvelope::decode(status, &text);
            assert_eq!(envelope.error.status(), status, "{place}");
            assert!(!envelope.error.message.is_empty(), "{place}");
            if let Some(code) = body["code"].as_str() {
                assert_eq!(envelope.error.code.as_str(), code, "{place}");
                let mut expected = body.clone();
                // The type follows from the code, whatever the stub wrote.
                expected["type"] = json!(envelope.error.code.error_type().as_str());
                assert_kept(&place, &expected, &serde_json::to_value(&envelope).unwrap());
            }
            continue;
        }
        let written = match (method, parts.as_slice()) {
            ("POST", ["auth", "capability"] | ["v1", "capabilities"] | ["v1", "capabilities", _, "rotate"]) => {
                through::<wire::CapabilityGrant>(&place, body)
            }
            ("GET", ["v1", "capabilities", _]) => through::<wire::CapabilityObject>(&place, body),
            ("DELETE", ["v1", "capabilities", _]) => through::<wire::CapabilityDeleted>(&place, body),
            ("GET", ["auth", "identity"]) => through::<wire::Identity>(&place, body),
            ("GET", ["sync", "bootstrap"]) => through::<wire::Bootstrap>(&place, body),
            ("POST", ["sync", "query"]) => through::<wire::QueryResults>(&place, body),
            ("POST", ["agent", "turn"] | ["v1", "tasks"]) => through::<wire::TaskOpened>(&place, body),
            ("POST", ["agent", "turn", _, "close"] | ["v1", "tasks", _, "close"]) => {
                through::<wire::TaskClosed>(&place, body)
            }
            ("GET", ["v1", "models", _]) => through::<wire::ModelList>(&place, body),
            ("GET", ["v1", "models", _, _]) => through::<wire::ModelObject>(&place, body),
            ("POST", ["v1", "models", _, _, "claim"]) if status == 202 => through::<wire::IntentWaiting>(&place, body),
            ("POST", ["v1", "models", _, _, "claim"] | ["v1", "intents"]) => {
                through::<wire::IntentAnswer>(&place, body)
            }
            ("DELETE", ["v1", "models", _, _, "claim"] | ["v1", "intents", _]) => {
                through::<wire::IntentReleased>(&place, body)
            }
            ("POST", ["v1", "models", _, _, "claim", "reorder"]) => body.clone(),
            ("GET", ["v1", "intents"]) => through::<wire::IntentList>(&place, body),
            (_, ["v1", "models", ..] | ["v1", "commits"]) => through::<wire::Receipt>(&place, body),
            _ => panic!("{place}: no type for this route"),
        };
        assert_kept(&place, &as_we_answer(body.clone()), &written);
    }
    assert!(count > 190, "{count}");
}

/// Where the recorded stub answers something that we read but write otherwise.
fn as_we_answer(mut body: Value) -> Value {
    drop_target_notes(&mut body);
    body.get_mut("intent").into_iter().for_each(drop_target_notes);
    for list in ["/claims", "/data", "/intents", "/queue"] {
        elements(&mut body, list).for_each(drop_target_notes);
    }
    // Rows may come as JSON in a string; null leaves a model alone.
    if let Some(models) = body.get_mut("models").and_then(Value::as_object_mut) {
        models.retain(|_, rows| !rows.is_null());
        for rows in models.values_mut().filter(|rows| rows.is_string()) {
            *rows = serde_json::from_str(rows.as_str().unwrap()).unwrap();
        }
    }
    // One row and null are lists of one and none.
    for result in elements(&mut body, "/results").filter(|result| !result.is_array()) {
        *result = Value::Array(std::iter::once(result.take()).filter(Value::is_object).collect());
    }
    body
}
