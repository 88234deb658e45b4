use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    ids::{CapabilityId, Group, OrganizationId, ParticipantId, SyncId, TaskId, TransactionId},
    instant::{self, Instant},
    json::{JsonText, ObjectWriter},
    lenient,
    participant::{ParticipantKind, ParticipantRef},
};
use crate::{
    error::{AbloError, Code},
    ir::Plane,
    typed::{Model, Partial, Row, decode_partial, decode_row},
};

/// What a delta says about its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DeltaAction {
    /// It was inserted.
    #[serde(rename = "I")]
    Insert,
    /// It was updated.
    #[serde(rename = "U")]
    Update,
    /// It was deleted.
    #[serde(rename = "D")]
    Delete,
    /// It was archived.
    #[serde(rename = "A")]
    Archive,
    /// It was brought back.
    #[serde(rename = "V")]
    Unarchive,
    /// It became visible.
    #[serde(rename = "C")]
    Cover,
    /// The participant joined a group.
    #[serde(rename = "G")]
    GroupAdded,
    /// The participant left a group.
    #[serde(rename = "S")]
    GroupRemoved,
}

impl DeltaAction {
    const LETTERS: [(Self, &'static str); 8] = [
        (Self::Insert, "I"),
        (Self::Update, "U"),
        (Self::Delete, "D"),
        (Self::Archive, "A"),
        (Self::Unarchive, "V"),
        (Self::Cover, "C"),
        (Self::GroupAdded, "G"),
        (Self::GroupRemoved, "S"),
    ];

    /// The letter, on the wire and in the store.
    #[must_use]
    pub fn letter(self) -> &'static str {
        Self::LETTERS.iter().find(|(action, _)| *action == self).map_or("", |(_, letter)| letter)
    }

    /// Whether it takes something away from whoever gets it.
    #[must_use]
    pub fn takes_away(self) -> bool {
        matches!(self, Self::Delete | Self::GroupRemoved)
    }

    /// The action with this letter.
    #[must_use]
    pub fn from_letter(letter: &str) -> Option<Self> {
        Self::LETTERS.iter().find(|(_, known)| *known == letter).map(|(action, _)| *action)
    }
}

/// How a write came to be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfirmationState {
    /// By itself.
    Auto,
    /// Somebody saw it first.
    Previewed,
    /// Somebody approved it.
    Approved,
    /// A person had to approve it.
    RequiredHumanApproval,
    /// It predates attribution.
    AutoHistorical,
}

/// How well the attribution of an old delta is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BackfillProvenance {
    /// Recorded.
    Exact,
    /// Deduced.
    Inferred,
    /// Not known.
    Unknown,
}

/// The first slice of a stored delta: what happened. Lives in the tenant plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeltaCore {
    /// Its position in the organization's log.
    pub id: SyncId,
    /// What happened.
    pub action: DeltaAction,
    /// The model's typename.
    pub model_name: String,
    /// The row.
    pub model_id: String,
    /// The row after the change; `None` when it is gone.
    pub data: Option<JsonText>,
    /// The row before the change, when kept.
    pub previous_data: Option<JsonText>,
    /// Who hears of it.
    pub sync_groups: Vec<Group>,
    /// Whose log it is in.
    pub organization_id: OrganizationId,
    /// When.
    pub created_at: Timestamp,
    /// The write that made it.
    pub transaction_id: Option<TransactionId>,
}

/// The second slice: who did it. Lives in the control plane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeltaAttribution {
    /// The writer.
    pub created_by: Option<ParticipantId>,
    /// The writer, with its kind.
    pub actor: Option<ParticipantRef>,
    /// For whom the writer acted.
    pub on_behalf_of: Option<ParticipantRef>,
    /// With which credential.
    pub capability_id: Option<CapabilityId>,
    /// How it was accepted.
    pub confirmation_state: Option<ConfirmationState>,
    /// How well the rest of this slice is known.
    pub backfill_provenance: Option<BackfillProvenance>,
}

/// The third slice: why. Lives in the control plane.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeltaProvenance {
    /// The agent's task that caused it.
    pub caused_by_task_id: Option<TaskId>,
}

/// A delta as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDelta {
    /// What happened.
    pub core: DeltaCore,
    /// Who did it.
    pub attribution: DeltaAttribution,
    /// Why.
    pub provenance: DeltaProvenance,
}

/// A slice of a stored delta.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeltaSlice {
    /// What happened.
    Core,
    /// Who did it.
    Attribution,
    /// Why.
    Provenance,
}

impl DeltaSlice {
    /// Every slice, in the order of a stored row.
    pub const ALL: [Self; 3] = [Self::Core, Self::Attribution, Self::Provenance];

    /// Whose database it lives in.
    #[must_use]
    pub const fn plane(self) -> Plane {
        match self {
            Self::Core => Plane::Tenant,
            Self::Attribution | Self::Provenance => Plane::Control,
        }
    }

    /// The members of a stored row that belong to it.
    #[must_use]
    pub const fn members(self) -> &'static [&'static str] {
        match self {
            Self::Core => &[
                "id",
                "actionType",
                "modelName",
                "modelId",
                "data",
                "previousData",
                "syncGroups",
                "organizationId",
                "createdAt",
                "transactionId",
            ],
            Self::Attribution => &[
                "createdBy",
                "actorId",
                "actorKind",
                "onBehalfOfId",
                "onBehalfOfKind",
                "capabilityId",
                "confirmationState",
                "backfillProvenance",
            ],
            Self::Provenance => &["causedByTaskId"],
        }
    }
}

/// A stored row, flat, as its columns are.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredRow {
    id: SyncId,
    action_type: DeltaAction,
    model_name: String,
    model_id: String,
    data: Option<JsonText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_data: Option<JsonText>,
    #[serde(default)]
    sync_groups: Vec<Group>,
    organization_id: OrganizationId,
    created_at: Timestamp,
    transaction_id: Option<TransactionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_by: Option<ParticipantId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor_id: Option<ParticipantId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor_kind: Option<ParticipantKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_behalf_of_id: Option<ParticipantId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    on_behalf_of_kind: Option<ParticipantKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    capability_id: Option<CapabilityId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    confirmation_state: Option<ConfirmationState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    backfill_provenance: Option<BackfillProvenance>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    caused_by_task_id: Option<TaskId>,
}

impl From<StoredRow> for StoredDelta {
    fn from(row: StoredRow) -> Self {
        let reference = |kind: Option<_>, id: Option<_>| kind.zip(id).map(|(kind, id)| ParticipantRef { kind, id });
        Self {
            core: DeltaCore {
                id: row.id,
                action: row.action_type,
                model_name: row.model_name,
                model_id: row.model_id,
                data: row.data,
                previous_data: row.previous_data,
                sync_groups: row.sync_groups,
                organization_id: row.organization_id,
                created_at: row.created_at,
                transaction_id: row.transaction_id,
            },
            attribution: DeltaAttribution {
                created_by: row.created_by,
                actor: reference(row.actor_kind, row.actor_id),
                on_behalf_of: reference(row.on_behalf_of_kind, row.on_behalf_of_id),
                capability_id: row.capability_id,
                confirmation_state: row.confirmation_state,
                backfill_provenance: row.backfill_provenance,
            },
            provenance: DeltaProvenance { caused_by_task_id: row.caused_by_task_id },
        }
    }
}

impl Serialize for StoredDelta {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { core, attribution: who, provenance: why } = self.clone();
        let parts = |reference: Option<ParticipantRef>| reference.map(|who| (who.id, who.kind)).unzip();
        let (actor_id, actor_kind) = parts(who.actor);
        let (on_behalf_of_id, on_behalf_of_kind) = parts(who.on_behalf_of);
        let row = StoredRow {
            id: core.id,
            action_type: core.action,
            model_name: core.model_name,
            model_id: core.model_id,
            data: core.data,
            previous_data: core.previous_data,
            sync_groups: core.sync_groups,
            organization_id: core.organization_id,
            created_at: core.created_at,
            transaction_id: core.transaction_id,
            created_by: who.created_by,
            actor_id,
            actor_kind,
            on_behalf_of_id,
            on_behalf_of_kind,
            capability_id: who.capability_id,
            confirmation_state: who.confirmation_state,
            backfill_provenance: who.backfill_provenance,
            caused_by_task_id: why.caused_by_task_id,
        };
        row.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for StoredDelta {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        StoredRow::deserialize(deserializer).map(Self::from)
    }
}

/// A delta as it travels. It never names the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireDelta {
    /// Its position in the log.
    pub id: SyncId,
    /// What happened.
    pub action_type: DeltaAction,
    /// The model's typename.
    pub model_name: String,
    /// The row.
    pub model_id: String,
    /// The row after the change, or the group change of `G` and `S`.
    #[serde(default, deserialize_with = "lenient::data")]
    pub data: Option<JsonText>,
    /// The row before the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_data: Option<JsonText>,
    /// Who hears of it.
    #[serde(default, deserialize_with = "lenient::groups")]
    pub sync_groups: Vec<Group>,
    /// The write that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<TransactionId>,
    /// When.
    #[serde(default, serialize_with = "instant::serialize_any", skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// The writer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<ParticipantId>,
    /// The writer, with its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<ParticipantRef>,
    /// For whom the writer acted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<ParticipantRef>,
    /// With which credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability_id: Option<CapabilityId>,
    /// How it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation_state: Option<ConfirmationState>,
    /// The agent's task that caused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caused_by_task_id: Option<TaskId>,
}

impl StoredDelta {
    /// What a client needs to apply it.
    #[must_use]
    pub fn for_client(&self) -> WireDelta {
        let core = &self.core;
        WireDelta {
            id: core.id,
            action_type: core.action,
            model_name: core.model_name.clone(),
            model_id: core.model_id.clone(),
            data: core.data.clone(),
            previous_data: None,
            sync_groups: core.sync_groups.clone(),
            transaction_id: core.transaction_id.clone(),
            created_at: Some(core.created_at),
            created_by: None,
            actor: None,
            on_behalf_of: None,
            capability_id: None,
            confirmation_state: None,
            caused_by_task_id: None,
        }
    }

    /// The same and its attribution, for servers, audits and webhooks.
    #[must_use]
    pub fn for_server(&self) -> WireDelta {
        let who = &self.attribution;
        WireDelta {
            previous_data: self.core.previous_data.clone(),
            created_by: who.created_by.clone(),
            actor: who.actor.clone(),
            on_behalf_of: who.on_behalf_of.clone(),
            capability_id: who.capability_id.clone(),
            confirmation_state: who.confirmation_state,
            caused_by_task_id: self.provenance.caused_by_task_id.clone(),
            ..self.for_client()
        }
    }
}

impl WireDelta {
    /// Appends its JSON, as serializing it does; the rows in it are copied, not read again.
    ///
    /// # Errors
    /// Never in practice: everything in a delta has a JSON form.
    pub fn write_json(&self, text: &mut Vec<u8>) -> serde_json::Result<()> {
        let mut object = ObjectWriter::begin(text);
        object.member("id", &self.id)?;
        object.member("actionType", &self.action_type)?;
        object.member("modelName", &self.model_name)?;
        object.member("modelId", &self.model_id)?;
        match &self.data {
            Some(data) => object.text("data", data)?,
            None => object.member("data", &())?,
        }
        if let Some(previous) = &self.previous_data {
            object.text("previousData", previous)?;
        }
        object.member("syncGroups", &self.sync_groups)?;
        object.optional("transactionId", self.transaction_id.as_ref())?;
        object.optional("createdAt", self.created_at.map(Instant).as_ref())?;
        object.optional("createdBy", self.created_by.as_ref())?;
        object.optional("actor", self.actor.as_ref())?;
        object.optional("onBehalfOf", self.on_behalf_of.as_ref())?;
        object.optional("capabilityId", self.capability_id.as_ref())?;
        object.optional("confirmationState", self.confirmation_state.as_ref())?;
        object.optional("causedByTaskId", self.caused_by_task_id.as_ref())?;
        object.end();
        Ok(())
    }

    /// The row after the change, as a model.
    ///
    /// # Errors
    /// When there is no data, or it is not a row of `M`.
    pub fn decode<M: Model>(&self) -> Result<Row<M>, AbloError> {
        let data = self.data.as_ref().ok_or_else(|| self.mismatch("it carries no row"))?;
        decode_row(data.get(), self.id.0).map_err(|error| self.mismatch(error))
    }

    /// The fields it carries, of a delta that may carry only some.
    ///
    /// # Errors
    /// When there is no data, or it is not a JSON object.
    pub fn decode_partial<M: Model>(&self) -> Result<Partial<M>, AbloError> {
        let data = self.data.as_ref().ok_or_else(|| self.mismatch("it carries no row"))?;
        decode_partial(data.get()).map_err(|error| self.mismatch(error))
    }

    fn mismatch(&self, why: impl std::fmt::Display) -> AbloError {
        let message = format!("delta {} of {} {}: {why}", self.id, self.model_name, self.model_id);
        AbloError::new(Code::RowMismatch, message).param(self.model_name.clone())
    }

    /// The group change a `G` or `S` delta announces.
    ///
    /// # Errors
    /// `invalid_body` when its data is not one.
    pub fn group_change(&self) -> Result<GroupChange, AbloError> {
        lenient::decode(self.data.as_ref().map_or("null", |data| data.get()))
    }
}

/// The data of a `G` or `S` delta. The older form, with lists, makes clients start over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupChange {
    /// The group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// Whose membership changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<ParticipantId>,
    /// Older: the groups that went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_groups: Option<Vec<Group>>,
    /// Older: the groups that came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_groups: Option<Vec<Group>>,
}
