use std::time::Duration;

use ablo::{
    claims::{ClaimLimits, PreemptByOperation},
    client::ClaimLoss,
    engine::{Clock, EngineOptions},
    prelude::*,
    wire::IntentStatus,
};
use std::sync::Arc;

use crate::support::*;

#[test]
fn the_next_in_line_reads_what_the_one_before_wrote() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "Shared", 0).await;
        let ann = member(&ablo, "ann", &apollo.id).await;
        let bo = member(&ablo, "bo", &apollo.id).await;

        let first = ann.tasks.claim(&row.id).action("counting").field(Task::points()).await.unwrap();
        let held = bo.tasks.claims().state(&row.id).await.unwrap().unwrap();
        assert_eq!((held.held_by.as_str(), held.action.as_str()), ("ann", "counting"));
        assert_eq!(held.field.as_deref(), Some("points"));
        assert_eq!(&held.id, first.claim_id());

        let (id, waiter) = (row.id.clone(), bo.clone());
        let second = tokio::spawn(async move { waiter.tasks.claim(&id).await });
        eventually("bo waits", async || ann.tasks.claims().queue(&row.id).await.unwrap().len() == 1).await;
        let queue = ann.tasks.claims().queue(&row.id).await.unwrap();
        assert_eq!((queue[0].held_by.as_str(), queue[0].status), ("bo", IntentStatus::Queued));

        first.update(Task::patch().points(first.points + 1)).await.unwrap();
        // Twice under one claim: own writes make nothing stale.
        first.update(Task::patch().points(first.points + 10)).await.unwrap();
        first.release().await.unwrap();

        let second = second.await.unwrap().unwrap();
        assert_eq!(second.points, 10, "the handle has the row as it is now");
        second.update(Task::patch().points(second.points + 1)).await.unwrap();
        second.release().await.unwrap();
        assert_eq!(ablo.tasks.retrieve(&row.id).await.unwrap().unwrap().points, 11);
        assert_eq!(ablo.tasks.claims().state(&row.id).await.unwrap(), None);
    });
}

#[test]
fn a_held_row_is_not_written_by_others() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "Shared", 0).await;
        let ann = member(&ablo, "ann", &apollo.id).await;
        let bo = member(&ablo, "bo", &apollo.id).await;
        let claim = ann.tasks.claim(&row.id).await.unwrap();
        assert_eq!(code(bo.tasks.update(&row.id, Task::patch().points(5)).await), "entity_claimed");
        assert_eq!(bo.tasks.get(&row.id).unwrap().points, 0);
        assert_eq!(code(bo.tasks.delete(&row.id).await), "entity_claimed");
        // The holder needs no handle for its own writes.
        ann.tasks.update(&row.id, Task::patch().points(7)).await.unwrap();
        let receipt = claim.delete().await.unwrap();
        assert!(receipt.last_sync_id.0 > 0);
    });
}

#[test]
fn a_dropped_handle_hands_back_at_once() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "Shared", 0).await;
        let ann = member(&ablo, "ann", &apollo.id).await;
        let bo = member(&ablo, "bo", &apollo.id).await;
        drop(ann.tasks.claim(&row.id).await.unwrap());
        // The hand-back was sent before this, so nobody has to wait.
        let claim = bo.tasks.claim(&row.id).wait(false).await.unwrap();

        // A claim that is given up while it waits leaves the line.
        let waiting = ann.tasks.claim(&row.id);
        let outcome = tokio::time::timeout(Duration::from_millis(50), std::future::IntoFuture::into_future(waiting));
        assert!(outcome.await.is_err(), "it waits");
        eventually("nobody waits", async || bo.tasks.claims().queue(&row.id).await.unwrap().is_empty()).await;
        claim.release().await.unwrap();
        assert_eq!(ablo.tasks.claims().state(&row.id).await.unwrap(), None);
    });
}

#[test]
fn who_does_not_wait_is_told_who_holds() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "Shared", 0).await;
        let ann = member(&ablo, "ann", &apollo.id).await;
        let bo = member(&ablo, "bo", &apollo.id).await;
        let cy = member(&ablo, "cy", &apollo.id).await;
        let claim = ann.tasks.claim(&row.id).await.unwrap();
        let error = bo.tasks.claim(&row.id).wait(false).await.unwrap_err();
        assert_eq!(error.code().as_str(), "entity_claimed");
        assert_eq!(error.details["heldBy"], "ann");

        let (waiter, id) = (bo.clone(), row.id.clone());
        let second = tokio::spawn(async move { waiter.tasks.claim(&id).await });
        eventually("bo waits", async || ann.tasks.claims().queue(&row.id).await.unwrap().len() == 1).await;
        let refused = cy.tasks.claim(&row.id).max_queue_depth(1).await.unwrap_err();
        let said = format!(
            "queue_too_deep: `tasks` `{}` is claimed by user `ann`, and 1 waits in line; try again later or allow a \
             deeper line",
            row.id
        );
        assert_eq!(refused.to_string(), said);
        assert_eq!(ann.tasks.claims().queue(&row.id).await.unwrap().len(), 1);
        claim.release().await.unwrap();
        second.await.unwrap().unwrap().release().await.unwrap();

        assert_eq!(code(ann.tasks.claim(&Id::new()).await), "entity_not_found");
        assert_eq!(code(ann.tasks.claim(&row.id).meta(3).await), "malformed_claim");
    });
}

#[test]
fn reads_do_as_told_about_claims() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "Shared", 0).await;
        let ann = member(&ablo, "ann", &apollo.id).await;
        let bo = member(&ablo, "bo", &apollo.id).await;
        let claim = ann.tasks.claim(&row.id).await.unwrap();
        assert!(bo.tasks.retrieve(&row.id).await.unwrap().is_some());
        let refused = bo.tasks.retrieve(&row.id).if_claimed(IfClaimed::Fail).await.unwrap_err().to_string();
        let advice = "is claimed by `ann`; wait for the claim to end, or read the row as it is";
        assert!(refused.starts_with("entity_claimed: ") && refused.ends_with(advice), "{refused}");
        assert!(ann.tasks.retrieve(&row.id).if_claimed(IfClaimed::Fail).await.unwrap().is_some(), "it is her own");

        let (reader, id) = (bo.clone(), row.id.clone());
        let read = tokio::spawn(async move { reader.tasks.retrieve(&id).if_claimed(IfClaimed::Wait).await });
        claim.update(Task::patch().points(4)).await.unwrap();
        claim.release().await.unwrap();
        assert_eq!(read.await.unwrap().unwrap().unwrap().points, 4);
    });
}

#[test]
fn the_line_can_be_changed_by_those_who_may() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "Shared", 0).await;
        let ann = member(&ablo, "ann", &apollo.id).await;
        let claim = ann.tasks.claim(&row.id).await.unwrap();
        let (told, mut granted) = tokio::sync::mpsc::unbounded_channel();
        for (place, name) in ["bo", "cy", "di"].into_iter().enumerate() {
            let waiter = member(&ablo, name, &apollo.id).await;
            let (id, told) = (row.id.clone(), told.clone());
            tokio::spawn(async move {
                let claim = waiter.tasks.claim(&id).await.unwrap();
                told.send(name).unwrap();
                claim.release().await.unwrap();
            });
            eventually("it waits", async || ann.tasks.claims().queue(&row.id).await.unwrap().len() == place + 1).await;
        }
        let queue = ann.tasks.claims().queue(&row.id).await.unwrap();
        let outsider = ablo.as_user("bo").operations(["tasks.update"]).await.unwrap();
        let refused = outsider.tasks.claims().reorder(&row.id, [&queue[2]]).await;
        assert_eq!(code(refused), "capability_scope_denied");
        ablo.tasks.claims().reorder(&row.id, [&queue[2], &queue[1]]).await.unwrap();
        claim.release().await.unwrap();
        let mut order = Vec::new();
        while order.len() < 3 {
            order.push(granted.recv().await.unwrap());
        }
        assert_eq!(order, ["di", "cy", "bo"]);
    });
}

#[tokio::test]
async fn a_silent_holder_loses_the_row_and_is_told() {
    let (clock, hand) = Clock::manual(ablo::time::Timestamp::from_second(1_800_000_000).unwrap());
    let options = EngineOptions { clock, claims: ClaimLimits::default(), ..EngineOptions::default() };
    let ablo = Ablo::<Work>::in_memory().options(options).await.unwrap();
    let apollo = project(&ablo, "Apollo").await;
    let row = task(&ablo, &apollo.id, "Shared", 0).await;
    let ann = member(&ablo, "ann", &apollo.id).await;
    let bo = member(&ablo, "bo", &apollo.id).await;
    let claim = ann.tasks.claim(&row.id).ttl(Duration::from_secs(60)).await.unwrap();
    assert_eq!(claim.loss(), None);
    let (waiter, id) = (bo.clone(), row.id.clone());
    let second = tokio::spawn(async move { waiter.tasks.claim(&id).await.unwrap() });
    eventually("bo waits", async || ann.tasks.claims().queue(&row.id).await.unwrap().len() == 1).await;

    hand.advance(Duration::from_secs(61));
    assert_eq!(claim.lost().await, ClaimLoss::Expired);
    let second = second.await.unwrap();
    assert!(second.token() > claim.token());
    let late = claim.update(Task::patch().points(1)).await;
    assert_eq!(code(late), "claim_lost");
    assert_eq!(ablo.tasks.retrieve(&row.id).await.unwrap().unwrap().points, 0);
    // Handing back what is lost disturbs nobody.
    claim.release().await.unwrap();
    second.update(Task::patch().points(2)).await.unwrap();
    second.release().await.unwrap();
}

#[tokio::test]
async fn a_preempted_holder_is_told() {
    let options = EngineOptions { policy: Arc::new(PreemptByOperation), ..EngineOptions::default() };
    let ablo = Ablo::<Work>::in_memory().options(options).await.unwrap();
    let apollo = project(&ablo, "Apollo").await;
    let row = task(&ablo, &apollo.id, "Shared", 0).await;
    admit(&ablo, "agent", &apollo.id).await;
    admit(&ablo, "boss", &apollo.id).await;
    let agent = ablo.as_agent("agent").operations(["tasks.read", "tasks.update"]).await.unwrap();
    let boss = ablo.as_user("boss").operations(["tasks.read", "tasks.update", "intent.preempt"]).await.unwrap();
    let claim = agent.tasks.claim(&row.id).await.unwrap();
    let taken = boss.tasks.claim(&row.id).wait(false).await.unwrap();
    assert_eq!(claim.lost().await, ClaimLoss::Preempted);
    assert_eq!(code(claim.update(Task::patch().points(1)).await), "claim_lost");
    taken.update(Task::patch().points(2)).await.unwrap();
}

#[tokio::test]
async fn transactions_go_under_a_claim_too() {
    let ablo = Ablo::<Work>::in_memory().await.unwrap();
    let apollo = project(&ablo, "Apollo").await;
    let row = task(&ablo, &apollo.id, "Shared", 0).await;
    let ann = member(&ablo, "ann", &apollo.id).await;
    let claim = ann.tasks.claim(&row.id).await.unwrap();
    ann.transaction().update(&row.id, Task::patch().points(3)).under(&claim).await.unwrap();
    assert!(ann.tasks.claims().release(&row.id).await.unwrap());
    let refused = ann.transaction().update(&row.id, Task::patch().points(4)).under(&claim).await;
    assert_eq!(code(refused), "claim_lost");
    assert_eq!(ann.tasks.get(&row.id).unwrap().points, 3);
}
