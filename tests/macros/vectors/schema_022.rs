use ablo::prelude::*;
use ablo::time::Timestamp;
use serde_json::Value;

#[derive(AbloEnum, Clone)]
pub enum Enum1 {
    #[ablo(name = "it's")]
    ItS,
    #[ablo(name = "quo\"te")]
    QuoTe,
    #[ablo(name = "ünï")]
    N,
}

#[derive(AbloModel, Clone)]
#[ablo(bootstrap(limit = 732), has_one(the_ticket: Ticket by "memberId"))]
pub struct Member {
    pub id: Id<Member>,
    pub archived_at: Timestamp,
    #[ablo(indexed)]
    pub external_ref: String,
    #[ablo(indexed)]
    pub title: Option<f64>,
    #[ablo(indexed)]
    pub meta_data: Option<bool>,
    pub content_json: bool,
    #[ablo(indexed)]
    pub slug: Option<Value>,
    #[ablo(belongs_to, index, enrich, indexed)]
    pub note_id: Id<Note>,
}

#[derive(AbloModel, Clone)]
#[ablo(tenancy = "tenant_id", scope = "note", persist)]
pub struct Note {
    pub id: Id<Note>,
    pub title: Enum1,
    #[ablo(indexed)]
    pub kind_of: String,
    pub slug: bool,
    #[ablo(indexed)]
    pub due_at: String,
    #[ablo(indexed)]
    pub amount_due: f64,
    #[ablo(indexed)]
    pub archived_at: bool,
    #[ablo(belongs_to, enrich, defer, indexed)]
    pub note_id: Id<Note>,
}

#[derive(AbloModel, Clone)]
#[ablo(table = "tickets", load = manual, plane = control, scope = "ticket", required_fields(external_ref), has_one(the_member: Member by "ticketId"))]
pub struct Ticket {
    pub id: Id<Ticket>,
    #[ablo(indexed, column = "user")]
    pub external_ref: Option<String>,
    pub note2: Timestamp,
    #[ablo(indexed, column = "col_9")]
    pub status: String,
    pub sort_key: Option<String>,
    pub body: String,
    pub amount_due: String,
    pub priority: Option<String>,
}

#[derive(AbloSchema)]
pub struct App {
    pub members: Member,
    pub notes: Note,
    pub tickets: Ticket,
}
