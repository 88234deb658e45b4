//! In which order rows can be created.

use super::{ModelIndex, RelationKind, SchemaDef, valid::index_at};

/// One list of models per rank: a model comes after every model it belongs to, except through `defer` relations and
/// within cycles, whose models share a rank.
pub(super) fn ranks(schema: &SchemaDef) -> Vec<Vec<ModelIndex>> {
    let targets: Vec<Vec<usize>> = schema
        .models
        .values()
        .map(|model| {
            model
                .relations
                .values()
                .filter(|relation| relation.kind == RelationKind::BelongsTo && relation.options().defer != Some(true))
                .filter_map(|relation| schema.models.get_index_of(&relation.target))
                .collect()
        })
        .collect();
    let reaches = reachable(&targets);
    let mut rank = vec![0; targets.len()];
    // Within a cycle ranks are carried round it; from model to parent they step up. They only grow, and never
    // beyond the number of models, so this ends.
    let mut changed = true;
    while changed {
        changed = false;
        for model in 0..targets.len() {
            let above = targets[model].iter().map(|other| rank[*other] + usize::from(!reaches[*other][model])).max();
            if let Some(above) = above.filter(|above| *above > rank[model]) {
                rank[model] = above;
                changed = true;
            }
        }
    }
    let mut ranks = vec![Vec::new(); rank.iter().max().map_or(0, |last| last + 1)];
    for (model, rank) in rank.into_iter().enumerate() {
        ranks[rank].push(index_at(model));
    }
    ranks
}

/// Which models are reached from which by following edges at least once.
pub(super) fn reachable(targets: &[Vec<usize>]) -> Vec<Vec<bool>> {
    let mut reaches = vec![vec![false; targets.len()]; targets.len()];
    for (start, seen) in reaches.iter_mut().enumerate() {
        let mut open = targets[start].clone();
        while let Some(next) = open.pop() {
            if !std::mem::replace(&mut seen[next], true) {
                open.extend(&targets[next]);
            }
        }
    }
    reaches
}
