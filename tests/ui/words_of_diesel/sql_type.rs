use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(sql_type = Text)]
    pub title: String,
}

fn main() {}
