use std::process::ExitCode;

/// What a command's exit code says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done, and nothing is left to do.
    Ok = 0,
    /// It was tried and failed.
    Failed = 1,
    /// The command was used wrongly.
    Usage = 2,
    /// There are differences, or work is pending.
    Pending = 3,
    /// Refused, because it may lose data or fail on live rows.
    Unsafe = 4,
    /// The server or database cannot be reached.
    Unreachable = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
