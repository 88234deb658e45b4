//! Tokens of people that an identity provider signed: JSON Web Tokens of issuers the configuration trusts.

mod claims;
mod fetch;
mod issuer;
mod ring;
mod verify;

pub use fetch::{FetchKeys, HttpKeys};
pub use issuer::{IssuerKeys, IssuerOrganization, TrustedIssuer};
pub use verify::Issuers;

#[cfg(test)]
mod tests;
