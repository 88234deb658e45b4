use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(treat_none_as_default_value = false)]
pub struct Task {
    pub id: Id<Task>,
    pub title: Option<String>,
}

fn main() {}
