use std::sync::Arc;

use ablo_schema::ir::ValidSchema;
use ablo_schema::wire::{DeltaAction, JsonText};

use crate::engine::LogEntry;
use crate::server::sync::outbound::Parcel;

/// The member that makes a client of version 0.9.0 take the server's row and drop its own marks.
const SETTLES: &str = "\"unassignedAt\":\"1970-01-01T00:00:00.000Z\"";

/// What stands before and after a delta's text in its frame.
const FRAME: (&str, &str) = ("{\"type\":\"delta\",\"payload\":", "}");

/// The text of a delta for one client. Nearly always it is the text every client gets.
pub fn delta(parcel: &Parcel<Arc<LogEntry>>, schema: &ValidSchema) -> String {
    let entry = &parcel.delta.payload;
    let letter = settled_letter(parcel);
    let shared = !parcel.merged && !parcel.settle && !parcel.reapply && letter == entry.delta.core.action;
    if shared && let Ok(text) = std::str::from_utf8(entry.frame()) {
        return text.to_owned();
    }
    let mut wire = entry.delta.for_client();
    wire.action_type = letter;
    if parcel.merged || parcel.reapply {
        // A client passes over the data of a delta that names its own transaction.
        wire.transaction_id = None;
    }
    let declares =
        schema.resolve(&wire.model_name).is_some_and(|model| model.shape().slot_of("unassignedAt").is_some());
    if parcel.settle && !declares {
        wire.data = wire.data.map(|data| settled(&data).unwrap_or(data));
    }
    serde_json::to_string(&wire).unwrap_or_default()
}

/// The frame around a delta's text.
pub fn frame(delta: &str) -> String {
    format!("{}{delta}{}", FRAME.0, FRAME.1)
}

/// An update of an archived row would bring it back on clients, so it travels as another archiving.
fn settled_letter(parcel: &Parcel<Arc<LogEntry>>) -> DeltaAction {
    let archived = || {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Row {
            #[serde(default)]
            archived_at: Option<serde::de::IgnoredAny>,
        }
        let data = parcel.delta.payload.delta.core.data.as_ref();
        // Reading a row's text is paid for only when the word is in it.
        data.filter(|data| data.get().contains("\"archivedAt\""))
            .and_then(|data| data.read::<Row>().ok())
            .is_some_and(|row| row.archived_at.is_some())
    };
    match parcel.delta.letter {
        DeltaAction::Update if archived() => DeltaAction::Archive,
        letter => letter,
    }
}

/// A row's text with the member that settles.
fn settled(data: &JsonText) -> Option<JsonText> {
    let members = data.get().trim_start().strip_prefix('{')?.trim_start();
    let comma = if members.starts_with('}') { "" } else { "," };
    JsonText::parse(format!("{{{SETTLES}{comma}{members}")).ok()
}
