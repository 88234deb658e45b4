use super::*;
use crate::options::items;

#[tokio::test]
async fn model_mutable() {
    mod fixed {
        use super::*;
        items!([] {});
    }
    items!([mutable] {});
    let refused = write(&engine::<fixed::App>().await, Action::Create, "items", "1", json!({})).await;
    assert_eq!(code(refused), "model_not_mutable");
    write(&engine::<App>().await, Action::Create, "items", "1", json!({})).await.unwrap();
}

#[tokio::test]
async fn model_typename() {
    items!([mutable, typename = "Thing"] {});
    let session = engine::<App>().await;
    assert_eq!(create(&session, "thing", "1", json!({})).await["modelName"], "Thing");
}

#[tokio::test]
async fn model_table() {
    items!([mutable, table = "things"] {});
    let file = File::<App>::new().await;
    file.ablo.items.create(Item { id: "1".into() }).await.unwrap();
    assert_eq!(file.texts("SELECT id FROM things"), ["1"]);
    assert!(!columns(&provisioned::<App>(), "things").is_empty());
}

#[tokio::test]
async fn model_load() {
    /// What a client that comes later has of one row: at once, and once it asked.
    async fn later<S: Schema, M: Model>(ablo: Ablo<S>, of: impl Fn(&Ablo<S>) -> ModelProxy<M>) -> [usize; 2] {
        let later = ablo.as_system().await.unwrap();
        let at_once = of(&later).count();
        of(&later).list().await.unwrap();
        [at_once, of(&later).count()]
    }
    mod lazy {
        use super::*;
        items!([mutable, load = lazy] {});
    }
    mod manual {
        use super::*;
        items!([mutable, load = manual] {});
    }
    items!([mutable, load = instant] {});
    let instant = Ablo::<App>::in_memory().await.unwrap();
    instant.items.create(Item { id: "1".into() }).await.unwrap();
    assert_eq!(later(instant, |ablo| ablo.items.clone()).await, [1, 1]);
    let lazy = Ablo::<lazy::App>::in_memory().await.unwrap();
    lazy.items.create(lazy::Item { id: "1".into() }).await.unwrap();
    assert_eq!(later(lazy, |ablo| ablo.items.clone()).await, [0, 1]);
    let manual = Ablo::<manual::App>::in_memory().await.unwrap();
    manual.items.create(manual::Item { id: "1".into() }).await.unwrap();
    assert_eq!(later(manual, |ablo| ablo.items.clone()).await, [0, 1]);
}

#[tokio::test]
async fn model_tenancy() {
    mod shared {
        use super::*;
        items!([mutable, tenancy = none] {});
    }
    mod inner {
        use super::*;
        items!([mutable, tenancy(parent_table = "p", local_key = "p_id")] { p_id: String, });
    }
    items!([mutable, tenancy = "owner"] {});
    let file = File::<App>::new().await;
    file.ablo.items.create(Item { id: "1".into() }).await.unwrap();
    assert_eq!(file.texts("SELECT owner FROM items"), ["acme"], "the runtime fills the column");
    let base = ["id", "created_by", "created_at", "updated_at"];
    let has = |tables: Connection| {
        columns(&tables, "items").into_iter().filter(|name| !base.contains(&name.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(has(provisioned::<App>()), ["owner"]);
    assert_eq!(has(provisioned::<shared::App>()), [""; 0]);
    assert_eq!(has(provisioned::<inner::App>()), ["p_id"]);
    // Whatever the application's tables look like, organizations of one runtime stay apart.
    let session = engine::<shared::App>().await;
    create(&session, "items", "1", json!({})).await;
    let stranger = session.engine().session(Participant::system("other", "app"));
    assert_eq!(found(&stranger, Ask::of("items")).await, [""; 0]);
}

#[tokio::test]
async fn model_plane() {
    mod tenant {
        use super::*;
        items!([mutable, plane = tenant] {});
    }
    items!([mutable, plane = control] {});
    assert!(!columns(&provisioned::<tenant::App>(), "items").is_empty());
    assert_eq!(columns(&provisioned::<App>(), "items"), [""; 0], "an application's database has no such table");
    let file = File::<App>::new().await;
    file.ablo.items.create(Item { id: "1".into() }).await.unwrap();
    assert_eq!(file.texts("SELECT id FROM items"), ["1"], "the runtime's own has");
}

#[tokio::test]
async fn model_scope() {
    mod kind {
        use super::*;
        items!([mutable, scope = "thing"] {});
    }
    mod none {
        use super::*;
        items!([mutable] {});
    }
    items!([mutable, scope] {});
    assert!(groups(&engine::<App>().await, "items", "1", json!({})).await.contains(&"item:1".to_owned()));
    assert!(groups(&engine::<kind::App>().await, "items", "1", json!({})).await.contains(&"thing:1".to_owned()));
    assert_eq!(groups(&engine::<none::App>().await, "items", "1", json!({})).await, [""; 0]);
}

#[tokio::test]
async fn model_entity_roles() {
    items!([mutable, entity_roles(inbox = to_id, team = teams[])] { to_id: String, #[ablo(json)] teams: Vec<String>, });
    let input = json!({"toId": "ann", "teams": ["red", "blue"]});
    assert_eq!(groups(&engine::<App>().await, "items", "1", input).await, ["inbox:ann", "team:blue", "team:red"]);
}

#[tokio::test]
async fn model_bootstrap() {
    items!([mutable, bootstrap(limit = 2, order_by = "rank DESC")] { rank: i32, });
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    for rank in [3, 1, 4, 2] {
        ablo.items.create(Item { id: Id::new(), rank }).await.unwrap();
    }
    let later = ablo.as_system().await.unwrap();
    let ranks: Vec<i32> =
        later.items.get_all().order_by(Item::rank().desc()).rows().iter().map(|row| row.rank).collect();
    assert_eq!(ranks, [4, 3]);
    assert_eq!(later.items.list().await.unwrap().len(), 4, "the others are there when asked for");
}

/// Only a client that wraps rows for a user interface observes them one by one. This one has no such thing; what the
/// word says reaches those that have through the schema an engine runs.
#[tokio::test]
async fn model_lazy_observable() {
    items!([mutable, lazy_observable] {});
    let session = engine::<App>().await;
    assert_eq!(session.engine().schema().model("items").unwrap().lazy_observable, Some(true));
}

/// Only a client in a browser keeps rows between sessions. This one keeps none; see `model_lazy_observable`.
#[tokio::test]
async fn model_persist() {
    items!([mutable, persist = "cupboard"] {});
    let session = engine::<App>().await;
    assert_eq!(session.engine().schema().model("items").unwrap().persist.as_ref().unwrap().store, "cupboard");
}

#[tokio::test]
async fn model_auto_fill() {
    items!([mutable, auto_fill(writer = user_id, owner = organization_id)] { writer: String, owner: String, });
    let delta = create(&engine::<App>().await, "items", "1", json!({})).await;
    assert_eq!((&delta["data"]["writer"], &delta["data"]["owner"]), (&json!("app"), &json!("acme")));
}

#[tokio::test]
async fn model_required_fields() {
    items!([mutable, required_fields(due)] { due: Option<i32>, });
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    let early = ablo.as_system().await.unwrap();
    let whole = ablo.items.create(Item { id: "1".into(), due: Some(1) }).await.unwrap();
    let half = ablo.items.create(Item { id: "2".into(), due: None }).await.unwrap();
    assert_eq!(half.due, None, "it is written all the same");
    assert_eq!(ablo.items.list().await.unwrap().len(), 2);
    early.synced().await.unwrap();
    let late = ablo.as_system().await.unwrap();
    for ablo in [&ablo, &early, &late] {
        assert_eq!(ablo.items.get_all().rows(), std::slice::from_ref(&whole));
    }
    ablo.items.update(&half.id, Item::patch().due(2)).await.unwrap();
    ablo.items.update(&whole.id, Item::patch().due(None)).await.unwrap();
    early.synced().await.unwrap();
    let late = ablo.as_system().await.unwrap();
    for ablo in [&ablo, &early, &late] {
        assert_eq!(ablo.items.get_all().rows().iter().map(|row| row.due).collect::<Vec<_>>(), [Some(2)]);
    }
}

mod model_renamed_from {
    use super::*;

    mod before {
        use super::*;
        items!([] {});
    }
    mod after {
        use super::*;
        #[derive(AbloModel, Clone)]
        #[ablo(renamed_from = "items")]
        struct Thing {
            id: Id<Thing>,
        }
        #[derive(AbloSchema)]
        pub struct App {
            things: Thing,
        }
    }

    #[test]
    fn model_renamed_from() {
        let insert = "INSERT INTO items (id, organization_id) VALUES ('kept', 'acme')";
        assert_eq!(migrates::<before::App, after::App>(insert, "SELECT id FROM things"), ["kept"]);
    }
}
