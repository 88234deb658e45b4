use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{LitBool, LitInt, LitStr, ext::IdentExt, parse::Parser};

use super::{Entry, Value, split};
use crate::{diag::Diag, suggest::closest};

/// `key = value` inside a list.
pub struct Pair {
    pub key: Ident,
    pub value: TokenStream,
}

/// `name` or `name[]`: where a role reads its values.
pub struct Source {
    pub name: String,
    pub tokens: TokenStream,
    pub multi: bool,
}

impl Entry {
    /// Everything as written, for errors about it.
    pub fn tokens(&self) -> TokenStream {
        let mut tokens = self.ident.to_token_stream();
        match &self.value {
            Value::Nothing => {}
            Value::Equals(value) => {
                tokens.extend(quote::quote!(=));
                tokens.extend(value.clone());
            }
            Value::List(list) => list.to_tokens(&mut tokens),
        }
        tokens
    }

    fn wrong(&self, takes: &str, diag: &mut Diag) {
        let message = format!("`{}` takes {takes}; write `{}`", self.word.name, self.word.syntax);
        match &self.value {
            Value::Equals(value) => diag.at(value, message),
            _ => diag.at(&self.tokens(), message),
        }
    }

    /// `word`, `word = true` or `word = false`.
    pub fn flag(&self, diag: &mut Diag) -> Option<bool> {
        match &self.value {
            Value::Nothing => Some(true),
            Value::Equals(value) if let Ok(value) = syn::parse2::<LitBool>(value.clone()) => Some(value.value),
            _ => {
                let name = self.word.name;
                let message = format!("`{name}` is true or false; write `{name}` or `{name} = false`");
                diag.at(&self.tokens(), message);
                None
            }
        }
    }

    /// `word` alone.
    pub fn bare(&self, diag: &mut Diag) -> bool {
        let alone = matches!(self.value, Value::Nothing);
        if !alone {
            let name = self.word.name;
            diag.at(&self.tokens(), format!("`{name}` takes no value; write `{name}` or leave it out"));
        }
        alone
    }

    /// `word = "text"`.
    pub fn text(&self, diag: &mut Diag) -> Option<LitStr> {
        match &self.value {
            Value::Equals(value) if let Ok(text) = syn::parse2::<LitStr>(value.clone()) => {
                if text.value().is_empty() {
                    self.wrong("text that is not empty", diag);
                    return None;
                }
                Some(text)
            }
            _ => {
                self.wrong("text in quotes", diag);
                None
            }
        }
    }

    /// `word = name`.
    pub fn name(&self, diag: &mut Diag) -> Option<Ident> {
        match &self.value {
            Value::Equals(value) if let Ok(name) = Ident::parse_any.parse2(value.clone()) => Some(name),
            _ => {
                self.wrong("a name without quotes", diag);
                None
            }
        }
    }

    /// `word = one_of_these`.
    pub fn choice<T: Copy>(&self, choices: &[(&'static str, T)], diag: &mut Diag) -> Option<T> {
        let name = match &self.value {
            Value::Equals(value) => Ident::parse_any.parse2(value.clone()).ok(),
            _ => None,
        };
        let Some(name) = name else {
            self.wrong(&one_of(choices.iter().map(|(name, _)| *name)), diag);
            return None;
        };
        pick(&name, choices, diag)
    }

    /// The items of `word(...)`.
    pub fn items(&self, diag: &mut Diag) -> Vec<Vec<TokenTree>> {
        let items = match &self.value {
            Value::List(group) => split(group.stream()),
            _ => Vec::new(),
        };
        if items.is_empty() {
            diag.at(
                &self.tokens(),
                format!("`{}` takes a list in parentheses; write `{}`", self.word.name, self.word.syntax),
            );
        }
        items
    }

    /// The items of `word(key = value, ...)`, each key once.
    pub fn pairs(&self, diag: &mut Diag) -> Vec<Pair> {
        let mut pairs: Vec<Pair> = Vec::new();
        for item in self.items(diag) {
            let tokens: TokenStream = item.iter().cloned().collect();
            match item.as_slice() {
                [TokenTree::Ident(key), TokenTree::Punct(equals), value @ ..]
                    if equals.as_char() == '=' && !value.is_empty() =>
                {
                    if pairs.iter().any(|pair| pair.key == *key) {
                        diag.at(key, format!("`{key}` is given twice; keep one"));
                    } else {
                        pairs.push(Pair { key: key.clone(), value: value.iter().cloned().collect() });
                    }
                }
                _ => diag.at(&tokens, format!("expected `key = value`; write `{}`", self.word.syntax)),
            }
        }
        pairs
    }

    /// The pairs whose keys are all among these.
    pub fn known_pairs(&self, keys: &[&'static str], diag: &mut Diag) -> Vec<Pair> {
        let mut pairs = self.pairs(diag);
        pairs.retain(|pair| {
            let choices: Vec<(&'static str, ())> = keys.iter().map(|key| (*key, ())).collect();
            pick(&pair.key, &choices, diag).is_some()
        });
        pairs
    }

    /// The names in `word(a, b)`.
    pub fn names(&self, diag: &mut Diag) -> Vec<Ident> {
        let mut names = Vec::new();
        for item in self.items(diag) {
            let tokens: TokenStream = item.into_iter().collect();
            match Ident::parse_any.parse2(tokens.clone()) {
                Ok(name) => names.push(name),
                Err(_) => diag.at(&tokens, format!("expected a name without quotes; write `{}`", self.word.syntax)),
            }
        }
        names
    }
}

impl Pair {
    fn wrong(&self, takes: &str, diag: &mut Diag) {
        diag.at(&self.value, format!("`{}` takes {takes}", self.key));
    }

    /// `key = "text"`.
    pub fn text(&self, diag: &mut Diag) -> Option<LitStr> {
        let text = syn::parse2::<LitStr>(self.value.clone()).ok().filter(|text| !text.value().is_empty());
        if text.is_none() {
            self.wrong(&format!("text in quotes; write `{} = \"...\"`", self.key), diag);
        }
        text
    }

    /// `key = name`.
    pub fn name(&self, diag: &mut Diag) -> Option<Ident> {
        let name = Ident::parse_any.parse2(self.value.clone()).ok();
        if name.is_none() {
            self.wrong(&format!("a name without quotes; write `{} = name`", self.key), diag);
        }
        name
    }

    /// `key = 100`.
    pub fn number(&self, diag: &mut Diag) -> Option<u64> {
        let number = syn::parse2::<LitInt>(self.value.clone()).ok().and_then(|number| number.base10_parse().ok());
        if number.is_none() {
            self.wrong(&format!("a whole number; write `{} = 100`", self.key), diag);
        }
        number
    }

    /// `key = one_of_these`.
    pub fn choice<T: Copy>(&self, choices: &[(&'static str, T)], diag: &mut Diag) -> Option<T> {
        match Ident::parse_any.parse2(self.value.clone()) {
            Ok(name) => pick(&name, choices, diag),
            Err(_) => {
                self.wrong(&one_of(choices.iter().map(|(name, _)| *name)), diag);
                None
            }
        }
    }

    /// `kind = source`, `kind = source[]` or `kind = "source"`.
    pub fn source(&self, diag: &mut Diag) -> Option<Source> {
        let tokens: Vec<TokenTree> = self.value.clone().into_iter().collect();
        let (name, multi) = match tokens.as_slice() {
            [name] => (name, false),
            [name, TokenTree::Group(brackets)] if brackets.stream().is_empty() => (name, true),
            _ => {
                self.wrong(
                    &format!(
                        "the name of the field that it reads; write `{key} = name`, or `{key} = names[]` for a list",
                        key = self.key
                    ),
                    diag,
                );
                return None;
            }
        };
        let text = match name {
            TokenTree::Ident(ident) => Some(ident.unraw().to_string()),
            TokenTree::Literal(_) => syn::parse2::<LitStr>(name.to_token_stream()).ok().map(|text| text.value()),
            _ => None,
        };
        if text.is_none() {
            self.wrong(&format!("the name of the field that it reads; write `{} = name`", self.key), diag);
        }
        Some(Source { name: text?, tokens: name.to_token_stream(), multi })
    }
}

fn one_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [one] => one.clone(),
        [first, second] => format!("{first} or {second}"),
        _ => format!("one of {}", names.join(", ")),
    }
}

fn pick<T: Copy>(name: &Ident, choices: &[(&'static str, T)], diag: &mut Diag) -> Option<T> {
    let found = choices.iter().find(|(known, _)| name == known).map(|(_, choice)| *choice);
    if found.is_none() {
        let hint = match closest(&name.to_string(), choices.iter().map(|(name, _)| *name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("expected {}", one_of(choices.iter().map(|(name, _)| *name))),
        };
        diag.at(name, format!("`{name}` is not known here; {hint}"));
    }
    found
}
