//! A whole validator of JSON Schema judges the same values the same.

use proptest::{collection::btree_map, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use crate::engine::json_shape::problems;

/// As schemars writes them: a struct that holds itself, options, maps, tuples, and enums in each of serde's forms.
fn schemas() -> Vec<Value> {
    let shape = json!({"oneOf": [
        {"type": "object", "properties": {"kind": {"type": "string", "const": "leaf"}, "size": {"type": "integer", "format": "uint8", "minimum": 0, "maximum": 255}}, "required": ["kind", "size"]},
        {"type": "object", "properties": {"kind": {"type": "string", "const": "pair"}, "left": {"$ref": "#"}, "right": {"$ref": "#"}}, "required": ["kind", "left", "right"]}
    ]});
    let tagged = json!({"oneOf": [
        {"type": "string", "enum": ["leaf", "pair"]},
        {"type": "object", "properties": {"size": {"type": ["number", "null"]}}, "required": ["size"], "additionalProperties": false}
    ]});
    let either = json!({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"$ref": "#/$defs/Name"}, "minItems": 1}, {"const": null}],
        "$defs": {"Name": {"type": "string"}}});
    let list = json!({"type": "object", "properties": {
        "left": {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
        "right": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}], "minItems": 2, "maxItems": 2},
        "size": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "kind": true
    }, "required": ["kind"], "allOf": [{"required": ["size"]}]});
    vec![shape, tagged, either, list, json!(true), json!({"type": "array", "items": {"type": "integer", "minimum": 1}})]
}

fn value() -> impl Strategy<Value = Value> {
    let one = prop_oneof![
        select(vec![
            json!(null),
            json!(true),
            json!("leaf"),
            json!("pair"),
            json!("x"),
            json!(1),
            json!(1.0),
            json!(1.5)
        ]),
        select(vec![json!(-1), json!(255), json!(256), json!({}), json!([])]),
    ];
    one.prop_recursive(4, 24, 4, |value| {
        prop_oneof![
            prop::collection::vec(value.clone(), 0..4).prop_map(Value::Array),
            btree_map(select(vec!["kind", "size", "left", "right"]), value.clone(), 0..5).prop_map(|members| {
                Value::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
            }),
            // More likely to be of some shape.
            (value.clone(), value.clone()).prop_map(|(a, b)| json!({"kind": "pair", "left": a, "right": b})),
            value.clone().prop_map(|size| json!({"kind": "leaf", "size": size})),
            (value.clone(), any::<bool>())
                .prop_map(|(left, size)| json!({"kind": 1, "left": left, "size": {"a": size}})),
            value.prop_map(|second| json!(["leaf", second])),
        ]
    })
}

#[test]
fn shapes_are_judged_as_a_validator_judges_them() {
    let schemas: Vec<_> =
        schemas().into_iter().map(|schema| (jsonschema::validator_for(&schema).unwrap(), schema)).collect();
    let seen = std::cell::Cell::new([0_u32; 2]);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(4000));
    runner
        .run(&value(), |value| {
            for (validator, schema) in &schemas {
                let found = problems(schema, &value);
                prop_assert_eq!(found.is_empty(), validator.is_valid(&value), "{} of {}: {:?}", value, schema, found);
                let mut counts = seen.get();
                counts[usize::from(found.is_empty())] += 1;
                seen.set(counts);
            }
            Ok(())
        })
        .unwrap();
    assert!(seen.get().iter().all(|count| *count > 1000), "of each kind enough: {seen:?}");
}

#[test]
fn every_problem_has_its_path() {
    let schema = json!({"type": "object", "properties": {
        "steps": {"type": "array", "items": {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}}
    }, "required": ["steps", "mood"], "additionalProperties": false});
    let found = problems(&schema, &json!({"steps": [{"text": "a"}, {"text": 2}, {}], "x": 1}));
    let paths: Vec<&str> = found.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, [".mood", ".steps.1.text", ".steps.2.text", ".x"]);
}

/// Forms within forms double with every level; somebody's deep value must not take the writer's time.
#[test]
fn what_would_take_for_ever_is_taken() {
    let form = |name: &str| json!({"properties": {"a": {"$ref": "#"}, "z": {"type": name}}});
    let schema = json!({"anyOf": [form("string"), form("number"), form("boolean")]});
    let deep = (0..100).fold(json!(null), |inner, _| json!({"a": inner, "z": []}));
    assert!(problems(&schema, &deep).len() <= 1);
    // A schema that says nothing but to look at itself.
    assert_eq!(problems(&json!({"$ref": "#"}), &json!(1)), []);
}
