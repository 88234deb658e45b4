//! What is at stake in each step.

use super::{Cast, Changes, Finding, FindingCode, Hints, Step};
use crate::ir::{FieldDef, NumberFormat, Plane, SchemaDef, Tenancy};

/// The warnings and the blockers of these steps.
pub(super) fn findings(steps: &[Step], next: &SchemaDef, hints: &Hints) -> (Vec<Finding>, Vec<Finding>) {
    let mut warnings = Vec::new();
    let mut blockers = Vec::new();
    for step in steps {
        match step {
            Step::DropModel { model, .. } => warnings.push(finding(FindingCode::DropModel, model, None)),
            Step::DropField { model, field } => warnings.push(finding(FindingCode::DropField, model, Some(field))),
            Step::AddField { model, field, meta } => {
                if !meta.is_optional && !has_value(model, field, meta, hints) {
                    blockers.push(finding(FindingCode::RequiredFieldAdded, model, Some(field)));
                }
            }
            Step::AlterField { model, field, changes } => {
                let meta = next.models.get(model).and_then(|model| model.fields.get(field));
                let filled = meta.is_some_and(|meta| has_value(model, field, meta, hints));
                warnings.extend(field_warnings(changes).map(|code| finding(code, model, Some(field))));
                if changes.nullability.as_ref().is_some_and(|change| change.from && !change.to) && !filled {
                    blockers.push(finding(FindingCode::MadeRequired, model, Some(field)));
                }
            }
            Step::AlterModel { model, tenancy, plane, .. } => {
                if plane.as_ref().is_some_and(|plane| plane.to == Plane::Control) {
                    // The table leaves the application's database.
                    warnings.push(finding(FindingCode::DropModel, hints.old_key(model), None));
                }
                if let Some(tenancy) = tenancy {
                    tenancy_findings(model, &tenancy.from, &tenancy.to, &mut warnings, &mut blockers);
                }
            }
            Step::CreateModel { .. } | Step::RenameModel { .. } | Step::RenameField { .. } => {}
        }
    }
    (warnings, blockers)
}

fn field_warnings(changes: &Changes) -> impl Iterator<Item = FindingCode> {
    let cast = changes.ty.and_then(|change| match change.cast {
        Cast::Safe => None,
        Cast::Risky => Some(FindingCode::RiskyCast),
        Cast::NotCastable => Some(FindingCode::LossyRecreate),
    });
    let narrowed = changes.number.as_ref().and_then(|change| {
        let narrows = matches!(
            (change.from, change.to),
            (NumberFormat::Float, _) | (NumberFormat::Int64, NumberFormat::Int32 | NumberFormat::Float)
        );
        narrows.then_some(FindingCode::RiskyCast)
    });
    let removed = changes.enum_values.as_ref().filter(|(_, removed)| !removed.is_empty());
    cast.into_iter().chain(narrowed).chain(removed.map(|_| FindingCode::EnumValueRemoved))
}

fn tenancy_findings(
    model: &str,
    from: &Tenancy,
    to: &Tenancy,
    warnings: &mut Vec<Finding>,
    blockers: &mut Vec<Finding>,
) {
    match (from, to) {
        // The column is renamed.
        (Tenancy::Column { .. }, Tenancy::Column { .. }) => {}
        (Tenancy::Column { column }, _) => warnings.push(finding(FindingCode::DropField, model, Some(column))),
        (_, Tenancy::Column { column }) => {
            blockers.push(finding(FindingCode::RequiredFieldAdded, model, Some(column)));
        }
        _ => {}
    }
}

/// Whether rows that have no value get one.
pub(super) fn has_value(model: &str, field: &str, meta: &FieldDef, hints: &Hints) -> bool {
    hints.backfill(model, field).is_some() || meta.default.as_ref().is_some_and(|value| !value.is_null())
}

fn finding(code: FindingCode, model: &str, field: Option<&String>) -> Finding {
    Finding { code, model: model.to_owned(), field: field.cloned() }
}
