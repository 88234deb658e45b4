//! What is emitted for other tools, over one schema that uses everything, and over the vectors.
#![allow(clippy::unwrap_used, missing_docs)]

mod support;

use ablo_schema::{
    diagram::{Change, Diagram},
    ir::{SchemaDef, ValidSchema},
    json::Json,
    json_schema::{self, Form},
    openapi, typescript,
};

fn studio() -> ValidSchema {
    SchemaDef::from_artifact(include_str!("data/studio.json")).unwrap().validate().unwrap()
}

fn names(value: &Json) -> Vec<String> {
    let Json::Object(members) = value else { return Vec::new() };
    members.iter().map(|(name, _)| name.clone()).collect()
}

#[test]
fn typescript_of_everything() {
    insta::assert_snapshot!(typescript::emit(&studio()));
}

#[test]
fn openapi_of_everything() {
    insta::assert_snapshot!(openapi::document(&studio(), &openapi::Options::default()).to_pretty());
}

#[test]
fn json_schema_of_everything() {
    insta::assert_snapshot!(json_schema::bundle(&studio()).to_pretty());
    let task = studio();
    let patch = json_schema::document(task.model("tasks").unwrap(), Form::Patch);
    assert_eq!(patch.get("title").and_then(Json::as_str), Some("TaskPatch"));
    assert!(names(patch.get("$defs").unwrap()).contains(&"Task_Checklist_Step".to_owned()));
}

/// The studio after a day's work: a model and fields added, changed and removed.
fn next_studio() -> ValidSchema {
    let mut def = studio().def().clone();
    def.models.shift_remove("audits");
    let tasks = def.models.get_mut("tasks").unwrap();
    tasks.fields.shift_remove("notes");
    tasks.fields.get_mut("rank").unwrap().is_optional = true;
    tasks.relations.get_mut("project").unwrap().options.as_mut().unwrap().fk = None;
    let comments = r#"{"v":3,"models":{"tasks":{"fields":{},"relations":{},"typename":"Task","tenancy":{"kind":"none"}},
        "comments":{"fields":{"taskId":{"type":"string","isIndexed":true,"isOptional":false},"text":{"type":"string","isIndexed":false,"isOptional":false}},
        "relations":{"task":{"type":"belongsTo","target":"tasks","foreignKey":"taskId","foreignKeyColumn":"task_id","options":{"parent":true,"fk":true}}},
        "typename":"Comment","tenancy":{"kind":"column","column":"organization_id"},"mutable":true}},"identityRoles":[]}"#;
    let mut extra = SchemaDef::from_artifact(comments).unwrap();
    def.models.insert("comments".into(), extra.models.swap_remove("comments").unwrap());
    def.validate().unwrap()
}

#[test]
fn pictures_of_everything() {
    let diagram = Diagram::of(&studio());
    insta::assert_snapshot!("mermaid", diagram.to_mermaid());
    insta::assert_snapshot!("dot", diagram.to_dot());
    insta::assert_snapshot!("svg", diagram.to_svg());
}

#[test]
fn pictures_of_a_change() {
    let diagram = Diagram::of_change(&studio(), &next_studio());
    let of = |key: &str| diagram.boxes.iter().find(|model| model.key == key).unwrap();
    assert_eq!(
        (of("audits").change, of("comments").change, of("tasks").change, of("people").change),
        (Change::Removed, Change::Added, Change::Changed, Change::None)
    );
    let line = |name: &str| of("tasks").lines.iter().find(|line| line.name == name).unwrap().change;
    assert_eq!((line("notes"), line("rank"), line("title")), (Change::Removed, Change::Changed, Change::None));
    let edge = |name: &str, child: &str| {
        let edges = diagram.edges.iter().filter(|edge| edge.name == name && diagram.boxes[edge.child].key == child);
        edges.map(|edge| edge.change).collect::<Vec<_>>()
    };
    assert_eq!(edge("task", "comments"), [Change::Added]);
    assert_eq!(edge("task", "audits"), [Change::Removed]);
    assert_eq!(edge("project", "tasks"), [Change::Changed]);
    assert_eq!(edge("workspace", "projects"), [Change::None]);
    insta::assert_snapshot!("mermaid_change", diagram.to_mermaid());
    insta::assert_snapshot!("dot_change", diagram.to_dot());
    insta::assert_snapshot!("svg_change", diagram.to_svg());
    let same = Diagram::of_change(&studio(), &studio());
    assert!(same.boxes.iter().all(|model| model.change == Change::None));
    assert!(same.edges.iter().all(|edge| edge.change == Change::None));
}

/// The boxes of a drawing: left, top, width, height.
fn drawn_boxes(svg: &str) -> Vec<[f64; 4]> {
    let number = |text: &str, before: &str| -> f64 {
        let rest = &text[text.find(before).unwrap() + before.len()..];
        rest[..rest.find(|c: char| c != '.' && c != '-' && !c.is_ascii_digit()).unwrap()].parse().unwrap()
    };
    svg.split("<g class=\"model")
        .skip(1)
        .map(|model| {
            let at = &model[model.find("translate(").unwrap()..];
            let y = at[10..].split_once(' ').unwrap().1.split_once(')').unwrap().0.parse().unwrap();
            [number(at, "translate("), y, number(model, "class=\"box\" width=\""), number(model, "height=\"")]
        })
        .collect()
}

#[test]
fn no_two_boxes_of_any_drawing_meet_and_all_are_inside() {
    let mut drawn = 0;
    for schema in support::vectors()
        .iter()
        .filter_map(|(_, vector)| {
            SchemaDef::from_artifact(&support::member(vector, &["schema"]).to_string()).unwrap().validate().ok()
        })
        .chain([studio(), next_studio()])
    {
        let svg = Diagram::of(&schema).to_svg();
        let boxes = drawn_boxes(&svg);
        assert_eq!(boxes.len(), schema.models().len());
        let viewed = svg.split_once("viewBox=\"0 0 ").unwrap().1.split_once('"').unwrap().0;
        let (width, height) =
            viewed.split_once(' ').map(|(w, h)| (w.parse::<f64>().unwrap(), h.parse::<f64>().unwrap())).unwrap();
        for (position, a) in boxes.iter().enumerate() {
            assert!(a[0] >= 0.0 && a[1] >= 0.0 && a[0] + a[2] < width && a[1] + a[3] < height, "{a:?}");
            for b in &boxes[position + 1..] {
                let apart = a[0] + a[2] < b[0] || b[0] + b[2] < a[0] || a[1] + a[3] < b[1] || b[1] + b[3] < a[1];
                assert!(apart, "{a:?} {b:?}");
                drawn += 1;
            }
        }
    }
    assert!(drawn > 100, "{drawn}");
}

/// Whether this is a write of a model that clients may not write.
fn is_refused(schema: &ValidSchema, path: &str, method: &str) -> bool {
    let parts: Vec<_> = path.split('/').collect();
    match (parts.as_slice(), method) {
        (["", "v1", "models", key], "post") | (["", "v1", "models", key, "{id}"], "patch" | "delete") => {
            !schema.model(key).unwrap().is_mutable()
        }
        _ => false,
    }
}

#[test]
fn every_path_and_method_of_the_vectors_is_there_and_refused_writes_say_so() {
    let (mut served, mut refused) = (0, 0);
    for (name, vector) in support::vectors() {
        let artifact = support::member(&vector, &["schema"]).to_string();
        // Which vectors the validator refuses is pinned with the artifact.
        let Ok(schema) = SchemaDef::from_artifact(&artifact).unwrap().validate() else { continue };
        let ours = openapi::document(&schema, &openapi::Options::default());
        let Json::Object(paths) = support::member(&vector, &["openapi", "paths"]) else { panic!() };
        for (path, item) in paths {
            for method in names(item) {
                let found = ours.get("paths").unwrap().get(path).and_then(|item| item.get(&method));
                let found = found.unwrap_or_else(|| panic!("{name} {method} {path}"));
                let answers = names(found.get("responses").unwrap());
                assert!(answers.contains(&"403".to_owned()), "{name} {method} {path}");
                let succeeds = answers.iter().any(|status| status.starts_with('2'));
                assert_ne!(succeeds, is_refused(&schema, path, &method), "{name} {method} {path}");
                assert!(succeeds || found.get("requestBody").is_none(), "{name} {method} {path}");
                served += usize::from(succeeds);
                refused += usize::from(!succeeds);
            }
        }
    }
    assert!(served > 300 && refused > 100, "{served} {refused}");
}

#[test]
fn a_field_called_state_is_filtered_by_and_otherwise_state_chooses_archived_rows() {
    let model = |fields: &str| {
        let artifact = format!(
            r#"{{"v":3,"models":{{"tasks":{{"fields":{{{fields}}},"relations":{{}},"typename":"Task","tenancy":{{"kind":"none"}}}}}},"identityRoles":[]}}"#
        );
        let schema = SchemaDef::from_artifact(&artifact).unwrap().validate().unwrap();
        let document = openapi::document(&schema, &openapi::Options::default());
        support::member(&document, &["paths", "/v1/models/tasks", "get", "parameters"]).to_string()
    };
    let archived = "#/components/parameters/AbloState";
    let filter = r#"{"name":"state","in":"query""#;
    let (without, with) = (model(""), model(r#""state":{"type":"string","isIndexed":false,"isOptional":false}"#));
    assert!(without.contains(archived) && !without.contains(filter), "{without}");
    assert!(with.contains(filter) && !with.contains(archived), "{with}");
}

/// Every `$ref` of a document, and every name they can mean.
fn references(value: &Json, found: &mut Vec<String>) {
    match value {
        Json::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("$ref", Json::String(target)) => found.push(target.clone()),
                    _ => references(value, found),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_operation_has_its_own_name() {
    for document in [openapi::document(&studio(), &openapi::Options::default()), json_schema::bundle(&studio())] {
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 4, "{found:?}");
        for target in found {
            let place = target.strip_prefix("#/").unwrap().split('/').try_fold(&document, |at, name| at.get(name));
            assert!(place.is_some(), "{target} leads nowhere");
        }
    }
    let document = openapi::document(&studio(), &openapi::Options::default());
    let Json::Object(paths) = document.get("paths").unwrap() else { panic!() };
    let mut ids = std::collections::HashSet::new();
    for operation in paths.iter().flat_map(|(_, item)| match item {
        Json::Object(operations) => operations.iter().map(|(_, operation)| operation),
        _ => panic!(),
    }) {
        let id = operation.get("operationId").and_then(Json::as_str).unwrap();
        assert!(ids.insert(id), "{id} is there twice");
        assert!(operation.get("responses").is_some_and(|responses| names(responses).len() > 5), "{id}");
        assert!(names(operation).iter().all(|name| !name.starts_with("x-")), "{id}");
    }
}

#[test]
fn equal_input_gives_equal_bytes_whatever_the_declared_names() {
    let odd = r#"{"v":3,"models":{
        "foo_bar":{"fields":{},"relations":{},"typename":"a_b","tenancy":{"kind":"none"},"mutable":true},
        "fooBar":{"fields":{},"relations":{},"typename":"AB","tenancy":{"kind":"none"}},
        "errors":{"fields":{"limit":{"type":"number","isIndexed":false,"isOptional":false}},"relations":{},"typename":"AbloError","tenancy":{"kind":"none"}},
        "lists":{"fields":{},"relations":{},"typename":"ABList","tenancy":{"kind":"none"}}},"identityRoles":[]}"#;
    let schema = SchemaDef::from_artifact(odd).unwrap().validate().unwrap();
    let document = openapi::document(&schema, &openapi::Options::default());
    let schemas = names(support::member(&document, &["components", "schemas"]));
    let distinct: std::collections::HashSet<_> = schemas.iter().collect();
    assert_eq!(distinct.len(), schemas.len(), "{schemas:?}");
    let list = support::member(&document, &["paths", "/v1/models/errors", "get", "parameters"]).to_string();
    assert!(!list.contains(r#""name":"limit""#), "a field does not shadow a page's size");
    assert_eq!(document.to_pretty(), openapi::document(&schema, &openapi::Options::default()).to_pretty());
}

/// For the tools of other people, which `scripts/emitted.sh` runs.
#[test]
fn documents_are_written_for_other_tools() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("emit");
    std::fs::create_dir_all(&folder).unwrap();
    let mut schemas = vec![("studio".to_owned(), studio())];
    for (name, vector) in support::vectors() {
        let artifact = support::member(&vector, &["schema"]).to_string();
        schemas.extend(SchemaDef::from_artifact(&artifact).unwrap().validate().map(|schema| (name, schema)));
    }
    for (name, schema) in schemas {
        let document = openapi::document(&schema, &openapi::Options::default());
        std::fs::write(folder.join(format!("{name}.openapi.json")), document.to_pretty()).unwrap();
        std::fs::write(folder.join(format!("{name}.types.ts")), typescript::emit(&schema)).unwrap();
        std::fs::write(folder.join(format!("{name}.schema.json")), json_schema::bundle(&schema).to_pretty()).unwrap();
        let pictures =
            [(name, Diagram::of(&schema)), ("change".to_owned(), Diagram::of_change(&studio(), &next_studio()))];
        for (name, diagram) in pictures {
            std::fs::write(folder.join(format!("{name}.svg")), diagram.to_svg()).unwrap();
            std::fs::write(folder.join(format!("{name}.dot")), diagram.to_dot()).unwrap();
            std::fs::write(folder.join(format!("{name}.mmd")), diagram.to_mermaid()).unwrap();
        }
    }
}
