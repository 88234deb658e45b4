//! Whether the value of a typed JSON field is of the shape its type describes, so that whoever reads the row with that
//! type can.
//!
//! Knows the keywords that schemars writes for Rust types. Others, `format` among them, are passed over: what is not
//! understood is nobody's fault.

use std::cell::Cell;

use serde_json::{Map, Value};

/// How often a schema may refer on before it says something.
const MAX_REFERENCES: u8 = 32;

/// How much of a value is looked at: forms within forms can ask for the same again and again. What is left over is taken.
const MAX_STEPS: u32 = 100_000;

/// What is wrong with a value: a path from it down, with a dot before each step, and why.
pub(super) fn problems(schema: &Value, value: &Value) -> Vec<(String, String)> {
    let steps = Cell::new(MAX_STEPS);
    let mut check =
        Check { root: schema, steps: &steps, one_is_enough: false, path: String::new(), problems: Vec::new() };
    check.schema(schema, value, MAX_REFERENCES);
    check.problems
}

struct Check<'s> {
    root: &'s Value,
    steps: &'s Cell<u32>,
    /// Only whether there is a problem matters.
    one_is_enough: bool,
    path: String,
    problems: Vec<(String, String)>,
}

impl<'s> Check<'s> {
    fn schema(&mut self, schema: &'s Value, value: &Value, references: u8) {
        let is_decided = self.one_is_enough && !self.problems.is_empty();
        let Some(left) = self.steps.get().checked_sub(1).filter(|_| !is_decided) else { return };
        self.steps.set(left);
        let rules = match schema {
            Value::Object(rules) => rules,
            Value::Bool(false) => return self.refuse("takes nothing".into()),
            _ => return,
        };
        if let (Some(Value::String(pointer)), Some(left)) = (rules.get("$ref"), references.checked_sub(1))
            && let Some(target) = pointer.strip_prefix('#').and_then(|at| self.root.pointer(at))
        {
            self.schema(target, value, left);
        }
        if let Some(ty) = rules.get("type") {
            let names: Vec<&str> = match ty {
                Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
                name => name.as_str().into_iter().collect(),
            };
            if !names.iter().any(|name| is_of_type(name, value)) {
                return self.refuse(format!("takes {}", names.join(" or ")));
            }
        }
        if let Some(only) = rules.get("const").filter(|only| !is_same(only, value)) {
            return self.refuse(format!("takes only {only}"));
        }
        if let Some(Value::Array(allowed)) = rules.get("enum")
            && !allowed.iter().any(|allowed| is_same(allowed, value))
        {
            let allowed: Vec<String> = allowed.iter().map(Value::to_string).collect();
            return self.refuse(format!("takes one of {}", allowed.join(", ")));
        }
        let matching = |name: &str, this: &Self| match rules.get(name) {
            Some(Value::Array(forms)) => {
                Some(forms.iter().filter(|form| this.accepts(form, value, references)).count())
            }
            _ => None,
        };
        if matching("anyOf", self) == Some(0) || matching("oneOf", self).is_some_and(|count| count != 1) {
            return self.refuse("is not of one of the forms it may take".into());
        }
        for part in list(rules, "allOf") {
            self.schema(part, value, references);
        }
        match value {
            Value::Object(members) => self.members(rules, members),
            Value::Array(items) => self.items(rules, items),
            Value::Number(number) => {
                let bound = |name: &str| rules.get(name).and_then(Value::as_f64).zip(number.as_f64());
                if bound("minimum").is_some_and(|(least, number)| number < least)
                    || bound("maximum").is_some_and(|(most, number)| number > most)
                {
                    self.refuse(format!("does not take {number}"));
                }
            }
            _ => {}
        }
    }

    fn members(&mut self, rules: &'s Map<String, Value>, members: &Map<String, Value>) {
        for name in list(rules, "required").iter().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                self.at(name, |this| this.refuse("is required; give it a value".into()));
            }
        }
        let known = rules.get("properties").and_then(Value::as_object);
        let others = rules.get("additionalProperties");
        // What tells one form from another is looked at first.
        let tells = |name: &str| known.and_then(|known| known.get(name)?.get("const")).is_some();
        let (first, then): (Vec<_>, Vec<_>) = members.iter().partition(|(name, _)| tells(name));
        for (name, member) in first.into_iter().chain(then) {
            match (known.and_then(|known| known.get(name)), others) {
                (Some(schema), _) => self.at(name, |this| this.schema(schema, member, MAX_REFERENCES)),
                (None, Some(Value::Bool(false))) => self.at(name, |this| this.refuse("is not a member of it".into())),
                (None, Some(schema)) => self.at(name, |this| this.schema(schema, member, MAX_REFERENCES)),
                (None, None) => {}
            }
        }
    }

    fn items(&mut self, rules: &'s Map<String, Value>, items: &[Value]) {
        let bound = |name: &str| rules.get(name).and_then(Value::as_u64);
        let count = items.len() as u64;
        if bound("minItems").is_some_and(|least| count < least) || bound("maxItems").is_some_and(|most| count > most) {
            self.refuse(format!("does not take {count} items"));
        }
        let first = list(rules, "prefixItems");
        for (at, item) in items.iter().enumerate() {
            if let Some(schema) = first.get(at).or_else(|| rules.get("items")) {
                self.at(&at.to_string(), |this| this.schema(schema, item, MAX_REFERENCES));
            }
        }
    }

    fn at(&mut self, step: &str, check: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push('.');
        self.path.push_str(step);
        check(self);
        self.path.truncate(length);
    }

    fn accepts(&self, schema: &'s Value, value: &Value, references: u8) -> bool {
        let mut check = Check { one_is_enough: true, path: String::new(), problems: Vec::new(), ..*self };
        check.schema(schema, value, references);
        check.problems.is_empty()
    }

    fn refuse(&mut self, why: String) {
        self.problems.push((self.path.clone(), why));
    }
}

fn list<'s>(rules: &'s Map<String, Value>, name: &str) -> &'s [Value] {
    rules.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn is_of_type(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "number" => value.is_number(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => true,
    }
}

/// 1 and 1.0 are one number.
fn is_same(one: &Value, other: &Value) -> bool {
    one == other || one.as_f64().is_some_and(|number| other.as_f64() == Some(number))
}
