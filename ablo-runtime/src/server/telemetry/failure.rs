use ablo_schema::error::{AbloError, Code};

use super::SERVER;

/// What a caller is told of a failure. What is the server's own affair, such as its database's words, goes into the log
/// and not to the caller.
pub fn told(error: AbloError) -> AbloError {
    match [Code::StoreUnavailable, Code::InternalError].into_iter().find(|code| error.is(*code)) {
        Some(code) => {
            tracing::error!(target: SERVER, code = code.as_str(), cause = error.message, "internal failure");
            code.into()
        }
        None => error,
    }
}
