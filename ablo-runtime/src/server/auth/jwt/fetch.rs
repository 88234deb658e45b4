use std::fmt;
use std::time::Duration;

use ablo_schema::error::{AbloError, Code};

/// Gets an issuer's keys. It may block: it is called where that disturbs nobody.
pub trait FetchKeys: Send + Sync + fmt::Debug + 'static {
    /// The text at an address.
    ///
    /// # Errors
    /// When there is none to be had.
    fn fetch(&self, url: &str) -> Result<String, AbloError>;
}

/// How long an issuer may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Longest answer, in bytes.
const LONGEST: u64 = 256 << 10;

/// Gets keys over HTTPS. Redirects are not followed: the configuration says where keys are.
#[derive(Clone, Copy, Debug, Default)]
pub struct HttpKeys;

impl FetchKeys for HttpKeys {
    fn fetch(&self, url: &str) -> Result<String, AbloError> {
        let failed = |why: &dyn fmt::Display| {
            AbloError::new(Code::IdentityNetworkError, format!("The keys of the issuer cannot be fetched: {why}."))
        };
        if !is_private_enough(url) {
            return Err(failed(&"their address does not begin with `https://`"));
        }
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0);
        // What is on this machine is reached directly.
        let config = if url.starts_with("http://") { config.proxy(None) } else { config };
        let agent: ureq::Agent = config.max_redirects_will_error(false).build().into();
        let mut answer = agent.get(url).call().map_err(|error| failed(&error))?;
        if answer.status() != 200 {
            return Err(failed(&answer.status()));
        }
        answer.body_mut().with_config().limit(LONGEST).read_to_string().map_err(|error| failed(&error))
    }
}

/// Whether nobody on the way can change what is fetched: HTTPS, or this very machine.
pub(super) fn is_private_enough(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return url.starts_with("https://") };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    ["127.0.0.1", "localhost", "[::1]"].contains(&host)
}
