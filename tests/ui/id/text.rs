use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub id: String,
    pub title: String,
}

fn main() {}
