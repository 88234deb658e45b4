use serde_json::json;

use super::*;

#[derive(AbloModel, Clone)]
struct Item {
    id: Id<Item>,
    #[ablo(belongs_to, relation = above)]
    above_id: Option<Id<Item>>,
}

#[derive(AbloQuery)]
#[ablo(model = Item)]
struct Below {
    #[ablo(eq = above_id)]
    above: Id<Item>,
}

#[test]
fn schema_identity() {
    #[derive(AbloSchema)]
    #[ablo(identity(org = organization_id, team = team_ids[], badge = "badgeNumber"))]
    struct App {
        items: Item,
    }
    let role = |kind, field, multi: bool| json!({"kind": kind, "source": {"field": field, "multi": multi}});
    let roles =
        [role("org", "organizationId", false), role("team", "teamIds", true), role("badge", "badgeNumber", false)];
    assert_eq!(plain::<App>("/identityRoles"), json!(roles));
    let identity = json!({"organizationId": "acme", "teamIds": ["a", "b"]});
    let groups = valid::<App>().identity_groups(|source| identity.get(source));
    let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
    assert_eq!(groups, ["org:acme", "team:a", "team:b"]);
}

#[test]
fn schema_casing() {
    #[derive(AbloSchema)]
    #[ablo(casing = snake_case)]
    struct App {
        items: Item,
    }
    #[derive(AbloSchema)]
    #[ablo(casing = camel_case)]
    struct Camel {
        items: Item,
    }
    assert_eq!(plain::<App>("/models/items/relations/above/foreignKeyColumn"), "above_id");
    assert_eq!(plain::<Camel>("/models/items/relations/above/foreignKeyColumn"), "aboveId");
    assert_eq!(ask::<App, _>("items", |model| model.relations["above"].foreign_key_column.clone()), "above_id");
}

#[test]
fn schema_queries() {
    #[derive(AbloSchema)]
    #[ablo(queries(Below))]
    struct App {
        items: Item,
    }
    let query = extended::<App>("/x-ablo/queries/below");
    assert_eq!(query["model"], "items");
    assert_eq!(query["where"], json!([["above_id", "=", "$above"]]));
    assert_eq!(valid::<App>().queries["below"].inputs.len(), 1);
}

#[test]
fn member_key() {
    #[derive(AbloSchema)]
    struct App {
        #[ablo(key = "things")]
        items: Item,
    }
    assert_eq!(plain::<App>("/models/things/typename"), "Item");
    assert_eq!(ask::<App, _>("things", |model| model.table().to_owned()), "things");
}

#[test]
fn a_family_stands_in_for_every_model() {
    /// Remembers the keys it was asked for.
    struct Keys;
    impl ablo::typed::ModelFamily for Keys {
        type Proxy<M> = (&'static str, &'static str);

        fn proxy<M: Model>(&self, key: &'static str) -> Self::Proxy<M> {
            (key, M::TYPENAME)
        }
    }
    #[derive(AbloSchema)]
    struct App {
        some_items: Item,
    }
    assert_eq!(App::models(&Keys).some_items, ("someItems", "Item"));
}
