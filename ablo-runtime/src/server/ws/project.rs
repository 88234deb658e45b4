use std::sync::Arc;
use std::sync::atomic::Ordering;

use ablo_schema::ir::ValidSchema;
use ablo_schema::wire::{DeltaAction, JsonText, StoredDelta, WireDelta};
use axum::extract::ws::Utf8Bytes;

use crate::engine::LogEntry;
use crate::server::metrics::Metrics;
use crate::server::sync::outbound::Parcel;

/// The member that makes a client of version 0.9.0 take the server's row and drop its own marks.
const SETTLES: &str = "\"unassignedAt\":\"1970-01-01T00:00:00.000Z\"";

/// The member that takes a row back out of the archive, and how the data of an archived row give themselves away.
const IS_LIVE: &str = "\"archivedAt\":null";
const ARCHIVED: &str = "\"archivedAt\"";

/// What stands before and after a delta's text in its frame.
const FRAME: (&str, &str) = ("{\"type\":\"delta\",\"payload\":", "}");

/// The frame of a delta that every client gets, nearly always, and always the same memory.
pub fn shared_frame(entry: &LogEntry, metrics: &Metrics) -> Utf8Bytes {
    metrics.deltas_sent.fetch_add(1, Ordering::Relaxed);
    entry.text(|delta| encoded(&with_letter(delta, delta.core.action), metrics)).clone()
}

/// The frame of a delta for one client.
pub fn frame(parcel: &Parcel<Arc<LogEntry>>, schema: &ValidSchema, metrics: &Metrics) -> Utf8Bytes {
    let entry = &parcel.delta.payload;
    let letter = parcel.delta.letter;
    if !parcel.merged && !parcel.settle && !parcel.reapply && letter == entry.delta.core.action {
        return shared_frame(entry, metrics);
    }
    metrics.deltas_sent.fetch_add(1, Ordering::Relaxed);
    let mut wire = with_letter(&entry.delta, letter);
    if parcel.merged || parcel.reapply {
        // A client passes over the data of a delta that names its own transaction.
        wire.transaction_id = None;
    }
    let declares =
        schema.resolve(&wire.model_name).is_some_and(|model| model.shape().slot_of("unassignedAt").is_some());
    if parcel.settle && !declares {
        wire.data = wire.data.map(|data| with(SETTLES, &data).unwrap_or(data));
    }
    if parcel.merged && letter == DeltaAction::Update {
        // Only the first update after a row was brought back says so.
        wire.data = wire.data.map(|data| match data.get().contains(ARCHIVED) {
            true => data,
            false => with(IS_LIVE, &data).unwrap_or(data),
        });
    }
    encoded(&wire, metrics)
}

/// The delta inside a frame.
pub fn delta(frame: &str) -> &str {
    frame.strip_prefix(FRAME.0).and_then(|rest| rest.strip_suffix(FRAME.1)).unwrap_or_default()
}

fn encoded(delta: &WireDelta, metrics: &Metrics) -> Utf8Bytes {
    metrics.deltas_encoded.fetch_add(1, Ordering::Relaxed);
    let mut frame = FRAME.0.as_bytes().to_vec();
    // A delta has nothing that has no JSON form.
    let _ = delta.write_json(&mut frame);
    frame.extend_from_slice(FRAME.1.as_bytes());
    Utf8Bytes::try_from(frame).unwrap_or_default()
}

/// An update of an archived row would bring it back on clients, so it travels as another archiving.
fn with_letter(delta: &StoredDelta, letter: DeltaAction) -> WireDelta {
    let archived = || {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Row {
            #[serde(default)]
            archived_at: Option<serde::de::IgnoredAny>,
        }
        // Reading a row's text is paid for only when the word is in it.
        let data = delta.core.data.as_ref().filter(|data| data.get().contains(ARCHIVED));
        data.and_then(|data| data.read::<Row>().ok()).is_some_and(|row| row.archived_at.is_some())
    };
    let mut wire = delta.for_client();
    wire.action_type = if letter == DeltaAction::Update && archived() { DeltaAction::Archive } else { letter };
    wire
}

/// A row's text with one more member.
fn with(member: &str, data: &JsonText) -> Option<JsonText> {
    let members = data.get().trim_start().strip_prefix('{')?.trim_start();
    let comma = if members.starts_with('}') { "" } else { "," };
    JsonText::parse(&format!("{{{member}{comma}{members}")).ok()
}

#[cfg(test)]
mod tests {
    use ablo_schema::ir::SchemaDef;

    use super::*;
    use crate::engine::{Engine, EngineOptions, Participant};
    use crate::server::sync::outbound::{Delta, RowKey};
    use crate::store::MemoryStore;

    #[tokio::test]
    async fn sockets_share_one_text_unless_they_need_another() {
        let artifact = include_str!("../../../../tests/conformance/schema.json");
        let schema = SchemaDef::from_artifact(artifact).unwrap().validate().unwrap();
        let engine = Engine::open(schema.clone(), MemoryStore::new(), EngineOptions::default()).await.unwrap();
        let session = engine.session(Participant::system("org_1", "sys"));
        let commit =
            r#"{"clientTxId":"c","operations":[{"type":"CREATE","model":"notes","id":"n1","input":{"text":"ä"}}]}"#;
        session.commit(ablo_schema::wire::Commit::decode(commit).unwrap()).await.unwrap();
        let entry = session.log(0.into(), 1).await.unwrap().entries.remove(0);
        let parcel = |merged| {
            let delta = Delta {
                id: entry.id().0,
                letter: entry.delta.core.action,
                row: RowKey::of("notes", "n1"),
                own: false,
                payload: Arc::clone(&entry),
            };
            let mut parcel = Parcel::new(delta);
            parcel.merged = merged;
            parcel
        };
        let metrics = Metrics::default();
        let encoded = || metrics.deltas_encoded.load(Ordering::Relaxed);
        let (first, second) = (frame(&parcel(false), &schema, &metrics), frame(&parcel(false), &schema, &metrics));
        assert_eq!((first.as_str().as_ptr(), encoded()), (second.as_str().as_ptr(), 1));
        let own = frame(&parcel(true), &schema, &metrics);
        assert_ne!(own.as_str().as_ptr(), first.as_str().as_ptr());
        assert_eq!(encoded(), 2);
        let sent: WireDelta = serde_json::from_str(delta(&first)).unwrap();
        assert_eq!((sent.id, sent.model_id.as_str()), (entry.id(), "n1"));
    }
}
