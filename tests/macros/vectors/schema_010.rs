use ablo::prelude::*;
use ablo::time::Timestamp;
use serde_json::Value;

#[derive(AbloEnum, Clone)]
pub enum Enum1 {
    Todo,
    Doing,
    Done,
}

#[derive(AbloModel, Clone)]
#[ablo(entity_roles(inbox = priority), bootstrap(limit = 466), persist)]
pub struct PriceList {
    pub id: Id<PriceList>,
    pub priority: Value,
    #[ablo(indexed)]
    pub kind_of: Enum1,
    #[ablo(belongs_to)]
    pub price_list_id: Option<Id<PriceList>>,
}

#[derive(AbloModel, Clone)]
#[ablo(table = "comments")]
pub struct Comment {
    pub id: Id<Comment>,
    #[ablo(indexed)]
    pub note2: String,
    #[ablo(belongs_to)]
    pub price_list_id: Option<Id<PriceList>>,
}

#[derive(AbloModel, Clone)]
#[ablo(scope = "report", entity_roles(inbox = note2), lazy_observable, has_one(the_comment: Comment by "reportId"))]
pub struct Report {
    pub id: Id<Report>,
    #[ablo(indexed)]
    pub note2: Option<f64>,
    pub archived_at: Value,
    #[ablo(belongs_to, index, enrich, parent, indexed)]
    pub price_list_id: Id<PriceList>,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, typename = "threads", table = "threads", load = manual)]
pub struct Threads {
    pub id: Id<Threads>,
    #[ablo(indexed)]
    pub status: Option<String>,
    pub x1: Value,
    #[ablo(indexed)]
    pub body: Option<Timestamp>,
    #[ablo(belongs_to, enrich, defer)]
    pub report_id: Option<Id<Report>>,
}

#[derive(AbloSchema)]
pub struct App {
    pub price_lists: PriceList,
    pub comments: Comment,
    pub reports: Report,
    pub threads: Threads,
}
