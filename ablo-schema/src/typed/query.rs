//! Queries declared once, by name, with typed inputs.

use serde_json::Value;

use super::{AbloField, Compare, Condition, Filter, TypeSpec, field::Wire};

/// A named query: its fields are its inputs. Derived with `#[derive(AbloQuery)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a query",
    label = "expected a struct with `#[derive(AbloQuery)]`",
    note = "write `#[derive(AbloQuery)]` on `{Self}`"
)]
pub trait Query {
    /// The model it returns. Not bounded, so that a type that is no model is reported once.
    type Model;

    /// Everything the derive knows.
    const SPEC: QuerySpec;

    /// What a condition compares with; `None` leaves the condition out.
    fn operand(&self, condition: usize) -> Option<Value>;

    /// The conditions with these inputs, for `list().filter(..)`.
    #[must_use]
    fn filter(&self) -> Filter<Self::Model> {
        let conditions = Self::SPEC.conditions.iter().enumerate().filter_map(|(index, condition)| {
            let value = match condition.operand {
                OperandSpec::Input(_) => self.operand(index)?,
                OperandSpec::Value(value) => value(),
            };
            Some(Condition { field: condition.field.to_owned(), compare: condition.compare, value })
        });
        conditions.collect()
    }
}

impl<Q: Query> From<Q> for Filter<Q::Model> {
    fn from(query: Q) -> Self {
        query.filter()
    }
}

/// One named query.
#[derive(Clone, Copy, Debug)]
pub struct QuerySpec {
    /// Its name.
    pub name: &'static str,
    /// The typename of the model it returns.
    pub model: &'static str,
    /// Its inputs by wire name.
    pub inputs: &'static [(&'static str, TypeSpec)],
    /// What holds for every row it returns.
    pub conditions: &'static [ConditionSpec],
    /// The doc comment.
    pub doc: Option<&'static str>,
}

/// One condition of a query.
#[derive(Clone, Copy, Debug)]
pub struct ConditionSpec {
    /// The wire name of the field.
    pub field: &'static str,
    /// The operator.
    pub compare: Compare,
    /// What it is compared with.
    pub operand: OperandSpec,
}

/// What a field is compared with.
#[derive(Clone, Copy, Debug)]
pub enum OperandSpec {
    /// An input, by its wire name.
    Input(&'static str),
    /// Always the same value.
    Value(fn() -> Value),
}

/// An input that can be compared with a field of type `F`.
#[diagnostic::on_unimplemented(
    message = "an input of type `{Self}` cannot be compared with a field of type `{F}`",
    label = "give the input the field's type, or `Option` of it for a condition that may be left out"
)]
pub trait QueryInput<F> {
    /// The wire value; `None` leaves the condition out.
    fn operand(&self) -> Option<Value>;
}

fn wire(value: &impl AbloField) -> Option<Value> {
    serde_json::to_value(Wire(value)).ok().filter(|value| !value.is_null())
}

#[diagnostic::do_not_recommend]
impl<T: AbloField> QueryInput<T> for T {
    fn operand(&self) -> Option<Value> {
        wire(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: AbloField> QueryInput<Option<T>> for T {
    fn operand(&self) -> Option<Value> {
        wire(self)
    }
}

#[diagnostic::do_not_recommend]
impl<T: AbloField> QueryInput<T> for Option<T> {
    fn operand(&self) -> Option<Value> {
        wire(self)
    }
}

/// A list of values that a field of type `F` can be one of.
#[diagnostic::on_unimplemented(
    message = "an input of type `{Self}` is no list of values of a field of type `{F}`",
    label = "expected `Vec<{F}>`"
)]
pub trait QueryList<F> {
    /// The wire value; `None` leaves the condition out.
    fn operand(&self) -> Option<Value>;
}

#[diagnostic::do_not_recommend]
impl<T: AbloField> QueryList<T> for Vec<T> {
    fn operand(&self) -> Option<Value> {
        Some(self.iter().filter_map(wire).collect())
    }
}

#[diagnostic::do_not_recommend]
impl<T: AbloField> QueryList<T> for Option<Vec<T>> {
    fn operand(&self) -> Option<Value> {
        self.as_ref().and_then(QueryList::<T>::operand)
    }
}
