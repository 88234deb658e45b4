//! Pairs of random schemas, with hints that some of what looks gone and new is one thing renamed.

use ablo_schema::{
    ir::SchemaDef,
    migrate::{FieldRename, Hints, ModelRename},
};
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::random;

/// The same pairs in every run.
pub fn pairs(count: usize) -> Vec<(SchemaDef, SchemaDef, Hints)> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..count).map(|_| pair().new_tree(&mut runner).unwrap().current()).collect()
}

/// Two schemas and hints.
pub fn pair() -> impl Strategy<Value = (SchemaDef, SchemaDef, Hints)> {
    (random::schema(), random::schema(), any::<[bool; 4]>()).prop_map(
        |(old, mut new, [rename, swap, fields, tables])| {
            if rename {
                // Every model goes by another key.
                new = renamed_keys(new);
            }
            if tables && new.models.len() > 1 {
                // The first two exchange their tables.
                let names: Vec<String> =
                    new.models.iter().take(2).map(|(key, model)| model.table(key).to_owned()).collect();
                new.models[0].table_name = Some(names[1].clone());
                new.models[1].table_name = Some(names[0].clone());
            }
            let mut hints = Hints::default();
            if rename {
                for key in old.models.keys().filter(|_| swap) {
                    let to = format!("new{key}");
                    if new.models.contains_key(&to) {
                        hints.models.push(ModelRename { from: key.clone(), to });
                    }
                }
            }
            if fields {
                for (key, model) in &new.models {
                    let old_key =
                        hints.models.iter().find(|rename| rename.to == *key).map_or(key, |rename| &rename.from);
                    let Some(before) = old.models.get(old_key) else { continue };
                    let gone = before.fields.keys().filter(|name| !model.fields.contains_key(*name));
                    let added = model.fields.keys().filter(|name| !before.fields.contains_key(*name));
                    for (from, to) in gone.zip(added) {
                        hints.fields.push(FieldRename { model: key.clone(), from: from.clone(), to: to.clone() });
                    }
                }
            }
            (old, new, hints)
        },
    )
}

fn renamed_keys(schema: SchemaDef) -> SchemaDef {
    let models = schema
        .models
        .into_iter()
        .map(|(key, mut model)| {
            for relation in model.relations.values_mut() {
                relation.target = format!("new{}", relation.target);
            }
            (format!("new{key}"), model)
        })
        .collect();
    SchemaDef { models, ..SchemaDef::default() }
}
