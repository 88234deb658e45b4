//! The scope that generated impls stand in.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

/// The hidden module inside of [`wrap`]: the one name that generated code brings into scope, and only there.
pub fn private() -> TokenStream {
    quote!(__p)
}

/// Impls in a scope of their own, where the hidden module has a short name.
///
/// The lints are those that judge what a person would have written: functions that are offered and not used, paths
/// that are longer than they need be here, names that follow from the user's fields.
pub fn wrap(krate: &TokenStream, impls: TokenStream) -> TokenStream {
    quote! {
        #[allow(dead_code, non_upper_case_globals, unused_qualifications, unused_variables, clippy::all, clippy::pedantic)]
        const _: () = {
            use #krate::__private as __p;
            #impls
        };
    }
}

/// `3` rather than `3usize`.
pub fn position(index: usize) -> Literal {
    Literal::usize_unsuffixed(index)
}
