//! Wakes writers when claims run out.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use ablo_schema::time::Timestamp;
use ablo_schema::wire::OrganizationId;
use tokio::sync::mpsc;

use super::request::Request;
use super::writer::Alarm;
use super::{Clock, Writer};

/// When each organization's claims are to be looked at next. Every sweep sets the next alarm, so one is enough.
#[derive(Default)]
struct Alarms {
    due: BTreeSet<(u64, OrganizationId)>,
    writers: HashMap<OrganizationId, (u64, Arc<Writer>)>,
}

impl Alarms {
    fn set(&mut self, at: u64, writer: Arc<Writer>) {
        let organization = writer.organization().clone();
        if let Some((earlier, _)) = self.writers.get(&organization) {
            if *earlier <= at {
                return;
            }
            self.due.remove(&(*earlier, organization.clone()));
        }
        self.due.insert((at, organization.clone()));
        self.writers.insert(organization, (at, writer));
    }

    fn first(&self) -> Option<u64> {
        self.due.first().map(|(at, _)| *at)
    }

    fn take_first(&mut self) -> Option<Arc<Writer>> {
        let (_, organization) = self.due.pop_first()?;
        self.writers.remove(&organization).map(|(_, writer)| writer)
    }
}

/// Runs until every sender is gone. A wake-up too many finds nothing to do; one too few cannot be, since every change of
/// claims sets its own alarm.
pub(crate) async fn run(clock: Clock, mut ringing: mpsc::UnboundedReceiver<Alarm>) {
    let mut alarms = Alarms::default();
    loop {
        let first = alarms.first();
        tokio::select! {
            alarm = ringing.recv() => {
                let Some((at, writer)) = alarm else { return };
                alarms.set(at, writer);
            }
            () = sleep_until(&clock, first) => {
                // Those that ring already would each find nothing left to do.
                while let Ok((at, writer)) = ringing.try_recv() {
                    alarms.set(at, writer);
                }
                if let Some(writer) = alarms.take_first()
                    && let Err(error) = writer.enqueue(Request::Sweep)
                    && error.retryable()
                {
                    // The queue is full: the rows stay due a little longer.
                    let soon = clock.now().as_millisecond() + 50;
                    alarms.set(u64::try_from(soon).unwrap_or(0), writer);
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::engine::EngineOptions;
    use crate::engine::rules::Rules;
    use crate::store::MemoryStore;
    use ablo_schema::ir::SchemaDef;

    #[test]
    fn only_the_first_alarm_of_an_organization_is_kept() {
        let artifact = r#"{"v": 3, "models": {}}"#;
        let schema = SchemaDef::from_artifact(artifact).unwrap().validate().unwrap();
        let rules = Arc::new(Rules::new(schema, EngineOptions::default()));
        let store = Arc::new(MemoryStore::new());
        let (sender, _receiver) = mpsc::unbounded_channel();
        let writer = |name: &str| Writer::new(name.into(), Arc::clone(&rules), store.clone(), sender.clone());
        let (a, b) = (writer("a"), writer("b"));
        let mut alarms = Alarms::default();
        for at in (3..1_000).chain([2]).chain(4..2_000) {
            alarms.set(at, Arc::clone(&a));
            alarms.set(at + 1, Arc::clone(&b));
        }
        assert_eq!((alarms.first(), alarms.due.len(), alarms.writers.len()), (Some(2), 2, 2));
        assert!(alarms.take_first().is_some_and(|writer| Arc::ptr_eq(&writer, &a)));
        assert!(alarms.take_first().is_some_and(|writer| Arc::ptr_eq(&writer, &b)));
        assert!(alarms.take_first().is_none() && alarms.writers.is_empty());
    }
}
