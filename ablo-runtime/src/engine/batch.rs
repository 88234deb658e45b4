use std::sync::Arc;

use ablo_schema::error::AbloError;
use ablo_schema::wire::{Action, OrganizationId};

use super::evaluate::{Answer, Evaluation};
use super::hub::News;
use super::quota::Usage;
use super::request::Request;
use super::rules::Rules;
use crate::store::{Loaded, Match, ReadSet, Step, WriteSet};

/// Requests that share one transaction. They are evaluated in order, each on top of the one before; one that fails
/// leaves nothing behind and does not disturb the others.
///
/// Evaluation performs no I/O. It is a pure function of what is loaded: as long as something is missing the batch asks
/// for it and is evaluated again.
#[derive(Debug)]
pub struct Batch {
    rules: Arc<Rules>,
    organization: OrganizationId,
    requests: Vec<Request>,
    is_prefetched: bool,
    answers: Vec<Answer>,
    news: News,
    alarms: Vec<u64>,
    /// What the organization kept before, as far as it is known.
    usage: Usage,
    /// What it keeps afterwards.
    usage_after: Usage,
}

/// How many due rows one sweep looks at.
pub(crate) const SWEEP: usize = 256;

impl Batch {
    pub(crate) fn new(rules: Arc<Rules>, organization: OrganizationId, requests: Vec<Request>, usage: Usage) -> Self {
        Self {
            rules,
            organization,
            requests,
            is_prefetched: false,
            answers: Vec::new(),
            news: News::default(),
            alarms: Vec::new(),
            usage,
            usage_after: Usage::default(),
        }
    }

    /// How many requests there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether there are none, which does not happen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// Goes on with what has been read. Called until it answers [`Step::Write`]; calling it again afterwards starts over,
    /// as a transaction that has to be repeated does.
    ///
    /// # Errors
    /// When the store gave something it should not have.
    pub fn step(&mut self, loaded: &Loaded) -> Result<Step, AbloError> {
        if !self.is_prefetched {
            self.is_prefetched = true;
            let wanted = self.prefetch();
            if !wanted.is_empty() {
                return Ok(Step::Read(wanted));
            }
        }
        let mut evaluation = Evaluation::new(&self.rules, &self.organization, loaded, self.usage);
        let answers: Vec<Answer> = self.requests.iter().map(|request| evaluation.request(request)).collect();
        let outcome = evaluation.finish();
        if !outcome.missing.is_empty() {
            return Ok(Step::Read(outcome.missing));
        }
        self.answers = answers;
        self.news = outcome.news;
        self.alarms = outcome.alarms;
        self.usage_after = outcome.usage;
        Ok(Step::Write(outcome.writes))
    }

    /// What is certain to be asked for.
    fn prefetch(&self) -> ReadSet {
        let (receipts, claims) = (Vec::with_capacity(self.len()), Vec::with_capacity(self.len()));
        let mut wanted = ReadSet { receipts, claims, ..ReadSet::default() };
        for request in &self.requests {
            match request {
                Request::Commit(job) => {
                    wanted.receipts.extend(job.receipt.as_ref().map(|(key, _)| key.clone()));
                    for (asked, operation) in job.request.commit.operations.iter().zip(&job.operations) {
                        let Ok(key) = &operation.key else { continue };
                        let is_new = asked.action == Action::Create;
                        if is_new { &mut wanted.new_rows } else { &mut wanted.rows }.push(key.clone());
                        wanted.claims.push(key.clone());
                        for edge in self.rules.model(key.model).parents() {
                            let parent = operation.input.record.text(edge.slot);
                            wanted.rows.extend(parent.map(|id| crate::store::RowKey::new(edge.target, id)));
                        }
                    }
                    self.grants(&job.seat, &mut wanted);
                }
                Request::Claim(job) => {
                    wanted.rows.push(job.key.clone());
                    wanted.claims.push(job.key.clone());
                    self.grants(&job.seat, &mut wanted);
                }
                Request::Sweep => wanted.due = Some(SWEEP),
                Request::Trim { .. } | Request::Forget { .. } => {}
            }
        }
        wanted
    }

    fn grants(&self, seat: &super::seat::Seat, wanted: &mut ReadSet) {
        if seat.sees_all() {
            return;
        }
        let subject = seat.user.as_str().into();
        for model in self.rules.schema.models() {
            if let Some(grant) = model.grant() {
                wanted.matches.push(Match::new(model.index(), grant.subject_slot, &subject));
            }
        }
    }

    /// What the organization keeps once this is written.
    pub(crate) fn usage_after(&self) -> Usage {
        self.usage_after
    }

    /// Publishes and answers.
    pub(crate) fn finish(self, outcome: Result<(), AbloError>, publish: impl FnOnce(&News)) -> Vec<u64> {
        match outcome {
            Ok(()) => {
                publish(&self.news);
                for (request, answer) in self.requests.into_iter().zip(self.answers) {
                    answer.send(request);
                }
                self.alarms
            }
            Err(error) => {
                let is_sweep = self.requests.iter().any(|request| matches!(request, Request::Sweep));
                for request in self.requests {
                    request.fail(&error);
                }
                // The rows are still due.
                let soon = self.rules.options.clock.now().as_millisecond() + 1000;
                is_sweep.then(|| u64::try_from(soon).unwrap_or(0)).into_iter().collect()
            }
        }
    }
}

impl WriteSet {
    /// Whether nothing changes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
            && self.log.is_empty()
            && self.claims.is_empty()
            && self.receipts.is_empty()
            && self.trim.is_none()
            && self.forget.is_none()
    }
}
