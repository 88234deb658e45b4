use std::{fmt, ops::Deref, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// JSON kept as text: written once, passed on as it is, cheap to clone. Derefs to [`RawValue`].
#[derive(Clone)]
pub struct JsonText(Arc<RawValue>);

impl JsonText {
    /// The JSON of a value.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn of(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Self> {
        serde_json::value::to_raw_value(value).map(Self::from)
    }

    /// Text that must be JSON.
    ///
    /// # Errors
    /// When it is not.
    pub fn parse(text: String) -> serde_json::Result<Self> {
        RawValue::from_string(text).map(Self::from)
    }

    /// Rows may come as JSON or as a string holding JSON; this is the JSON, unless it is null.
    pub(crate) fn unwrapped(self) -> Option<Self> {
        let inner = self.get().starts_with('"').then(|| serde_json::from_str::<String>(self.get()).ok()).flatten();
        let rows = inner.filter(|text| text.starts_with(['{', '[']) || text == "null");
        let json = rows.and_then(|text| Self::parse(text).ok()).unwrap_or(self);
        (json.get() != "null").then_some(json)
    }

    /// Reads the text as a value.
    ///
    /// # Errors
    /// When the text is not of that shape.
    pub fn read<'de, T: Deserialize<'de>>(&'de self) -> serde_json::Result<T> {
        serde_json::from_str(self.get())
    }
}

impl From<Box<RawValue>> for JsonText {
    fn from(raw: Box<RawValue>) -> Self {
        Self(raw.into())
    }
}

impl Deref for JsonText {
    type Target = RawValue;

    fn deref(&self) -> &RawValue {
        &self.0
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for JsonText {}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get())
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(Self::from)
    }
}
