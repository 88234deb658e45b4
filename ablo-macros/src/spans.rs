//! Where the compiler points.

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// Where these tokens begin.
pub fn of(tokens: &impl ToTokens) -> Span {
    tokens.to_token_stream().into_iter().next().map_or_else(Span::call_site, |first| first.span())
}

/// The tokens, placed there; for generated paths inside of code that errors are to point at.
pub fn put(tokens: &TokenStream, span: Span) -> TokenStream {
    let put_one = |mut token: TokenTree| {
        if let TokenTree::Group(group) = &token {
            token = TokenTree::Group(Group::new(group.delimiter(), put(&group.stream(), span)));
        }
        token.set_span(span);
        token
    };
    tokens.clone().into_iter().map(put_one).collect()
}
