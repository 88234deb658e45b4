#[cfg(feature = "server")]
use std::sync::OnceLock;

use ablo_schema::wire::{Group, JsonText, StoredDelta, SyncId};
#[cfg(feature = "server")]
use axum::extract::ws::Utf8Bytes;

/// A delta in an organization's log, shared by everyone it is sent to.
#[derive(Debug)]
pub struct LogEntry {
    /// The delta.
    pub delta: StoredDelta,
    /// The row's previous delta; zero when this created it. A row's history is found by following these.
    pub previous: SyncId,
    /// Who must not hear of it although it is in their groups. Given only for a row that moves: it is covered (`C`) for
    /// those who gain it and deleted (`D`) for those who lose it, and neither may reach someone who sees it before and
    /// after, least of all those who see everything.
    pub hidden_from: Option<Vec<Group>>,
    /// The only one who hears of it, by the id that grants name: what somebody sees changed because a grant did.
    pub only_for: Option<String>,
    #[cfg(feature = "server")]
    text: OnceLock<Utf8Bytes>,
}

impl LogEntry {
    /// An entry that has not been sent yet.
    #[must_use]
    pub fn new(
        delta: StoredDelta,
        previous: SyncId,
        hidden_from: Option<Vec<Group>>,
        only_for: Option<String>,
    ) -> Self {
        Self {
            delta,
            previous,
            hidden_from,
            only_for,
            #[cfg(feature = "server")]
            text: OnceLock::new(),
        }
    }

    /// Its position in the log.
    #[must_use]
    pub fn id(&self) -> SyncId {
        self.delta.core.id
    }

    /// About how many bytes it takes: its texts and values, and 256 for all the rest.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let core = &self.delta.core;
        let json = |text: &Option<JsonText>| text.as_ref().map_or(0, |text| text.get().len());
        let transaction = core.transaction_id.as_ref().map_or(0, |id| id.as_str().len());
        (256 + core.model_id.len() + json(&core.data) + json(&core.previous_data) + transaction) as u64
    }

    /// What sockets are sent of the delta: encoded by the first who asks, and shared with everyone after, however many they
    /// are.
    #[cfg(feature = "server")]
    pub fn text(&self, encode: impl FnOnce(&StoredDelta) -> Utf8Bytes) -> &Utf8Bytes {
        self.text.get_or_init(|| encode(&self.delta))
    }
}

impl PartialEq for LogEntry {
    fn eq(&self, other: &Self) -> bool {
        (&self.delta, self.previous, &self.hidden_from, &self.only_for)
            == (&other.delta, other.previous, &other.hidden_from, &other.only_for)
    }
}
