use std::collections::{BTreeMap, BTreeSet};

use ablo_schema::wire::{CapabilityId, Group, OrganizationId, ParticipantId, ParticipantKind, ParticipantRef};
use serde_json::Value;

/// Who is acting, in which organization, and how far its credential reaches.
#[derive(Clone, Debug, PartialEq)]
pub struct Participant {
    /// The organization it acts in, or its [test space](OrganizationId::test_space). Nothing of another is ever visible
    /// to it.
    pub organization: OrganizationId,
    /// A person, an agent or a trusted backend.
    pub kind: ParticipantKind,
    /// Its id.
    pub id: ParticipantId,
    /// The person an agent acts for; attributed on every delta.
    pub on_behalf_of: Option<ParticipantRef>,
    /// The credential it used; attributed on every delta.
    pub capability_id: Option<CapabilityId>,
    /// What it may do.
    pub operations: Operations,
    /// The groups its credential is narrowed to. `None` narrows nothing; an empty set leaves no access at all.
    pub groups: Option<BTreeSet<Group>>,
    /// Groups it hears because somebody who may said so.
    pub lent: BTreeSet<Group>,
    /// What the identity roles of the schema read: member to value, for example `organizationId`, `userId`, `teamIds`.
    pub identity: BTreeMap<String, Value>,
}

impl Participant {
    /// A person, with an identity of `organizationId` and `userId`.
    #[must_use]
    pub fn user(organization: impl Into<OrganizationId>, id: impl Into<ParticipantId>) -> Self {
        Self::new(organization.into(), ParticipantKind::User, id.into())
    }

    /// An agent, with an identity of `organizationId` and `userId`.
    #[must_use]
    pub fn agent(organization: impl Into<OrganizationId>, id: impl Into<ParticipantId>) -> Self {
        Self::new(organization.into(), ParticipantKind::Agent, id.into())
    }

    /// A trusted backend. Unless its credential is narrowed to groups, it sees the whole organization.
    #[must_use]
    pub fn system(organization: impl Into<OrganizationId>, id: impl Into<ParticipantId>) -> Self {
        Self::new(organization.into(), ParticipantKind::System, id.into())
    }

    fn new(organization: OrganizationId, kind: ParticipantKind, id: ParticipantId) -> Self {
        let identity = BTreeMap::from([
            ("organizationId".to_owned(), Value::from(organization.name())),
            ("userId".to_owned(), Value::from(id.as_str())),
        ]);
        Self {
            organization,
            kind,
            id,
            on_behalf_of: None,
            capability_id: None,
            operations: Operations::All,
            groups: None,
            lent: BTreeSet::new(),
            identity,
        }
    }

    /// Acts for someone.
    #[must_use]
    pub fn on_behalf_of(mut self, principal: ParticipantRef) -> Self {
        self.on_behalf_of = Some(principal);
        self
    }

    /// Adds a member to the identity, for example `teamIds`.
    #[must_use]
    pub fn identity(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.identity.insert(member.to_owned(), value.into());
        self
    }

    /// Narrows the operations to these, written `model.operation` or `*`.
    #[must_use]
    pub fn operations<I: IntoIterator<Item: Into<String>>>(mut self, allowed: I) -> Self {
        self.operations = Operations::allow(allowed);
        self
    }

    /// Narrows the groups to these.
    #[must_use]
    pub fn groups(mut self, groups: impl IntoIterator<Item = Group>) -> Self {
        self.groups = Some(groups.into_iter().collect());
        self
    }

    /// Its kind and id.
    #[must_use]
    pub fn reference(&self) -> ParticipantRef {
        ParticipantRef { kind: self.kind, id: self.id.clone() }
    }
}

/// What a participant may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operations {
    /// Everything its groups allow.
    All,
    /// Only these: `model.operation`, the model under any spelling and in lower case, `*` for every model operation, or
    /// a privileged operation such as `intent.reorder`.
    Allow(BTreeSet<String>),
}

impl Operations {
    /// An allowlist.
    #[must_use]
    pub fn allow<I: IntoIterator<Item: Into<String>>>(allowed: I) -> Self {
        Self::Allow(allowed.into_iter().map(|name| name.into().to_lowercase()).collect())
    }
}
