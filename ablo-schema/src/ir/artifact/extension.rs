//! What version 3 cannot say, in the member `x-ablo`. Nobody else writes it, so an unknown member in it is refused.

use serde_json::Value;

use super::{
    super::{Casing, FieldDef, FieldType, ModelDef, NumberFormat, QueryDef, QueryInputDef, SchemaDef, StringFormat},
    EXTENSION,
    object::{Object, Problems},
    write::Members,
};
use crate::json::Json;

/// Reads the extension of `outer`, if it has one.
fn read(outer: &mut Object, problems: &mut Problems, take: impl FnOnce(&mut Object, &mut Problems)) {
    let Some(value) = outer.take(EXTENSION) else { return };
    let Some(mut object) = Object::of(value, &outer.at(EXTENSION), problems) else { return };
    take(&mut object, problems);
    object.refuse_rest(problems);
}

/// Adds the extension, when it is asked for and says anything.
fn write(known: Members, extended: bool, members: impl FnOnce() -> Members) -> Members {
    if !extended {
        return known;
    }
    let members = members();
    if members.is_empty() { known } else { known.set(EXTENSION, members) }
}

pub(super) fn read_schema(object: &mut Object, def: &mut SchemaDef, problems: &mut Problems) {
    read(object, problems, |object, problems| {
        def.casing = object.word("casing", Casing::WORDS, problems).unwrap_or_default();
        def.queries = object.each("queries", problems, query).unwrap_or_default();
    });
}

pub(super) fn write_schema(known: Members, def: &SchemaDef, extended: bool) -> Members {
    write(known, extended, || {
        let casing = (def.casing != Casing::Identity).then(|| def.casing.as_str());
        let queries = Json::object(def.queries.iter().map(|(name, query)| {
            let inputs = Json::object(query.inputs.iter().map(|(name, input)| {
                let members = Members::new()
                    .set("type", input.ty.as_str())
                    .maybe("number", number_word(input.number_format))
                    .set("isOptional", input.is_optional);
                (name, members.done())
            }));
            let members = Members::new()
                .set("model", &query.model)
                .set("where", &query.filter)
                .set("inputs", inputs)
                .maybe("doc", query.doc.as_ref());
            (name, members.done())
        }));
        Members::new().maybe("casing", casing).maybe("queries", (!def.queries.is_empty()).then_some(queries))
    })
}

fn query(_: &str, mut object: Object, problems: &mut Problems) -> Option<QueryDef> {
    let model = object.require_text("model", problems);
    let filter = object.require("where", problems).map(|filter| Value::from(&filter));
    let inputs = object.each("inputs", problems, |_, mut object, problems| {
        let ty = object.require_word("type", FieldType::WORDS, problems);
        let number_format = object.word("number", NumberFormat::WORDS, problems).unwrap_or_default();
        let is_optional = object.flag("isOptional", problems).unwrap_or_default();
        object.refuse_rest(problems);
        Some(QueryInputDef { ty: ty?, number_format, is_optional })
    });
    let doc = object.text("doc", problems);
    object.refuse_rest(problems);
    Some(QueryDef { model: model?, filter: filter?, inputs: inputs.unwrap_or_default(), doc })
}

pub(super) fn read_model(object: &mut Object, def: &mut ModelDef, problems: &mut Problems) {
    read(object, problems, |object, problems| {
        def.doc = object.text("doc", problems);
        def.renamed_from = object.text("renamedFrom", problems);
    });
}

pub(super) fn write_model(known: Members, def: &ModelDef, extended: bool) -> Members {
    write(known, extended, || {
        Members::new().maybe("doc", def.doc.as_ref()).maybe("renamedFrom", def.renamed_from.as_ref())
    })
}

pub(super) fn read_field(object: &mut Object, def: &mut FieldDef, problems: &mut Problems) {
    read(object, problems, |object, problems| {
        def.number_format = object.word("number", NumberFormat::WORDS, problems).unwrap_or_default();
        def.string_format = object.word("string", StringFormat::WORDS, problems);
        def.is_unique = object.flag("unique", problems).unwrap_or_default();
        def.default = object.take("default").map(|value| Value::from(&value));
        def.doc = object.text("doc", problems);
        def.json_schema = object.take("jsonSchema").map(|value| Value::from(&value));
        def.renamed_from = object.text("renamedFrom", problems);
    });
}

pub(super) fn write_field(known: Members, def: &FieldDef, extended: bool) -> Members {
    write(known, extended, || {
        Members::new()
            .maybe("number", number_word(def.number_format))
            .maybe("string", def.string_format.map(StringFormat::as_str))
            .flag("unique", def.is_unique)
            .maybe("default", def.default.as_ref())
            .maybe("doc", def.doc.as_ref())
            .maybe("jsonSchema", def.json_schema.as_ref())
            .maybe("renamedFrom", def.renamed_from.as_ref())
    })
}

fn number_word(format: NumberFormat) -> Option<&'static str> {
    (format != NumberFormat::Float).then(|| format.as_str())
}
