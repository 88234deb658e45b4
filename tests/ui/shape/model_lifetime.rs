use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task<'a> {
    pub id: Id<Task<'a>>,
    pub title: &'a str,
}

fn main() {}
