use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use ablo_schema::error::{AbloError, Code};
use ablo_schema::ir::ValidSchema;
use ablo_schema::time::Timestamp;
use ablo_schema::wire::{Group, KeyKind, OrganizationId};
use tokio::sync::{broadcast, watch};

use super::auth::{Book, Credential, DEFAULT_GROUP, HttpKeys, Issuers};
use super::health::Health;
use super::http::Caller;
use super::metrics::Metrics;
use super::options::ServerOptions;
use super::rate::Buckets;
use super::retention;
use super::room::Room;
use super::sync::Bootstraps;
use super::telemetry;
use super::ws::Slots;
use crate::engine::{Engine, Event, Operations, Participant, Subscription};
use crate::lock::lock;

/// The server's state, shared by everything it does.
pub type Shared = Arc<Server>;

/// Everything a running server knows.
pub struct Server {
    /// The engine.
    pub engine: Engine,
    /// The schema that is served.
    pub schema: Arc<ValidSchema>,
    /// Credentials and tasks.
    pub book: Book,
    /// Whose tokens are taken.
    issuers: Issuers,
    /// How it behaves.
    pub options: ServerOptions,
    /// What it counts.
    pub metrics: Metrics,
    /// How far each credential's recent bootstraps reached.
    pub bootstraps: Mutex<Bootstraps>,
    rooms: Mutex<HashMap<OrganizationId, Arc<Room>>>,
    rates: Mutex<Buckets>,
    health: Health,
    /// The places of sockets.
    pub slots: Slots,
    connections: AtomicU64,
    draining: AtomicBool,
    stop: watch::Sender<bool>,
    started: Instant,
}

impl Server {
    /// A server over an engine, for [`router`](super::router). What it does by itself, such as to trim logs and to close the
    /// sockets of revoked credentials, it does from here on until [`Server::stop`]. Must be called inside a tokio runtime.
    #[must_use]
    pub fn new(engine: Engine, schema: Arc<ValidSchema>, book: Book, options: ServerOptions) -> Shared {
        let changed = book.changed();
        let server = Arc::new(Self {
            engine,
            schema,
            book,
            issuers: Issuers::new(&options.issuers, Arc::new(HttpKeys)),
            options,
            metrics: Metrics::default(),
            bootstraps: Mutex::default(),
            rooms: Mutex::default(),
            rates: Mutex::default(),
            health: Health::default(),
            slots: Slots::default(),
            connections: AtomicU64::new(0),
            draining: AtomicBool::new(false),
            stop: watch::channel(false).0,
            started: Instant::now(),
        });
        let weak = Arc::downgrade(&server);
        tokio::spawn(check_logins(weak.clone(), changed));
        tokio::spawn(retention::run(weak, server.stopped()));
        server
    }

    /// Who presents this token.
    ///
    /// # Errors
    /// `auth_no_credentials`, or why the key or token does not work.
    pub async fn caller(&self, token: Option<&str>) -> Result<Caller, AbloError> {
        let missing = || AbloError::new(Code::AuthNoCredentials, "Send a key: `Authorization: Bearer <key>`.");
        let token = token.ok_or_else(missing)?;
        let credential = if self.issuers.judges(token) {
            self.book.present_signed(token, self.issuers.verify(token, self.book.now()).await?)?
        } else {
            self.book.present(token)?
        };
        let participant = self.participant(&credential);
        Ok(Caller { session: self.engine.session(participant), credential })
    }

    /// The participant a credential acts as.
    #[must_use]
    pub fn participant(&self, credential: &Credential) -> Participant {
        let mut participant = credential.participant(&self.identity_groups(credential));
        if credential.kind == KeyKind::Publishable {
            // Whatever a browser may do with a key everyone can read is reading.
            let reads = self.schema.models().map(|model| format!("{}.read", model.key()));
            participant.operations = Operations::allow(reads);
        }
        participant
    }

    /// The groups a credential's identity alone gives.
    fn identity_groups(&self, credential: &Credential) -> Vec<Group> {
        let identity = credential.identity();
        self.schema.identity_groups(|member| identity.get(member))
    }

    /// The groups a response names for a credential: those it was narrowed to, else its identity's. Clients complain
    /// about an empty list.
    #[must_use]
    pub fn listed_groups(&self, credential: &Credential) -> Vec<Group> {
        if let Some(asked) = &credential.groups {
            return Group::among(asked.iter().map(String::as_str));
        }
        let groups = self.identity_groups(credential);
        if groups.is_empty() { Group::among([DEFAULT_GROUP]) } else { groups }
    }

    /// What a client that asks for these groups is to get; `None` is everything its credential reaches.
    ///
    /// Clients name the groups they were told of when they began and go on naming them. Whoever asks for all of its own
    /// gets those as well that rows grant it now.
    #[must_use]
    pub fn asked(&self, credential: &Credential, groups: &[&str]) -> Option<HashSet<Group>> {
        let own = self.listed_groups(credential);
        let asks_for_own = own.iter().all(|group| groups.contains(&group.as_str()));
        let everything = groups.is_empty() || groups.contains(&DEFAULT_GROUP) || asks_for_own;
        (!everything).then(|| Group::among(groups.iter().copied()).into_iter().collect())
    }

    /// Counts a request against the rates of its credential and its organization.
    ///
    /// # Errors
    /// `rate_limited`.
    pub fn admit(&self, credential: &Credential) -> Result<(), AbloError> {
        let limits = &self.options.limits;
        let rates = [
            ("key", credential.id.clone(), limits.requests_per_second),
            ("organization", credential.space().to_string(), limits.organization_requests_per_second),
        ];
        let now = self.ticks();
        let mut buckets = lock(&self.rates);
        for (whose, id, rate) in rates {
            buckets.take(&format!("{whose} {id}"), rate, now).map_err(|wait| {
                let message = format!("This {whose} sends more than {rate} requests per second; slow down.");
                AbloError::new(Code::RateLimited, message).detail("retryAfterSeconds", wait.div_ceil(1_000))
            })?;
        }
        Ok(())
    }

    /// The room of an organization's space. The first one in starts to listen to what happens there.
    #[must_use]
    pub fn room(self: &Arc<Self>, organization: &OrganizationId) -> Arc<Room> {
        let mut rooms = lock(&self.rooms);
        if let Some(room) = rooms.get(organization) {
            return room.clone();
        }
        let room = Arc::new(Room::default());
        rooms.insert(organization.clone(), room.clone());
        drop(rooms);
        tokio::spawn(self.clone().watch(organization.clone(), room.clone()));
        room
    }

    /// Follows the claims of an organization for as long as the server runs.
    async fn watch(self: Arc<Self>, organization: OrganizationId, room: Arc<Room>) {
        let session = self.engine.session(Participant::system(organization.clone(), "ablo"));
        let mut stop = self.stopped();
        loop {
            let Ok(mut events) = session.subscribe(None).await.map(Subscription::only_claims) else {
                tokio::time::sleep(Duration::from_secs(1)).await;
                continue;
            };
            // Claims outlive the process and what was missed here. What changes from here on is among the events.
            let mut is_behind = true;
            loop {
                if is_behind && let Ok(all) = session.standing_claims().await {
                    room.claims_are(&all, self.millis());
                    is_behind = false;
                }
                let event = tokio::select! {
                    event = events.next() => event,
                    _ = stop.wait_for(|stop| *stop) => return,
                };
                match event {
                    Ok(Some(Event::Claims(change))) => {
                        telemetry::claims_preempted(&organization, &change);
                        room.claims_changed(&change, self.millis());
                    }
                    Ok(Some(Event::Resync { .. })) => is_behind = true,
                    Ok(Some(Event::Delta(_))) => {}
                    Ok(None) => return,
                    Err(_) => break,
                }
            }
        }
    }

    /// Has the sockets of a credential, or all of them, look whether it still works.
    pub fn check_login(&self, credential: Option<&str>) {
        for room in lock(&self.rooms).values() {
            room.check_login(credential);
        }
    }

    /// Closes every socket.
    pub fn close_sockets(&self, code: u16, reason: &'static str) {
        for room in lock(&self.rooms).values() {
            room.close(code, reason);
        }
    }

    /// A name for a new connection.
    #[must_use]
    pub fn connection_id(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// A bootstrap that reached `head` was served to a credential.
    pub fn bootstrapped(self: &Arc<Self>, credential: &Credential, head: u64) {
        lock(&self.bootstraps).served(&credential.id, head, self.ticks());
        self.room(&credential.space()).bootstrapped(&credential.id, head);
    }

    /// A bootstrap that reached `head` is still being taken.
    pub fn bootstrapping(&self, credential: &Credential, head: u64) {
        lock(&self.bootstraps).still(&credential.id, head, self.ticks());
    }

    /// How far the recent bootstraps of a credential reached.
    #[must_use]
    pub fn bootstrap_heads(&self, credential: &str) -> Vec<u64> {
        lock(&self.bootstraps).heads_of(credential, self.ticks())
    }

    /// Whether the store can be read and written.
    pub async fn is_store_well(&self) -> bool {
        self.health.of(&self.engine, self.ticks()).await
    }

    /// Whether the server is about to stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// About to stop: it goes on, but is no longer ready.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether no socket may open any more.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Ends what runs in the background, and takes no more sockets.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Turns true when the server stops.
    #[must_use]
    pub fn stopped(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Milliseconds since the server started, for everything that only measures.
    #[must_use]
    pub fn ticks(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// The moment of a tick.
    #[must_use]
    pub fn instant(&self, tick: u64) -> tokio::time::Instant {
        let far = Duration::from_hours(24 * 365);
        (self.started + far.min(Duration::from_millis(tick))).into()
    }

    /// The tick of a time, rounded up.
    #[must_use]
    pub fn tick_of(&self, time: Timestamp) -> u64 {
        let left = time.as_millisecond().saturating_sub(self.millis()).saturating_add(1);
        self.ticks().saturating_add(u64::try_from(left).unwrap_or_default())
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub fn millis(&self) -> i64 {
        self.book.now().as_millisecond()
    }
}

/// Has sockets look at their credential when it changes.
async fn check_logins(server: Weak<Server>, mut changed: broadcast::Receiver<String>) {
    use broadcast::error::RecvError;
    loop {
        match (changed.recv().await, server.upgrade()) {
            (Ok(id), Some(server)) => server.check_login(Some(&id)),
            (Err(RecvError::Lagged(_)), Some(server)) => server.check_login(None),
            (Err(RecvError::Closed), _) | (_, None) => return,
        }
    }
}
