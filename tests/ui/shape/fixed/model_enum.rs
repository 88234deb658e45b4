use ablo::prelude::*;

#[derive(AbloEnum, Clone)]
pub enum Task {
    Open,
}
