use ablo::prelude::*;

#[derive(AbloEnum, Clone)]
pub enum Enum1 {
    Todo,
    Doing,
    Done,
}

#[derive(AbloEnum, Clone)]
pub enum Enum2 {
    A,
    B,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable = false, tenancy = none, plane = control, auto_fill(organization_id = organization_id))]
pub struct Invoice {
    pub id: Id<Invoice>,
    #[ablo(indexed)]
    pub content_json: Option<String>,
}

#[derive(AbloModel, Clone)]
#[ablo(scope = "task")]
pub struct Task {
    pub id: Id<Task>,
    pub kind_of: bool,
    pub sort_key: Enum1,
    #[ablo(indexed)]
    pub priority: Option<Enum2>,
    #[ablo(indexed)]
    pub content_json: String,
    #[ablo(belongs_to, index, defer, fk)]
    pub project_id: Option<Id<Project>>,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable = false, table = "projects", load = manual, tenancy = "tenant_id", bootstrap(order_by = "created_at DESC"), lazy_observable, has_many(tasks: Task by project_id, order_by = created_at))]
pub struct Project {
    pub id: Id<Project>,
    #[ablo(indexed)]
    pub kind_of: f64,
    pub title: String,
}

#[derive(AbloSchema)]
#[ablo(identity(org = organization_id, team = team_ids[]), casing = snake_case)]
pub struct App {
    pub invoices: Invoice,
    pub tasks: Task,
    pub projects: Project,
}
