//! The declaration that the documentation shows.

use ablo::prelude::*;

#[derive(AbloEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Pending,
    Ready,
}

/// Doc comments travel.
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

#[derive(AbloModel, Clone, Debug, PartialEq)]
#[ablo(mutable, scope, has_many(reports: WeatherReport by region_id, order_by = location))]
pub struct Region {
    pub id: Id<Region>,
    pub name: String,
}

#[derive(AbloSchema)]
#[ablo(identity(org = organization_id, user = user_id, team = team_ids[]))]
pub struct Weather {
    pub weather_reports: WeatherReport,
    pub regions: Region,
}

#[test]
fn the_artifact_says_what_the_structs_say() {
    let expected = concat!(
        r#"{"v":3,"models":{"#,
        r#""weatherReports":{"fields":{"location":{"type":"string","isIndexed":false,"isOptional":false},"#,
        r#""status":{"type":"enum","enumValues":["pending","ready"],"isIndexed":false,"isOptional":false},"#,
        r#""forecast":{"type":"string","isIndexed":false,"isOptional":true},"#,
        r#""regionId":{"type":"string","isIndexed":false,"isOptional":false}},"#,
        r#""relations":{"region":{"type":"belongsTo","target":"regions","foreignKey":"regionId","#,
        r#""foreignKeyColumn":"regionId","options":{"parent":true,"fk":true}}},"#,
        r#""load":"instant","typename":"WeatherReport","#,
        r#""tenancy":{"kind":"column","column":"organization_id"},"plane":"tenant","scope":"report","mutable":true},"#,
        r#""regions":{"fields":{"name":{"type":"string","isIndexed":false,"isOptional":false}},"#,
        r#""relations":{"reports":{"type":"hasMany","target":"weatherReports","foreignKey":"regionId","#,
        r#""foreignKeyColumn":"regionId","orderBy":"location"}},"#,
        r#""load":"instant","typename":"Region","tenancy":{"kind":"column","column":"organization_id"},"#,
        r#""plane":"tenant","scope":true,"mutable":true}},"#,
        r#""identityRoles":[{"kind":"org","source":{"field":"organizationId","multi":false}},"#,
        r#"{"kind":"user","source":{"field":"userId","multi":false}},"#,
        r#"{"kind":"team","source":{"field":"teamIds","multi":true}}]}"#,
    );
    assert_eq!(Weather::def().to_artifact(), expected);
    Weather::schema().unwrap();
    assert_eq!(Weather::def().models["weatherReports"].doc.as_deref(), Some("Doc comments travel."));
}
