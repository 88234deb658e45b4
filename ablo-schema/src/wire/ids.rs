use std::{fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::error::{AbloError, Code};

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl From<u64> for $name {
            fn from(number: u64) -> Self {
                Self(number)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

/// What the name of an organization's test data has after its own.
const TEST: &str = "#test";

impl OrganizationId {
    /// The organization's test data: a space of its own, next to what is live.
    #[must_use]
    pub fn test_space(&self) -> Self {
        Self(format!("{}{TEST}", self.name()).into())
    }

    /// Its name, as everyone sees it, in either space.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.strip_suffix(TEST).unwrap_or(&self.0)
    }

    /// Whether this can be the name of an organization: `#` sets spaces apart.
    #[must_use]
    pub fn is_name(text: &str) -> bool {
        !text.is_empty() && !text.chars().any(|c| c == '#' || c.is_control())
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text.into())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }
    )*};
}

numbers! {
    /// The position of a delta in its organization's log. Zero is before the first.
    SyncId;
    /// Grows with every grant of a row's lease; a write under an older one is refused.
    FencingToken;
}

texts! {
    /// An organization: whose log a row belongs to.
    OrganizationId;
    /// A person, agent or system that acts.
    ParticipantId;
    /// A claim, also called intent or lease. Made by the claimant.
    ClaimId;
    /// One attempt to commit; a repeat gets the first answer.
    ClientTxId;
    /// What the server calls a commit.
    ServerTxId;
    /// Chosen by the caller so that a repeated request is one request.
    IdempotencyKey;
    /// One write of a client; its delta carries it back.
    TransactionId;
    /// A minted credential.
    CapabilityId;
    /// A task or turn of an agent.
    TaskId;
    /// An opaque position to resume from.
    Cursor;
}

/// A sync group, `kind:id` or `default`: who sees a row, and who hears of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Group(Arc<str>);

impl Group {
    /// The legacy group without a kind.
    const DEFAULT: &'static str = "default";

    /// The group of a kind and an id.
    ///
    /// # Errors
    /// When the kind does not match `^[a-z][a-z0-9_]*$` or the id is empty.
    pub fn new(kind: &str, id: &str) -> Result<Self, AbloError> {
        match is_group_kind(kind) && !id.is_empty() {
            true => Ok(Self([kind, ":", id].concat().into())),
            false => Self::parse(&format!("{kind}:{id}")),
        }
    }

    /// The group this text names.
    ///
    /// # Errors
    /// When it is neither `kind:id` nor `default`.
    pub fn parse(text: &str) -> Result<Self, AbloError> {
        Self::named(text).ok_or_else(|| {
            AbloError::new(
                Code::InvalidGroup,
                format!(
                    "`{text}` is not a sync group; write `kind:id`, the kind in lower case, for example `team:t_1`"
                ),
            )
        })
    }

    /// The same for those who pass over what is not a group, without an error to build.
    pub(super) fn named(text: &str) -> Option<Self> {
        let is_valid = text == Self::DEFAULT
            || text.split_once(':').is_some_and(|(kind, id)| is_group_kind(kind) && !id.is_empty());
        is_valid.then(|| Self(text.into()))
    }

    /// The whole text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part before the first colon; `None` for `default`.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.0.split_once(':').map(|(kind, _)| kind)
    }

    /// The part after the first colon; `None` for `default`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.0.split_once(':').map(|(_, id)| id)
    }

    /// The groups among these texts; a client may ask for anything, and what is not a group is no group of ours.
    pub fn among<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Self> {
        texts.into_iter().filter_map(Self::named).collect()
    }
}

/// Whether a text may be the kind of a group: `^[a-z][a-z0-9_]*$`.
#[must_use]
pub fn is_group_kind(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

impl AsRef<str> for Group {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Group {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for Group {
    type Err = AbloError;

    fn from_str(text: &str) -> Result<Self, AbloError> {
        Self::parse(text)
    }
}

impl Serialize for Group {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Group {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(|error| D::Error::custom(&error.message))
    }
}
