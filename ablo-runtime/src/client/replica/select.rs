use std::fmt;

use ablo_schema::{ir::FieldType, typed::Condition};
use serde::{
    Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor},
};
use serde_json::Value;

use super::{Replica, Stored};
use crate::{
    engine::{Test, compare_values},
    store::Field,
};

/// Which rows, by whether they are archived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Those that are not.
    #[default]
    Live,
    /// Those that are.
    Archived,
    /// Both.
    All,
}

/// What a local read asks for. The rows stay text: only the members that are compared are read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    /// All must hold, by the member each is about. `None` holds for no row: the engine refuses such a condition.
    pub tests: Vec<(String, Option<Test>)>,
    /// Which come first: the member, its type, and whether the largest does.
    pub order: Option<(&'static str, FieldType, bool)>,
    /// Archived or not.
    pub scope: Scope,
}

impl Selection {
    /// Adds a condition on a member of this type.
    pub fn holds(&mut self, condition: &Condition, ty: FieldType) {
        // The field is the member's: a test is only ever given its value here.
        let test = Test::new(Field::Id, ty, condition.compare, &condition.value);
        self.tests.push((condition.field.clone(), test.ok()));
    }

    /// The rows that hold, in order: by the ordering member, then by id.
    pub fn of<'a>(&self, replica: &'a Replica, table: usize) -> Vec<(&'a str, &'a Stored)> {
        let mut names: Vec<&str> = self.tests.iter().map(|(name, _)| &**name).collect();
        names.push("archivedAt");
        names.extend(self.order.map(|(name, ..)| name));
        let rows = replica.rows(table).filter_map(|(row, stored)| {
            let mut values = pick(stored.text.get(), &names);
            self.accepts(&values).then(|| (row, stored, values.pop().unwrap_or_default()))
        });
        let Some((_, ty, descending)) = self.order else { return rows.map(|(row, stored, _)| (row, stored)).collect() };
        let mut ordered: Vec<_> = rows.collect();
        ordered.sort_by(|(_, _, a), (_, _, b)| {
            let order = compare_values(ty, a, b);
            if descending { order.reverse() } else { order }
        });
        ordered.into_iter().map(|(row, stored, _)| (row, stored)).collect()
    }

    fn accepts(&self, values: &[Value]) -> bool {
        let archived = values.get(self.tests.len()).is_some_and(|at| !at.is_null());
        let in_scope = match self.scope {
            Scope::Live => !archived,
            Scope::Archived => archived,
            Scope::All => true,
        };
        let mut tests = self.tests.iter().zip(values);
        in_scope && tests.all(|((_, test), value)| test.as_ref().is_some_and(|test| test.accepts(value)))
    }
}

/// The values of these members, null where absent, without reading the others.
pub(crate) fn pick(text: &str, names: &[&str]) -> Vec<Value> {
    let mut values = vec![Value::Null; names.len()];
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // A row that is not an object has no members.
    drop(deserializer.deserialize_map(Pick { names, values: &mut values }));
    values
}

struct Pick<'a> {
    names: &'a [&'a str],
    values: &'a mut [Value],
}

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(first) = map.next_key_seed(Name(self.names))? {
            let Some(first) = first else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value: Value = map.next_value()?;
            // Two conditions may read one member.
            for later in first + 1..self.names.len() {
                if self.names[later] == self.names[first] {
                    self.values[later] = value.clone();
                }
            }
            self.values[first] = value;
        }
        Ok(())
    }
}

struct Name<'a>(&'a [&'a str]);

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().position(|known| *known == name))
    }
}
