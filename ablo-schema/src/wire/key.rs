use std::fmt;

use crate::error::{AbloError, Code};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// `sk`: a backend with the whole organization's authority; mints sessions.
    Secret,
    /// `rk`: an agent's session or capability.
    Restricted,
    /// `ek`: an end user's session.
    Ephemeral,
    /// `pk`: safe in a browser, long-lived, read-only.
    Publishable,
}

impl KeyKind {
    const ALL: [Self; 4] = [Self::Secret, Self::Restricted, Self::Ephemeral, Self::Publishable];

    /// The key's prefix.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "sk",
            Self::Restricted => "rk",
            Self::Ephemeral => "ek",
            Self::Publishable => "pk",
        }
    }
}

/// Which data a key reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyEnv {
    /// Real data.
    Live,
    /// Test data.
    Test,
}

impl KeyEnv {
    /// The key's middle.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }
}

/// A well-formed key: `<kind>_<env>_<body>`. Only its format; whether it is known is the server's to say.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    kind: KeyKind,
    env: KeyEnv,
    checksummed: bool,
    text: String,
}

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_LENGTH: usize = 30;
const CHECKSUM_LENGTH: usize = 6;

impl ApiKey {
    /// A new key out of 32 random bytes.
    #[must_use]
    pub fn mint(kind: KeyKind, env: KeyEnv, random: [u8; 32]) -> Self {
        let mut text = format!("{}_{}_{}", kind.as_str(), env.as_str(), base62_of(random));
        text.push_str(&checksum(&text));
        Self { kind, env, checksummed: true, text }
    }

    /// Reads a key. A body of the minted form must carry its checksum; any other body is an older, opaque key.
    ///
    /// # Errors
    /// `apikey_invalid` when it is not a key or its checksum is wrong.
    pub fn parse(text: &str) -> Result<Self, AbloError> {
        let invalid =
            |why: &str| AbloError::new(Code::ApikeyInvalid, format!("{}: {why}", Code::ApikeyInvalid.message()));
        let form = || invalid("the form is <sk|rk|ek|pk>_<live|test>_<letters and digits>");
        let (kind, rest) = text.split_once('_').ok_or_else(form)?;
        let (env, body) = rest.split_once('_').ok_or_else(form)?;
        let kind = KeyKind::ALL.into_iter().find(|known| known.as_str() == kind).ok_or_else(form)?;
        let env = [KeyEnv::Live, KeyEnv::Test].into_iter().find(|known| known.as_str() == env).ok_or_else(form)?;
        if body.is_empty() || !body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
            return Err(form());
        }
        let checksummed =
            body.len() == RANDOM_LENGTH + CHECKSUM_LENGTH && body.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if checksummed {
            let (payload, sum) = text.split_at(text.len() - CHECKSUM_LENGTH);
            if checksum(payload) != sum {
                return Err(invalid("its checksum is wrong, so it was mistyped or cut off"));
            }
        }
        Ok(Self { kind, env, checksummed, text: text.to_owned() })
    }

    /// What it is for.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Which data it reaches.
    #[must_use]
    pub fn env(&self) -> KeyEnv {
        self.env
    }

    /// Whether it carries a checksum; older keys do not.
    #[must_use]
    pub fn is_checksummed(&self) -> bool {
        self.checksummed
    }

    /// The whole key. Store only its SHA-256.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.text
    }

    /// What may be shown: the first twelve characters.
    #[must_use]
    pub fn display_prefix(&self) -> &str {
        self.text.get(..12).unwrap_or(&self.text)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({}…)", self.display_prefix())
    }
}

/// Thirty base-62 digits of a 256-bit number. 62^30 is below 2^179, so no digit is favoured noticeably.
fn base62_of(mut number: [u8; 32]) -> String {
    let digit = |_| {
        let remainder = number.iter_mut().fold(0u32, |carry, byte| {
            let value = carry * 256 + u32::from(*byte);
            *byte = (value / 62) as u8;
            value % 62
        });
        BASE62[remainder as usize] as char
    };
    (0..RANDOM_LENGTH).map(digit).collect()
}

/// The CRC-32 of a text in base 62, padded to six digits.
fn checksum(text: &str) -> String {
    let mut rest = crc32(text.as_bytes());
    let mut digits = [b'0'; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

/// The usual reflected CRC-32, bit by bit: keys are short and rare.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc: u32, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    })
}
