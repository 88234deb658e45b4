//! From the JSON of an operation straight to a record, with every problem of it.

use std::{borrow::Cow, fmt};

use ablo_schema::error::{AbloError, Code, Problem};
use ablo_schema::ir::{ModelRef, Slot};
use ablo_schema::wire::JsonText;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::{Record, json_shape, values};

/// The fields an input sets, in the form they are kept in. Base fields are the server's: sent ones are passed over when
/// the model declares them, and refused otherwise.
pub(crate) fn decode(model: ModelRef<'_>, id: &str, input: Option<&JsonText>) -> Decoded {
    let mut decoded = Decoded { record: Record::absent(model.shape().slots().len()), problems: Vec::new() };
    let Some(input) = input else { return decoded };
    let mut deserializer = serde_json::Deserializer::from_str(input.get());
    let visitor = Fields { model, id, decoded: &mut decoded };
    if let Err(error) = visitor.deserialize(&mut deserializer) {
        decoded.problem(Code::InvalidBody, model.key().to_owned(), format!("the input is not usable: {error}"));
    }
    decoded
}

/// What an input came to.
#[derive(Clone, Debug)]
pub(crate) struct Decoded {
    pub record: Record,
    pub problems: Vec<Problem>,
}

impl Decoded {
    /// Adds a problem at a path.
    pub fn problem(&mut self, code: Code, path: String, message: impl Into<String>) {
        self.problems.push(Problem::new(code, path, message));
    }

    /// Fails with every problem at once.
    pub fn check(self) -> Result<Record, AbloError> {
        AbloError::check(self.problems)?;
        Ok(self.record)
    }
}

/// The path of a field: schema key and wire name.
pub(crate) fn path(model: ModelRef<'_>, field: &str) -> String {
    format!("{}.{field}", model.key())
}

struct Fields<'a> {
    model: ModelRef<'a>,
    id: &'a str,
    decoded: &'a mut Decoded,
}

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of field values")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let shape = self.model.shape();
        while let Some(name) = map.next_key::<Name<'de>>()? {
            let value: Value = map.next_value()?;
            match shape.slot_of(&name.0) {
                Some(slot) => self.field(slot, &shape.slots()[slot], value),
                None if name.0 == "id" => {
                    if value.as_str() != Some(self.id) {
                        self.refuse("id", Code::FieldReadOnly, "is not the id of the operation");
                    }
                }
                None => self.refuse(&name.0, Code::UnknownField, "is not a field of the model"),
            }
        }
        Ok(())
    }
}

impl Fields<'_> {
    fn field(&mut self, at: usize, slot: &Slot, value: Value) {
        if slot.base.is_some() && !slot.is_declared {
            return self.refuse(&slot.name, Code::FieldReadOnly, "is set by the server; leave it out");
        }
        if let Some(schema) = slot.def.json_schema.as_ref().filter(|_| !value.is_null()) {
            for (below, why) in json_shape::problems(schema, &value) {
                self.refuse(&format!("{}{below}", slot.name), Code::InvalidType, &why);
            }
        }
        match values::check(&slot.def, value) {
            Ok(_) if slot.base.is_some() => {}
            Ok(value) => self.decoded.record.set(at, value),
            Err((code, message)) => self.refuse(&slot.name, code, &message),
        }
    }

    fn refuse(&mut self, field: &str, code: Code, message: &str) {
        self.decoded.problem(code, path(self.model, field), message);
    }
}

/// A member's name, borrowed from the text where it has no escapes.
struct Name<'de>(Cow<'de, str>);

impl<'de> serde::Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member's name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}
