use ablo::typed::AbloEnum as _;
use serde_json::json;

use super::*;

macro_rules! case {
    ($name:ident $case:literal) => {
        #[derive(AbloEnum, Clone, Copy, Debug, PartialEq)]
        #[ablo(case = $case)]
        enum $name {
            InProgress,
        }
    };
}

#[test]
fn enum_case() {
    case!(Snake "snake_case");
    case!(Camel "camelCase");
    case!(Pascal "PascalCase");
    case!(Kebab "kebab-case");
    case!(Shouty "SCREAMING_SNAKE_CASE");
    case!(Lower "lowercase");
    let values = [Snake::VALUES, Camel::VALUES, Pascal::VALUES, Kebab::VALUES, Shouty::VALUES, Lower::VALUES];
    let expected = ["in_progress", "inProgress", "InProgress", "in-progress", "IN_PROGRESS", "inprogress"];
    assert_eq!(values.concat(), expected);

    items!([] { state: Kebab, });
    assert_eq!(plain::<App>("/models/items/fields/state/enumValues"), json!(["in-progress"]));
    assert_eq!(Kebab::from_wire("in-progress"), Some(Kebab::InProgress));
    assert_eq!(Kebab::from_wire("inProgress"), None);
}

#[test]
fn variant_name() {
    #[derive(AbloEnum, Clone, Copy, Debug, PartialEq)]
    enum State {
        Open,
        #[ablo(name = "in work")]
        InProgress,
    }
    items!([] { state: State, before: Option<State>, });
    assert_eq!(plain::<App>("/models/items/fields/state/enumValues"), json!(["open", "in work"]));
    let item = Item { id: "1".into(), state: State::InProgress, before: None };
    let json = r#"{"id":"1","state":"in work","before":null}"#;
    assert_eq!(ablo::typed::encode_model(&item).unwrap(), json);
    assert_eq!(ablo::typed::decode_model::<Item>(json).unwrap(), item);
    let wrong = ablo::typed::decode_model::<Item>(r#"{"id":"1","state":"shut"}"#).unwrap_err().to_string();
    assert!(wrong.contains("`shut` is not one of open, in work"), "{wrong}");
}
