// 5 mistakes.
use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(mutabel, table = 5, load = lasy)]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(indexd)]
    pub title: String,
    pub line_2: String,
}

fn main() {}
