use ablo_schema::error::{AbloError, Code};

use super::SERVER;

/// The server's own affairs.
const OWN: [Code; 3] = [Code::StoreUnavailable, Code::InternalError, Code::IdentityNetworkError];

/// What a caller is told of a failure. What is the server's own affair, such as the words of its database or of the network
/// between it and an issuer, goes into the log and not to the caller.
pub fn told(error: AbloError) -> AbloError {
    match OWN.into_iter().find(|code| error.is(*code)) {
        Some(code) => {
            tracing::error!(target: SERVER, code = code.as_str(), cause = error.message, "internal failure");
            code.into()
        }
        None => error,
    }
}
