use std::sync::{Arc, Mutex};

use ablo::{client::Wait, prelude::*};

use crate::support::*;

fn titles(rows: &[Row<Task>]) -> Vec<&str> {
    rows.iter().map(|row| row.title.as_str()).collect()
}

#[test]
fn here_and_there_the_same_rows_are_chosen() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        for (title, points) in [("alpha", 3), ("Beta", 1), ("gamma", 2), ("delta", 2), ("al_ha", 5)] {
            task(&ablo, &apollo.id, title, points).await;
        }
        let due = "2026-01-31T12:00:00Z".parse::<ablo::time::Timestamp>().unwrap();
        let gamma = ablo.tasks.get_all().filter(Task::title().eq("gamma")).rows().remove(0);
        ablo.tasks.update(&gamma.id, Task::patch().note("n").due(due).status(Status::Done)).await.unwrap();

        let half = "2026-01-31T12:00:00.5Z".parse::<ablo::time::Timestamp>().unwrap();
        let filters = [
            Task::title().eq("alpha"),
            Task::title().ne("alpha"),
            Task::points().gt(1).and(Task::points().le(3)),
            Task::points().is_in([1, 5]),
            Task::points().not_in([1, 5]),
            Task::title().like("%a"),
            Task::title().like("al_ha"),
            Task::title().like("b%"),
            Task::title().ilike("b%"),
            Task::note().is_null(),
            Task::note().is_not_null(),
            Task::note().eq("n"),
            Task::note().ne("x"),
            Task::due().lt(half),
            Task::due().ge(due),
            Task::status().eq(Status::Done),
            Task::title().ge("b"),
            Task::id().eq(&gamma.id),
        ];
        for filter in filters {
            for order in [Task::points().asc(), Task::points().desc(), Task::note().asc(), Task::note().desc()] {
                let there = ablo.tasks.list().filter(filter.clone()).order_by(order.clone()).await.unwrap();
                let here = ablo.tasks.get_all().filter(filter.clone()).order_by(order.clone());
                assert_eq!(here.count(), there.len(), "{filter:?}");
                assert_eq!(here.rows(), there, "{filter:?} by {order:?}");
            }
        }
        assert_eq!(ablo.tasks.list().limit(2).await.unwrap().len(), 2);
        let page = ablo.tasks.get_all().order_by(Task::title().asc()).offset(1).limit(2).rows();
        assert_eq!(titles(&page), ["al_ha", "alpha"]);
        let odd = ablo.tasks.get_all().matching(|task| task.points % 2 == 1).offset(1).limit(5).rows();
        assert_eq!(odd.len(), 2);
    });
}

#[test]
fn what_participants_see_follows_what_they_are_granted() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let gemini = project(&ablo, "Gemini").await;
        task(&ablo, &apollo.id, "a", 1).await;
        let hidden = task(&ablo, &gemini.id, "g", 1).await;
        let ann = member(&ablo, "ann", &apollo.id).await;
        assert_eq!(titles(&ann.tasks.get_all().rows()), ["a"]);
        assert_eq!(titles(&ann.tasks.list().await.unwrap()), ["a"]);
        assert_eq!(ann.tasks.retrieve(&hidden.id).await.unwrap(), None);
        assert!(ann.tasks.update(&hidden.id, Task::patch().points(9)).await.is_err());
        assert_eq!(ablo.tasks.count(), 2);

        // A grant takes effect at once, and so does its end.
        let grant = admit(&ablo, "ann", &gemini.id).await;
        eventually("she sees both", async || ann.tasks.count() == 2).await;
        task(&ablo, &gemini.id, "g2", 1).await;
        eventually("she sees what is new", async || ann.tasks.count() == 3).await;
        ablo.memberships.delete(&grant.id).await.unwrap();
        eventually("she no longer sees it", async || ann.tasks.count() == 1).await;
    });
}

#[test]
fn callers_are_called_back() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let seen: Arc<Mutex<Vec<Vec<String>>>> = Arc::default();
        let keep = seen.clone();
        let watch = ablo
            .tasks
            .get_all()
            .filter(Task::points().gt(1))
            .order_by(Task::title().asc())
            .on_change(move |rows| keep.lock().unwrap().push(titles(rows).into_iter().map(String::from).collect()));
        let one = task(&ablo, &apollo.id, "one", 1).await;
        task(&ablo, &apollo.id, "two", 2).await;
        ablo.tasks.update(&one.id, Task::patch().points(3)).await.unwrap();
        project(&ablo, "of no interest").await;
        {
            let mut seen = seen.lock().unwrap();
            // A write shows twice when its confirmation changes it (its place in time); the sets are what counts.
            seen.dedup();
            assert_eq!(*seen, [vec![], vec!["two".to_owned()], vec!["one".into(), "two".into()]]);
        }
        drop(watch);
        task(&ablo, &apollo.id, "three", 3).await;
        assert_eq!(seen.lock().unwrap().len(), 3);
    });
}

#[test]
fn a_callback_may_read_write_and_stop() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let (inner, id) = (ablo.clone(), apollo.id.clone());
        let (told, mut counts) = tokio::sync::mpsc::unbounded_channel();
        let watch = ablo.tasks.on_change(move |rows| {
            assert_eq!(rows.len(), inner.tasks.count());
            if rows.len() == 1 {
                let (inner, model) = (inner.clone(), a_task(&id, "made by the callback", 1));
                tokio::spawn(async move { inner.tasks.create(model).wait(Wait::Queued).await });
            }
            told.send(rows.len()).unwrap();
        });
        task(&ablo, &apollo.id, "first", 1).await;
        while counts.recv().await.unwrap() < 2 {}
        drop(watch);
    });
}

#[test]
fn related_rows_come_along() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let gemini = project(&ablo, "Gemini").await;
        for (title, points) in [("a", 3), ("b", 1), ("c", 2)] {
            task(&ablo, &apollo.id, title, points).await;
        }
        let with_project = ablo.tasks.list().order_by(Task::title().asc()).expand(Task::project_id()).await.unwrap();
        assert_eq!(with_project.len(), 3);
        assert!(with_project.iter().all(|(_, project)| project.as_ref() == Some(&apollo)));
        let mut with_tasks =
            ablo.projects.list().order_by(Project::name().asc()).expand_many(Task::project_id()).await.unwrap();
        assert_eq!(with_tasks.len(), 2);
        let (last, none) = with_tasks.remove(1);
        assert_eq!((last, none.len()), (gemini, 0));
        let titles: Vec<&str> = with_tasks[0].1.iter().map(|task| task.title.as_str()).collect();
        assert_eq!(titles, ["b", "c", "a"], "in the order that `has_many` names");
    });
}

#[test]
fn rows_that_are_loaded_when_asked_for() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let row = task(&ablo, &apollo.id, "a", 1).await;
        let ann = member(&ablo, "ann", &apollo.id).await;
        let comment = Comment { id: Id::new(), text: "hm".into(), task_id: row.id.clone() };
        let comment = ablo.comments.create(comment).await.unwrap();
        assert_eq!(ablo.comments.get(&comment.id).as_ref(), Some(&comment), "what one writes, one has");
        ann.synced().await.unwrap();
        assert_eq!(ann.comments.get(&comment.id), None);
        assert_eq!(ann.comments.retrieve(&comment.id).await.unwrap(), Some(comment.clone()));
        eventually("it is here from then on", async || {
            ann.comments.retrieve(&comment.id).await.unwrap();
            ann.comments.get(&comment.id).is_some()
        })
        .await;
        ablo.comments.update(&comment.id, Comment::patch().text("ah")).await.unwrap();
        eventually("and stays right", async || ann.comments.get(&comment.id).unwrap().text == "ah").await;
    });
}

#[test]
fn a_snapshot_tells_when_it_is_outdated() {
    over_both(|ablo| async move {
        let apollo = project(&ablo, "Apollo").await;
        let one = task(&ablo, &apollo.id, "one", 1).await;
        let two = task(&ablo, &apollo.id, "two", 2).await;
        let other = task(&ablo, &apollo.id, "other", 3).await;
        let bo = member(&ablo, "bo", &apollo.id).await;

        let snapshot = bo.snapshot().of(&one.id).of(&two.id).of(&apollo.id).await.unwrap();
        assert_eq!(snapshot.get(&one.id).as_ref().map(|row| row.points), Some(1));
        assert_eq!(snapshot.get(&apollo.id).map(|row| row.name.clone()), Some("Apollo".to_owned()));
        assert_eq!(snapshot.get(&other.id), None, "it was not asked for");
        assert_eq!(snapshot.stamp(), bo.stamp());

        ablo.tasks.update(&other.id, Task::patch().points(4)).await.unwrap();
        bo.synced().await.unwrap();
        assert_eq!(snapshot.outdated(), None);
        ablo.tasks.update(&two.id, Task::patch().points(5)).await.unwrap();
        let outdated = snapshot.changed().await;
        assert_eq!((outdated.model, outdated.id.as_str()), ("tasks", two.id.as_str()));
        assert_eq!(snapshot.get(&two.id).unwrap().points, 2, "it stays as it was");

        let stamp = snapshot.stamp();
        let together = bo
            .transaction()
            .update(&one.id, Task::patch().points(10))
            .update(&two.id, Task::patch().points(10))
            .read_at(stamp);
        assert_eq!(code(together.await), "stale_context");
        bo.transaction().update(&one.id, Task::patch().points(10)).read_at(stamp).await.unwrap();
    });
}
