//! An agent works slowly on a row that it has claimed, while a person edits around it.
//!
//! ```text
//! cargo run --example agent_and_human
//! ```
#![allow(clippy::print_stdout, missing_docs)]

use std::time::Duration;

use ablo::prelude::*;

#[derive(AbloEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Draft,
    Summarized,
    Published,
}

/// An article and what it says in short.
#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable)]
pub struct Article {
    pub id: Id<Article>,
    pub title: String,
    pub body: String,
    pub summary: Option<String>,
    pub stage: Stage,
}

#[derive(AbloSchema)]
#[ablo(identity(org = organization_id, user = user_id))]
pub struct Newsroom {
    pub articles: Article,
}

/// What would be a call of a model.
async fn summarize(body: &str) -> String {
    tokio::time::sleep(Duration::from_millis(300)).await;
    body.split_inclusive('.').next().unwrap_or(body).trim().to_owned()
}

fn article(title: &str, body: &str) -> Article {
    Article { id: Id::new(), title: title.into(), body: body.into(), summary: None, stage: Stage::Draft }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let newsroom = Ablo::<Newsroom>::in_memory().await?;
    let mia = newsroom.as_user("mia").await?;
    let scribe = newsroom.as_agent("scribe").on_behalf_of("mia").await?;

    let storm = mia.articles.create(article("Storm", "A storm is coming. Stay inside.")).await?;
    let fair = mia.articles.create(article("Fair", "The fair opens. Bring cash.")).await?;

    // The person is told about every change, whoever makes it.
    let mut shown = String::new();
    let watch = mia.articles.get_all().order_by(Article::title().asc()).on_change(move |articles| {
        let line: Vec<String> = articles.iter().map(|row| format!("{} {:?}", row.title, row.stage)).collect();
        let line = line.join(" | ");
        if line != shown {
            println!("    on mia's screen: {line}");
            shown = line;
        }
    });

    println!("scribe claims the storm and starts to read");
    let claim = scribe
        .articles
        .claim(&storm.id)
        .action("summarizing")
        .description("one sentence for the front page")
        .field(Article::summary())
        .ttl(Duration::from_secs(30))
        .await?;

    let meanwhile = async {
        println!("mia edits another article: nobody is in her way");
        mia.articles.edit(&fair.id, |article| article.title = "Spring fair".into()).await?;
        println!("mia tries the storm");
        match mia.articles.update(&storm.id, Article::patch().title("Big storm")).await {
            Ok(_) => println!("mia wrote into scribe's work"),
            Err(error) => println!("  refused: {error}"),
        }
        if let Some(held) = mia.articles.claims().state(&storm.id).await? {
            let what = held.description.as_deref().unwrap_or("no reason given");
            println!("  {} is at it: {} ({what})", held.held_by, held.action);
        }
        println!("mia reads it all the same, once it is free");
        let row = mia.articles.retrieve(&storm.id).if_claimed(IfClaimed::Wait).await?;
        Ok::<_, AbloError>(row)
    };
    let agent = async {
        // Slow work; it stops early should the lease be lost.
        tokio::select! {
            summary = summarize(&claim.body) => {
                claim.update(Article::patch().summary(summary).stage(Stage::Summarized)).await?;
            }
            loss = claim.lost() => println!("scribe lost the row: {loss:?}"),
        }
        println!("scribe hands the row back");
        claim.release().await
    };
    let (read, released) = tokio::join!(meanwhile, agent);
    released?;
    let read = read?;
    if let Some(row) = &read {
        println!("mia reads: {}", row.summary.as_deref().unwrap_or("no summary"));
    }

    // A second window of mia's still shows the storm as it was before.
    let stale = Article::patch().stage(Stage::Published).summary("Weather ahead");
    match mia.articles.update(&storm.id, stale).read_at(storm.meta.sync_id).await {
        Ok(_) => println!("mia overwrote the summary unseen"),
        Err(error) => println!("the old window's write is refused: {error}"),
    }
    mia.articles.edit(&storm.id, |article| article.stage = Stage::Published).await?;
    drop(watch);

    println!("\nwho did what:");
    for entry in newsroom.log(SyncId(0)).await?.deltas {
        let (core, who) = (&entry.delta.core, &entry.delta.attribution);
        let title = newsroom.articles.get(&Id::from(core.model_id.as_str())).map(|row| row.title.clone());
        let actor = who.actor.as_ref().map_or("somebody".to_owned(), |actor| format!("{:?} {}", actor.kind, actor.id));
        let behalf = who.on_behalf_of.as_ref().map(|user| format!(", on behalf of {}", user.id)).unwrap_or_default();
        println!("{:>3}  {:?} {:<12} by {actor}{behalf}", core.id, core.action, title.unwrap_or_default());
    }
    Ok(())
}
