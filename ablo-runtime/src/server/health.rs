use std::sync::Mutex;
use std::time::Duration;

use ablo_schema::error::{AbloError, Code};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use tokio::time::error::Elapsed;

use super::telemetry;
use crate::engine::Engine;
use crate::lock::lock;

/// How long what was found is taken to hold. Anybody may ask, so asking must not cost more the more ask.
const FRESH_MS: u64 = 1_000;
/// How long the store has to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether the store works, as far as is known.
#[derive(Default)]
pub struct Health(Mutex<Option<(u64, Shared<BoxFuture<'static, bool>>)>>);

impl Health {
    /// Whether the store can be read and written. Whoever asks while another does gets the same answer.
    pub fn of(&self, engine: &Engine, now: u64) -> impl Future<Output = bool> + use<> {
        let mut last = lock(&self.0);
        if let Some((at, check)) = &*last
            && (check.peek().is_none() || now < at + FRESH_MS)
        {
            return check.clone();
        }
        let engine = engine.clone();
        let check = async move {
            let late = |late: Elapsed| AbloError::new(Code::StoreUnavailable, late.to_string());
            let found = tokio::time::timeout(PATIENCE, engine.check()).await.map_err(late).flatten();
            found.map_err(telemetry::told).is_ok()
        };
        let check = check.boxed().shared();
        *last = Some((now, check.clone()));
        check
    }
}
