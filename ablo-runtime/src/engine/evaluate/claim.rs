use ablo_schema::wire::Group;

use std::sync::Arc;

use super::super::ClaimsChange;
use super::super::request::ClaimJob;
use super::super::seat::Seat;
use super::super::view::Halt;
use super::{Evaluation, refusal};
use crate::claims::{Actor, ClaimCommand, ClaimEvent, ClaimReply, RowClaims, RowContext};
use crate::store::RowKey;

impl Evaluation<'_> {
    pub(super) fn claim(&mut self, job: &ClaimJob) -> Result<ClaimReply, Halt> {
        let ClaimJob { seat, key, command, .. } = job;
        let model = self.view.rules.model(key.model);
        if matches!(command, ClaimCommand::Acquire(_))
            && !["update", "delete", "create"].iter().any(|operation| seat.may(model, operation))
        {
            return Err(refusal::operation_denied(model, model.key(), "update").into());
        }
        // What is not seen is not there, except for what one has on it: it can be handed back.
        let hands_back = matches!(command, ClaimCommand::Release { .. } | ClaimCommand::Disconnect { .. });
        if !hands_back && let Some(row) = self.view.row(key)? {
            let access = self.view.access(seat)?;
            if !self.view.sees(&access, key.model, &key.id, &row.values)? {
                return Err(refusal::not_found(model, &key.id).into());
            }
        }
        let told = self.news.claims.len();
        let reply = self.claim_step(seat, key, command)?;
        self.view.check_quotas(false).inspect_err(|_| self.news.claims.truncate(told))?;
        Ok(reply)
    }

    pub(super) fn claim_step(&mut self, seat: &Seat, key: &RowKey, command: &ClaimCommand) -> Result<ClaimReply, Halt> {
        let rules = self.view.rules;
        let at = self.moment();
        let audience = self.claim_audience(key, &seat.base)?;
        let before = self.view.claims(key)?.clone();
        let mut claims = before.clone();
        let context = RowContext {
            model: rules.model(key.model).key(),
            id: &key.id,
            limits: rules.options.claims,
            policy: &*rules.options.policy,
        };
        let actor = Actor { participant: &seat.reference, allows: &|operation| seat.privileged(operation) };
        let (reply, events) = claims.step(&actor, command, at, &context);
        self.changed(key, &before, claims, events, audience);
        Ok(reply)
    }

    /// Ends what has run out.
    pub(super) fn sweep(&mut self) -> Result<(), Halt> {
        let rules = self.view.rules;
        let at = self.moment();
        for (due, key) in &self.view.loaded.due {
            if *due > at.now {
                self.alarms.push(*due);
                break;
            }
            let audience = self.claim_audience(key, &[])?;
            let before = self.view.claims(key)?.clone();
            let mut claims = before.clone();
            let context = RowContext {
                model: rules.model(key.model).key(),
                id: &key.id,
                limits: rules.options.claims,
                policy: &*rules.options.policy,
            };
            let events = claims.tick(at, &context);
            self.changed(key, &before, claims, events, audience);
        }
        // More may be due than one sweep looks at.
        if self.view.loaded.due.len() >= super::super::batch::SWEEP {
            self.alarms.push(at.now);
        }
        Ok(())
    }

    fn changed(
        &mut self,
        key: &RowKey,
        before: &RowClaims,
        claims: RowClaims,
        events: Vec<ClaimEvent>,
        groups: Vec<Group>,
    ) {
        if !events.is_empty() {
            self.news.claims.push(Arc::new(ClaimsChange {
                model: self.view.rules.model(key.model).key().to_owned(),
                id: (*key.id).to_owned(),
                groups,
                claims: claims.clone(),
                events,
            }));
        }
        if claims != *before {
            self.view.member.claims.insert(key.clone(), claims);
        }
    }

    /// Who hears of a row's claims: whoever sees the row. A row that is not there yet is its claimant's affair.
    fn claim_audience(&mut self, key: &RowKey, base: &[Group]) -> Result<Vec<Group>, Halt> {
        match self.view.row(key)? {
            Some(row) => self.view.row_groups(key.model, &key.id, &row.values),
            None => {
                let own = self.view.rules.model(key.model).own_group(&key.id);
                Ok(base.iter().cloned().chain(own).collect())
            }
        }
    }
}
