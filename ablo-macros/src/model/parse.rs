use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Data, DeriveInput, Fields, Path, ext::IdentExt, parse::ParseStream, parse::Parser};

use super::{BelongsTo, Default, Field, Has, IdField, Key, Model, Options, Scope, Tenancy};
use crate::{
    attrs::{self, Entry, Value},
    diag::Diag,
    names,
    words::Place,
};

/// Reads the item; `None` when it is nothing that a stub could stand in for.
pub fn model(input: &DeriveInput, diag: &mut Diag) -> Option<Model> {
    let entries = attrs::entries(&input.attrs, Place::Model, diag);
    let krate = attrs::krate(&entries, diag);
    if !input.generics.params.is_empty() {
        diag.at(
            &input.generics,
            "a model is one kind of row, so it has no generic parameters; write one struct per kind",
        );
        return None;
    }
    let named = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => Some(&fields.named),
            Fields::Unnamed(_) | Fields::Unit => None,
        },
        Data::Enum(data) => {
            diag.at(&data.enum_token, "a model is a struct with named fields; for an enum write `#[derive(AbloEnum)]`");
            return None;
        }
        Data::Union(data) => {
            let name = &input.ident;
            diag.at(
                &data.union_token,
                format!("a model is a struct with named fields; write `struct {name} {{ id: Id<{name}>, ... }}`"),
            );
            return None;
        }
    };
    let mut model = Model {
        ident: input.ident.clone(),
        vis: input.vis.clone(),
        krate,
        doc: attrs::doc(&input.attrs),
        typename: names::bare(&input.ident),
        id: None,
        fields: Vec::new(),
        belongs_to: Vec::new(),
        has: Vec::new(),
        options: Options::default(),
    };
    let Some(named) = named else {
        let name = &input.ident;
        diag.at(
            name,
            format!("a model is a struct with named fields; write `struct {name} {{ id: Id<{name}>, ... }}`"),
        );
        return Some(model);
    };
    for field in named {
        read_field(field, &mut model, diag);
    }
    if model.id.is_none() {
        let name = &input.ident;
        diag.at(name, format!("a model has an id; add the field `pub id: Id<{name}>`"));
    }
    for entry in &entries {
        read_word(entry, &mut model, diag);
    }
    Some(model)
}

/// A `belongs_to` while its words are read.
#[derive(std::default::Default)]
struct Relation {
    target: Option<Path>,
    name: Option<Ident>,
    options: Vec<(Ident, bool)>,
}

fn read_field(field: &syn::Field, model: &mut Model, diag: &mut Diag) {
    let Some(ident) = &field.ident else { return };
    let ty = without_self(field.ty.to_token_stream(), &model.ident);
    let entries = attrs::entries(&field.attrs, Place::Field, diag);
    if names::bare(ident) == "id" {
        for entry in entries {
            diag.at(&entry.ident, format!("the id takes no words; remove `{}`", entry.word.name));
        }
        model.id = Some(IdField { ident: ident.clone(), vis: field.vis.clone(), ty });
        return;
    }
    let name = entries.iter().find(|entry| entry.word.name == "name");
    let renamed = name.and_then(|entry| entry.text(diag));
    let (wire, wire_at) = match (&name, &renamed) {
        (_, Some(text)) => (text.value(), text.to_token_stream()),
        (Some(_), None) => (names::bare(ident), ident.to_token_stream()),
        (None, None) => (names::wire_name(ident, "write `#[ablo(name = \"...\")]`", diag), ident.to_token_stream()),
    };
    let mut read = Field {
        ident: ident.clone(),
        vis: field.vis.clone(),
        ty,
        accessor: ident.clone(),
        wire,
        wire_at,
        renamed: renamed.is_some(),
        column: None,
        indexed: false,
        unique: false,
        json: false,
        default: None,
        renamed_from: None,
        doc: attrs::doc(&field.attrs),
    };
    let key = entries.iter().find(|entry| entry.word.name == "belongs_to");
    let mut relation = key.map(|entry| Relation { target: belongs_to_target(entry, diag), ..Relation::default() });
    for entry in &entries {
        match entry.word.name {
            "column" => read.column = entry.text(diag),
            "indexed" => read.indexed = entry.bare(diag),
            "unique" => read.unique = entry.bare(diag),
            "json" => read.json = entry.bare(diag),
            "default" => read.default = default(entry, diag),
            "accessor" => {
                if let Some(name) = entry.name(diag) {
                    read.accessor = name;
                }
            }
            "renamed_from" => read.renamed_from = entry.text(diag),
            "relation" | "index" | "enrich" | "defer" | "parent" | "fk" => match &mut relation {
                Some(relation) if entry.word.name == "relation" => relation.name = entry.name(diag),
                Some(relation) => relation.options.extend(entry.flag(diag).map(|on| (entry.ident.clone(), on))),
                None => {
                    let word = entry.word.name;
                    let remedy = match word {
                        "index" => "write `belongs_to, index`, or `indexed` for a field that is no relation".to_owned(),
                        _ => format!("write `belongs_to, {}`", entry.tokens()),
                    };
                    diag.at(&entry.ident, format!("`{word}` says something about a relation; {remedy}"));
                }
            },
            _ => {}
        }
    }
    if let Some(Relation { target, name, options }) = relation {
        let name_at = name.clone().unwrap_or_else(|| ident.clone());
        let name = match &name {
            Some(name) => names::wire_name(name, "choose a name without such parts", diag),
            None => names::camel(&relation_of(ident, diag)),
        };
        model.belongs_to.push(BelongsTo { name, name_at, field: model.fields.len(), target, options });
    }
    model.fields.push(read);
}

/// `region_id` is the key of the relation `region`.
fn relation_of(ident: &Ident, diag: &mut Diag) -> String {
    let field = names::bare(ident);
    match field.strip_suffix("_id") {
        Some(relation) if !relation.is_empty() => relation.to_owned(),
        _ => {
            diag.at(
                ident,
                format!("the relation is named after the field without `_id`, and `{field}` has none; call the field `{field}_id`, or write `belongs_to, relation = name`"),
            );
            field
        }
    }
}

fn belongs_to_target(entry: &Entry, diag: &mut Diag) -> Option<Path> {
    match &entry.value {
        Value::Nothing => None,
        Value::Equals(path) if let Ok(path) = syn::parse2::<Path>(path.clone()) => Some(path),
        Value::List(options) => {
            diag.at(
                &entry.tokens(),
                format!("the options stand beside `belongs_to`; write `belongs_to, {}`", options.stream()),
            );
            None
        }
        Value::Equals(value) => {
            diag.at(value, "`belongs_to` takes the type of a model; write `belongs_to`, or `belongs_to = Region`");
            None
        }
    }
}

fn default(entry: &Entry, diag: &mut Diag) -> Option<Default> {
    match &entry.value {
        Value::Nothing => Some(Default::OfType),
        Value::Equals(value) => Some(Default::Value(value.clone())),
        Value::List(_) => {
            diag.at(&entry.tokens(), "`default` takes a value; write `default = 3`, or `default` alone");
            None
        }
    }
}

fn read_word(entry: &Entry, model: &mut Model, diag: &mut Diag) {
    let options = &mut model.options;
    match entry.word.name {
        "mutable" => options.mutable = entry.flag(diag),
        "typename" => {
            if let Some(name) = entry.text(diag) {
                names::check_typename(&name, &name.value(), diag);
                model.typename = name.value();
            }
        }
        "table" => options.table = entry.text(diag),
        "load" => options.load = entry.choice(&[("instant", "Instant"), ("lazy", "Lazy"), ("manual", "Manual")], diag),
        "tenancy" => options.tenancy = tenancy(entry, diag),
        "plane" => options.plane = entry.choice(&[("tenant", "Tenant"), ("control", "Control")], diag),
        "scope" => {
            options.scope = match &entry.value {
                Value::Nothing => Some(Scope::Flag(true)),
                Value::Equals(value) if let Ok(value) = syn::parse2::<syn::LitBool>(value.clone()) => {
                    Some(Scope::Flag(value.value))
                }
                _ => entry.text(diag).map(Scope::Kind),
            }
        }
        "grants" => options.grants = grants(entry, diag),
        "entity_roles" => {
            options.entity_roles = entry
                .pairs(diag)
                .into_iter()
                .filter_map(|pair| pair.source(diag).map(|source| (pair.key, source)))
                .collect();
        }
        "has_many" | "has_one" => model.has.extend(has(entry, diag)),
        "bootstrap" => {
            for pair in entry.known_pairs(&["limit", "order_by"], diag) {
                if pair.key == "limit" {
                    options.bootstrap_limit = pair.number(diag);
                } else {
                    options.bootstrap_order_by = pair.text(diag);
                }
            }
        }
        "lazy_observable" => options.lazy_observable = entry.flag(diag),
        "persist" => {
            options.persist = match &entry.value {
                Value::Nothing => Some(None),
                _ => entry.text(diag).map(Some),
            }
        }
        "auto_fill" => {
            let sources = [("user_id", "UserId"), ("organization_id", "OrganizationId")];
            options.auto_fill = entry
                .pairs(diag)
                .into_iter()
                .filter_map(|pair| pair.choice(&sources, diag).map(|source| (pair.key, source)))
                .collect();
        }
        "required_fields" => options.required_fields = entry.names(diag),
        "renamed_from" => options.renamed_from = entry.text(diag),
        _ => {}
    }
}

fn tenancy(entry: &Entry, diag: &mut Diag) -> Option<Tenancy> {
    match &entry.value {
        Value::List(_) => {
            let (mut table, mut local_key, mut parent_key, mut org_column) = (None, None, None, None);
            let known = diag.count();
            for pair in entry.known_pairs(&["parent_table", "local_key", "parent_key", "parent_org_column"], diag) {
                let slot = match pair.key.to_string().as_str() {
                    "parent_table" => &mut table,
                    "local_key" => &mut local_key,
                    "parent_key" => &mut parent_key,
                    _ => &mut org_column,
                };
                *slot = pair.text(diag);
            }
            if (table.is_none() || local_key.is_none()) && diag.count() == known {
                diag.at(
                    &entry.tokens(),
                    "tenancy through a parent needs its table and the column that points at it; write `tenancy(parent_table = \"projects\", local_key = \"project_id\")`",
                );
            }
            Some(Tenancy::Parent { table: table?, local_key: local_key?, parent_key, org_column })
        }
        Value::Equals(value) if Ident::parse_any.parse2(value.clone()).is_ok_and(|name| name == "none") => {
            Some(Tenancy::None)
        }
        Value::Equals(value) if syn::parse2::<syn::LitStr>(value.clone()).is_ok() => {
            entry.text(diag).map(Tenancy::Column)
        }
        _ => {
            diag.at(&entry.tokens(), "`tenancy` is a column or `none`; write `tenancy = \"organization_id\"`, `tenancy = none` or `tenancy(parent_table = \"projects\", local_key = \"project_id\")`");
            None
        }
    }
}

fn grants(entry: &Entry, diag: &mut Diag) -> Option<(Ident, Ident)> {
    let (mut subject, mut scope) = (None, None);
    let known = diag.count();
    for pair in entry.known_pairs(&["subject", "scope"], diag) {
        if pair.key == "subject" {
            subject = pair.name(diag);
        } else {
            scope = pair.name(diag);
        }
    }
    if (subject.is_none() || scope.is_none()) && diag.count() == known {
        diag.at(&entry.tokens(), format!("a grant names who gets access and to what; write `{}`", entry.word.syntax));
    }
    Some((subject?, scope?))
}

fn has(entry: &Entry, diag: &mut Diag) -> Option<Has> {
    let many = entry.word.name == "has_many";
    let mut items = entry.items(diag).into_iter();
    let head: TokenStream = items.next()?.into_iter().collect();
    let parse_head = |input: ParseStream| {
        let name = input.call(Ident::parse_any)?;
        input.parse::<syn::Token![:]>()?;
        let target: Path = input.call(Path::parse_mod_style).or_else(|_| input.parse())?;
        let by = input.call(Ident::parse_any)?;
        let key = match input.parse::<Option<syn::LitStr>>()? {
            Some(wire) => Key::Wire(wire),
            None => Key::Field(input.call(Ident::parse_any)?),
        };
        (by == "by").then_some((name, target, key)).ok_or_else(|| syn::Error::new(by.span(), ""))
    };
    let parsed = parse_head.parse2(head.clone());
    let mut order_by = None;
    for item in items {
        let tokens: TokenStream = item.iter().cloned().collect();
        match item.as_slice() {
            [TokenTree::Ident(key), TokenTree::Punct(_), TokenTree::Ident(field)] if key == "order_by" && many => {
                order_by = Some(field.clone());
            }
            _ if many => diag.at(&tokens, format!("expected `order_by = field`; write `{}`", entry.word.syntax)),
            _ => diag.at(&tokens, format!("a single row needs no order; write `{}`", entry.word.syntax)),
        }
    }
    let Ok((name_at, target, by)) = parsed else {
        diag.at(&head, format!("expected `name: Model by field`; write `{}`", entry.word.syntax));
        return None;
    };
    let name = names::wire_name(&name_at, "choose a name without such parts", diag);
    Some(Has { many, name, name_at, target, by, order_by })
}

/// Writes out `Self`, which means something else in the generated items.
fn without_self(tokens: TokenStream, ident: &Ident) -> TokenStream {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Ident(word) if word == "Self" => TokenTree::Ident(Ident::new(&ident.to_string(), word.span())),
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_self(group.stream(), ident));
                inner.set_span(group.span());
                TokenTree::Group(inner)
            }
            other => other,
        })
        .collect()
}
