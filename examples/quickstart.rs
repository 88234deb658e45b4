//! A person and two agents share one row.
//!
//! Needs nothing but Rust: the rows live in a SQLite file in a temporary folder.
//!
//! ```text
//! cargo run --example quickstart
//! ```
#![allow(clippy::print_stdout, missing_docs)]

use ablo::prelude::*;

#[derive(AbloEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Pending,
    Ready,
}

/// A forecast for one place.
#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, scope = "report")]
pub struct WeatherReport {
    pub id: Id<WeatherReport>,
    pub location: String,
    pub status: Status,
    pub forecast: Option<String>,
    #[ablo(belongs_to, parent, fk)]
    pub region_id: Id<Region>,
}

/// Where places are.
#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, scope, has_many(reports: WeatherReport by region_id, order_by = location))]
pub struct Region {
    pub id: Id<Region>,
    pub name: String,
}

#[derive(AbloSchema)]
#[ablo(identity(org = organization_id, user = user_id))]
pub struct Weather {
    pub weather_reports: WeatherReport,
    pub regions: Region,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let ablo = Ablo::<Weather>::embedded(folder.path().join("weather.db")).await?;

    // Three participants share it: a person, and two agents at work for people.
    let ann = ablo.as_user("ann").await?;
    let forecaster = ablo.as_agent("forecaster").on_behalf_of("ann").await?;
    let proofreader = ablo.as_agent("proofreader").on_behalf_of("bo").await?;

    let north = ann.regions.create(Region { id: Id::new(), name: "North".into() }).await?;
    let report = ann
        .weather_reports
        .create(WeatherReport {
            id: Id::new(),
            location: "Stockholm".into(),
            status: Status::Pending,
            forecast: None,
            region_id: north.id.clone(),
        })
        .await?;
    println!("ann creates a report for {}: {:?}", report.location, report.status);

    // The forecaster holds the row while it thinks; the others see who has it, and what for.
    let claim = forecaster.weather_reports.claim(&report.id).action("forecasting").await?;
    let held = ann.weather_reports.claims().state(&report.id).await?;
    if let Some(held) = &held {
        println!("{} holds it: {}", held.held_by, held.action);
    }
    match ann.weather_reports.update(&report.id, WeatherReport::patch().location("Gothenburg")).await {
        Ok(_) => println!("ann moved a report that was held"),
        Err(error) => println!("ann may not write meanwhile: {error}"),
    }

    // The proofreader stands in line, and gets the row as the forecaster left it.
    let waiting = tokio::spawn({
        let (proofreader, id) = (proofreader.clone(), report.id.clone());
        async move {
            let claim = proofreader.weather_reports.claim(&id).action("proofreading").await?;
            println!("proofreader's turn; it reads: {:?}", claim.forecast);
            let tidy = claim.forecast.as_deref().unwrap_or_default().replace("snaw", "snow");
            claim.update(WeatherReport::patch().forecast(tidy)).await?;
            claim.release().await
        }
    });
    while ann.weather_reports.claims().queue(&report.id).await?.is_empty() {
        tokio::task::yield_now().await;
    }
    println!("proofreader waits in line");
    claim.update(WeatherReport::patch().status(Status::Ready).forecast("light snaw, clearing up")).await?;
    claim.release().await?;
    waiting.await??;

    // What ann knows is old by now: a write guarded by it is refused, an edit starts from what is there.
    let stamp = report.meta.sync_id;
    let patch = WeatherReport::patch().forecast("sunshine");
    match ann.weather_reports.update(&report.id, patch).read_at(stamp).on_stale(OnStale::Reject).await {
        Ok(_) => println!("ann overwrote what she had not seen"),
        Err(error) => println!("ann's stale write is refused: {error}"),
    }
    ann.weather_reports.edit(&report.id, |report| report.location.push_str(", SE")).await?;

    let ready = ann.weather_reports.list().filter(WeatherReport::status().eq(Status::Ready)).limit(20).await?;
    for report in &ready {
        println!("ready: {}: {}", report.location, report.forecast.as_deref().unwrap_or("no forecast"));
    }

    println!("\nthe log:");
    for entry in ablo.log(ablo::wire::SyncId(0)).await?.deltas {
        let (core, who) = (&entry.delta.core, &entry.delta.attribution);
        let actor = who.actor.as_ref().map_or("?", |actor| actor.id.as_str());
        let behalf = who.on_behalf_of.as_ref().map(|user| format!(" for {}", user.id)).unwrap_or_default();
        println!("{:>3}  {:<9} {:<14} {actor}{behalf}", core.id, format!("{:?}", core.action), core.model_name);
    }
    Ok(())
}
