use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::OrganizationId;
use tokio::sync::mpsc;

use super::Batch;
use super::hub::Hub;
use super::quota::Usage;
use super::request::Request;
use super::rules::Rules;
use crate::store::Store;

/// One organization's queue of requests. At most one transaction of it is under way, and while it is, the next one's
/// requests gather; a request that finds nobody writing is written at once.
#[derive(Debug)]
pub struct Writer {
    organization: OrganizationId,
    rules: Arc<Rules>,
    store: Arc<dyn Store>,
    queue: Mutex<Queue>,
    alarms: mpsc::UnboundedSender<Alarm>,
    pub(crate) hub: Hub,
}

/// When a writer's claims are to be looked at.
pub(crate) type Alarm = (u64, Arc<Writer>);

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<Request>,
    is_running: bool,
    is_closed: bool,
    /// What the organization keeps, as far as it is known: what is written goes through here.
    usage: Usage,
}

impl Writer {
    pub(crate) fn new(
        organization: OrganizationId,
        rules: Arc<Rules>,
        store: Arc<dyn Store>,
        alarms: mpsc::UnboundedSender<Alarm>,
    ) -> Arc<Self> {
        Arc::new(Self { organization, rules, store, queue: Mutex::default(), alarms, hub: Hub::default() })
    }

    /// Whose log is written.
    #[must_use]
    pub fn organization(&self) -> &OrganizationId {
        &self.organization
    }

    /// The requests of the next transaction; `None` when none waits. Then the writer submits itself again as soon as one
    /// does.
    #[must_use]
    pub fn begin(&self) -> Option<Batch> {
        let mut queue = self.queue();
        if queue.waiting.is_empty() {
            queue.is_running = false;
            return None;
        }
        let count = queue.waiting.len().min(self.rules.options.batch.max(1));
        let requests = queue.waiting.drain(..count).collect();
        let usage = queue.usage;
        drop(queue);
        Some(Batch::new(Arc::clone(&self.rules), self.organization.clone(), requests, usage))
    }

    /// The batch's transaction has committed, or has failed and changed nothing: everyone gets an answer, and what
    /// changed is published.
    pub fn finish(self: &Arc<Self>, batch: Batch, outcome: Result<(), AbloError>) {
        // What may or may not have been written is counted anew.
        self.queue().usage = if outcome.is_ok() { batch.usage_after() } else { Usage::default() };
        for due in batch.finish(outcome, |news| self.hub.publish(news)) {
            // Without a sweeper the engine has shut down.
            let _ = self.alarms.send((due, Arc::clone(self)));
        }
    }

    /// Puts a request in the queue.
    pub(crate) fn enqueue(self: &Arc<Self>, request: Request) -> Result<(), AbloError> {
        let mut queue = self.queue();
        if queue.is_closed {
            return Err(Code::ShuttingDown.into());
        }
        if queue.waiting.len() >= self.rules.options.queue {
            return Err(AbloError::new(
                Code::InstanceAtCapacity,
                format!("{} requests of this organization wait already; try again shortly", queue.waiting.len()),
            ));
        }
        queue.waiting.push_back(request);
        let is_running = std::mem::replace(&mut queue.is_running, true);
        drop(queue);
        if !is_running {
            self.store.submit(Arc::clone(self));
        }
        Ok(())
    }

    /// Has nothing written until what it answers is dropped, unless something is being written already.
    #[cfg(feature = "server")]
    pub(crate) fn hold(self: &Arc<Self>) -> Held {
        let was_running = std::mem::replace(&mut self.queue().is_running, true);
        Held((!was_running).then(|| Arc::clone(self)))
    }

    #[cfg(test)]
    pub(crate) fn usage(&self) -> Usage {
        self.queue().usage
    }

    /// Takes no more requests and ends the subscriptions.
    pub(crate) fn close(&self) {
        self.queue().is_closed = true;
        self.hub.close();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Requests gather as long as it is there.
#[cfg(feature = "server")]
pub(crate) struct Held(Option<Arc<Writer>>);

#[cfg(feature = "server")]
impl Drop for Held {
    fn drop(&mut self) {
        if let Some(writer) = self.0.take() {
            writer.store.submit(Arc::clone(&writer));
        }
    }
}

#[cfg(all(test, feature = "server"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    use ablo_schema::ir::SchemaDef;
    use ablo_schema::wire::Commit;

    use crate::engine::{Engine, EngineOptions, Participant};
    use crate::store::MemoryStore;

    #[tokio::test]
    async fn what_is_requested_together_is_written_together() {
        let artifact = include_str!("../../../tests/conformance/schema.json");
        let schema = SchemaDef::from_artifact(artifact).unwrap().validate().unwrap();
        let engine = Engine::open(schema, MemoryStore::new(), EngineOptions::default()).await.unwrap();
        let session = engine.session(Participant::system("org_1", "sys"));
        let commit = |id: &str| {
            let operation = format!(r#"{{"type":"CREATE","model":"notes","id":"{id}","input":{{"text":"a"}}}}"#);
            session.commit(Commit::decode(&format!(r#"{{"clientTxId":"{id}","operations":[{operation}]}}"#)).unwrap())
        };
        let (mut first, mut second) = (pin!(commit("n1")), pin!(commit("n2")));
        let mut cx = Context::from_waker(Waker::noop());
        session.together(|| {
            assert!(first.as_mut().poll(&mut cx).is_pending());
            assert!(second.as_mut().poll(&mut cx).is_pending());
        });
        assert!(first.poll(&mut cx).is_ready() && second.poll(&mut cx).is_ready());
        assert_eq!(session.head().await.unwrap().0, 2);
    }
}
