//! The types of typed JSON fields, out of their JSON Schema.

use super::{doc, property};
use crate::json::Json;

/// Type declarations, in the order they were met.
#[derive(Default)]
pub(super) struct Types {
    pub(super) declarations: Vec<String>,
}

impl Types {
    /// Declares the type of a schema document, and those of its definitions.
    pub(super) fn named(&mut self, name: &str, document: &Json) -> String {
        let scope = Scope { root: name };
        self.declarations.push(scope.declaration(name, document));
        let definitions = document.get("$defs").or_else(|| document.get("definitions"));
        for (definition, schema) in members(definitions) {
            self.declarations.push(scope.declaration(&scope.definition(definition), schema));
        }
        name.to_owned()
    }
}

/// What references inside one document mean.
struct Scope<'a> {
    root: &'a str,
}

impl Scope<'_> {
    fn definition(&self, name: &str) -> String {
        let letters: String = name.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        format!("{}_{letters}", self.root)
    }

    fn declaration(&self, name: &str, schema: &Json) -> String {
        let note = doc(schema.get("description").and_then(Json::as_str), "");
        format!("{note}export type {name} = {};\n", self.ty(schema, 0))
    }

    fn ty(&self, schema: &Json, depth: usize) -> String {
        match schema {
            Json::Bool(false) => return "never".into(),
            Json::Object(_) => {}
            _ => return "unknown".into(),
        }
        if let Some(target) = schema.get("$ref").and_then(Json::as_str) {
            let definition = target.strip_prefix("#/$defs/").or_else(|| target.strip_prefix("#/definitions/"));
            return definition.map_or_else(|| self.root.to_owned(), |definition| self.definition(definition));
        }
        if let Some(value) = schema.get("const") {
            return value.to_string();
        }
        if let Some(Json::Array(values)) = schema.get("enum") {
            return union(values.iter().map(Json::to_string));
        }
        for (keyword, join) in [("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")] {
            let Some(Json::Array(parts)) = schema.get(keyword) else { continue };
            let mut types: Vec<_> = parts.iter().map(|part| self.operand(part, depth)).collect();
            if schema.get("properties").is_some() {
                // Members beside the alternatives belong to each of them.
                let alternatives = format!("({})", types.join(join));
                return format!("{} & {alternatives}", self.object(schema, depth));
            }
            types.dedup();
            return types.join(join);
        }
        match schema.get("type") {
            Some(Json::Array(types)) => {
                union(types.iter().filter_map(Json::as_str).map(|ty| self.of_type(ty, schema, depth)))
            }
            Some(Json::String(ty)) => self.of_type(ty, schema, depth),
            _ if schema.get("properties").is_some() => self.object(schema, depth),
            _ => "unknown".into(),
        }
    }

    fn of_type(&self, ty: &str, schema: &Json, depth: usize) -> String {
        match ty {
            "string" => "string".into(),
            "number" | "integer" => "number".into(),
            "boolean" => "boolean".into(),
            "null" => "null".into(),
            "array" => self.array(schema, depth),
            "object" => self.object(schema, depth),
            _ => "unknown".into(),
        }
    }

    fn array(&self, schema: &Json, depth: usize) -> String {
        if let Some(Json::Array(items)) = schema.get("prefixItems") {
            let items: Vec<_> = items.iter().map(|item| self.ty(item, depth)).collect();
            return format!("[{}]", items.join(", "));
        }
        let item = schema.get("items").map_or_else(|| "unknown".into(), |items| self.ty(items, depth));
        format!("Array<{item}>")
    }

    fn object(&self, schema: &Json, depth: usize) -> String {
        let required: Vec<_> = match schema.get("required") {
            Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        };
        let properties = members(schema.get("properties"));
        let rest = match schema.get("additionalProperties") {
            Some(Json::Bool(false)) => None,
            Some(Json::Bool(true)) => Some("unknown".to_owned()),
            Some(values) => Some(self.ty(values, depth)),
            None if properties.is_empty() => Some("unknown".to_owned()),
            None => None,
        };
        if properties.is_empty() {
            return rest.map_or_else(|| "Record<string, never>".into(), |rest| format!("Record<string, {rest}>"));
        }
        let indent = "  ".repeat(depth + 1);
        let mut out = String::from("{\n");
        for (name, value) in properties {
            let mark = if required.contains(&name.as_str()) { "" } else { "?" };
            out.push_str(&doc(value.get("description").and_then(Json::as_str), &indent));
            out.push_str(&format!("{indent}{}{mark}: {};\n", property(name), self.ty(value, depth + 1)));
        }
        out.push_str(&"  ".repeat(depth));
        out.push('}');
        // An index signature takes in the named members too, so it has to be as wide as any of them.
        match rest {
            Some(_) => format!("{out} & Record<string, unknown>"),
            None => out,
        }
    }

    fn operand(&self, schema: &Json, depth: usize) -> String {
        let ty = self.ty(schema, depth);
        if ty.contains(" | ") && !ty.starts_with('{') { format!("({ty})") } else { ty }
    }
}

fn union(types: impl Iterator<Item = String>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for ty in types {
        if !distinct.contains(&ty) {
            distinct.push(ty);
        }
    }
    if distinct.is_empty() { "never".into() } else { distinct.join(" | ") }
}

fn members(value: Option<&Json>) -> &[(String, Json)] {
    match value {
        Some(Json::Object(members)) => members,
        _ => &[],
    }
}
