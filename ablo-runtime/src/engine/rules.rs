use ablo_schema::ir::{ModelIndex, ModelRef, RelationKind, ValidSchema};

use super::EngineOptions;
use super::defect::Defect;

/// What every evaluation goes by: the schema with the edges evaluation follows, and the options.
#[derive(Debug)]
pub(crate) struct Rules {
    pub schema: ValidSchema,
    pub options: EngineOptions,
    models: Vec<Edges>,
}

/// The edges of one model.
#[derive(Debug, Default)]
pub(crate) struct Edges {
    /// Models whose rows live in rows of this one, and the slot that says in which.
    pub children: Vec<(ModelIndex, usize)>,
    /// Slots that must name a row of the target.
    pub references: Vec<(usize, ModelIndex)>,
    /// Models with slots that must name a row of this one.
    pub referrers: Vec<(ModelIndex, usize)>,
    /// Relations whose parent travels with the row, with the slot that holds its id.
    pub enriched: Vec<(String, usize, ModelIndex)>,
    /// Slots no two rows share a value of.
    pub unique: Vec<usize>,
}

impl Rules {
    pub fn new(schema: ValidSchema, options: EngineOptions) -> Self {
        let mut models: Vec<Edges> = schema.models().map(|_| Edges::default()).collect();
        for model in schema.models() {
            for edge in model.parents() {
                models[edge.target.get()].children.push((model.index(), edge.slot));
            }
            for (name, relation) in model.def().relations.iter().filter(|(_, def)| def.kind == RelationKind::BelongsTo)
            {
                let slot = model.shape().slot_of(&relation.foreign_key);
                let Some((slot, target)) = slot.zip(schema.model(&relation.target)) else { continue };
                if relation.options().fk == Some(true) {
                    models[model.index().get()].references.push((slot, target.index()));
                    models[target.index().get()].referrers.push((model.index(), slot));
                }
                // A field of the relation's name keeps it.
                if relation.options().enrich == Some(true) && model.shape().slot_of(name).is_none() {
                    models[model.index().get()].enriched.push((name.clone(), slot, target.index()));
                }
            }
            let unique = model.shape().slots().iter().enumerate().filter(|(_, slot)| slot.def.is_unique);
            models[model.index().get()].unique = unique.map(|(at, _)| at).collect();
        }
        Self { schema, options, models }
    }

    pub fn edges(&self, model: ModelIndex) -> &Edges {
        &self.models[model.get()]
    }

    pub fn model(&self, index: ModelIndex) -> ModelRef<'_> {
        self.schema.at(index)
    }

    /// Whether this rule is to be broken.
    #[cfg(test)]
    pub fn planted(&self, defect: Defect) -> bool {
        self.options.defect == Some(defect)
    }

    /// Whether this rule is to be broken: never.
    #[cfg(not(test))]
    #[expect(clippy::unused_self, reason = "the tests' form reads it")]
    pub const fn planted(&self, _: Defect) -> bool {
        false
    }
}
