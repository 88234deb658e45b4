use ablo::prelude::*;

#[derive(AbloEnum)]
pub enum Status {
    Done,
    Never,
}
