use std::hash::BuildHasher;

use ablo_schema::wire::DeltaAction;

/// A row, by a hash of its name. Two rows that share one wait for each other, and nothing else: what is merged is looked
/// at by name first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowKey(u64);

impl RowKey {
    /// The key of a row.
    #[must_use]
    pub fn of(model: &str, id: &str) -> Self {
        Self(foldhash::fast::FixedState::default().hash_one((model, id)))
    }
}

/// What is handed out, as far as the window has to know.
pub trait Payload {
    /// Whether it is about the same row as another, by name.
    fn same_row(&self, other: &Self) -> bool;

    /// About how many bytes it takes.
    fn bytes(&self) -> u64;
}

/// One delta on its way to a connection. `P` is whatever the caller needs to write it out.
#[derive(Clone, Debug, PartialEq)]
pub struct Delta<P> {
    /// Its sync id.
    pub id: u64,
    /// What it does.
    pub letter: DeltaAction,
    /// The row.
    pub row: RowKey,
    /// Whether this very connection wrote it, or for an insertion, whether its participant did.
    pub own: bool,
    /// The caller's.
    pub payload: P,
}

/// A delta to be sent now.
#[derive(Clone, Debug, PartialEq)]
pub struct Parcel<P> {
    /// The last of what was merged, with the letter of the whole.
    pub delta: Delta<P>,
    /// It stands for several deltas, so its text is not the last one's and names no transaction.
    pub merged: bool,
    /// The row's unsaved marks on the client are to be cleared, because it changed behind the client's back.
    pub settle: bool,
    /// The client has to apply it although it wrote it itself: its own value was cleared meanwhile.
    pub reapply: bool,
    /// This connection wrote some of it.
    pub(super) is_partly_own: bool,
    /// The insertion that was merged in.
    pub(super) insertion: Option<Box<Delta<P>>>,
}

impl<P: Payload> Parcel<P> {
    pub(super) fn bytes(&self) -> u64 {
        self.delta.payload.bytes() + self.insertion.as_ref().map_or(0, |insertion| insertion.payload.bytes())
    }
}

impl<P> Parcel<P> {
    /// The first id it stands for, when it begins with an insertion.
    pub(super) fn first(&self) -> u64 {
        self.insertion.as_ref().map_or(self.delta.id, |insertion| insertion.id)
    }

    /// A delta by itself.
    pub fn new(delta: Delta<P>) -> Self {
        let is_partly_own = delta.own;
        Self { delta, merged: false, settle: false, reapply: false, is_partly_own, insertion: None }
    }
}
