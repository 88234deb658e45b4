//! What the words do once an engine runs.

use ablo::prelude::*;

#[derive(AbloEnum, Clone, Copy, Debug, PartialEq)]
enum State {
    Open,
    Done,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable)]
struct Task {
    id: Id<Task>,
    title: String,
    state: State,
    #[ablo(name = "pointsGiven")]
    points: Option<i32>,
    #[ablo(json)]
    labels: Vec<String>,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
struct Fixed {
    id: Id<Fixed>,
}

/// Open tasks of at least so many points.
#[derive(AbloQuery)]
#[ablo(model = Task, filter(state = State::Open))]
struct Worth {
    #[ablo(ge = points)]
    least: Option<i32>,
}

#[derive(AbloSchema)]
#[ablo(queries(Worth))]
struct App {
    tasks: Task,
    fixed: Fixed,
}

fn task(title: &str, state: State, points: Option<i32>) -> Task {
    Task { id: title.into(), title: title.into(), state, points, labels: vec![title.into()] }
}

#[tokio::test]
async fn a_named_query_is_asked_like_a_filter() {
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    for (title, state, points) in [
        ("a", State::Open, Some(1)),
        ("b", State::Open, Some(5)),
        ("c", State::Done, Some(5)),
        ("d", State::Open, None),
    ] {
        let created = ablo.tasks.create(task(title, state, points)).await.unwrap();
        assert_eq!(created.model, task(title, state, points), "every field comes back");
    }
    let titles = async |query: Worth| {
        let rows = ablo.tasks.list().filter(query).order_by(Task::title().asc()).await.unwrap();
        rows.iter().map(|row| row.title.clone()).collect::<Vec<_>>()
    };
    assert_eq!(titles(Worth { least: None }).await, ["a", "b", "d"]);
    assert_eq!(titles(Worth { least: Some(2) }).await, ["b"]);
}

#[tokio::test]
async fn a_patch_keeps_sets_and_sets_to_null() {
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    let id = ablo.tasks.create(task("a", State::Open, Some(1))).await.unwrap().id.clone();
    ablo.tasks.update(&id, Task::patch().state(State::Done).points(None).labels(vec![])).await.unwrap();
    let row = ablo.tasks.retrieve(&id).await.unwrap().unwrap();
    assert_eq!(row.model, Task { labels: vec![], ..task("a", State::Done, None) });
}

#[tokio::test]
async fn a_model_that_is_not_mutable_takes_no_writes() {
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    assert!(ablo.fixed.create(Fixed { id: "1".into() }).await.is_err());
    assert!(ablo.fixed.list().await.unwrap().is_empty());
}
