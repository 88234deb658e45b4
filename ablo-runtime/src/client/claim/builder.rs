use std::{fmt, future::IntoFuture, time::Duration};

use ablo_schema::{
    error::{AbloError, Code},
    typed::{AbloField, FieldRef, Id, Model},
    wire::LineRange,
};
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};

use super::{Claim, lease::Lease};
use crate::{
    claims::{Acquire, ClaimDetails},
    client::{proxy::ModelProxy, transport::RowKey, verb::missing},
};

/// The wish to hold a row, to be awaited. See [`ModelProxy::claim`].
#[must_use = "nothing is claimed until this is awaited"]
pub struct Claiming<M: Model> {
    proxy: ModelProxy<M>,
    id: Id<M>,
    wish: Acquire,
    refused: Option<AbloError>,
}

impl<M: Model> fmt::Debug for Claiming<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claiming").field("id", &self.id).field("wish", &self.wish).finish_non_exhaustive()
    }
}

impl<M: Model> Claiming<M> {
    pub(crate) fn new(proxy: ModelProxy<M>, id: Id<M>) -> Self {
        let wish = Acquire {
            claim: Id::<()>::new().into_string().into(),
            details: ClaimDetails { action: "editing".to_owned(), ..ClaimDetails::default() },
            ttl_ms: None,
            wait: true,
            max_queue_depth: None,
        };
        Self { proxy, id, wish, refused: None }
    }

    /// Whether to stand in line while somebody else holds the row; if not, the claim fails. It does unless told
    /// otherwise, and there is no limit to how long: put a timeout around the claim if there should be. Dropping the
    /// claim leaves the line.
    pub fn wait(mut self, wait: bool) -> Self {
        self.wish.wait = wait;
        self
    }

    /// Fails rather than stand behind this many others.
    pub fn max_queue_depth(mut self, depth: u32) -> Self {
        self.wish.max_queue_depth = Some(depth);
        self
    }

    /// How long the lease outlives a sign of life of its holder: a minute unless said otherwise, an hour at most. The
    /// handle gives signs of life by itself.
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.wish.ttl_ms = Some(u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
        self
    }

    /// What the claim is for, in a word; others see it.
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.wish.details.action = action.into();
        self
    }

    /// What the claim is for, in a sentence.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.wish.details.description = Some(description.into());
        self
    }

    /// The field it is about. It still excludes others from the whole row.
    pub fn field<T: AbloField>(mut self, field: FieldRef<M, T>) -> Self {
        self.wish.details.field = Some(field.name().to_owned());
        self
    }

    /// The place inside a structured field that it is about.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.wish.details.path = Some(path.into());
        self
    }

    /// The lines of a text that it is about, both included.
    pub fn range(mut self, lines: std::ops::RangeInclusive<u64>) -> Self {
        let (start_line, end_line) = lines.into_inner();
        self.wish.details.range = Some(LineRange { start_line, end_line, start_column: None, end_column: None });
        self
    }

    /// Anything else others should know: a JSON object.
    pub fn meta(mut self, meta: impl serde::Serialize) -> Self {
        match serde_json::to_value(meta) {
            Ok(Value::Object(members)) => {
                let members: Map<String, Value> = members;
                self.wish.details.meta = Some(members);
            }
            _ => {
                let why = "the meta of a claim is a JSON object; wrap other values in one";
                self.refused = Some(AbloError::new(Code::MalformedClaim, why).param("meta"));
            }
        }
        self
    }

    async fn run(self) -> Result<Claim<M>, AbloError> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        let Self { proxy, id, wish, .. } = self;
        // Nobody stands in line for a row that is not there.
        if proxy.get(&id).is_none() && proxy.retrieve(&id).await?.is_none() {
            return Err(missing(proxy.key(), id.as_str()));
        }
        let row = RowKey { model: proxy.key().to_owned(), id: id.as_str().to_owned() };
        let lease = Lease::acquire(proxy.session().clone(), row, wish).await?;
        // Whoever held it before has changed it, or removed it.
        let fresh = proxy.retrieve(&id).await?.ok_or_else(|| missing(proxy.key(), id.as_str()))?;
        Ok(Claim::new(proxy, lease, fresh))
    }
}

impl<M: Model> IntoFuture for Claiming<M> {
    type Output = Result<Claim<M>, AbloError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
