//! Typed JSON fields bring a whole schema document along. Its definitions move to where all definitions are, under
//! names of their own, and its references follow.

use crate::json::Json;

/// Moves the document of a typed JSON field into `shared`; what comes back refers to it.
pub(super) fn typed_json(document: &Json, name: &str, base: &str, shared: &mut Vec<(String, Json)>) -> Json {
    let Json::Object(members) = document else {
        // `true` and `false` are schemas too.
        return document.clone();
    };
    let place = Place { name, base };
    for (definition, schema) in
        members.iter().filter(|(name, _)| is_definitions(name)).flat_map(|(_, value)| entries(value))
    {
        add(shared, place.definition(definition), place.rewritten(schema));
    }
    let own = members.iter().filter(|(name, _)| name != "$schema" && name != "$id" && !is_definitions(name));
    let own = own.map(|(name, value)| (name.clone(), place.rewritten(value))).collect();
    add(shared, name.to_owned(), Json::Object(own));
    Json::object([("$ref", format!("{base}{name}"))].map(|(name, target)| (name, Json::from(target))))
}

/// The three forms of a model share the definitions of its fields.
fn add(shared: &mut Vec<(String, Json)>, name: String, schema: Json) {
    if !shared.iter().any(|(known, _)| *known == name) {
        shared.push((name, schema));
    }
}

fn is_definitions(name: &str) -> bool {
    name == "$defs" || name == "definitions"
}

fn entries(value: &Json) -> &[(String, Json)] {
    match value {
        Json::Object(members) => members,
        _ => &[],
    }
}

struct Place<'a> {
    name: &'a str,
    base: &'a str,
}

impl Place<'_> {
    /// Where a definition of the document went.
    fn definition(&self, definition: &str) -> String {
        let letters: String = definition.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        format!("{}_{letters}", self.name)
    }

    fn rewritten(&self, schema: &Json) -> Json {
        match schema {
            Json::Object(members) => {
                let members = members.iter().map(|(name, value)| match (name.as_str(), value) {
                    ("$ref", Json::String(target)) => (name.clone(), Json::from(self.target(target))),
                    _ => (name.clone(), self.rewritten(value)),
                });
                Json::Object(members.collect())
            }
            Json::Array(items) => Json::Array(items.iter().map(|item| self.rewritten(item)).collect()),
            other => other.clone(),
        }
    }

    fn target(&self, target: &str) -> String {
        let definition = target.strip_prefix("#/$defs/").or_else(|| target.strip_prefix("#/definitions/"));
        match definition {
            Some(definition) => format!("{}{}", self.base, self.definition(definition)),
            None if target == "#" => format!("{}{}", self.base, self.name),
            None => target.to_owned(),
        }
    }
}
