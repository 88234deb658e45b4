use ablo::prelude::*;

#[derive(AbloEnum)]
pub struct Status {
    pub done: bool,
}

fn main() {}
