use std::sync::Arc;

use ablo_schema::ir::{ModelRef, ValidSchema};
use ablo_schema::wire::{Group, ParticipantKind, ParticipantRef};
use serde_json::Value;

use super::{Operations, Participant};

/// A participant at an engine: what follows from the schema and its identity alone.
#[derive(Debug)]
pub(crate) struct Seat {
    pub who: Participant,
    pub reference: ParticipantRef,
    /// The scope its idempotency keys live in.
    pub scope: Arc<str>,
    /// Groups its identity gives.
    pub identity: Vec<Group>,
    /// The groups of the writing context: its organization's and its own.
    pub base: Vec<Group>,
    /// The groups of its organization as a whole.
    pub organization: Vec<Group>,
    /// The id that grants name.
    pub user: String,
    /// What the rows it creates say of their organization and creator: all share these.
    pub organization_name: Arc<Value>,
    pub creator: Arc<Value>,
}

impl Seat {
    pub fn new(schema: &ValidSchema, who: Participant) -> Self {
        let identity = schema.identity_groups(|field| who.identity.get(field));
        let base = schema.identity_groups(|field| match field {
            "organizationId" | "userId" => who.identity.get(field),
            _ => None,
        });
        let user = who.identity.get("userId").and_then(Value::as_str).unwrap_or(who.id.as_str()).to_owned();
        let reference = who.reference();
        let scope = format!("{}:{}", who.kind.as_str(), who.id).into();
        let organization =
            schema.identity_groups(|field| who.identity.get(field).filter(|_| field == "organizationId"));
        let organization_name = Arc::new(who.organization.name().into());
        let creator = Arc::new(who.id.as_str().into());
        Self { who, reference, scope, identity, base, organization, user, organization_name, creator }
    }

    /// Whether the participant sees the whole organization without belonging to any group.
    pub fn sees_all(&self) -> bool {
        self.who.kind == ParticipantKind::System && self.who.groups.is_none()
    }

    /// Whether it may do this to rows of a model. Archiving is a way of updating.
    pub fn may(&self, model: ModelRef<'_>, operation: &str) -> bool {
        let Operations::Allow(allowed) = &self.who.operations else { return true };
        allowed.contains("*")
            || allowed.iter().filter_map(|name| name.rsplit_once('.')).any(|(name, allowed)| {
                let resolved = model.schema().resolve(name).map(|named| named.index());
                allowed == operation && resolved == Some(model.index())
            })
    }

    /// Whether it may perform a privileged operation: named explicitly, or a backend without an allowlist.
    pub fn privileged(&self, operation: &str) -> bool {
        match &self.who.operations {
            Operations::All => self.who.kind == ParticipantKind::System,
            Operations::Allow(allowed) => allowed.contains(operation),
        }
    }
}
