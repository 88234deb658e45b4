use std::{collections::HashMap, ops::Deref, sync::Arc};

use super::{GrantEdge, ModelDef, ParentEdge, SchemaDef, Shape, create_order, names};

/// The position of a model in its schema: dense, from zero, in declaration order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModelIndex(pub(super) u32);

impl ModelIndex {
    /// The position as a number, for tables indexed by model.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

/// A schema without problems, with everything look-ups need computed once. Clones share it.
///
/// The only way to get one is [`SchemaDef::validate`].
#[derive(Clone, Debug)]
pub struct ValidSchema {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    def: SchemaDef,
    facts: Vec<Facts>,
    by_spelling: HashMap<String, ModelIndex>,
    ranks: Vec<Vec<ModelIndex>>,
}

/// What is computed once per model.
#[derive(Debug)]
struct Facts {
    key: String,
    shape: Shape,
    parents: Vec<ParentEdge>,
    role_slots: Vec<Option<usize>>,
    grants: Option<GrantEdge>,
    scope_kind: Option<String>,
    rank: usize,
}

impl Deref for ValidSchema {
    type Target = SchemaDef;

    fn deref(&self) -> &SchemaDef {
        &self.inner.def
    }
}

impl ValidSchema {
    /// Computes the facts of a schema that has been checked.
    pub(super) fn of_checked(def: SchemaDef) -> Self {
        let index_of = |key: &str| def.models.get_index_of(key).map(index_at);
        let ranks = create_order::ranks(&def);
        let mut facts: Vec<Facts> = Vec::with_capacity(def.models.len());
        for (key, model) in &def.models {
            let shape = Shape::of(model);
            facts.push(Facts {
                key: key.clone(),
                parents: ParentEdge::all(model, &shape, index_of),
                role_slots: model.entity_roles.iter().flatten().map(|role| shape.slot_of(&role.field)).collect(),
                grants: GrantEdge::of(model, &shape, &def, index_of),
                scope_kind: names::scope_kind(model),
                shape,
                rank: 0,
            });
        }
        for (rank, members) in ranks.iter().enumerate() {
            for member in members {
                facts[member.get()].rank = rank;
            }
        }
        let mut by_spelling = HashMap::new();
        // Earlier spellings win: keys before typenames, typenames before their shortened form.
        for spell in [names::key_spelling, names::typename_spelling, names::stripped_spelling] {
            for (position, (key, model)) in def.models.iter().enumerate() {
                by_spelling.entry(spell(key, model)).or_insert(index_at(position));
            }
        }
        Self { inner: Arc::new(Inner { def, facts, by_spelling, ranks }) }
    }

    /// The schema as data.
    #[must_use]
    pub fn def(&self) -> &SchemaDef {
        &self.inner.def
    }

    /// The model under exactly this schema key.
    #[must_use]
    pub fn model(&self, key: &str) -> Option<ModelRef<'_>> {
        self.inner.def.models.get_index_of(key).map(|position| self.at(index_at(position)))
    }

    /// The model that a wire spelling means: its schema key, its typename, either in any case, or the typename
    /// without its first `Model`.
    #[must_use]
    pub fn resolve(&self, spelling: &str) -> Option<ModelRef<'_>> {
        self.model(spelling)
            .or_else(|| self.inner.by_spelling.get(&spelling.to_lowercase()).map(|index| self.at(*index)))
    }

    /// The model at a position of this schema.
    ///
    /// # Panics
    /// On use of the result, when the position is another schema's and this one has fewer models.
    #[must_use]
    pub fn at(&self, index: ModelIndex) -> ModelRef<'_> {
        ModelRef { schema: self, index }
    }

    /// Every model in declaration order.
    pub fn models(&self) -> impl ExactSizeIterator<Item = ModelRef<'_>> {
        (0..self.inner.facts.len()).map(|position| self.at(index_at(position)))
    }

    /// The models in the order their rows can be created: one list per rank, parents first. Models of a cycle of
    /// `belongsTo` relations that are not `defer` share a rank.
    #[must_use]
    pub fn create_order(&self) -> &[Vec<ModelIndex>] {
        &self.inner.ranks
    }
}

/// One model of a valid schema. Dereferences to its definition.
#[derive(Clone, Copy, Debug)]
pub struct ModelRef<'a> {
    schema: &'a ValidSchema,
    index: ModelIndex,
}

impl Deref for ModelRef<'_> {
    type Target = ModelDef;

    fn deref(&self) -> &ModelDef {
        self.def()
    }
}

impl<'a> ModelRef<'a> {
    /// Its position.
    #[must_use]
    pub fn index(&self) -> ModelIndex {
        self.index
    }

    /// The schema it is part of.
    #[must_use]
    pub fn schema(&self) -> &'a ValidSchema {
        self.schema
    }

    /// Its schema key.
    #[must_use]
    pub fn key(&self) -> &'a str {
        &self.facts().key
    }

    /// Its definition.
    #[must_use]
    pub fn def(&self) -> &'a ModelDef {
        &self.schema.inner.def.models[self.index.get()]
    }

    /// Its table.
    #[must_use]
    pub fn table(&self) -> &'a str {
        self.def().table(self.key())
    }

    /// Its columns as slots.
    #[must_use]
    pub fn shape(&self) -> &'a Shape {
        &self.facts().shape
    }

    /// The relations through which its rows live in other rows, in declaration order.
    #[must_use]
    pub fn parents(&self) -> &'a [ParentEdge] {
        &self.facts().parents
    }

    /// The slots that its entity roles read, role by role.
    #[must_use]
    pub fn role_slots(&self) -> &'a [Option<usize>] {
        &self.facts().role_slots
    }

    /// How its rows give participants access to scope roots, if they do.
    #[must_use]
    pub fn grant(&self) -> Option<&'a GrantEdge> {
        self.facts().grants.as_ref()
    }

    /// The kind of its rows' own groups, when they are scope roots.
    #[must_use]
    pub fn scope_kind(&self) -> Option<&'a str> {
        self.facts().scope_kind.as_deref()
    }

    /// Its rank in [`ValidSchema::create_order`].
    #[must_use]
    pub fn create_rank(&self) -> usize {
        self.facts().rank
    }

    /// Whether participants may write it.
    #[must_use]
    pub fn is_mutable(&self) -> bool {
        self.def().mutable == Some(true)
    }

    fn facts(&self) -> &'a Facts {
        &self.schema.inner.facts[self.index.get()]
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a schema has no 2^32 models")]
pub(super) fn index_at(position: usize) -> ModelIndex {
    ModelIndex(position as u32)
}
