//! A line on the terminal for work that takes longer than a second.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long work may take before anything is said.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(200);
/// Back to the start of the line, and the line emptied.
const CLEAR: &str = "\r\x1b[K";

/// Says what is going on until it is dropped, when standard error is a terminal.
pub(super) struct Progress {
    /// Held while something is written.
    line: Arc<Mutex<Line>>,
    ticking: Option<(Sender<()>, JoinHandle<()>)>,
}

struct Line {
    what: String,
    is_shown: bool,
}

impl Progress {
    pub fn start(what: &str) -> Self {
        let line = Arc::new(Mutex::new(Line { what: what.to_owned(), is_shown: false }));
        let is_watched = io::stderr().is_terminal();
        let ticking = is_watched.then(|| {
            let (stop, stopped) = mpsc::channel();
            let line = Arc::clone(&line);
            let start = Instant::now();
            let tick = move || {
                let mut wait = PATIENCE;
                while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                    let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
                    line.is_shown = true;
                    say(&format!("{CLEAR}{} ({} s)", line.what, start.elapsed().as_secs()));
                    wait = TICK;
                }
            };
            (stop, std::thread::spawn(tick))
        });
        Self { line, ticking }
    }

    /// Says something else from now on.
    pub fn set(&self, what: String) {
        self.line.lock().unwrap_or_else(PoisonError::into_inner).what = what;
    }

    /// Writes something else, with the line out of the way.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut line.is_shown) {
            say(CLEAR);
        }
        write()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.ticking.take() {
            drop(stop);
            // It panics only with the terminal.
            let _ = thread.join();
        }
        self.aside(|| {});
    }
}

/// A terminal that is gone needs no progress.
fn say(text: &str) {
    let mut stream = io::stderr().lock();
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}
