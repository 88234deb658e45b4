//! What each type of a field is in the artifact and on the wire, and what it refuses.

use std::collections::{BTreeMap, HashMap};

use ablo::{
    AbloField,
    ir::{FieldType, NumberFormat, StringFormat},
    prelude::*,
    typed::{TypeSpec, decode_model, encode_model},
};
use serde_json::{Value, json};

/// A field of one type in a model of its own: its spec, and its way to the wire and back.
macro_rules! field {
    ($ty:ty) => {{
        #[derive(AbloModel, Clone, Debug, PartialEq)]
        struct Item {
            id: Id<Item>,
            value: $ty,
        }
        Probe {
            spec: Item::types()[0],
            write: |value: $ty| {
                let text = encode_model(&Item { id: "1".into(), value }).map_err(|error| error.to_string())?;
                Ok(serde_json::from_str::<Value>(&text).unwrap()["value"].clone())
            },
            read: |value: &Value| {
                let text = json!({"id": "1", "value": value}).to_string();
                decode_model::<Item>(&text).map(|item| item.value).map_err(|error| error.to_string())
            },
        }
    }};
}

struct Probe<T> {
    spec: TypeSpec,
    write: fn(T) -> Result<Value, String>,
    read: fn(&Value) -> Result<T, String>,
}

impl<T: Clone + PartialEq + std::fmt::Debug> Probe<T> {
    #[track_caller]
    fn is(self, ty: FieldType, number: NumberFormat, string: Option<StringFormat>) -> Self {
        assert_eq!((self.spec.ty, self.spec.number, self.spec.string), (ty, number, string));
        self
    }

    /// Whether null is a value.
    #[track_caller]
    fn optional(self, optional: bool) -> Self {
        assert_eq!(self.spec.optional, optional);
        self
    }

    /// The value is this on the wire, and comes back.
    #[track_caller]
    fn travels(self, value: T, wire: Value) -> Self {
        assert_eq!((self.write)(value.clone()), Ok(wire.clone()));
        assert_eq!((self.read)(&wire), Ok(value));
        self
    }

    /// The wire value is refused, and the message says this and which field it is.
    #[track_caller]
    fn refuses(self, wire: Value, why: &str) -> Self {
        let message = (self.read)(&wire).unwrap_err();
        assert!(message.contains(why) && message.contains("field `value`"), "{message}");
        self
    }

    /// The value has no wire form, and the message says why.
    #[track_caller]
    fn keeps_back(self, value: T, why: &str) -> Self {
        let message = (self.write)(value).unwrap_err();
        assert!(message.contains(why), "{message}");
        self
    }
}

use FieldType as Type;
use NumberFormat::{Float, Int32, Int64};

#[test]
fn text_and_booleans() {
    field!(String).is(Type::String, Float, None).travels("ä\n".into(), json!("ä\n")).refuses(json!(5), "invalid type");
    field!(bool).is(Type::Boolean, Float, None).travels(true, json!(true)).refuses(json!("true"), "invalid type");
}

#[test]
fn integers_of_every_width() {
    field!(i8).is(Type::Number, Int32, None).travels(-128, json!(-128)).refuses(json!(128), "expected i8");
    field!(u8).is(Type::Number, Int32, None).travels(255, json!(255)).refuses(json!(-1), "expected u8");
    field!(i16)
        .is(Type::Number, Int32, None)
        .travels(i16::MIN, json!(i16::MIN))
        .refuses(json!(1 << 15), "expected i16");
    field!(u16)
        .is(Type::Number, Int32, None)
        .travels(u16::MAX, json!(u16::MAX))
        .refuses(json!(1 << 16), "expected u16");
    field!(i32).is(Type::Number, Int32, None).travels(i32::MIN, json!(i32::MIN)).refuses(json!(0.5), "expected i32");
    field!(u32).is(Type::Number, Int64, None).travels(u32::MAX, json!(u32::MAX)).refuses(json!(-1), "expected u32");
    let most = (1_i64 << 53) - 1;
    field!(i64).is(Type::Number, Int64, None).travels(-most, json!(-most)).keeps_back(most + 1, "beyond 2^53");
    field!(u64).is(Type::Number, Int64, None).travels(1, json!(1)).keeps_back(u64::MAX, "beyond 2^53");
}

#[test]
fn floats_are_json_numbers() {
    field!(f64).is(Type::Number, Float, None).travels(0.1, json!(0.1)).keeps_back(f64::NAN, "not a JSON number");
    field!(f32).is(Type::Number, Float, None).travels(0.5, json!(0.5)).keeps_back(f32::INFINITY, "not a JSON number");
}

#[test]
fn instants_and_days() {
    let wire = "2026-01-31T12:00:00.5Z";
    let field = field!(ablo::time::Timestamp).is(Type::Date, Float, None);
    field.travels(wire.parse().unwrap(), json!(wire)).refuses(json!("noon"), "`noon` is not an ISO-8601 instant");
    let field = field!(ablo::time::civil::Date).is(Type::String, Float, Some(StringFormat::CivilDate));
    field.travels("2026-01-31".parse().unwrap(), json!("2026-01-31")).refuses(json!("31.1."), "is not a date");
}

#[cfg(feature = "chrono")]
#[test]
fn instants_and_days_of_chrono() {
    let wire = "2026-01-31T12:00:00.500Z";
    let field = field!(chrono::DateTime<chrono::Utc>).is(Type::Date, Float, None);
    field.travels(wire.parse().unwrap(), json!(wire)).refuses(json!("noon"), "`noon` is not an ISO-8601 instant");
    let field = field!(chrono::NaiveDate).is(Type::String, Float, Some(StringFormat::CivilDate));
    field.travels("2026-01-31".parse().unwrap(), json!("2026-01-31")).refuses(json!("31.1."), "is not a date");
}

#[cfg(feature = "time")]
#[test]
fn instants_and_days_of_time() {
    let noon = time::Date::from_calendar_date(2026, time::Month::January, 31).unwrap();
    let field = field!(time::OffsetDateTime).is(Type::Date, Float, None);
    let instant = noon.with_hms(12, 0, 0).unwrap().assume_utc();
    field.travels(instant, json!("2026-01-31T12:00:00Z")).refuses(json!("noon"), "is not an ISO-8601 instant");
    let field = field!(time::Date).is(Type::String, Float, Some(StringFormat::CivilDate));
    field.travels(noon, json!("2026-01-31")).refuses(json!("31.1."), "is not a date");
}

#[cfg(feature = "decimal")]
#[test]
fn decimals_are_text_so_that_nothing_is_rounded() {
    let field = field!(rust_decimal::Decimal).is(Type::String, Float, Some(StringFormat::Decimal));
    let wire = "1234567890123456789.50";
    field.travels(wire.parse().unwrap(), json!(wire)).refuses(json!("1,5"), "`1,5` is not a decimal number");
}

#[test]
fn uuids_and_ids() {
    #[derive(AbloModel, Clone)]
    struct Other {
        id: Id<Other>,
    }
    let wire = "0198c0de-0000-7000-8000-000000000000";
    let field = field!(ablo::uuid::Uuid).is(Type::String, Float, Some(StringFormat::Uuid));
    field.travels(wire.parse().unwrap(), json!(wire)).refuses(json!("x"), "`x` is not a UUID");
    field!(Id<Other>).is(Type::String, Float, None).travels("any text".into(), json!("any text"));
}

#[test]
fn enums_are_their_text() {
    #[derive(AbloEnum, Clone, Copy, Debug, PartialEq)]
    enum State {
        Open,
        Done,
    }
    let field = field!(State).is(Type::Enum, Float, None);
    assert_eq!(field.spec.enum_values, ["open", "done"]);
    field.travels(State::Done, json!("done")).refuses(json!("shut"), "`shut` is not one of open, done");
}

#[test]
fn an_option_is_null_or_its_value() {
    field!(Option<i32>)
        .is(Type::Number, Int32, None)
        .optional(true)
        .travels(None, json!(null))
        .travels(Some(1), json!(1));
    field!(i32).optional(false).refuses(json!(null), "null");
    type Hidden = Option<String>;
    field!(Hidden).optional(true).travels(Some("an alias is no obstacle".into()), json!("an alias is no obstacle"));
}

#[test]
fn lists_maps_and_values_are_json() {
    field!(Vec<u8>)
        .is(Type::Json, Float, None)
        .travels(vec![1, 2], json!([1, 2]))
        .refuses(json!(["x"]), "invalid type");
    let map: BTreeMap<String, i32> = [("a".to_owned(), 1)].into();
    field!(BTreeMap<String, i32>).is(Type::Json, Float, None).travels(map, json!({"a": 1}));
    let map: HashMap<String, bool> = [("a".to_owned(), true)].into();
    field!(HashMap<String, bool>).is(Type::Json, Float, None).travels(map, json!({"a": true}));
    field!(Value).is(Type::Json, Float, None).travels(json!({"any": [1]}), json!({"any": [1]}));
}

/// A newtype forwards to what it wraps.
#[derive(Clone, Debug, PartialEq)]
struct Cents(i64);

impl AbloField for Cents {
    const SPEC: TypeSpec = <i64 as AbloField>::SPEC;

    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }

    fn deserialize<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <i64 as AbloField>::deserialize(deserializer).map(Self)
    }
}

#[test]
fn newtypes_are_what_they_wrap() {
    field!(Cents).is(Type::Number, Int64, None).travels(Cents(5), json!(5)).refuses(json!("5"), "invalid type");
    field!(Option<Cents>).optional(true).travels(None, json!(null));
}
