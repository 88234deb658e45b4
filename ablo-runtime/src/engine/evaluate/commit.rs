use std::sync::Arc;

use ablo_schema::error::{AbloError, Code};
use ablo_schema::wire::{
    Action, Commit, ConfirmationState, DeltaAction, DeltaAttribution, DeltaCore, DeltaProvenance, Group, JsonText,
    OrganizationId, ServerTxId, StoredDelta, SyncId, TransactionId,
};
use serde_json::Value;

use super::super::defect::Defect;
use super::super::receipts::confirmed;
use super::super::request::{self, CommitJob};
use super::super::view::{Halt, View};
use super::super::{Access, Committed, LogEntry, StaleConflict};
use super::{Answer, Evaluation, receipt};
use crate::claims::ClaimCommand;
use crate::store::RowKey;

/// A commit while its operations are evaluated.
pub(super) struct Turn<'e, 'a> {
    pub view: &'e mut View<'a>,
    pub job: &'e CommitJob,
    pub organization: &'e OrganizationId,
    pub access: Access,
    /// The store's time as text.
    pub now: &'e Arc<Value>,
    /// The last delta before this commit.
    pub start: SyncId,
    /// The last delta this commit is about, also when an earlier one had written it.
    pub last: SyncId,
    /// Rows written under the participant's lease.
    pub leased: Vec<RowKey>,
    /// Whether a row was written under the claim that the commit names.
    pub is_claim_used: bool,
    pub flagged: Vec<StaleConflict>,
    /// Rows that say in a slot which row must be there in the end, and that row.
    pub references: Vec<(RowKey, usize, RowKey)>,
    /// Rows that nothing may refer to in the end.
    pub deleted: Vec<RowKey>,
    /// Participants whose grants changed.
    pub regranted: Vec<String>,
}

impl Evaluation<'_> {
    /// Answers a commit: as the first time, when it has been asked before.
    pub(super) fn remembered(&mut self, job: &CommitJob) -> Answer {
        let rules = self.view.rules;
        if let Some((key, fingerprint)) = job.receipt.as_ref().filter(|_| !rules.planted(Defect::ForgetAnswers)) {
            let known = match (self.view.batch.receipts.get(key), self.view.loaded.receipts.get(key)) {
                (Some(known), _) | (None, Some(Some(known))) => Some(Arc::clone(known)),
                (None, Some(None)) => None,
                (None, None) => {
                    self.view.missing.receipts.push(key.clone());
                    return self.wait();
                }
            };
            if let Some(known) = known {
                let is_same = known.fingerprint == *fingerprint || rules.planted(Defect::SameAnswerForOtherBody);
                return Answer::Commit(if is_same { replay(&known.answer) } else { Err(reused(&job.request.commit)) });
            }
        }
        let now = self.view.loaded.now;
        match self.commit(job) {
            Ok(committed) => {
                self.view.member.receipts.extend(receipt(job, now, Ok(committed.receipt.clone())));
                self.view.keep();
                Answer::Commit(Ok(committed))
            }
            Err(Halt::Refused(error)) => {
                self.view.discard();
                // What may succeed another time is not remembered: a retry is to be tried.
                if !error.retryable() {
                    self.view.batch.receipts.extend(receipt(job, now, Err(error.clone())));
                }
                Answer::Commit(Err(error))
            }
            Err(Halt::Missing) => self.wait(),
        }
    }

    fn commit(&mut self, job: &CommitJob) -> Result<Committed, Halt> {
        let access = self.view.access(&job.seat)?;
        let start = self.view.head();
        let mut turn = Turn {
            now: &self.now,
            view: &mut self.view,
            job,
            organization: self.organization,
            access,
            start,
            last: SyncId(0),
            leased: Vec::new(),
            is_claim_used: false,
            flagged: Vec::new(),
            references: Vec::new(),
            deleted: Vec::new(),
            regranted: Vec::new(),
        };
        let operations = &job.request.commit.operations;
        let mut is_missing = false;
        for (at, (operation, prepared)) in operations.iter().zip(&job.operations).enumerate() {
            match turn.operation(operation, prepared) {
                // What the others need is noted as well: one reading for all of them, not one for each.
                Err(Halt::Missing) => is_missing = true,
                Err(Halt::Refused(error)) if !is_missing => {
                    let is_one_of_many = operations.len() > 1;
                    return Err(Halt::Refused(if is_one_of_many { error.detail("operation", at) } else { error }));
                }
                Ok(()) | Err(Halt::Refused(_)) => {}
            }
        }
        if is_missing {
            return Err(Halt::Missing);
        }
        turn.check_claim_was_used()?;
        turn.check_references()?;
        turn.announce_grants()?;
        let Turn { last, leased, flagged, regranted, .. } = turn;
        self.view.check_quotas(operations.iter().all(|operation| operation.action == Action::Delete))?;
        for key in leased {
            self.claim_step(&job.seat, &key, &ClaimCommand::Committed)?;
        }
        self.news.regranted.extend(regranted);
        let commit = &job.request.commit;
        let server = ServerTxId::from(match last {
            SyncId(0) => format!("stx_{start}n"),
            last => ["stx_", &last.0.to_string()].concat(),
        });
        let ops = u32::try_from(operations.len()).unwrap_or(u32::MAX);
        Ok(Committed {
            receipt: confirmed(commit.client_tx_id.clone(), server, last, ops),
            deltas: self.view.member.log.clone(),
            replayed: false,
            flagged,
        })
    }
}

/// A delta about to be written.
pub(super) struct NewDelta<'d> {
    pub action: DeltaAction,
    pub key: &'d RowKey,
    pub data: Option<JsonText>,
    pub previous_data: Option<JsonText>,
    pub groups: Vec<Group>,
    pub previous: SyncId,
    pub hidden_from: Option<Vec<Group>>,
    pub only_for: Option<String>,
    pub transaction_id: Option<TransactionId>,
}

impl Turn<'_, '_> {
    /// The id of the next delta.
    pub fn next_id(&self) -> SyncId {
        SyncId(self.view.head().0 + 1)
    }

    /// Appends a delta.
    pub fn append(&mut self, delta: NewDelta<'_>) {
        let id = self.next_id();
        // What the others are told is nothing this participant waits for.
        if delta.hidden_from.is_none() {
            self.last = id;
        }
        let seat = &self.job.seat;
        let delta_core = DeltaCore {
            id,
            action: delta.action,
            model_name: self.view.rules.model(delta.key.model).def().typename.clone(),
            model_id: (*delta.key.id).to_owned(),
            data: delta.data,
            previous_data: delta.previous_data,
            sync_groups: delta.groups,
            organization_id: self.organization.clone(),
            created_at: self.view.loaded.now,
            transaction_id: delta.transaction_id,
        };
        let attribution = DeltaAttribution {
            created_by: Some(seat.who.id.clone()),
            actor: Some(seat.reference.clone()),
            on_behalf_of: seat.who.on_behalf_of.clone(),
            capability_id: seat.who.capability_id.clone(),
            confirmation_state: Some(ConfirmationState::Auto),
            backfill_provenance: None,
        };
        let provenance = DeltaProvenance { caused_by_task_id: self.job.request.commit.caused_by_task_id.clone() };
        let stored = StoredDelta { core: delta_core, attribution, provenance };
        self.view.member.log.push(Arc::new(LogEntry::new(stored, delta.previous, delta.hidden_from, delta.only_for)));
    }

    /// The groups of a delta: the row's, and those of the writing context.
    pub fn audience(&self, mut groups: Vec<Group>) -> Vec<Group> {
        for group in &self.job.seat.base {
            if !groups.contains(group) {
                groups.push(group.clone());
            }
        }
        groups
    }
}

fn replay(answer: &Result<ablo_schema::wire::Receipt, AbloError>) -> Result<Committed, AbloError> {
    let receipt = answer.clone()?;
    Ok(Committed { receipt, deltas: Vec::new(), replayed: true, flagged: Vec::new() })
}

fn reused(commit: &Commit) -> AbloError {
    let (key, member) = request::key_of(commit);
    let message = format!("the key `{key}` was used for another commit; make a new key for every new commit");
    AbloError::new(Code::IdempotencyConflict, message).param(member)
}
