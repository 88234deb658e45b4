//! Every setting of `ablo serve`, once: flags, environment, file and documentation all come from this list.

use std::num::NonZeroU64;
use std::time::Duration;

use ablo_runtime::server::ServerOptions;
use toml::Value;

/// What is being configured.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub schema: Option<String>,
    pub store: String,
    pub addr: String,
    pub dev: bool,
    pub issuers: Option<String>,
    pub log_format: String,
    pub log_level: String,
    pub server: ServerOptions,
}

impl Draft {
    /// What a server does that nobody configured.
    pub fn standard() -> Self {
        Self {
            store: "memory".to_owned(),
            addr: "127.0.0.1:8080".to_owned(),
            log_format: "human".to_owned(),
            log_level: "info".to_owned(),
            ..Self::default()
        }
    }
}

/// One setting.
pub(super) struct Setting {
    /// Its name in the file; a dot leads into a table.
    pub name: &'static str,
    pub kind: Kind,
    /// What it means, in one sentence.
    pub help: &'static str,
    /// Sets it; the value is of its kind.
    pub set: fn(&mut Draft, Value),
    /// What it is; `None` when it is not set.
    pub get: fn(&Draft) -> Option<Value>,
}

/// What a setting's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Switch,
    /// A whole number from zero on.
    Number,
    /// One that may pass 32 bits.
    Large,
    /// Seconds, with decimals if need be.
    Seconds,
    /// Texts; separated by commas on the command line and in the environment.
    List,
}

impl Kind {
    pub fn describe(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Switch => "`true` or `false`",
            Self::Number => "a whole number from 0 to 4294967295",
            Self::Large => "a whole number from 0 on",
            Self::Seconds => "seconds from 0 on",
            Self::List => "a list of texts",
        }
    }

    /// Reads the text of a flag or of an environment variable.
    pub fn parse(self, text: &str) -> Option<Value> {
        match self {
            Self::Text => Some(Value::String(text.to_owned())),
            Self::Switch => text.parse().ok().map(Value::Boolean),
            Self::Number | Self::Large => text.parse().ok().map(Value::Integer),
            Self::Seconds => text.parse().ok().map(Value::Float),
            Self::List => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Some(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()))
            }
        }
        .and_then(|value| self.check(value))
    }

    /// The value as this kind has it, if it is one.
    pub fn check(self, value: Value) -> Option<Value> {
        match (self, value) {
            (Self::Text, value @ Value::String(_)) | (Self::Switch, value @ Value::Boolean(_)) => Some(value),
            (Self::Number, Value::Integer(number)) => u32::try_from(number).ok().map(|_| Value::Integer(number)),
            (Self::Large, Value::Integer(number)) => (number >= 0).then_some(Value::Integer(number)),
            (Self::Seconds, Value::Integer(number)) => {
                u32::try_from(number).ok().map(|number| Value::Float(number.into()))
            }
            (Self::Seconds, Value::Float(number)) => {
                Duration::try_from_secs_f64(number).ok().map(|_| Value::Float(number))
            }
            (Self::List, Value::Array(items)) => items.iter().all(Value::is_str).then_some(Value::Array(items)),
            _ => None,
        }
    }
}

impl Setting {
    /// Its flag, without the dashes in front.
    pub fn flag(&self) -> String {
        self.name.replace(['.', '_'], "-")
    }

    /// Its environment variable.
    pub fn variable(&self) -> String {
        format!("ABLO_{}", self.name.replace('.', "_").to_uppercase())
    }

    /// Its value without anything secret.
    pub fn shown(&self, draft: &Draft) -> Option<Value> {
        (self.get)(draft).map(|value| match value {
            Value::String(text) => Value::String(redacted(&text)),
            other => other,
        })
    }
}

/// An address without its password.
fn redacted(text: &str) -> String {
    let hidden = || {
        let (scheme, rest) = text.split_once("://")?;
        let (user, host) = rest.split_once('@')?;
        let (name, _) = user.split_once(':')?;
        Some(format!("{scheme}://{name}:***@{host}"))
    };
    hidden().unwrap_or_else(|| text.to_owned())
}

fn text(value: Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn seconds(value: &Value) -> Duration {
    Duration::try_from_secs_f64(value.as_float().unwrap_or_default()).unwrap_or_default()
}

fn number(value: &Value) -> u32 {
    value.as_integer().and_then(|number| number.try_into().ok()).unwrap_or_default()
}

fn list(value: Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn items(list: &[String]) -> Value {
    Value::Array(list.iter().cloned().map(Value::String).collect())
}

macro_rules! quotas {
    ($($member:ident $help:literal,)*) => {
        [$(Setting {
            name: concat!("quotas.", stringify!($member)),
            kind: Kind::Large,
            help: $help,
            set: |draft, value| {
                let count = value.as_integer().and_then(|count| count.try_into().ok()).and_then(NonZeroU64::new);
                draft.server.quotas.$member = count;
            },
            get: |draft| {
                let count = draft.server.quotas.$member.map_or(0, NonZeroU64::get);
                Some(Value::Integer(count.try_into().unwrap_or(i64::MAX)))
            },
        },)*]
    };
}

macro_rules! limits {
    ($($kind:ident $member:ident $help:literal,)*) => {
        [$(Setting {
            name: concat!("limits.", stringify!($member)),
            kind: Kind::$kind,
            help: $help,
            set: |draft, value| limits!(@set $kind draft.server.limits.$member, value),
            get: |draft| Some(limits!(@get $kind draft.server.limits.$member)),
        },)*]
    };
    (@set Number $place:expr, $value:ident) => {
        $place = $value.as_integer().and_then(|number| number.try_into().ok()).unwrap_or_default()
    };
    (@set Seconds $place:expr, $value:ident) => { $place = seconds(&$value) };
    (@get Number $place:expr) => { Value::Integer(i64::try_from($place).unwrap_or(i64::MAX)) };
    (@get Seconds $place:expr) => { Value::Float($place.as_secs_f64()) };
}

/// Every setting, in the order of the documentation.
pub(super) fn all() -> impl Iterator<Item = &'static Setting> {
    GENERAL.iter().chain(&QUOTAS).chain(&LIMITS)
}

static GENERAL: [Setting; 14] = [
    Setting {
        name: "schema",
        kind: Kind::Text,
        help: "The schema artifact that is served.",
        set: |draft, value| draft.schema = Some(text(value)),
        get: |draft| draft.schema.clone().map(Value::String),
    },
    Setting {
        name: "store",
        kind: Kind::Text,
        help: "Where rows are kept: `memory`, or `sqlite:PATH`.",
        set: |draft, value| draft.store = text(value),
        get: |draft| Some(Value::String(draft.store.clone())),
    },
    Setting {
        name: "addr",
        kind: Kind::Text,
        help: "Where to listen, as `HOST:PORT`; port 0 picks a free one.",
        set: |draft, value| draft.addr = text(value),
        get: |draft| Some(Value::String(draft.addr.clone())),
    },
    Setting {
        name: "dev",
        kind: Kind::Switch,
        help: "Creates the organization `org_dev` and prints keys of it; stops without a lame duck's delay.",
        set: |draft, value| draft.dev = value.as_bool().unwrap_or_default(),
        get: |draft| Some(Value::Boolean(draft.dev)),
    },
    Setting {
        name: "origins",
        kind: Kind::List,
        help: "Web origins that may use the server from a browser; all of them when not set.",
        set: |draft, value| draft.server.origins = Some(list(value)),
        get: |draft| draft.server.origins.as_deref().map(items),
    },
    Setting {
        name: "issuers",
        kind: Kind::Text,
        help: "A JSON file of the identity providers whose tokens are taken from people.",
        set: |draft, value| draft.issuers = Some(text(value)),
        get: |draft| draft.issuers.clone().map(Value::String),
    },
    Setting {
        name: "log.format",
        kind: Kind::Text,
        help: "How the lines of docs/logs.md are written to standard error: `human` or `json`.",
        set: |draft, value| draft.log_format = text(value),
        get: |draft| Some(Value::String(draft.log_format.clone())),
    },
    Setting {
        name: "log.level",
        kind: Kind::Text,
        help: "From which level on lines are written: `error`, `warn`, `info`, `debug`, `trace` or `off`; others for single targets as in `info,ablo::http=warn`.",
        set: |draft, value| draft.log_level = text(value),
        get: |draft| Some(Value::String(draft.log_level.clone())),
    },
    Setting {
        name: "relayed",
        kind: Kind::List,
        help: "Kinds of frames that are passed on between the clients of an organization and are the application's own affair. Who reads too slowly is told the newest of each connection and kind.",
        set: |draft, value| draft.server.relayed = list(value),
        get: |draft| Some(items(&draft.server.relayed)),
    },
    Setting {
        name: "settle_marks",
        kind: Kind::Switch,
        help: "Whether clients of version 0.9.0 are made to show what others wrote over their own writes.",
        set: |draft, value| draft.server.settle_marks = value.as_bool().unwrap_or_default(),
        get: |draft| Some(Value::Boolean(draft.server.settle_marks)),
    },
    Setting {
        name: "preemption",
        kind: Kind::Switch,
        help: "Whether who may do `intent.preempt` takes over, and writes to, rows that others hold. Secret keys may; a session may only when its operations name it.",
        set: |draft, value| draft.server.preemption = value.as_bool().unwrap_or_default(),
        get: |draft| Some(Value::Boolean(draft.server.preemption)),
    },
    Setting {
        name: "lame_duck_seconds",
        kind: Kind::Seconds,
        help: "How long the server serves on, no longer ready, after it was told to stop. Told again, it ends at once with exit code 130.",
        set: |draft, value| draft.server.lame_duck = seconds(&value),
        get: |draft| Some(Value::Float(draft.server.lame_duck.as_secs_f64())),
    },
    Setting {
        name: "retention.age",
        kind: Kind::Seconds,
        help: "Deltas older than this may be trimmed off the log; who has not read them bootstraps. Kept for good when not set.",
        set: |draft, value| draft.server.retention.age = Some(seconds(&value)),
        get: |draft| draft.server.retention.age.map(|age| Value::Float(age.as_secs_f64())),
    },
    Setting {
        name: "retention.deltas",
        kind: Kind::Number,
        help: "So many of an organization's last deltas stay in the log, however old they are.",
        set: |draft, value| draft.server.retention.deltas = number(&value),
        get: |draft| Some(Value::Integer(draft.server.retention.deltas.into())),
    },
];

static QUOTAS: [Setting; 3] = quotas![
    rows "Rows an organization may keep, archived ones included: `quota_exceeded`; 0 sets no quota.",
    log_bytes
        "Bytes of an organization's log, which trimming makes smaller: `quota_exceeded`, but not for commits that only delete; 0 sets no quota.",
    claims "Claims of an organization that hold or wait: `quota_exceeded`; 0 sets no quota.",
];

static LIMITS: [Setting; 15] = limits![
    Number body_bytes "Largest body of a request: `body_too_large`.",
    Number message_bytes "Largest message of a socket: close code 1009.",
    Number operations "Most operations of a commit: `commit_too_many_operations`.",
    Number json_depth "Deepest nesting of JSON: `invalid_json`.",
    Number page "Most rows a list returns at once.",
    Number sockets_per_credential "Most sockets of a key: close code 1013.",
    Number sockets_per_organization "Most sockets of an organization: close code 1013; 0 sets no limit.",
    Number groups_per_socket "Most groups a socket hears: close code 4008, or `connection_limit_exceeded`.",
    Number commits_in_flight "Most commits of a socket that wait for their answer; more are not read until then.",
    Number requests_per_second "HTTP requests per second and key: `rate_limited`; 0 sets no limit.",
    Number organization_requests_per_second
        "HTTP requests per second and organization: `rate_limited`; 0 sets no limit.",
    Seconds write_timeout "A socket that takes this long to accept what it is sent is cut.",
    Seconds bootstrap_timeout "A bootstrap, or a long answer to a query, that is not taken whole within this time is broken off.",
    Seconds idle_ping "A socket that is silent for this long is asked whether it is there.",
    Seconds idle_timeout "A socket that is silent for this long, even when asked, is closed: close code 4000.",
];
