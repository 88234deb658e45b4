use super::*;
use crate::options::items;

#[tokio::test]
async fn field_name() {
    items!([mutable] { #[ablo(name = "externalRef")] reference: String, });
    let session = engine::<App>().await;
    let delta = create(&session, "items", "1", json!({"externalRef": "r"})).await;
    assert_eq!(delta["data"]["externalRef"], "r");
    let unknown = write(&session, Action::Create, "items", "2", json!({"reference": "r"})).await;
    assert!(unknown.is_err(), "the field's own name is not the wire's");
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    ablo.items.create(Item { id: "1".into(), reference: "r".into() }).await.unwrap();
    assert_eq!(ablo.items.list().filter(Item::reference().eq("r")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn field_column() {
    items!([mutable] { #[ablo(column = "ext_ref")] reference: String, });
    let file = File::<App>::new().await;
    file.ablo.items.create(Item { id: "1".into(), reference: "r".into() }).await.unwrap();
    assert_eq!(file.texts("SELECT ext_ref FROM items"), ["r"]);
    assert!(columns(&provisioned::<App>(), "items").contains(&"ext_ref".to_owned()));
    // Clients of the protocol ask by column.
    let session = engine::<App>().await;
    create(&session, "items", "1", json!({"reference": "r"})).await;
    assert_eq!(found(&session, Ask::of("items").holds("ext_ref", ablo::typed::Compare::Eq, "r")).await, ["1"]);
}

/// The columns of each index of a table of SQLite.
fn indexes(tables: &Connection, unique: bool) -> Vec<String> {
    let sql = "SELECT (SELECT group_concat(name) FROM pragma_index_info(list.name)) \
               FROM pragma_index_list('items') AS list WHERE list.origin = 'c' AND list.\"unique\" = ";
    texts(tables, &format!("{sql}{}", u8::from(unique)))
}

#[tokio::test]
async fn field_indexed() {
    items!([mutable] { #[ablo(indexed)] reference: String, other: String, });
    let file = File::<App>::new().await;
    assert_eq!(indexes(&file.tables, false), ["organization_id,reference"]);
    let plan = "EXPLAIN QUERY PLAN SELECT id FROM items WHERE organization_id = 'a' AND ";
    let plan = |field: &str| {
        let mut statement = file.tables.prepare(&format!("{plan}{field} = 'x'")).unwrap();
        let lines = statement.query_map([], |row| row.get(3)).unwrap();
        lines.collect::<Result<Vec<String>, _>>().unwrap().join("\n")
    };
    assert!(plan("reference").contains("reference=?"), "{}", plan("reference"));
    assert!(!plan("other").contains("other=?"), "{}", plan("other"));
}

#[tokio::test]
async fn field_unique() {
    items!([mutable] { #[ablo(unique)] reference: String, });
    let file = File::<App>::new().await;
    let item = |id: &str| Item { id: id.into(), reference: "r".into() };
    for ablo in [&file.ablo, &Ablo::<App>::in_memory().await.unwrap()] {
        ablo.items.create(item("1")).await.unwrap();
        let refused = ablo.items.create(item("2")).await.unwrap_err();
        assert_eq!((refused.code().as_str(), refused.param.as_deref()), ("unique_violation", Some("items.reference")));
        assert_eq!(ablo.items.list().await.unwrap().len(), 1);
    }
    assert_eq!(indexes(&file.tables, true), ["organization_id,reference"]);
}

#[tokio::test]
async fn field_default() {
    items!([mutable] {
        #[ablo(default = "untitled")]
        title: String,
        #[ablo(default)]
        count: i32,
        #[ablo(json, default = vec![1, 2])]
        marks: Vec<u8>,
        none: String,
    });
    let session = engine::<App>().await;
    let delta = create(&session, "items", "1", json!({"none": "given", "count": 3})).await;
    let given = ["title", "count", "marks", "none"].map(|name| delta["data"][name].clone());
    assert_eq!(given, [json!("untitled"), json!(3), json!([1, 2]), json!("given")]);
    let missing = write(&session, Action::Create, "items", "2", json!({"title": "x"})).await.unwrap_err();
    assert_eq!((missing.code().as_str(), missing.param.as_deref()), ("not_null_violation", Some("items.none")));
}

#[tokio::test]
async fn field_json() {
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Point {
        x: f64,
        tags: Vec<String>,
    }
    items!([mutable] { #[ablo(json)] at: Point, });
    let file = File::<App>::new().await;
    let item = Item { id: "1".into(), at: Point { x: 0.5, tags: vec!["near".into()] } };
    file.ablo.items.create(item.clone()).await.unwrap();
    assert_eq!(file.ablo.items.list().await.unwrap()[0].model, item);
    assert_eq!(file.texts("SELECT json_extract(at, '$.tags[0]') FROM items"), ["near"]);
}

#[tokio::test]
async fn field_accessor() {
    items!([mutable] { #[ablo(accessor = by_title)] title: String, });
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    ablo.items.create(Item { id: "1".into(), title: "mine".into() }).await.unwrap();
    assert_eq!(ablo.items.list().filter(Item::by_title().eq("mine")).await.unwrap().len(), 1);
    assert_eq!(ablo.items.get_all().filter(Item::by_title().eq("yours")).count(), 0);
}

mod field_renamed_from {
    use super::*;

    mod before {
        use super::*;
        items!([] { name: String, });
    }
    mod after {
        use super::*;
        items!([] { #[ablo(renamed_from = "name")] title: String, });
    }

    #[test]
    fn field_renamed_from() {
        let insert = "INSERT INTO items (id, organization_id, name) VALUES ('1', 'acme', 'kept')";
        assert_eq!(migrates::<before::App, after::App>(insert, "SELECT title FROM items"), ["kept"]);
    }
}

#[tokio::test]
async fn a_width_is_what_fits() {
    items!([mutable] { small: u8, medium: i32, wide: i64, });
    let session = engine::<App>().await;
    create(
        &session,
        "items",
        "1",
        json!({"small": 255, "medium": -2_147_483_648_i64, "wide": 9_007_199_254_740_991_i64}),
    )
    .await;
    for (field, value) in
        [("small", json!(1.5)), ("medium", json!(2_147_483_648_i64)), ("wide", json!(9_007_199_254_740_993_i64))]
    {
        let refused = write(&session, Action::Update, "items", "1", json!({ field: value })).await.unwrap_err();
        assert_eq!(refused.param, Some(format!("items.{field}")), "{value}: {refused}");
    }
    assert_eq!(session.head().await.unwrap().0, 1, "nothing was written");
}
