//! What rust-analyzer is asked about: `record.py` puts the cursor where a comment names a question.
#![allow(dead_code, missing_docs)]

use ablo::prelude::*;

#[derive(AbloEnum, Clone, Copy, Debug, PartialEq)]
pub enum Status {
    Pending,
    Ready,
}

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable)]
pub struct WeatherReport {
    pub id: Id<WeatherReport>,
    /// Where it is measured.
    pub location: String,
    pub temperature: Option<f64>,
    pub status: Status,
}

#[derive(AbloSchema)]
pub struct Weather {
    pub weather_reports: WeatherReport,
}

pub fn models() {
    let patch = WeatherReport::patch();
    let _ = patch./*patch*/status(Status::Ready);
    let _ = WeatherReport::/*model*/location();
    let _ = WeatherReport::location()./*accessor*/eq("Stockholm");
}

pub async fn client(ablo: Ablo<Weather>, report: WeatherReport) -> Result<(), AbloError> {
    let reports = ablo./*schema*/weather_reports.clone();
    let _ = ablo.weather_reports./*proxy*/count();
    let id = report.id.clone();
    let create = reports.create(report);
    let row = create./*create*/wait(Wait::Confirmed).await?;
    let _ = row./*row*/location.len();
    let list = reports.list();
    list./*list*/limit(1).await?;
    let claim = reports.claim(&id);
    let claim = claim./*claiming*/ttl(std::time::Duration::from_secs(1)).await?;
    let _ = claim./*claimed*/location.len();
    claim./*claim*/release().await
}
