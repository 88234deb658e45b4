use ablo::prelude::*;
use serde_json::Value;

#[derive(AbloModel, Clone)]
#[ablo(typename = "agentRuns", table = "agentruns", load = lazy, persist = "agentRun_store")]
pub struct AgentRuns {
    pub id: Id<AgentRuns>,
    #[ablo(indexed)]
    pub x1: String,
    pub due_at: bool,
    #[ablo(belongs_to, index, defer, fk)]
    pub task_id: Option<Id<Task>>,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, tenancy = "tenant_id", plane = control, auto_fill(organization_id = organization_id), has_many(folders: Folders by "taskId"))]
pub struct Task {
    pub id: Id<Task>,
    #[ablo(indexed)]
    pub body: Value,
    pub priority: String,
    #[ablo(belongs_to)]
    pub agent_run_id: Option<Id<AgentRuns>>,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, load = manual, tenancy = none, bootstrap(limit = 956))]
pub struct PriceList {
    pub id: Id<PriceList>,
    #[ablo(indexed)]
    pub priority: bool,
    #[ablo(indexed)]
    pub body: Option<String>,
    pub external_ref: f64,
    #[ablo(indexed)]
    pub owner_id: String,
}

#[derive(AbloModel, Clone)]
#[ablo(typename = "folders", load = manual, plane = control, scope)]
pub struct Folders {
    pub id: Id<Folders>,
    pub x1: Option<Value>,
    #[ablo(belongs_to, index, parent, fk)]
    pub team_id: Option<Id<Team>>,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, table = "teams", load = manual, scope, entity_roles(inbox = status[]), auto_fill(organization_id = organization_id), has_many(agent_runs: AgentRuns by "teamId", order_by = created_at))]
pub struct Team {
    pub id: Id<Team>,
    #[ablo(column = "user")]
    pub status: Value,
    pub slug: String,
}

#[derive(AbloSchema)]
pub struct App {
    pub agent_runs: AgentRuns,
    pub tasks: Task,
    pub price_lists: PriceList,
    pub folders: Folders,
    pub teams: Team,
}
