use ablo::prelude::*;
use ablo::time::Timestamp;

#[derive(AbloEnum, Clone)]
pub enum Enum1 {
    One,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable = false, typename = "folders", table = "folder_tbl", tenancy(parent_table = "parents", local_key = "parent_id", parent_org_column = "org_id"), entity_roles(inbox = title[]), bootstrap(limit = 410), has_one(the_team: Team by folder_id))]
pub struct Folders {
    pub id: Id<Folders>,
    #[ablo(indexed)]
    pub title: Option<String>,
    #[ablo(indexed)]
    pub status: Option<String>,
    pub archived_at: Option<Timestamp>,
    #[ablo(indexed)]
    pub due_at: String,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, scope = "team")]
pub struct Team {
    pub id: Id<Team>,
    pub x1: Option<Timestamp>,
    #[ablo(indexed)]
    pub meta_data: Option<Timestamp>,
    pub note2: Option<Enum1>,
    #[ablo(belongs_to, index, parent)]
    pub folder_id: Option<Id<Folders>>,
}

#[derive(AbloSchema)]
#[ablo(casing = snake_case)]
pub struct App {
    pub folders: Folders,
    pub teams: Team,
}
