use super::{Diagram, Edge, ModelBox};
use crate::ir::ValidSchema;

/// What became of a part of a schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Change {
    /// It stayed.
    #[default]
    None,
    /// It is new.
    Added,
    /// It is another.
    Changed,
    /// It is gone.
    Removed,
}

impl Change {
    /// The mark, for readers who see no colours.
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Added => "+",
            Self::Changed => "~",
            Self::Removed => "-",
        }
    }
}

impl Diagram {
    /// The picture of what changes from one schema to another: both, with what differs marked.
    #[must_use]
    pub fn of_change(old: &ValidSchema, new: &ValidSchema) -> Self {
        let (old, mut merged) = (Self::of(old), Self::of(new));
        merged.is_change = true;
        for model in &mut merged.boxes {
            match old.boxes.iter().find(|known| known.key == model.key) {
                Some(known) => merge(known, model),
                None => model.change = Change::Added,
            }
        }
        for gone in old.boxes.iter().filter(|known| merged.position(&known.key).is_none()).cloned().collect::<Vec<_>>()
        {
            merged.boxes.push(ModelBox { change: Change::Removed, ..gone });
        }
        for position in 0..merged.edges.len() {
            let edge = &merged.edges[position];
            let known = old.edges.iter().find(|known| old.is_same(known, &merged, edge));
            merged.edges[position].change = match known {
                None => Change::Added,
                Some(known) if facts(known) != facts(edge) => Change::Changed,
                Some(_) => Change::None,
            };
        }
        let gone: Vec<_> = old
            .edges
            .iter()
            .filter(|known| !merged.edges.iter().any(|edge| old.is_same(known, &merged, edge)))
            .collect();
        let gone: Vec<_> = gone.into_iter().filter_map(|edge| merged.adopted(&old, edge)).collect();
        merged.edges.extend(gone);
        merged
    }

    fn position(&self, key: &str) -> Option<usize> {
        self.boxes.iter().position(|model| model.key == key)
    }

    /// Whether an edge of this picture and one of another are the same relation.
    fn is_same(&self, edge: &Edge, other: &Self, theirs: &Edge) -> bool {
        edge.name == theirs.name
            && self.boxes[edge.child].key == other.boxes[theirs.child].key
            && self.boxes[edge.parent].key == other.boxes[theirs.parent].key
    }

    /// A removed edge in this picture's positions.
    fn adopted(&self, old: &Self, edge: &Edge) -> Option<Edge> {
        let child = self.position(&old.boxes[edge.child].key)?;
        let name = edge.line.map(|line| &old.boxes[edge.child].lines[line].name);
        let line = name.and_then(|name| self.boxes[child].lines.iter().position(|line| line.name == *name));
        let parent = self.position(&old.boxes[edge.parent].key)?;
        Some(Edge { child, line, parent, change: Change::Removed, ..edge.clone() })
    }
}

fn facts(edge: &Edge) -> (bool, bool, bool, bool) {
    (edge.is_one, edge.is_optional, edge.is_parent, edge.is_enforced)
}

fn merge(old: &ModelBox, new: &mut ModelBox) {
    for line in &mut new.lines {
        line.change = match old.lines.iter().find(|known| known.name == line.name) {
            None => Change::Added,
            Some(known) if known != line => Change::Changed,
            Some(_) => Change::None,
        };
    }
    let gone = old.lines.iter().filter(|known| !new.lines.iter().any(|line| line.name == known.name));
    let gone: Vec<_> = gone.cloned().collect();
    new.lines.extend(gone.into_iter().map(|line| super::Line { change: Change::Removed, ..line }));
    let same = old.title == new.title && old.tags == new.tags;
    if !same || new.lines.iter().any(|line| line.change != Change::None) {
        new.change = Change::Changed;
    }
}
