//! `#[derive(AbloSchema)]`: models that live together.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Data, DeriveInput, Fields, Visibility};

use crate::{
    attrs::{self, Source},
    block::{position, private, wrap},
    diag::Diag,
    names, query, spans,
    words::Place,
};

/// The schema as the tokens are made from it.
struct Schema {
    ident: Ident,
    vis: Visibility,
    krate: TokenStream,
    members: Vec<Member>,
    identity: Vec<(Ident, Source)>,
    casing: Option<&'static str>,
    queries: Vec<syn::Path>,
}

/// One model of it.
struct Member {
    ident: Ident,
    ty: TokenStream,
    key: String,
    doc: Option<String>,
}

/// Names a client object has besides the models.
const RESERVED: [&str; 3] = ["stamp", "signal", "onChange"];

/// The derive.
pub fn derive(input: &DeriveInput) -> TokenStream {
    let mut diag = Diag::new();
    let schema = parse(input, &mut diag);
    let broken = !diag.is_empty();
    let mut tokens = diag.finish();
    tokens.extend(schema.map(|schema| expand(&schema, broken)));
    tokens
}

fn parse(input: &DeriveInput, diag: &mut Diag) -> Option<Schema> {
    let entries = attrs::entries(&input.attrs, Place::Schema, diag);
    let krate = attrs::krate(&entries, diag);
    let name = &input.ident;
    if !input.generics.params.is_empty() {
        diag.at(&input.generics, "a schema is one set of models, so it has no generic parameters; remove them");
        return None;
    }
    let Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) = &input.data else {
        diag.at(
            name,
            format!("a schema is a struct with one member per model; write `struct {name} {{ tasks: Task }}`"),
        );
        return None;
    };
    let mut schema = Schema {
        ident: name.clone(),
        vis: input.vis.clone(),
        krate,
        members: Vec::new(),
        identity: Vec::new(),
        casing: None,
        queries: Vec::new(),
    };
    if fields.named.is_empty() {
        diag.at(name, "a schema without models holds nothing; add a member such as `tasks: Task`");
    }
    for field in &fields.named {
        schema.members.extend(member(field, &schema.members, diag));
    }
    for entry in &entries {
        match entry.word.name {
            "identity" => {
                for pair in entry.pairs(diag) {
                    names::check_kind(&pair.key, &names::bare(&pair.key), diag);
                    schema.identity.extend(pair.source(diag).map(|source| (pair.key, source)));
                }
            }
            "casing" => {
                schema.casing = entry.choice(&[("snake_case", "SnakeCase"), ("camel_case", "CamelCase")], diag);
            }
            "queries" => schema.queries = query::paths(entry, diag),
            _ => {}
        }
    }
    Some(schema)
}

fn member(field: &syn::Field, earlier: &[Member], diag: &mut Diag) -> Option<Member> {
    let ident = field.ident.clone()?;
    let entries = attrs::entries(&field.attrs, Place::Member, diag);
    let entry = entries.iter().find(|entry| entry.word.name == "key");
    let given = entry.and_then(|entry| entry.text(diag));
    let (key, at) = match &given {
        Some(text) => {
            names::check_wire(text, &text.value(), diag);
            (text.value(), text.to_token_stream())
        }
        None => (names::wire_name(&ident, "write `#[ablo(key = \"...\")]`", diag), ident.to_token_stream()),
    };
    if RESERVED.contains(&key.as_str()) {
        diag.at(&at, format!("`{key}` is taken: clients have a member of that name; write another key, as in `#[ablo(key = \"{key}Rows\")]`"));
    }
    if let Some(other) = earlier.iter().find(|other| other.key == key) {
        diag.at(
            &at,
            format!("`{}` already has the key `{key}`; write `#[ablo(key = \"...\")]` above one of them", other.ident),
        );
    }
    let ty = field.ty.to_token_stream();
    if let Some(other) = earlier.iter().find(|other| other.ty.to_string() == ty.to_string()) {
        diag.at(&ty, format!("`{ty}` is already in this schema as `{}`; remove one of the two", other.ident));
    }
    Some(Member { ident, ty, key, doc: attrs::doc(&field.attrs) })
}

fn expand(schema: &Schema, broken: bool) -> TokenStream {
    let Schema { ident, vis, krate, members, identity, casing, queries } = schema;
    let (p, path) = (private(), quote!(#krate::__private));
    let models = Ident::new(&format!("{}Models", names::bare(ident)), ident.span());
    let models_doc = format!("The models of [`{ident}`], each as what the family puts in its place.");
    let roles = identity.iter().map(|(kind, source)| {
        let (kind, multi) = (names::bare(kind), source.multi);
        let literal = source.tokens.to_string().starts_with('"');
        let field = if literal { source.name.clone() } else { names::camel(&source.name) };
        quote!(#p::RoleSpec { kind: #kind, field: #field, multi: #multi })
    });
    let casing = casing.map(|casing| {
        let casing = Ident::new(casing, proc_macro2::Span::call_site());
        quote!(casing: #p::Casing::#casing,)
    });
    let specs = members.iter().map(|Member { ty, key, .. }| quote!((#key, &<#ty as #p::Model>::SPEC)));
    let fields = members.iter().map(|Member { ident, ty, doc, .. }| {
        let doc = doc.clone().unwrap_or_else(|| format!("The rows of `{}`.", names::bare(ident)));
        let family = Ident::new("__F", spans::of(ty));
        let proxy = quote_spanned!(spans::of(ty)=> #family::Proxy<#ty>);
        quote!(#[doc = #doc] pub #ident: #proxy,)
    });
    let proxies =
        members.iter().map(|Member { ident, ty, key, .. }| quote!(#ident: <#ty as #p::Model>::stand_in(family, #key),));
    let names = members.iter().map(|Member { ident, .. }| ident);
    let checks =
        members.iter().enumerate().map(|(index, Member { ty, .. })| check("check_member", index, ident, ty, &p));
    let query_checks = queries.iter().enumerate().map(|(index, query)| check("check_query", index, ident, query, &p));
    // Mistakes of this item have been reported; questions about the whole would report them again.
    let checks: TokenStream = if broken { TokenStream::new() } else { checks.chain(query_checks).collect() };
    let (nothing, no_thing) = match members.is_empty() {
        true => (quote!(nothing: #path::PhantomData<__F>,), quote!(nothing: #p::PhantomData,)),
        false => Default::default(),
    };
    let count = position(members.len());
    let query_specs = (!queries.is_empty()).then(|| quote!(queries: &[#(<#queries as #p::Query>::SPEC),*],));
    let impls = quote! {
        #[automatically_derived]
        impl #p::Schema for #ident {
            type Models<__F: #p::ModelFamily> = #models<__F>;
            const SPEC: #p::SchemaSpec = #p::SchemaSpec {
                models: &[#(#specs),*],
                identity_roles: &[#(#roles),*],
                #casing
                #query_specs
                ..#p::SchemaSpec::EMPTY
            };
            fn models<__F: #p::ModelFamily>(family: &__F) -> #models<__F> {
                #models { #(#proxies)* #no_thing }
            }
        }

        // The struct is a declaration: its members are never read otherwise.
        const _: fn(&#ident) = |schema| {
            #(let _ = &schema.#names;)*
        };

        const __NAMES: #p::Names<#count> = #p::Names::of(&<#ident as #p::Schema>::SPEC);
        #checks
    };
    let impls = wrap(krate, impls);
    quote! {
        #[doc = #models_doc]
        #vis struct #models<__F: #path::ModelFamily> {
            #(#fields)*
            #nothing
        }
        #impls
    }
}

/// A question whose answer, when there is one, is the error at this place.
fn check(question: &str, index: usize, schema: &Ident, place: &impl ToTokens, p: &TokenStream) -> TokenStream {
    let span = spans::of(place);
    let (p, question, schema) =
        (spans::put(p, span), Ident::new(question, span), Ident::new(&schema.to_string(), span));
    let index = position(index);
    quote_spanned! {span=>
        const _: () = {
            let text = #p::#question(&<#schema as #p::Schema>::SPEC, &__NAMES, #index);
            #p::assert!(text.is_empty(), "{}", text.as_str());
        };
    }
}
