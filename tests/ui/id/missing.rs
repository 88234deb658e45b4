use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub struct Task {
    pub title: String,
}

fn main() {}
