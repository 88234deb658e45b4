use super::{Form, is_required, slots};
use crate::{
    ir::{BaseField, FieldType, ModelRef, NumberFormat, Slot, StringFormat},
    json::Json,
};

/// An example of a form; none when a typed JSON field would have to be invented.
pub(crate) fn example(model: ModelRef<'_>, form: Form) -> Option<Json> {
    let mut members = Vec::new();
    if form == Form::Row {
        members.push(("id".to_owned(), Json::from(format!("{}_1", model.key()))));
    }
    for slot in slots(model, form) {
        match of_slot(slot) {
            Some(value) => members.push((slot.name.clone(), value)),
            None if is_required(model, slot, form) => return None,
            None => {}
        }
        // One field is enough to show what a patch is.
        if form == Form::Patch && !members.is_empty() {
            break;
        }
    }
    Some(Json::Object(members))
}

fn of_slot(slot: &Slot) -> Option<Json> {
    match slot.base {
        Some(BaseField::OrganizationId) => return Some("org_1".into()),
        Some(BaseField::CreatedBy) => return Some("user_1".into()),
        Some(BaseField::ArchivedAt) if slot.def.is_optional => return Some(Json::Null),
        _ => {}
    }
    if let Some(default) = &slot.def.default {
        return Some(Json::from(default));
    }
    Some(match slot.def.ty {
        FieldType::String => match slot.def.string_format {
            None => Json::from(&slot.name),
            Some(StringFormat::Uuid) => "0190163d-8694-739b-aea5-966c26f8ad91".into(),
            Some(StringFormat::Decimal) => "12.50".into(),
            Some(StringFormat::CivilDate) => "2026-01-31".into(),
        },
        FieldType::Number => match slot.def.number_format {
            NumberFormat::Float => Json::Number("1.5".into()),
            NumberFormat::Int32 | NumberFormat::Int64 => 1.into(),
        },
        FieldType::Boolean => true.into(),
        FieldType::Date => "2026-01-31T12:00:00Z".into(),
        FieldType::Enum => slot.def.enum_values.as_ref()?.first()?.into(),
        FieldType::Json if slot.def.json_schema.is_none() => Json::object([("any", Json::from("value"))]),
        FieldType::Json if slot.def.is_optional => Json::Null,
        FieldType::Json => return None,
    })
}
