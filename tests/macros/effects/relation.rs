//! The words of relations, which take two models to try.

use super::*;

/// A deck that is a scope root, and slides that belong to one.
macro_rules! slides {
    ([$($deck:tt)*] [$($words:tt)*] [$($key:tt)*] $ty:ty) => {
        #[derive(AbloModel, Clone, Debug, PartialEq)]
        #[ablo(mutable, scope, $($deck)*)]
        pub struct Deck {
            id: Id<Deck>,
        }

        #[derive(AbloModel, Clone, Debug, PartialEq)]
        #[ablo(mutable, $($words)*)]
        pub struct Slide {
            id: Id<Slide>,
            rank: i32,
            #[ablo($($key)*)]
            deck_id: $ty,
        }

        #[derive(AbloSchema)]
        pub struct App {
            slides: Slide,
            decks: Deck,
        }
    };
}

/// An engine with a deck `d` and, in it, slides `s2` and `s1` of the ranks 2 and 1. Gives the last delta.
async fn filled<S: Schema>() -> (Session, Value) {
    let session = engine::<S>().await;
    create(&session, "decks", "d", json!({})).await;
    create(&session, "slides", "s2", json!({"rank": 2, "deckId": "d"})).await;
    let delta = create(&session, "slides", "s1", json!({"rank": 1, "deckId": "d"})).await;
    (session, delta)
}

#[tokio::test]
async fn field_belongs_to() {
    slides!([] [] [belongs_to] Option<Id<Deck>>);
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    let deck = ablo.decks.create(Deck { id: "d".into() }).await.unwrap();
    ablo.slides.create(Slide { id: "s1".into(), rank: 1, deck_id: Some("d".into()) }).await.unwrap();
    ablo.slides.create(Slide { id: "s2".into(), rank: 2, deck_id: None }).await.unwrap();
    let decks = ablo.slides.list().order_by(Slide::rank().asc()).expand(Slide::deck_id()).await.unwrap();
    assert_eq!(decks.into_iter().map(|(_, deck)| deck).collect::<Vec<_>>(), [Some(deck), None]);
}

#[tokio::test]
async fn field_relation() {
    slides!([] [] [belongs_to, relation = main_deck] Id<Deck>);
    let (session, _) = filled::<App>().await;
    assert_eq!(related(&session, "slides", "mainDeck").await, ["d"]);
    let unknown = Ask { related: vec!["deck".into()], ..Ask::of("slides") };
    assert_eq!(code(session.query(&[unknown]).await), "query_unknown_relation");
}

/// How SQLite finds the slides of a deck.
fn search(tables: &Connection) -> String {
    let sql = "EXPLAIN QUERY PLAN SELECT id FROM slides WHERE organization_id = 'acme' AND deck_id = 'd'";
    tables.query_row(sql, [], |row| row.get(3)).unwrap()
}

/// A runtime finds the children of every relation by an index; the word asks clients for the same.
#[tokio::test]
async fn field_index() {
    slides!([] [] [belongs_to, index] Id<Deck>);
    let file = File::<App>::new().await;
    assert!(search(&file.tables).contains("deck_id=?"), "{}", search(&file.tables));
}

#[tokio::test]
async fn field_enrich() {
    mod plain {
        use super::*;
        slides!([] [] [belongs_to, parent] Id<Deck>);
    }
    slides!([] [] [belongs_to, parent, enrich] Id<Deck>);
    assert_eq!(filled::<plain::App>().await.1["data"]["deck"], Value::Null);
    let (session, delta) = filled::<App>().await;
    assert_eq!((&delta["data"]["deckId"], &delta["data"]["deck"]["id"]), (&json!("d"), &json!("d")));
    let committed = write(&session, Action::Update, "slides", "s1", json!({"rank": 3})).await.unwrap();
    let delta = serde_json::to_value(committed.deltas[0].delta.for_client()).unwrap();
    assert_eq!((&delta["data"]["rank"], &delta["data"]["deck"]["id"]), (&json!(3), &json!("d")));
    // A client has the same row whether it heard of it or asked for it.
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    ablo.decks.create(Deck { id: "d".into() }).await.unwrap();
    ablo.slides.create(Slide { id: "s".into(), rank: 1, deck_id: "d".into() }).await.unwrap();
    assert_eq!(ablo.slides.get_all().rows(), ablo.slides.list().await.unwrap());
}

#[tokio::test]
async fn a_parent_is_not_attached_for_those_who_may_not_see_it() {
    #[derive(AbloModel, Clone)]
    #[ablo(mutable, scope)]
    struct Deck {
        id: Id<Deck>,
    }
    // Heard of in an inbox too, where nobody may know the deck.
    #[derive(AbloModel, Clone)]
    #[ablo(mutable, entity_roles(inbox = to_id))]
    struct Note {
        id: Id<Note>,
        to_id: Option<String>,
        #[ablo(belongs_to, parent, enrich)]
        deck_id: Id<Deck>,
    }
    #[derive(AbloSchema)]
    struct App {
        decks: Deck,
        notes: Note,
    }
    let session = engine::<App>().await;
    create(&session, "decks", "d", json!({})).await;
    let delta = create(&session, "notes", "1", json!({"deckId": "d"})).await;
    assert_eq!((&delta["syncGroups"], &delta["data"]["deck"]["id"]), (&json!(["deck:d"]), &json!("d")));
    let delta = create(&session, "notes", "2", json!({"deckId": "d", "toId": "ann"})).await;
    assert_eq!((&delta["syncGroups"], &delta["data"]["deck"]), (&json!(["deck:d", "inbox:ann"]), &Value::Null));
    let delta = create(&session, "notes", "3", json!({"deckId": "not there"})).await;
    assert_eq!(delta["data"]["deck"], Value::Null);
}

#[tokio::test]
async fn field_defer() {
    #[derive(AbloModel, Clone)]
    #[ablo(mutable)]
    struct Deck {
        id: Id<Deck>,
        #[ablo(belongs_to, fk, defer)]
        cover_id: Id<Slide>,
    }
    #[derive(AbloModel, Clone)]
    #[ablo(mutable)]
    struct Slide {
        id: Id<Slide>,
        #[ablo(belongs_to, fk)]
        deck_id: Id<Deck>,
    }
    #[derive(AbloSchema)]
    struct App {
        slides: Slide,
        decks: Deck,
    }
    // Who orders creates goes by the schema the engine runs: slides come after decks, and decks wait for nothing.
    let session = engine::<App>().await;
    let rank = |key| session.engine().schema().model(key).unwrap().create_rank();
    assert!(rank("decks") < rank("slides"));
    // The engine itself takes them in any order, and the cycle whole or not at all.
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    let deck = Deck { id: "d".into(), cover_id: "s".into() };
    assert_eq!(code(ablo.decks.create(deck.clone()).await), "foreign_key_violation");
    ablo.transaction().create(&deck).create(&Slide { id: "s".into(), deck_id: "d".into() }).await.unwrap();
    assert_eq!((ablo.decks.count(), ablo.slides.count()), (1, 1));
}

#[tokio::test]
async fn field_parent() {
    mod plain {
        use super::*;
        slides!([] [] [belongs_to] Id<Deck>);
    }
    slides!([] [] [belongs_to, parent] Id<Deck>);
    assert_eq!(filled::<App>().await.1["syncGroups"], json!(["deck:d"]));
    assert_eq!(filled::<plain::App>().await.1["syncGroups"], json!([]));
}

#[tokio::test]
async fn field_fk() {
    mod plain {
        use super::*;
        slides!([] [] [belongs_to] Id<Deck>);
    }
    slides!([] [] [belongs_to, fk] Id<Deck>);
    let astray = json!({"rank": 1, "deckId": "nowhere"});
    let refused = write(&engine::<App>().await, Action::Create, "slides", "s", astray.clone()).await.unwrap_err();
    assert_eq!((refused.code().as_str(), refused.param.as_deref()), ("foreign_key_violation", Some("slides.deckId")));
    write(&engine::<plain::App>().await, Action::Create, "slides", "s", astray).await.unwrap();
    let keys = "SELECT \"table\" FROM pragma_foreign_key_list('slides')";
    assert_eq!(texts(&provisioned::<App>(), keys), ["decks"]);
    assert_eq!(texts(&provisioned::<plain::App>(), keys), [""; 0]);
}

#[tokio::test]
async fn model_has_many() {
    slides!([has_many(slides: Slide by deck_id, order_by = rank)] [] [name = "deckKey", column = "k"] Id<Deck>);
    let session = engine::<App>().await;
    create(&session, "decks", "d", json!({})).await;
    for (id, rank) in [("a", 2), ("b", 1)] {
        create(&session, "slides", id, json!({"rank": rank, "deckKey": "d"})).await;
    }
    assert_eq!(related(&session, "decks", "slides").await, ["b", "a"]);
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    ablo.decks.create(Deck { id: "d".into() }).await.unwrap();
    ablo.slides.create(Slide { id: "s".into(), rank: 1, deck_id: "d".into() }).await.unwrap();
    assert_eq!(ablo.decks.list().expand_many(Slide::deck_id()).await.unwrap()[0].1.len(), 1);
}

#[tokio::test]
async fn model_has_one() {
    slides!([has_one(cover: Slide by deck_id)] [] [] Id<Deck>);
    assert_eq!(related(&filled::<App>().await.0, "decks", "cover").await.len(), 1);
}

#[tokio::test]
async fn model_grants() {
    #[derive(AbloModel, Clone)]
    struct User {
        id: Id<User>,
    }
    #[derive(AbloModel, Clone)]
    #[ablo(mutable, grants(subject = user, scope = deck))]
    struct Member {
        id: Id<Member>,
        #[ablo(belongs_to)]
        user_id: Id<User>,
        #[ablo(belongs_to)]
        deck_id: Id<Deck>,
    }
    #[derive(AbloModel, Clone)]
    #[ablo(mutable, scope)]
    struct Deck {
        id: Id<Deck>,
    }
    #[derive(AbloSchema)]
    struct App {
        users: User,
        decks: Deck,
        members: Member,
    }
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    for id in ["d", "other"] {
        ablo.decks.create(Deck { id: id.into() }).await.unwrap();
    }
    let ann = ablo.as_user("ann").await.unwrap();
    assert_eq!(ann.decks.list().await.unwrap().len(), 0);
    ablo.members.create(Member { id: Id::new(), user_id: "ann".into(), deck_id: "d".into() }).await.unwrap();
    let seen: Vec<String> = ann.decks.list().await.unwrap().iter().map(|row| row.id.as_str().to_owned()).collect();
    assert_eq!(seen, ["d"]);
    eventually("the replica has it too", async || ann.decks.get(&"d".into()).is_some()).await;
}
