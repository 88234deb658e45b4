use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Memory,
    Sqlite,
    /// Memory, with a million rows.
    Filled,
    /// The same in SQLite.
    FilledSqlite,
    ByHand,
}

const KINDS: [Kind; 5] = [Kind::Memory, Kind::Sqlite, Kind::Filled, Kind::FilledSqlite, Kind::ByHand];
const VARIABLE: &str = "ABLO_BENCH_SERVES";

impl Kind {
    /// What this process is to serve, if it is a server.
    pub fn asked() -> Option<Self> {
        let name = std::env::var(VARIABLE).ok()?;
        KINDS.into_iter().find(|kind| format!("{kind:?}") == name)
    }
}

/// A server process, until it is dropped.
pub struct Child {
    process: std::process::Child,
    pub addr: SocketAddr,
    pub key: String,
}

/// Says where this process serves.
pub fn announce(addr: SocketAddr, key: &str) {
    println!("{addr} {key}");
}

impl Child {
    pub fn start(kind: Kind) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .env(VARIABLE, format!("{kind:?}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let (addr, key) = line.trim().split_once(' ').unwrap();
        Self { addr: addr.parse().unwrap(), key: key.to_owned(), process }
    }

    fn proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.process.id())).unwrap()
    }

    /// Processor time so far, in microseconds; the kernel counts hundredths of a second.
    pub fn processor(&self) -> f64 {
        let stat = self.proc("stat");
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) * 10_000.0
    }

    /// `VmRSS` or `VmHWM`, in KiB.
    pub fn memory(&self, name: &str) -> f64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim_start_matches(':').trim().split(' ').next().unwrap().parse().unwrap()
    }

    /// Starts the peak over from what is in use now.
    pub fn forget_peak(&self) {
        std::fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5").unwrap();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
