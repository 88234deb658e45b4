//! Wire types of the sync protocol.
//!
//! Everything that travels is typed here and nowhere else. Row data stays text ([`JsonText`]) between the place that
//! wrote it and the place that reads it. Members a type does not know are passed over; frames of an unknown type are
//! kept as they are.

mod auth;
mod bootstrap;
mod claim;
mod commit;
mod delta;
mod error;
mod frame;
mod ids;
mod instant;
mod json;
mod key;
mod lenient;
mod model;
mod participant;
mod presence;
mod query;
mod receipt;
mod task;

pub use auth::{
    CapabilityDeleted, CapabilityGrant, CapabilityObject, CapabilityRequest, CapabilityScope, CapabilityStatus,
    Identity, RotateRequest, RotatedFrom,
};
pub use bootstrap::{Bootstrap, BootstrapDelta, BootstrapKind};
pub use claim::{ClaimTarget, HolderKind, IntentObject, IntentStatus, IntentTarget, LineRange, Narrowing, intent_word};
pub use commit::{Action, Commit, CommitOperation, HttpOperation, OnStale};
pub use delta::{
    BackfillProvenance, ConfirmationState, DeltaAction, DeltaAttribution, DeltaCore, DeltaProvenance, DeltaSlice,
    GroupChange, StoredDelta, WireDelta,
};
pub use error::ErrorEnvelope;
pub use frame::{
    BootstrapChunk, BootstrapRequest, ClaimAck, ClientFrame, EntityTarget, IntentAbandon, IntentBegin, IntentGrant,
    IntentLost, IntentQueue, IntentQueued, IntentRejected, IntentReorder, LossReason, Mutation, RowTarget, ScopeClaim,
    ServerFrame, SyncRequest, SyncResponse,
};
pub use ids::{
    CapabilityId, ClaimId, ClientTxId, Cursor, FencingToken, Group, IdempotencyKey, OrganizationId, ParticipantId,
    ServerTxId, SyncId, TaskId, TransactionId, is_group_kind,
};
pub use json::{JsonText, MemberName, ObjectWriter};
pub use key::{ApiKey, KeyEnv, KeyKind};
pub use lenient::decode;
pub use model::{
    ClaimRequest, IntentAnswer, IntentList, IntentReleased, IntentRequest, IntentRequestTarget, IntentWaiting,
    ModelList, ModelObject, ModelWrite, QueuePlace, ReorderRequest, Ttl,
};
pub use participant::{ParticipantKind, ParticipantRef};
pub use presence::{
    Ack, ActiveIntent, Activity, EpochMillis, IntentFailure, PresenceEntry, PresenceKind, PresenceList, PresenceReport,
    PresenceStatus, PresenceUpdate, Versions,
};
pub use query::{Direction, MAX_QUERIES, Query, QueryBatch, QueryResults};
pub use receipt::{CommitStatus, Receipt};
pub use task::{CloseTask, OpenTask, TaskClosed, TaskOpened};
