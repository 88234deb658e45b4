use ablo::prelude::*;

#[derive(AbloEnum)]
#[ablo(case = "kebab-case")]
pub enum Status {
    InProgress,
}
