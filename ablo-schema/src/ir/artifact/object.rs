use super::super::Extra;
use crate::{
    error::{Code, Problem},
    json::Json,
};

/// The problems found while reading.
#[derive(Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

impl Problems {
    /// Notes a wrong shape.
    pub(super) fn shape(&mut self, path: &str, message: impl Into<String>) {
        self.0.push(Problem::new(Code::InvalidSchema, path, message));
    }

    fn wrong(&mut self, path: &str, expected: &str, found: &Json) {
        self.shape(path, format!("expected {expected}, found {}", found.kind()));
    }
}

/// An object being read. What nobody takes is kept as unknown.
pub(super) struct Object {
    path: String,
    members: Vec<(String, Option<Json>)>,
    inside: Vec<(&'static str, Extra)>,
}

impl Object {
    /// The object in `value`, or a problem.
    pub(super) fn of(value: Json, path: &str, problems: &mut Problems) -> Option<Self> {
        match value {
            Json::Object(members) => Some(Self {
                path: path.to_owned(),
                members: members.into_iter().map(|(name, value)| (name, Some(value))).collect(),
                inside: Vec::new(),
            }),
            other => {
                problems.wrong(path, "an object", &other);
                None
            }
        }
    }

    /// The path of a member.
    pub(super) fn at(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// Takes a member.
    pub(super) fn take(&mut self, name: &str) -> Option<Json> {
        self.members.iter_mut().find(|(other, _)| other == name)?.1.take()
    }

    /// Takes a member that must be there.
    pub(super) fn require(&mut self, name: &str, problems: &mut Problems) -> Option<Json> {
        let value = self.take(name);
        if value.is_none() {
            problems.shape(&self.at(name), "is missing");
        }
        value
    }

    /// Takes text.
    pub(super) fn text(&mut self, name: &str, problems: &mut Problems) -> Option<String> {
        let value = self.take(name)?;
        text(value, &self.at(name), problems)
    }

    /// Takes text that must be there.
    pub(super) fn require_text(&mut self, name: &str, problems: &mut Problems) -> Option<String> {
        let value = self.require(name, problems)?;
        text(value, &self.at(name), problems)
    }

    /// Takes a boolean.
    pub(super) fn flag(&mut self, name: &str, problems: &mut Problems) -> Option<bool> {
        match self.take(name)? {
            Json::Bool(value) => Some(value),
            other => {
                problems.wrong(&self.at(name), "a boolean", &other);
                None
            }
        }
    }

    /// Takes a word of a fixed list.
    pub(super) fn word<T: Copy>(
        &mut self,
        name: &str,
        words: &[(&'static str, T)],
        problems: &mut Problems,
    ) -> Option<T> {
        let text = self.text(name, problems)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            problems.shape(&self.at(name), format!("`{text}` is not one of {}", known.join(", ")));
        }
        found
    }

    /// Takes a word that must be there.
    pub(super) fn require_word<T: Copy>(
        &mut self,
        name: &str,
        words: &[(&'static str, T)],
        problems: &mut Problems,
    ) -> Option<T> {
        if self.members.iter().all(|(other, _)| other != name) {
            problems.shape(&self.at(name), "is missing");
        }
        self.word(name, words, problems)
    }

    /// Takes a list.
    pub(super) fn list(&mut self, name: &str, problems: &mut Problems) -> Option<Vec<Json>> {
        match self.take(name)? {
            Json::Array(items) => Some(items),
            other => {
                problems.wrong(&self.at(name), "an array", &other);
                None
            }
        }
    }

    /// Takes a list of texts.
    pub(super) fn texts(&mut self, name: &str, problems: &mut Problems) -> Option<Vec<String>> {
        let items = self.list(name, problems)?;
        let path = self.at(name);
        Some(
            items
                .into_iter()
                .enumerate()
                .filter_map(|(position, item)| text(item, &format!("{path}.{position}"), problems))
                .collect(),
        )
    }

    /// Takes an object that is part of this one, reads it, and remembers what it says beyond.
    pub(super) fn part<T>(
        &mut self,
        name: &'static str,
        problems: &mut Problems,
        read: impl FnOnce(&mut Object, &mut Problems) -> T,
    ) -> Option<T> {
        let value = self.take(name)?;
        let mut part = Self::of(value, &self.at(name), problems)?;
        let result = read(&mut part, problems);
        self.inside.push((name, part.finish()));
        Some(result)
    }

    /// Takes a list of objects that are part of this one.
    pub(super) fn parts<T>(
        &mut self,
        name: &'static str,
        problems: &mut Problems,
        mut read: impl FnMut(&mut Object, &mut Problems) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.list(name, problems)?;
        let mut extra = Extra::default();
        let mut out = Vec::with_capacity(items.len());
        for (position, item) in items.into_iter().enumerate() {
            let Some(mut part) = Self::of(item, &format!("{}.{position}", self.at(name)), problems) else { continue };
            out.extend(read(&mut part, problems));
            let position = position.to_string();
            extra.known(&position);
            extra.inside(&position, part.finish());
        }
        self.inside.push((name, extra));
        Some(out)
    }

    /// Takes a member whose own members are read one by one, in order.
    pub(super) fn each<T>(
        &mut self,
        name: &str,
        problems: &mut Problems,
        mut read: impl FnMut(&str, Object, &mut Problems) -> Option<T>,
    ) -> Option<indexmap::IndexMap<String, T>> {
        let value = self.take(name)?;
        let map = Self::of(value, &self.at(name), problems)?;
        let mut out = indexmap::IndexMap::with_capacity(map.members.len());
        for (key, value) in map.members {
            let path = format!("{}.{key}", map.path);
            let Some(object) = value.and_then(|value| Self::of(value, &path, problems)) else { continue };
            if let Some(item) = read(&key, object, problems) {
                out.insert(key, item);
            }
        }
        Some(out)
    }

    /// Takes a member as [`Self::each`] does; it must be there.
    pub(super) fn require_each<T>(
        &mut self,
        name: &str,
        problems: &mut Problems,
        read: impl FnMut(&str, Object, &mut Problems) -> Option<T>,
    ) -> Option<indexmap::IndexMap<String, T>> {
        if self.members.iter().all(|(other, _)| other != name) {
            problems.shape(&self.at(name), "is missing");
        }
        self.each(name, problems, read)
    }

    /// Everything else becomes a problem: nobody but us writes this object.
    pub(super) fn refuse_rest(self, problems: &mut Problems) {
        for (name, value) in &self.members {
            if value.is_some() {
                problems.shape(&self.at(name), "is not known to this version");
            }
        }
    }

    /// What the object said, to say it again.
    pub(super) fn finish(self) -> Extra {
        let mut extra = Extra::default();
        for (name, value) in self.members {
            match value {
                None => extra.known(&name),
                Some(value) => extra.keep(&name, value),
            }
        }
        for (name, inner) in self.inside {
            extra.inside(name, inner);
        }
        extra
    }
}

fn text(value: Json, path: &str, problems: &mut Problems) -> Option<String> {
    match value {
        Json::String(text) => Some(text),
        other => {
            problems.wrong(path, "a string", &other);
            None
        }
    }
}
