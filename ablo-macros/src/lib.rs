//! The derives of ablo. Use them through the `ablo` crate, which documents them.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod attrs;
mod block;
mod diag;
mod enums;
mod model;
mod names;
mod query;
mod schema;
mod spans;
mod suggest;
#[cfg(test)]
mod tests;
mod words;

use proc_macro::TokenStream;

/// Re-exported and documented as `ablo::AbloModel`.
#[proc_macro_derive(AbloModel, attributes(ablo))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    expand(input.into(), model::derive).into()
}

/// Re-exported and documented as `ablo::AbloEnum`.
#[proc_macro_derive(AbloEnum, attributes(ablo))]
pub fn derive_enum(input: TokenStream) -> TokenStream {
    expand(input.into(), enums::derive).into()
}

/// Re-exported and documented as `ablo::AbloSchema`.
#[proc_macro_derive(AbloSchema, attributes(ablo))]
pub fn derive_schema(input: TokenStream) -> TokenStream {
    expand(input.into(), schema::derive).into()
}

/// Re-exported and documented as `ablo::AbloQuery`.
#[proc_macro_derive(AbloQuery, attributes(ablo))]
pub fn derive_query(input: TokenStream) -> TokenStream {
    expand(input.into(), query::derive).into()
}

/// One derive on tokens, outside rustc: what the entry points above and the tests share.
fn expand(
    input: proc_macro2::TokenStream,
    derive: fn(&syn::DeriveInput) -> proc_macro2::TokenStream,
) -> proc_macro2::TokenStream {
    match syn::parse2(input) {
        Ok(input) => derive(&input),
        Err(error) => error.to_compile_error(),
    }
}
