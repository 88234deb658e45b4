//! From derived constants to the artifact.
#![allow(clippy::unwrap_used, missing_docs)]

use ablo_schema::{
    ir::{AutoFillSource, Casing, NumberFormat, RelationKind, RelationOptions, SchemaDef},
    typed::{
        AbloField, FieldSpec, GrantsSpec, ModelSpec, RelationSpec, RoleSpec, SchemaSpec, ScopeSpec, TenancySpec,
        TypeSpec,
    },
};

const REGION_ID: FieldSpec = FieldSpec { column: Some("region"), ..FieldSpec::new("regionId") };

const REGION: ModelSpec = ModelSpec {
    scope: Some(ScopeSpec::Flag(true)),
    relations: &[RelationSpec {
        name: "reports",
        kind: RelationKind::HasMany,
        target: "WeatherReport",
        foreign_key: "regionId",
        options: None,
        order_by: Some("takenAt"),
    }],
    doc: Some("A region."),
    ..ModelSpec::new("Region", &[], Vec::new)
};

const REPORT: ModelSpec = ModelSpec {
    relations: &[
        RelationSpec {
            name: "region",
            kind: RelationKind::BelongsTo,
            target: "Region",
            foreign_key: "regionId",
            options: Some(RelationOptions { index: None, enrich: None, defer: None, parent: Some(true), fk: None }),
            order_by: None,
        },
        RelationSpec {
            name: "owner",
            kind: RelationKind::BelongsTo,
            target: "Elsewhere",
            foreign_key: "ownerId",
            options: None,
            order_by: None,
        },
    ],
    table: Some("reports"),
    tenancy: TenancySpec::None,
    grants: Some(GrantsSpec { subject: "owner", scope: "region" }),
    entity_roles: &[RoleSpec { kind: "inbox", field: "ownerId", multi: false }],
    bootstrap_limit: Some(5),
    mutable: Some(true),
    persist: Some("store"),
    auto_fill: &[("ownerId", AutoFillSource::UserId)],
    required_fields: &["ownerId"],
    ..ModelSpec::new(
        "WeatherReport",
        &[
            REGION_ID,
            FieldSpec::new("ownerId"),
            FieldSpec { indexed: true, ..FieldSpec::new("takenAt") },
            FieldSpec::new("count"),
        ],
        || {
            vec![
                <String as AbloField>::SPEC,
                <Option<String> as AbloField>::SPEC,
                <jiff::Timestamp as AbloField>::SPEC,
                TypeSpec::number(NumberFormat::Int64),
            ]
        },
    )
};

#[test]
fn constants_become_the_artifact() {
    let mut spec = SchemaSpec {
        models: &[("weatherReports", &REPORT), ("regions", &REGION)],
        identity_roles: &[RoleSpec { kind: "org", field: "organizationId", multi: false }],
        casing: Casing::SnakeCase,
        ..SchemaSpec::EMPTY
    };
    let def = SchemaDef::from_spec(&spec);
    assert_eq!(
        def.to_artifact(),
        concat!(
            r#"{"v":3,"models":{"weatherReports":{"fields":{"#,
            r#""regionId":{"type":"string","isIndexed":false,"column":"region","isOptional":false},"#,
            r#""ownerId":{"type":"string","isIndexed":false,"isOptional":true},"#,
            r#""takenAt":{"type":"date","isIndexed":true,"isOptional":false},"#,
            r#""count":{"type":"number","isIndexed":false,"isOptional":false}},"relations":{"#,
            r#""region":{"type":"belongsTo","target":"regions","foreignKey":"regionId","foreignKeyColumn":"region","options":{"parent":true}},"#,
            r#""owner":{"type":"belongsTo","target":"Elsewhere","foreignKey":"ownerId","foreignKeyColumn":"owner_id"}},"#,
            r#""load":"instant","typename":"WeatherReport","tableName":"reports","tenancy":{"kind":"none"},"plane":"tenant","#,
            r#""grants":{"subject":"owner","scope":"region"},"entityRoles":[{"kind":"inbox","source":{"field":"ownerId","multi":false}}],"#,
            r#""bootstrapLimit":5,"mutable":true,"persist":{"store":"store"},"autoFill":[{"field":"ownerId","from":"userId"}],"requiredFields":["ownerId"]},"#,
            r#""regions":{"fields":{},"relations":{"reports":{"type":"hasMany","target":"weatherReports","foreignKey":"regionId","foreignKeyColumn":"region","orderBy":"takenAt"}},"#,
            r#""load":"instant","typename":"Region","tenancy":{"kind":"column","column":"organization_id"},"plane":"tenant","scope":true}},"#,
            r#""identityRoles":[{"kind":"org","source":{"field":"organizationId","multi":false}}]}"#,
        )
    );
    let found: Vec<String> = def.problems().iter().map(|problem| problem.code.to_string()).collect();
    assert_eq!(found, ["schema_relation_target_missing"]);
    assert_eq!(SchemaDef::from_artifact(&def.to_artifact_extended()).unwrap(), def);
    spec.casing = Casing::Identity;
    assert_eq!(SchemaDef::from_spec(&spec).models["weatherReports"].relations["owner"].foreign_key_column, "ownerId");
}
