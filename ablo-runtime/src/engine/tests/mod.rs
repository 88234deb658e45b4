mod model;
mod reference;
#[path = "../../../tests/support/mod.rs"]
mod support;
