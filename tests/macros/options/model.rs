use serde_json::{Value, json};

use super::*;

mod model_mutable_absent {
    use super::*;
    items!([] {});
    #[test]
    fn a_model_is_read_only_unless_it_says_otherwise() {
        assert_eq!(plain::<App>("/models/items/mutable"), Value::Null);
        assert!(!ask::<App, _>("items", |model| model.is_mutable()));
    }
}
mod model_mutable_explicitly_not {
    use super::*;
    items!([mutable = false] {});
    #[test]
    fn a_model_can_say_so() {
        assert_eq!(plain::<App>("/models/items/mutable"), false);
        assert!(!ask::<App, _>("items", |model| model.is_mutable()));
    }
}

#[test]
fn model_mutable() {
    items!([mutable] {});
    assert_eq!(plain::<App>("/models/items/mutable"), true);
    assert!(ask::<App, _>("items", |model| model.is_mutable()));
}

#[test]
fn model_typename() {
    items!([typename = "Thing"] {});
    assert_eq!(plain::<App>("/models/items/typename"), "Thing");
    assert_eq!(valid::<App>().resolve("thing").unwrap().key(), "items");
    assert_eq!(Item::TYPENAME, "Thing");
}

#[test]
fn model_table() {
    items!([table = "things"] {});
    assert_eq!(plain::<App>("/models/items/tableName"), "things");
    assert_eq!(ask::<App, _>("items", |model| model.table().to_owned()), "things");
}

#[test]
fn model_load() {
    items!([load = manual] {});
    assert_eq!(plain::<App>("/models/items/load"), "manual");
    assert_eq!(ask::<App, _>("items", |model| model.load), ablo::ir::LoadStrategy::Manual);
}

mod tenancy {
    use super::*;

    mod none {
        use super::*;
        items!([tenancy = none] {});
        #[test]
        fn rows_of_nobody() {
            assert_eq!(plain::<App>("/models/items/tenancy"), json!({"kind": "none"}));
        }
    }

    mod parent {
        use super::*;
        items!([tenancy(parent_table = "p", local_key = "p_id", parent_key = "k", parent_org_column = "o")] {});
        #[test]
        fn rows_of_their_parents_organization() {
            let via = json!({"localKey": "p_id", "parentTable": "p", "parentKey": "k", "parentOrgColumn": "o"});
            assert_eq!(plain::<App>("/models/items/tenancy"), json!({"kind": "parent", "via": via}));
        }
    }

    #[test]
    fn model_tenancy() {
        items!([tenancy = "owner"] {});
        assert_eq!(plain::<App>("/models/items/tenancy"), json!({"kind": "column", "column": "owner"}));
        let tenancy = ask::<App, _>("items", |model| model.tenancy.clone());
        assert_eq!(tenancy, ablo::ir::Tenancy::Column { column: "owner".into() });
    }
}

#[test]
fn model_plane() {
    items!([plane = control] {});
    assert_eq!(plain::<App>("/models/items/plane"), "control");
    assert_eq!(ask::<App, _>("items", |model| model.plane), ablo::ir::Plane::Control);
}

mod model_scope_kind {
    use super::*;
    items!([scope = "thing"] {});
    #[test]
    fn the_kind_may_be_given() {
        assert_eq!(plain::<App>("/models/items/scope"), "thing");
        assert_eq!(ask::<App, _>("items", |model| model.own_group("1")).unwrap().to_string(), "thing:1");
    }
}

mod model_scope_explicitly_not {
    use super::*;
    items!([scope = false] {});
    #[test]
    fn rows_may_be_no_scope_roots_in_so_many_words() {
        assert_eq!(plain::<App>("/models/items/scope"), false);
        assert_eq!(ask::<App, _>("items", |model| model.own_group("1").map(|group| group.to_string())), None);
    }
}

#[test]
fn model_scope() {
    items!([scope] {});
    assert_eq!(plain::<App>("/models/items/scope"), true);
    assert_eq!(ask::<App, _>("items", |model| model.own_group("1")).unwrap().to_string(), "item:1");
}

#[test]
fn model_entity_roles() {
    items!([entity_roles(inbox = to_id, team = teams[], writer = created_by)] { to_id: String, teams: Vec<String>, });
    let role = |kind, field, multi: bool| json!({"kind": kind, "source": {"field": field, "multi": multi}});
    let roles = [role("inbox", "toId", false), role("team", "teams", true), role("writer", "createdBy", false)];
    assert_eq!(plain::<App>("/models/items/entityRoles"), json!(roles));
    let row = json!({"toId": "ada", "teams": ["red", "blue"]});
    let field = |model: ModelRef<'_>, slot: usize| row.get(&model.shape().slots()[slot].name);
    let groups = ask::<App, _>("items", |model| model.entity_groups(|slot| field(model, slot)));
    let groups: Vec<String> = groups.iter().map(ToString::to_string).collect();
    assert_eq!(groups, ["inbox:ada", "team:red", "team:blue"]);
}

#[test]
fn model_bootstrap() {
    items!([bootstrap(limit = 7, order_by = "created_at DESC")] {});
    assert_eq!(plain::<App>("/models/items/bootstrapLimit"), 7);
    assert_eq!(plain::<App>("/models/items/bootstrapOrderBy"), "created_at DESC");
    assert_eq!(ask::<App, _>("items", |model| model.bootstrap_limit.clone()), Some(7.into()));
}

#[test]
fn model_lazy_observable() {
    items!([lazy_observable] {});
    assert_eq!(plain::<App>("/models/items/lazyObservable"), true);
    assert_eq!(ask::<App, _>("items", |model| model.lazy_observable), Some(true));
}

mod persist {
    use super::*;

    mod named {
        use super::*;
        items!([persist = "cupboard"] {});
        #[test]
        fn the_store_may_be_named() {
            assert_eq!(plain::<App>("/models/items/persist/store"), "cupboard");
        }
    }

    #[test]
    fn model_persist() {
        items!([persist, typename = "Thing"] {});
        assert_eq!(plain::<App>("/models/items/persist/store"), "Thing");
        assert_eq!(ask::<App, _>("items", |model| model.persist.clone()).unwrap().store, "Thing");
    }
}

#[test]
fn model_auto_fill() {
    items!([auto_fill(created_by = user_id, owner = organization_id)] { owner: String, });
    let fills = json!([{"field": "createdBy", "from": "userId"}, {"field": "owner", "from": "organizationId"}]);
    assert_eq!(plain::<App>("/models/items/autoFill"), fills);
    assert_eq!(ask::<App, _>("items", |model| model.auto_fill.clone()).unwrap()[1].field, "owner");
}

#[test]
fn model_required_fields() {
    items!([required_fields(due_at, created_by)] { due_at: ablo::time::Timestamp, });
    assert_eq!(plain::<App>("/models/items/requiredFields"), json!(["dueAt", "createdBy"]));
    assert_eq!(ask::<App, _>("items", |model| model.required_fields.clone()).unwrap().len(), 2);
}

#[test]
fn model_renamed_from() {
    items!([renamed_from = "things"] {});
    assert_eq!(extended::<App>("/models/items/x-ablo/renamedFrom"), "things");
    assert_eq!(ask::<App, _>("items", |model| model.renamed_from.clone()).as_deref(), Some("things"));
}
