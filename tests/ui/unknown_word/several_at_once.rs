// 4 mistakes.
use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(mutabel, tabel = "tasks")]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(indexd)]
    pub title: String,
    #[ablo(uniqe)]
    pub slug: String,
}

fn main() {}
