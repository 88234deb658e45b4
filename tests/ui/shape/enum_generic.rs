use ablo::prelude::*;

#[derive(AbloEnum)]
pub enum Status<T> {
    Done,
    Never(T),
}

fn main() {}
