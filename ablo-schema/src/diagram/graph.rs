use super::Change;
use crate::{
    ir::{FieldDef, FieldType, LoadStrategy, ModelRef, NumberFormat, Plane, RelationKind, StringFormat, ValidSchema},
    json_schema::TypeNames,
};

/// One field of a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The wire name.
    pub name: String,
    /// What it holds; `?` at the end when it is optional.
    pub ty: String,
    /// Whether it is the id.
    pub is_id: bool,
    /// Whether it holds another row's id.
    pub is_key: bool,
    /// Whether no two rows share a value.
    pub is_unique: bool,
    /// Whether look-ups by it are fast.
    pub is_indexed: bool,
    /// What became of it.
    pub change: Change,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelBox {
    /// The schema key.
    pub key: String,
    /// The type's name.
    pub title: String,
    /// What else matters at a glance: its scope, plane, and whether clients only read it.
    pub tags: Vec<String>,
    /// Whether it belongs to the runtime's own database.
    pub is_control: bool,
    /// Whether its rows are scope roots.
    pub is_scope_root: bool,
    /// The doc comment.
    pub doc: Option<String>,
    /// Its fields, the id first.
    pub lines: Vec<Line>,
    /// What became of it.
    pub change: Change,
}

/// One relation, from the row that holds the key to the row it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// The relation's name on the side that holds the key, or on the other side when only that declares it.
    pub name: String,
    /// The position of the model that holds the key.
    pub child: usize,
    /// The position of the field that holds it, when it is a declared one.
    pub line: Option<usize>,
    /// The position of the model it names.
    pub parent: usize,
    /// Whether a parent has at most one such child.
    pub is_one: bool,
    /// Whether a child may be without a parent.
    pub is_optional: bool,
    /// Whether the child lives in the parent: sync groups inherit through it.
    pub is_parent: bool,
    /// Whether the database enforces it.
    pub is_enforced: bool,
    /// What became of it.
    pub change: Change,
}

/// What a picture shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagram {
    /// The models.
    pub boxes: Vec<ModelBox>,
    /// The relations.
    pub edges: Vec<Edge>,
    /// Whether changes are marked.
    pub is_change: bool,
}

impl Diagram {
    /// The picture of a schema.
    #[must_use]
    pub fn of(schema: &ValidSchema) -> Self {
        let names = TypeNames::of(schema);
        let boxes = schema.models().map(|model| box_of(model, names.of_model(model))).collect();
        let mut edges: Vec<Edge> = schema.models().flat_map(|model| held(model)).collect();
        for model in schema.models() {
            add_inverses(model, &mut edges);
        }
        Self { boxes, edges, is_change: false }
    }

    /// Whether a model belongs to the control plane.
    #[must_use]
    pub fn has_control(&self) -> bool {
        self.boxes.iter().any(|model| model.is_control)
    }
}

fn box_of(model: ModelRef<'_>, title: &str) -> ModelBox {
    let mut tags = Vec::new();
    tags.extend(model.scope_kind().map(|kind| format!("scope {kind}")));
    if model.grants.is_some() {
        tags.push("grants access".to_owned());
    }
    if model.plane == Plane::Control {
        tags.push("control plane".to_owned());
    }
    if !model.is_mutable() {
        tags.push("read-only".to_owned());
    }
    match model.load {
        LoadStrategy::Instant => {}
        LoadStrategy::Lazy => tags.push("lazy".to_owned()),
        LoadStrategy::Manual => tags.push("manual".to_owned()),
    }
    let keys: Vec<_> = belongs_to(model).map(|(_, relation)| relation.foreign_key.as_str()).collect();
    let id = Line {
        name: "id".to_owned(),
        ty: "string".to_owned(),
        is_id: true,
        is_key: false,
        is_unique: false,
        is_indexed: false,
        change: Change::None,
    };
    let declared = model.def().fields.iter().filter(|(name, _)| *name != "id").map(|(name, field)| Line {
        name: name.clone(),
        ty: type_of(field),
        is_id: false,
        is_key: keys.contains(&name.as_str()),
        is_unique: field.is_unique,
        is_indexed: field.is_indexed,
        change: Change::None,
    });
    ModelBox {
        key: model.key().to_owned(),
        title: title.to_owned(),
        tags,
        is_control: model.plane == Plane::Control,
        is_scope_root: model.scope_kind().is_some(),
        doc: model.doc.clone(),
        lines: std::iter::once(id).chain(declared).collect(),
        change: Change::None,
    }
}

fn type_of(field: &FieldDef) -> String {
    let ty = match field.ty {
        FieldType::String => match field.string_format {
            None => "string".to_owned(),
            Some(StringFormat::Uuid) => "uuid".to_owned(),
            Some(StringFormat::Decimal) => "decimal".to_owned(),
            Some(StringFormat::CivilDate) => "date".to_owned(),
        },
        FieldType::Number => match field.number_format {
            NumberFormat::Float => "number".to_owned(),
            NumberFormat::Int32 => "int32".to_owned(),
            NumberFormat::Int64 => "int64".to_owned(),
        },
        FieldType::Boolean => "boolean".to_owned(),
        FieldType::Date => "timestamp".to_owned(),
        FieldType::Enum => field.enum_values.iter().flatten().map(String::as_str).collect::<Vec<_>>().join("|"),
        FieldType::Json => "json".to_owned(),
    };
    if field.is_optional { format!("{ty}?") } else { ty }
}

fn belongs_to(model: ModelRef<'_>) -> impl Iterator<Item = (&String, &crate::ir::RelationDef)> {
    model.def().relations.iter().filter(|(_, relation)| relation.kind == RelationKind::BelongsTo)
}

/// The position of a field among a box's lines, where the id comes first.
fn line_of(model: ModelRef<'_>, field: &str) -> Option<usize> {
    let mut declared = model.def().fields.keys().filter(|name| *name != "id");
    declared.position(|name| name == field).map(|position| position + 1)
}

/// The relations whose key this model holds.
fn held(model: ModelRef<'_>) -> Vec<Edge> {
    let schema = model.schema();
    let edges = belongs_to(model).filter_map(|(name, relation)| {
        Some(Edge {
            name: name.clone(),
            child: model.index().get(),
            line: line_of(model, &relation.foreign_key),
            parent: schema.model(&relation.target)?.index().get(),
            is_one: false,
            is_optional: model.def().fields.get(&relation.foreign_key).is_some_and(|field| field.is_optional),
            is_parent: relation.is_parent(),
            is_enforced: relation.options().fk == Some(true),
            change: Change::None,
        })
    });
    edges.collect()
}

/// A `hasOne` says that its key is held once; a relation that only this side declares becomes an edge of its own.
fn add_inverses(model: ModelRef<'_>, edges: &mut Vec<Edge>) {
    for (name, relation) in &model.def().relations {
        if relation.kind == RelationKind::BelongsTo {
            continue;
        }
        let Some(target) = model.schema().model(&relation.target) else { continue };
        let (child, parent, line) = (target.index().get(), model.index().get(), line_of(target, &relation.foreign_key));
        let is_one = relation.kind == RelationKind::HasOne;
        let known = edges.iter_mut().find(|edge| edge.child == child && edge.parent == parent && edge.line == line);
        match known {
            Some(edge) => edge.is_one |= is_one,
            None => edges.push(Edge {
                name: name.clone(),
                child,
                line,
                parent,
                is_one,
                is_optional: target.def().fields.get(&relation.foreign_key).is_none_or(|field| field.is_optional),
                is_parent: false,
                is_enforced: false,
                change: Change::None,
            }),
        }
    }
}
