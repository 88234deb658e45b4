use ablo::typed::AbloEnum as _;

use super::*;
use crate::options::items;

/// An enum's values are what the wire and the table hold, and nothing else is taken.
async fn only<S: Schema>(value: &str, other: &str) {
    let session = engine::<S>().await;
    let delta = create(&session, "items", "1", json!({"state": value})).await;
    assert_eq!(delta["data"]["state"], value);
    let refused = write(&session, Action::Create, "items", "2", json!({"state": other})).await.unwrap_err();
    assert_eq!(refused.param.as_deref(), Some("items.state"), "{refused}");
}

#[tokio::test]
async fn enum_case() {
    #[derive(AbloEnum, Clone, Copy, Debug, PartialEq)]
    #[ablo(case = "kebab-case")]
    enum State {
        InProgress,
    }
    items!([mutable] { state: State, });
    only::<App>("in-progress", "in_progress").await;
    let file = File::<App>::new().await;
    let item = Item { id: "1".into(), state: State::InProgress };
    assert_eq!(file.ablo.items.create(item.clone()).await.unwrap().model, item);
    assert_eq!(file.texts("SELECT state FROM items"), ["in-progress"]);
}

#[tokio::test]
async fn variant_name() {
    #[derive(AbloEnum, Clone, Copy, Debug, PartialEq)]
    enum State {
        #[ablo(name = "in work")]
        InProgress,
    }
    items!([mutable] { state: State, });
    assert_eq!(State::VALUES, ["in work"]);
    only::<App>("in work", "in_progress").await;
    let file = File::<App>::new().await;
    file.ablo.items.create(Item { id: "1".into(), state: State::InProgress }).await.unwrap();
    assert_eq!(file.texts("SELECT state FROM items"), ["in work"]);
}
