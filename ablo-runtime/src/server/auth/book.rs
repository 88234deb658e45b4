use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::time::{SignedDuration, Timestamp};
use ablo_schema::wire::{ApiKey, KeyEnv, KeyKind, OrganizationId, ParticipantRef};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use tokio::sync::broadcast;

use super::exchange::MAX_TTL;
use super::key_hash::KeyHash;
use super::{AuthStore, Credential, Status, Task, TaskCost};
use crate::engine::Clock;

/// Every credential and task the server knows.
pub struct Book {
    store: Box<dyn AuthStore>,
    clock: Clock,
    state: RwLock<State>,
    /// Ids of credentials that were revoked, or are to end at another time, for whoever keeps sockets open.
    changed: broadcast::Sender<String>,
}

#[derive(Default)]
struct State {
    by_hash: HashMap<KeyHash, Arc<Credential>>,
    hash_of: HashMap<String, KeyHash>,
    used_at: HashMap<String, Timestamp>,
    /// When credentials are over, the first one first. One that has changed since is there more than once.
    over: BTreeSet<(Timestamp, String)>,
    /// How many credentials were made from each.
    children: HashMap<String, usize>,
    tasks: HashMap<String, Task>,
}

/// What the ids of credentials begin with that stand for tokens of trusted issuers.
const SIGNED: &str = "jwt";
/// Tokens that are remembered before those whose time is long over are looked for.
const SIGNED_AT_ONCE: usize = 1_024;

/// For how long it is known of a credential what became of it. Whoever was away so long is told that its key is not
/// known; until then, that it has expired or was revoked.
const KNOWN: SignedDuration = SignedDuration::from_hours(24 * 30);

impl State {
    fn put(&mut self, hash: KeyHash, credential: Arc<Credential>) {
        let is_new = self.hash_of.insert(credential.id.clone(), hash.clone()).is_none();
        if let Some(parent) = credential.parent.as_ref().filter(|_| is_new) {
            *self.children.entry(parent.clone()).or_default() += 1;
        }
        self.over.extend(credential.over_since().map(|since| (since, credential.id.clone())));
        self.by_hash.insert(hash, credential);
    }

    /// Takes out credentials that were over before this time, as many of them as are to be looked at.
    fn take_over(&mut self, before: Timestamp, most: usize, now: Timestamp) -> Vec<KeyHash> {
        let mut taken = Vec::new();
        for _ in 0..most {
            let Some((since, id)) = self.over.pop_first() else { break };
            if since >= before {
                self.over.insert((since, id));
                break;
            }
            let Some(hash) = self.hash_of.get(&id) else { continue };
            let credential = self.by_hash.get(hash);
            // It was given another end since, and is there a second time for that.
            if credential.and_then(|credential| credential.over_since()).is_none_or(|since| since >= before) {
                continue;
            }
            // What was made from it is found through it when something before it is revoked.
            if self.children.contains_key(&id) {
                self.over.insert((now, id));
                continue;
            }
            let Some(hash) = self.hash_of.remove(&id) else { continue };
            let parent = self.by_hash.remove(&hash).and_then(|credential| credential.parent.clone());
            if let Some(parent) = parent
                && let Some(count) = self.children.get_mut(&parent)
            {
                *count -= 1;
                if *count == 0 {
                    self.children.remove(&parent);
                }
            }
            self.used_at.remove(&id);
            taken.push(hash);
        }
        taken
    }

    /// Forgets tokens that ended a while ago. Now and then, so that no request pays for all of them.
    fn forget_signed(&mut self, now: Timestamp) {
        if self.by_hash.len() < SIGNED_AT_ONCE || !self.by_hash.len().is_power_of_two() {
            return;
        }
        let long_ago = now.checked_sub(SignedDuration::from_hours(1)).unwrap_or(now);
        let is_over = |credential: &Credential| {
            credential.display == SIGNED && credential.expires_at.is_some_and(|end| end < long_ago)
        };
        let Self { by_hash, hash_of, used_at, .. } = self;
        by_hash.retain(|_, credential| {
            let keep = !is_over(credential);
            if !keep {
                hash_of.remove(&credential.id);
                used_at.remove(&credential.id);
            }
            keep
        });
    }
}

/// What a new credential is to be.
#[derive(Clone, Debug)]
pub struct Mint {
    /// The prefix of its key.
    pub kind: KeyKind,
    /// Live or test.
    pub env: KeyEnv,
    /// Whose data.
    pub organization: String,
    /// Who will act.
    pub participant: ParticipantRef,
    /// For whom.
    pub on_behalf_of: Option<ParticipantRef>,
    /// Only these operations.
    pub operations: Option<Vec<String>>,
    /// Only these groups.
    pub groups: Option<Vec<String>>,
    /// These groups, whatever the participant's identity gives it.
    pub is_given_groups: bool,
    /// What the backend says about the participant.
    pub user_meta: Map<String, Value>,
    /// A name for people.
    pub label: Option<String>,
    /// The credential it is made from.
    pub parent: Option<String>,
    /// How long it works; for ever, when absent.
    pub ttl: Option<Duration>,
    /// It ends no later than this.
    pub not_after: Option<Timestamp>,
}

impl Mint {
    /// A credential that may do everything its participant may, for ever.
    #[must_use]
    pub fn new(kind: KeyKind, env: KeyEnv, organization: &str, participant: ParticipantRef) -> Self {
        Self {
            kind,
            env,
            organization: organization.to_owned(),
            participant,
            on_behalf_of: None,
            operations: None,
            groups: None,
            is_given_groups: false,
            user_meta: Map::new(),
            label: None,
            parent: None,
            ttl: None,
            not_after: None,
        }
    }
}

/// Hex SHA-256.
#[must_use]
pub fn sha256_hex(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Random bytes of the operating system.
///
/// # Errors
/// When it has none.
pub fn random<const N: usize>() -> Result<[u8; N], AbloError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|_| AbloError::new(Code::InternalError, "the operating system gives no random bytes"))?;
    Ok(bytes)
}

/// `prefix_` and 24 random hex digits.
///
/// # Errors
/// When there is no randomness.
pub fn random_id(prefix: &str) -> Result<String, AbloError> {
    let hex: String = random::<12>()?.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{prefix}_{hex}"))
}

impl Book {
    /// Reads what was kept.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(store: Box<dyn AuthStore>, clock: Clock) -> Result<Self, AbloError> {
        let kept = store.load()?;
        let mut state = State::default();
        for (hash, credential) in kept.credentials {
            state.put(KeyHash::kept(hash), Arc::new(credential));
        }
        state.tasks = kept.tasks.into_iter().map(|task| (task.id.clone(), task)).collect();
        Ok(Self { store, clock, state: RwLock::new(state), changed: broadcast::channel(256).0 })
    }

    /// The time by which credentials end.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The ids of credentials that change from now on.
    #[must_use]
    pub fn changed(&self) -> broadcast::Receiver<String> {
        self.changed.subscribe()
    }

    /// The credential of a key that is presented now.
    ///
    /// # Errors
    /// Why it does not work: `apikey_invalid`, `apikey_revoked` or `apikey_expired`.
    pub fn present(&self, key: &str) -> Result<Arc<Credential>, AbloError> {
        let key = ApiKey::parse(key)?;
        // Keys are looked up by their hash: how long that takes says nothing about any other key.
        let credential = self.read().by_hash.get(&KeyHash::of(key.secret())).cloned();
        let credential = credential.ok_or_else(|| {
            AbloError::new(Code::ApikeyInvalid, "This key is not known here; check which server it is for.")
        })?;
        let now = self.now();
        match credential.status(now) {
            Status::Active => {
                self.write().used_at.insert(credential.id.clone(), now);
                Ok(credential)
            }
            Status::Revoked => Err(AbloError::new(Code::ApikeyRevoked, "This key was revoked; use another one.")),
            Status::Expired => Err(AbloError::new(Code::ApikeyExpired, "This key has expired; get a new one.")),
        }
    }

    /// The credential that stands for a token somebody else signed, which has been judged good. It is kept as long as
    /// the token works, but nowhere else than here.
    ///
    /// # Errors
    /// `apikey_revoked` when this very token was revoked here.
    pub fn present_signed(&self, token: &str, mint: Mint) -> Result<Arc<Credential>, AbloError> {
        let (hash, now) = (KeyHash::of(token), self.now());
        let known = self.read().by_hash.get(&hash).cloned();
        let credential = match known {
            Some(known) => known,
            None => {
                let id = format!("{SIGNED}_{}", &hash.as_str()[..24]);
                let credential = Arc::new(self.credential(id, SIGNED, mint));
                let mut state = self.write();
                state.forget_signed(now);
                state.hash_of.insert(credential.id.clone(), hash.clone());
                state.by_hash.insert(hash, credential.clone());
                credential
            }
        };
        match credential.status(now) {
            Status::Active => {
                self.write().used_at.insert(credential.id.clone(), now);
                Ok(credential)
            }
            Status::Revoked => Err(AbloError::new(Code::ApikeyRevoked, "This token was revoked; get a new one.")),
            Status::Expired => Err(Code::JwtExpired.into()),
        }
    }

    /// Whether a credential still works.
    #[must_use]
    pub fn works(&self, id: &str) -> bool {
        let now = self.now();
        self.find(id).is_some_and(|credential| credential.status(now) == Status::Active)
    }

    /// A credential by its id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Arc<Credential>> {
        let state = self.read();
        state.by_hash.get(state.hash_of.get(id)?).cloned()
    }

    /// A credential of an organization's space by its id.
    ///
    /// # Errors
    /// `capability_not_found`, also when it is another organization's.
    pub fn find_in(&self, space: &OrganizationId, id: &str) -> Result<Arc<Credential>, AbloError> {
        self.find(id)
            .filter(|credential| credential.space() == *space)
            .ok_or_else(|| AbloError::new(Code::CapabilityNotFound, format!("There is no capability `{id}`.")))
    }

    /// A credential that took over from one that has run out: the same participant's, made from the same key.
    #[must_use]
    pub fn successor(&self, old: &Credential) -> Option<Arc<Credential>> {
        if old.parent.is_none() || self.find(&old.id).is_none_or(|found| found.revoked_at.is_some()) {
            return None;
        }
        let now = self.now();
        let state = self.read();
        let mut others = state.by_hash.values();
        let same = |other: &&Arc<Credential>| {
            other.parent == old.parent
                && other.participant == old.participant
                && other.operations == old.operations
                && other.groups == old.groups
                && other.user_meta == old.user_meta
                && other.status(now) == Status::Active
        };
        others.find(same).cloned()
    }

    /// When a credential was last presented.
    #[must_use]
    pub fn last_used(&self, id: &str) -> Option<Timestamp> {
        self.read().used_at.get(id).copied()
    }

    /// Makes a credential and its key, which is shown this once.
    ///
    /// # Errors
    /// When there is no randomness or it cannot be kept.
    pub fn mint(&self, mint: Mint) -> Result<(ApiKey, Arc<Credential>), AbloError> {
        if !OrganizationId::is_name(&mint.organization) {
            let message = format!("`{}` is not the name of an organization: leave out `#`.", mint.organization);
            return Err(AbloError::new(Code::InvalidRequest, message).param("organization"));
        }
        let key = ApiKey::mint(mint.kind, mint.env, random()?);
        let prefix = if matches!(mint.kind, KeyKind::Restricted | KeyKind::Ephemeral) { "cap" } else { "key" };
        let credential = self.credential(random_id(prefix)?, key.display_prefix(), mint);
        Ok((key.clone(), self.keep(&key, credential)?))
    }

    /// Makes a credential for a key that is already known outside, such as one from a configuration.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn adopt(&self, key: &ApiKey, mint: Mint) -> Result<Arc<Credential>, AbloError> {
        let id = format!("key_{}", &KeyHash::of(key.secret()).as_str()[..24]);
        let credential = self.credential(id, key.display_prefix(), mint);
        self.keep(key, credential)
    }

    fn credential(&self, id: String, display: &str, mint: Mint) -> Credential {
        let now = self.now();
        let wished = mint.ttl.map(|ttl| later(now, ttl));
        Credential {
            id,
            kind: mint.kind,
            env: mint.env,
            organization: mint.organization,
            participant: mint.participant,
            on_behalf_of: mint.on_behalf_of,
            operations: mint.operations,
            groups: mint.groups,
            is_given_groups: mint.is_given_groups,
            user_meta: mint.user_meta,
            label: mint.label,
            display: display.to_owned(),
            parent: mint.parent,
            issued_at: now,
            expires_at: [wished, mint.not_after].into_iter().flatten().min(),
            revoked_at: None,
        }
    }

    fn keep(&self, key: &ApiKey, credential: Credential) -> Result<Arc<Credential>, AbloError> {
        self.put(KeyHash::of(key.secret()), credential)
    }

    fn put(&self, hash: KeyHash, credential: Credential) -> Result<Arc<Credential>, AbloError> {
        self.store.keep_credential(hash.as_str(), &credential)?;
        let credential = Arc::new(credential);
        self.write().put(hash, credential.clone());
        Ok(credential)
    }

    /// Forgets credentials that have been over for thirty days, at most so many at once. What something was made from
    /// that is still known is kept. Answers how many were forgotten.
    ///
    /// # Errors
    /// When it cannot be written. What was not is there again when the server starts the next time.
    pub fn forget_over(&self, most: usize) -> Result<usize, AbloError> {
        let now = self.now();
        let before = now.checked_sub(KNOWN).unwrap_or(Timestamp::MIN);
        let taken = self.write().take_over(before, most, now);
        if !taken.is_empty() {
            let hashes: Vec<&str> = taken.iter().map(KeyHash::as_str).collect();
            self.store.forget_credentials(&hashes)?;
        }
        Ok(taken.len())
    }

    fn change(&self, credential: &Credential, change: impl FnOnce(&mut Credential)) -> Result<(), AbloError> {
        let hash = self.read().hash_of.get(&credential.id).cloned();
        let hash = hash.ok_or_else(|| AbloError::new(Code::CapabilityNotFound, "There is no such capability."))?;
        let mut changed = credential.clone();
        change(&mut changed);
        self.put(hash, changed)?;
        // Nobody listening means no socket to close.
        let _ = self.changed.send(credential.id.clone());
        Ok(())
    }

    /// Revokes a credential and everything made from it. Answers how many stopped working.
    ///
    /// # Errors
    /// When it cannot be kept.
    pub fn revoke(&self, id: &str) -> Result<usize, AbloError> {
        let now = self.now();
        let mut count = 0;
        let mut next = vec![id.to_owned()];
        while let Some(id) = next.pop() {
            let children =
                self.read().by_hash.values().filter(|c| c.parent.as_ref() == Some(&id)).cloned().collect::<Vec<_>>();
            next.extend(children.iter().map(|child| child.id.clone()));
            let Some(credential) = self.find(&id) else { continue };
            if credential.revoked_at.is_none() {
                count += usize::from(credential.status(now) == Status::Active);
                self.change(&credential, |changed| changed.revoked_at = Some(now))?;
            }
        }
        Ok(count)
    }

    /// Makes a credential's successor, which ends at `not_after` at the latest; the old one works for `grace` longer.
    /// Answers when the old one ends.
    ///
    /// # Errors
    /// `capability_invalid` when it was revoked; or it cannot be kept.
    pub fn rotate(
        &self,
        old: &Credential,
        grace: Duration,
        ttl: Option<Duration>,
        not_after: Option<Timestamp>,
    ) -> Result<(ApiKey, Arc<Credential>, Timestamp), AbloError> {
        let now = self.now();
        if old.status(now) == Status::Revoked {
            return Err(AbloError::new(Code::CapabilityInvalid, "This capability was revoked; mint a new one."));
        }
        let same_ttl = old.expires_at.and_then(|end| Duration::try_from(end.duration_since(old.issued_at)).ok());
        let (key, successor) = self.mint(Mint {
            kind: old.kind,
            env: old.env,
            organization: old.organization.clone(),
            participant: old.participant.clone(),
            on_behalf_of: old.on_behalf_of.clone(),
            operations: old.operations.clone(),
            groups: old.groups.clone(),
            is_given_groups: old.is_given_groups,
            user_meta: old.user_meta.clone(),
            label: old.label.clone(),
            parent: old.parent.clone(),
            ttl: ttl.map(|ttl| ttl.min(MAX_TTL)).or(same_ttl),
            not_after,
        })?;
        let end = old.expires_at.map_or(later(now, grace), |end| end.min(later(now, grace)));
        self.change(old, |changed| changed.expires_at = Some(end))?;
        Ok((key, successor, end))
    }

    /// Opens a task.
    ///
    /// # Errors
    /// `parent_turn_not_found`, `parent_turn_foreign_agent`, or it cannot be kept.
    pub fn open_task(&self, owner: &Credential, task: NewTask<'_>) -> Result<Task, AbloError> {
        if let Some(parent) = task.parent {
            let parent = self.read().tasks.get(parent).filter(|parent| parent.organization == owner.space()).cloned();
            let missing = || AbloError::new(Code::ParentTurnNotFound, "There is no such parent task; open it first.");
            let parent = parent.ok_or_else(missing)?;
            if parent.participant_id != owner.participant.id.as_str() && owner.kind != KeyKind::Secret {
                let message = "The parent task belongs to another participant.";
                return Err(AbloError::new(Code::ParentTurnForeignAgent, message));
            }
        }
        let task = Task {
            id: random_id("turn")?,
            organization: owner.space(),
            participant_id: owner.participant.id.to_string(),
            prompt_hash: format!("sha256:{}", sha256_hex(task.prompt)),
            parent: task.parent.map(str::to_owned),
            surface: task.surface.map(str::to_owned),
            metadata: task.metadata,
            opened_at: self.now(),
            ended_at: None,
            cost: TaskCost::default(),
        };
        self.store.keep_task(&task)?;
        self.write().tasks.insert(task.id.clone(), task.clone());
        Ok(task)
    }

    /// The owner's task.
    ///
    /// # Errors
    /// `turn_not_found`, also when it is another organization's; `turn_foreign_agent`.
    pub fn task(&self, owner: &Credential, id: &str) -> Result<Task, AbloError> {
        let task = self.read().tasks.get(id).filter(|task| task.organization == owner.space()).cloned();
        let task = task
            .ok_or_else(|| AbloError::new(Code::TurnNotFound, format!("There is no task `{id}`; open one first.")))?;
        if task.participant_id != owner.participant.id.as_str() && owner.kind != KeyKind::Secret {
            return Err(AbloError::new(
                Code::TurnForeignAgent,
                format!("The task `{id}` belongs to another participant."),
            ));
        }
        Ok(task)
    }

    /// Whether writes may be attributed to the owner's task.
    ///
    /// # Errors
    /// As [`Book::task`]; `turn_not_found` also when the task has ended.
    pub fn open_task_of(&self, owner: &Credential, id: &str) -> Result<(), AbloError> {
        match self.task(owner, id)?.ended_at {
            None => Ok(()),
            Some(_) => Err(AbloError::new(Code::TurnNotFound, format!("The task `{id}` has ended; open another one."))),
        }
    }

    /// Ends a task. Answers it, and whether it had ended before.
    ///
    /// # Errors
    /// As [`Book::task`].
    pub fn close_task(&self, owner: &Credential, id: &str, cost: TaskCost) -> Result<(Task, bool), AbloError> {
        let mut task = self.task(owner, id)?;
        if task.ended_at.is_some() {
            return Ok((task, true));
        }
        task.ended_at = Some(self.now());
        task.cost = cost;
        self.store.keep_task(&task)?;
        self.write().tasks.insert(task.id.clone(), task.clone());
        Ok((task, false))
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a new task is to be.
#[derive(Clone, Debug)]
pub struct NewTask<'a> {
    /// What was asked for.
    pub prompt: &'a str,
    /// The task it is part of.
    pub parent: Option<&'a str>,
    /// Where it was asked for.
    pub surface: Option<&'a str>,
    /// Anything else.
    pub metadata: Option<Value>,
}

/// A time after another, at most the latest there is.
pub(super) fn later(now: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| now.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}
