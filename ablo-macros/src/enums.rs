//! `#[derive(AbloEnum)]`: plain variants as strings.

use heck::{ToKebabCase, ToLowerCamelCase, ToPascalCase, ToShoutySnakeCase, ToSnakeCase};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{Data, DeriveInput, Fields};

use crate::{
    attrs,
    block::{position, private, wrap},
    diag::Diag,
    names,
    words::Place,
};

/// The enum as the tokens are made from it.
struct Enum {
    ident: Ident,
    krate: TokenStream,
    variants: Vec<(Ident, String)>,
}

type Case = fn(&str) -> String;

const CASES: &[(&str, Case)] = &[
    ("snake_case", |name| name.to_snake_case()),
    ("camelCase", |name| name.to_lower_camel_case()),
    ("PascalCase", |name| name.to_pascal_case()),
    ("kebab-case", |name| name.to_kebab_case()),
    ("SCREAMING_SNAKE_CASE", |name| name.to_shouty_snake_case()),
    ("lowercase", |name| name.to_lowercase()),
];

/// The derive.
pub fn derive(input: &DeriveInput) -> TokenStream {
    let mut diag = Diag::new();
    let parsed = parse(input, &mut diag);
    let broken = !diag.is_empty();
    let mut tokens = diag.finish();
    tokens.extend(parsed.map(|parsed| expand(&parsed, broken)));
    tokens
}

fn parse(input: &DeriveInput, diag: &mut Diag) -> Option<Enum> {
    let entries = attrs::entries(&input.attrs, Place::Enum, diag);
    let krate = attrs::krate(&entries, diag);
    if !input.generics.params.is_empty() {
        diag.at(&input.generics, "an enum of plain variants has no use for generic parameters; remove them");
        return None;
    }
    let Data::Enum(data) = &input.data else {
        let name = &input.ident;
        diag.at(name, "this is not an enum; write `#[derive(AbloModel)]` for rows, or `#[ablo(json)]` above the field for other structs");
        return None;
    };
    if data.variants.is_empty() {
        diag.at(&input.ident, "an enum without variants has no values; add a variant");
    }
    let case = entries.iter().find(|entry| entry.word.name == "case").and_then(|entry| {
        let text = entry.text(diag)?;
        let case = CASES.iter().find(|(name, _)| *name == text.value()).map(|(_, case)| *case);
        if case.is_none() {
            let known: Vec<String> = CASES.iter().map(|(name, _)| format!("`\"{name}\"`")).collect();
            diag.at(&text, format!("this case is not known; expected one of {}", known.join(", ")));
        }
        case
    });
    let case: Case = case.unwrap_or(CASES[0].1);
    let mut variants: Vec<(Ident, String)> = Vec::new();
    for variant in &data.variants {
        let entries = attrs::entries(&variant.attrs, Place::Variant, diag);
        if !matches!(variant.fields, Fields::Unit) {
            diag.at(
                &variant.fields,
                "a variant stored as text carries no data; remove it, or derive serde's traits instead and write `#[ablo(json)]` above the model's field",
            );
        }
        let renamed = entries.iter().find(|entry| entry.word.name == "name").and_then(|entry| entry.text(diag));
        let value = renamed.as_ref().map_or_else(|| case(&names::bare(&variant.ident)), syn::LitStr::value);
        if let Some((other, _)) = variants.iter().find(|(_, taken)| *taken == value) {
            let at = renamed.map_or_else(|| variant.ident.to_token_stream(), |text| text.to_token_stream());
            diag.at(
                &at,
                format!(
                    "`{other}` is already stored as \"{value}\"; write `#[ablo(name = \"...\")]` above one of them"
                ),
            );
        }
        variants.push((variant.ident.clone(), value));
    }
    Some(Enum { ident: input.ident.clone(), krate, variants })
}

fn expand(parsed: &Enum, broken: bool) -> TokenStream {
    let Enum { ident, krate, variants } = parsed;
    let p = private();
    let values = variants.iter().map(|(_, value)| value);
    let ordinals = variants.iter().enumerate().map(|(index, (variant, _))| {
        let index = position(index);
        quote!(Self::#variant => #index,)
    });
    let variants = variants.iter().enumerate().map(|(index, (variant, _))| {
        let index = position(index);
        quote!(#index => Self::#variant,)
    });
    // A broken enum may have variants that cannot be matched or made like this.
    let (ordinal, from_ordinal) = match broken {
        true => (quote!(#p::unreachable!()), quote!(#p::unreachable!())),
        false => (
            quote!(match *self { #(#ordinals)* }),
            quote!(#p::Some(match ordinal { #(#variants)* _ => return #p::None })),
        ),
    };
    let impls = quote! {
        #[automatically_derived]
        impl #p::AbloEnum for #ident {
            const VALUES: &'static [&'static #p::str] = &[#(#values),*];
            fn ordinal(&self) -> #p::usize {
                #ordinal
            }
            fn from_ordinal(ordinal: #p::usize) -> #p::Option<Self> {
                #from_ordinal
            }
        }
        #[automatically_derived]
        impl #p::AbloField for #ident {
            const SPEC: #p::TypeSpec = #p::TypeSpec::one_of(<Self as #p::AbloEnum>::VALUES);
            fn serialize<__S: #p::Serializer>(&self, serializer: __S) -> #p::Result<__S::Ok, __S::Error> {
                __S::serialize_str(serializer, #p::AbloEnum::as_str(self))
            }
            fn deserialize<'de, __D: #p::Deserializer<'de>>(deserializer: __D) -> #p::Result<Self, __D::Error> {
                #p::deserialize_enum(deserializer)
            }
        }
    };
    wrap(krate, impls)
}
