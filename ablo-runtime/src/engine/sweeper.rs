//! Wakes writers when claims run out.

use std::collections::BTreeMap;
use std::sync::Arc;

use ablo_schema::time::Timestamp;
use tokio::sync::mpsc;

use super::request::Request;
use super::writer::Alarm;
use super::{Clock, Writer};

/// Runs until every sender is gone. A wake-up too many finds nothing to do; one too few cannot be, since every change of
/// claims sets its own alarm.
pub(crate) async fn run(clock: Clock, mut alarms: mpsc::UnboundedReceiver<Alarm>) {
    let mut waiting: BTreeMap<u64, Vec<Arc<Writer>>> = BTreeMap::new();
    loop {
        let first = waiting.keys().next().copied();
        tokio::select! {
            alarm = alarms.recv() => {
                let Some((at, writer)) = alarm else { return };
                let writers = waiting.entry(at).or_default();
                if !writers.iter().any(|other| Arc::ptr_eq(other, &writer)) {
                    writers.push(writer);
                }
            }
            () = sleep_until(&clock, first) => {
                for writer in waiting.pop_first().into_iter().flat_map(|(_, writers)| writers) {
                    if let Err(error) = writer.enqueue(Request::Sweep)
                        && error.retryable()
                    {
                        // The queue is full: the rows stay due a little longer.
                        let soon = clock.now().as_millisecond() + 50;
                        waiting.entry(u64::try_from(soon).unwrap_or(0)).or_default().push(writer);
                    }
                }
            }
        }
    }
}

async fn sleep_until(clock: &Clock, at: Option<u64>) {
    match at {
        Some(at) => {
            let at = i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at).ok());
            clock.sleep_until(at.unwrap_or(Timestamp::MAX)).await;
        }
        None => std::future::pending().await,
    }
}
