use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use super::registry::Code;

/// What a failure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the registry's words")]
pub enum Category {
    Auth,
    Bootstrap,
    Capability,
    Claim,
    Client,
    Conflict,
    Intent,
    NotFound,
    Permission,
    RateLimit,
    Schema,
    Server,
    Tenant,
    Transport,
    Validation,
}

impl Category {
    /// The registry's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Bootstrap => "bootstrap",
            Self::Capability => "capability",
            Self::Claim => "claim",
            Self::Client => "client",
            Self::Conflict => "conflict",
            Self::Intent => "intent",
            Self::NotFound => "not_found",
            Self::Permission => "permission",
            Self::RateLimit => "rate_limit",
            Self::Schema => "schema",
            Self::Server => "server",
            Self::Tenant => "tenant",
            Self::Transport => "transport",
            Self::Validation => "validation",
        }
    }
}

/// Where a code is raised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Surface {
    /// It travels from a server.
    Wire,
    /// Only inside a client or tool.
    Client,
}

impl Surface {
    /// The registry's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wire => "wire",
            Self::Client => "client",
        }
    }
}

/// What a client does about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recovery {
    /// Fetch a fresh access credential and go on.
    AccessCredentialExpiry,
    /// The login is over; sign out.
    SessionExpiry,
    /// Stop until somebody changes the credential; do not sign out.
    AuthBlocked,
    /// The participant may not do this.
    Permission,
    /// Try again later.
    Transient,
    /// Nothing automatic helps.
    None,
}

impl Recovery {
    /// The registry's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessCredentialExpiry => "access_credential_expiry",
            Self::SessionExpiry => "session_expiry",
            Self::AuthBlocked => "auth_blocked",
            Self::Permission => "permission",
            Self::Transient => "transient",
            Self::None => "none",
        }
    }
}

/// The error class of the envelope's `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the envelope's words, without their prefix and suffix")]
pub enum ErrorType {
    Authentication,
    Permission,
    Validation,
    RateLimit,
    Idempotency,
    StaleContext,
    Claimed,
    Connection,
    Server,
    Other,
}

impl ErrorType {
    /// The envelope's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Authentication => "AbloAuthenticationError",
            Self::Permission => "AbloPermissionError",
            Self::Validation => "AbloValidationError",
            Self::RateLimit => "AbloRateLimitError",
            Self::Idempotency => "AbloIdempotencyError",
            Self::StaleContext => "AbloStaleContextError",
            Self::Claimed => "AbloClaimedError",
            Self::Connection => "AbloConnectionError",
            Self::Server => "AbloServerError",
            Self::Other => "AbloError",
        }
    }

    /// The HTTP status of a failure that has no status of its own.
    #[must_use]
    pub const fn http_status(self) -> u16 {
        match self {
            Self::Authentication => 401,
            Self::Permission => 403,
            Self::Validation => 400,
            Self::RateLimit => 429,
            Self::Idempotency | Self::StaleContext | Self::Claimed => 409,
            Self::Connection => 503,
            Self::Server | Self::Other => 500,
        }
    }
}

/// Makes [`Code`] from the table.
macro_rules! registry {
    (
        $($theirs:ident $theirs_text:literal $theirs_category:ident $theirs_status:tt $theirs_retry:tt $theirs_message:literal;)*
        --
        $($ours:ident $ours_text:literal $ours_category:ident $ours_status:tt $ours_retry:tt $ours_message:literal;)*
    ) => {
        /// Every registered code: those of the protocol, then our own. [`Code::explanation`] says more about each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $theirs_message] $theirs,)*
            $(#[doc = $ours_message] $ours,)*
        }

        impl Code {
            /// Every code, in the table's order.
            pub const ALL: &'static [Self] = &[$(Self::$theirs,)* $(Self::$ours,)*];

            /// The code's text.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$theirs => $theirs_text,)* $(Self::$ours => $ours_text,)* }
            }

            /// What it is about.
            #[must_use]
            pub const fn category(self) -> super::Category {
                match self {
                    $(Self::$theirs => super::Category::$theirs_category,)*
                    $(Self::$ours => super::Category::$ours_category,)*
                }
            }

            /// The HTTP status; `None` when the code never leaves a client.
            #[must_use]
            pub const fn http_status(self) -> Option<u16> {
                match self {
                    $(Self::$theirs => super::code::registry!(@status $theirs_status),)*
                    $(Self::$ours => super::code::registry!(@status $ours_status),)*
                }
            }

            /// Whether repeating the same request can succeed.
            #[must_use]
            pub const fn retryable(self) -> bool {
                match self {
                    $(Self::$theirs => super::code::registry!(@retry $theirs_retry),)*
                    $(Self::$ours => super::code::registry!(@retry $ours_retry),)*
                }
            }

            /// The default message: what happened, and what to do.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$theirs => $theirs_message,)* $(Self::$ours => $ours_message,)* }
            }

            /// Whether the code is ours, so that clients of the protocol do not know it.
            #[must_use]
            pub const fn is_ours(self) -> bool {
                matches!(self, $(Self::$ours)|*)
            }
        }
    };
    (@status -) => { None };
    (@status $status:literal) => { Some($status) };
    (@retry retry) => { true };
    (@retry final) => { false };
}
pub(super) use registry;

impl Code {
    /// Where it is raised.
    #[must_use]
    pub const fn surface(self) -> Surface {
        match self.http_status() {
            Some(_) => Surface::Wire,
            None => Surface::Client,
        }
    }

    /// What a client does about it.
    #[must_use]
    pub const fn recovery(self) -> Recovery {
        match self {
            Self::ApikeyExpired => Recovery::AccessCredentialExpiry,
            Self::SessionExpired | Self::JwtExpired => Recovery::SessionExpiry,
            _ if self.retryable() => Recovery::Transient,
            _ if matches!(self.http_status(), Some(403)) => Recovery::Permission,
            _ if matches!(self.category(), Category::Auth) => Recovery::AuthBlocked,
            _ => Recovery::None,
        }
    }

    /// The envelope's `type`.
    #[must_use]
    pub const fn error_type(self) -> ErrorType {
        match self {
            Self::CapabilityScopeDenied | Self::CapabilityInvalid => return ErrorType::Permission,
            Self::IntentConflict | Self::ClaimConflict | Self::EntityClaimed => return ErrorType::Claimed,
            Self::StaleContext => return ErrorType::StaleContext,
            _ => {}
        }
        match self.http_status() {
            Some(401) => ErrorType::Authentication,
            Some(403) => ErrorType::Permission,
            Some(409) => ErrorType::Idempotency,
            Some(400 | 422) => ErrorType::Validation,
            Some(429) => ErrorType::RateLimit,
            Some(500..) => ErrorType::Server,
            _ => ErrorType::Other,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not a registered code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownCode;

impl fmt::Display for UnknownCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a registered error code")
    }
}

impl std::error::Error for UnknownCode {}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(UnknownCode)
    }
}

/// A code as it travels: registered, made by a policy, or one we do not know.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// Registered.
    Known(Code),
    /// An application's conflict policy refused, for its own reason: the whole text, `policy:<reason>`.
    Policy(String),
    /// Anything else a peer sent.
    Other(String),
}

impl ErrorCode {
    /// The code of an application's own reason to refuse.
    #[must_use]
    pub fn policy(reason: &str) -> Self {
        Self::Policy(format!("policy:{reason}"))
    }

    /// The registered code, if it is one.
    #[must_use]
    pub const fn known(&self) -> Option<Code> {
        match self {
            Self::Known(code) => Some(*code),
            Self::Policy(_) | Self::Other(_) => None,
        }
    }

    /// The code's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(code) => code.as_str(),
            Self::Policy(text) | Self::Other(text) => text,
        }
    }

    /// Whether repeating the same request can succeed; unregistered codes say no.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.known().is_some_and(Code::retryable)
    }

    /// The envelope's `type`; a policy refuses a conflicting write, any other unregistered code is a plain error.
    #[must_use]
    pub fn error_type(&self) -> ErrorType {
        match self {
            Self::Known(code) => code.error_type(),
            Self::Policy(_) => ErrorType::Idempotency,
            Self::Other(_) => ErrorType::Other,
        }
    }

    /// The HTTP status to answer with.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.known().and_then(Code::http_status).unwrap_or_else(|| self.error_type().http_status())
    }

    /// What a client does about it; nothing for unregistered codes.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        self.known().map_or(Recovery::None, Code::recovery)
    }
}

impl From<Code> for ErrorCode {
    fn from(code: Code) -> Self {
        Self::Known(code)
    }
}

impl From<&str> for ErrorCode {
    fn from(text: &str) -> Self {
        match text.parse() {
            Ok(code) => Self::Known(code),
            Err(UnknownCode) if text.starts_with("policy:") => Self::Policy(text.to_owned()),
            Err(UnknownCode) => Self::Other(text.to_owned()),
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::from(text.as_str()))
    }
}
