use ablo::prelude::*;

#[derive(AbloModel, Clone)]
pub enum Task {
    Open,
}

fn main() {}
