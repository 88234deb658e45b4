use ablo::prelude::*;

#[derive(AbloModel, Clone)]
#[ablo(mutable, load = lazy, scope, persist = "report_store", required_fields(archived_at), has_many(agent_runs: AgentRun by "reportId", order_by = created_at))]
pub struct Report {
    pub id: Id<Report>,
    pub archived_at: bool,
}

#[derive(AbloModel, Clone)]
#[ablo(mutable, load = lazy, bootstrap(limit = 350))]
pub struct AgentRun {
    pub id: Id<AgentRun>,
    #[ablo(indexed)]
    pub priority: f64,
    pub is_done: String,
}

#[derive(AbloSchema)]
pub struct App {
    pub reports: Report,
    pub agent_runs: AgentRun,
}
