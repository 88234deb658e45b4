//! Ten declarations and what becomes of them: as snapshots, in the docs, and by size.

use std::{env, fmt::Write as _, fs, path::Path};

use crate::{enums, expand, model, query, schema};

type Derive = fn(&syn::DeriveInput) -> proc_macro2::TokenStream;

/// Name, what it shows, derive, number of fields, declaration.
const DECLARATIONS: [(&str, &str, Derive, usize, &str); 10] = [
    (
        "plain",
        "A model without words",
        model::derive,
        2,
        "/// A region of the world.
pub struct Region {
    pub id: Id<Region>,
    /// What people call it.
    pub name: String,
    pub area: Option<f64>,
}",
    ),
    (
        "related",
        "Relations both ways, in a scope",
        model::derive,
        3,
        "#[ablo(mutable, scope = \"report\", has_many(notes: Note by report_id, order_by = rank))]
pub struct WeatherReport {
    pub id: Id<WeatherReport>,
    pub location: String,
    pub status: Status,
    #[ablo(belongs_to, parent, fk)]
    pub region_id: Id<Region>,
}",
    ),
    (
        "granting",
        "Rows that give access",
        model::derive,
        2,
        "#[ablo(grants(subject = user, scope = deck))]
pub struct Member {
    pub id: Id<Member>,
    #[ablo(belongs_to, index)]
    pub user_id: Id<User>,
    #[ablo(belongs_to, index, parent)]
    pub deck_id: Id<Deck>,
}",
    ),
    (
        "renamed",
        "Other names on the wire, in the database and in Rust",
        model::derive,
        3,
        "#[ablo(typename = \"Thing\", table = \"things\", renamed_from = \"stuff\")]
pub struct Item {
    pub id: Id<Item>,
    #[ablo(name = \"externalRef\", column = \"ext_ref\", unique, indexed)]
    pub reference: String,
    #[ablo(accessor = by_patch, renamed_from = \"diff\")]
    pub patch: String,
    pub r#type: Kind,
}",
    ),
    (
        "json",
        "Structured values and defaults",
        model::derive,
        3,
        "pub struct Layer {
    pub id: Id<Layer>,
    #[ablo(json)]
    pub style: Style,
    #[ablo(json, default)]
    pub marks: Option<Vec<Mark>>,
    #[ablo(default = \"untitled\")]
    pub title: String,
}",
    ),
    (
        "loaded",
        "Everything about loading, tenancy and filling in",
        model::derive,
        2,
        "#[ablo(load = lazy, plane = control, tenancy(parent_table = \"decks\", local_key = \"deck_id\"))]
#[ablo(bootstrap(limit = 100, order_by = \"created_at DESC\"), lazy_observable, persist)]
#[ablo(auto_fill(created_by = user_id), required_fields(deck_id), entity_roles(inbox = to_id, team = teams[]))]
pub struct Message {
    pub id: Id<Message>,
    pub to_id: String,
    pub teams: Vec<String>,
    #[ablo(belongs_to)]
    deck_id: Id<Deck>,
}",
    ),
    (
        "broken",
        "A model with a mistake: the mistake, and enough for the rest to compile",
        model::derive,
        1,
        "#[ablo(mutabel)]
pub struct Region {
    pub id: Id<Region>,
    pub name: String,
}",
    ),
    (
        "enumeration",
        "An enum",
        enums::derive,
        0,
        "pub enum Status {\n    Open,\n    #[ablo(name = \"busy\")]\n    InProgress,\n}",
    ),
    (
        "query",
        "A query",
        query::derive,
        2,
        "/// Ready reports of a region.
#[ablo(model = WeatherReport, filter(status = Status::Ready))]
pub struct ReportsIn {
    #[ablo(eq = region_id)]
    pub region: Option<Id<Region>>,
    #[ablo(is_in = location)]
    pub locations: Vec<String>,
}",
    ),
    (
        "schema",
        "A schema",
        schema::derive,
        2,
        "#[ablo(identity(org = organization_id, team = team_ids[]), queries(ReportsIn))]
pub struct Weather {
    pub weather_reports: WeatherReport,
    pub regions: Region,
}",
    ),
];

fn expansion(derive: Derive, declaration: &str) -> String {
    let tokens = expand(declaration.parse().unwrap(), derive);
    prettyplease::unparse(&syn::parse2(tokens).unwrap())
}

#[test]
fn declarations_expand_to_this() {
    for (name, what, derive, _, declaration) in DECLARATIONS {
        insta::with_settings!({ description => format!("{what}\n\n{declaration}"), omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!(name, expansion(derive, declaration));
        });
    }
}

/// The same in the docs. Write them with `ABLO_BLESS=1`.
#[test]
fn the_docs_show_the_expansions() {
    let mut text =
        "# What the derives write\n\nTen declarations and the code that the derives add to them. The paths begin \
                    with `::ablo::__private`, which is hidden, or with the path of `#[ablo(crate = \"...\")]`.\n"
            .to_owned();
    for (_, what, derive, _, declaration) in DECLARATIONS {
        let expansion = expansion(derive, declaration);
        write!(text, "\n## {what}\n\n```rust\n{declaration}\n```\n\nbecomes\n\n```rust\n{expansion}```\n").unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/expansions.md");
    if env::var_os("ABLO_BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let documented = fs::read_to_string(&path).unwrap_or_default();
    assert!(documented == text, "docs/expansions.md shows something else; run with ABLO_BLESS=1");
}

/// The budget: 120 lines a model and 6 a field, comments left out.
#[test]
fn expansions_stay_small() {
    let declared = DECLARATIONS.map(|(_, _, derive, fields, declaration)| (derive, fields, declaration.to_owned()));
    let wide = [1, 5, 10, 15, 60, 300].map(|fields| (model::derive as Derive, fields, wide(fields)));
    for (derive, fields, declaration) in declared.into_iter().chain(wide) {
        let expansion = expansion(derive, &declaration);
        let lines = lines(&expansion);
        assert!(lines <= 120 + 6 * fields, "{lines} lines for {fields} fields:\n{expansion}");
    }
}

/// However many fields: one more costs six lines, with its doc comment.
#[test]
fn a_field_costs_six_lines() {
    let [ten, sixty] = [10, 60].map(|fields| lines(&expansion(model::derive, &wide(fields))));
    assert_eq!(sixty - ten, 50 * 6);
}

/// A model of so many documented fields of every usual type.
fn wide(fields: usize) -> String {
    let types = ["String", "Option<String>", "bool", "i64", "Option<f64>", "Timestamp", "Vec<String>"];
    let fields = (1..=fields).map(|at| {
        let ty = types[at % types.len()];
        format!("/// What the field number {at} holds, in as many words as people use for such a thing.\npub some_number{at}: {ty},\n")
    });
    format!("#[ablo(mutable, scope)]\npub struct Wide {{ pub id: Id<Wide>, {} }}", fields.collect::<String>())
}

fn lines(expansion: &str) -> usize {
    expansion.lines().filter(|line| !line.trim_start().starts_with("///")).count()
}
