//! Brings a file that was made with another schema to this one. The file remembers the schema it was made with; what
//! leads from there to here runs in one transaction, or not at all.

use std::path::Path;

use ablo_schema::error::{AbloError, Code, Problem};
use ablo_schema::ir::{SchemaDef, ValidSchema};
use ablo_schema::migrate::{Changes, Diff, Finding, FindingCode, Hints, Step, diff, migrate};
use ablo_schema::sql::{Options, Plan, Statement, Unless, control_plane, provision};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};

use super::failed;
use super::tables::quote;

/// The form of the runtime's own tables; a file of another one is refused.
const FORMAT: i64 = 2;

/// Where the file keeps the schema it was made with.
const META: &str =
    "CREATE TABLE IF NOT EXISTS ablo_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID";

/// How a file that was made with another schema is brought to this one. Opening a store does what loses and blocks
/// nothing; this may do more.
#[derive(Clone, Debug, Default)]
pub struct SqliteUpgrade {
    /// What the schemas cannot say by themselves.
    pub hints: Hints,
    /// What may be lost, or may fail on rows that exist.
    pub allowed: Vec<FindingCode>,
}

impl SqliteUpgrade {
    /// Upgrades a file that nobody has open, and gives the steps that were taken.
    ///
    /// # Errors
    /// When the file cannot be opened or locked, when something is at stake that is not allowed, and when a statement
    /// fails; the file is then as it was.
    pub fn run(&self, path: &Path, schema: &ValidSchema) -> Result<Vec<Step>, AbloError> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(failed)?;
        let _lock = super::lock(path)?;
        check_store(&connection, path)?;
        self.apply(&connection, path, schema)
    }

    /// The same on a connection to the file.
    pub(super) fn apply(
        &self,
        connection: &Connection,
        path: &Path,
        schema: &ValidSchema,
    ) -> Result<Vec<Step>, AbloError> {
        check_format(connection)?;
        let options = Options::sqlite().for_runtime();
        let artifact = schema.to_artifact_extended();
        let stored = stored(connection)?;
        let previous = stored.as_deref().map(SchemaDef::from_artifact).transpose()?;
        let (plan, diff) = match &previous {
            None => (provision(schema, &options), Diff::default()),
            Some(_) if stored.as_deref() == Some(&artifact) => (provision(schema, &options), Diff::default()),
            Some(previous) => {
                let diff = diff(Some(previous), schema, &self.hints)?;
                self.refuse(connection, path, previous, &diff)?;
                (migrate(Some(previous), schema, &diff, &options).up, diff)
            }
        };
        run_all(connection, plan.before())?;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(failed)?;
        let done = in_transaction(connection, &plan, &options).and_then(|()| {
            if let Some(previous) = &previous {
                settle(connection, previous, schema, &diff).map_err(failed)?;
            }
            let sql = "INSERT INTO ablo_meta (key, value) VALUES ('schema', ?1) ON CONFLICT DO UPDATE SET value = ?1";
            connection.execute(sql, [&artifact]).map_err(failed)?;
            connection.execute_batch(&format!("PRAGMA user_version = {FORMAT}; COMMIT")).map_err(failed)
        });
        if done.is_err() && !connection.is_autocommit() {
            // The failure is the one to tell; a transaction that cannot be rolled back goes with the connection.
            let _ = connection.execute_batch("ROLLBACK");
        }
        done?;
        run_all(connection, plan.afterwards())?;
        Ok(diff.steps)
    }

    /// Refuses what is at stake for rows that exist, unless it is allowed.
    fn refuse(&self, connection: &Connection, path: &Path, previous: &SchemaDef, diff: &Diff) -> Result<(), AbloError> {
        let mut refused: Vec<&Finding> = Vec::new();
        for finding in diff.warnings.iter().chain(&diff.unexecutable) {
            if !self.allowed.contains(&finding.code) && has_rows(connection, previous, diff, finding).map_err(failed)? {
                refused.push(finding);
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        let problem = |finding: &&Finding| {
            let way_out = if finding.code.is_blocker() {
                format!(
                    "make it optional, give it a default, or pass `--backfill {}=VALUE` to `ablo db upgrade`",
                    finding.place()
                )
            } else {
                "say what it was renamed to with `renamed_from`, or allow it to `ablo db upgrade`".to_owned()
            };
            Problem::new(finding.code.as_str(), finding.place(), format!("{}; {way_out}", finding.code.stake()))
        };
        // Where rows have no value at all, allowing it would only fail later.
        let (valueless, others): (Vec<&Finding>, _) =
            refused.iter().partition(|finding| finding.code == FindingCode::RequiredFieldAdded);
        let mut flags: Vec<String> = others.iter().map(|finding: &&Finding| finding.code.flag()).collect();
        flags.sort_unstable();
        flags.dedup();
        let mut arguments = String::new();
        if !flags.is_empty() {
            arguments = format!(" --allow={}", flags.join(","));
        }
        for finding in valueless {
            arguments += &format!(" --backfill {}=VALUE", finding.place());
        }
        let message = format!(
            "`{}` was made with another schema, and rows in it are at stake; nothing was changed",
            path.display()
        );
        let fix = format!(
            "make each safe as told, or back the file up and run `ablo db upgrade {} --schema SCHEMA.json{arguments}`",
            path.display(),
        );
        let mut parts = AbloError::new(Code::MigrationUnsafe, message).detail("fix", fix).into_parts();
        parts.problems = refused.iter().map(problem).collect();
        Err(parts.into())
    }
}

/// Refuses a file that is not a store's, or one of another format.
pub(super) fn check_store(connection: &Connection, path: &Path) -> Result<(), AbloError> {
    if stored(connection)?.is_none() {
        let message = format!("`{}` holds no store that says which schema it was made with", path.display());
        return Err(AbloError::new(Code::ArgumentInvalid, message));
    }
    check_format(connection)
}

fn check_format(connection: &Connection) -> Result<(), AbloError> {
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(failed)?;
    // A new file says 0.
    if version == FORMAT || version == 0 {
        return Ok(());
    }
    let message = format!(
        "the file has format {version}, this program reads format {FORMAT}; open it with the version of ablo that wrote \
         it, or begin a new file"
    );
    Err(AbloError::new(Code::StoreVersionUnsupported, message))
}

/// The artifact of the schema the file was made with.
fn stored(connection: &Connection) -> Result<Option<String>, AbloError> {
    let exists = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'ablo_meta')";
    if !connection.query_row(exists, [], |row| row.get::<_, bool>(0)).map_err(failed)? {
        return Ok(None);
    }
    let sql = "SELECT value FROM ablo_meta WHERE key = 'schema'";
    connection.query_row(sql, [], |row| row.get(0)).optional().map_err(failed)
}

/// Whether the table of a finding has a row that could lose or lack something.
fn has_rows(connection: &Connection, previous: &SchemaDef, diff: &Diff, finding: &Finding) -> rusqlite::Result<bool> {
    let key = diff.hints.old_key(&finding.model);
    let Some(model) = previous.models.get(key) else { return Ok(false) };
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {})", quote(model.table(key)));
    connection.query_row(&sql, [], |row| row.get(0))
}

fn in_transaction(connection: &Connection, plan: &Plan, options: &Options) -> Result<(), AbloError> {
    run_all(connection, plan.transactional())?;
    run_all(connection, control_plane(options).transactional())?;
    connection.execute_batch(META).map_err(failed)
}

fn run_all<'a>(connection: &Connection, statements: impl Iterator<Item = &'a Statement>) -> Result<(), AbloError> {
    for statement in statements {
        let is_there = match &statement.unless {
            Some(Unless::Column { table, column }) => {
                let sql = "SELECT EXISTS (SELECT 1 FROM pragma_table_info(?1) WHERE name = ?2)";
                connection.query_row(sql, params![table, column], |row| row.get(0)).map_err(failed)?
            }
            None => false,
        };
        if !is_there {
            connection.execute_batch(&statement.text).map_err(|error| statement_failed(statement, &error))?;
        }
    }
    Ok(())
}

fn statement_failed(statement: &Statement, error: &rusqlite::Error) -> AbloError {
    AbloError::new(Code::MigrationStatementFailed, format!("{error}; nothing was changed\n    {}", statement.text))
        .detail("statement", &statement.text)
        .detail("fix", "mend the rows it stumbles over with the program they were written by, then open the file again")
}

/// Brings claims and the log along. What replicas hold, and what the log says, is of the old shape: where that is not
/// also one of the new schema, the log is trimmed, so that replicas read everything anew.
fn settle(connection: &Connection, previous: &SchemaDef, schema: &ValidSchema, diff: &Diff) -> rusqlite::Result<()> {
    let mut reshaped = diff.steps.iter().any(|step| !fits_replicas(step, &diff.hints));
    let mut retyped = Vec::new();
    for model in schema.models() {
        let key = diff.hints.old_key(model.key());
        let before = previous.models.get(key).map(|before| &before.typename);
        let after = &model.def().typename;
        retyped.extend(before.filter(|before| *before != after).map(|before| (before, after)));
    }
    reshaped |= !retyped.is_empty();
    for (before, after) in retyped {
        // Set aside first, for names may change places.
        let sql = "UPDATE ablo_claims SET model_name = '>' || ?2 WHERE model_name = ?1";
        connection.execute(sql, [before, after])?;
    }
    connection.execute_batch("UPDATE ablo_claims SET model_name = substr(model_name, 2) WHERE model_name GLOB '>*'")?;
    if reshaped {
        // One further than anybody has read, so that also those who have read everything begin anew.
        connection
            .execute_batch("UPDATE ablo_heads SET head = head + 1, trimmed = head + 1; DELETE FROM ablo_deltas")?;
    }
    Ok(())
}

/// Whether rows and deltas from before a step are ones of the schema after it.
fn fits_replicas(step: &Step, hints: &Hints) -> bool {
    match step {
        Step::CreateModel { .. } => true,
        Step::AddField { model, field, meta } => {
            let is_filled = hints.backfills.iter().any(|filled| filled.model == *model && filled.field == *field);
            meta.is_optional && meta.default.is_none() && !is_filled
        }
        Step::AlterModel { tenancy, plane, .. } => tenancy.is_none() && plane.is_none(),
        Step::AlterField { changes, .. } => {
            let Changes { ty, nullability, enum_values, number, .. } = changes;
            let is_narrower = nullability.as_ref().is_some_and(|change| !change.to)
                || enum_values.as_ref().is_some_and(|(_, removed)| !removed.is_empty());
            ty.is_none() && number.is_none() && !is_narrower
        }
        Step::RenameModel { .. } | Step::RenameField { .. } | Step::DropField { .. } | Step::DropModel { .. } => false,
    }
}
