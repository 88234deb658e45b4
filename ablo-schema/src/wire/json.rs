use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::Error as _};
use serde_json::value::RawValue;

/// JSON kept as text: written once, passed on as it is, cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct JsonText(Arc<str>);

impl JsonText {
    /// The JSON of a value.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn of(value: &(impl Serialize + ?Sized)) -> serde_json::Result<Self> {
        serde_json::to_string(value).map(|text| Self(text.into()))
    }

    /// The JSON of an object, whose members are written by `write`.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn object(write: impl FnOnce(&mut ObjectWriter<'_>) -> serde_json::Result<()>) -> serde_json::Result<Self> {
        let mut text = Vec::with_capacity(ObjectWriter::USUAL);
        let mut object = ObjectWriter::begin(&mut text);
        write(&mut object)?;
        object.end();
        std::str::from_utf8(&text).map(|text| Self(text.into())).map_err(serde_json::Error::custom)
    }

    /// Text that must be JSON.
    ///
    /// # Errors
    /// When it is not.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str::<&RawValue>(text).map(Self::from)
    }

    /// The text.
    #[must_use]
    pub fn get(&self) -> &str {
        &self.0
    }

    /// Rows may come as JSON or as a string holding JSON; this is the JSON, unless it is null.
    pub(crate) fn unwrapped(self) -> Option<Self> {
        let inner = self.get().starts_with('"').then(|| serde_json::from_str::<String>(self.get()).ok()).flatten();
        let rows = inner.filter(|text| text.starts_with(['{', '[']) || text == "null");
        let json = rows.and_then(|text| Self::parse(&text).ok()).unwrap_or(self);
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

impl From<&RawValue> for JsonText {
    fn from(raw: &RawValue) -> Self {
        Self(raw.get().into())
    }
}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.get())
    }
}

/// Serde takes no text on trust, so it is read again to be written; [`ObjectWriter::text`] copies it.
impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::from_str::<&RawValue>(&self.0).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|raw| Self::from(&*raw))
    }
}

/// A member's name as a JSON object has it, in quotes and with its colon, made once for all objects that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberName(Box<str>);

impl MemberName {
    /// The member of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(format!("{}:", serde_json::Value::from(name)).into())
    }
}

/// Writes a JSON object, a member after the other.
#[derive(Debug)]
pub struct ObjectWriter<'t> {
    text: &'t mut Vec<u8>,
    start: usize,
}

impl<'t> ObjectWriter<'t> {
    /// Room for most rows.
    const USUAL: usize = 512;

    /// Begins an object at the end of a text, where [`Self::end`] is to end it.
    pub fn begin(text: &'t mut Vec<u8>) -> Self {
        text.push(b'{');
        Self { start: text.len(), text }
    }

    /// Writes a member.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn member(&mut self, name: &str, value: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
        self.name(name)?;
        serde_json::to_writer(&mut *self.text, value)
    }

    /// Writes a member of a name that is made already.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn field(&mut self, name: &MemberName, value: &(impl Serialize + ?Sized)) -> serde_json::Result<()> {
        self.comma();
        self.text.extend_from_slice(name.0.as_bytes());
        serde_json::to_writer(&mut *self.text, value)
    }

    /// Writes a member when there is a value.
    ///
    /// # Errors
    /// When the value has no JSON form.
    pub fn optional(&mut self, name: &str, value: Option<&(impl Serialize + ?Sized)>) -> serde_json::Result<()> {
        value.map_or(Ok(()), |value| self.member(name, value))
    }

    /// Writes a member that is JSON already.
    ///
    /// # Errors
    /// Never in practice: a name is text.
    pub fn text(&mut self, name: &str, json: &JsonText) -> serde_json::Result<()> {
        self.name(name)?;
        self.text.extend_from_slice(json.get().as_bytes());
        Ok(())
    }

    /// Ends the object.
    pub fn end(self) {
        self.text.push(b'}');
    }

    fn name(&mut self, name: &str) -> serde_json::Result<()> {
        self.comma();
        serde_json::to_writer(&mut *self.text, name)?;
        self.text.push(b':');
        Ok(())
    }

    fn comma(&mut self) {
        if self.text.len() > self.start {
            self.text.push(b',');
        }
    }
}
