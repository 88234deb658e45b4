use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use ablo_schema::error::{AbloError, Code};
use axum::http::StatusCode;
use serde_json::Value;

use crate::lock::lock;

/// What the server counts. The names it writes are part of its interface.
#[derive(Debug, Default)]
pub struct Metrics {
    answers: Mutex<BTreeMap<u16, u64>>,
    failures: Mutex<BTreeMap<String, u64>>,
    commits: Mutex<BTreeMap<&'static str, u64>>,
    quotas: Mutex<BTreeMap<String, u64>>,
    /// Open sockets.
    pub sockets: AtomicI64,
    /// Bootstraps that are being sent, each of which keeps the moment it is of.
    pub bootstraps: AtomicI64,
    /// Deltas handed to sockets.
    pub deltas_sent: AtomicU64,
    /// Deltas turned into text: one for all the sockets it goes to, except those that need a text of their own.
    pub deltas_encoded: AtomicU64,
    /// Times a socket had to read the log again.
    pub resyncs: AtomicU64,
    /// Sockets and answers cut because nobody took what they were sent.
    pub slow_cuts: AtomicU64,
    /// Rejections that were held back.
    pub paced: AtomicU64,
}

impl Metrics {
    /// A request was answered.
    pub fn answered(&self, status: StatusCode) {
        *lock(&self.answers).entry(status.as_u16()).or_default() += 1;
    }

    /// A request or frame failed.
    pub fn failed(&self, error: &AbloError) {
        let code = error.code().as_str();
        let mut failures = lock(&self.failures);
        // Codes of policies are the application's: they must not grow this without bound.
        let code = if failures.len() < 512 || failures.contains_key(code) { code } else { "other" };
        *failures.entry(code.to_owned()).or_default() += 1;
        drop(failures);
        if let Some(quota) =
            error.details.get("quota").and_then(Value::as_str).filter(|_| error.is(Code::QuotaExceeded))
        {
            self.used_up(quota);
        }
    }

    /// An organization was refused something for the sake of this quota.
    pub fn used_up(&self, quota: &str) {
        *lock(&self.quotas).entry(quota.to_owned()).or_default() += 1;
    }

    /// A commit ended.
    pub fn committed(&self, outcome: &'static str) {
        *lock(&self.commits).entry(outcome).or_default() += 1;
    }

    /// Everything, in the text format of Prometheus.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str, samples: Vec<(String, i128)>| {
            let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
            for (labels, value) in samples {
                let _ = writeln!(text, "{name}{labels} {value}");
            }
        };
        let labelled = |label: &str, counts: Vec<(String, u64)>| {
            counts.into_iter().map(|(value, count)| (format!("{{{label}=\"{value}\"}}"), i128::from(count))).collect()
        };
        let answers = lock(&self.answers).iter().map(|(status, count)| (status.to_string(), *count)).collect();
        family("ablo_http_responses_total", "counter", "Answered requests.", labelled("status", answers));
        let failures = lock(&self.failures).iter().map(|(code, count)| (code.clone(), *count)).collect();
        family("ablo_failures_total", "counter", "Failures by code.", labelled("code", failures));
        let commits = lock(&self.commits).iter().map(|(outcome, count)| ((*outcome).to_owned(), *count)).collect();
        family("ablo_commits_total", "counter", "Commits by outcome.", labelled("outcome", commits));
        let quotas = lock(&self.quotas).iter().map(|(quota, count)| (quota.clone(), *count)).collect();
        let help = "Refusals because an organization has used up a quota.";
        family("ablo_quota_refusals_total", "counter", help, labelled("quota", quotas));
        let one = |value: i128| vec![(String::new(), value)];
        let sockets = i128::from(self.sockets.load(Ordering::Relaxed));
        family("ablo_ws_connections", "gauge", "Open sockets.", one(sockets));
        let bootstraps = i128::from(self.bootstraps.load(Ordering::Relaxed));
        family("ablo_bootstraps", "gauge", "Bootstraps that are being sent.", one(bootstraps));
        let counters = [
            ("ablo_deltas_sent_total", "Deltas handed to sockets.", &self.deltas_sent),
            ("ablo_deltas_encoded_total", "Deltas turned into text.", &self.deltas_encoded),
            ("ablo_resyncs_total", "Times a socket read the log again.", &self.resyncs),
            ("ablo_slow_consumer_cuts_total", "Sockets and long answers cut for being slow.", &self.slow_cuts),
            ("ablo_paced_rejections_total", "Rejections held back.", &self.paced),
        ];
        for (name, help, counter) in counters {
            family(name, "counter", help, one(i128::from(counter.load(Ordering::Relaxed))));
        }
        text
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// The documentation of every metric.
    fn page() -> String {
        let mut page = "\
# Metrics

What `GET /metrics` says, in the text format of Prometheus. Names, kinds and labels are part of the interface: one that
is here stays. Nothing in it names an organization, a person or a row.

Made from what the server itself writes: `ABLO_BLESS=1 cargo test -p ablo-runtime --features server metrics_page`.

| Name | Kind | Labels | Meaning |
|---|---|---|---|
"
        .to_owned();
        let metrics = Metrics::default();
        metrics.answered(StatusCode::OK);
        metrics.failed(&Code::InternalError.into());
        metrics.used_up("quota");
        metrics.committed("outcome");
        let text = metrics.render();
        let mut lines = text.lines();
        while let (Some(help), Some(kind), Some(sample)) = (lines.next(), lines.next(), lines.next()) {
            let (name, help) = help.strip_prefix("# HELP ").unwrap().split_once(' ').unwrap();
            let kind = kind.strip_prefix("# TYPE ").unwrap().strip_prefix(name).unwrap().trim();
            let label = sample.split_once('{').and_then(|(_, rest)| rest.split_once('='));
            let label = label.map(|(label, _)| format!("`{label}`")).unwrap_or_default();
            page += &format!("| `{name}` | {kind} | {label} | {help} |\n");
        }
        page
    }

    #[test]
    fn metrics_page_is_current() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
        if std::env::var_os("ABLO_BLESS").is_some() {
            std::fs::write(&file, page()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(file).unwrap_or_default(), page(), "set ABLO_BLESS=1 to write it anew");
    }
}
