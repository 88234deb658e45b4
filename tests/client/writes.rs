use ablo::{
    client::Wait,
    prelude::*,
    wire::{CommitStatus, DeltaAction, ParticipantKind, SyncId},
};

use crate::support::*;

#[test]
fn what_is_written_is_there_at_once() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let created = task(&ablo, &apollo.id, "Count down", 3).await;
        assert_eq!(ablo.tasks.get(&created.id).as_ref(), Some(&created));
        assert!(created.meta.sync_id > 0);
        assert_eq!(created.meta.created_by.as_deref(), Some("system"));

        let changed =
            ablo.tasks.update(&created.id, Task::patch().status(Status::Done).note("lift off")).await.unwrap();
        assert_eq!((changed.status, changed.note.as_deref()), (Status::Done, Some("lift off")));
        assert_eq!(changed.title, "Count down");
        assert!(changed.meta.sync_id > created.meta.sync_id);
        assert_eq!(ablo.tasks.get(&created.id), Some(changed));

        let cleared = ablo.tasks.update(&created.id, Task::patch().note(None)).await.unwrap();
        assert_eq!(cleared.note, None);

        let receipt = ablo.tasks.delete(&created.id).await.unwrap();
        assert_eq!(receipt.status, CommitStatus::Confirmed);
        assert_eq!(ablo.tasks.get(&created.id), None);
        assert_eq!(ablo.tasks.retrieve(&created.id).await.unwrap(), None);
    });
}

#[test]
fn archived_rows_are_out_of_the_way() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "Old", 1).await;
        let archived = ablo.tasks.archive(&row.id).await.unwrap();
        assert!(archived.meta.archived_at.is_some());
        assert_eq!(ablo.tasks.count(), 0);
        assert_eq!(ablo.tasks.get_all().scope(ablo::client::Scope::Archived).rows().len(), 1);
        assert_eq!(ablo.tasks.list().await.unwrap(), []);
        let back = ablo.tasks.unarchive(&row.id).await.unwrap();
        assert_eq!(back.meta.archived_at, None);
        assert_eq!(ablo.tasks.count(), 1);
    });
}

#[test]
fn a_queued_write_shows_before_it_is_confirmed() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let mut last = None;
        for points in 0..20 {
            last = Some(ablo.tasks.create(a_task(&apollo.id, "Queued", points)).wait(Wait::Queued).await.unwrap());
            assert_eq!(ablo.tasks.count(), usize::try_from(points).unwrap() + 1, "own writes show at once");
        }
        let last = last.unwrap();
        assert_eq!(last.meta.sync_id, 0, "it has no place in the log yet");
        let changed = ablo.tasks.update(&last.id, Task::patch().points(99)).await.unwrap();
        assert!(changed.meta.sync_id > 0, "a later write is behind the earlier ones");
        assert_eq!(changed.points, 99);
        assert_eq!(ablo.tasks.list().await.unwrap().len(), 20);
    });
}

#[test]
fn a_refused_write_stops_showing_and_is_told() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "Kept", 1).await;
        let reader = ablo.as_user("reader").operations(["tasks.read"]).await.unwrap();
        admit(&ablo, "reader", &apollo.id).await;
        eventually("the reader sees the task", async || reader.tasks.get(&row.id).is_some()).await;

        let (told, mut refusals) = tokio::sync::mpsc::unbounded_channel();
        let guard = reader.on_refused(move |error| drop(told.send(error.code().as_str().to_owned())));
        let optimistic = reader.tasks.update(&row.id, Task::patch().title("Changed")).wait(Wait::Queued).await.unwrap();
        assert_eq!(optimistic.title, "Changed");
        assert_eq!(refusals.recv().await.as_deref(), Some("capability_scope_denied"));
        assert_eq!(reader.tasks.get(&row.id).unwrap().title, "Kept");

        drop(guard);
        let refused = reader.tasks.update(&row.id, Task::patch().title("Changed")).await;
        assert_eq!(code(refused), "capability_scope_denied");
        assert_eq!(reader.tasks.get(&row.id).unwrap().title, "Kept");
        assert!(refusals.try_recv().is_err(), "a write that was waited for tells its caller alone");
    });
}

#[test]
fn a_stale_write_is_refused_and_an_edit_starts_over() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let seen = task(&ablo, &apollo.id, "Draft", 1).await;
        let stamp = seen.meta.sync_id;
        ablo.tasks.update(&seen.id, Task::patch().title("Final")).await.unwrap();

        let stale = ablo.tasks.update(&seen.id, Task::patch().title("Mine")).read_at(stamp).await;
        let error = stale.unwrap_err();
        assert_eq!(error.code().as_str(), "stale_context");
        assert_eq!(ablo.tasks.get(&seen.id).unwrap().title, "Final");
        // Another field is another matter.
        let other = ablo.tasks.update(&seen.id, Task::patch().points(2)).read_at(stamp).await.unwrap();
        assert_eq!((other.title.as_str(), other.points), ("Final", 2));
        let forced = ablo.tasks.update(&seen.id, Task::patch().title("Mine")).read_at(stamp).on_stale(OnStale::Force);
        assert_eq!(forced.await.unwrap().title, "Mine");

        let before = ablo.stamp();
        let edited = ablo.tasks.edit(&seen.id, |task| task.points += 5).await.unwrap();
        assert_eq!((edited.title.as_str(), edited.points), ("Mine", 7));
        let sent = ablo.log(before).await.unwrap().deltas;
        assert_eq!(sent.len(), 1);

        let before = ablo.stamp();
        ablo.tasks.edit(&seen.id, |_| {}).await.unwrap();
        assert_eq!(ablo.stamp(), before, "an edit that changes nothing writes nothing");
    });
}

#[test]
fn concurrent_edits_all_count() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "Counter", 0).await;
        let mut writers = Vec::new();
        for name in ["ann", "bo", "cy"] {
            let writer = member(&ablo, name, &apollo.id).await;
            let id = row.id.clone();
            writers.push(tokio::spawn(async move {
                for _ in 0..5 {
                    writer.tasks.edit(&id, |task| task.points += 1).attempts(1000).await.unwrap();
                }
            }));
        }
        for writer in writers {
            writer.await.unwrap();
        }
        assert_eq!(ablo.tasks.retrieve(&row.id).await.unwrap().unwrap().points, 15);
    });
}

#[test]
fn an_edit_gives_up_when_told_to() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "Busy", 0).await;
        let (rival, id) = (ablo.clone(), row.id.clone());
        let edit = ablo.tasks.edit(&row.id, move |task| {
            // Somebody else is always faster.
            let (rival, id) = (rival.clone(), id.clone());
            let write = async move { rival.tasks.update(&id, Task::patch().points(100)).await.unwrap() };
            std::thread::scope(|scope| {
                let runtime = tokio::runtime::Handle::current();
                scope.spawn(move || runtime.block_on(write)).join().unwrap();
            });
            task.points += 1;
        });
        assert_eq!(code(edit.attempts(1).await), "stale_context");
    });
}

#[test]
fn the_same_key_is_written_once() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let model = a_task(&apollo.id, "Once", 1);
        let first = ablo.tasks.create(model.clone()).idempotency_key("order-1").await.unwrap();
        let again = ablo.tasks.create(model.clone()).idempotency_key("order-1").await.unwrap();
        assert_eq!(first, again);
        assert_eq!(ablo.tasks.list().await.unwrap().len(), 1);
        let other = ablo.tasks.create(a_task(&apollo.id, "Other", 1)).idempotency_key("order-1").await;
        assert_eq!(code(other), "idempotency_conflict");
        assert_eq!(ablo.tasks.count(), 1, "the refused one does not show");
    });
}

#[test]
fn a_key_is_its_participants_own() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let (anns, bos) = (a_task(&apollo.id, "Ann's", 1), a_task(&apollo.id, "Bo's", 1));
        let [ann, bo] = [ablo.as_agent("ann").await.unwrap(), ablo.as_agent("bo").await.unwrap()];
        ann.tasks.create(anns.clone()).idempotency_key("daily").await.unwrap();
        let over = Task { id: anns.id.clone(), ..bos.clone() };
        assert_eq!(code(bo.tasks.create(over).idempotency_key("daily").await), "unique_violation");
        // An empty key is none, and no transaction's name.
        let over = Task { title: "Over".into(), ..bos.clone() };
        bo.tasks.create(bos).idempotency_key("").await.unwrap();
        assert_eq!(code(bo.tasks.create(over).idempotency_key("").await), "unique_violation");
    });
}

#[test]
fn a_transaction_is_all_or_nothing() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let (one, two) = (a_task(&apollo.id, "One", 1), a_task(&apollo.id, "Two", 2));
        let receipt =
            ablo.transaction().create(&one).create(&two).update(&one.id, Task::patch().points(10)).await.unwrap();
        assert_eq!(receipt.ops, 3);
        assert_eq!(ablo.tasks.get(&one.id).unwrap().points, 10);

        let before = ablo.stamp();
        let missing = Id::<Task>::new();
        let refused = ablo
            .transaction()
            .update(&one.id, Task::patch().points(11))
            .delete(&two.id)
            .update(&missing, Task::patch().points(1))
            .await;
        assert!(refused.is_err());
        assert_eq!(ablo.stamp(), before);
        assert_eq!(ablo.tasks.get(&one.id).unwrap().points, 10);
        assert!(ablo.tasks.get(&two.id).is_some());
    });
}

#[test]
fn a_value_that_json_cannot_carry_is_refused_here() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "Big", 1).await;
        let before = ablo.stamp();
        let error = ablo.tasks.update(&row.id, Task::patch().points(1 << 60)).await.unwrap_err();
        assert_eq!(error.code().as_str(), "number_not_representable");
        assert_eq!(error.param.as_deref(), Some("tasks.points"));
        assert!(ablo.tasks.create(a_task(&apollo.id, "Big", i64::MAX)).await.is_err());
        assert_eq!(ablo.stamp(), before);
        assert_eq!(ablo.tasks.count(), 1);
    });
}

#[test]
fn every_delta_says_who_and_for_whom() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let ann = member(&ablo, "ann", &apollo.id).await;
        admit(&ablo, "helper", &apollo.id).await;
        let helper = ablo.as_agent("helper").on_behalf_of("ann").await.unwrap();
        let before = ablo.stamp();
        let row = task(&ann, &apollo.id, "Together", 1).await;
        helper.tasks.update(&row.id, Task::patch().points(2)).await.unwrap();
        let log = ablo.log(before).await.unwrap().deltas;
        let told: Vec<_> = log
            .iter()
            .map(|entry| {
                let who = &entry.delta.attribution;
                let actor = who.actor.as_ref().unwrap();
                let behalf = who.on_behalf_of.as_ref().map(|user| user.id.to_string());
                (entry.delta.core.action, actor.kind, actor.id.to_string(), behalf)
            })
            .collect();
        assert_eq!(
            told,
            [
                (DeltaAction::Insert, ParticipantKind::User, "ann".to_owned(), None),
                (DeltaAction::Update, ParticipantKind::Agent, "helper".to_owned(), Some("ann".to_owned())),
            ]
        );
        assert_eq!(row.meta.created_by.as_deref(), Some("ann"));
        ablo.synced().await.unwrap();
        assert_eq!(ablo.log(SyncId(0)).await.unwrap().head, ablo.stamp());
    });
}

#[test]
fn a_write_goes_on_when_its_caller_does_not() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let model = a_task(&apollo.id, "Abandoned", 1);
        let id = model.id.clone();
        let mut write = std::future::IntoFuture::into_future(ablo.tasks.create(model));
        // Polled once, then forgotten.
        let _ =
            std::future::Future::poll(write.as_mut(), &mut std::task::Context::from_waker(std::task::Waker::noop()));
        drop(write);
        eventually("it is in the log", async || ablo.tasks.retrieve(&id).await.unwrap().is_some()).await;
        eventually("nothing waits", async || ablo.tasks.get(&id).is_some_and(|row| row.meta.sync_id > 0)).await;
    });
}
