use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ablo_schema::wire::{
    ActiveIntent, ClaimId, Group, IntentObject, IntentQueue, JsonText, ParticipantId, ParticipantKind, ParticipantRef,
    PresenceKind, PresenceReport, PresenceUpdate, RowTarget, ServerFrame,
};
use axum::extract::ws::Utf8Bytes;

use super::outbox::{Grant, Outbox, Push, Topic};
use super::presence::{ConnectionId, Presence};
use crate::claims::{ClaimEvent, ClaimLimits, Entry, RejectConflicts, RowClaims, RowContext};
use crate::engine::{Access, ClaimsChange};

/// One connection, as the others of its organization see it.
#[derive(Debug)]
struct Peer {
    who: ParticipantRef,
    credential: String,
    access: Access,
    outbox: Arc<Outbox>,
}

/// How many ended claims are remembered.
const REMEMBERED: usize = 4_096;

/// How many of those who are present are looked at at once.
const AT_ONCE: usize = 64;

/// Everyone who is connected to one organization.
#[derive(Debug, Default)]
pub struct Room(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    presence: Presence,
    peers: BTreeMap<ConnectionId, Peer>,
    /// How each claim was announced.
    spelled: HashMap<(ParticipantRef, ClaimId), Announced>,
    /// Claims that have ended, the oldest first.
    ended: VecDeque<(ParticipantRef, ClaimId)>,
    /// How each row's line was last shown.
    shown: HashMap<(String, String), Shown>,
}

/// A claim's announcement.
#[derive(Debug)]
struct Announced {
    /// How it spelled its model. Peers match on exactly that.
    entity_type: String,
    /// The connection it last came from; `None` over HTTP.
    by: Option<ConnectionId>,
}

/// A row's line as it was shown.
#[derive(Debug, Default, PartialEq)]
struct Shown {
    spellings: BTreeSet<String>,
    /// Who may see it.
    groups: Vec<Group>,
    /// Who was shown it; those who do not see the row any more among them.
    told: Vec<Group>,
    /// The frames, one per spelling; none when nobody waits.
    frames: Vec<Utf8Bytes>,
}

/// A new connection.
#[derive(Debug)]
pub struct Arrival {
    /// Its name.
    pub id: ConnectionId,
    /// Who.
    pub who: ParticipantRef,
    /// The credential it came with.
    pub credential: String,
    /// What it may hear.
    pub access: Access,
    /// Where it is told things.
    pub outbox: Arc<Outbox>,
}

impl Room {
    /// Lets a connection in and tells the others.
    pub fn enter(&self, arrival: Arrival, groups: Vec<Group>, now: i64) {
        let mut inside = self.lock();
        let Arrival { id, who, credential, access, outbox } = arrival;
        let first = inside.presence.join(&who.id, who.kind == ParticipantKind::Agent, id, groups);
        inside.peers.insert(id, Peer { who: who.clone(), credential, access, outbox });
        inside.announce(&who.id, if first { PresenceKind::Enter } else { PresenceKind::Update }, now, &[]);
    }

    /// Lets a connection go and tells the others.
    pub fn leave(&self, id: ConnectionId, now: i64) {
        let mut inside = self.lock();
        let Some(peer) = inside.peers.remove(&id) else { return };
        let known_by = inside.presence.groups_of(&peer.who.id);
        let last = inside.presence.leave(&peer.who.id, id);
        inside.announce(&peer.who.id, if last { PresenceKind::Leave } else { PresenceKind::Update }, now, &known_by);
        if last && inside.presence.known().any(|who| *who == peer.who.id) {
            // What it still holds outlives its socket.
            inside.announce(&peer.who.id, PresenceKind::Update, now, &[]);
        }
    }

    /// What a connection may hear changed, and with it who hears of it.
    pub fn regroup(&self, id: ConnectionId, access: Access, groups: Vec<Group>, now: i64) {
        let mut inside = self.lock();
        let Some(peer) = inside.peers.get_mut(&id) else { return };
        let before = std::mem::replace(&mut peer.access, access);
        let who = peer.who.id.clone();
        let known_by = inside.presence.groups_of(&who);
        inside.presence.regroup(&who, id, groups);
        inside.announce(&who, PresenceKind::Update, now, &[]);
        inside.part(id, &before, &known_by, now);
    }

    /// A connection said what its participant does.
    pub fn report(&self, id: ConnectionId, report: PresenceReport, now: i64) {
        let mut inside = self.lock();
        let Some(who) = inside.peers.get(&id).map(|peer| peer.who.id.clone()) else { return };
        inside.presence.report(&who, id, report);
        inside.announce(&who, PresenceKind::Update, now, &[]);
    }

    /// Those a connection may know of, one frame each, never its own participant, some of them at a time: who comes after
    /// somebody, and who was looked at last if there are more. Whoever reads slowly keeps little of them waiting.
    #[must_use]
    pub fn present_after(
        &self,
        id: ConnectionId,
        after: Option<&ParticipantId>,
        now: i64,
    ) -> (Vec<Utf8Bytes>, Option<ParticipantId>) {
        let inside = self.lock();
        let Some(peer) = inside.peers.get(&id) else { return (Vec::new(), None) };
        let some: Vec<&ParticipantId> = inside.presence.known_after(after).take(AT_ONCE).collect();
        let others = some.iter().filter(|who| ***who != peer.who.id);
        let frames = others
            .filter_map(|who| inside.presence.frame(who, PresenceKind::Enter, &peer.access, now, &[]))
            .filter_map(text)
            .collect();
        (frames, some.last().filter(|_| some.len() == AT_ONCE).map(|who| (*who).clone()))
    }

    /// The lines of rows that a connection may know of. They share their memory with all others.
    #[must_use]
    pub fn lines(&self, id: ConnectionId) -> Vec<Utf8Bytes> {
        let inside = self.lock();
        let Some(peer) = inside.peers.get(&id) else { return Vec::new() };
        let seen = inside.shown.values().filter(|shown| peer.access.sees(&shown.groups));
        seen.flat_map(|shown| shown.frames.clone()).collect()
    }

    /// Everyone within an access, for the older HTTP interface.
    #[must_use]
    pub fn present(&self, access: &Access, now: i64) -> Vec<PresenceUpdate> {
        let inside = self.lock();
        let known = inside.presence.known();
        known.filter_map(|who| inside.presence.frame(who, PresenceKind::Update, access, now, &[])).collect()
    }

    /// Whether a participant has, or had, such a claim. Requests may name claims that never were.
    #[must_use]
    pub fn knows(&self, who: &ParticipantRef, claim: &ClaimId) -> bool {
        let inside = self.lock();
        let key = (who.clone(), claim.clone());
        inside.spelled.contains_key(&key) || inside.ended.contains(&key)
    }

    /// Remembers how a claim spells its model and which connection it came from, before it is asked for.
    pub fn spell(&self, who: &ParticipantRef, claim: &ClaimId, entity_type: &str, by: Option<ConnectionId>) {
        let announced = Announced { entity_type: entity_type.to_owned(), by };
        self.lock().spelled.insert((who.clone(), claim.clone()), announced);
    }

    /// Ends what waits through a connection, with `end`; but not what its client has announced again on another one.
    pub fn end_waiting(&self, who: &ParticipantRef, claim: &ClaimId, by: ConnectionId, end: impl FnOnce()) {
        let inside = self.lock();
        if inside.spelled.get(&(who.clone(), claim.clone())).is_some_and(|announced| announced.by == Some(by)) {
            end();
        }
    }

    /// Forgets it, when the claim came to nothing.
    pub fn unspell(&self, who: &ParticipantRef, claim: &ClaimId) {
        self.lock().spelled.remove(&(who.clone(), claim.clone()));
    }

    /// A row's claims as objects: the holder, and the line behind it.
    #[must_use]
    pub fn objects(
        &self,
        model: &str,
        id: &str,
        claims: &RowClaims,
        now: u64,
    ) -> (Option<IntentObject>, Vec<IntentObject>) {
        let inside = self.lock();
        let holder = claims.lease().map(|lease| &lease.entry).filter(|entry| entry.alive(now));
        let holder = holder.map(|entry| entry.object(&inside.spelling(entry, model), id, None));
        let line = claims.queue().iter().filter(|entry| entry.alive(now)).enumerate();
        let line = line.map(|(at, entry)| entry.object(&inside.spelling(entry, model), id, Some(at as u64)));
        (holder, line.collect())
    }

    /// A row's claims changed: tells whom it concerns.
    pub fn claims_changed(&self, change: &ClaimsChange, now: i64) {
        let mut inside = self.lock();
        // Whose claims changed, and who may have been told of what ended.
        let mut changed: BTreeMap<ParticipantId, Vec<Group>> = BTreeMap::new();
        let row = (change.model.clone(), change.id.clone());
        let mut ended = Vec::new();
        for event in &change.events {
            match event {
                ClaimEvent::Granted { participant, .. } => {
                    changed.entry(participant.id.clone()).or_default();
                }
                ClaimEvent::Renewed { participant, expires_at, .. } => {
                    let spelled = change.claims.entry_of(participant).map(|entry| inside.spelling(entry, &row.0));
                    let spelled = spelled.unwrap_or_else(|| row.0.clone());
                    inside.presence.extend(&participant.id, (&spelled, &row.1), millis(*expires_at));
                }
                ClaimEvent::Ended { claim, participant, .. } => {
                    if let Some(told) = inside.presence.release(&participant.id, claim) {
                        changed.entry(participant.id.clone()).or_default().extend(told);
                    }
                    ended.push((participant.clone(), claim.clone()));
                }
                ClaimEvent::QueueChanged => {}
            }
        }
        if let Some(lease) = change.claims.lease() {
            let entry = &lease.entry;
            let is_agent = entry.participant.kind == ParticipantKind::Agent;
            for handle in &entry.handles {
                let key = (entry.participant.clone(), handle.clone());
                let spelled = inside.spelled.get(&key).map_or(&row.0, |announced| &announced.entity_type).clone();
                let intent = ActiveIntent { intent_id: handle.clone(), ..entry.active_intent(&spelled, &row.1) };
                if inside.presence.hold(&entry.participant.id, is_agent, intent, change.groups.clone()) {
                    changed.entry(entry.participant.id.clone()).or_default();
                }
            }
        }
        // Whoever is told of a grant finds the row free of its last holder.
        for (who, told) in changed {
            let ended = [told.as_slice(), &change.groups].concat();
            inside.announce(&who, PresenceKind::Update, now, &ended);
        }
        for event in &change.events {
            inside.tell(event, &row);
        }
        if change.events.contains(&ClaimEvent::QueueChanged) {
            inside.queue_changed(change);
        }
        for key in ended {
            inside.spelled.remove(&key);
            inside.ended.push_back(key);
            if inside.ended.len() > REMEMBERED {
                inside.ended.pop_front();
            }
        }
        if change.claims.lease().is_none() && change.claims.queue().is_empty() {
            inside.shown.remove(&row);
        }
    }

    /// These are all the claims there are; how it came to that was not told.
    pub fn claims_are(&self, all: &[ClaimsChange], now: i64) {
        let leases = all.iter().filter_map(|change| change.claims.lease()).map(|lease| &lease.entry);
        let held =
            leases.flat_map(|entry| entry.handles.iter().map(|handle| (&entry.participant.id, handle))).collect();
        let mut inside = self.lock();
        for (who, groups) in inside.presence.retain(&held) {
            inside.announce(&who, PresenceKind::Update, now, &groups);
        }
        drop(inside);
        for change in all {
            self.claims_changed(change, now);
        }
    }

    /// A bootstrap was served to a credential.
    pub fn bootstrapped(&self, credential: &str, head: u64) {
        let inside = self.lock();
        for peer in inside.peers.values().filter(|peer| peer.credential == credential) {
            peer.outbox.push(Push::Bootstrapped(head));
        }
    }

    /// Passes an application's event on to everyone who shares a group with its sender.
    pub fn relay(&self, from: ConnectionId, kind: &str, payload: &JsonText) {
        let inside = self.lock();
        let Some(sender) = inside.peers.get(&from) else { return };
        let frame = serde_json::to_string(&serde_json::json!({ "type": kind }));
        let Ok(head) = frame else { return };
        // The payload's own text is passed on as it came.
        let frame = Utf8Bytes::from(format!("{},\"payload\":{}}}", head.trim_end_matches('}'), payload.get()));
        let topic = Topic::Relayed(from, kind.to_owned());
        for (id, peer) in &inside.peers {
            let shares = match (&sender.access, &peer.access) {
                (Access::All, _) | (_, Access::All) => true,
                (Access::Groups(a), Access::Groups(b)) => !a.is_disjoint(b),
            };
            if *id != from && shares {
                peer.outbox.state(&topic, frame.clone());
            }
        }
    }

    /// A connection goes on with another credential.
    pub fn succeed(&self, id: ConnectionId, credential: &str) {
        if let Some(peer) = self.lock().peers.get_mut(&id) {
            credential.clone_into(&mut peer.credential);
        }
    }

    /// Has every connection of a credential, or every one, look at its credential.
    pub fn check_login(&self, credential: Option<&str>) {
        for peer in self.lock().peers.values().filter(|peer| credential.is_none_or(|id| peer.credential == id)) {
            peer.outbox.push(Push::Login);
        }
    }

    /// Closes every connection.
    pub fn close(&self, code: u16, reason: &'static str) {
        for peer in self.lock().peers.values() {
            peer.outbox.push(Push::Close(code, reason));
        }
    }

    /// Whether nobody is connected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lock().peers.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    /// Tells everyone but the participant itself about it, also those who could see what has `ended`. Clients would take an
    /// echo of themselves for a stranger.
    fn announce(&self, who: &ParticipantId, kind: PresenceKind, now: i64, ended: &[Group]) {
        let topic = Topic::Presence(who.clone());
        for peer in self.peers.values().filter(|peer| peer.who.id != *who) {
            let frame = self.presence.frame(who, kind, &peer.access, now, ended);
            if let Some(frame) = frame.and_then(text) {
                peer.outbox.state(&topic, frame);
            }
        }
    }

    /// Tells a connection, and those it could be seen by, of whom they may not know any more: clients would show them for ever.
    fn part(&self, id: ConnectionId, before: &Access, known_by: &[Group], now: i64) {
        let Some(own) = self.peers.get(&id) else { return };
        let knows = |access: &Access, of: &ParticipantId| {
            self.presence.frame(of, PresenceKind::Update, access, now, &[]).is_some()
        };
        let parting = |of: &ParticipantId, from: &Peer| {
            let frame = text(self.presence.parting(of, now));
            frame.into_iter().for_each(|frame| from.outbox.state(&Topic::Presence(of.clone()), frame));
        };
        for peer in self.peers.values().filter(|peer| peer.who.id != own.who.id) {
            if peer.access.sees(known_by) && !knows(&peer.access, &own.who.id) {
                parting(&own.who.id, peer);
            }
        }
        for other in self.presence.known().filter(|other| **other != own.who.id) {
            if knows(before, other) && !knows(&own.access, other) {
                parting(other, own);
            }
        }
    }

    fn spelling(&self, entry: &Entry, model: &str) -> String {
        let known =
            entry.handles.iter().find_map(|handle| self.spelled.get(&(entry.participant.clone(), handle.clone())));
        known.map_or_else(|| model.to_owned(), |announced| announced.entity_type.clone())
    }

    /// Tells a participant's connections of a promotion or a loss.
    fn tell(&self, event: &ClaimEvent, row: &(String, String)) {
        let (ClaimEvent::Granted { claim, participant, .. } | ClaimEvent::Ended { claim, participant, .. }) = event
        else {
            return;
        };
        let announced = self.spelled.get(&(participant.clone(), claim.clone()));
        let spelled = announced.map_or(&row.0, |announced| &announced.entity_type);
        let Some((_, frame)) = event.frame(&named(spelled, &row.1)) else { return };
        let is_grant = matches!(frame, ServerFrame::IntentGranted(_));
        let Ok(frame) = frame.encode() else { return };
        for peer in self.peers.values().filter(|peer| peer.who == *participant) {
            let (claim, frame) = (claim.clone(), frame.clone());
            peer.outbox.push(match is_grant {
                true => Push::Granted(Box::new(Grant { claim, row: row.clone(), frame })),
                false => Push::Lost { claim, frame: frame.into() },
            });
        }
    }

    /// Shows a row's line under every spelling its readers may look for.
    fn queue_changed(&mut self, change: &ClaimsChange) {
        let row = (change.model.clone(), change.id.clone());
        let mut spellings: BTreeSet<String> =
            change.claims.entries().map(|entry| self.spelling(entry, &change.model)).collect();
        spellings.insert(change.model.clone());
        let before = self.shown.get(&row);
        spellings.extend(before.into_iter().flat_map(|shown| shown.spellings.clone()));
        let earlier = before.map_or(&[][..], |shown| &shown.told);
        let mut told = [earlier, &change.groups].concat();
        told.sort();
        told.dedup();
        let line = change.claims.queue().iter().enumerate();
        let objects: Vec<IntentObject> = line
            .map(|(at, entry)| entry.object(&self.spelling(entry, &change.model), &change.id, Some(at as u64)))
            .collect();
        let shown = |spelled: &String| {
            let frame_of = |queue| {
                let target = RowTarget { kind: spelled.clone(), id: change.id.clone() };
                ServerFrame::<JsonText>::IntentQueue(IntentQueue { target, queue }).encode().ok().map(Utf8Bytes::from)
            };
            let topic = Topic::Line(spelled.clone(), change.id.clone());
            Some((topic, frame_of(objects.clone())?, frame_of(Vec::new())?))
        };
        let frames: Vec<(Topic, Utf8Bytes, Utf8Bytes)> = spellings.iter().filter_map(shown).collect();
        let kept =
            if objects.is_empty() { Vec::new() } else { frames.iter().map(|(_, frame, _)| frame.clone()).collect() };
        let now = Shown { spellings, groups: change.groups.clone(), told, frames: kept };
        // Nothing is told again that everyone concerned has been told: of all claims of an organization that is much.
        if before.map_or(now.frames.is_empty(), |before| *before == now) {
            return;
        }
        for peer in self.peers.values().filter(|peer| peer.access.sees(&now.told)) {
            let sees = peer.access.sees(&now.groups);
            for (topic, line, none) in &frames {
                peer.outbox.state(topic, if sees { line } else { none }.clone());
            }
        }
        self.shown.insert(row, now);
    }
}

fn text(update: PresenceUpdate) -> Option<Utf8Bytes> {
    ServerFrame::<JsonText>::Presence(update).encode().ok().map(Utf8Bytes::from)
}

fn millis(time: u64) -> i64 {
    i64::try_from(time).unwrap_or(i64::MAX)
}

/// A row under the spelling a reader looks for.
pub(super) fn named<'a>(spelled: &'a str, id: &'a str) -> RowContext<'a> {
    RowContext { model: spelled, id, limits: ClaimLimits::default(), policy: &RejectConflicts }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use ablo_schema::ir::SchemaDef;

    use super::*;
    use crate::claims::{Acquire, ClaimCommand};
    use crate::engine::{Engine, EngineOptions, Participant};
    use crate::store::MemoryStore;

    fn arrival(id: ConnectionId, name: &str) -> (Arrival, Arc<Outbox>) {
        let who = ParticipantRef { kind: ParticipantKind::User, id: name.into() };
        let outbox = Arc::<Outbox>::default();
        (Arrival { id, who, credential: "key".to_owned(), access: Access::All, outbox: Arc::clone(&outbox) }, outbox)
    }

    #[test]
    fn who_is_present_is_told_in_pages_everyone_once() {
        let room = Room::default();
        for id in 0..200 {
            room.enter(arrival(id, &format!("u{id:03}")).0, Vec::new(), 0);
        }
        let (mut told, mut pages, mut after) = (Vec::new(), 0, None);
        loop {
            let (frames, last) = room.present_after(100, after.as_ref(), 0);
            assert!(frames.len() <= AT_ONCE);
            pages += 1;
            told.extend(frames.iter().map(|frame| {
                let frame: serde_json::Value = serde_json::from_str(frame).unwrap();
                frame["payload"]["userId"].as_str().unwrap().to_owned()
            }));
            if last.is_none() {
                break;
            }
            after = last;
        }
        let others: Vec<String> = (0..200).filter(|id| *id != 100).map(|id| format!("u{id:03}")).collect();
        assert_eq!((told, pages), (others, 4));
    }

    #[tokio::test]
    async fn standing_claims_are_told_once_however_often_they_are_read() {
        let artifact = include_str!("../../../tests/conformance/schema.json");
        let schema = SchemaDef::from_artifact(artifact).unwrap().validate().unwrap();
        let engine = Engine::open(schema, MemoryStore::new(), EngineOptions::default()).await.unwrap();
        let claim = async |who: &str, row: &str| {
            let wish = Acquire {
                claim: who.into(),
                details: Default::default(),
                ttl_ms: None,
                wait: true,
                max_queue_depth: None,
            };
            let session = engine.session(Participant::user("o", who));
            session.claim("tasks", row, ClaimCommand::Acquire(wish)).await.unwrap();
        };
        claim("a", "t1").await;
        let room = Room::default();
        let (arrival, outbox) = arrival(1, "reader");
        room.enter(arrival, Vec::new(), 0);
        let read = async || {
            let all = engine.session(Participant::system("o", "sys")).standing_claims().await.unwrap();
            room.claims_are(&all, 0);
            let told = std::iter::from_fn(|| outbox.try_next());
            told.filter(|push| matches!(push, Push::Frame(frame) if frame.contains("intent_queue"))).count()
        };
        assert_eq!(read().await, 0, "nobody waits");
        claim("b", "t1").await;
        assert_eq!(read().await, 1);
        assert_eq!(read().await, 0, "told already");
        claim("c", "t1").await;
        assert_eq!(read().await, 1, "and one more waits");
    }
}
