use std::io::{self, Write};

use ablo_schema::json::Json;
use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::args::{Color, Format};
use super::failure::Failure;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const FIX: Style = AnsiColor::Green.on_default().bold();

/// Where output goes: data to standard output, everything else to standard error.
pub(super) struct Console {
    format: Format,
    color: anstream::ColorChoice,
}

impl Console {
    pub fn new(format: Format, color: Color) -> Self {
        let color = match color {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        };
        Self { format, color }
    }

    /// The format asked for.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether a program reads the data.
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Writes data as it is.
    pub fn data(&self, text: &str) -> io::Result<()> {
        self.bytes(text.as_bytes())
    }

    /// Writes data that need not be text.
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }

    /// Writes one JSON document whose first member names its shape.
    pub fn document(&self, schema: &'static str, body: &impl Serialize) -> io::Result<()> {
        let document = Document { schema, body };
        let text = serde_json::to_string_pretty(&document).map_err(io::Error::other)?;
        self.data(&(text + "\n"))
    }

    /// Writes one JSON document of ordered members, the first of which names its shape.
    pub fn json<const N: usize>(&self, schema: &str, members: [(&str, Json); N]) -> io::Result<()> {
        let members = [("schema", Json::from(schema))].into_iter().chain(members);
        self.data(&Json::object(members).to_pretty())
    }

    /// Says something to the person watching.
    pub fn note(&self, text: &str) {
        self.say(&format!("{text}\n"));
    }

    /// Reports a failure: code, cause, fix.
    pub fn failure(&self, failure: &Failure) {
        if self.is_json() {
            let document = Document { schema: "ablo.error/1", body: failure };
            if let Ok(text) = serde_json::to_string_pretty(&document) {
                self.say(&(text + "\n"));
            }
            return;
        }
        let mut text = format!("{ERROR}error[{}]{ERROR:#}: {}\n", failure.code, failure.cause);
        // A problem that is the cause itself is told already.
        for problem in failure.problems.iter().filter(|problem| !failure.cause.ends_with(&problem.message)) {
            text += &format!("  - [{}] {}: {}\n", problem.code, problem.path, problem.message);
        }
        text += &format!("{FIX}fix{FIX:#}: {}\n", failure.fix);
        self.say(&text);
    }

    /// Whether what goes to standard error is coloured.
    pub fn is_coloured(&self) -> bool {
        anstream::AutoStream::new(io::stderr(), self.color).current_choice() != anstream::ColorChoice::Never
    }

    /// A message that cannot be delivered has nowhere else to go.
    fn say(&self, text: &str) {
        let mut stream = anstream::AutoStream::new(io::stderr(), self.color);
        let _ = stream.write_all(text.as_bytes());
    }
}

#[derive(Serialize)]
struct Document<'a, T> {
    schema: &'static str,
    #[serde(flatten)]
    body: &'a T,
}
