use std::collections::HashMap;

use super::{FieldDef, FieldType, ModelDef, ModelIndex, RelationDef, SchemaDef, Tenancy, names};
use crate::wire::MemberName;

/// A field every row has although models do not declare it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BaseField {
    /// When the row was created.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// Whose it is.
    OrganizationId,
    /// Which participant created it.
    CreatedBy,
    /// When it was archived, if it is.
    ArchivedAt,
}

impl BaseField {
    /// Every base field, in slot order.
    pub const ALL: [Self; 5] =
        [Self::CreatedAt, Self::UpdatedAt, Self::OrganizationId, Self::CreatedBy, Self::ArchivedAt];

    /// The wire name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
            Self::UpdatedAt => "updatedAt",
            Self::OrganizationId => "organizationId",
            Self::CreatedBy => "createdBy",
            Self::ArchivedAt => "archivedAt",
        }
    }

    /// The base field of this wire name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|base| base.name() == name)
    }

    fn def(self) -> FieldDef {
        let ty = match self {
            Self::CreatedAt | Self::UpdatedAt | Self::ArchivedAt => FieldType::Date,
            Self::OrganizationId | Self::CreatedBy => FieldType::String,
        };
        let is_optional = !matches!(self, Self::CreatedAt | Self::UpdatedAt);
        FieldDef { is_optional, ..FieldDef::new(ty) }
    }

    fn column(self, model: &ModelDef) -> String {
        match (self, &model.tenancy) {
            (Self::OrganizationId, Tenancy::Column { column }) => column.clone(),
            _ => names::snake_case(self.name()),
        }
    }
}

/// One value of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The wire name.
    pub name: String,
    /// The same as a JSON object has it.
    pub member: MemberName,
    /// The column.
    pub column: String,
    /// What it holds.
    pub def: FieldDef,
    /// The base field it is, also when the model declares that field itself, with the base field's type.
    pub base: Option<BaseField>,
    /// Whether the model declares it.
    pub is_declared: bool,
}

/// The values of a model's rows: declared fields in declaration order, then the base fields that are not among
/// them. The id is not a slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    slots: Vec<Slot>,
    bases: [Option<usize>; BaseField::ALL.len()],
    by_name: HashMap<String, usize>,
    by_column: HashMap<String, usize>,
}

impl Shape {
    /// The shape of a model.
    #[must_use]
    pub fn of(model: &ModelDef) -> Self {
        let declared = model.fields.iter().filter(|(name, _)| *name != "id").map(|(name, def)| {
            let base = BaseField::of_name(name).filter(|base| base.def().ty == def.ty);
            let column = match (&def.column, base) {
                (None, Some(base)) => base.column(model),
                _ => def.column(name),
            };
            Slot {
                name: name.clone(),
                member: MemberName::new(name),
                column,
                def: def.clone(),
                base,
                is_declared: true,
            }
        });
        let base = BaseField::ALL.into_iter().filter(|base| !model.fields.contains_key(base.name())).map(|base| Slot {
            name: base.name().into(),
            member: MemberName::new(base.name()),
            column: base.column(model),
            def: base.def(),
            base: Some(base),
            is_declared: false,
        });
        let slots: Vec<Slot> = declared.chain(base).collect();
        let by = |text: fn(&Slot) -> &String| {
            slots.iter().enumerate().map(|(slot, value)| (text(value).clone(), slot)).collect()
        };
        Self {
            bases: BaseField::ALL.map(|base| slots.iter().position(|slot| slot.base == Some(base))),
            by_name: by(|slot| &slot.name),
            by_column: by(|slot| &slot.column),
            slots,
        }
    }

    /// Every slot.
    #[must_use]
    pub fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// The position of the field with this wire name.
    #[must_use]
    pub fn slot_of(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// The position of the field in this column.
    #[must_use]
    pub fn slot_of_column(&self, column: &str) -> Option<usize> {
        self.by_column.get(column).copied()
    }

    /// The position of a base field. Only a model that declares `archivedAt` as other than a date lacks one.
    #[must_use]
    pub fn slot_of_base(&self, base: BaseField) -> Option<usize> {
        self.bases[base as usize]
    }
}

/// A relation through which a row lives in another row.
///
/// A model can be its own parent, so by mistake of a writer rows can form a cycle: stop at a row seen before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParentEdge {
    /// The relation's name.
    pub relation: String,
    /// The slot that holds the parent's id.
    pub slot: usize,
    /// The parent's model.
    pub target: ModelIndex,
}

impl ParentEdge {
    pub(super) fn all(model: &ModelDef, shape: &Shape, index_of: impl Fn(&str) -> Option<ModelIndex>) -> Vec<Self> {
        model
            .relations
            .iter()
            .filter(|(_, relation)| relation.is_parent())
            .filter_map(|(name, relation)| {
                Some(Self {
                    relation: name.clone(),
                    slot: shape.slot_of(&relation.foreign_key)?,
                    target: index_of(&relation.target)?,
                })
            })
            .collect()
    }
}

/// A row gives the participant named in one slot the groups of the scope root named in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantEdge {
    /// The slot that holds the participant's id.
    pub subject_slot: usize,
    /// The slot that holds the scope root's id.
    pub scope_slot: usize,
    /// The scope root's model.
    pub target: ModelIndex,
    /// The kind of the scope root's group.
    pub kind: String,
}

impl GrantEdge {
    pub(super) fn of(
        model: &ModelDef,
        shape: &Shape,
        schema: &SchemaDef,
        index_of: impl Fn(&str) -> Option<ModelIndex>,
    ) -> Option<Self> {
        let grants = model.grants.as_ref()?;
        let slot = |relation: &RelationDef| shape.slot_of(&relation.foreign_key);
        let scope = model.relations.get(&grants.scope)?;
        Some(Self {
            subject_slot: slot(model.relations.get(&grants.subject)?)?,
            scope_slot: slot(scope)?,
            target: index_of(&scope.target)?,
            kind: names::scope_kind(schema.models.get(&scope.target)?)?,
        })
    }
}
