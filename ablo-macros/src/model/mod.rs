//! `#[derive(AbloModel)]`: attributes -> [`Model`] -> tokens.

mod check;
mod expand;
mod parse;

use proc_macro2::{Ident, TokenStream};
use syn::{LitStr, Path, Visibility};

use crate::{attrs::Source, diag::Diag};

/// A model as the tokens are made from it: every name decided, nothing left to parse.
pub struct Model {
    pub ident: Ident,
    pub vis: Visibility,
    pub krate: TokenStream,
    pub doc: Option<String>,
    pub typename: String,
    pub id: Option<IdField>,
    pub fields: Vec<Field>,
    pub belongs_to: Vec<BelongsTo>,
    pub has: Vec<Has>,
    pub options: Options,
}

/// The field `id`.
pub struct IdField {
    pub ident: Ident,
    pub vis: Visibility,
    pub ty: TokenStream,
}

/// Any other field.
pub struct Field {
    pub ident: Ident,
    pub vis: Visibility,
    /// The type with `Self` written out.
    pub ty: TokenStream,
    pub accessor: Ident,
    pub wire: String,
    /// Where an error about the wire name or column points.
    pub wire_at: TokenStream,
    pub renamed: bool,
    pub column: Option<LitStr>,
    pub indexed: bool,
    pub unique: bool,
    pub json: bool,
    pub default: Option<Default>,
    pub renamed_from: Option<LitStr>,
    pub doc: Option<String>,
}

/// What `default` gives.
pub enum Default {
    OfType,
    Value(TokenStream),
}

/// A relation whose key is a field here.
pub struct BelongsTo {
    pub name: String,
    pub name_at: Ident,
    pub field: usize,
    /// `None`: told by the field's type.
    pub target: Option<Path>,
    /// The options that are set, by their name in the spec.
    pub options: Vec<(Ident, bool)>,
}

/// A relation whose key is a field there.
pub struct Has {
    pub many: bool,
    pub name: String,
    pub name_at: Ident,
    pub target: Path,
    pub by: Key,
    pub order_by: Option<Ident>,
}

/// The field of the other model that holds this row's id.
pub enum Key {
    Field(Ident),
    /// A wire name, for a field that the other model does not declare.
    Wire(LitStr),
}

/// Everything else a model says.
#[derive(Default)]
pub struct Options {
    pub mutable: Option<bool>,
    pub table: Option<LitStr>,
    pub load: Option<&'static str>,
    pub tenancy: Option<Tenancy>,
    pub plane: Option<&'static str>,
    pub scope: Option<Scope>,
    pub grants: Option<(Ident, Ident)>,
    pub entity_roles: Vec<(Ident, Source)>,
    pub bootstrap_limit: Option<u64>,
    pub bootstrap_order_by: Option<LitStr>,
    pub lazy_observable: Option<bool>,
    pub persist: Option<Option<LitStr>>,
    pub auto_fill: Vec<(Ident, &'static str)>,
    pub required_fields: Vec<Ident>,
    pub renamed_from: Option<LitStr>,
}

/// How rows are tied to an organization.
pub enum Tenancy {
    None,
    Column(LitStr),
    Parent { table: LitStr, local_key: LitStr, parent_key: Option<LitStr>, org_column: Option<LitStr> },
}

/// Whether rows are scope roots.
pub enum Scope {
    Flag(bool),
    Kind(LitStr),
}

/// The derive, from the item's tokens to the impls or the errors with a stub.
pub fn derive(input: &syn::DeriveInput) -> TokenStream {
    let mut diag = Diag::new();
    let model = parse::model(input, &mut diag);
    if let Some(model) = &model {
        check::model(model, &mut diag);
    }
    let broken = !diag.is_empty();
    let mut tokens = diag.finish();
    match model {
        Some(model) if broken => tokens.extend(expand::stub(&model)),
        Some(model) => tokens.extend(expand::model(&model)),
        None => {}
    }
    tokens
}
