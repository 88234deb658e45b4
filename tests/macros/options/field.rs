use ablo::typed::{decode_model, encode_model};
use serde_json::{Value, json};

use super::*;

#[test]
fn field_name() {
    items!([] { #[ablo(name = "externalRef")] reference: String, });
    assert_eq!(plain::<App>("/models/items/fields/externalRef/type"), "string");
    let item = Item { id: "1".into(), reference: "r".into() };
    assert_eq!(encode_model(&item).unwrap(), r#"{"id":"1","externalRef":"r"}"#);
    assert_eq!(Item::reference().name(), "externalRef");
}

#[test]
fn field_column() {
    items!([] { #[ablo(column = "ext_ref")] reference: String, });
    assert_eq!(plain::<App>("/models/items/fields/reference/column"), "ext_ref");
    assert_eq!(ask::<App, _>("items", |model| model.shape().slot_of_column("ext_ref")), Some(0));
}

#[test]
fn field_indexed() {
    items!([] { #[ablo(indexed)] reference: String, other: String, });
    assert_eq!(plain::<App>("/models/items/fields/reference/isIndexed"), true);
    assert_eq!(plain::<App>("/models/items/fields/other/isIndexed"), false);
    assert!(ask::<App, _>("items", |model| model.shape().slots()[0].def.is_indexed));
}

#[test]
fn field_unique() {
    items!([] { #[ablo(unique)] reference: String, });
    assert_eq!(extended::<App>("/models/items/fields/reference/x-ablo/unique"), true);
    assert!(ask::<App, _>("items", |model| model.shape().slots()[0].def.is_unique));
}

#[test]
fn field_default() {
    items!([] {
        #[ablo(default = "untitled")]
        title: String,
        #[ablo(default)]
        count: i32,
        #[ablo(default = 5)]
        wanted: Option<i64>,
        #[ablo(json, default = vec![1, 2])]
        marks: Vec<u8>,
        none: String,
    });
    let default = |field: &str| extended::<App>(&format!("/models/items/fields/{field}/x-ablo/default"));
    assert_eq!(
        ["title", "count", "wanted", "marks"].map(default),
        [json!("untitled"), json!(0), json!(5), json!([1, 2])]
    );
    assert_eq!(default("none"), Value::Null);
    assert_eq!(ask::<App, _>("items", |model| model.fields["title"].default.clone()), Some(json!("untitled")));
}

#[test]
fn field_json() {
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Point {
        x: f64,
    }
    items!([] { #[ablo(json)] at: Point, #[ablo(json)] to: Option<Point>, });
    assert_eq!(
        plain::<App>("/models/items/fields/at"),
        json!({"type": "json", "isIndexed": false, "isOptional": false})
    );
    assert_eq!(
        plain::<App>("/models/items/fields/to"),
        json!({"type": "json", "isIndexed": false, "isOptional": true})
    );
    let item = Item { id: "1".into(), at: Point { x: 0.5 }, to: None };
    assert_eq!(encode_model(&item).unwrap(), r#"{"id":"1","at":{"x":0.5},"to":null}"#);
    assert_eq!(decode_model::<Item>(r#"{"id":"1","at":{"x":0.5}}"#).unwrap(), item);
    let wrong = decode_model::<Item>(r#"{"id":"1","at":{"x":"far"}}"#).unwrap_err().to_string();
    assert!(wrong.contains("field `at`"), "{wrong}");
}

#[test]
fn a_json_type_that_knows_its_schema_publishes_it() {
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Point {
        x: f64,
    }
    impl ablo::schemars::JsonSchema for Point {
        fn schema_name() -> std::borrow::Cow<'static, str> {
            "Point".into()
        }

        fn json_schema(_: &mut ablo::schemars::SchemaGenerator) -> ablo::schemars::Schema {
            ablo::schemars::json_schema!({"type": "object", "required": ["x"]})
        }
    }
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    struct Silent {
        x: f64,
    }
    items!([] { #[ablo(json)] at: Option<Point>, #[ablo(json)] from: Silent, });
    let schema = extended::<App>("/models/items/fields/at/x-ablo/jsonSchema");
    assert!(schema.to_string().contains(r#""required":["x"]"#), "{schema}");
    assert_eq!(extended::<App>("/models/items/fields/from/x-ablo/jsonSchema"), Value::Null);
}

#[test]
fn field_accessor() {
    items!([] { #[ablo(accessor = by_title)] title: String, });
    impl Item {
        fn title(&self) -> &str {
            &self.title
        }
    }
    assert_eq!(Item::by_title().name(), "title");
    assert_eq!(Item { id: "1".into(), title: "mine".into() }.title(), "mine");
    assert_eq!(plain::<App>("/models/items/fields/title/type"), "string", "the wire does not hear of it");
}

#[test]
fn field_renamed_from() {
    items!([] { #[ablo(renamed_from = "name")] title: String, });
    assert_eq!(extended::<App>("/models/items/fields/title/x-ablo/renamedFrom"), "name");
    assert_eq!(ask::<App, _>("items", |model| model.fields["title"].renamed_from.clone()).as_deref(), Some("name"));
}

#[test]
fn doc_comments_travel() {
    /// Things
    /// to keep.
    #[derive(AbloModel, Clone)]
    struct Item {
        id: Id<Item>,
        /// What it is called.
        title: String,
    }
    #[derive(AbloSchema)]
    struct App {
        items: Item,
    }
    assert_eq!(extended::<App>("/models/items/x-ablo/doc"), "Things\nto keep.");
    assert_eq!(extended::<App>("/models/items/fields/title/x-ablo/doc"), "What it is called.");
}
