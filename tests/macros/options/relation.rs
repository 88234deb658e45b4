//! The words of relations, which take two models to try.

use ablo::ir::RelationOptions;
use serde_json::{Value, json};

use super::*;

#[derive(AbloModel, Clone)]
#[ablo(scope)]
struct Deck {
    id: Id<Deck>,
    title: String,
}

macro_rules! slides {
    ([$($deck:tt)*] [$($words:tt)*] [$($key:tt)*] $ty:ty) => {
        #[derive(AbloModel, Clone)]
        #[ablo($($deck)*)]
        struct Deck {
            id: Id<Deck>,
        }

        #[derive(AbloModel, Clone)]
        #[ablo($($words)*)]
        struct Slide {
            id: Id<Slide>,
            rank: i32,
            #[ablo($($key)*)]
            deck_id: $ty,
        }

        // The other way round, so that an order of declaration is no order of creation.
        #[derive(AbloSchema)]
        struct App {
            slides: Slide,
            decks: Deck,
        }
    };
}

fn options<S: Schema>() -> RelationOptions {
    ask::<S, _>("slides", |model| model.relations["deck"].options())
}

mod field_belongs_to_text {
    use super::*;
    slides!([] [] [belongs_to = Deck] String);
    #[test]
    fn a_key_kept_as_text_names_its_model() {
        assert_eq!(plain::<App>("/models/slides/relations/deck/target"), "decks");
    }
}

#[test]
fn field_belongs_to() {
    slides!([] [] [belongs_to] Option<Id<Deck>>);
    let relation = json!({
        "type": "belongsTo", "target": "decks", "foreignKey": "deckId", "foreignKeyColumn": "deckId",
    });
    assert_eq!(plain::<App>("/models/slides/relations/deck"), relation);
    assert!(
        ask::<App, _>("slides", |slides| slides.create_rank()) > ask::<App, _>("decks", |decks| decks.create_rank())
    );
}

#[test]
fn field_relation() {
    slides!([] [] [belongs_to, relation = main_deck] Id<Deck>);
    assert_eq!(plain::<App>("/models/slides/relations/mainDeck/foreignKey"), "deckId");
    assert!(ask::<App, _>("slides", |slides| slides.relations.contains_key("mainDeck")));
}

#[test]
fn field_index() {
    slides!([] [] [belongs_to, index] Id<Deck>);
    assert_eq!(plain::<App>("/models/slides/relations/deck/options"), json!({"index": true}));
    assert_eq!(options::<App>().index, Some(true));
}

#[test]
fn field_enrich() {
    slides!([] [] [belongs_to, enrich] Id<Deck>);
    assert_eq!(plain::<App>("/models/slides/relations/deck/options"), json!({"enrich": true}));
    assert_eq!(options::<App>().enrich, Some(true));
}

#[test]
fn field_defer() {
    slides!([] [] [belongs_to, defer] Id<Deck>);
    assert_eq!(plain::<App>("/models/slides/relations/deck/options"), json!({"defer": true}));
    let rank = |key| ask::<App, _>(key, |model| model.create_rank());
    assert_eq!(rank("slides"), rank("decks"), "a deferred relation orders nothing");
}

mod field_parent_explicitly_not {
    use super::*;
    slides!([] [] [belongs_to, parent = false] Id<Deck>);
    #[test]
    fn an_option_can_be_off_in_so_many_words() {
        assert_eq!(plain::<App>("/models/slides/relations/deck/options"), json!({"parent": false}));
    }
}

#[test]
fn field_parent() {
    slides!([] [] [belongs_to, parent] Id<Deck>);
    assert_eq!(plain::<App>("/models/slides/relations/deck/options"), json!({"parent": true}));
    assert_eq!(ask::<App, _>("slides", |slides| slides.parents()[0].relation.clone()), "deck");
}

#[test]
fn field_fk() {
    slides!([] [] [belongs_to, fk] Id<Deck>);
    assert_eq!(plain::<App>("/models/slides/relations/deck/options"), json!({"fk": true}));
    assert_eq!(options::<App>().fk, Some(true));
}

#[test]
fn model_has_many() {
    slides!([has_many(slides: Slide by deck_id, order_by = rank)] [] [name = "deckKey", column = "k"] Id<Deck>);
    let relation = json!({
        "type": "hasMany", "target": "slides", "foreignKey": "deckKey", "foreignKeyColumn": "k", "orderBy": "rank",
    });
    assert_eq!(plain::<App>("/models/decks/relations/slides"), relation);
    assert_eq!(ask::<App, _>("decks", |decks| decks.relations["slides"].order_by.clone()).as_deref(), Some("rank"));
}

#[test]
fn model_has_one() {
    slides!([has_one(cover: Slide by deck_id)] [] [indexed] Id<Deck>);
    assert_eq!(plain::<App>("/models/decks/relations/cover/type"), "hasOne");
    assert_eq!(plain::<App>("/models/decks/relations/cover/orderBy"), Value::Null);
    let kind = ask::<App, _>("decks", |decks| decks.relations["cover"].kind);
    assert_eq!(kind, ablo::ir::RelationKind::HasOne);
}

#[test]
fn model_grants() {
    #[derive(AbloModel, Clone)]
    struct User {
        id: Id<User>,
    }

    #[derive(AbloModel, Clone)]
    #[ablo(grants(subject = user, scope = deck))]
    struct Member {
        id: Id<Member>,
        #[ablo(belongs_to)]
        user_id: Id<User>,
        #[ablo(belongs_to)]
        deck_id: Id<Deck>,
    }

    #[derive(AbloSchema)]
    struct App {
        users: User,
        decks: Deck,
        members: Member,
    }

    assert_eq!(plain::<App>("/models/members/grants"), json!({"subject": "user", "scope": "deck"}));
    let grant = ask::<App, _>("members", |members| members.grant().cloned()).unwrap();
    assert_eq!((grant.subject_slot, grant.scope_slot, grant.kind.as_str()), (0, 1, "deck"));
}
