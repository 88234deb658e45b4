//! Every attribute word, once. The parser, its "expected one of", its suggestions and the table in the docs read this.

/// Where a word may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Model,
    Field,
    Enum,
    Variant,
    Schema,
    Member,
    Query,
    Input,
}

impl Place {
    /// What the user calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "a model",
            Self::Field => "a field of a model",
            Self::Enum => "an enum",
            Self::Variant => "a variant",
            Self::Schema => "a schema",
            Self::Member => "a model of a schema",
            Self::Query => "a query",
            Self::Input => "an input of a query",
        }
    }
}

/// One word of `#[ablo(...)]`.
pub struct Word {
    pub place: Place,
    pub name: &'static str,
    /// How to write it; also what an error about it proposes.
    pub syntax: &'static str,
    /// What it does, in one sentence.
    pub meaning: &'static str,
    /// Whether it may be given more than once.
    pub repeats: bool,
}

const fn word(place: Place, name: &'static str, syntax: &'static str, meaning: &'static str) -> Word {
    Word { place, name, syntax, meaning, repeats: false }
}

impl Word {
    const fn repeats(self) -> Self {
        Self { repeats: true, ..self }
    }
}

/// The one table.
pub const WORDS: &[Word] = &[
    word(
        Place::Model,
        "mutable",
        "mutable",
        "clients may write rows; `mutable = false` says explicitly that they may not",
    ),
    word(Place::Model, "typename", "typename = \"Task\"", "the name on the wire; the struct's name by default"),
    word(Place::Model, "table", "table = \"tasks\"", "the table; the schema key by default"),
    word(Place::Model, "load", "load = lazy", "when clients load rows: `instant` (default), `lazy` or `manual`"),
    word(
        Place::Model,
        "tenancy",
        "tenancy = \"organization_id\"",
        "how rows belong to an organization: a column, `tenancy = none`, or `tenancy(parent_table = \"projects\", local_key = \"project_id\", parent_key = \"id\", parent_org_column = \"organization_id\")`, of which the last two may be left out",
    ),
    word(Place::Model, "plane", "plane = control", "whose database rows live in: `tenant` (default) or `control`"),
    word(
        Place::Model,
        "scope",
        "scope = \"report\"",
        "rows are scope roots with their own sync group; the kind is the lower-cased typename unless given; `scope = false` says explicitly that they are not",
    ),
    word(
        Place::Model,
        "grants",
        "grants(subject = user, scope = deck)",
        "a row gives the participant its `subject` relation names the groups of the row its `scope` relation names",
    ),
    word(
        Place::Model,
        "entity_roles",
        "entity_roles(inbox = to_id, team = team_ids[])",
        "groups minted from a row's own fields; `[]` reads a list and mints one per element",
    ),
    word(
        Place::Model,
        "has_many",
        "has_many(reports: WeatherReport by region_id, order_by = location)",
        "the rows of another model whose field holds this row's id; `order_by` may be left out, and `by \"regionId\"` names a key that the other struct leaves out",
    )
    .repeats(),
    word(
        Place::Model,
        "has_one",
        "has_one(profile: Profile by user_id)",
        "the one row of another model whose field holds this row's id",
    )
    .repeats(),
    word(
        Place::Model,
        "bootstrap",
        "bootstrap(limit = 100, order_by = \"created_at DESC\")",
        "at most how many rows clients load at start, and which come first; either may be left out",
    ),
    word(
        Place::Model,
        "lazy_observable",
        "lazy_observable",
        "clients observe rows lazily; `lazy_observable = false` says explicitly that they do not",
    ),
    word(
        Place::Model,
        "persist",
        "persist = \"Task\"",
        "clients keep rows between sessions in this store; the typename unless given",
    ),
    word(
        Place::Model,
        "auto_fill",
        "auto_fill(created_by = user_id)",
        "fields that clients fill from the writer's `user_id` or `organization_id`",
    ),
    word(Place::Model, "required_fields", "required_fields(slide_id)", "fields without which a client skips a row"),
    word(
        Place::Model,
        "renamed_from",
        "renamed_from = \"oldKey\"",
        "the previous schema key, so that a migration renames the table instead of dropping it",
    ),
    word(
        Place::Model,
        "crate",
        "crate = \"::my_crate::ablo\"",
        "where the `ablo` crate is found when it is re-exported",
    ),
    word(Place::Field, "name", "name = \"externalRef\"", "the wire name; the field's name in camelCase by default"),
    word(Place::Field, "column", "column = \"ext_ref\"", "the column; the wire name in snake_case by default"),
    word(Place::Field, "indexed", "indexed", "look-ups by this field are constant time"),
    word(Place::Field, "unique", "unique", "no two rows of an organization share a value"),
    word(
        Place::Field,
        "default",
        "default = 3",
        "the value a create takes when the field is absent: any expression of the field's type; `default` alone is `Default::default()`",
    ),
    word(Place::Field, "json", "json", "the field holds any serde type as JSON"),
    word(
        Place::Field,
        "belongs_to",
        "belongs_to",
        "the field holds the id of a row of another model: the `M` of its `Id<M>`, or `belongs_to = Region` for an id kept as text",
    ),
    word(
        Place::Field,
        "relation",
        "relation = region",
        "the name of the `belongs_to` relation; the field's name without `_id` by default",
    ),
    word(Place::Field, "index", "index", "of a `belongs_to`: children are found in constant time"),
    word(Place::Field, "enrich", "enrich", "of a `belongs_to`: deltas arrive with the parent attached, best effort"),
    word(
        Place::Field,
        "defer",
        "defer",
        "of a `belongs_to`: ignored when creates are ordered, which breaks a cycle on its soft side",
    ),
    word(
        Place::Field,
        "parent",
        "parent",
        "of a `belongs_to`: this row lives in that one, and sync groups inherit through it",
    ),
    word(Place::Field, "fk", "fk", "of a `belongs_to`: a real foreign key in the database"),
    word(
        Place::Field,
        "accessor",
        "accessor = by_status",
        "the name of the generated accessor, for when a function of your own already has the field's name, which is the default",
    ),
    word(
        Place::Field,
        "renamed_from",
        "renamed_from = \"oldName\"",
        "the previous wire name, so that a migration renames the column instead of dropping it",
    ),
    word(
        Place::Enum,
        "case",
        "case = \"kebab-case\"",
        "how variants become wire values: `snake_case` (default), `camelCase`, `PascalCase`, `kebab-case`, `SCREAMING_SNAKE_CASE` or `lowercase`",
    ),
    word(
        Place::Enum,
        "crate",
        "crate = \"::my_crate::ablo\"",
        "where the `ablo` crate is found when it is re-exported",
    ),
    word(Place::Variant, "name", "name = \"in-progress\"", "the wire value; the variant in the enum's case by default"),
    word(
        Place::Schema,
        "identity",
        "identity(org = organization_id, team = team_ids[])",
        "groups minted from a participant's identity; `[]` reads a list and mints one per element",
    ),
    word(
        Place::Schema,
        "casing",
        "casing = snake_case",
        "how foreign-key columns follow from field names: `snake_case` or `camel_case`; the field name itself by default",
    ),
    word(
        Place::Schema,
        "crate",
        "crate = \"::my_crate::ablo\"",
        "where the `ablo` crate is found when it is re-exported",
    ),
    word(Place::Member, "key", "key = \"weatherReports\"", "the schema key; the member's name in camelCase by default"),
    word(Place::Schema, "queries", "queries(ReportsIn, ReadyReports)", "the named queries of this schema"),
    word(Place::Query, "model", "model = WeatherReport", "the model whose rows the query returns"),
    word(Place::Query, "name", "name = \"reportsIn\"", "the query's name; the struct's name in camelCase by default"),
    word(
        Place::Query,
        "filter",
        "filter(status = Status::Ready, temperature > 20.0)",
        "conditions that always compare with the same value",
    ),
    word(
        Place::Query,
        "crate",
        "crate = \"::my_crate::ablo\"",
        "where the `ablo` crate is found when it is re-exported",
    ),
    word(
        Place::Input,
        "eq",
        "eq = region_id",
        "rows whose field equals the input; this, on the field of the same name, is also what an input without words means",
    ),
    word(
        Place::Input,
        "ne",
        "ne = region_id",
        "rows whose field differs; as with all of these, the field of the same name may be left out",
    ),
    word(Place::Input, "lt", "lt = temperature", "rows whose field is less"),
    word(Place::Input, "le", "le = temperature", "rows whose field is less or equal"),
    word(Place::Input, "gt", "gt = temperature", "rows whose field is greater"),
    word(Place::Input, "ge", "ge = temperature", "rows whose field is greater or equal"),
    word(Place::Input, "is_in", "is_in = status", "rows whose field is one of a list"),
    word(Place::Input, "not_in", "not_in = status", "rows whose field is none of a list"),
    word(Place::Input, "like", "like = location", "rows whose text matches a pattern of `%` and `_`"),
    word(Place::Input, "ilike", "ilike = location", "the same in any case"),
    word(Place::Input, "name", "name = \"region\"", "the input's name; the field's name in camelCase by default"),
];

/// The words of a place, in the table's order.
pub fn words_of(place: Place) -> impl Iterator<Item = &'static Word> {
    WORDS.iter().filter(move |word| word.place == place)
}

/// The table of a place as Markdown, for the docs.
#[cfg(test)]
pub fn markdown(place: Place) -> String {
    use std::fmt::Write as _;
    let mut table = "| Write | Meaning |\n|---|---|\n".to_owned();
    for word in words_of(place) {
        let _ = writeln!(table, "| `{}` | {} |", word.syntax, word.meaning);
    }
    table
}
