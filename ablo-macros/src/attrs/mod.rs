//! From `#[ablo(...)]` to words and their values, without knowing what the words mean.

mod neighbours;
mod value;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::Attribute;

use crate::{
    diag::Diag,
    suggest::closest,
    words::{Place, WORDS, Word, words_of},
};

pub use value::Source;

/// One word as written: `word`, `word = value` or `word(items)`.
pub struct Entry {
    pub word: &'static Word,
    pub ident: Ident,
    pub value: Value,
}

/// What follows a word.
pub enum Value {
    Nothing,
    Equals(TokenStream),
    List(Group),
}

/// The words of an item's `#[ablo(...)]` attributes; what is not understood is noted and left out.
pub fn entries(attributes: &[Attribute], place: Place, diag: &mut Diag) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("ablo")) {
        let Ok(list) = attribute.meta.require_list() else {
            let syntax = words_of(place).next().map_or("", |word| word.syntax);
            diag.at(
                &attribute.meta,
                format!("the words of an `ablo` attribute stand in parentheses; write `#[ablo({syntax})]`"),
            );
            continue;
        };
        for item in split(list.tokens.clone()) {
            let Some(entry) = entry(item, place, diag) else { continue };
            if !entry.word.repeats && entries.iter().any(|earlier| earlier.word.name == entry.word.name) {
                diag.at(&entry.ident, format!("`{}` is given twice; keep one", entry.word.name));
            } else {
                entries.push(entry);
            }
        }
    }
    entries
}

fn entry(item: Vec<TokenTree>, place: Place, diag: &mut Diag) -> Option<Entry> {
    let tokens: TokenStream = item.iter().cloned().collect();
    let mut item = item.into_iter();
    let Some(TokenTree::Ident(ident)) = item.next() else {
        diag.at(&tokens, format!("expected a word; for {} that is one of {}", place.name(), list(place)));
        return None;
    };
    let word = lookup(&ident, place, diag)?;
    let rest: Vec<TokenTree> = item.collect();
    let value = match rest.as_slice() {
        [] => Value::Nothing,
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Parenthesis => Value::List(group.clone()),
        [TokenTree::Punct(equals), value @ ..] if equals.as_char() == '=' && !value.is_empty() => {
            Value::Equals(value.iter().cloned().collect())
        }
        _ => {
            diag.at(&tokens, format!("`{}` is not written like this; write `{}`", word.name, word.syntax));
            return None;
        }
    };
    Some(Entry { word, ident, value })
}

fn lookup(ident: &Ident, place: Place, diag: &mut Diag) -> Option<&'static Word> {
    let name = ident.to_string();
    if let Some(word) = words_of(place).find(|word| word.name == name) {
        return Some(word);
    }
    let remedy = if let Some(replacement) = neighbours::replacement(&name, place) {
        replacement.to_owned()
    } else if let Some(near) = closest(&name, words_of(place).map(|word| word.name)) {
        let syntax = words_of(place).find(|word| word.name == near).map_or(near, |word| word.syntax);
        format!("did you mean `{syntax}`?")
    } else if let Some(elsewhere) = WORDS.iter().find(|word| word.name == name) {
        format!("it is a word for {}: {}", elsewhere.place.name(), elsewhere.meaning)
    } else {
        format!("expected one of {}", list(place))
    };
    diag.at(ident, format!("`{name}` is not a word for {}; {remedy}", place.name()));
    None
}

fn list(place: Place) -> String {
    let words: Vec<String> = words_of(place).map(|word| format!("`{}`", word.name)).collect();
    words.join(", ")
}

/// Splits at the commas of this level; a trailing comma adds nothing.
pub fn split(tokens: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut items = vec![Vec::new()];
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => items.push(Vec::new()),
            _ => {
                if let Some(item) = items.last_mut() {
                    item.push(token);
                }
            }
        }
    }
    items.retain(|item| !item.is_empty());
    items
}

/// The doc comment above an item, without the space after `///`.
pub fn doc(attributes: &[Attribute]) -> Option<String> {
    let lines: Vec<String> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| match &attribute.meta.require_name_value().ok()?.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        })
        .map(|line| line.strip_prefix(' ').map(str::to_owned).unwrap_or(line))
        .collect();
    let text = lines.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// Where the `ablo` crate is: `::ablo`, or the path of `crate = "..."`.
pub fn krate(entries: &[Entry], diag: &mut Diag) -> TokenStream {
    let given = entries.iter().find(|entry| entry.word.name == "crate").and_then(|entry| entry.text(diag));
    let Some(given) = given else {
        return syn::parse_quote_spanned!(Span::call_site()=> ::ablo);
    };
    match given.parse::<syn::Path>() {
        Ok(path)
            if path.leading_colon.is_some() || path.segments.first().is_some_and(|first| first.ident == "crate") =>
        {
            quote::quote!(#path)
        }
        _ => {
            diag.at(
                &given,
                format!(
                    "the path must hold everywhere, so it starts with `::` or `crate::`; write `crate = \"::{}\"`",
                    given.value()
                ),
            );
            quote::quote!(::ablo)
        }
    }
}
