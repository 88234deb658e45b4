use proc_macro2::TokenStream;
use quote::ToTokens;

/// Collects every mistake of an item, so that one run shows all of them.
///
/// Dropping it without [`Diag::finish`] panics: a forgotten check cannot ship.
pub struct Diag {
    errors: Option<Vec<syn::Error>>,
}

impl Diag {
    pub fn new() -> Self {
        Self { errors: Some(Vec::new()) }
    }

    /// Notes a mistake under these tokens.
    pub fn at(&mut self, tokens: &impl ToTokens, message: impl std::fmt::Display) {
        if let Some(errors) = &mut self.errors {
            errors.push(syn::Error::new_spanned(tokens, message));
        }
    }

    /// How many mistakes are noted.
    pub fn count(&self) -> usize {
        self.errors.as_ref().map_or(0, Vec::len)
    }

    pub fn is_empty(&self) -> bool {
        self.errors.as_ref().is_none_or(Vec::is_empty)
    }

    /// The mistakes as `compile_error!`s; empty when there are none.
    pub fn finish(mut self) -> TokenStream {
        // Iterated, not combined: combining would keep the place of the first only.
        self.errors.take().unwrap_or_default().iter().map(syn::Error::to_compile_error).collect()
    }
}

impl Drop for Diag {
    fn drop(&mut self) {
        assert!(self.errors.is_none() || std::thread::panicking(), "a derive forgot to report its errors");
    }
}
