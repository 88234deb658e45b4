//! A schema, a store of each kind, and what every test does.

use std::future::Future;

use ablo::{engine::EngineOptions, prelude::*};

#[derive(AbloEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Todo,
    Doing,
    Done,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, scope, has_many(tasks: Task by project_id, order_by = points))]
pub struct Project {
    pub id: Id<Project>,
    pub name: String,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable)]
pub struct Task {
    pub id: Id<Task>,
    pub title: String,
    pub status: Status,
    pub points: i64,
    pub note: Option<String>,
    pub due: Option<ablo::time::Timestamp>,
    #[ablo(belongs_to, parent, fk)]
    pub project_id: Id<Project>,
}

/// Who may see a project.
#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, grants(subject = user, scope = project))]
pub struct Membership {
    pub id: Id<Membership>,
    #[ablo(belongs_to)]
    pub user_id: Id<User>,
    #[ablo(belongs_to)]
    pub project_id: Id<Project>,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable)]
pub struct User {
    pub id: Id<User>,
    pub name: String,
}

/// Loaded only when asked for.
#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, load = lazy)]
pub struct Comment {
    pub id: Id<Comment>,
    pub text: String,
    #[ablo(belongs_to, parent)]
    pub task_id: Id<Task>,
}

#[derive(AbloSchema)]
#[ablo(identity(user = user_id))]
pub struct Work {
    pub projects: Project,
    pub tasks: Task,
    pub memberships: Membership,
    pub users: User,
    pub comments: Comment,
}

/// Runs a test over both stores.
pub fn over_both<F: Future<Output = ()>>(test: impl Fn(Ablo<Work>) -> F) {
    over_both_with(EngineOptions::default(), test);
}

/// The same with an engine that is not the usual one.
pub fn over_both_with<F: Future<Output = ()>>(options: EngineOptions, test: impl Fn(Ablo<Work>) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        test(Ablo::<Work>::in_memory().options(options.clone()).await.unwrap()).await;
        let folder = tempfile::tempdir().unwrap();
        test(Ablo::<Work>::embedded(folder.path().join("work.db")).options(options).await.unwrap()).await;
    });
}

pub async fn project(ablo: &Ablo<Work>, name: &str) -> Row<Project> {
    ablo.projects.create(Project { id: Id::new(), name: name.into() }).await.unwrap()
}

pub async fn task(ablo: &Ablo<Work>, project: &Id<Project>, title: &str, points: i64) -> Row<Task> {
    ablo.tasks.create(a_task(project, title, points)).await.unwrap()
}

pub fn a_task(project: &Id<Project>, title: &str, points: i64) -> Task {
    Task {
        id: Id::new(),
        title: title.into(),
        status: Status::Todo,
        points,
        note: None,
        due: None,
        project_id: project.clone(),
    }
}

/// A person who may see a project.
pub async fn member(ablo: &Ablo<Work>, name: &str, project: &Id<Project>) -> Ablo<Work> {
    admit(ablo, name, project).await;
    ablo.as_user(name).await.unwrap()
}

/// Lets a person see a project.
pub async fn admit(ablo: &Ablo<Work>, name: &str, project: &Id<Project>) -> Row<Membership> {
    let membership = Membership { id: Id::new(), user_id: name.into(), project_id: project.clone() };
    ablo.memberships.create(membership).await.unwrap()
}

/// Waits for something to become so, as long as it takes within reason.
pub async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..5_000 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    panic!("it never came to pass: {what}");
}

pub fn code<T: std::fmt::Debug>(result: Result<T, ablo::error::AbloError>) -> String {
    result.unwrap_err().code().as_str().to_owned()
}
