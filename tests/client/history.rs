use ablo::{client::UndoPolicy, prelude::*};

use crate::support::*;

#[test]
fn what_was_done_is_undone_and_done_again() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let kept = task(&ablo, &apollo.id, "kept", 1).await;
        let gone = task(&ablo, &apollo.id, "gone", 2).await;
        let shelved = task(&ablo, &apollo.id, "shelved", 3).await;
        let made = a_task(&apollo.id, "made", 4);
        let history = ablo.history();
        let state = || {
            let mut rows: Vec<(String, String, i64)> = ablo
                .tasks
                .get_all()
                .rows()
                .iter()
                .map(|row| (row.id.to_string(), row.title.clone(), row.points))
                .collect();
            rows.sort();
            rows
        };
        let before = state();
        ablo.transaction()
            .create(&made)
            .update(&made.id, Task::patch().points(40))
            .update(&kept.id, Task::patch().title("changed").note("and noted"))
            .update(&kept.id, Task::patch().points(10))
            .delete(&gone.id)
            .archive(&shelved.id)
            .label("a lot at once")
            .record(&history)
            .await
            .unwrap();
        let after = state();
        assert_ne!(before, after);
        assert_eq!(history.undoable().await.as_deref(), Some("a lot at once"));

        for _ in 0..3 {
            assert!(history.undo().await.unwrap().is_some());
            assert_eq!(state(), before);
            assert_eq!(history.undo().await.unwrap(), None);
            assert_eq!(history.redoable().await.as_deref(), Some("a lot at once"));
            assert!(history.redo().await.unwrap().is_some());
            assert_eq!(state(), after);
        }
        assert_eq!(ablo.tasks.get(&kept.id).unwrap().note.as_deref(), Some("and noted"));
    });
}

#[test]
fn fields_that_somebody_changed_since_are_left() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "before", 1).await;
        let bo = member(&ablo, "bo", &apollo.id).await;
        let history = ablo.history();
        let write = || ablo.transaction().update(&row.id, Task::patch().title("mine").points(2)).record(&history);
        write().await.unwrap();
        bo.tasks.update(&row.id, Task::patch().title("bo's")).await.unwrap();
        history.undo().await.unwrap().unwrap();
        let now = ablo.tasks.retrieve(&row.id).await.unwrap().unwrap();
        assert_eq!((now.title.as_str(), now.points), ("bo's", 1));

        // Everything of it was changed since: nothing is left to undo.
        write().await.unwrap();
        bo.tasks.update(&row.id, Task::patch().title("bo's").points(7)).await.unwrap();
        ablo.synced().await.unwrap();
        assert_eq!(history.undo().await.unwrap(), None);
        assert_eq!(ablo.tasks.get(&row.id).unwrap().points, 7);

        let blunt = ablo.history().policy(UndoPolicy::LastWriterWins);
        ablo.transaction().update(&row.id, Task::patch().title("mine")).record(&blunt).await.unwrap();
        bo.tasks.update(&row.id, Task::patch().title("bo's again")).await.unwrap();
        blunt.undo().await.unwrap().unwrap();
        assert_eq!(ablo.tasks.retrieve(&row.id).await.unwrap().unwrap().title, "bo's");
    });
}

#[test]
fn a_refused_transaction_is_no_history() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "row", 1).await;
        let bo = member(&ablo, "bo", &apollo.id).await;
        let history = ablo.history();
        let done = ablo.transaction().update(&row.id, Task::patch().points(2)).record(&history);
        done.await.unwrap();
        let claim = bo.tasks.claim(&row.id).await.unwrap();
        let refused = ablo.transaction().update(&row.id, Task::patch().points(3)).record(&history);
        assert_eq!(code(refused.await), "entity_claimed");
        assert_eq!(code(history.undo().await), "entity_claimed");
        claim.release().await.unwrap();
        assert!(history.undo().await.unwrap().is_some(), "an undo that failed can be tried again");
        assert_eq!(ablo.tasks.get(&row.id).unwrap().points, 1);

        let unknown = ablo.transaction().update(&Id::<Task>::new(), Task::patch().points(3)).record(&history);
        assert_eq!(code(unknown.await), "undo_entry_invalid");
    });
}
