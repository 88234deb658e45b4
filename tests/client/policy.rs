use std::sync::Arc;

use ablo::{
    claims::{Conflict, ConflictPolicy, Decision},
    engine::EngineOptions,
};

use crate::support::*;

/// Has a reason of its own for every refusal.
struct Closed;

impl ConflictPolicy for Closed {
    fn decide(&self, conflict: &Conflict<'_>) -> Decision {
        let reason = match conflict {
            Conflict::ClaimHeld { holder, .. } => format!("busy_with_{}", holder.participant.id.as_str()),
            Conflict::Stale { fields, .. } => format!("outdated_{}", fields.join("_")),
        };
        Decision::Reject { reason: Some(reason) }
    }
}

/// A policy's own reason reaches callers as the code, for claims, writes and stale writes alike, and nothing has changed.
#[test]
fn a_policy_says_why_in_its_own_words() {
    over_both_with(EngineOptions { policy: Arc::new(Closed), ..EngineOptions::default() }, |ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "Shared", 1).await;
        ablo.tasks.update(&row.id, Task::patch().title("Changed")).await.unwrap();
        let (ann, bo) = (member(&ablo, "ann", &apollo.id).await, member(&ablo, "bo", &apollo.id).await);
        let claim = ann.tasks.claim(&row.id).await.unwrap();
        bo.synced().await.unwrap();
        ablo.synced().await.unwrap();

        let before = (ablo.stamp(), ablo.tasks.list().await.unwrap(), ann.tasks.claims().state(&row.id).await.unwrap());
        let at = format!("tasks.{}", row.id);
        let (late, busy) = ("policy:outdated_title", "policy:busy_with_ann");
        let stamp = row.meta.sync_id;
        let (id, points) = (&row.id, Task::patch().points(9));
        let refusals = [
            (bo.tasks.claim(id).wait(false).await.map(drop), busy, &*at),
            (bo.tasks.update(id, points.clone()).await.map(drop), busy, &at),
            (bo.tasks.delete(id).await.map(drop), busy, &at),
            (bo.tasks.archive(id).await.map(drop), busy, &at),
            (bo.transaction().update(id, points).await.map(drop), busy, &at),
            (ann.tasks.update(id, Task::patch().title("Mine")).read_at(stamp).await.map(drop), late, "tasks.title"),
        ];
        for (refused, code, path) in refusals {
            let error = refused.unwrap_err();
            assert_eq!((error.code().as_str(), error.param.as_deref()), (code, Some(path)), "{error}");
        }
        ablo.synced().await.unwrap();
        let after = (ablo.stamp(), ablo.tasks.list().await.unwrap(), ann.tasks.claims().state(&row.id).await.unwrap());
        assert_eq!(after, before, "nothing has changed");
        assert_eq!(bo.tasks.get(id).unwrap().points, 1, "nor is it shown");

        // A foreign claim on an id that is not there yet stops nobody, whatever the policy would say.
        let unborn = a_task(&apollo.id, "Unborn", 1);
        let _early = ann.tasks.claim(&unborn.id).await;
        bo.transaction().create(&unborn).create(&a_task(&apollo.id, "Other", 1)).await.unwrap();
        claim.release().await.unwrap();
    });
}
