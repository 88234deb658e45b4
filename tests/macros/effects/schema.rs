use ablo::typed::Compare;

use super::*;

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, entity_roles(team = team))]
struct Item {
    id: Id<Item>,
    team: Option<String>,
    #[ablo(belongs_to, relation = above)]
    above_id: Option<Id<Item>>,
}

#[derive(AbloQuery)]
#[ablo(model = Item)]
struct Below {
    #[ablo(eq = above_id)]
    above: Id<Item>,
}

fn item(id: &str, team: &str, above: Option<&str>) -> Item {
    Item { id: id.into(), team: Some(team.into()), above_id: above.map(Id::from) }
}

#[tokio::test]
async fn schema_identity() {
    #[derive(AbloSchema)]
    #[ablo(identity(team = team_ids[]))]
    struct App {
        items: Item,
    }
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    for team in ["red", "blue", "green"] {
        ablo.items.create(item(team, team, None)).await.unwrap();
    }
    let ann = ablo.as_user("ann").identity("teamIds", json!(["red", "blue"])).await.unwrap();
    let teams: Vec<String> = ann.items.get_all().rows().iter().map(|row| row.id.as_str().to_owned()).collect();
    assert_eq!(teams, ["blue", "red"]);
    let bo = ablo.as_user("bo").await.unwrap();
    assert_eq!(bo.items.list().await.unwrap().len(), 0, "who is in no team sees none");
}

/// Clients of the protocol look children up by the column that the relation names.
#[tokio::test]
async fn schema_casing() {
    async fn below<S: Schema>() -> (String, Vec<String>) {
        let session = engine::<S>().await;
        create(&session, "items", "1", json!({})).await;
        create(&session, "items", "2", json!({"aboveId": "1"})).await;
        let column = session.engine().schema().model("items").unwrap().relations["above"].foreign_key_column.clone();
        let found = found(&session, Ask::of("items").holds(&column, Compare::In, vec!["1"])).await;
        (column, found)
    }
    #[derive(AbloSchema)]
    #[ablo(casing = snake_case)]
    struct Snake {
        items: Item,
    }
    #[derive(AbloSchema)]
    #[ablo(casing = camel_case)]
    struct Camel {
        items: Item,
    }
    assert_eq!(below::<Snake>().await, ("above_id".to_owned(), vec!["2".to_owned()]));
    assert_eq!(below::<Camel>().await, ("aboveId".to_owned(), vec!["2".to_owned()]));
}

#[tokio::test]
async fn schema_queries() {
    #[derive(AbloSchema)]
    #[ablo(queries(Below))]
    struct App {
        items: Item,
    }
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    ablo.items.create(item("1", "red", None)).await.unwrap();
    let below = ablo.items.create(item("2", "red", Some("1"))).await.unwrap();
    assert_eq!(ablo.items.list().filter(Below { above: "1".into() }).await.unwrap(), [below]);
    let session = engine::<App>().await;
    assert_eq!(session.engine().schema().queries["below"].model, "items");
}

#[tokio::test]
async fn member_key() {
    #[derive(AbloSchema)]
    struct App {
        #[ablo(key = "things")]
        items: Item,
    }
    let session = engine::<App>().await;
    create(&session, "things", "1", json!({})).await;
    let refused = write(&session, Action::Create, "things", "1", json!({})).await.unwrap_err();
    assert_eq!(refused.param.as_deref(), Some("things.id"), "paths say it");
    let file = File::<App>::new().await;
    file.ablo.items.create(item("1", "red", None)).await.unwrap();
    assert_eq!(file.texts("SELECT id FROM things"), ["1"]);
}
