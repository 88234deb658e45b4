//! What a table holds, before it is text of either dialect.

use serde_json::Value;

use super::{Columns, Dialect, Options, RUNTIME_COLUMNS, names};
use crate::ir::{
    BaseField, FieldDef, FieldType, ModelDef, NumberFormat, RelationKind, SchemaDef, Shape, Slot, Tenancy, TenancyVia,
};

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    /// Its name.
    pub name: String,
    /// The wire name of its field; `None` when the schema does not declare it.
    pub field: Option<String>,
    /// What it holds.
    pub def: FieldDef,
    /// Whether it can be null.
    pub not_null: bool,
    /// What the database itself fills in: the time.
    pub now_by_default: bool,
}

impl Column {
    /// The column of a declared field.
    pub fn of_field(name: &str, def: &FieldDef) -> Self {
        Self {
            name: def.column(name),
            field: Some(name.to_owned()),
            not_null: !def.is_optional,
            def: def.clone(),
            now_by_default: false,
        }
    }

    fn base(name: &str, ty: FieldType, not_null: bool) -> Self {
        Self { name: name.into(), field: None, def: FieldDef::new(ty), not_null, now_by_default: false }
    }

    /// The type's name.
    pub fn ty(&self, dialect: Dialect) -> &'static str {
        match (dialect, self.def.ty) {
            (_, FieldType::String | FieldType::Enum) => "TEXT",
            (Dialect::Postgres, FieldType::Number) => match self.def.number_format {
                NumberFormat::Float => "DOUBLE PRECISION",
                NumberFormat::Int32 => "INTEGER",
                NumberFormat::Int64 => "BIGINT",
            },
            (Dialect::Sqlite, FieldType::Number) => match self.def.number_format {
                NumberFormat::Float => "REAL",
                NumberFormat::Int32 | NumberFormat::Int64 => "INTEGER",
            },
            (Dialect::Postgres, FieldType::Boolean) => "BOOLEAN",
            (Dialect::Sqlite, FieldType::Boolean) => "INTEGER",
            (Dialect::Postgres, FieldType::Date) => "TIMESTAMPTZ",
            (Dialect::Postgres, FieldType::Json) => "JSONB",
            (Dialect::Sqlite, FieldType::Date | FieldType::Json) => "TEXT",
        }
    }

    /// The values a check allows.
    pub fn values(&self) -> Option<&[String]> {
        self.def.enum_values.as_deref().filter(|values| self.def.ty == FieldType::Enum && !values.is_empty())
    }

    /// The value of a field as an SQL literal; `None` when it is not one of the field's.
    pub fn literal(&self, value: &Value, dialect: Dialect) -> Option<String> {
        literal_of(self.def.ty, value, dialect)
    }
}

fn literal_of(ty: FieldType, value: &Value, dialect: Dialect) -> Option<String> {
    Some(match (ty, value) {
        (FieldType::Json, value) => super::literal(&crate::json::Json::from(value).to_string()),
        (_, Value::Null) => "NULL".into(),
        (FieldType::Boolean, Value::Bool(value)) if dialect == Dialect::Sqlite => u8::from(*value).to_string(),
        (FieldType::Boolean, Value::Bool(value)) => if *value { "TRUE" } else { "FALSE" }.into(),
        (FieldType::Number, Value::Number(number)) => number.to_string(),
        (FieldType::String | FieldType::Enum | FieldType::Date, Value::String(text)) => super::literal(text),
        _ => return None,
    })
}

/// An index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Index {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<String>,
    /// Whether no two rows share its values.
    pub is_unique: bool,
    /// The field or relation it is for.
    pub field: Option<String>,
    /// Whether it is for a foreign key alone, and so can come after the transaction.
    pub is_late: bool,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ForeignKey {
    /// Its name.
    pub name: String,
    /// The column that holds it.
    pub column: String,
    /// The table it points at.
    pub target: String,
    /// SQLite runtime tables: the organization columns that are part of the key, here and there.
    pub organization: Option<(String, String)>,
    /// The relation it is for.
    pub relation: String,
}

/// How rows are kept apart by organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// They are not.
    None,
    /// By a column.
    Column(String),
    /// Through a row of another table: the key here, the table, the key there, and the organization there unless that
    /// table is itself kept apart through another one.
    Through { local: String, table: String, key: String, organization: Option<String> },
    /// Through a table that no model of the schema has, or a column it does not have.
    Unknown(String),
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    /// The schema key of its model.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its primary key.
    pub primary_key: Vec<String>,
    /// Its indexes.
    pub indexes: Vec<Index>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// How rows are kept apart.
    pub isolation: Isolation,
    /// What it is.
    pub doc: Option<String>,
}

impl Table {
    /// The tables of the models that the options ask for.
    pub fn all(schema: &SchemaDef, options: &Options) -> Vec<Self> {
        schema
            .models
            .iter()
            .filter(|(_, model)| options.planes.hold(model.plane))
            .map(|(key, model)| Self::of(schema, key, model, options))
            .collect()
    }

    /// The table of a model.
    pub fn of(schema: &SchemaDef, key: &str, model: &ModelDef, options: &Options) -> Self {
        let name = model.table(key).to_owned();
        let shape = Shape::of(model);
        let columns = columns(model, &shape, options);
        let organization = partition(&shape, options);
        let mut table = Self {
            key: key.to_owned(),
            name,
            columns,
            primary_key: organization.iter().cloned().chain(["id".into()]).collect(),
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            isolation: isolation(schema, model, options),
            doc: model.doc.clone(),
        };
        table.add_foreign_keys(schema, model, &shape, options);
        table.add_indexes(model, &shape, organization.as_ref(), options);
        table
    }

    fn add_foreign_keys(&mut self, schema: &SchemaDef, model: &ModelDef, shape: &Shape, options: &Options) {
        if !options.foreign_keys {
            return;
        }
        for (name, relation) in &model.relations {
            let Some(slot) = shape.slot_of(&relation.foreign_key).map(|slot| &shape.slots()[slot]) else { continue };
            let Some(target) = schema.models.get(&relation.target) else { continue };
            let is_key = relation.kind == RelationKind::BelongsTo
                && relation.options().fk == Some(true)
                && slot.def.ty == FieldType::String
                && options.planes.hold(target.plane);
            if is_key && self.foreign_keys.iter().all(|other| other.column != slot.column) {
                let organization = partition(shape, options).zip(partition(&Shape::of(target), options));
                self.foreign_keys.push(ForeignKey {
                    name: names::foreign_key(&self.name, &slot.column),
                    column: slot.column.clone(),
                    target: target.table(&relation.target).to_owned(),
                    organization,
                    relation: name.clone(),
                });
            }
        }
    }

    fn add_indexes(&mut self, model: &ModelDef, shape: &Shape, organization: Option<&String>, options: &Options) {
        // SQLite's runtime tables are searched by organization through the primary key.
        if let (Isolation::Column(column), None) = (&self.isolation, organization) {
            self.indexes.push(Index {
                name: names::index(&self.name, column),
                columns: vec![column.clone()],
                is_unique: false,
                field: None,
                is_late: false,
            });
        }
        let scope = match (&self.isolation, organization) {
            (_, Some(column)) => Some(column.clone()),
            (Isolation::Column(column), None) => Some(column.clone()),
            _ => None,
        };
        for (_, slot) in searched(model, shape, options) {
            self.push_index(slot, organization, false);
        }
        for slot in shape.slots().iter().filter(|slot| slot.def.is_unique) {
            self.indexes.push(Index {
                name: names::unique(&self.name, &slot.column),
                columns: scope.iter().cloned().chain([slot.column.clone()]).collect(),
                is_unique: true,
                field: Some(slot.name.clone()),
                is_late: false,
            });
        }
        for key in self.foreign_keys.clone() {
            if let Some(slot) = shape.slot_of_column(&key.column) {
                self.push_index(&shape.slots()[slot], organization, true);
            }
        }
    }

    fn push_index(&mut self, slot: &Slot, organization: Option<&String>, is_late: bool) {
        let index = Index {
            name: names::index(&self.name, &slot.column),
            columns: organization.into_iter().cloned().chain([slot.column.clone()]).collect(),
            is_unique: false,
            field: Some(slot.name.clone()),
            is_late,
        };
        if self.indexes.iter().all(|other| other.name != index.name) {
            self.indexes.push(index);
        }
    }
}

/// The slots that are looked up by value.
fn searched<'a>(model: &'a ModelDef, shape: &'a Shape, options: &Options) -> impl Iterator<Item = (usize, &'a Slot)> {
    let by_runtime: Vec<usize> = match options.columns {
        Columns::Application => Vec::new(),
        Columns::Runtime => {
            let relations = model.relations.values().filter(|relation| relation.kind == RelationKind::BelongsTo);
            relations.filter_map(|relation| shape.slot_of(&relation.foreign_key)).collect()
        }
    };
    shape.slots().iter().enumerate().filter(move |(slot, value)| value.def.is_indexed || by_runtime.contains(slot))
}

/// The organization column that is part of every key, in SQLite's runtime tables.
fn partition(shape: &Shape, options: &Options) -> Option<String> {
    if options.columns != Columns::Runtime || options.dialect != Dialect::Sqlite {
        return None;
    }
    shape.slot_of_base(BaseField::OrganizationId).map(|slot| shape.slots()[slot].column.clone())
}

/// The id, the tenancy column, the base columns, then what the model declares.
fn columns(model: &ModelDef, shape: &Shape, options: &Options) -> Vec<Column> {
    let mut columns = vec![Column::base("id", FieldType::String, true)];
    if let Tenancy::Column { column } = &model.tenancy {
        columns.push(Column::base(column, FieldType::String, true));
    }
    columns.push(Column::base("created_by", FieldType::String, false));
    for name in ["created_at", "updated_at"] {
        columns.push(Column { now_by_default: true, ..Column::base(name, FieldType::Date, true) });
    }
    if options.columns == Columns::Runtime {
        for slot in shape.slots().iter().filter(|slot| !slot.is_declared) {
            if columns.iter().all(|column| column.name != slot.column) {
                let not_null = slot.base == Some(BaseField::OrganizationId) && options.dialect == Dialect::Sqlite;
                columns.push(Column::base(&slot.column, slot.def.ty, not_null));
            }
        }
        for name in RUNTIME_COLUMNS {
            let mut column = Column::base(name, FieldType::Number, false);
            column.def.number_format = NumberFormat::Int64;
            columns.push(column);
        }
    }
    for (name, def) in &model.fields {
        let column = Column::of_field(name, def);
        // A base field that is declared again keeps its place and type; the declaration adds to it. Where two fields
        // share a column the first has it.
        match columns.iter_mut().find(|other| other.name == column.name) {
            None if name != "id" => columns.push(column),
            Some(base) if base.field.is_none() && base.def.ty == def.ty => {
                base.not_null |= column.not_null;
                base.def = column.def;
                base.field = column.field;
            }
            _ => {}
        }
    }
    columns
}

fn isolation(schema: &SchemaDef, model: &ModelDef, options: &Options) -> Isolation {
    match &model.tenancy {
        Tenancy::None => Isolation::None,
        Tenancy::Column { column } => Isolation::Column(column.clone()),
        Tenancy::Parent(via) => {
            through(schema, model, via, options).unwrap_or_else(|| Isolation::Unknown(via.parent_table.clone()))
        }
    }
}

/// The way to a parent's organization, when the tables have the columns it takes.
fn through(schema: &SchemaDef, model: &ModelDef, via: &TenancyVia, options: &Options) -> Option<Isolation> {
    Shape::of(model).slot_of_column(&via.local_key)?;
    let (_, parent) = schema
        .models
        .iter()
        .find(|(key, other)| other.table(key) == via.parent_table && options.planes.hold(other.plane))?;
    let key = via.parent_key.clone().unwrap_or_else(|| "id".into());
    if key != "id" {
        Shape::of(parent).slot_of_column(&key)?;
    }
    let wanted = via.parent_org_column.as_deref().unwrap_or("organization_id");
    let organization = match &parent.tenancy {
        // The parent's own policy is in force when its rows are read here.
        Tenancy::Parent(_) => None,
        Tenancy::Column { column } if column == wanted => Some(column.clone()),
        _ => {
            let declared = parent.fields.iter().any(|(name, field)| field.column(name) == wanted);
            Some(declared.then(|| wanted.to_owned())?)
        }
    };
    Some(Isolation::Through { local: via.local_key.clone(), table: via.parent_table.clone(), key, organization })
}
