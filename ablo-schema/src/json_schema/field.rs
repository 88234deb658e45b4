use crate::{
    ir::{FieldDef, FieldType, NumberFormat, StringFormat},
    json::Json,
    typed::MAX_SAFE_INTEGER,
};

/// A schema that is only a type.
pub(crate) fn plain(ty: &str) -> Json {
    Json::object([("type", Json::from(ty))])
}

/// The schema with a description, unless it has one.
pub(crate) fn described(schema: Json, note: Option<&str>) -> Json {
    let (Json::Object(mut members), Some(note)) = (schema.clone(), note) else { return schema };
    if !members.iter().any(|(name, _)| name == "description") {
        members.push(("description".to_owned(), note.into()));
    }
    Json::Object(members)
}

/// The schema of what only the server writes.
pub(super) fn read_only(schema: Json) -> Json {
    let Json::Object(mut members) = schema else { return schema };
    members.push(("readOnly".to_owned(), true.into()));
    Json::Object(members)
}

/// The schema of a field, null included when it may be.
pub(super) fn of(field: &FieldDef) -> Json {
    let mut members = value(field);
    if field.is_optional {
        make_nullable(&mut members);
    }
    if let Some(default) = &field.default {
        members.push(("default".to_owned(), Json::from(default)));
    }
    Json::Object(members)
}

/// The schema of a field's values without null, for query parameters.
pub(crate) fn non_null(field: &FieldDef) -> Json {
    Json::Object(value(field))
}

/// A reference to the schema of a typed JSON field.
pub(super) fn nullable_reference(reference: Json, field: &FieldDef) -> Json {
    let mut members = if field.is_optional {
        vec![("anyOf".to_owned(), Json::Array(vec![reference, plain("null")]))]
    } else if let Json::Object(members) = reference {
        members
    } else {
        return reference;
    };
    if let Some(default) = &field.default {
        members.push(("default".to_owned(), Json::from(default)));
    }
    Json::Object(members)
}

fn value(field: &FieldDef) -> Vec<(String, Json)> {
    let typed = |ty: &str, format: Option<&str>| {
        let mut members = vec![("type".to_owned(), Json::from(ty))];
        members.extend(format.map(|format| ("format".to_owned(), Json::from(format))));
        members
    };
    match field.ty {
        FieldType::String => typed("string", field.string_format.map(string_format)),
        FieldType::Number => match field.number_format {
            NumberFormat::Float => typed("number", None),
            NumberFormat::Int32 => typed("integer", Some("int32")),
            NumberFormat::Int64 => {
                let mut members = typed("integer", Some("int64"));
                // What a JSON number carries exactly.
                members.push(("minimum".to_owned(), Json::Number(format!("-{MAX_SAFE_INTEGER}"))));
                members.push(("maximum".to_owned(), MAX_SAFE_INTEGER.into()));
                members
            }
        },
        FieldType::Boolean => typed("boolean", None),
        FieldType::Date => typed("string", Some("date-time")),
        FieldType::Enum => {
            let mut members = typed("string", None);
            members.push(("enum".to_owned(), Json::strings(field.enum_values.iter().flatten())));
            members
        }
        // Any JSON at all.
        FieldType::Json => Vec::new(),
    }
}

fn string_format(format: StringFormat) -> &'static str {
    match format {
        StringFormat::Uuid => "uuid",
        StringFormat::Decimal => "decimal",
        StringFormat::CivilDate => "date",
    }
}

fn make_nullable(members: &mut [(String, Json)]) {
    for (name, value) in members {
        match (name.as_str(), value) {
            ("type", ty) => *ty = Json::Array(vec![ty.clone(), "null".into()]),
            ("enum", Json::Array(values)) => values.push(Json::Null),
            _ => {}
        }
    }
}
