use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(mutable, entity_roles(inbox = external_ref[]), lazy_observable, required_fields(external_ref))]
pub struct Note {
    pub id: Id<Note>,
    pub external_ref: String,
}

#[derive(AbloSchema)]
pub struct App {
    pub notes: Note,
}
