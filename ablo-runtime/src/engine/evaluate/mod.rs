//! What requests do: a pure function of what is loaded.

mod claim;
mod commit;
mod constraints;
mod enrich;
mod guard;
mod movement;
mod operation;
mod refusal;
mod regrant;

use std::sync::Arc;

use ablo_schema::error::AbloError;
use ablo_schema::time::Timestamp;
use ablo_schema::wire::{OrganizationId, SyncId};
use serde_json::Value;

use super::hub::News;
use super::quota::Usage;
use super::request::{CommitJob, Request};
use super::rules::Rules;
use super::time_text;
use super::view::{Halt, Overlay, View};
use super::{Committed, StoredReceipt};
use crate::claims::{ClaimReply, Moment};
use crate::store::{Loaded, ReadSet, ReceiptKey, RowWrite, WriteSet};

/// Evaluates requests one after the other.
pub(crate) struct Evaluation<'a> {
    view: View<'a>,
    organization: &'a OrganizationId,
    /// The store's time as text.
    now: Arc<Value>,
    news: News,
    alarms: Vec<u64>,
    trim: Option<SyncId>,
    forget: Option<(Timestamp, Vec<ReceiptKey>)>,
}

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Answer {
    Commit(Result<Committed, AbloError>),
    Claim(Result<ClaimReply, AbloError>),
    Trim(SyncId),
    Forgotten,
    /// Nobody asked, or something is missing yet.
    Nothing,
}

/// What evaluation came to. Meaningful only when nothing is missing.
pub(crate) struct Outcome {
    pub missing: ReadSet,
    pub writes: WriteSet,
    pub news: News,
    pub alarms: Vec<u64>,
    pub usage: Usage,
}

impl<'a> Evaluation<'a> {
    pub fn new(rules: &'a Rules, organization: &'a OrganizationId, loaded: &'a Loaded, usage: Usage) -> Self {
        let mut view = View::new(rules, loaded);
        view.count(usage);
        let now = Arc::new(time_text::canonical(loaded.now).into());
        Self { view, organization, now, news: News::default(), alarms: Vec::new(), trim: None, forget: None }
    }

    pub fn request(&mut self, request: &Request) -> Answer {
        match request {
            Request::Commit(job) => self.remembered(job),
            Request::Claim(job) => match self.claim(job) {
                Ok(reply) => {
                    self.view.keep();
                    Answer::Claim(Ok(reply))
                }
                Err(Halt::Refused(error)) => {
                    self.view.discard();
                    Answer::Claim(Err(error))
                }
                Err(Halt::Missing) => self.wait(),
            },
            Request::Sweep => match self.sweep() {
                Ok(()) => {
                    self.view.keep();
                    Answer::Nothing
                }
                Err(_) => self.wait(),
            },
            Request::Trim { through, .. } => {
                let through = (*through).min(self.view.head());
                if self.view.trimmed(through, self.trim.unwrap_or(self.view.loaded.trimmed)).is_err() {
                    return self.wait();
                }
                self.trim = self.trim.max(Some(through));
                Answer::Trim(through)
            }
            Request::Forget { before, keys, .. } => {
                let (earliest, all) = self.forget.get_or_insert_with(|| (*before, Vec::new()));
                *earliest = (*earliest).min(*before);
                all.extend_from_slice(keys);
                Answer::Forgotten
            }
        }
    }

    fn wait(&mut self) -> Answer {
        self.view.member = Overlay::default();
        Answer::Nothing
    }

    fn moment(&self) -> Moment {
        moment(&self.view)
    }

    pub fn finish(self) -> Outcome {
        let Self { view: View { loaded, batch, missing, usage, .. }, news, mut alarms, trim, forget, .. } = self;
        let rows = batch.rows.into_iter().filter_map(|(key, after)| {
            let before = loaded.rows.get(&key).cloned().flatten();
            (before != after).then_some(RowWrite { key, before, after })
        });
        let mut rows: Vec<RowWrite> = rows.collect();
        rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let mut claims: Vec<_> =
            batch.claims.into_iter().filter(|(key, claims)| loaded.claims.get(key) != Some(claims)).collect();
        claims.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        alarms.extend(claims.iter().filter_map(|(_, claims)| claims.next_due()));
        let news = News { entries: batch.log.clone(), ..news };
        let mut receipts: Vec<_> = batch.receipts.into_iter().collect();
        receipts.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let writes = WriteSet { rows, log: batch.log, claims, receipts, trim, forget };
        Outcome { missing, writes, news, alarms, usage }
    }
}

fn moment(view: &View<'_>) -> Moment {
    Moment { now: u64::try_from(view.loaded.now.as_millisecond()).unwrap_or(0), head: view.head() }
}

impl Answer {
    /// Answers a request. Whoever asked may have gone.
    pub fn send(self, request: Request) {
        match (request, self) {
            (Request::Commit(CommitJob { reply, .. }), Self::Commit(answer)) => drop(reply.send(answer)),
            (Request::Claim(job), Self::Claim(answer)) => drop(job.reply.send(answer)),
            (Request::Trim { reply, .. }, Self::Trim(through)) => drop(reply.send(Ok(through))),
            (Request::Forget { reply, .. }, Self::Forgotten) => drop(reply.send(Ok(()))),
            _ => {}
        }
    }
}

/// An answer to remember.
fn receipt(
    job: &CommitJob,
    at: Timestamp,
    answer: Result<ablo_schema::wire::Receipt, AbloError>,
) -> Option<(ReceiptKey, Arc<StoredReceipt>)> {
    let (key, fingerprint) = job.receipt.as_ref()?;
    Some((key.clone(), Arc::new(StoredReceipt { fingerprint: *fingerprint, answer, at })))
}
