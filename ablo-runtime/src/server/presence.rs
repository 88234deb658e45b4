use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;

use ablo_schema::wire::{
    ActiveIntent, ClaimId, Group, ParticipantId, PresenceKind, PresenceReport, PresenceStatus, PresenceUpdate,
};

use crate::engine::Access;

/// Names one connection.
pub type ConnectionId = u64;

/// Who is there, and what it holds, in one organization.
#[derive(Debug, Default)]
pub struct Presence {
    members: BTreeMap<ParticipantId, Member>,
}

#[derive(Debug, Default)]
struct Member {
    is_agent: bool,
    /// Each connection's groups and last report, in the order they came.
    connections: BTreeMap<ConnectionId, (Vec<Group>, Option<PresenceReport>)>,
    /// The groups of all of them.
    groups: Vec<Group>,
    reported_by: Option<ConnectionId>,
    /// What it holds.
    intents: Vec<Held>,
}

#[derive(Debug)]
struct Held {
    intent: ActiveIntent,
    /// The groups of its row.
    groups: Vec<Group>,
    /// Those as well that the row has left since the claim was first told of.
    told: Vec<Group>,
}

impl Presence {
    /// A connection of a participant is there. Answers whether it is the first.
    pub fn join(&mut self, who: &ParticipantId, is_agent: bool, connection: ConnectionId, groups: Vec<Group>) -> bool {
        let member = self.members.entry(who.clone()).or_default();
        member.is_agent = is_agent;
        member.connections.insert(connection, (groups, None));
        member.regroup();
        member.connections.len() == 1
    }

    /// A connection's groups changed.
    pub fn regroup(&mut self, who: &ParticipantId, connection: ConnectionId, groups: Vec<Group>) {
        if let Some(member) = self.members.get_mut(who)
            && let Some(entry) = member.connections.get_mut(&connection)
        {
            entry.0 = groups;
            member.regroup();
        }
    }

    /// A connection is gone. Answers whether it was the last.
    pub fn leave(&mut self, who: &ParticipantId, connection: ConnectionId) -> bool {
        let Some(member) = self.members.get_mut(who) else { return false };
        let was_there = member.connections.remove(&connection).is_some();
        member.regroup();
        let last = was_there && member.connections.is_empty();
        self.prune(who);
        last
    }

    /// A connection said what its participant is doing.
    pub fn report(&mut self, who: &ParticipantId, connection: ConnectionId, report: PresenceReport) {
        if let Some(member) = self.members.get_mut(who)
            && let Some(entry) = member.connections.get_mut(&connection)
        {
            entry.1 = Some(report);
            member.reported_by = Some(connection);
        }
    }

    /// A participant holds a row. It need not be connected: leases outlive sockets, and HTTP has none. Answers whether that
    /// is news.
    pub fn hold(&mut self, who: &ParticipantId, is_agent: bool, intent: ActiveIntent, row_groups: Vec<Group>) -> bool {
        let member = self.members.entry(who.clone()).or_default();
        member.is_agent = is_agent;
        let before = member.intents.extract_if(.., |held| held.intent.intent_id == intent.intent_id).next();
        let is_new = before.is_none();
        let mut told = before.map(|held| held.told).unwrap_or_default();
        told.extend(row_groups.iter().filter(|group| !told.contains(group)).cloned().collect::<Vec<_>>());
        member.intents.push(Held { intent, groups: row_groups, told });
        is_new
    }

    /// Nobody holds anything else than these. Answers who held more, and the groups that were told of it.
    pub fn retain(&mut self, held: &HashSet<(&ParticipantId, &ClaimId)>) -> Vec<(ParticipantId, Vec<Group>)> {
        let mut lost = Vec::new();
        for (who, member) in &mut self.members {
            let is_over = |own: &mut Held| !held.contains(&(who, &own.intent.intent_id));
            let groups: Vec<Group> = member.intents.extract_if(.., is_over).flat_map(|own| own.told).collect();
            if !groups.is_empty() {
                lost.push((who.clone(), groups));
            }
        }
        lost.iter().for_each(|(who, _)| self.prune(who));
        lost
    }

    /// A participant's lease lasts longer.
    pub fn extend(&mut self, who: &ParticipantId, row: (&str, &str), expires_at: i64) {
        for Held { intent, .. } in self.members.get_mut(who).into_iter().flat_map(|member| &mut member.intents) {
            if (intent.entity_type.as_str(), intent.entity_id.as_str()) == row {
                intent.expires_at = intent.expires_at.max(expires_at);
            }
        }
    }

    /// A participant no longer holds this. Answers the groups that were told of it, if it did.
    pub fn release(&mut self, who: &ParticipantId, intent: &ClaimId) -> Option<Vec<Group>> {
        let member = self.members.get_mut(who)?;
        let released = member.intents.extract_if(.., |held| held.intent.intent_id == *intent).next();
        self.prune(who);
        released.map(|held| held.told)
    }

    /// The groups a participant shows, and those of the rows it holds.
    #[must_use]
    pub fn groups_of(&self, who: &ParticipantId) -> Vec<Group> {
        let Some(member) = self.members.get(who) else { return Vec::new() };
        let of_rows = member.intents.iter().flat_map(|held| held.told.iter().cloned());
        member.groups.iter().cloned().chain(of_rows).collect()
    }

    /// Everyone who is connected or holds something.
    pub fn known(&self) -> impl Iterator<Item = &ParticipantId> {
        self.members.keys()
    }

    /// The same, those that come after one of them.
    pub fn known_after(&self, after: Option<&ParticipantId>) -> impl Iterator<Item = &ParticipantId> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.members.range::<ParticipantId, _>((from, Bound::Unbounded)).map(|(who, _)| who)
    }

    /// What one listener is told about a participant: all of its claims the listener may see. `None` when it may not
    /// know of it at all, unless it could until now, for it sees the groups of what has `ended`. The listener must not be
    /// the participant itself: clients take their own echo for a stranger.
    #[must_use]
    pub fn frame(
        &self,
        who: &ParticipantId,
        kind: PresenceKind,
        to: &Access,
        now: i64,
        ended: &[Group],
    ) -> Option<PresenceUpdate> {
        let gone = Member::default();
        let member = self.members.get(who).unwrap_or(&gone);
        let intents: Vec<ActiveIntent> =
            member.intents.iter().filter(|held| to.sees(&held.groups)).map(|held| held.intent.clone()).collect();
        if intents.is_empty() && !to.sees(&member.groups) && !to.sees(ended) {
            return None;
        }
        let report = member.report();
        let status = match (kind, &report) {
            (PresenceKind::Leave, _) => PresenceStatus::Offline,
            (_, Some(report)) => report.status,
            _ if member.connections.is_empty() => PresenceStatus::Offline,
            _ => PresenceStatus::Online,
        };
        Some(PresenceUpdate {
            kind,
            user_id: who.clone(),
            status,
            sync_groups: member.groups.iter().filter(|group| to.sees(std::slice::from_ref(group))).cloned().collect(),
            is_agent: member.is_agent,
            timestamp: now,
            timezone: report.and_then(|report| report.timezone.clone()),
            custom_status: report.and_then(|report| report.custom_status.clone()),
            activity: report.and_then(|report| report.activity.clone()),
            active_intents: intents,
        })
    }

    /// What is told of a participant, there or not, to who may not know of it any more: nothing but that.
    #[must_use]
    pub fn parting(&self, who: &ParticipantId, now: i64) -> PresenceUpdate {
        PresenceUpdate {
            kind: PresenceKind::Leave,
            user_id: who.clone(),
            status: PresenceStatus::Offline,
            sync_groups: Vec::new(),
            is_agent: self.members.get(who).is_some_and(|member| member.is_agent),
            timestamp: now,
            timezone: None,
            custom_status: None,
            activity: None,
            active_intents: Vec::new(),
        }
    }

    fn prune(&mut self, who: &ParticipantId) {
        if self.members.get(who).is_some_and(|member| member.connections.is_empty() && member.intents.is_empty()) {
            self.members.remove(who);
        }
    }
}

impl Member {
    fn regroup(&mut self) {
        self.groups = self.connections.values().flat_map(|(groups, _)| groups.iter().cloned()).collect();
        self.groups.sort();
        self.groups.dedup();
    }

    /// The last report of a connection that is still there.
    fn report(&self) -> Option<&PresenceReport> {
        let last = self.reported_by.and_then(|connection| self.connections.get(&connection));
        last.or_else(|| self.connections.values().next_back()).and_then(|(_, report)| report.as_ref())
    }
}
