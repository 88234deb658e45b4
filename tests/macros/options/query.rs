use ablo::typed::Compare;
use serde_json::{Value, json};

use super::*;

#[derive(AbloEnum, Clone, Copy, Debug, PartialEq)]
enum State {
    Open,
    Done,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
struct Item {
    id: Id<Item>,
    title: String,
    #[ablo(column = "weight_kg")]
    weight: f64,
    state: State,
    owner: Option<String>,
}

/// What the query `Q` says in the artifact of a schema that has it.
macro_rules! listed {
    ($query:ident) => {{
        #[derive(AbloSchema)]
        #[ablo(queries($query))]
        struct App {
            items: Item,
        }
        extended::<App>("/x-ablo/queries")
    }};
}

fn conditions<Q: Query>(query: Q) -> Vec<(String, Compare, Value)> {
    let filter = query.filter();
    filter.conditions().iter().map(|each| (each.field.clone(), each.compare, each.value.clone())).collect()
}

#[test]
fn query_model() {
    #[derive(AbloQuery)]
    #[ablo(model = Item)]
    struct All;
    assert_eq!(listed!(All)["all"]["model"], "items");
    assert_eq!(conditions(All), []);
}

#[test]
fn query_name() {
    #[derive(AbloQuery)]
    #[ablo(model = Item, name = "everything")]
    struct All;
    assert_eq!(listed!(All)["everything"]["where"], json!([]));
    assert_eq!(All::SPEC.name, "everything");
}

#[test]
fn query_filter() {
    #[derive(AbloQuery)]
    #[ablo(model = Item, filter(state = State::Open, weight >= 2.5, owner != "ada"))]
    struct Heavy;
    let filter = json!([["state", "=", "open"], ["weight_kg", ">=", 2.5], ["owner", "!=", "ada"]]);
    assert_eq!(listed!(Heavy)["heavy"]["where"], filter);
    let expected = [
        ("state".to_owned(), Compare::Eq, json!("open")),
        ("weight".to_owned(), Compare::Ge, json!(2.5)),
        ("owner".to_owned(), Compare::Ne, json!("ada")),
    ];
    assert_eq!(conditions(Heavy), expected);
}

macro_rules! compares {
    ($($test:ident $word:ident $field:ident $ty:ty = $value:expr => $compare:ident $text:literal $wire:expr;)*) => {$(
        #[test]
        fn $test() {
            #[derive(AbloQuery)]
            #[ablo(model = Item)]
            struct Compared {
                #[ablo($word = $field)]
                input: $ty,
            }
            let listed = listed!(Compared);
            assert_eq!(listed["compared"]["where"][0][1], $text);
            assert_eq!(listed["compared"]["where"][0][2], "$input");
            let expected = [(stringify!($field).to_owned(), Compare::$compare, json!($wire))];
            assert_eq!(conditions(Compared { input: $value }), expected);
        }
    )*};
}

compares! {
    input_eq eq state State = State::Done => Eq "=" "done";
    input_ne ne owner String = "ada".into() => Ne "!=" "ada";
    input_lt lt weight f64 = 1.0 => Lt "<" 1.0;
    input_le le weight f64 = 1.0 => Le "<=" 1.0;
    input_gt gt weight f64 = 1.0 => Gt ">" 1.0;
    input_ge ge weight f64 = 1.0 => Ge ">=" 1.0;
    input_is_in is_in state Vec<State> = vec![State::Done] => In "IN" ["done"];
    input_not_in not_in title Vec<String> = vec!["a".into()] => NotIn "NOT IN" ["a"];
    input_like like title String = "a%".into() => Like "LIKE" "a%";
    input_ilike ilike title String = "a%".into() => Ilike "ILIKE" "a%";
}

#[test]
fn input_name() {
    #[derive(AbloQuery)]
    #[ablo(model = Item)]
    struct Titled {
        #[ablo(name = "called")]
        title: String,
    }
    assert_eq!(listed!(Titled)["titled"]["inputs"]["called"]["type"], "string");
    assert_eq!(conditions(Titled { title: "x".into() })[0].0, "title");
}

#[test]
fn an_input_that_is_none_leaves_its_condition_out() {
    #[derive(AbloQuery)]
    #[ablo(model = Item)]
    struct Some2 {
        title: Option<String>,
        owner: Option<String>,
        #[ablo(is_in = state)]
        states: Option<Vec<State>>,
    }
    assert_eq!(conditions(Some2 { title: None, owner: None, states: None }), []);
    let two = Some2 { title: Some("x".into()), owner: None, states: Some(vec![State::Open]) };
    assert_eq!(conditions(two).len(), 2);
    assert_eq!(listed!(Some2)["some2"]["inputs"]["title"]["isOptional"], true);
}
