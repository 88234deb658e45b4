//! What keeps a write from overwriting what its writer does not know.

use std::collections::HashMap;

use ablo_schema::error::{AbloError, Code, ErrorCode};
use ablo_schema::ir::ModelRef;
use ablo_schema::wire::{CommitOperation, DeltaAction, OnStale, ParticipantKind, SyncId};
use serde::de::IgnoredAny;

use super::super::defect::Defect;
use super::super::view::Halt;
use super::super::{LogEntry, Record, StaleConflict};
use super::commit::Turn;
use super::moment;
use super::operation::Target;
use crate::claims::{Actor, Conflict, Decision, RowContext, WritePass, WriteRefusal};
use crate::store::RowKey;

const FREE: WritePass = WritePass { since: None, token: None };

impl Turn<'_, '_> {
    /// The row is not another participant's, and when the commit names a claim, it is that claim's.
    pub fn guard_claim(&mut self, key: &RowKey, operation: &CommitOperation) -> Result<WritePass, Halt> {
        let model = self.view.rules.model(key.model).key();
        let token = self.job.request.token;
        self.pass(key, operation)?.map_err(|refusal| refusal.into_error(model, &key.id, token).into())
    }

    fn pass(&mut self, key: &RowKey, operation: &CommitOperation) -> Result<Result<WritePass, WriteRefusal>, Halt> {
        let (rules, job) = (self.view.rules, self.job);
        if rules.planted(Defect::IgnoreClaims) {
            return Ok(Ok(FREE));
        }
        let at = moment(self.view);
        let claims = self.view.claims(key)?;
        let (intent, token) = (job.request.commit.intent.as_ref(), job.request.token);
        if claims.lease().is_none() && intent.is_none() && token.is_none() {
            return Ok(Ok(FREE));
        }
        // One commit may write rows under a claim and other rows too; which is which, the lease knows.
        let is_alone = job.request.commit.operations.len() == 1;
        let is_meant = claims.lease().is_some_and(|lease| {
            lease.entry.participant == job.seat.reference && intent.is_none_or(|id| lease.entry.handles.contains(id))
        });
        let (claim, token) = if is_alone || is_meant { (intent, token) } else { (None, None) };
        let model = rules.model(key.model);
        let context = RowContext {
            model: model.key(),
            id: &key.id,
            limits: rules.options.claims,
            policy: &*rules.options.policy,
        };
        let actor = Actor { participant: &job.seat.reference, allows: &|operation| job.seat.privileged(operation) };
        match claims.may_write(&actor, claim, token, at, &context) {
            Ok(pass) => {
                if pass.token.is_some() {
                    self.leased.push(key.clone());
                    self.is_claim_used |= claim.is_some() || token.is_some();
                }
                Ok(Ok(pass))
            }
            Err(WriteRefusal::Foreign { .. })
                if operation.bypass == Some(true) && job.seat.who.kind == ParticipantKind::System =>
            {
                Ok(Ok(FREE))
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// A row may be created under a claim on its id; a foreign claim on an id that is not there yet stops nobody.
    pub fn guard_claim_of_create(&mut self, key: &RowKey, operation: &CommitOperation) -> Result<(), Halt> {
        if self.job.request.commit.intent.is_none() && self.job.request.token.is_none() {
            return Ok(());
        }
        match self.pass(key, operation)? {
            Ok(_) | Err(WriteRefusal::Foreign { .. }) => Ok(()),
            Err(lost) => {
                let model = self.view.rules.model(key.model).key();
                Err(lost.into_error(model, &key.id, self.job.request.token).into())
            }
        }
    }

    /// A claim that a commit names covers at least one of its rows. Another claim of the writer does not count: the
    /// named one is over then, and a row that it covered may have been anybody's since.
    pub fn check_claim_was_used(&self) -> Result<(), AbloError> {
        let request = &self.job.request;
        let is_named = request.commit.intent.is_some() || request.token.is_some();
        if !is_named || self.is_claim_used || self.view.rules.planted(Defect::IgnoreClaims) {
            return Ok(());
        }
        let code = if request.token.is_some() { Code::StaleToken } else { Code::ClaimLost };
        let message = "the claim the commit names holds none of its rows (any more); claim them again";
        Err(AbloError::new(code, message).param("intent"))
    }

    /// The row has not changed since the writer read it, or not where it matters.
    pub fn guard_stale(&mut self, target: &Target<'_>, writes: Option<&Record>, pass: WritePass) -> Result<(), Halt> {
        let Target { key, row, operation } = target;
        let Some(read_at) = operation.read_at.filter(|at| at.0 > 0) else { return Ok(()) };
        if operation.on_stale == Some(OnStale::Force) {
            return Ok(());
        }
        let rules = self.view.rules;
        let known = self.job.request.known_at(read_at);
        let floor = if rules.planted(Defect::StaleOffByOne) { SyncId(known.0 + 1) } else { known };
        let model = rules.model(key.model);
        let mut conflict: Option<StaleConflict> = None;
        let mut at = row.sync_id;
        while at > floor {
            let entry = self.view.entry(at)?;
            // A delta that has been trimmed off says no more what it changed.
            let overlap = match &entry {
                Some(entry) if self.is_own(entry, pass) => Some(Overlap::None),
                Some(entry) => Some(overlap(model, entry, writes, rules.planted(Defect::StaleIgnoresFields))),
                None => None,
            };
            match overlap {
                Some(Overlap::None) => {}
                Some(Overlap::Fields(fields)) => {
                    let conflict = conflict.get_or_insert_with(|| new_conflict(model, key, at));
                    // Nothing listed says that the whole row is concerned.
                    if conflict.observed_sync_id == at || !conflict.conflicting_fields.is_empty() {
                        conflict.conflicting_fields.extend(fields);
                    }
                }
                Some(Overlap::Row) | None => {
                    conflict.get_or_insert_with(|| new_conflict(model, key, at)).conflicting_fields.clear();
                    break;
                }
            }
            at = entry.map_or(SyncId(0), |entry| entry.previous);
        }
        let Some(mut conflict) = conflict else { return Ok(()) };
        conflict.conflicting_fields.sort_unstable();
        conflict.conflicting_fields.dedup();
        self.judge(model, conflict, read_at, operation.on_stale)
    }

    /// Whether a delta is the writer's own doing, so that it makes none of its knowledge stale: written under the lease it
    /// holds, or earlier in this commit.
    fn is_own(&self, entry: &LogEntry, pass: WritePass) -> bool {
        let is_mine = entry.delta.attribution.actor.as_ref() == Some(&self.job.seat.reference);
        entry.id() > self.start || (is_mine && pass.since.is_some_and(|since| entry.id() > since))
    }

    fn judge(
        &mut self,
        model: ModelRef<'_>,
        conflict: StaleConflict,
        read_at: SyncId,
        on_stale: Option<OnStale>,
    ) -> Result<(), Halt> {
        if matches!(on_stale, Some(OnStale::Flag | OnStale::Merge)) {
            self.flagged.push(conflict);
            return Ok(());
        }
        let seat = &self.job.seat;
        let fields: Vec<&str> = conflict.conflicting_fields.iter().map(String::as_str).collect();
        let decision = self.view.rules.options.policy.decide(&Conflict::Stale {
            model: model.key(),
            id: &conflict.id,
            read_at,
            observed: conflict.observed_sync_id,
            fields: &fields,
            committer: Actor { participant: &seat.reference, allows: &|operation| seat.privileged(operation) },
        });
        let code = match decision {
            Decision::Allow | Decision::Preempt => return Ok(()),
            Decision::Reject { reason: Some(reason) } => ErrorCode::policy(&reason),
            Decision::Reject { reason: None } => Code::StaleContext.into(),
        };
        let changed = match fields.as_slice() {
            [] => "it".to_owned(),
            fields => fields.join(", "),
        };
        let message = format!(
            "`{}` `{}` was read at {read_at}, and {changed} changed at {}; read it again and decide anew",
            conflict.model, conflict.id, conflict.observed_sync_id
        );
        let param = match fields.first() {
            Some(field) => format!("{}.{field}", conflict.model),
            None => conflict.model.clone(),
        };
        Err(AbloError::new(code, message).param(param).detail("readAt", read_at).detail("conflicts", [conflict]).into())
    }
}

/// What a delta and a write have in common.
enum Overlap {
    None,
    Fields(Vec<String>),
    /// Everything: one of them concerns the row as a whole.
    Row,
}

fn overlap(model: ModelRef<'_>, entry: &LogEntry, writes: Option<&Record>, row_level: bool) -> Overlap {
    let core = &entry.delta.core;
    let Some(writes) = writes.filter(|_| !row_level) else { return Overlap::Row };
    match core.action {
        // It says no more than the update that follows it.
        DeltaAction::Unarchive => return Overlap::None,
        DeltaAction::Update | DeltaAction::Archive => {}
        _ => return Overlap::Row,
    }
    let changed: Option<HashMap<String, IgnoredAny>> =
        core.previous_data.as_ref().and_then(|previous| previous.read().ok());
    let Some(changed) = changed else { return Overlap::Row };
    let slots = model.shape().slots();
    let both = writes.iter().map(|(slot, _)| &slots[slot].name).filter(|name| changed.contains_key(*name));
    match both.cloned().collect::<Vec<_>>() {
        fields if fields.is_empty() => Overlap::None,
        fields => Overlap::Fields(fields),
    }
}

fn new_conflict(model: ModelRef<'_>, key: &RowKey, at: SyncId) -> StaleConflict {
    StaleConflict {
        model: model.key().to_owned(),
        id: (*key.id).to_owned(),
        observed_sync_id: at,
        conflicting_fields: Vec::new(),
    }
}
