//! The rules that span models, judged while compiling. [`crate::ir::SchemaDef::validate`] has the same rules for
//! schemas that come as artifacts; here they point at the user's source.

use super::text::{Text, digest, same, same_in_any_case};
use crate::{
    ir::{RelationKind, names::MAX_NAME_BYTES},
    typed::{FieldSpec, ModelSpec, RelationSpec, SchemaSpec, ScopeSpec},
};

/// The wire name of a field by its Rust name, and the wire name that follows from it.
#[must_use]
pub const fn wire_name(fields: &'static [FieldSpec], ident: &str, wire: &'static str) -> &'static str {
    let mut index = 0;
    while index < fields.len() {
        if let Some(renamed) = fields[index].ident
            && same(renamed, ident)
        {
            return fields[index].name;
        }
        index += 1;
    }
    wire
}

/// Whether rows of a model are scope roots.
#[must_use]
pub const fn is_scope_root(spec: &ModelSpec) -> bool {
    spec.broken || matches!(spec.scope, Some(ScopeSpec::Flag(true) | ScopeSpec::Kind(_)))
}

/// Numbers that stand for the names of a schema of `N` models, so that comparing each with each costs little: the
/// compiler interprets all this.
pub struct Names<const N: usize> {
    typenames: [u32; N],
    tables: [u32; N],
}

impl<const N: usize> Names<N> {
    /// Those of a schema.
    #[must_use]
    pub const fn of(schema: &SchemaSpec) -> Self {
        let mut names = Self { typenames: [0; N], tables: [0; N] };
        let mut index = 0;
        while index < N {
            names.typenames[index] = digest(schema.models[index].1.typename);
            names.tables[index] = digest(table_of(schema, index));
            index += 1;
        }
        names
    }
}

/// What is wrong with one member of a schema beside the others; empty when nothing is.
#[must_use]
pub const fn check_member<const N: usize>(schema: &SchemaSpec, names: &Names<N>, at: usize) -> Text {
    let (_, model) = schema.models[at];
    if model.broken {
        return Text::new();
    }
    let text = targets(schema, names, model, Text::new());
    let text = typename(schema, names, at, text);
    let text = table(schema, names, at, text);
    parents(schema, names, at, text)
}

/// What is wrong with one query of a schema; empty when nothing is.
#[must_use]
pub const fn check_query<const N: usize>(schema: &SchemaSpec, names: &Names<N>, at: usize) -> Text {
    let query = schema.queries[at];
    let mut text = Text::new();
    if position(schema, names, query.model).is_none() {
        text = text.line(&[
            "the query `",
            query.name,
            "` returns `",
            query.model,
            "`, which is not in this schema; add a member of that model",
        ]);
    }
    let mut index = 0;
    while index < at {
        if same(schema.queries[index].name, query.name) {
            text = text.line(&[
                "there already is a query `",
                query.name,
                "`; write `#[ablo(name = \"...\")]` on one of the two",
            ]);
        }
        index += 1;
    }
    text
}

const fn position<const N: usize>(schema: &SchemaSpec, names: &Names<N>, typename: &str) -> Option<usize> {
    let digest = digest(typename);
    let mut index = 0;
    while index < N {
        if names.typenames[index] == digest && same(schema.models[index].1.typename, typename) {
            return Some(index);
        }
        index += 1;
    }
    None
}

/// A relation leads to a model that lives beside this one.
const fn targets<const N: usize>(schema: &SchemaSpec, names: &Names<N>, model: &ModelSpec, mut text: Text) -> Text {
    let mut index = 0;
    while index < model.relations.len() {
        let RelationSpec { name, target, .. } = model.relations[index];
        if position(schema, names, target).is_none() {
            text = text.line(&[
                "the relation `",
                name,
                "` of `",
                model.typename,
                "` leads to `",
                target,
                "`, which is not in this schema; add a member of that model",
            ]);
        }
        index += 1;
    }
    text
}

/// A typename says which model a row is of.
const fn typename<const N: usize>(schema: &SchemaSpec, names: &Names<N>, at: usize, text: Text) -> Text {
    let (_, model) = schema.models[at];
    let mut index = 0;
    while index < at {
        let (key, other) = schema.models[index];
        if names.typenames[index] == names.typenames[at] && same_in_any_case(other.typename, model.typename) {
            return text.line(&[
                "the typename `",
                model.typename,
                "` is already that of `",
                key,
                "`; write `#[ablo(typename = \"...\")]` on one of the two models",
            ]);
        }
        index += 1;
    }
    text
}

/// Two models in one table would read each other's rows.
const fn table<const N: usize>(schema: &SchemaSpec, names: &Names<N>, at: usize, text: Text) -> Text {
    let mine = table_of(schema, at);
    if mine.len() > MAX_NAME_BYTES {
        return text.line(&[
            "the table name `",
            mine,
            "` is over 63 bytes, which databases cut; write `#[ablo(table = \"...\")]` on the model",
        ]);
    }
    let mut index = 0;
    while index < at {
        if names.tables[index] == names.tables[at] && same_in_any_case(table_of(schema, index), mine) {
            return text.line(&[
                "the table `",
                mine,
                "` is already that of `",
                schema.models[index].0,
                "`; write `#[ablo(table = \"...\")]` on one of the two models",
            ]);
        }
        index += 1;
    }
    text
}

const fn table_of(schema: &SchemaSpec, at: usize) -> &'static str {
    let (key, model) = schema.models[at];
    match model.table {
        Some(table) => table,
        None => key,
    }
}

/// A row that lived in itself would have no root.
const fn parents<const N: usize>(schema: &SchemaSpec, names: &Names<N>, at: usize, text: Text) -> Text {
    // A cycle is told once, at its first member.
    let mut seen = [false; N];
    let mut earlier = 0;
    while earlier < at {
        seen[earlier] = true;
        earlier += 1;
    }
    match path_to(schema, names, at, at, &mut seen) {
        Some(RelationSpec { name, target, .. }) => text.line(&[
            "the relation `",
            name,
            "` makes a row of `",
            schema.models[at].1.typename,
            "` live in a row of `",
            target,
            "`, and that leads back here; remove `parent` from one of these relations",
        ]),
        None => text,
    }
}

/// The first parent edge of a way from one model to another through models not seen yet.
const fn path_to<const N: usize>(
    schema: &SchemaSpec,
    names: &Names<N>,
    from: usize,
    to: usize,
    seen: &mut [bool; N],
) -> Option<RelationSpec> {
    if seen[from] {
        return None;
    }
    seen[from] = true;
    let model = schema.models[from].1;
    let mut index = 0;
    while index < model.relations.len() {
        let relation = model.relations[index];
        if is_parent(&relation)
            && let Some(next) = position(schema, names, relation.target)
            // A row may live in another row of its own model.
            && next != from
            && (next == to || path_to(schema, names, next, to, seen).is_some())
        {
            return Some(relation);
        }
        index += 1;
    }
    None
}

const fn is_parent(relation: &RelationSpec) -> bool {
    matches!(relation.kind, RelationKind::BelongsTo)
        && match relation.options {
            Some(options) => matches!(options.parent, Some(true)),
            None => false,
        }
}
