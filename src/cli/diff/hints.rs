use ablo_schema::error::Code;
use ablo_schema::ir::{FieldType, SchemaDef};
use ablo_schema::migrate::{Backfill, FieldRename, FindingCode, Hints, ModelRename};
use serde_json::Value;

use crate::cli::args::HintArgs;
use crate::cli::failure::Failure;

/// The hints of the command line.
pub(crate) fn hints(args: &HintArgs, next: &SchemaDef) -> Result<Hints, Failure> {
    Ok(Hints {
        models: args.rename_model.iter().map(|text| rename_model(text)).collect::<Result<_, _>>()?,
        fields: args.rename.iter().map(|text| rename(text)).collect::<Result<_, _>>()?,
        backfills: args.backfill.iter().map(|text| backfill(text, next)).collect::<Result<_, _>>()?,
    })
}

/// The findings that `--allow` names.
pub(crate) fn allowed(names: &[String]) -> Result<Vec<FindingCode>, Failure> {
    let find = |name: &String| {
        FindingCode::ALL.into_iter().find(|code| code.flag() == *name).ok_or_else(|| {
            let known: Vec<String> = FindingCode::ALL.into_iter().map(FindingCode::flag).collect();
            Failure::new(Code::ArgumentInvalid, format!("`--allow={name}` is not known here"))
                .fix(format!("what can be allowed is {}", known.join(", ")))
        })
    };
    names.iter().map(find).collect()
}

fn rename_model(text: &str) -> Result<ModelRename, Failure> {
    match text.split_once(':') {
        Some((from, to)) if is_name(from) && is_name(to) => Ok(ModelRename { from: from.into(), to: to.into() }),
        _ => Err(wrong("--rename-model", text, "old:new")),
    }
}

fn rename(text: &str) -> Result<FieldRename, Failure> {
    let parts = text.split_once('.').and_then(|(model, names)| Some((model, names.split_once(':')?)));
    match parts {
        Some((model, (from, to))) if is_name(model) && is_name(from) && is_name(to) => {
            Ok(FieldRename { model: model.into(), from: from.into(), to: to.into() })
        }
        _ => Err(wrong("--rename", text, "model.old:new")),
    }
}

fn backfill(text: &str, next: &SchemaDef) -> Result<Backfill, Failure> {
    let parts = text.split_once('=').and_then(|(path, value)| Some((path.split_once('.')?, value)));
    let Some(((model, field), text_value)) = parts else {
        return Err(wrong("--backfill", text, "model.field=value"));
    };
    let ty = next.models.get(model).and_then(|model| model.fields.get(field)).map(|field| field.ty);
    let value = match ty {
        Some(FieldType::String | FieldType::Enum | FieldType::Date) => Value::String(text_value.to_owned()),
        _ => serde_json::from_str(text_value)
            .map_err(|_| wrong("--backfill", text, "model.field=value, the value being JSON"))?,
    };
    Ok(Backfill { model: model.into(), field: field.into(), value })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains([':', '.'])
}

fn wrong(flag: &str, text: &str, form: &str) -> Failure {
    Failure::new(Code::ArgumentInvalid, format!("`{flag} {text}` is not of the form `{flag} {form}`"))
        .fix(format!("write `{flag} {form}`, with the names the schema has on the wire"))
}
