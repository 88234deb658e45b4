use super::*;

#[derive(AbloEnum, Clone, Copy, Debug, PartialEq)]
enum State {
    Open,
    Done,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable)]
struct Item {
    id: Id<Item>,
    title: String,
    weight: f64,
    state: State,
}

#[derive(AbloQuery)]
#[ablo(model = Item, name = "everything")]
struct All;

#[derive(AbloQuery)]
#[ablo(model = Item, filter(state = State::Open, weight >= 2.0))]
struct Heavy;

#[derive(AbloQuery)]
#[ablo(model = Item)]
struct Titled {
    #[ablo(name = "called")]
    title: String,
}

#[derive(AbloSchema)]
#[ablo(queries(All, Heavy, Titled))]
struct App {
    items: Item,
}

/// Three items, and the titles of those a query gives: where they are kept, and in the replica.
async fn titles<Q: Query<Model = Item>>(query: impl Fn() -> Q) -> Vec<String> {
    let ablo = Ablo::<App>::in_memory().await.unwrap();
    for (title, weight, state) in [("a", 1.0, State::Open), ("B", 2.0, State::Open), ("c", 3.0, State::Done)] {
        ablo.items.create(Item { id: Id::new(), title: title.into(), weight, state }).await.unwrap();
    }
    let there = ablo.items.list().filter(query()).order_by(Item::weight().asc()).await.unwrap();
    let here = ablo.items.get_all().filter(query()).order_by(Item::weight().asc()).rows();
    assert_eq!(here, there);
    there.iter().map(|row| row.title.clone()).collect()
}

#[tokio::test]
async fn query_model() {
    assert_eq!(titles(|| All).await, ["a", "B", "c"]);
}

#[tokio::test]
async fn query_filter() {
    assert_eq!(titles(|| Heavy).await, ["B"]);
}

/// The schema that an engine runs has it under this name.
#[tokio::test]
async fn query_name() {
    let session = engine::<App>().await;
    let names: Vec<&String> = session.engine().schema().queries.keys().collect();
    assert_eq!(names, ["everything", "heavy", "titled"]);
}

#[tokio::test]
async fn input_name() {
    let session = engine::<App>().await;
    let inputs = &session.engine().schema().queries["titled"].inputs;
    assert_eq!(inputs.keys().collect::<Vec<_>>(), ["called"]);
    assert_eq!(titles(|| Titled { title: "c".into() }).await, ["c"]);
}

macro_rules! chooses {
    ($($test:ident $word:ident $field:ident $ty:ty = $value:expr => $titles:expr;)*) => {$(
        #[tokio::test]
        async fn $test() {
            #[derive(AbloQuery)]
            #[ablo(model = Item)]
            struct Chosen {
                #[ablo($word = $field)]
                input: $ty,
            }
            assert_eq!(titles(|| Chosen { input: $value }).await, $titles);
        }
    )*};
}

chooses! {
    input_eq eq state State = State::Done => ["c"];
    input_ne ne title String = "a".into() => ["B", "c"];
    input_lt lt weight f64 = 2.0 => ["a"];
    input_le le weight f64 = 2.0 => ["a", "B"];
    input_gt gt weight f64 = 2.0 => ["c"];
    input_ge ge weight f64 = 2.0 => ["B", "c"];
    input_is_in is_in title Vec<String> = vec!["a".into(), "c".into()] => ["a", "c"];
    input_not_in not_in title Vec<String> = vec!["a".into(), "c".into()] => ["B"];
    input_like like title String = "b%".into() => [""; 0];
    input_ilike ilike title String = "b%".into() => ["B"];
}
