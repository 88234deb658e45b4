use ablo::prelude::*;

#[derive(AbloEnum)]
pub enum Status {
    InProgress,
}
