//! `ablo generate`.

use ablo_schema::diagram::Diagram;
use ablo_schema::error::Code;
use ablo_schema::ir::ValidSchema;
use ablo_schema::json::Json;
use ablo_schema::sql::{self, Options, Plan, Statement};
use ablo_schema::{json_schema, openapi, typescript};

use super::args::{Dialect, Drawing, Form, GenerateCommand, Plane, Tables};
use super::console::Console;
use super::exit::Exit;
use super::failure::{Failure, Outcome};
use super::source::{Source, read_artifact};

/// Runs a generate command.
pub(super) fn run(command: &GenerateCommand, source: &Source, console: &Console) -> Outcome {
    match command {
        GenerateCommand::Sql { dialect, tables, plane } => generate_sql(*dialect, tables, *plane, source, console),
        GenerateCommand::Openapi { title, api_version, server_url } => {
            let standard = openapi::Options::default();
            let options = openapi::Options {
                title: title.clone().unwrap_or(standard.title),
                version: api_version.clone().unwrap_or(standard.version),
                server_url: server_url.clone().unwrap_or(standard.server_url),
            };
            console.data(&openapi::document(&source.schema()?, &options).to_pretty())?;
            Ok(Exit::Ok)
        }
        GenerateCommand::Ts => {
            let text = typescript::emit(&source.schema()?);
            if console.is_json() {
                console.json("ablo.typescript/1", [("typescript", text.into())])?;
            } else {
                console.data(&text)?;
            }
            Ok(Exit::Ok)
        }
        GenerateCommand::JsonSchema { model, form } => {
            console.data(&json_schema(&source.schema()?, model.as_deref(), *form)?.to_pretty())?;
            Ok(Exit::Ok)
        }
        GenerateCommand::Diagram { drawing, since } => {
            let schema = source.schema()?;
            let diagram = match since {
                Some(old) => Diagram::of_change(&read_artifact(old)?.validate()?, &schema),
                None => Diagram::of(&schema),
            };
            let text = match drawing {
                Drawing::Svg => diagram.to_svg(),
                Drawing::Mermaid => diagram.to_mermaid(),
                Drawing::Dot => diagram.to_dot(),
            };
            if console.is_json() {
                console.json("ablo.diagram/1", [("diagram", text.into())])?;
            } else {
                console.data(&text)?;
            }
            Ok(Exit::Ok)
        }
    }
}

fn json_schema(schema: &ValidSchema, model: Option<&str>, form: Form) -> Result<Json, Failure> {
    let Some(key) = model else { return Ok(json_schema::bundle(schema)) };
    let Some(model) = schema.model(key) else {
        let known: Vec<&str> = schema.models.keys().map(String::as_str).collect();
        return Err(Failure::new(Code::ArgumentInvalid, format!("there is no model `{key}`"))
            .fix(format!("the models are {}", known.join(", "))));
    };
    let form = match form {
        Form::Row => json_schema::Form::Row,
        Form::Create => json_schema::Form::Create,
        Form::Patch => json_schema::Form::Patch,
    };
    Ok(json_schema::document(model, form))
}

fn generate_sql(dialect: Dialect, tables: &Tables, plane: Plane, source: &Source, console: &Console) -> Outcome {
    let options = options(dialect, tables);
    let plan = match plane {
        Plane::Tenant => sql::provision(&source.schema()?, &options),
        Plane::Control => sql::control_plane(&options),
    };
    for note in &plan.notes {
        console.note(&format!("note: {}", note.message));
    }
    if console.is_json() {
        console.json("ablo.sql/1", [("statements", Json::Array(plan.statements.iter().map(statement).collect()))])?;
    } else {
        console.data(&text(&plan))?;
    }
    Ok(Exit::Ok)
}

/// The options of an application's tables.
pub(super) fn options(dialect: Dialect, tables: &Tables) -> Options {
    let options = match dialect {
        Dialect::Postgres => Options::postgres(&tables.target),
        Dialect::Sqlite => Options::sqlite(),
    };
    Options { foreign_keys: tables.foreign_keys, ..options }
}

/// A plan as text that a database's own shell runs. Statements that someone must look before running, which only SQLite
/// needs to bring older tables up to date, are left out.
pub(super) fn text(plan: &Plan) -> String {
    let lines = |statements: &mut dyn Iterator<Item = &Statement>| -> String {
        let unconditional = statements.filter(|statement| statement.unless.is_none());
        unconditional.map(|statement| format!("{}\n", statement.text)).collect()
    };
    let mut text = lines(&mut plan.transactional());
    if plan.afterwards().next().is_some() {
        text += "-- Each on its own, outside a transaction:\n";
        text += &lines(&mut plan.afterwards());
    }
    text
}

/// A statement as data.
pub(super) fn statement(statement: &Statement) -> Json {
    let word = |word: Option<&str>| word.map_or(Json::Null, Json::from);
    Json::object([
        ("text", Json::from(&statement.text)),
        ("lock", statement.lock.as_str().into()),
        ("risk", word(statement.risk.map(sql::Risk::as_str))),
        ("transactional", statement.is_transactional().into()),
        ("model", word(statement.cause.model.as_deref())),
        ("field", word(statement.cause.field.as_deref())),
    ])
}
