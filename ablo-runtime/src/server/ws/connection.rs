use std::collections::{BTreeMap, HashMap, HashSet};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ablo_schema::error::AbloError;
use ablo_schema::wire::{ClaimId, ClientFrame, Group, ServerFrame, SyncId, SyncRequest, TransactionId};
use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use super::behind::Behind;
use super::closing::{End, close, part, refuse};
use super::commits::{Done, Finished};
use super::slots::{Owner, Slot};
use super::sync::shown;
use crate::engine::{Event, LogEntry, ResyncReason, Subscription};
use crate::server::auth::Status;
use crate::server::http::Caller;
use crate::server::outbox::{Outbox, Push};
use crate::server::presence::ConnectionId;
use crate::server::room::{Arrival, Room};
use crate::server::state::Shared;
use crate::server::sync::outbound::{Outbound, Stream};
use crate::server::sync::{Grants, Pacing};
use crate::server::telemetry::{self, RequestId, Tally};
use crate::server::{depth, surrogates};

/// What a handshake asked for.
#[derive(Debug)]
pub struct Start {
    /// The connection's name.
    pub id: ConnectionId,
    /// The request it began with.
    pub request: RequestId,
    /// The cursor of an earlier connection.
    pub cursor: Option<String>,
    /// The groups.
    pub groups: Vec<String>,
    /// It comes from a web page that may not use this server.
    pub from_elsewhere: bool,
    /// The client behaves as an agent, who does not bootstrap. What its credential says does not decide that.
    pub is_agent: bool,
}

/// How many messages, or things it is told, a connection takes in before it sends what came of them.
const AT_ONCE: usize = 64;
/// A connection that never says that it is ready is sent deltas after this long anyway. Whoever says so later has missed
/// what came before.
const READY_MS: u64 = 10_000;
/// When the presence snapshot is repeated: clients lose what arrives while they still bootstrap.
const SNAPSHOTS_MS: [u64; 2] = [300, 1_200];

/// One socket.
pub(super) struct Connection {
    pub server: Shared,
    pub caller: Caller,
    pub room: Arc<Room>,
    pub id: ConnectionId,
    pub socket: WebSocket,
    pub events: Subscription,
    /// What the client asked to hear; `None` is everything it may.
    pub requested: Option<HashSet<Group>>,
    /// A first request that came before it may be answered.
    pub early: Option<SyncRequest>,
    pub out: Outbound<Arc<LogEntry>>,
    pub behind: Behind,
    pub start: Start,
    /// It has said that it is ready.
    pub is_ready: bool,
    /// Its cursor does not stand at zero.
    pub is_primed: bool,
    pub grants: Grants,
    /// Frames of grants that wait for the client to catch up.
    pub granted: HashMap<String, String>,
    pub pacing: Pacing,
    /// Answers that are held back, by the time they are due.
    pub late: BTreeMap<(u64, u64), String>,
    pub late_count: u64,
    /// Commits that have not been made yet.
    pub taken_in: Vec<Finished>,
    pub finished: FuturesUnordered<Finished>,
    /// Writes of this connection that have not come back as deltas.
    pub own: HashSet<TransactionId>,
    /// What it holds or waits for: the row, and when it was last renewed.
    pub claims: HashMap<ClaimId, super::claims::Held>,
    /// Extra groups, and when they end.
    pub scopes: HashMap<ClaimId, super::sync::Scope>,
    opened: u64,
    last_heard: u64,
    /// When what is due was last looked at.
    looked_at: u64,
    /// When the credential runs out, as far as is known.
    login_end: Option<u64>,
    /// Nothing waits in the write buffer.
    pub is_flushed: bool,
    /// It was asked whether it is there and has not answered.
    is_asked: bool,
    snapshots: Vec<u64>,
    pub tally: Tally,
}

/// Runs a socket from its handshake to its end. Only its beginning and its end need much room, and have it apart: nearly
/// always it is idle, as one of thousands.
pub fn run(server: Shared, caller: Caller, socket: WebSocket, start: Start) -> impl Future<Output = ()> {
    let beginning = Box::pin(begin(server, caller, socket, start));
    async move {
        let Some((mut connection, outbox, slot)) = beginning.await else { return };
        let end = connection.serve(&outbox).await;
        drop(slot);
        Box::pin(connection.end(end)).await;
    }
}

/// A connection, what it is told, and its place.
type Begun = (Box<Connection>, Arc<Outbox>, Option<Slot>);

/// Lets a socket in, or closes it.
async fn begin(server: Shared, caller: Caller, socket: WebSocket, start: Start) -> Option<Begun> {
    let limits = &server.options.limits;
    let most = match limits.sockets_per_organization {
        0 => usize::MAX,
        most => most,
    };
    let slot = server.slots.take([
        (Owner::Credential(caller.credential.id.clone()), limits.sockets_per_credential),
        (Owner::Space(caller.credential.space()), most),
    ]);
    let refusal = if start.from_elsewhere {
        Some((close::POLICY, "this origin may not connect"))
    } else if server.is_stopping() {
        Some((close::RESTART, "the server is restarting"))
    } else {
        slot.as_ref().err().map(|owner| match owner {
            Owner::Credential(_) => (close::TRY_LATER, "too many connections of this key"),
            Owner::Space(_) => {
                server.metrics.used_up("sockets");
                (close::TRY_LATER, "too many connections of this organization")
            }
        })
    };
    if let Some((code, reason)) = refusal {
        refuse(socket, code, reason).await;
        return None;
    }
    let groups: Vec<&str> = start.groups.iter().map(String::as_str).collect();
    let requested = server.asked(&caller.credential, &groups);
    if requested.as_ref().map_or(0, HashSet::len) > server.options.limits.groups_per_socket {
        refuse(socket, close::TOO_MANY_GROUPS, "too many groups").await;
        return None;
    }
    let events = match caller.session.subscribe(requested.clone()).await {
        Ok(events) => events,
        Err(error) => {
            telemetry::told(error);
            refuse(socket, close::FAILED, "the store failed").await;
            return None;
        }
    };
    let outbox = Arc::new(Outbox::default());
    let id = start.id;
    let room = server.room(&caller.credential.space());
    let shown = shown(&server, &caller, events.access());
    let who = caller.session.participant().reference();
    let credential = caller.credential.id.clone();
    let arrival = Arrival { id, who, credential, access: events.access().clone(), outbox: Arc::clone(&outbox) };
    server.metrics.sockets.fetch_add(1, Ordering::Relaxed);
    room.enter(arrival, shown, server.millis());
    let now = server.ticks();
    let mut out = Outbound::new(Stream::Windowed, events.start_head().0);
    out.set_settling(server.options.settle_marks);
    if start.cursor.is_some() {
        out.returns(now);
    }
    out.hold(true);
    let connection = Connection {
        room,
        id,
        socket,
        events,
        requested,
        early: None,
        out,
        behind: Behind::default(),
        start,
        is_ready: false,
        is_primed: false,
        grants: Grants::default(),
        granted: HashMap::new(),
        pacing: Pacing::default(),
        late: BTreeMap::new(),
        late_count: 0,
        taken_in: Vec::new(),
        finished: FuturesUnordered::new(),
        own: HashSet::new(),
        claims: HashMap::new(),
        scopes: HashMap::new(),
        opened: now,
        last_heard: now,
        looked_at: now,
        // Due at once: whatever happened to the credential since it was presented is seen.
        login_end: Some(now),
        is_flushed: true,
        is_asked: false,
        snapshots: SNAPSHOTS_MS.iter().rev().map(|after| now + after).collect(),
        tally: Tally::default(),
        server,
        caller,
    };
    Some((Box::new(connection), outbox, slot.ok()))
}

impl Connection {
    async fn serve(&mut self, outbox: &Outbox) -> End {
        if let Err(end) = Box::pin(self.send_snapshot()).await {
            return end;
        }
        // One timer for everything; it may be early, and is set anew only for what is due before it.
        let mut timer = pin!(tokio::time::sleep(Duration::ZERO));
        let mut set_to = 0;
        loop {
            let due = self.next_due();
            if due < set_to || timer.is_elapsed() {
                timer.as_mut().reset(self.server.instant(due));
                set_to = due;
            }
            let busy = self.is_busy();
            let step = tokio::select! {
                message = self.socket.recv(), if !busy => Box::pin(self.messages(message)).await,
                event = self.events.next() => self.events(event).await,
                push = outbox.next() => Box::pin(self.pushes(push, outbox)).await,
                Some(done) = self.finished.next(), if !self.finished.is_empty() => Box::pin(self.finished(done)).await,
                () = timer.as_mut() => Ok(()),
            };
            let step = match step {
                Ok(()) => self.settle().await,
                end => end,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Whether as many of its commits wait for their answer as may, or it lags too far behind those it made.
    fn is_busy(&self) -> bool {
        let unanswered = self.taken_in.len() + self.finished.len() + self.late.len();
        unanswered >= self.server.options.limits.commits_in_flight || self.behind.is_full()
    }

    /// When something is due without anyone asking.
    fn next_due(&self) -> u64 {
        let limits = &self.server.options.limits;
        let silence = if self.is_asked { limits.idle_timeout } else { limits.idle_ping.min(limits.idle_timeout) };
        let life = self.last_heard.saturating_add(millis(silence)).saturating_add(1);
        let late = self.late.first_key_value().map(|((at, _), _)| *at);
        let scopes = self.scopes.values().filter_map(|scope| scope.next_look(self.looked_at)).min();
        let ready = (!self.is_ready).then_some(self.opened + READY_MS);
        let others = [
            self.out.next_due(self.grants.is_waited_for()),
            self.grants.next_due(),
            late,
            scopes,
            ready,
            self.early.as_ref().map(|_| self.out.begins_at()),
            self.snapshots.last().copied(),
            self.login_end,
        ];
        others.into_iter().flatten().fold(life, u64::min)
    }

    /// What follows every step: everything that may be sent now is, and whatever is due is done.
    async fn settle(&mut self) -> Result<(), End> {
        self.pass_on().await?;
        if self.behind.is_behind() {
            Box::pin(self.catch_up()).await?;
        }
        let now = self.server.ticks();
        if now >= self.next_due() {
            Box::pin(self.tick(now)).await?;
        }
        self.grant(now).await?;
        if let Some(question) = self.out.question(self.grants.is_waited_for()) {
            self.feed(Message::Ping(Bytes::copy_from_slice(&question.to_be_bytes()))).await?;
        }
        self.flush().await
    }

    /// Everything whose time has come.
    async fn tick(&mut self, now: u64) -> Result<(), End> {
        self.looked_at = now;
        if let Some(request) = self.early.take_if(|_| now >= self.out.begins_at()) {
            self.sync(request).await?;
        }
        if !self.is_ready && now >= self.opened + READY_MS {
            self.is_ready = true;
            self.out.hold(false);
        }
        while self.snapshots.last().is_some_and(|at| *at <= now) {
            self.snapshots.pop();
            self.send_snapshot().await?;
        }
        self.pass_on().await?;
        while let Some(entry) = self.late.first_entry().filter(|entry| entry.key().0 <= now) {
            let frame = entry.remove();
            self.send(frame).await?;
        }
        self.expire_scopes(now).await?;
        self.check_life(now).await?;
        self.check_login()
    }

    /// Asks a silent client whether it is there, and gives up one that does not answer.
    async fn check_life(&mut self, now: u64) -> Result<(), End> {
        let limits = &self.server.options.limits;
        let silence = now.saturating_sub(self.last_heard);
        if silence > millis(limits.idle_timeout) {
            return Err(End::Close(close::IDLE, "nothing was heard for too long"));
        }
        if silence > millis(limits.idle_ping) && !self.is_asked {
            self.is_asked = true;
            self.feed(Message::Ping(Bytes::new())).await?;
        }
        Ok(())
    }

    async fn messages(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let taken = self.take_in(message).await;
        // Also of a socket that has ended: what it asked for before is done.
        self.make_commits();
        taken
    }

    /// Takes a message in, and those that are there already.
    async fn take_in(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        self.message(message).await?;
        for _ in 1..AT_ONCE {
            if self.is_busy() {
                break;
            }
            let Some(message) = self.socket.recv().now_or_never() else { break };
            self.message(message).await?;
        }
        Ok(())
    }

    async fn message(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        let text = match message {
            None | Some(Ok(Message::Close(_))) => return Err(End::Gone),
            Some(Err(_)) => return Err(End::Gone),
            Some(Ok(Message::Text(text))) => text,
            Some(Ok(Message::Ping(_))) => {
                self.heard();
                return Ok(());
            }
            Some(Ok(Message::Pong(answer))) => {
                self.heard();
                if let Ok(question) = answer.as_ref().try_into() {
                    self.out.answered(u64::from_be_bytes(question), self.server.ticks());
                }
                return Ok(());
            }
            // Clients send text only.
            Some(Ok(Message::Binary(_))) => return Ok(()),
        };
        self.heard();
        self.tally.received += 1;
        if text.len() > self.server.options.limits.message_bytes {
            self.make_commits();
            return self.too_large(&text).await;
        }
        let nested = depth::check(&text, self.server.options.limits.json_depth).err();
        let mended = surrogates::mended(&text);
        let frame = ClientFrame::decode(mended.as_deref().unwrap_or(&text));
        if !matches!((&frame, &nested), (Ok(ClientFrame::Commit(_)), None)) {
            self.make_commits();
        }
        match (frame, nested) {
            (Ok(frame), None) => self.frame(frame).await,
            (Ok(ClientFrame::Commit(commit)), Some(error)) => self.refuse(commit.client_tx_id, error).await,
            // Nobody waits for an answer to anything else.
            (Ok(_), Some(_)) => Ok(()),
            (Err(error), _) => self.malformed(error).await,
        }
    }

    /// Any frame is a sign of life: it keeps the connection and everything held through it.
    fn heard(&mut self) {
        self.last_heard = self.server.ticks();
        self.is_asked = false;
        self.renew();
    }

    async fn frame(&mut self, frame: ClientFrame) -> Result<(), End> {
        match frame {
            ClientFrame::Ping => self.send_frame(&ServerFrame::Pong).await,
            ClientFrame::Ack(ack) => {
                self.ack(ack.last_sync_id.0);
                Ok(())
            }
            ClientFrame::SyncRequest(request) => self.sync(request).await,
            ClientFrame::Commit(commit) => {
                self.commit(commit);
                Ok(())
            }
            ClientFrame::Presence(report) => {
                self.room.report(self.id, report, self.server.millis());
                Ok(())
            }
            ClientFrame::Claim(scope) => self.widen(scope).await,
            ClientFrame::Release(claim) => self.narrow(&claim).await,
            ClientFrame::IntentBegin(begin) => self.begin(begin).await,
            ClientFrame::IntentAbandon(abandon) => self.abandon(abandon).await,
            ClientFrame::IntentReorder(reorder) => {
                self.reorder(reorder).await;
                Ok(())
            }
            ClientFrame::Other { kind, payload } => {
                if let Some(payload) = payload.filter(|_| self.server.options.relayed.contains(&kind)) {
                    self.room.relay(self.id, &kind, &payload);
                }
                Ok(())
            }
            ClientFrame::BootstrapRequest(_) | ClientFrame::Mutation(_) => Ok(()),
        }
    }

    /// The client has applied everything up to this id.
    pub(super) fn ack(&mut self, id: u64) {
        self.is_primed |= id > 0;
        self.out.acked(id);
    }

    /// Takes an event in, and everything that has been published meanwhile.
    async fn events(&mut self, event: Result<Option<Event>, AbloError>) -> Result<(), End> {
        self.event(event).await?;
        self.drain_events().await
    }

    /// Takes in everything that has been published so far.
    pub(super) async fn drain_events(&mut self) -> Result<(), End> {
        loop {
            match self.events.try_next().await {
                Ok(None) => return Ok(()),
                event => self.event(event).await?,
            }
        }
    }

    async fn event(&mut self, event: Result<Option<Event>, AbloError>) -> Result<(), End> {
        match event {
            Ok(Some(Event::Delta(entry))) => self.hear_run(&entry).await?,
            Ok(Some(Event::Claims(_))) => {}
            Ok(Some(Event::Resync { reason, after, .. })) => Box::pin(self.resync(reason, after)).await?,
            Ok(None) => return Err(End::Close(close::RESTART, "the server is restarting")),
            Err(error) => return Err(End::failed(error)),
        }
        Ok(())
    }

    async fn resync(&mut self, reason: ResyncReason, after: SyncId) -> Result<(), End> {
        self.server.metrics.resyncs.fetch_add(1, Ordering::Relaxed);
        telemetry::socket_resyncs(reason, after);
        self.read_from(after.0).await?;
        if reason == ResyncReason::AccessChanged {
            self.show();
            self.send_snapshot().await?;
        }
        Ok(())
    }

    /// Answers a commit, and those that have ended already.
    async fn finished(&mut self, done: Done) -> Result<(), End> {
        self.committed(done).await?;
        while let Some(Some(done)) = self.finished.next().now_or_never() {
            self.committed(done).await?;
        }
        Ok(())
    }

    /// Does what it was told, and what else it has been told already.
    async fn pushes(&mut self, push: Push, outbox: &Outbox) -> Result<(), End> {
        let (mut next, mut left) = (Some(push), AT_ONCE);
        while let Some(push) = next {
            self.push(push).await?;
            left -= 1;
            next = if left > 0 { outbox.try_next() } else { None };
        }
        Ok(())
    }

    async fn push(&mut self, push: Push) -> Result<(), End> {
        match push {
            Push::Frame(frame) => self.feed(Message::Text(frame)).await,
            Push::Granted(grant) => self.promoted(*grant).await,
            Push::Lost { claim, frame } => self.lost(&claim, frame).await,
            Push::Bootstrapped(head) => self.bootstrapped(head).await,
            Push::Login => self.check_login(),
            Push::Close(code, reason) => Err(End::Close(code, reason)),
            Push::FellBehind => Err(self.slow()),
        }
    }

    /// A credential that ran out may have been renewed: clients fetch the next one a minute early, but do not present it
    /// to an open socket.
    fn check_login(&mut self) -> Result<(), End> {
        let server = &self.server;
        let found = server.book.find(&self.caller.credential.id);
        let now = server.book.now();
        let current = match found.filter(|found| found.revoked_at.is_none()) {
            None => return Err(End::Close(close::LOGIN_OVER, "the credential was revoked")),
            Some(found) if found.status(now) == Status::Active => found,
            Some(found) => {
                server.book.successor(&found).ok_or(End::Close(close::EXPIRED, "the credential has expired"))?
            }
        };
        if current.id != self.caller.credential.id {
            self.room.succeed(self.id, &current.id);
        }
        self.login_end = current.expires_at.map(|end| server.tick_of(end));
        self.caller.credential = current;
        Ok(())
    }

    async fn end(mut self: Box<Self>, end: End) {
        end.log(self.tally, Duration::from_millis(self.server.ticks().saturating_sub(self.opened)));
        self.disconnect();
        self.server.metrics.sockets.fetch_sub(1, Ordering::Relaxed);
        self.room.leave(self.id, self.server.millis());
        // What was accepted is finished, and answered if anyone is there to hear it.
        let finishing = async {
            let mut heard = matches!(end, End::Close(..));
            while let Some(done) = self.finished.next().await {
                heard = heard && self.committed(done).await.is_ok();
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(5), finishing).await;
        match end {
            End::Gone => {}
            // Heard by a client that begins to read just now.
            End::Slow => part(&mut self.socket, close::TRY_LATER, "what was sent was not read").await,
            End::Close(code, reason) => part(&mut self.socket, code, reason).await,
        }
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
