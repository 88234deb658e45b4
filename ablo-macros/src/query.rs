//! `#[derive(AbloQuery)]`: a condition declared once, its inputs as fields.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Data, DeriveInput, Fields, Path};

use crate::{
    attrs::{self, Entry, Value},
    block::{position, private, wrap},
    diag::Diag,
    names, spans,
    words::Place,
};

/// The query as the tokens are made from it.
struct Query {
    ident: Ident,
    krate: TokenStream,
    name: String,
    model: Path,
    doc: Option<String>,
    inputs: Vec<Input>,
    constants: Vec<Constant>,
}

/// One input.
struct Input {
    ident: Ident,
    ty: TokenStream,
    name: String,
    compare: &'static str,
    field: Ident,
}

/// A condition that always compares with the same value.
struct Constant {
    field: Ident,
    compare: &'static str,
    value: TokenStream,
}

/// Words of inputs and the operators they mean.
const COMPARES: [(&str, &str); 10] = [
    ("eq", "Eq"),
    ("ne", "Ne"),
    ("lt", "Lt"),
    ("le", "Le"),
    ("gt", "Gt"),
    ("ge", "Ge"),
    ("is_in", "In"),
    ("not_in", "NotIn"),
    ("like", "Like"),
    ("ilike", "Ilike"),
];

/// The derive.
pub fn derive(input: &DeriveInput) -> TokenStream {
    let mut diag = Diag::new();
    let mut query = parse(input, &mut diag);
    if let Some(query) = query.as_mut().filter(|_| !diag.is_empty()) {
        // Other items may refer to the query; its conditions would only report the same mistakes again.
        query.inputs.clear();
        query.constants.clear();
    }
    let mut tokens = diag.finish();
    tokens.extend(query.as_ref().map(expand));
    tokens
}

fn parse(input: &DeriveInput, diag: &mut Diag) -> Option<Query> {
    let entries = attrs::entries(&input.attrs, Place::Query, diag);
    let krate = attrs::krate(&entries, diag);
    let ident = &input.ident;
    if !input.generics.params.is_empty() {
        diag.at(&input.generics, "a query has inputs of fixed types, so it has no generic parameters; remove them");
        return None;
    }
    let fields = match &input.data {
        Data::Struct(syn::DataStruct { fields: Fields::Named(fields), .. }) => fields.named.iter().collect(),
        Data::Struct(syn::DataStruct { fields: Fields::Unit, .. }) => Vec::new(),
        _ => {
            diag.at(
                ident,
                format!(
                    "a query is a struct whose named fields are its inputs; write `struct {ident} {{ status: Status }}`"
                ),
            );
            return None;
        }
    };
    let mut inputs: Vec<Input> = Vec::new();
    for field in fields {
        let input = read_input(field, diag)?;
        if let Some(other) = inputs.iter().find(|other| other.name == input.name) {
            diag.at(
                &input.ident,
                format!(
                    "`{}` is already called `{}`; write `#[ablo(name = \"...\")]` above one of them",
                    other.ident, input.name
                ),
            );
        }
        inputs.push(input);
    }
    let mut query = Query {
        ident: ident.clone(),
        krate,
        name: names::camel(&names::bare(ident)),
        model: syn::parse_quote!(Self),
        doc: attrs::doc(&input.attrs),
        inputs,
        constants: Vec::new(),
    };
    let mut model = None;
    let mut given = false;
    for entry in &entries {
        match entry.word.name {
            "model" => {
                given = true;
                model = read_model(entry, diag);
            }
            "name" => {
                if let Some(name) = entry.text(diag) {
                    names::check_wire(&name, &name.value(), diag);
                    query.name = name.value();
                }
            }
            "filter" => {
                query.constants = entry.items(diag).into_iter().filter_map(|item| constant(item, entry, diag)).collect()
            }
            _ => {}
        }
    }
    if !given && diag.is_empty() {
        diag.at(ident, "a query returns rows of a model; write `#[ablo(model = WeatherReport)]`");
    }
    query.model = model?;
    Some(query)
}

fn read_model(entry: &Entry, diag: &mut Diag) -> Option<Path> {
    let path = match &entry.value {
        Value::Equals(path) => syn::parse2(path.clone()).ok(),
        _ => None,
    };
    if path.is_none() {
        diag.at(&entry.tokens(), format!("`model` takes the type of a model; write `{}`", entry.word.syntax));
    }
    path
}

fn read_input(field: &syn::Field, diag: &mut Diag) -> Option<Input> {
    let ident = field.ident.clone()?;
    let entries = attrs::entries(&field.attrs, Place::Input, diag);
    let renamed = entries.iter().find(|entry| entry.word.name == "name").and_then(|entry| entry.text(diag));
    if let Some(name) = &renamed {
        names::check_wire(name, &name.value(), diag);
    }
    let name =
        renamed.map_or_else(|| names::wire_name(&ident, "write `#[ablo(name = \"...\")]`", diag), |text| text.value());
    let mut input = Input { field: ident.clone(), ident, ty: field.ty.to_token_stream(), name, compare: "Eq" };
    let mut compares = entries.iter().filter(|entry| entry.word.name != "name");
    if let Some(entry) = compares.next() {
        input.compare = COMPARES.iter().find(|(word, _)| *word == entry.word.name).map_or("Eq", |(_, compare)| compare);
        if !matches!(entry.value, Value::Nothing) {
            input.field = entry.name(diag).unwrap_or(input.field);
        }
    }
    for second in compares {
        diag.at(&second.ident, format!("an input is compared once; add another input for `{}`", second.word.name));
    }
    Some(input)
}

/// `field = value`, `field > value` and so on.
fn constant(item: Vec<TokenTree>, entry: &Entry, diag: &mut Diag) -> Option<Constant> {
    let tokens: TokenStream = item.iter().cloned().collect();
    let mut rest = item.into_iter().peekable();
    let field = match rest.next() {
        Some(TokenTree::Ident(field)) => Some(field),
        _ => None,
    };
    let mut operator = String::new();
    while let Some(TokenTree::Punct(punct)) = rest.peek()
        && matches!(punct.as_char(), '=' | '!' | '<' | '>')
    {
        operator.push(punct.as_char());
        rest.next();
    }
    let compare = match operator.as_str() {
        "=" | "==" => Some("Eq"),
        "!=" => Some("Ne"),
        "<" => Some("Lt"),
        "<=" => Some("Le"),
        ">" => Some("Gt"),
        ">=" => Some("Ge"),
        _ => None,
    };
    let value: TokenStream = rest.collect();
    match (field, compare) {
        (Some(field), Some(compare)) if !value.is_empty() => Some(Constant { field, compare, value }),
        _ => {
            diag.at(
                &tokens,
                format!(
                    "expected a field, one of `=`, `!=`, `<`, `<=`, `>`, `>=`, and a value; write `{}`",
                    entry.word.syntax
                ),
            );
            None
        }
    }
}

fn expand(query: &Query) -> TokenStream {
    let Query { ident, krate, name, model, doc, inputs, constants } = query;
    let p = private();
    let wire = |field: &Ident| {
        let (rust, wire) = (names::bare(field), names::camel(&names::bare(field)));
        quote!(#p::wire_name(<#model as #p::Model>::FIELDS, #rust, #wire))
    };
    let is_list = |input: &Input| matches!(input.compare, "In" | "NotIn");
    let doc = match doc {
        Some(doc) => quote!(#p::Some(#doc)),
        None => quote!(#p::None),
    };
    let specs = inputs.iter().map(|input| {
        let (name, ty) = (&input.name, &input.ty);
        match is_list(input) {
            true => quote!((#name, #p::TypeSpec::new(#p::FieldType::Json))),
            false => quote!((#name, <#ty as #p::AbloField>::SPEC)),
        }
    });
    let condition = |field: &Ident, compare: &str, operand: TokenStream| {
        let (field, compare) = (wire(field), format_ident!("{compare}"));
        quote!(#p::ConditionSpec { field: #field, compare: #p::Compare::#compare, operand: #operand })
    };
    let compared = inputs.iter().map(|input| {
        let name = &input.name;
        condition(&input.field, input.compare, quote!(#p::OperandSpec::Input(#name)))
    });
    let fixed = constants.iter().map(|Constant { field, compare, value }| {
        let value = quote!(#p::column(|row: &#model| &row.#field).constant(#value));
        condition(field, compare, quote!(#p::OperandSpec::Value(|| #value)))
    });
    let conditions = compared.chain(fixed);
    let operands = inputs.iter().enumerate().map(|(index, input)| {
        let Input { ident, ty, field, .. } = input;
        let (index, span) = (position(index), spans::of(ty));
        let p = spans::put(&p, span);
        let compare = Ident::new(if is_list(input) { "within" } else { "with" }, span);
        quote_spanned!(span=> #index => #p::column(|row: &#model| &row.#field).#compare(&self.#ident),)
    });
    let impls = quote! {
        #[automatically_derived]
        impl #p::Query for #ident {
            type Model = #model;
            const SPEC: #p::QuerySpec = #p::QuerySpec {
                name: #name,
                model: <#model as #p::Model>::TYPENAME,
                inputs: &[#(#specs),*],
                conditions: &[#(#conditions),*],
                doc: #doc,
            };
            fn operand(&self, condition: #p::usize) -> #p::Option<#p::Value> {
                match condition {
                    #(#operands)*
                    _ => #p::None,
                }
            }
        }
    };
    wrap(krate, impls)
}

/// The query types listed in `queries(...)` of a schema.
pub fn paths(entry: &Entry, diag: &mut Diag) -> Vec<Path> {
    let mut paths = Vec::new();
    for item in entry.items(diag) {
        let tokens: TokenStream = item.into_iter().collect();
        match syn::parse2(tokens.clone()) {
            Ok(path) => paths.push(path),
            Err(_) => diag.at(&tokens, format!("expected a query; write `{}`", entry.word.syntax)),
        }
    }
    paths
}
