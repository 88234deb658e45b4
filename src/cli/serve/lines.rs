use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

/// So many lines may wait; more are dropped.
const WAITING: usize = 8_192;
/// How long what waits at the end may take.
const PARTING: Duration = Duration::from_millis(500);

/// Lines on their way to standard error, which a thread of their own writes.
///
/// Whoever started the server may have left it a pipe that nobody reads. Once that is full, writing waits, and with it
/// would every request.
#[derive(Clone, Debug)]
pub(super) struct Lines(SyncSender<Item>);

#[derive(Debug)]
enum Item {
    Line(Vec<u8>),
    /// To be answered when everything before it is written.
    Mark(SyncSender<()>),
}

impl Lines {
    /// Starts the thread.
    pub fn start() -> io::Result<Self> {
        let (lines, items) = sync_channel(WAITING);
        thread::Builder::new().name("ablo-log".to_owned()).spawn(move || {
            for item in items {
                match item {
                    Item::Line(line) => drop(io::stderr().write_all(&line)),
                    Item::Mark(written) => drop(written.try_send(())),
                }
            }
        })?;
        Ok(Self(lines))
    }

    /// Waits a moment for what has not been written yet.
    pub fn finish(&self) {
        let (mark, written) = sync_channel(1);
        if self.0.try_send(Item::Mark(mark)).is_ok() {
            let _ = written.recv_timeout(PARTING);
        }
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = self.0.try_send(Item::Line(line.to_vec()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
