//! Whatever a transport does to a client, within what transports may do, its replica ends up as the engine's rows that
//! its participant sees.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    task::Poll::{Pending, Ready},
};

use ablo::{
    claims::{ClaimCommand, ClaimReply, RowClaims},
    client::{
        LocalTransport, Wait,
        transport::{Answer, Bootstrap, BoxFuture, Feed, LogPage, Push, Query, RowKey, Rows, Transport},
    },
    engine::{Engine, EngineOptions},
    prelude::*,
    store::MemoryStore,
    wire::{Commit, ParticipantRef, Receipt},
};
use proptest::prelude::*;

use crate::support::*;

/// What goes wrong, decided by a seed, until it is told to stop.
#[derive(Default)]
struct Weather {
    state: AtomicU64,
    is_fine: AtomicBool,
    resyncs: AtomicU64,
    bootstraps: AtomicU64,
}

impl Weather {
    fn roll(&self, sides: u64) -> u64 {
        let seed = self.state.fetch_add(0x9e37_79b9_7f4a_7c15, Relaxed);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        ((mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33) % sides
    }

    fn strikes(&self, one_in: u64) -> bool {
        !self.is_fine.load(Relaxed) && self.roll(one_in) == 0
    }

    async fn delay(&self) {
        if !self.is_fine.load(Relaxed) {
            for _ in 0..self.roll(6) {
                tokio::task::yield_now().await;
            }
        }
    }
}

/// A transport with weather.
struct Stormy {
    calm: LocalTransport,
    weather: Arc<Weather>,
}

impl Transport for Stormy {
    fn participant(&self) -> ParticipantRef {
        self.calm.participant()
    }

    fn organization(&self) -> &str {
        self.calm.organization()
    }

    fn commit(&self, commit: Commit) -> Answer<Receipt> {
        if self.weather.strikes(8) {
            return Box::pin(std::future::ready(Err(AbloError::from(Code::QuotaExceeded))));
        }
        let (answer, weather) = (self.calm.commit(commit), self.weather.clone());
        Box::pin(async move {
            let answer = answer.await;
            weather.delay().await;
            answer
        })
    }

    fn query(&self, query: Query) -> Answer<Rows> {
        let (answer, weather) = (self.calm.query(query), self.weather.clone());
        Box::pin(async move {
            let answer = answer.await;
            weather.delay().await;
            answer
        })
    }

    fn bootstrap(&self, models: Vec<String>) -> Answer<Bootstrap> {
        let (answer, weather) = (self.calm.bootstrap(models), self.weather.clone());
        Box::pin(async move {
            let answer = answer.await;
            weather.bootstraps.fetch_add(1, Relaxed);
            weather.delay().await;
            answer
        })
    }

    fn log(&self, after: SyncId) -> Answer<LogPage> {
        if self.weather.strikes(4) {
            return Box::pin(std::future::ready(Err(AbloError::from(Code::MustBootstrap))));
        }
        let (answer, weather) = (self.calm.log(after), self.weather.clone());
        Box::pin(async move {
            let mut page = answer.await?;
            weather.delay().await;
            if page.deltas.len() > 1 && weather.strikes(2) {
                page.deltas.truncate(1);
                page.reached = page.deltas[0].id();
            }
            Ok(page)
        })
    }

    fn follow(&self) -> Answer<Box<dyn Feed>> {
        let (answer, weather) = (self.calm.follow(), self.weather.clone());
        Box::pin(async move {
            let feed: Box<dyn Feed> = Box::new(StormyFeed { calm: answer.await?, weather, lost: false });
            Ok(feed)
        })
    }

    fn claim(&self, row: RowKey, command: ClaimCommand) -> Answer<ClaimReply> {
        self.calm.claim(row, command)
    }

    fn claims(&self, row: RowKey) -> Answer<RowClaims> {
        self.calm.claims(row)
    }
}

struct StormyFeed {
    calm: Box<dyn Feed>,
    weather: Arc<Weather>,
    /// Something was lost that was not told yet.
    lost: bool,
}

impl StormyFeed {
    fn told(&mut self, push: Push) -> Option<Push> {
        self.lost = false;
        self.weather.resyncs.fetch_add(1, Relaxed);
        Some(push)
    }
}

impl Feed for StormyFeed {
    fn next(&mut self) -> BoxFuture<'_, Option<Push>> {
        Box::pin(async move {
            loop {
                // Nothing more may come, so a gap is told before anything is waited for. What follows it is lost too.
                let push = match self.lost {
                    true => {
                        match std::future::poll_fn(|context| Ready(self.calm.next().as_mut().poll(context))).await {
                            Ready(push) => push?,
                            Pending => return self.told(Push::Resync),
                        }
                    }
                    false => self.calm.next().await?,
                };
                self.weather.delay().await;
                match push {
                    Push::Bootstrap => return self.told(Push::Bootstrap),
                    _ if self.lost && !self.weather.strikes(2) => return self.told(Push::Resync),
                    _ if self.lost || self.weather.strikes(5) => self.lost = true,
                    push => return Some(push),
                }
            }
        })
    }
}

#[derive(Clone, Debug)]
enum Step {
    Create { who: usize, project: usize, queued: bool },
    Change { who: usize, row: usize, points: i64, queued: bool },
    Edit { who: usize, row: usize },
    Move { who: usize, row: usize, project: usize },
    Shelve { who: usize, row: usize, back: bool },
    Delete { who: usize, row: usize, queued: bool },
    Both { who: usize, row: usize, other: usize },
    Admit { name: usize, project: usize },
    Expel { row: usize },
    Retrieve { who: usize, row: usize },
    Breathe(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (who, row, project) = (0..3usize, 0..12usize, 0..2usize);
    let queued = any::<bool>();
    let step = prop_oneof![
        4 => (who.clone(), project.clone(), queued).prop_map(|(who, project, queued)| Step::Create { who, project, queued }),
        4 => (who.clone(), row.clone(), 0..50i64, queued)
            .prop_map(|(who, row, points, queued)| Step::Change { who, row, points, queued }),
        1 => (who.clone(), row.clone()).prop_map(|(who, row)| Step::Edit { who, row }),
        2 => (who.clone(), row.clone(), project.clone()).prop_map(|(who, row, project)| Step::Move { who, row, project }),
        1 => (who.clone(), row.clone(), any::<bool>()).prop_map(|(who, row, back)| Step::Shelve { who, row, back }),
        1 => (who.clone(), row.clone(), queued).prop_map(|(who, row, queued)| Step::Delete { who, row, queued }),
        1 => (who.clone(), row.clone(), row.clone()).prop_map(|(who, row, other)| Step::Both { who, row, other }),
        2 => (1..3usize, project).prop_map(|(name, project)| Step::Admit { name, project }),
        1 => row.clone().prop_map(|row| Step::Expel { row }),
        1 => (who, row).prop_map(|(who, row)| Step::Retrieve { who, row }),
        2 => (0..20usize).prop_map(Step::Breathe),
    ];
    prop::collection::vec(step, 1..40)
}

const NAMES: [&str; 3] = ["system", "ann", "bo"];

/// Runs the steps; refusals are part of life.
async fn live(seed: u64, steps: Vec<Step>) -> (u64, u64) {
    let weather = Arc::new(Weather { state: AtomicU64::new(seed), ..Weather::default() });
    let schema = Work::schema().unwrap();
    let engine = Engine::open(schema, MemoryStore::new(), EngineOptions::default()).await.unwrap();
    let (by_engine, by_weather) = (engine.clone(), weather.clone());
    let stormy = Ablo::<Work>::through("local", move |participant| {
        Arc::new(Stormy { calm: LocalTransport::new(&by_engine, participant), weather: by_weather.clone() })
    });
    let system = stormy.unwrap().await.unwrap();
    let clients = [system.clone(), system.as_user("ann").await.unwrap(), system.as_user("bo").await.unwrap()];

    let projects = [Id::<Project>::from("apollo"), Id::<Project>::from("gemini")];
    weather.is_fine.store(true, Relaxed);
    for id in &projects {
        system.projects.create(Project { id: id.clone(), name: id.to_string() }).await.unwrap();
    }
    weather.is_fine.store(false, Relaxed);

    let mut rows: Vec<Id<Task>> = Vec::new();
    let mut grants: Vec<Id<Membership>> = Vec::new();
    let wait = |queued: bool| if queued { Wait::Queued } else { Wait::Confirmed };
    for step in steps {
        let row = |at: usize| rows.get(at % rows.len().max(1)).cloned().unwrap_or_else(|| Id::from("none"));
        match step {
            Step::Create { who, project, queued } => {
                let model = a_task(&projects[project], "made", 0);
                rows.push(model.id.clone());
                let _ = clients[who].tasks.create(model).wait(wait(queued)).await;
            }
            Step::Change { who, row: at, points, queued } => {
                let patch = Task::patch().points(points);
                let _ = clients[who].tasks.update(&row(at), patch).wait(wait(queued)).await;
            }
            Step::Edit { who, row: at } => {
                let _ = clients[who].tasks.edit(&row(at), |task| task.title.push('!')).await;
            }
            Step::Move { who, row: at, project } => {
                let patch = Task::patch().project_id(&projects[project]);
                let _ = clients[who].tasks.update(&row(at), patch).await;
            }
            Step::Shelve { who, row: at, back } => {
                let tasks = &clients[who].tasks;
                let _ = if back { tasks.unarchive(&row(at)).await } else { tasks.archive(&row(at)).await };
            }
            Step::Delete { who, row: at, queued } => {
                let _ = clients[who].tasks.delete(&row(at)).wait(wait(queued)).await;
            }
            Step::Both { who, row: at, other } => {
                let patch = || Task::patch().title("both");
                let _ = clients[who].transaction().update(&row(at), patch()).update(&row(other), patch()).await;
            }
            Step::Admit { name, project } => {
                let grant =
                    Membership { id: Id::new(), user_id: NAMES[name].into(), project_id: projects[project].clone() };
                grants.push(grant.id.clone());
                let _ = system.memberships.create(grant).await;
            }
            Step::Expel { row: at } => {
                if let Some(grant) = grants.get(at % grants.len().max(1)) {
                    let _ = system.memberships.delete(grant).await;
                }
            }
            Step::Retrieve { who, row: at } => drop(clients[who].tasks.retrieve(&row(at)).await),
            Step::Breathe(turns) => {
                for _ in 0..turns {
                    tokio::task::yield_now().await;
                }
            }
        }
    }

    weather.is_fine.store(true, Relaxed);
    // One more write that everybody hears of, so that whatever was lost last is told.
    for id in &projects {
        system.projects.update(id, Project::patch().name("the end")).await.unwrap();
    }
    for (client, name) in clients.iter().zip(NAMES) {
        eventually(&format!("{name} sees what the engine has"), async || is_converged(client).await).await;
    }
    (weather.resyncs.load(Relaxed), weather.bootstraps.load(Relaxed))
}

async fn is_converged(client: &Ablo<Work>) -> bool {
    fn plain<M: Model>(rows: Vec<Row<M>>) -> Vec<(M, Option<ablo::time::Timestamp>, ablo::time::Timestamp)> {
        rows.into_iter().map(|row| (row.model, row.meta.archived_at, row.meta.updated_at)).collect()
    }
    macro_rules! same {
        ($($model:ident)*) => {$(
            // The replica first: a query keeps what it reads, and would hide what is missing.
            let here = plain(client.$model.get_all().scope(Scope::All).rows());
            let there = plain(client.$model.list().scope(Scope::All).await.unwrap());
            if here != there {
                return false;
            }
        )*};
    }
    same!(projects tasks memberships);
    true
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 20, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn replicas_converge(seed in any::<u64>(), steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(live(seed, steps));
    }
}

/// The weather does what it is for.
#[test]
fn storms_are_met() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let steps = (0..60).map(|at| Step::Create { who: at % 3, project: at % 2, queued: at % 5 == 0 });
    let mut admitted = vec![Step::Admit { name: 1, project: 0 }, Step::Admit { name: 2, project: 1 }];
    admitted.extend(steps);
    let (resyncs, bootstraps) = runtime.block_on(live(7, admitted));
    assert!(resyncs > 0, "gaps were told");
    assert!(bootstraps > 3, "more was read anew than at the start");
}
