use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(serialize_with = "as_text")]
    pub count: i64,
}

fn main() {}
