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
