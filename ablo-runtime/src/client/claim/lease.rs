use std::{sync::Arc, time::Duration};

use ablo_schema::{
    error::{AbloError, Code},
    wire::{ClaimId, FencingToken},
};
use tokio::{sync::watch, task::AbortHandle};

use super::ClaimLoss;
use crate::{
    claims::{Acquire, ClaimCommand, ClaimReply},
    client::{
        session::{LeaseNews, Session, Started},
        transport::RowKey,
    },
};

/// How often a lease whose length is the engine's choice gives a sign of life, as the engine's shortest waits allow.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// A place on a row, held or waited for. It is handed back when dropped.
pub(super) struct Lease {
    session: Arc<Session>,
    row: RowKey,
    claim: ClaimId,
    news: watch::Receiver<LeaseNews>,
    token: Option<FencingToken>,
    heart: Option<AbortHandle>,
    released: bool,
}

impl Lease {
    /// Returns once the row is held.
    pub async fn acquire(session: Arc<Session>, row: RowKey, wish: Acquire) -> Result<Self, AbloError> {
        let claim = wish.claim.clone();
        let rhythm = wish.ttl_ms.map_or(HEARTBEAT, |ttl| Duration::from_millis(ttl / 3).min(HEARTBEAT));
        let news = session.expect(&claim);
        // Made before anything is sent: dropping it takes back whatever was.
        let mut lease = Self { session, row, claim, news, token: None, heart: None, released: false };
        match lease.send(ClaimCommand::Acquire(wish)).await? {
            ClaimReply::Granted(grant) => lease.token = Some(grant.token),
            ClaimReply::Queued { .. } => {}
            reply => return Err(lease.refused(reply)),
        }
        lease.heart = Some(lease.beat(rhythm));
        while lease.token.is_none() {
            let mut news = lease.news.clone();
            let latest = news.wait_for(|news| *news != LeaseNews::Waiting).await.map(|news| *news);
            match latest {
                // The renewal tells the token, and that the lease was not lost again meanwhile.
                Ok(LeaseNews::Granted) => lease.check().await?,
                _ => return Err(lease.over()),
            }
        }
        Ok(lease)
    }

    pub fn claim(&self) -> &ClaimId {
        &self.claim
    }

    pub fn token(&self) -> FencingToken {
        self.token.unwrap_or_default()
    }

    /// How it was lost, if it was.
    pub fn loss(&self) -> Option<ClaimLoss> {
        ClaimLoss::of(*self.news.borrow())
    }

    /// Returns when it is lost.
    pub async fn lost(&self) -> ClaimLoss {
        let mut news = self.news.clone();
        match news.wait_for(|news| ClaimLoss::of(*news).is_some()).await.map(|news| ClaimLoss::of(*news)) {
            Ok(Some(loss)) => loss,
            // The session is gone, and with it whatever kept the lease alive.
            _ => ClaimLoss::Expired,
        }
    }

    /// Hands it back and waits for the answer. One that is over already is handed back too.
    pub async fn release(mut self) -> Result<(), AbloError> {
        self.released = true;
        let command = ClaimCommand::Release { claim: Some(self.claim.clone()), token: self.token };
        self.send(command).await.map(drop)
    }

    async fn send(&self, command: ClaimCommand) -> Result<ClaimReply, AbloError> {
        self.session.transport().claim(self.row.clone(), command).await
    }

    async fn check(&mut self) -> Result<(), AbloError> {
        match self.send(renewal(&self.claim)).await? {
            ClaimReply::Renewed { token: Some(token), .. } => self.token = Some(token),
            // Granted and back in line: the news is older than the answer.
            ClaimReply::Renewed { token: None, .. } => self.session.tell_lease(&self.claim, LeaseNews::Waiting),
            reply => return Err(self.refused(reply)),
        }
        Ok(())
    }

    fn refused(&self, reply: ClaimReply) -> AbloError {
        refused(reply, &self.row)
    }

    fn over(&self) -> AbloError {
        let (model, id) = (&self.row.model, &self.row.id);
        let message = format!("the claim on {model} {id} ended while it waited; claim the row again");
        AbloError::new(Code::ClaimLost, message).param(format!("{model}.{id}"))
    }

    /// Signs of life, until stopped.
    fn beat(&self, rhythm: Duration) -> AbortHandle {
        let (session, row, claim) = (Arc::downgrade(&self.session), self.row.clone(), self.claim.clone());
        let mut resyncs = self.session.resyncs();
        let heart = async move {
            loop {
                tokio::select! {
                    () = tokio::time::sleep(rhythm) => {}
                    missed = resyncs.changed() => if missed.is_err() { return },
                }
                let Some(session) = session.upgrade() else { return };
                let reply = session.transport().claim(row.clone(), renewal(&claim)).await;
                match reply {
                    Ok(ClaimReply::Renewed { token: Some(_), .. }) => session.tell_lease(&claim, LeaseNews::Granted),
                    Ok(ClaimReply::Refused(_)) => return session.tell_lease(&claim, LeaseNews::Expired),
                    // Not reached: the lease may live, the next sign of life tells.
                    Ok(_) | Err(_) => {}
                }
            }
        };
        self.session.runtime().spawn(heart).abort_handle()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(heart) = self.heart.take() {
            heart.abort();
        }
        self.session.forget(&self.claim);
        if self.released {
            return;
        }
        // Sent here and now; only the answer is left to a task.
        let command = ClaimCommand::Release { claim: Some(self.claim.clone()), token: None };
        let _inside = self.session.runtime().enter();
        let sent = Started::new(self.session.transport().claim(self.row.clone(), command));
        self.session.runtime().spawn(sent);
    }
}

/// Why a command about a row's claims was not done.
pub(super) fn refused(reply: ClaimReply, row: &RowKey) -> AbloError {
    match reply {
        ClaimReply::Refused(refusal) => refusal.into_error(&row.model, &row.id, Code::EntityClaimed),
        _ => AbloError::new(Code::ResponseMalformed, "the answer to a claim is not one")
            .param(format!("{}.{}", row.model, row.id)),
    }
}

fn renewal(claim: &ClaimId) -> ClaimCommand {
    ClaimCommand::Renew { claim: Some(claim.clone()), token: None, ttl_ms: None }
}
