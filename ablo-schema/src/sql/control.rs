//! The runtime's own tables.

use super::{Cause, Dialect, Lock, Options, Plan, Statement, ident, text::one_of};

/// Columns, as name, PostgreSQL type, SQLite type and constraint.
type Columns = &'static [(&'static str, Kind, &'static str)];

/// What a column of the runtime holds.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// One of these.
    Word(&'static [&'static str]),
    Integer,
    Time,
    Json,
    Texts,
}

impl Kind {
    fn name(self, dialect: Dialect) -> &'static str {
        match (dialect, self) {
            (_, Self::Text | Self::Word(_)) => "TEXT",
            (Dialect::Postgres, Self::Integer) => "BIGINT",
            (Dialect::Sqlite, Self::Integer) => "INTEGER",
            (Dialect::Postgres, Self::Time) => "TIMESTAMPTZ",
            (Dialect::Postgres, Self::Json) => "JSONB",
            (Dialect::Postgres, Self::Texts) => "TEXT[]",
            (Dialect::Sqlite, Self::Time | Self::Json | Self::Texts) => "TEXT",
        }
    }
}

const PARTICIPANTS: &[&str] = &["user", "agent", "system"];

/// A table of the runtime.
struct Own {
    name: &'static str,
    columns: Columns,
    key: &'static [&'static str],
    indexes: &'static [&'static [&'static str]],
}

/// The log comes first: one row per delta, in its three slices.
const TABLES: &[Own] = &[
    Own {
        name: "ablo_heads",
        columns: &[
            ("organization_id", Kind::Text, "NOT NULL"),
            ("head", Kind::Integer, "NOT NULL DEFAULT 0"),
            ("trimmed", Kind::Integer, "NOT NULL DEFAULT 0"),
        ],
        key: &["organization_id"],
        indexes: &[],
    },
    Own {
        name: "ablo_deltas",
        columns: &[
            ("organization_id", Kind::Text, "NOT NULL"),
            ("id", Kind::Integer, "NOT NULL"),
            ("action_type", Kind::Text, "NOT NULL"),
            ("model_name", Kind::Text, "NOT NULL"),
            ("model_id", Kind::Text, "NOT NULL"),
            ("data", Kind::Json, ""),
            ("previous_data", Kind::Json, ""),
            ("sync_groups", Kind::Texts, ""),
            ("created_at", Kind::Time, "NOT NULL"),
            ("transaction_id", Kind::Text, ""),
            ("created_by", Kind::Text, ""),
            ("actor_id", Kind::Text, ""),
            ("actor_kind", Kind::Word(PARTICIPANTS), ""),
            ("on_behalf_of_id", Kind::Text, ""),
            ("on_behalf_of_kind", Kind::Word(PARTICIPANTS), ""),
            ("capability_id", Kind::Text, ""),
            (
                "confirmation_state",
                Kind::Word(&["auto", "previewed", "approved", "required_human_approval", "auto_historical"]),
                "",
            ),
            ("backfill_provenance", Kind::Word(&["exact", "inferred", "unknown"]), ""),
            ("caused_by_task_id", Kind::Text, ""),
            // The row's previous delta: a row's history is found by following these, without an index to keep.
            ("previous_id", Kind::Integer, "NOT NULL"),
            ("hidden_from", Kind::Texts, ""),
            ("only_for", Kind::Text, ""),
        ],
        key: &["organization_id", "id"],
        indexes: &[],
    },
    Own {
        name: "ablo_claims",
        columns: &[
            ("organization_id", Kind::Text, "NOT NULL"),
            ("model_name", Kind::Text, "NOT NULL"),
            ("model_id", Kind::Text, "NOT NULL"),
            ("state", Kind::Json, "NOT NULL"),
            ("due_at", Kind::Time, ""),
        ],
        key: &["organization_id", "model_name", "model_id"],
        indexes: &[&["organization_id", "due_at"]],
    },
    Own {
        name: "ablo_idempotency",
        columns: &[
            ("organization_id", Kind::Text, "NOT NULL"),
            ("scope", Kind::Text, "NOT NULL"),
            ("key", Kind::Text, "NOT NULL"),
            ("request_hash", Kind::Text, "NOT NULL"),
            ("receipt", Kind::Json, "NOT NULL"),
            ("created_at", Kind::Time, "NOT NULL"),
        ],
        // The keys that clients make rise with time: the answers of many participants follow each other.
        key: &["organization_id", "key", "scope"],
        // Old answers are looked for rarely, new ones are written with every commit.
        indexes: &[],
    },
    Own {
        name: "ablo_capabilities",
        columns: &[
            ("organization_id", Kind::Text, "NOT NULL"),
            ("id", Kind::Text, "NOT NULL"),
            ("token_hash", Kind::Text, "NOT NULL UNIQUE"),
            ("participant_kind", Kind::Word(PARTICIPANTS), "NOT NULL"),
            ("participant_id", Kind::Text, "NOT NULL"),
            ("label", Kind::Text, ""),
            ("operations", Kind::Texts, ""),
            ("sync_groups", Kind::Texts, ""),
            ("user_meta", Kind::Json, ""),
            ("issued_at", Kind::Time, "NOT NULL"),
            ("expires_at", Kind::Time, ""),
            ("revoked_at", Kind::Time, ""),
            ("last_used_at", Kind::Time, ""),
        ],
        key: &["organization_id", "id"],
        indexes: &[],
    },
];

/// The statements that give a runtime its own tables: the log, its heads, claims, remembered answers, capabilities.
///
/// They belong in the runtime's database; an application's holds none of them.
#[must_use]
pub fn control_plane(options: &Options) -> Plan {
    let mut plan = Plan::default();
    let prefix = match options.dialect {
        Dialect::Postgres => format!("{}.", ident(&options.target)),
        Dialect::Sqlite => String::new(),
    };
    if options.dialect == Dialect::Postgres && options.target != "public" {
        plan.push(super::Postgres { target: &options.target, online: false }.create_schema());
    }
    for table in TABLES {
        let mut lines: Vec<String> = table
            .columns
            .iter()
            .map(|(name, kind, constraint)| {
                let check = match kind {
                    Kind::Word(words) => format!("CHECK ({})", one_of(options.dialect, name, words)),
                    _ => String::new(),
                };
                let parts = [&ident(name), kind.name(options.dialect), constraint, &check];
                format!("  {}", parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "))
            })
            .collect();
        lines.push(format!("  PRIMARY KEY ({})", list(table.key)));
        let strict = if options.dialect == Dialect::Sqlite { " STRICT, WITHOUT ROWID" } else { "" };
        let name = ident(table.name);
        let text = format!("CREATE TABLE IF NOT EXISTS {prefix}{name} (\n{}\n){strict};", lines.join(",\n"));
        plan.push(Statement::new(text, Lock::None, Cause::default()));
        for columns in table.indexes {
            let index = ident(&super::names::index(table.name, &columns.join("_")));
            let text = format!("CREATE INDEX IF NOT EXISTS {index} ON {prefix}{name} ({});", list(columns));
            plan.push(Statement::new(text, Lock::Share, Cause::default()));
        }
    }
    plan
}

fn list(names: &[&str]) -> String {
    names.iter().map(|name| ident(name)).collect::<Vec<_>>().join(", ")
}
