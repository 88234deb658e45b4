use std::{fmt, future::IntoFuture};

use ablo_schema::{
    error::{AbloError, Code},
    typed::{Id, Model, Row},
    wire::{Action, OnStale, SyncId},
};
use futures_util::future::BoxFuture;

use super::{missing, of_model, send};
use crate::client::{
    proxy::ModelProxy,
    session::{Draft, Plan},
};

/// How often an edit is made anew before it gives up.
const ATTEMPTS: u32 = 5;

/// A change by example, to be awaited. See [`ModelProxy::edit`].
#[must_use = "nothing is written until this is awaited"]
pub struct Edit<M: Model> {
    proxy: ModelProxy<M>,
    id: Id<M>,
    edit: Box<dyn FnMut(&mut M) + Send>,
    attempts: u32,
}

impl<M: Model> fmt::Debug for Edit<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Edit").field("id", &self.id).field("attempts", &self.attempts).finish_non_exhaustive()
    }
}

impl<M: Model> Edit<M> {
    pub(crate) fn new(proxy: ModelProxy<M>, id: Id<M>, edit: Box<dyn FnMut(&mut M) + Send>) -> Self {
        Self { proxy, id, edit, attempts: ATTEMPTS }
    }

    /// How often the closure is called at most. With 1, a stale edit is refused instead of made again.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    async fn once(&mut self, row: Row<M>) -> Result<Row<M>, AbloError> {
        let stamp = SyncId(row.meta.sync_id);
        let mut model = row.model.duplicate();
        (self.edit)(&mut model);
        let before = of_model(&row.model, self.proxy.key())?;
        let mut input = of_model(&model, self.proxy.key())?;
        input.retain(|name, value| before.get(name) != Some(value));
        if input.is_empty() {
            return Ok(row);
        }
        let mut draft = Draft::new(Action::Update, self.proxy.table(), self.id.as_str(), input);
        // A row that only waiting writes know has no stamp; nobody else can have changed it.
        draft.read_at = Some(stamp).filter(|stamp| stamp.0 > 0);
        draft.on_stale = draft.read_at.map(|_| OnStale::Reject);
        let plan = Plan { drafts: vec![draft], ..Plan::default() };
        send(self.proxy.clone(), self.id.clone(), plan).await?.row().await
    }

    async fn run(mut self) -> Result<Row<M>, AbloError> {
        let mut row = match self.proxy.get(&self.id) {
            Some(row) => Some(row),
            None => self.proxy.retrieve(&self.id).await?,
        };
        let mut attempt = 1;
        loop {
            let current = row.take().ok_or_else(|| missing(self.proxy.key(), self.id.as_str()))?;
            match self.once(current).await {
                Err(error) if error.is(Code::StaleContext) && attempt < self.attempts => {
                    attempt += 1;
                    row = self.proxy.retrieve(&self.id).await?;
                }
                outcome => return outcome,
            }
        }
    }
}

impl<M: Model> IntoFuture for Edit<M> {
    type Output = Result<Row<M>, AbloError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
