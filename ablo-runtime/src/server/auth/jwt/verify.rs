use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ablo_schema::error::{AbloError, Code};
use ablo_schema::time::Timestamp;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{DecodingKey, Validation, dangerous, decode, decode_header};
use serde_json::{Map, Value};

use super::super::Mint;
use super::claims;
use super::fetch::FetchKeys;
use super::issuer::{IssuerKeys, TrustedIssuer};
use super::ring::{Ring, read_keys};

/// Longest token, in bytes.
const LONGEST: usize = 16 << 10;

/// Every issuer that is trusted, and its keys.
pub struct Issuers {
    known: Vec<Known>,
    fetch: Arc<dyn FetchKeys>,
}

struct Known {
    settings: TrustedIssuer,
    ring: Mutex<Ring>,
    /// Held while its keys are asked for.
    asking: tokio::sync::Mutex<()>,
}

impl fmt::Debug for Issuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.known.iter().map(|known| &known.settings.issuer);
        f.debug_list().entries(names).finish()
    }
}

impl Issuers {
    /// Trusts these and nobody else.
    #[must_use]
    pub fn new(issuers: &[TrustedIssuer], fetch: Arc<dyn FetchKeys>) -> Self {
        // Another crate of the same build may bring a second one, and then the library does not choose by itself.
        let _ = jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER.install_default();
        let known = issuers.iter().map(|settings| {
            let ring = match &settings.keys {
                IssuerKeys::Inline(text) => Ring::fixed(read_keys(text).unwrap_or_default()),
                IssuerKeys::Url(_) => Ring::default(),
            };
            Known { settings: settings.clone(), ring: Mutex::new(ring), asking: tokio::sync::Mutex::default() }
        });
        Self { known: known.collect(), fetch }
    }

    /// Whether a credential is to be judged here: keys have no dots.
    #[must_use]
    pub fn judges(&self, token: &str) -> bool {
        !self.known.is_empty() && token.contains('.')
    }

    /// Who a token speaks for at this time.
    ///
    /// # Errors
    /// A `jwt_` code that says why it does not work.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Mint, AbloError> {
        let malformed = || AbloError::from(Code::JwtMalformed);
        if token.len() > LONGEST {
            return Err(malformed());
        }
        // An algorithm that is not known, such as none at all, ends here.
        let header = decode_header(token).map_err(|_| malformed())?;
        if header.crit.is_some() {
            // Whoever signed it wants something respected that is not known here.
            return Err(AbloError::new(Code::JwtInvalid, "The token has a critical header this server does not know."));
        }
        let said = dangerous::insecure_decode::<Map<String, Value>>(token).map_err(|_| malformed())?.claims;
        let issuer = said.get("iss").and_then(Value::as_str).ok_or(Code::JwtMissingIssuer)?;
        let known = self.known.iter().find(|known| known.settings.issuer == issuer).ok_or(Code::JwtIssuerUntrusted)?;
        let key = known.key(header.kid.as_deref(), header.alg, now, &self.fetch).await?;
        let key = DecodingKey::from_jwk(&key).map_err(|_| AbloError::from(Code::JwtSignatureInvalid))?;
        let mut signature_only = Validation::new(header.alg);
        signature_only.required_spec_claims.clear();
        signature_only.validate_exp = false;
        signature_only.validate_aud = false;
        let claims = decode::<Map<String, Value>>(token, &key, &signature_only);
        let claims = claims.map_err(|_| AbloError::from(Code::JwtSignatureInvalid))?.claims;
        claims::person(&known.settings, &claims, now)
    }
}

impl Known {
    /// The key a token was signed with; asks the issuer when it is time to.
    async fn key(
        &self,
        id: Option<&str>,
        algorithm: jsonwebtoken::Algorithm,
        now: Timestamp,
        fetch: &Arc<dyn FetchKeys>,
    ) -> Result<Jwk, AbloError> {
        let known = self.ring().find(id, algorithm).cloned();
        let IssuerKeys::Url(url) = &self.settings.keys else { return known.ok_or_else(unknown_key) };
        if !self.ring().wants(known.is_some(), now) {
            return known.ok_or_else(unknown_key);
        }
        let asking = match known {
            // Somebody is asking already, and this key is good meanwhile.
            Some(known) => match self.asking.try_lock() {
                Ok(asking) => asking,
                Err(_) => return Ok(known),
            },
            None => self.asking.lock().await,
        };
        let is_known = self.ring().find(id, algorithm).is_some();
        let mut failure = None;
        if self.ring().wants(is_known, now) {
            self.ring().ask(now);
            let (fetch, url) = (Arc::clone(fetch), url.clone());
            match tokio::task::spawn_blocking(move || fetch.fetch(&url)).await {
                Ok(Ok(text)) => self.ring().got(&text, now),
                Ok(Err(error)) => failure = Some(error),
                Err(_) => failure = Some(Code::InternalError.into()),
            }
        }
        drop(asking);
        self.ring().find(id, algorithm).cloned().ok_or_else(|| failure.unwrap_or_else(unknown_key))
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unknown_key() -> AbloError {
    AbloError::new(Code::JwtSignatureInvalid, "The token was not signed with a key its issuer publishes.")
}
