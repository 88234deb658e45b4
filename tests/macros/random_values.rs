//! Random rows as serde writes them, for the JSON Schemas of their model. `scripts/emitted.sh` has another program's
//! validator judge them; here they are written, and read back.

use std::collections::BTreeMap;
use std::{fs, path::Path};

use ablo::{
    json_schema::{self, Form},
    prelude::*,
    typed::{decode_model, encode_model},
};
use proptest::{
    collection::{btree_map, vec},
    num, option,
    prelude::*,
    sample::select,
    strategy::ValueTree,
    test_runner::TestRunner,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(AbloEnum, Clone, Copy, Debug, PartialEq)]
enum Mood {
    Calm,
    #[ablo(name = "VERY loud")]
    Loud,
}

/// Serde's own ways of writing: names changed, absent members, enums of every shape.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Look {
    font_size: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    fill: Fill,
    children: Vec<Look>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Fill {
    None,
    Plain(String),
    Mixed { from: String, to: Option<i32> },
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable)]
struct Sample {
    id: Id<Sample>,
    text: String,
    maybe_text: Option<String>,
    flag: bool,
    tiny: i8,
    small: u16,
    middle: i32,
    large: i64,
    ratio: f64,
    maybe_ratio: Option<f32>,
    at: ablo::time::Timestamp,
    day: ablo::time::civil::Date,
    mood: Option<Mood>,
    #[ablo(json)]
    look: Look,
    #[ablo(json)]
    looks: Option<Vec<Look>>,
    words: Vec<String>,
    counts: BTreeMap<String, i32>,
    anything: Value,
}

#[derive(AbloSchema)]
struct Samples {
    samples: Sample,
}

fn look() -> impl Strategy<Value = Look> {
    let fill = prop_oneof![
        Just(Fill::None),
        any::<String>().prop_map(Fill::Plain),
        (any::<String>(), any::<Option<i32>>()).prop_map(|(from, to)| Fill::Mixed { from, to }),
    ];
    let leaf = (any::<u16>(), any::<Option<String>>(), fill).prop_map(|(font_size, title, fill)| Look {
        font_size,
        title,
        fill,
        children: Vec::new(),
    });
    leaf.prop_recursive(2, 8, 3, |inner| {
        (inner.clone(), vec(inner, 0..3)).prop_map(|(look, children)| Look { children, ..look })
    })
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| vec(inner, 0..3).prop_map(Value::from))
}

fn sample() -> impl Strategy<Value = Sample> {
    let texts = ("[a-z0-9-]{1,36}", any::<String>(), any::<Option<String>>(), any::<bool>());
    let exact = -((1_i64 << 53) - 1)..1 << 53;
    let numbers = (any::<i8>(), any::<u16>(), any::<i32>(), exact, num::f64::NORMAL, option::of(num::f32::NORMAL));
    let seconds = (-60_000_000_000_i64..200_000_000_000, 0..1_000_000_000_i32);
    let times = (seconds, (1..9999_i16, 1..13_i8, 1..29_i8), option::of(select(vec![Mood::Calm, Mood::Loud])));
    let json = (look(), option::of(vec(look(), 0..3)), any::<Vec<String>>());
    (texts, numbers, times, json, btree_map(any::<String>(), any::<i32>(), 0..4), anything()).prop_map(
        |(texts, numbers, ((second, nano), (year, month, day), mood), json, counts, anything)| Sample {
            id: texts.0.into(),
            text: texts.1,
            maybe_text: texts.2,
            flag: texts.3,
            tiny: numbers.0,
            small: numbers.1,
            middle: numbers.2,
            large: numbers.3,
            ratio: numbers.4,
            maybe_ratio: numbers.5,
            at: ablo::time::Timestamp::new(second, if second < 0 { -nano } else { nano }).unwrap(),
            day: ablo::time::civil::Date::new(year, month, day).unwrap(),
            mood,
            look: json.0,
            looks: json.1,
            words: json.2,
            counts,
            anything,
        },
    )
}

#[test]
fn rows_are_written_for_a_validator() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emit_random");
    fs::create_dir_all(&folder).unwrap();
    let schema = Samples::schema().unwrap();
    let forms = [("create", Form::Create), ("patch", Form::Patch), ("row", Form::Row)];
    for (name, form) in forms {
        let document = json_schema::document(schema.model("samples").unwrap(), form);
        fs::write(folder.join(format!("{name}.schema.json")), document.to_pretty()).unwrap();
    }
    let mut runner = TestRunner::deterministic();
    let mut lines = String::new();
    for _ in 0..500 {
        let sample = sample().new_tree(&mut runner).unwrap().current();
        let text = encode_model(&sample).unwrap();
        assert_eq!(decode_model::<Sample>(&text).unwrap(), sample, "{text}");
        lines += &text;
        lines.push('\n');
    }
    fs::write(folder.join("rows.jsonl"), lines).unwrap();
}
