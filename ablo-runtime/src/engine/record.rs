use std::sync::Arc;

use ablo_schema::ir::Shape;
use ablo_schema::wire::{JsonText, ObjectWriter, SyncId};
use serde_json::Value;

/// A row's values by slot of its model's shape. Absent means: in a patch the field is kept, in a row it is a base field
/// without a value. A value that is there may be null.
///
/// Cheap to clone: the versions of a row share the values they have in common.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record(Vec<Place>);

#[derive(Clone, Debug)]
enum Place {
    Absent,
    /// What has nothing to allocate.
    Plain(Value),
    Shared(Arc<Value>),
}

impl Place {
    fn value(&self) -> Option<&Value> {
        match self {
            Self::Absent => None,
            Self::Plain(value) => Some(value),
            Self::Shared(value) => Some(value),
        }
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Shared(one), Self::Shared(other)) if Arc::ptr_eq(one, other) => true,
            _ => self.value() == other.value(),
        }
    }
}

impl From<Value> for Place {
    fn from(value: Value) -> Self {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Self::Plain(value),
            Value::String(_) | Value::Array(_) | Value::Object(_) => Self::Shared(Arc::new(value)),
        }
    }
}

impl Record {
    /// A record of this many slots, all absent.
    #[must_use]
    pub fn absent(slots: usize) -> Self {
        Self(vec![Place::Absent; slots])
    }

    /// The value of a slot, when present.
    #[must_use]
    pub fn get(&self, slot: usize) -> Option<&Value> {
        self.0.get(slot).and_then(Place::value)
    }

    /// The text of a slot, when it holds text.
    #[must_use]
    pub fn text(&self, slot: usize) -> Option<&str> {
        self.get(slot).and_then(Value::as_str)
    }

    /// Sets a slot; one past the end is passed over.
    pub fn set(&mut self, slot: usize, value: impl Into<Option<Value>>) {
        self.put(slot, value.into().map_or(Place::Absent, Place::from));
    }

    /// Sets a slot to a value that others have too.
    pub(crate) fn share(&mut self, slot: usize, value: &Arc<Value>) {
        self.put(slot, Place::Shared(Arc::clone(value)));
    }

    /// Sets a slot to what it is in another record of the same shape.
    pub(crate) fn copy(&mut self, slot: usize, from: &Self) {
        self.put(slot, from.0.get(slot).cloned().unwrap_or(Place::Absent));
    }

    fn put(&mut self, slot: usize, value: Place) {
        if let Some(place) = self.0.get_mut(slot) {
            *place = value;
        }
    }

    /// Writes the values as members, in slot order.
    ///
    /// # Errors
    /// Never in practice: every value is JSON.
    pub(crate) fn write(&self, shape: &Shape, object: &mut ObjectWriter<'_>) -> serde_json::Result<()> {
        let slots = shape.slots();
        self.iter().try_for_each(|(slot, value)| object.field(&slots[slot].member, value))
    }

    /// The slots that are present, ascending, and their values.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Value)> {
        self.0.iter().enumerate().filter_map(|(slot, place)| Some((slot, place.value()?)))
    }
}

/// A row as a store keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredRow {
    /// The last delta that changed it: the stamp of a stale guard. First, since versions of a row differ in it.
    pub sync_id: SyncId,
    /// The delta that created it.
    pub created: SyncId,
    /// Its id.
    pub id: String,
    /// Its values. Declared fields are always present, as null when they have no value.
    pub values: Record,
}

impl StoredRow {
    /// Writes the row's members: the id, then every value in slot order.
    ///
    /// # Errors
    /// Never in practice: every value of a row is JSON.
    pub fn write(&self, shape: &Shape, object: &mut ObjectWriter<'_>) -> serde_json::Result<()> {
        object.member("id", &self.id)?;
        self.values.write(shape, object)
    }

    /// Appends the row as JSON text.
    ///
    /// # Errors
    /// Never in practice: every value of a row is JSON.
    pub fn write_json(&self, shape: &Shape, text: &mut Vec<u8>) -> serde_json::Result<()> {
        let mut object = ObjectWriter::begin(text);
        self.write(shape, &mut object)?;
        object.end();
        Ok(())
    }

    /// The row as JSON text.
    ///
    /// # Errors
    /// Never in practice: every value of a row is JSON.
    pub fn to_json(&self, shape: &Shape) -> serde_json::Result<JsonText> {
        JsonText::object(|object| self.write(shape, object))
    }
}
