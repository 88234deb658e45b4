//! Row data to models: any member order, missing, unknown and null members, base fields, whole rows and parts.
#![allow(clippy::unwrap_used, missing_docs)]

use ablo_schema::{
    error::Code,
    ir::FieldType,
    typed::{
        AbloField, FieldRef, FieldSpec, Id, Model, ModelSpec, Partial, ReadFields, VisitFields, decode_model,
        decode_partial, decode_row, encode_model,
    },
    wire::{self, WireDelta},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

#[derive(Clone, Debug, PartialEq)]
struct Task {
    id: Id<Task>,
    title: String,
    done: bool,
    points: Option<i64>,
    due_at: Option<jiff::Timestamp>,
    tags: Vec<String>,
}

impl Task {
    fn points() -> FieldRef<Self, Option<i64>> {
        FieldRef::new(2)
    }
}

impl Model for Task {
    const TYPENAME: &'static str = "Task";
    const FIELDS: &'static [FieldSpec] = &[
        FieldSpec::new("title"),
        FieldSpec::new("done"),
        FieldSpec::new("points"),
        FieldSpec::new("dueAt"),
        FieldSpec::new("tags"),
    ];
    const SPEC: ModelSpec = ModelSpec::of::<Self>();
    type Patch = Partial<Self>;

    fn id(&self) -> &Id<Self> {
        &self.id
    }

    fn duplicate(&self) -> Self {
        self.clone()
    }

    fn visit<V: VisitFields<Self>>(visitor: &mut V) -> Result<(), V::Error> {
        visitor.field(0, |task| &task.title)?;
        visitor.field(1, |task| &task.done)?;
        visitor.field(2, |task| &task.points)?;
        visitor.field(3, |task| &task.due_at)?;
        visitor.field(4, |task| &task.tags)
    }

    fn read<R: ReadFields>(reader: &mut R) -> Result<Self, R::Error> {
        Ok(Self {
            id: reader.id()?,
            title: reader.field(0)?,
            done: reader.field(1)?,
            points: reader.field(2)?,
            due_at: reader.field(3)?,
            tags: reader.field(4)?,
        })
    }
}

fn task() -> impl Strategy<Value = Task> {
    let points = proptest::option::of(-(1i64 << 53) + 1..1i64 << 53);
    let due_at = proptest::option::of(0i64..4_000_000_000_000);
    (".{1,8}", ".{0,12}", any::<bool>(), points, due_at, proptest::collection::vec(".{0,4}", 0..3)).prop_map(
        |(id, title, done, points, due_at, tags)| Task {
            id: Id::from(id),
            title,
            done,
            points,
            due_at: due_at.map(|millis| jiff::Timestamp::from_millisecond(millis).unwrap()),
            tags,
        },
    )
}

/// The members of a row in another order, as text.
fn shuffled(row: &Map<String, Value>, order: &[usize]) -> String {
    let mut members: Vec<_> = row.iter().collect();
    members.sort_by_key(|(name, _)| {
        let hash: usize = name.bytes().map(usize::from).sum();
        order[hash % order.len()]
    });
    let members: Vec<_> = members.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}", members.join(","))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rows_are_read_in_any_order_with_unknown_members_between(
        task in task(),
        order in proptest::collection::vec(0usize..100, 7),
        unknown in "[x-z]{5}",
    ) {
        let mut row: Map<String, Value> = serde_json::from_str(&encode_model(&task).unwrap()).unwrap();
        row.insert(unknown, json!({ "id": [1.5, null] }));
        row.insert("createdAt".into(), json!("2026-11-22T09:44:48.582Z"));
        row.insert("updatedAt".into(), json!("2026-11-22T09:44:49Z"));
        row.insert("organizationId".into(), json!("org_1"));
        row.insert("archivedAt".into(), Value::Null);
        let text = shuffled(&row, &order);
        prop_assert_eq!(&decode_model::<Task>(&text).unwrap(), &task);
        let read = decode_row::<Task>(&text, 7).unwrap();
        prop_assert_eq!(&read.model, &task);
        prop_assert_eq!(read.meta.sync_id, 7);
        prop_assert_eq!(read.meta.organization_id.as_deref(), Some("org_1"));
        prop_assert_eq!(read.meta.updated_at.to_string(), "2026-11-22T09:44:49Z");
        prop_assert_eq!(read.meta.archived_at, None);
        let part = decode_partial::<Task>(&text).unwrap();
        prop_assert_eq!(part.iter().count(), 5);
        prop_assert_eq!(part.get(Task::points()).unwrap(), Some(task.points));
    }

    #[test]
    fn arbitrary_text_is_never_a_panic(text in "\\PC{0,60}") {
        let _ = decode_row::<Task>(&text, 1);
        let _ = decode_partial::<Task>(&text);
    }
}

#[test]
fn optional_members_may_be_missing_and_required_ones_not() {
    let read = |text: &str| decode_model::<Task>(text).map_err(|error| error.to_string());
    let task = read(r#"{"id":"t","title":"a","done":true,"tags":[]}"#).unwrap();
    assert_eq!((task.points, task.due_at), (None, None));
    for (text, named) in [
        (r#"{"title":"a","done":true,"tags":[]}"#, "id"),
        (r#"{"id":"t","title":"a","tags":[]}"#, "done"),
        (r#"{"id":"t","title":null,"done":true,"tags":[]}"#, "title"),
        (r#"{"id":"t","title":"a","done":"yes","tags":[]}"#, "done"),
        (r#"{"id":"t","done":true,"title":7,"tags":[]}"#, "title"),
        (r#"{"id":"t","title":"a","done":true,"points":1.5,"tags":[]}"#, "points"),
        (r#"{"id":"t","title":"a","done":true,"dueAt":"tomorrow","tags":[]}"#, "dueAt"),
        (r#"{"id":"t","title":"a","done":true,"tags":{}}"#, "tags"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(named), "{text}: {error}");
    }
    assert!(
        read("[]").is_err() && read("{").is_err() && read(r#"{"id":"t","title":"a","done":true,"tags":[]}x"#).is_err()
    );
    assert!(
        decode_row::<Task>(r#"{"id":"t","title":"a","done":true,"tags":[]}"#, 1)
            .unwrap_err()
            .to_string()
            .contains("createdAt")
    );
}

#[test]
fn a_part_tells_null_from_absent() {
    let part = decode_partial::<Task>(r#"{"points":null,"unknown":1,"id":"t"}"#).unwrap();
    assert_eq!(part.get(Task::points()).unwrap(), Some(None));
    assert_eq!(part.iter().count(), 1);
    assert!(decode_partial::<Task>("{}").unwrap().is_empty());
}

#[test]
fn a_number_that_json_cannot_carry_is_not_written() {
    assert_eq!(<i64 as AbloField>::SPEC.ty, FieldType::Number);
    let task =
        Task { points: Some(1 << 53), ..decode_model(r#"{"id":"t","title":"a","done":true,"tags":[]}"#).unwrap() };
    assert!(encode_model(&task).unwrap_err().to_string().contains("2^53"));
}

#[test]
fn a_delta_gives_its_row_and_says_what_does_not_fit() {
    let delta = |data: &str| {
        let text = format!(r#"{{"id":9,"actionType":"U","modelName":"Task","modelId":"t","data":{data}}}"#);
        wire::decode::<WireDelta>(&text).unwrap()
    };
    let whole = r#"{"id":"t","title":"a","done":true,"tags":["x"],"createdAt":"2026-11-22T09:44:48Z","updatedAt":"2026-11-22T09:44:48Z"}"#;
    let row = delta(whole).decode::<Task>().unwrap();
    assert_eq!((row.title.as_str(), row.meta.sync_id), ("a", 9));
    let text = serde_json::to_string(whole).unwrap();
    assert_eq!(delta(&text).decode::<Task>().unwrap(), row);
    let part = delta(r#"{"points":3}"#);
    assert_eq!(part.decode_partial::<Task>().unwrap().get(Task::points()).unwrap(), Some(Some(3)));
    let error = part.decode::<Task>().unwrap_err();
    assert!(error.is(Code::RowMismatch) && error.message.contains("delta 9 of Task t"), "{error}");
    assert!(delta("null").decode::<Task>().unwrap_err().is(Code::RowMismatch));
}
