//! The writing verbs: what is written first, how it is written after.

mod edit;
mod input;

use std::{future::IntoFuture, marker::PhantomData};

use ablo_schema::{
    error::{AbloError, Code},
    typed::{Id, Model, Row},
    wire::{Action, ClaimId, CommitStatus, IdempotencyKey, OnStale, Receipt, SyncId},
};
use futures_util::future::BoxFuture;

use super::{
    proxy::{ModelProxy, decode},
    replica::Stored,
    session::{Draft, Plan, Wait},
};
pub use edit::Edit;
pub(crate) use input::{of_model, of_patch};

/// What a write of this kind answers with.
pub trait Kind: Send + 'static {
    /// The answer.
    type Output<M: Model>: Send;

    #[doc(hidden)]
    fn output<M: Model>(written: Written<M>) -> BoxFuture<'static, Result<Self::Output<M>, AbloError>>;
}

/// A write that was sent.
#[doc(hidden)]
pub struct Written<M: Model> {
    proxy: ModelProxy<M>,
    id: Id<M>,
    receipt: Receipt,
    /// The row as it showed when it was sent.
    shown: Option<Stored>,
}

/// Kinds of writes that may be made on knowledge of the row, and so on stale knowledge.
pub trait Guarded: Kind {}

/// Makes a row.
#[derive(Debug)]
pub struct Creating;
/// Changes a row.
#[derive(Debug)]
pub struct Changing;
/// Removes a row.
#[derive(Debug)]
pub struct Removing;

impl Guarded for Changing {}
impl Guarded for Removing {}

macro_rules! answers_with_the_row {
    ($($kind:ty)*) => {$(
        impl Kind for $kind {
            type Output<M: Model> = Row<M>;

            fn output<M: Model>(written: Written<M>) -> BoxFuture<'static, Result<Row<M>, AbloError>> {
                Box::pin(written.row())
            }
        }
    )*};
}

answers_with_the_row! { Creating Changing }

impl Kind for Removing {
    type Output<M: Model> = Receipt;

    fn output<M: Model>(written: Written<M>) -> BoxFuture<'static, Result<Receipt, AbloError>> {
        Box::pin(std::future::ready(Ok(written.receipt)))
    }
}

/// A write, to be awaited. Nothing happens before.
#[must_use = "nothing is written until this is awaited"]
pub struct Verb<M: Model, K> {
    proxy: ModelProxy<M>,
    id: Id<M>,
    draft: Result<Draft, AbloError>,
    wait: Wait,
    key: Option<IdempotencyKey>,
    claim: Option<ClaimId>,
    kind: PhantomData<fn() -> K>,
}

/// See [`ModelProxy::create`].
pub type Create<M> = Verb<M, Creating>;
/// See [`ModelProxy::update`].
pub type Update<M> = Verb<M, Changing>;
/// See [`ModelProxy::archive`].
pub type Archive<M> = Verb<M, Changing>;
/// See [`ModelProxy::unarchive`].
pub type Unarchive<M> = Verb<M, Changing>;
/// See [`ModelProxy::delete`].
pub type Delete<M> = Verb<M, Removing>;

impl<M: Model, K> std::fmt::Debug for Verb<M, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verb").field("draft", &self.draft).field("wait", &self.wait).finish_non_exhaustive()
    }
}

impl<M: Model> Verb<M, Creating> {
    pub(crate) fn new(proxy: &ModelProxy<M>, model: &M) -> Self {
        let id = model.id().clone();
        let input = of_model(model, proxy.key());
        Self::of(proxy, id.clone(), input.map(|input| Draft::new(Action::Create, proxy.table(), id.as_str(), input)))
    }
}

impl<M: Model> Verb<M, Changing> {
    pub(crate) fn new(proxy: &ModelProxy<M>, id: &Id<M>, patch: M::Patch) -> Self {
        let input = of_patch::<M>(&patch.into(), proxy.key());
        let draft = input.map(|input| Draft::new(Action::Update, proxy.table(), id.as_str(), input));
        Self::of(proxy, id.clone(), draft)
    }

    pub(crate) fn shelve(proxy: &ModelProxy<M>, id: &Id<M>, action: Action) -> Self {
        Self::of(proxy, id.clone(), Ok(Draft::new(action, proxy.table(), id.as_str(), serde_json::Map::new())))
    }
}

impl<M: Model> Verb<M, Removing> {
    pub(crate) fn new(proxy: &ModelProxy<M>, id: &Id<M>) -> Self {
        let draft = Draft::new(Action::Delete, proxy.table(), id.as_str(), serde_json::Map::new());
        Self::of(proxy, id.clone(), Ok(draft))
    }
}

impl<M: Model, K> Verb<M, K> {
    fn of(proxy: &ModelProxy<M>, id: Id<M>, draft: Result<Draft, AbloError>) -> Self {
        Self { proxy: proxy.clone(), id, draft, wait: Wait::default(), key: None, claim: None, kind: PhantomData }
    }

    /// What the answer waits for; [`Wait::Confirmed`] unless said otherwise.
    pub fn wait(mut self, wait: Wait) -> Self {
        self.wait = wait;
        self
    }

    /// Makes repeated requests one request: the same key with the same content is written once and answered alike,
    /// with other content refused. Keys are each participant's own; an empty one is none.
    pub fn idempotency_key(mut self, key: impl Into<IdempotencyKey>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Writes under a claim: refused once its lease is over.
    pub(crate) fn under(mut self, claim: ClaimId) -> Self {
        self.claim = Some(claim);
        self
    }
}

impl<M: Model, K: Guarded> Verb<M, K> {
    /// Says how much of the log the write knows: a [`Row`]'s or a snapshot's stamp. A change of the same fields after
    /// that makes the write stale.
    pub fn read_at(mut self, stamp: impl Into<SyncId>) -> Self {
        if let Ok(draft) = &mut self.draft {
            draft.read_at = Some(stamp.into());
        }
        self
    }

    /// What happens to a stale write; [`OnStale::Reject`] unless said otherwise.
    pub fn on_stale(mut self, on_stale: OnStale) -> Self {
        if let Ok(draft) = &mut self.draft {
            draft.on_stale = Some(on_stale);
        }
        self
    }
}

impl<M: Model, K: Kind> IntoFuture for Verb<M, K> {
    type Output = Result<K::Output<M>, AbloError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let plan = Plan { drafts: vec![self.draft?], wait: self.wait, key: self.key, claim: self.claim };
            K::output(send(self.proxy, self.id, plan).await?).await
        })
    }
}

/// Sends a write of one row.
async fn send<M: Model>(proxy: ModelProxy<M>, id: Id<M>, plan: Plan) -> Result<Written<M>, AbloError> {
    let (receipt, shown) = proxy.session().submit_showing(plan).await?;
    Ok(Written { proxy, id, receipt, shown })
}

impl<M: Model> Written<M> {
    async fn row(self) -> Result<Row<M>, AbloError> {
        let Self { proxy, id, receipt, shown } = self;
        let missing = || missing(proxy.key(), id.as_str());
        if receipt.status == CommitStatus::Queued {
            return decode(&shown.ok_or_else(missing)?);
        }
        let local = proxy.session().read(|replica| replica.get(proxy.table(), id.as_str()).cloned());
        if let Some(row) = local {
            return decode(&row);
        }
        match (proxy.retrieve(&id).await?, shown) {
            (Some(row), _) => Ok(row),
            // Its writer may not see it, or somebody removed it since: it was written all the same.
            (None, Some(shown)) => decode(&Stored { stamp: receipt.last_sync_id.0, ..shown }),
            (None, None) => Err(missing()),
        }
    }
}

/// The row is not there, or not for this participant.
pub(crate) fn missing(model: &str, id: &str) -> AbloError {
    AbloError::new(Code::EntityNotFound, format!("{model} {id} does not exist, or is not visible to this participant"))
        .param(format!("{model}.{id}"))
}
