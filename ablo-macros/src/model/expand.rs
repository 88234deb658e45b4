//! From a checked [`Model`] to tokens. Everything long is an ordinary function of the hidden module.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::{
    BelongsTo, Default, Field, Has, Key, Model, Options, Scope, Tenancy,
    check::{BASE_FIELDS, accessor_owner, wire_of},
};
use crate::{
    block::{position, private, wrap},
    names, spans,
};

/// The impls of a model without mistakes.
pub fn model(model: &Model) -> TokenStream {
    let p = private();
    let ident = &model.ident;
    let typename = &model.typename;
    let patch = patch_ident(model);
    let specs = field_specs(model, &p);
    let spec = model_spec(model, &p);
    let shown = model.fields.iter().enumerate().map(|(index, field)| {
        let (name, carrier, index) = (&field.ident, carrier(field, &p), position(index));
        quote!(#carrier::see(__v, #index, |__m| &__m.#name)?;)
    });
    let reads = model.fields.iter().enumerate().map(|(index, field)| {
        let (name, carrier, index) = (&field.ident, carrier(field, &p), position(index));
        quote!(#name: #carrier::take(__r, #index)?,)
    });
    let (id, id_type) = match &model.id {
        Some(id) => (&id.ident, &id.ty),
        None => return TokenStream::new(),
    };
    let duplicate = {
        let (span, p) = (ident.span(), spans::put(&p, ident.span()));
        quote_spanned!(span=> <#ident as #p::Duplicate>::duplicate(self))
    };
    let surface = surface(model, &p);
    let checks = checks(model, &p);
    let impls = quote! {
        #[automatically_derived]
        impl #p::Model for #ident {
            const TYPENAME: &'static #p::str = #typename;
            const FIELDS: &'static [#p::FieldSpec] = #specs;
            const SPEC: #p::ModelSpec = #spec;
            type Patch = #patch;
            fn id(&self) -> &#p::Id<Self> {
                <#id_type as #p::IdField<Self>>::get(&self.#id)
            }
            fn duplicate(&self) -> Self {
                #duplicate
            }
            fn visit<__V: #p::VisitFields<Self>>(__v: &mut __V) -> #p::Result<(), __V::Error> {
                #(#shown)*
                #p::Ok(())
            }
            fn read<__R: #p::ReadFields>(__r: &mut __R) -> #p::Result<Self, __R::Error> {
                #p::Ok(Self { #id: <#id_type as #p::IdField<Self>>::take(__r)?, #(#reads)* })
            }
        }
        #surface
        #checks
    };
    with_patch(model, impls)
}

/// What other items may refer to, so that a mistake in this model shows once and nowhere else.
pub fn stub(model: &Model) -> TokenStream {
    let p = private();
    let ident = &model.ident;
    let typename = &model.typename;
    let patch = patch_ident(model);
    let surface = surface(model, &p);
    let impls = quote! {
        #[automatically_derived]
        impl #p::Model for #ident {
            const TYPENAME: &'static #p::str = #typename;
            const FIELDS: &'static [#p::FieldSpec] = &[];
            const SPEC: #p::ModelSpec = #p::ModelSpec { broken: true, ..#p::ModelSpec::of::<Self>() };
            type Patch = #patch;
            fn id(&self) -> &#p::Id<Self> {
                #p::unreachable!()
            }
            fn duplicate(&self) -> Self {
                #p::unreachable!()
            }
            fn visit<__V: #p::VisitFields<Self>>(_: &mut __V) -> #p::Result<(), __V::Error> {
                #p::Ok(())
            }
            fn read<__R: #p::ReadFields>(_: &mut __R) -> #p::Result<Self, __R::Error> {
                #p::unreachable!()
            }
        }
        #surface
    };
    with_patch(model, impls)
}

/// The patch, which users name, beside the impls, which they do not.
fn with_patch(model: &Model, impls: TokenStream) -> TokenStream {
    let Model { ident, vis, krate, .. } = model;
    let patch = patch_ident(model);
    let doc = format!("Changes to a [`{ident}`]: a field that is not named keeps its value.");
    let impls = wrap(krate, impls);
    let p = quote!(#krate::__private);
    quote! {
        #[doc = #doc]
        #[derive(#p::Clone, #p::Debug, #p::Default)]
        #[must_use]
        #vis struct #patch(#p::Partial<#ident>);
        #impls
    }
}

fn patch_ident(model: &Model) -> Ident {
    let name = names::bare(&model.ident);
    Ident::new(&format!("{name}Patch"), model.ident.span())
}

/// The trait through which a field is read and written. The one way, so that a wrong type is reported once.
fn carrier(field: &Field, p: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    if field.json { quote!(<#ty as #p::JsonField>) } else { quote!(<#ty as #p::Field>) }
}

/// The type of a field in filters and patches.
fn surface_type(field: &Field, p: &TokenStream) -> TokenStream {
    let ty = &field.ty;
    if field.json { quote!(#p::Json<#ty>) } else { ty.clone() }
}

/// Names and docs are one text each and options stand by position, so that a plain field costs nothing here.
fn field_specs(model: &Model, p: &TokenStream) -> TokenStream {
    let names: Vec<&str> = model.fields.iter().map(|field| field.wire.as_str()).collect();
    let (count, names) = (position(names.len()), names.join(" "));
    let docs: Vec<&str> = model.fields.iter().map(|field| field.doc.as_deref().unwrap_or_default()).collect();
    let docs = docs.iter().any(|doc| !doc.is_empty()).then(|| docs.join("\0"));
    let docs = docs.map(|docs| quote!(.docs(#docs)));
    let options: TokenStream =
        model.fields.iter().enumerate().map(|(index, field)| field_options(index, field, p)).collect();
    let specs = quote!(&#p::FieldSpecs::<#count>::new(#names)#docs #options.list());
    match model.fields.iter().any(|field| field.json) {
        true => quote!({ use #p::NotProbed as _; #specs }),
        false => specs,
    }
}

fn field_options(index: usize, field: &Field, p: &TokenStream) -> TokenStream {
    let (index, ty, carrier) = (position(index), &field.ty, carrier(field, p));
    let mut options = TokenStream::new();
    if field.json {
        options.extend(quote!(.json(#index, #p::Probe::<#ty>::OPTIONAL, #p::Probe::<#ty>::SCHEMA)));
    }
    if field.renamed {
        let ident = names::bare(&field.ident);
        options.extend(quote!(.ident(#index, #ident)));
    }
    if let Some(column) = &field.column {
        options.extend(quote!(.column(#index, #column)));
    }
    if field.indexed {
        options.extend(quote!(.indexed(#index)));
    }
    if field.unique {
        options.extend(quote!(.unique(#index)));
    }
    let default = match &field.default {
        Some(Default::OfType) => Some(quote!(<#ty as #p::OwnDefault>::own_default())),
        Some(Default::Value(value)) if !field.json => Some(quote!(#p::To::<#ty>::into_field(#value))),
        Some(Default::Value(value)) => Some(value.clone()),
        None => None,
    };
    if let Some(value) = default {
        options.extend(quote!(.default(#index, || #carrier::default_value(#value))));
    }
    if let Some(from) = &field.renamed_from {
        options.extend(quote!(.renamed_from(#index, #from)));
    }
    options
}

fn model_spec(model: &Model, p: &TokenStream) -> TokenStream {
    let members = options(model, &model.options, p);
    let belongs_to = model.belongs_to.iter().map(|relation| belongs_to(model, relation, p));
    let has = model.has.iter().map(|relation| has(relation, p));
    let relations: Vec<TokenStream> = belongs_to.chain(has).collect();
    let relations = (!relations.is_empty()).then(|| quote!(relations: &[#(#relations),*],));
    let doc = model.doc.as_ref().map(|doc| quote!(doc: #p::Some(#doc),));
    quote! {
        #p::ModelSpec { #relations #members #doc ..#p::ModelSpec::of::<Self>() }
    }
}

fn options(model: &Model, options: &Options, p: &TokenStream) -> TokenStream {
    let mut members = TokenStream::new();
    let mut set = |name: &str, value: TokenStream| {
        let name = format_ident!("{name}");
        members.extend(quote!(#name: #value,));
    };
    if let Some(mutable) = options.mutable {
        set("mutable", quote!(#p::Some(#mutable)));
    }
    if let Some(table) = &options.table {
        set("table", quote!(#p::Some(#table)));
    }
    if let Some(load) = options.load {
        let load = format_ident!("{load}");
        set("load", quote!(#p::LoadStrategy::#load));
    }
    match &options.tenancy {
        Some(Tenancy::None) => set("tenancy", quote!(#p::TenancySpec::None)),
        Some(Tenancy::Column(column)) => set("tenancy", quote!(#p::TenancySpec::Column(#column))),
        Some(Tenancy::Parent { table, local_key, parent_key, org_column }) => {
            let (parent_key, org_column) = (option(parent_key, p), option(org_column, p));
            set(
                "tenancy",
                quote!(#p::TenancySpec::Parent {
                    local_key: #local_key,
                    parent_table: #table,
                    parent_key: #parent_key,
                    parent_org_column: #org_column,
                }),
            );
        }
        None => {}
    }
    if let Some(plane) = options.plane {
        let plane = format_ident!("{plane}");
        set("plane", quote!(#p::Plane::#plane));
    }
    match &options.scope {
        Some(Scope::Flag(flag)) => set("scope", quote!(#p::Some(#p::ScopeSpec::Flag(#flag)))),
        Some(Scope::Kind(kind)) => set("scope", quote!(#p::Some(#p::ScopeSpec::Kind(#kind)))),
        None => {}
    }
    if let Some((subject, scope)) = &options.grants {
        let (subject, scope) = (names::camel(&names::bare(subject)), names::camel(&names::bare(scope)));
        set("grants", quote!(#p::Some(#p::GrantsSpec { subject: #subject, scope: #scope })));
    }
    if !options.entity_roles.is_empty() {
        let roles = options.entity_roles.iter().map(|(kind, source)| {
            let (kind, multi) = (names::bare(kind), source.multi);
            let field = wire_of(model, &source.name).unwrap_or_else(|| source.name.clone());
            quote!(#p::RoleSpec { kind: #kind, field: #field, multi: #multi })
        });
        set("entity_roles", quote!(&[#(#roles),*]));
    }
    if let Some(limit) = options.bootstrap_limit {
        set("bootstrap_limit", quote!(#p::Some(#limit)));
    }
    if let Some(order_by) = &options.bootstrap_order_by {
        set("bootstrap_order_by", quote!(#p::Some(#order_by)));
    }
    if let Some(lazy) = options.lazy_observable {
        set("lazy_observable", quote!(#p::Some(#lazy)));
    }
    if let Some(store) = &options.persist {
        let store = store.as_ref().map_or_else(|| model.typename.clone(), syn::LitStr::value);
        set("persist", quote!(#p::Some(#store)));
    }
    if !options.auto_fill.is_empty() {
        let fills = options.auto_fill.iter().map(|(field, source)| {
            let (field, source) = (wire_of(model, &names::bare(field)), format_ident!("{source}"));
            quote!((#field, #p::AutoFillSource::#source))
        });
        set("auto_fill", quote!(&[#(#fills),*]));
    }
    if !options.required_fields.is_empty() {
        let fields = options.required_fields.iter().filter_map(|field| wire_of(model, &names::bare(field)));
        set("required_fields", quote!(&[#(#fields),*]));
    }
    if let Some(from) = &options.renamed_from {
        set("renamed_from", quote!(#p::Some(#from)));
    }
    members
}

fn option(value: &Option<syn::LitStr>, p: &TokenStream) -> TokenStream {
    match value {
        Some(value) => quote!(#p::Some(#value)),
        None => quote!(#p::None),
    }
}

fn belongs_to(model: &Model, relation: &BelongsTo, p: &TokenStream) -> TokenStream {
    let field = &model.fields[relation.field];
    let (name, key, target) = (&relation.name, &field.wire, target(field, relation, p));
    let options = relation.options.iter().map(|(option, on)| quote!(#option: #p::Some(#on),));
    let options = (!relation.options.is_empty())
        .then(|| quote!(.options(#p::RelationOptions { #(#options)* ..#p::RelationOptions::NONE })));
    quote!(#p::RelationSpec::belongs_to(#name, #target::TYPENAME, #key)#options)
}

/// The model a key leads to.
fn target(field: &Field, relation: &BelongsTo, p: &TokenStream) -> TokenStream {
    match &relation.target {
        Some(path) => quote!(<#path as #p::Model>),
        None => {
            let (ty, span) = (&field.ty, spans::of(&field.ty));
            let p = spans::put(p, span);
            quote_spanned!(span=> <<#ty as #p::ForeignKey>::Model as #p::Model>)
        }
    }
}

fn has(relation: &Has, p: &TokenStream) -> TokenStream {
    let Has { many, name, target, by, order_by, .. } = relation;
    let kind = if *many { format_ident!("HasMany") } else { format_ident!("HasOne") };
    let wire = |field: &Ident| {
        let (rust, wire) = (names::bare(field), names::camel(&names::bare(field)));
        quote!(#p::wire_name(<#target as #p::Model>::FIELDS, #rust, #wire))
    };
    let key = match by {
        Key::Field(field) => wire(field),
        Key::Wire(name) => quote!(#name),
    };
    let order_by = order_by.as_ref().map(|field| {
        let field = wire(field);
        quote!(.order_by(#field))
    });
    quote! {
        #p::RelationSpec::has(#p::RelationKind::#kind, #name, <#target as #p::Model>::TYPENAME, #key)#order_by
    }
}

/// The patch and the functions a user calls.
fn surface(model: &Model, p: &TokenStream) -> TokenStream {
    let (ident, vis, patch) = (&model.ident, &model.vis, patch_ident(model));
    let begin_doc = format!("Begins the changes of an update of a [`{ident}`].");
    let setters = model.fields.iter().enumerate().map(|(index, field)| {
        let (name, vis, carrier, ty) = (&field.ident, &field.vis, carrier(field, p), surface_type(field, p));
        let doc = format!("Sets `{}`.", names::bare(name));
        let index = position(index);
        quote! {
            #[doc = #doc]
            #vis fn #name(self, value: impl #p::To<#ty>) -> Self {
                Self(#carrier::set(self.0, #index, value))
            }
        }
    });
    // A clash has been reported; two functions of one name would report it again.
    let accessible = model.fields.iter().enumerate().filter(|(index, _)| accessor_owner(model, *index).is_none());
    let accessors = accessible.map(|(index, field)| {
        let (name, vis, ty) = (&field.accessor, &field.vis, surface_type(field, p));
        let doc = format!("The field `{}`, for filters and orders.", names::bare(&field.ident));
        let index = position(index);
        // At the field's place, so that a function of the user's with the same name is told apart there.
        let (head, end) = (quote_spanned!(name.span()=> const #name), quote_spanned!(name.span()=> ;));
        quote! {
            #[doc = #doc]
            #vis #head: #p::Accessor<Self, #ty> = || #p::at(#index) #end
        }
    });
    let id = model.id.as_ref().map(|id| {
        let vis = &id.vis;
        quote! {
            /// The id, for filters and orders.
            #vis const id: #p::Accessor<Self, #p::Id<Self>> = || #p::FieldRef::ID;
        }
    });
    // At the struct's place, as the accessors are at their fields'.
    let begin = {
        let (span, p) = (ident.span(), spans::put(p, ident.span()));
        quote_spanned!(span=> fn patch() -> #patch { #p::Default::default() })
    };
    quote! {
        #[automatically_derived]
        impl #patch {
            #(#setters)*
        }

        #[automatically_derived]
        impl #p::From<#patch> for #p::Partial<#ident> {
            fn from(patch: #patch) -> Self {
                patch.0
            }
        }

        #[automatically_derived]
        impl #ident {
            #[doc = #begin_doc]
            #vis #begin
            #id
            #(#accessors)*
        }
    }
}

/// What only the compiler can judge: that relations lead to fields and models of the right kind.
fn checks(model: &Model, p: &TokenStream) -> TokenStream {
    let ident = &model.ident;
    let mut checks = TokenStream::new();
    for Has { target, by, order_by, .. } in &model.has {
        if let Key::Field(by) = by {
            let (span, p) = (by.span(), spans::put(p, by.span()));
            checks.extend(quote_spanned!(span=> #p::column(|row: &#target| &row.#by).leads_to::<#ident>();));
        }
        // Base fields are on every row and in no struct.
        if let Some(order_by) = order_by.as_ref().filter(|field| !BASE_FIELDS.contains(&names::bare(field).as_str())) {
            checks.extend(quote!(let _ = #p::column(|row: &#target| &row.#order_by);));
        }
    }
    if let Some((_, scope)) = &model.options.grants {
        let name = names::camel(&names::bare(scope));
        if let Some(relation) = model.belongs_to.iter().find(|relation| relation.name == name) {
            let (span, p) = (scope.span(), spans::put(p, scope.span()));
            let target = target(&model.fields[relation.field], relation, &p);
            let message = format!(
                "`{scope}` leads to a model that is no scope root, so there is nothing to grant; write `#[ablo(scope)]` on that model"
            );
            checks.extend(quote_spanned!(span=> #p::assert!(#p::is_scope_root(&#target::SPEC), #message);));
        }
    }
    checks
}
