//! Where settings come from: a flag wins over the environment, that over the file, that over the default.

use std::path::PathBuf;

use ablo_schema::error::{Code, Problem};
use clap::{Arg, ArgMatches, Command};
use toml::de::DeTable;
use toml::{Table, Value};

use super::settings::{self, Draft, Setting};
use crate::cli::explain::nearest;
use crate::cli::failure::Failure;
use crate::cli::source::read_text;

/// The file that is read when none is named.
const FILE: &str = "ablo.toml";
/// Variables of our prefix that other programs read.
const OTHERS: [&str; 8] = [
    "ABLO_API_KEY",
    "ABLO_BLESS",
    "ABLO_BUILD",
    "ABLO_CONFIG",
    "ABLO_MIGRATIONS",
    "ABLO_PUBLISHABLE",
    "ABLO_SECRET",
    "ABLO_URL",
];

/// The settings that were given as flags, as they were written.
#[derive(Clone, Debug, Default)]
pub(in crate::cli) struct Flags(Vec<(&'static str, String)>);

impl clap::Args for Flags {
    fn augment_args(command: Command) -> Command {
        // `--schema` is an option of every command.
        settings::all().filter(|setting| setting.name != "schema").fold(command, |command, setting| {
            let flag = Arg::new(setting.name).long(setting.flag()).help(setting.help);
            command.arg(match setting.kind {
                settings::Kind::Switch => {
                    flag.num_args(0..=1).require_equals(true).default_missing_value("true").value_name("true|false")
                }
                _ => flag.value_name("VALUE"),
            })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = settings::all().filter_map(|setting| {
            let text = matches.try_get_one::<String>(setting.name).ok()??;
            (setting.name != "schema").then(|| (setting.name, text.clone()))
        });
        Ok(Self(given.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Puts the layers on top of each other and reports everything that is wrong with any of them.
pub(super) fn read(
    flags: &Flags,
    variables: impl Iterator<Item = (String, String)>,
    file: Option<&PathBuf>,
) -> Result<Draft, Failure> {
    let mut draft = Draft::standard();
    let mut problems = Vec::new();
    let mut is_delay_set = false;
    let mut set = |draft: &mut Draft, setting: &Setting, value| {
        is_delay_set |= setting.name == "lame_duck_seconds";
        (setting.set)(draft, value);
    };
    if let Some((name, text)) = file_text(file)? {
        for (setting, value) in file_values(&name, &text, &mut problems) {
            set(&mut draft, setting, value);
        }
    }
    let mut variables: Vec<(String, String)> = variables.filter(|(name, _)| name.starts_with("ABLO_")).collect();
    variables.sort();
    for (name, text) in variables {
        match settings::all().find(|setting| setting.variable() == name) {
            Some(setting) => match setting.kind.parse(&text) {
                Some(value) => set(&mut draft, setting, value),
                None => problems.push(wrong(&name, setting)),
            },
            None if OTHERS.contains(&name.as_str()) || name.starts_with("ABLO_TEST_") => {}
            None => {
                let known: Vec<String> = settings::all().map(Setting::variable).collect();
                problems.push(unknown(&name, "the environment", nearest(&name, known.iter().map(String::as_str))));
            }
        }
    }
    for (name, text) in &flags.0 {
        let Some(setting) = settings::all().find(|setting| setting.name == *name) else { continue };
        match setting.kind.parse(text) {
            Some(value) => set(&mut draft, setting, value),
            None => problems.push(wrong(&format!("--{}", setting.flag()), setting)),
        }
    }
    if !problems.is_empty() {
        let plural = if problems.len() == 1 { "" } else { "s" };
        let cause = format!("the configuration has {} mistake{plural}", problems.len());
        return Err(Failure::new(Code::ArgumentInvalid, cause)
            .fix("`ablo serve --help` and docs/configuration.md list every setting")
            .problems(problems));
    }
    if draft.dev && !is_delay_set {
        // Nobody sends a development server clients.
        draft.server.lame_duck = std::time::Duration::ZERO;
    }
    Ok(draft)
}

fn file_text(named: Option<&PathBuf>) -> Result<Option<(String, String)>, Failure> {
    let path = named.cloned().unwrap_or_else(|| FILE.into());
    if named.is_none() && !path.exists() {
        return Ok(None);
    }
    Ok(Some((path.display().to_string(), read_text(&path)?)))
}

/// The settings of the file, and what is wrong with it.
fn file_values(file: &str, text: &str, problems: &mut Vec<Problem>) -> Vec<(&'static Setting, Value)> {
    let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
    let (table, values) = match (DeTable::parse(text), text.parse::<Table>()) {
        (Ok(table), Ok(values)) => (table, values),
        (Err(error), _) | (_, Err(error)) => {
            let place = format!("{file}:{}", error.span().map_or(1, |span| line(span.start)));
            problems.push(Problem::new(Code::ArgumentInvalid, place, format!("not TOML: {}", error.message())));
            return Vec::new();
        }
    };
    let mut found = Vec::new();
    let mut look = |name: String, at: usize, value: Option<&Value>| {
        let place = format!("{file}:{}", line(at));
        let Some(setting) = settings::all().find(|setting| setting.name == name) else {
            let near = nearest(&name, settings::all().map(|setting| setting.name));
            problems.push(unknown(&name, &place, near));
            return;
        };
        match value.cloned().and_then(|value| setting.kind.check(value)) {
            Some(value) => found.push((setting, value)),
            None => problems.push(wrong(&place, setting)),
        }
    };
    for (key, inner) in table.get_ref() {
        let value = values.get(key.get_ref().as_ref());
        match (inner.get_ref().as_table(), value.and_then(Value::as_table)) {
            (Some(inner), Some(values)) => {
                for member in inner.keys() {
                    let name = format!("{}.{}", key.get_ref(), member.get_ref());
                    look(name, member.span().start, values.get(member.get_ref().as_ref()));
                }
            }
            _ => look(key.get_ref().to_string(), key.span().start, value),
        }
    }
    found
}

fn unknown(name: &str, place: &str, near: Option<&str>) -> Problem {
    let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    Problem::new(Code::ArgumentInvalid, place, format!("`{name}` is not a setting{hint}"))
}

fn wrong(place: &str, setting: &Setting) -> Problem {
    Problem::new(Code::ArgumentInvalid, place, format!("`{}` has to be {}", setting.name, setting.kind.describe()))
}
