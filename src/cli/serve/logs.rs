//! What a running server says, on standard error.

use ablo_schema::error::Code;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

use super::lines::Lines;
use crate::cli::console::Console;
use crate::cli::failure::Failure;

/// What has to be kept until the server has stopped.
#[derive(Debug)]
pub(super) struct Logs {
    lines: Lines,
    #[cfg(feature = "otel")]
    _exporter: Option<ablo_runtime::server::Exporter>,
}

/// Writes lines from here on, unless the program does so its own way already.
pub(super) fn start(format: &str, level: &str, console: &Console) -> Result<Logs, Failure> {
    // Nobody may be reading: the server goes on all the same.
    let written = Lines::start()?;
    let lines = written.clone();
    let lines = tracing_subscriber::fmt::layer().with_writer(move || lines.clone()).log_internal_errors(false);
    let lines = match format {
        "human" => lines.with_ansi(console.is_coloured()).boxed(),
        "json" => lines.json().flatten_event(true).with_span_list(false).boxed(),
        other => return Err(wrong(&format!("`--log-format {other}` is not a format"), "write `human` or `json`")),
    };
    let subscriber = Registry::default().with(lines.with_filter(targets(level)?));
    #[cfg(feature = "otel")]
    let exporter = ablo_runtime::server::Exporter::from_env()?;
    #[cfg(feature = "otel")]
    let subscriber = subscriber.with(exporter.as_ref().map(ablo_runtime::server::Exporter::layer));
    // A program that calls us may have one of its own.
    let _ = tracing::subscriber::set_global_default(subscriber);
    Ok(Logs {
        lines: written,
        #[cfg(feature = "otel")]
        _exporter: exporter,
    })
}

impl Drop for Logs {
    fn drop(&mut self) {
        self.lines.finish();
    }
}

/// The level of every target. A word alone is a level: taken for a target it would silence everything else.
fn targets(level: &str) -> Result<Targets, Failure> {
    let is_level = |part: &str| part.contains('=') || part.trim().parse::<LevelFilter>().is_ok();
    let parsed = level.parse().ok().filter(|_| level.split(',').all(is_level));
    parsed.ok_or_else(|| {
        wrong(&format!("`--log-level {level}` is not a level"), "write `info`, or `info,ablo::http=warn` for a target")
    })
}

fn wrong(cause: &str, fix: &str) -> Failure {
    Failure::new(Code::ArgumentInvalid, cause.to_owned()).fix(fix)
}
