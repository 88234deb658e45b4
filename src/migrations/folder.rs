use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ablo_schema::error::{AbloError, Code, Problem};

use super::Snapshot;

/// What a file starts with when its statement cannot run inside a transaction.
pub const NO_TRANSACTION: &str = "-- no-transaction";

/// The folder below the migrations that keeps snapshots.
pub(super) const META: &str = "meta";

/// One step of the database: its statements up and, where there is a way, down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// The number that orders it: fourteen digits of UTC time.
    pub version: i64,
    /// The words after the number.
    pub name: String,
    /// The statements that apply it.
    pub up: String,
    /// The statements that take it back.
    pub down: Option<String>,
}

impl Migration {
    /// Its file name, without the ending.
    #[must_use]
    pub fn stem(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }

    /// Whether it runs inside one transaction.
    #[must_use]
    pub fn is_transactional(&self) -> bool {
        is_transactional(&self.up)
    }

    /// The name of the file that applies it.
    #[must_use]
    pub fn up_file(&self) -> String {
        self.stem() + ".up.sql"
    }

    /// The name of the file that takes it back.
    #[must_use]
    pub fn down_file(&self) -> String {
        self.stem() + ".down.sql"
    }
}

/// Whether the statements of a file run inside one transaction.
pub(super) fn is_transactional(sql: &str) -> bool {
    !sql.starts_with(NO_TRANSACTION)
}

/// A migrations folder as read.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Its migrations, oldest first.
    pub migrations: Vec<Migration>,
    /// Its snapshots, oldest first.
    pub snapshots: Vec<Snapshot>,
}

impl Folder {
    /// Reads a folder. One that does not exist has no migrations.
    ///
    /// # Errors
    /// Every misnamed, doubled or unreadable file at once.
    pub fn read(path: impl Into<PathBuf>) -> Result<Self, AbloError> {
        let path = path.into();
        let mut problems = Vec::new();
        let migrations = read_migrations(&path, &mut problems);
        let snapshots = read_snapshots(&path.join(META), &mut problems);
        AbloError::check(problems)?;
        Ok(Self { path, migrations, snapshots })
    }

    /// The snapshot that no other one follows: where the folder leads. `None` in a folder without snapshots.
    ///
    /// # Errors
    /// When two branches made a change each, or a snapshot follows one that is not here.
    pub fn head(&self) -> Result<Option<&Snapshot>, AbloError> {
        for snapshot in &self.snapshots {
            let Some(parent) = &snapshot.parent else { continue };
            if !self.snapshots.iter().any(|other| other.hash == *parent) {
                return Err(AbloError::new(
                    Code::MigrationHeads,
                    format!("{} follows a change ({parent}) whose snapshot is not in the folder", snapshot.stem()),
                )
                .detail(
                    "fix",
                    "restore the missing file under `meta/`, or make the change again with `ablo migrate new`",
                ));
            }
        }
        let followed: BTreeSet<&str> =
            self.snapshots.iter().filter_map(|snapshot| snapshot.parent.as_deref()).collect();
        let heads: Vec<&Snapshot> =
            self.snapshots.iter().filter(|snapshot| !followed.contains(snapshot.hash.as_str())).collect();
        match heads.as_slice() {
            [] => Ok(None),
            [head] => Ok(Some(head)),
            [.., last] => {
                let names: Vec<String> = heads.iter().map(|head| head.stem()).collect();
                Err(AbloError::new(
                    Code::MigrationHeads,
                    format!("{} heads, made on two branches: {}", heads.len(), names.join(", ")),
                )
                .detail(
                    "fix",
                    format!("remove the files of {} and make that change again with `ablo migrate new`", last.stem()),
                ))
            }
        }
    }

    /// Whether nothing was ever migrated here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.migrations.is_empty() && self.snapshots.is_empty()
    }

    /// The newest version of the folder; 0 when it is empty.
    #[must_use]
    pub fn newest(&self) -> i64 {
        let migration = self.migrations.last().map_or(0, |migration| migration.version);
        self.snapshots.last().map_or(0, |snapshot| snapshot.version).max(migration)
    }
}

#[derive(Default)]
struct Pair {
    up: Option<String>,
    down: Option<String>,
}

fn read_migrations(path: &Path, problems: &mut Vec<Problem>) -> Vec<Migration> {
    let mut pairs: BTreeMap<i64, (String, Pair)> = BTreeMap::new();
    for file in files(path, "sql", problems) {
        let name = file_name(&file);
        let Some((version, slug, down)) = parse_name(&name) else {
            problems.push(invalid(
                &name,
                "not named `<version>_<name>.up.sql`, `.down.sql` or `.sql`; rename or remove it",
            ));
            continue;
        };
        let Some(text) = read(&file, problems) else { continue };
        let (known, pair) = pairs.entry(version).or_insert_with(|| (slug.clone(), Pair::default()));
        let place = if down { &mut pair.down } else { &mut pair.up };
        if *known != slug || place.is_some() {
            problems.push(invalid(
                &name,
                &format!("version {version} is used twice; give one of the files another number"),
            ));
        } else {
            *place = Some(text);
        }
    }
    let mut migrations = Vec::new();
    for (version, (name, pair)) in pairs {
        match pair.up {
            Some(up) => migrations.push(Migration { version, name, up, down: pair.down }),
            None => problems.push(invalid(&format!("{version}_{name}.down.sql"), "has no `.up.sql` beside it")),
        }
    }
    migrations
}

fn read_snapshots(path: &Path, problems: &mut Vec<Problem>) -> Vec<Snapshot> {
    let mut snapshots = Vec::new();
    for file in files(path, "json", problems) {
        let Some(text) = read(&file, problems) else { continue };
        match Snapshot::from_json(&text) {
            Ok(snapshot) => snapshots.push(snapshot),
            Err(error) => problems.push(invalid(&format!("{META}/{}", file_name(&file)), &error.message)),
        }
    }
    snapshots.sort_by_key(|snapshot| snapshot.version);
    snapshots
}

/// The files of a folder with this ending, by name. A folder that does not exist has none.
fn files(path: &Path, ending: &str, problems: &mut Vec<Problem>) -> Vec<PathBuf> {
    if !path.exists() {
        return Vec::new();
    }
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(invalid(&path.display().to_string(), &format!("cannot be read: {error}")));
            return Vec::new();
        }
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.is_file() && file.extension().is_some_and(|extension| extension == ending))
        .collect();
    files.sort();
    files
}

fn read(file: &Path, problems: &mut Vec<Problem>) -> Option<String> {
    fs::read_to_string(file)
        .map_err(|error| problems.push(invalid(&file_name(file), &format!("cannot be read: {error}"))))
        .ok()
}

fn file_name(file: &Path) -> String {
    file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Version, name, and whether the file is the way down.
fn parse_name(file: &str) -> Option<(i64, String, bool)> {
    let stem = file.strip_suffix(".sql")?;
    let (stem, down) = match stem.strip_suffix(".down") {
        Some(stem) => (stem, true),
        None => (stem.strip_suffix(".up").unwrap_or(stem), false),
    };
    let (version, name) = stem.split_once('_')?;
    let digits = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    Some((version.parse().ok().filter(|_| digits && !name.is_empty())?, name.to_owned(), down))
}

fn invalid(path: &str, message: &str) -> Problem {
    Problem::new(Code::MigrationFolderInvalid, path, message)
}
