//! A store's file is copied: for a backup, and back again.

use std::ffi::OsString;
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ablo_schema::error::{AbloError, Code};
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::{epoch, failed, lock, upgrade};

/// How many pages are copied between two words about it.
const STEP: i32 = 1_024;
/// How long to wait for somebody who has the file to himself.
const PATIENCE: Duration = Duration::from_secs(10);

/// How far a copy has come, in pages of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyProgress {
    /// Pages that are copied.
    pub done: u64,
    /// All pages.
    pub total: u64,
}

/// Copies a store's file as it is at one moment: rows, log, claims, remembered answers, credentials and tasks. Whoever
/// has it open, in this process or another, goes on reading and writing meanwhile. Returns how many bytes the copy has.
///
/// The copy appears under its name whole or not at all, and nothing is overwritten. Whoever opens it, or what
/// [`restore_sqlite`] makes of it, begins a new [`Epoch`](crate::store::Epoch). Only the file's owner may read the copy, for
/// it holds what credentials are recognized by. This blocks: inside a runtime, call it where blocking is allowed.
///
/// # Errors
/// When `from` is not a store's file, when there is something at `to` already, and when reading, writing or checking the
/// copy fails; then there is no copy.
pub fn backup_sqlite(from: &Path, to: &Path, progress: &mut dyn FnMut(CopyProgress)) -> Result<u64, AbloError> {
    copy(from, to, progress)
}

/// Makes a store's file of a copy, which stays as it is; see [`backup_sqlite`].
///
/// # Errors
/// As for [`backup_sqlite`], and when a store has `to` open.
pub fn restore_sqlite(from: &Path, to: &Path, progress: &mut dyn FnMut(CopyProgress)) -> Result<u64, AbloError> {
    let _lock = lock(to)?;
    copy(from, to, progress)
}

fn copy(from: &Path, to: &Path, progress: &mut dyn FnMut(CopyProgress)) -> Result<u64, AbloError> {
    refuse_existing(to)?;
    let source = open_existing(from)?;
    source.busy_timeout(PATIENCE).map_err(failed)?;
    // One transaction for all of it, so that what is written meanwhile neither gets in nor starts the copy over.
    source.execute_batch("BEGIN").map_err(failed)?;
    upgrade::check_store(&source, from)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unwritable = |error: std::io::Error| {
        AbloError::new(Code::FileUnwritable, format!("`{}` cannot be written: {error}", to.display()))
    };
    let draft = tempfile::Builder::new().prefix(".ablo-").suffix(".part").tempfile_in(folder).map_err(unwritable)?;
    let draft = draft.into_temp_path();
    fill(&source, &draft, progress).map_err(failed)?;
    let bytes = std::fs::metadata(&draft).map_err(unwritable)?.len();
    draft.persist_noclobber(to).map_err(|refused| match refused.error.kind() {
        ErrorKind::AlreadyExists => exists(to),
        _ => unwritable(refused.error),
    })?;
    if cfg!(unix) {
        // So that the name survives a loss of power, as what it names does.
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(unwritable)?;
    }
    Ok(bytes)
}

/// Opens a file that has to be there.
fn open_existing(path: &Path) -> Result<Connection, AbloError> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(|error| {
        AbloError::new(Code::FileUnreadable, format!("`{}` cannot be opened: {error}", path.display()))
    })
}

/// Keeps stores from opening a store's file that none has open, until what is returned is dropped.
#[cfg(feature = "server")]
pub(crate) fn hold(path: &Path) -> Result<File, AbloError> {
    upgrade::check_store(&open_existing(path)?, path)?;
    lock(path)
}

fn fill(source: &Connection, draft: &Path, progress: &mut dyn FnMut(CopyProgress)) -> rusqlite::Result<()> {
    let mut copy = Connection::open(draft)?;
    let backup = Backup::new(source, &mut copy)?;
    loop {
        let step = backup.step(STEP)?;
        let pages = backup.progress();
        let (total, left) = (pages.pagecount.unsigned_abs(), pages.remaining.unsigned_abs());
        progress(CopyProgress { done: (total - left).into(), total: total.into() });
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            // Of the source, whose transaction has begun, and of a file that nobody else knows.
            _ => std::thread::sleep(Duration::from_millis(10)),
        }
    }
    drop(backup);
    // One file, without another beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    copy.execute(epoch::FORGET, [])?;
    let found: String = copy.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if found != "ok" {
        let damaged = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(rusqlite::Error::SqliteFailure(damaged, Some(found)));
    }
    copy.close().map_err(|(_, error)| error)
}

/// SQLite would take what lies beside a file of this name for a part of it.
fn refuse_existing(to: &Path) -> Result<(), AbloError> {
    for suffix in ["", "-wal", "-journal"] {
        let mut name = OsString::from(to);
        name.push(suffix);
        let name = PathBuf::from(name);
        if name.symlink_metadata().is_ok() {
            return Err(exists(&name));
        }
    }
    Ok(())
}

fn exists(file: &Path) -> AbloError {
    let message = format!("`{}` is there already and is not overwritten", file.display());
    AbloError::new(Code::FileUnwritable, message).detail("fix", "name another file, or move this one away first")
}
