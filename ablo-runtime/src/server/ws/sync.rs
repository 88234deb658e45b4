use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::LoadStrategy;
use ablo_schema::time::Timestamp;
use ablo_schema::wire::{
    ClaimAck, ClaimId, Cursor, DeltaAction, Group, JsonText, ScopeClaim, ServerFrame, SyncId, SyncRequest,
    SyncResponse, WireDelta,
};
use axum::extract::ws::Message;

use super::behind::{PAGE, log_failed};
use super::closing::End;
use super::connection::Connection;
use super::project;
use crate::engine::{Access, LogEntry, Participant};
use crate::server::http::Caller;
use crate::server::state::Shared;
use crate::server::sync::Place;
use crate::server::sync::outbound::{ORDERED_STREAM, Parcel, Stream};

/// Bytes of deltas after which a response is full.
const RESPONSE: usize = 512 << 10;
/// The row that does not exist, by whose deletion a client's cursor is moved.
const CURSOR_ROW: &str = "__cursor__";

/// How a stream begins.
enum Begun {
    /// From where the client stands.
    Following,
    /// The log does not reach back to where the client stands.
    TooOld(AbloError),
}

/// More groups for a socket.
pub(super) struct Scope {
    groups: Vec<Group>,
    /// When it ends.
    end: Option<u64>,
    /// The credential that lends the groups, when they are not the participant's own.
    lender: Option<String>,
}

/// How often it is asked whether a lender's credential still works.
const LENDER_MS: u64 = 1_000;

impl Scope {
    /// When it is to be looked at again.
    pub fn next_look(&self, last: u64) -> Option<u64> {
        let lender = self.lender.as_ref().map(|_| last + LENDER_MS);
        [self.end, lender].into_iter().flatten().min()
    }
}

impl Connection {
    /// Answers `sync_request`.
    pub(super) async fn sync(&mut self, request: SyncRequest) -> Result<(), End> {
        if request.capabilities.iter().any(|name| name == ORDERED_STREAM) {
            self.out.set_stream(Stream::Ordered);
        }
        if !self.is_ready && self.server.ticks() < self.out.begins_at() {
            self.early = Some(request);
            return Ok(());
        }
        let head = self.caller.session.head().await.map_err(End::failed)?;
        let first = !self.is_ready;
        let (mut ready, mut too_old) = (Vec::new(), None);
        if first {
            self.is_ready = true;
            self.out.hold(false);
            if let Begun::TooOld(error) = self.begin_stream(&request, head.0).await? {
                too_old = Some(error);
            }
            let now = self.server.ticks();
            ready = std::iter::from_fn(|| self.out.pop(now)).collect();
        } else {
            self.ack(request.last_sync_id.0.min(self.out.sent_through()));
        }
        let is_too_old = too_old.is_some();
        let empty = ready.is_empty() && !self.behind.is_behind() && !is_too_old;
        // What does not fit into one message follows in its order, each delta in a message of its own.
        let (mut deltas, mut bytes, mut through) = (Vec::new(), 0, self.out.sent_through());
        let mut rest = ready.iter();
        // Who is told to bootstrap reads nothing else in that message.
        let most = if is_too_old { 0 } else { usize::MAX };
        for parcel in rest.by_ref().take(most) {
            let Some(delta) = self.json(parcel) else { continue };
            bytes += delta.get().len();
            deltas.push(delta);
            if bytes > RESPONSE {
                through = parcel.delta.id;
                break;
            }
        }
        let mut response = SyncResponse::new(deltas, head);
        response.new_cursor = (!is_too_old).then(|| self.cursor(through));
        response.requires_bootstrap = Some(is_too_old);
        let hint = too_old.map(|error| {
            let (error, id) = self.told("sync_request", self.tally.received, error);
            serde_json::json!({ "code": error.code(), "message": error.message, "request_id": id })
        });
        response.bootstrap_hint = hint.and_then(|hint| JsonText::of(&hint).ok());
        self.send_frame(&ServerFrame::SyncResponse(response)).await?;
        for parcel in rest {
            self.feed(Message::Text(self.frame_of(parcel))).await?;
        }
        self.catch_up().await?;
        if first {
            self.send_snapshot().await?;
            let served = self.start.is_agent || !self.server.bootstrap_heads(&self.caller.credential.id).is_empty();
            // Agents do not bootstrap, also not when they are told to: they read what they need.
            if (empty && served && !self.is_primed) || (self.start.is_agent && is_too_old) {
                self.prime(self.out.sent_through()).await?;
            }
        }
        Ok(())
    }

    /// Finds out where the client stands and offers the first page of what it missed.
    async fn begin_stream(&mut self, request: &SyncRequest, head: u64) -> Result<Begun, End> {
        let epoch = self.server.engine.epoch();
        let cursor = request.cursor.as_ref().map(|cursor| cursor.as_str()).or(self.start.cursor.as_deref());
        let place = cursor.filter(|cursor| !cursor.is_empty()).map(str::parse::<Place>);
        // What it knows is of another history: of a log that was lost, or of which a backup was restored.
        let is_of_here = |place: Place| place.epoch == epoch && place.id <= head;
        let is_elsewhere = place.is_some_and(|place| !place.is_ok_and(is_of_here)) || request.last_sync_id.0 > head;
        let acked = if is_elsewhere { 0 } else { request.last_sync_id.0 };
        // Whoever shares its credential may have bootstrapped as well: what is told again does no harm.
        let heads = match self.start.is_agent {
            true => Vec::new(),
            false => self.server.bootstrap_heads(&self.caller.credential.id),
        };
        heads.iter().for_each(|head| self.out.loaded(*head));
        let loaded = heads.into_iter().min();
        self.is_primed = acked > 0;
        let known = match acked {
            0 if is_elsewhere && loaded.is_none() => return Ok(Begun::TooOld(elsewhere())),
            0 if is_elsewhere => loaded,
            // A cursor without an ack is of a client that never applied anything, whose rows are its bootstrap's.
            0 => {
                let cursor = place.and_then(Result::ok).map(|place| place.id).filter(|id| *id > 0);
                cursor.map(|cursor| loaded.map_or(cursor, |head| head.min(cursor))).or(loaded)
            }
            id => Some(id),
        };
        let Some(mut from) = known.filter(|known| *known < self.out.sent_through()) else {
            self.out.acked(acked);
            return Ok(Begun::Following);
        };
        let mut page = self.events.log(SyncId(from), PAGE).await;
        if let (Err(error), Some(loaded)) = (&page, loaded)
            && error.is(Code::MustBootstrap)
        {
            // It has just loaded everything anew, as clients of 0.9.0 do on every reconnect.
            from = loaded;
            self.is_primed = false;
            page = self.events.log(SyncId(from), PAGE).await;
        }
        match page {
            Ok(page) => {
                // What waits is in the log as well.
                self.out.rewind(from);
                self.out.acked(acked);
                self.take_page(from, &page);
                Ok(Begun::Following)
            }
            Err(error) if error.is(Code::MustBootstrap) => {
                self.is_primed = false;
                Ok(Begun::TooOld(error))
            }
            Err(error) => Err(End::failed(error)),
        }
    }

    /// Takes in what the log has after one delta and through another: what is stored but not yet published when a
    /// subscription begins, neither that one is told nor the one before it. Who lags behind reads it anyway.
    async fn hear_stored(&mut self, mut after: SyncId, through: SyncId) -> Result<(), End> {
        while after < through && !self.behind.is_behind() {
            let page = self.events.log(after, PAGE).await.map_err(log_failed)?;
            for entry in page.entries.into_iter().filter(|entry| entry.id() <= through) {
                self.hear(entry).await?;
            }
            if page.cursor <= after {
                break;
            }
            after = page.cursor;
        }
        Ok(())
    }

    /// Moves the cursor of a client that stands at zero, by a delta that changes nothing.
    async fn prime(&mut self, head: u64) -> Result<(), End> {
        let model = self.server.schema.models().find(|model| model.def().load == LoadStrategy::Instant);
        let (Some(model), true) = (model, head > 0 && !self.is_primed && self.out.stream() == Stream::Windowed) else {
            return Ok(());
        };
        self.is_primed = true;
        let delta = WireDelta {
            id: SyncId(head),
            action_type: DeltaAction::Delete,
            model_name: model.def().typename.clone(),
            model_id: CURSOR_ROW.to_owned(),
            data: None,
            previous_data: None,
            sync_groups: Vec::new(),
            transaction_id: None,
            created_at: Timestamp::from_millisecond(self.server.millis()).ok(),
            created_by: None,
            actor: None,
            on_behalf_of: None,
            capability_id: None,
            confirmation_state: None,
            caused_by_task_id: None,
        };
        let Ok(delta) = JsonText::of(&delta) else { return Ok(()) };
        let mut response = SyncResponse::new(vec![delta], SyncId(head));
        response.new_cursor = Some(self.cursor(head));
        self.send_frame(&ServerFrame::SyncResponse(response)).await
    }

    /// The client's bootstrap was served after its socket had started: from here on its cursor may stand at the head.
    pub(super) async fn bootstrapped(&mut self, head: u64) -> Result<(), End> {
        self.out.loaded(head);
        if !self.is_ready || self.is_primed || self.start.is_agent {
            return Ok(());
        }
        self.drain_events().await?;
        self.pass_on().await?;
        if self.out.waiting() == 0 && !self.behind.is_behind() {
            self.prime(self.out.sent_through()).await?;
        }
        Ok(())
    }

    /// What a client keeps of a position.
    fn cursor(&self, id: u64) -> Cursor {
        Place { epoch: self.server.engine.epoch(), id }.to_string().into()
    }

    fn json(&self, parcel: &Parcel<Arc<LogEntry>>) -> Option<JsonText> {
        JsonText::parse(project::delta(&self.frame_of(parcel))).ok()
    }

    /// Answers `claim`: more groups for this socket, for a while.
    pub(super) async fn widen(&mut self, scope: ScopeClaim) -> Result<(), End> {
        let ScopeClaim { claim_id, sync_groups, capability_token, ttl_seconds } = scope;
        let groups = Group::among(sync_groups.iter().map(String::as_str));
        let (session, lender) = match &capability_token {
            Some(token) => match self.server.caller(Some(token)).await {
                Ok(other) if other.credential.space() == self.caller.credential.space() => {
                    (other.session, Some(other.credential.id.clone()))
                }
                Ok(_) => return self.denied(claim_id, &sync_groups, None).await,
                Err(error) => return self.denied(claim_id, &sync_groups, Some(error)).await,
            },
            None => (self.caller.session.clone(), None),
        };
        let (access, _) = session.access().await.map_err(End::failed)?;
        let allowed =
            groups.len() == sync_groups.len() && groups.iter().all(|group| access.sees(std::slice::from_ref(group)));
        if !allowed || groups.is_empty() {
            return self.denied(claim_id, &sync_groups, None).await;
        }
        let most = self.server.options.limits.groups_per_socket;
        let others = self.scopes.iter().filter(|(id, _)| **id != claim_id).map(|(_, scope)| scope.groups.len());
        if self.requested.as_ref().map_or(0, HashSet::len) + others.sum::<usize>() + groups.len() > most {
            let message = format!("A connection hears at most {most} groups; release some, or open another.");
            let error = AbloError::new(Code::ConnectionLimitExceeded, message);
            return self.denied(claim_id, &sync_groups, Some(error)).await;
        }
        let end = ttl_seconds.map(|seconds| self.server.ticks().saturating_add(seconds.saturating_mul(1_000)));
        let scope = Scope { groups: groups.clone(), end, lender };
        let replaced = self.scopes.insert(claim_id.clone(), scope);
        self.resubscribe(replaced.is_some_and(|scope| scope.lender.is_some())).await?;
        let ack =
            ClaimAck { claim_id, success: true, sync_groups: Some(groups), ttl_seconds, error: None, request_id: None };
        self.send_frame(&ServerFrame::ClaimAck(ack)).await
    }

    async fn denied(&mut self, claim_id: ClaimId, groups: &[String], error: Option<AbloError>) -> Result<(), End> {
        let error = error.unwrap_or_else(|| {
            AbloError::new(Code::CapabilityScopeDenied, "The credential does not reach these groups.").detail(
                "requiredCapability",
                serde_json::json!({ "scope": "subscribe", "constraints": { "syncGroup": groups } }),
            )
        });
        let (error, request_id) = self.told("claim", self.tally.received, error);
        let (error, request_id) = (Some(error), Some(request_id));
        let ack = ClaimAck { claim_id, success: false, sync_groups: None, ttl_seconds: None, error, request_id };
        self.send_frame(&ServerFrame::ClaimAck(ack)).await
    }

    /// Answers `release`.
    pub(super) async fn narrow(&mut self, claim: &ClaimId) -> Result<(), End> {
        match self.scopes.remove(claim) {
            Some(scope) => self.resubscribe(scope.lender.is_some()).await,
            None => Ok(()),
        }
    }

    /// Ends the extra groups whose time is over, or whose lender's is.
    pub(super) async fn expire_scopes(&mut self, now: u64) -> Result<(), End> {
        let over = |scope: &Scope| {
            scope.end.is_some_and(|end| end <= now)
                || scope.lender.as_ref().is_some_and(|lender| !self.server.book.works(lender))
        };
        let ended: Vec<ClaimId> =
            self.scopes.iter().filter(|(_, scope)| over(scope)).map(|(id, _)| id.clone()).collect();
        for claim in ended {
            self.narrow(&claim).await?;
            self.send_frame(&ServerFrame::ClaimExpired(claim)).await?;
        }
        Ok(())
    }

    /// Hears the groups of the handshake and of every scope from here on. `returned` says that lent groups were given back.
    async fn resubscribe(&mut self, returned: bool) -> Result<(), End> {
        let groups = |scope: &Scope| scope.groups.clone();
        let mut lent: BTreeSet<Group> =
            self.scopes.values().filter(|scope| scope.lender.is_some()).flat_map(groups).collect();
        // Whoever hears all of its own hears those already; it is now seen by who hears only those.
        if self.requested.is_none() && lent.is_empty() && !returned {
            self.show();
            return Ok(());
        }
        let extra = self.scopes.values().flat_map(groups);
        let wanted: Option<HashSet<Group>> =
            self.requested.as_ref().map(|base| base.iter().cloned().chain(extra).collect());
        let own = self.caller.session.participant().clone();
        lent.extend(own.lent.iter().cloned());
        let participant = Participant { lent, ..own };
        let listener = self.server.engine.session(participant);
        let next = listener.subscribe(wanted).await.map_err(End::failed)?;
        let arrived = self.events.arrived_through();
        self.drain_events().await?;
        self.hear_stored(arrived, next.start_head()).await?;
        self.events = next;
        self.show();
        self.send_snapshot().await
    }

    /// Shows the participant to those who share what it hears.
    pub(super) fn show(&self) {
        let access = self.events.access().clone();
        let groups = shown(&self.server, &self.caller, &access);
        let joined = self.scopes.values().flat_map(|scope| scope.groups.iter().cloned());
        self.room.regroup(self.id, access, groups.into_iter().chain(joined).collect(), self.server.millis());
    }
}

/// The groups a peer shows: those it hears; those its credential lists when it hears everything.
pub(super) fn shown(server: &Shared, caller: &Caller, access: &Access) -> Vec<Group> {
    match access {
        Access::Groups(groups) => groups.iter().cloned().collect(),
        Access::All => server.listed_groups(&caller.credential),
    }
}

/// Why a client of another history has to start over.
fn elsewhere() -> AbloError {
    AbloError::new(
        Code::MustBootstrap,
        "the log does not lead to where you stand: it was lost, or restored from a backup; bootstrap again",
    )
}
