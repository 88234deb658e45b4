//! The words of other crates, and what to write here instead.

use crate::words::Place;

/// Place, their word, our advice.
const NEIGHBOURS: &[(Place, &str, &str)] = &[
    // diesel
    (Place::Model, "table_name", "write `table = \"...\"`"),
    (Place::Model, "primary_key", "the key is always the field `id: Id<Self>`; leave it out"),
    (Place::Model, "belongs_to", "write `#[ablo(belongs_to)]` above the field that holds the id"),
    (Place::Model, "check_for_backend", "field types are always checked; leave it out"),
    (Place::Model, "treat_none_as_null", "a patch tells apart keeping a field and setting it to null; leave it out"),
    (
        Place::Model,
        "treat_none_as_default_value",
        "a patch tells apart keeping a field and setting it to null; leave it out",
    ),
    (Place::Model, "base_query", "declare conditions with `#[derive(AbloQuery)]` on a struct of their own"),
    (Place::Field, "select_expression", "a field holds its own column; leave it out"),
    (Place::Field, "skip_update", "a patch sets the fields that it names and no others; leave it out"),
    (Place::Field, "column_name", "write `column = \"...\"`"),
    (Place::Field, "sql_type", "the column's type follows from the field's type; leave it out"),
    (Place::Field, "embed", "write `json` to keep a struct in one field"),
    (Place::Field, "serialize_as", "implement `AbloField` for the field's type"),
    (Place::Field, "deserialize_as", "implement `AbloField` for the field's type"),
    (Place::Field, "skip_insertion", "give the field a `default`"),
    // sea-orm
    (Place::Model, "schema_name", "the database schema is chosen when SQL is generated; leave it out"),
    (
        Place::Model,
        "rename_all",
        "wire names are camelCase and columns snake_case; write `name = \"...\"` above a field that differs",
    ),
    (Place::Model, "comment", "write a doc comment, `/// ...`, above the struct"),
    (Place::Field, "comment", "write a doc comment, `/// ...`, above the field"),
    (Place::Field, "ignore", "every field of a model is shared; keep it in a struct of your own"),
    (Place::Field, "unique_key", "one field at a time is unique; write `unique`"),
    (Place::Field, "relation_enum", "write `belongs_to, relation = name`"),
    (
        Place::Field,
        "via",
        "write `#[ablo(has_many(name: Model by field))]` above both structs, to the model between them",
    ),
    (Place::Field, "save_as", "implement `AbloField` for the field's type"),
    (Place::Field, "select_as", "implement `AbloField` for the field's type"),
    (Place::Field, "enum_name", "write `#[derive(AbloEnum)]` on the field's type"),
    (Place::Field, "primary_key", "the key is always the field `id: Id<Self>`; leave it out"),
    (Place::Field, "auto_increment", "ids are made by the client with `Id::new()`; leave it out"),
    (Place::Field, "column_type", "the column's type follows from the field's type; leave it out"),
    (Place::Field, "nullable", "write the type as `Option<...>`"),
    (Place::Field, "optional", "write the type as `Option<...>`"),
    (Place::Field, "default_value", "write `default = ...`"),
    (Place::Field, "default_expr", "write `default = ...`"),
    (Place::Field, "foreign_key", "write `belongs_to, fk`"),
    (Place::Field, "has_many", "write `#[ablo(has_many(name: Model by field))]` above the struct"),
    (Place::Field, "has_one", "write `#[ablo(has_one(name: Model by field))]` above the struct"),
    (Place::Field, "from", "the key is the field itself; write `belongs_to` above the field that holds the id"),
    (
        Place::Field,
        "to",
        "a relation leads to the other model's id; write `belongs_to` above the field that holds the id",
    ),
    (Place::Field, "on_delete", "deletes are decided by the application; write `fk` for a real foreign key"),
    (Place::Field, "on_update", "ids never change; write `fk` for a real foreign key"),
    (Place::Variant, "string_value", "write `name = \"...\"`"),
    (Place::Variant, "num_value", "variants are stored as text; write `name = \"...\"`"),
    (Place::Enum, "rs_type", "variants are stored as text; leave it out"),
    (Place::Enum, "db_type", "variants are stored as text; leave it out"),
    (Place::Enum, "enum_name", "variants are stored as text with a check; leave it out"),
    // serde
    (Place::Model, "rename", "write `typename = \"...\"` for the wire or `table = \"...\"` for the database"),
    (Place::Model, "deny_unknown_fields", "unknown fields of a write are always refused; leave it out"),
    (Place::Model, "transparent", "a model is a row with an id; for a newtype implement `AbloField` instead"),
    (Place::Model, "remote", "a model is declared where its fields are; write a struct of your own"),
    (Place::Model, "bound", "a model has no generic parameters; leave it out"),
    (Place::Field, "rename", "write `name = \"...\"`"),
    (Place::Field, "alias", "write `renamed_from = \"...\"`"),
    (Place::Field, "skip", "every field of a model is shared; keep it in a struct of your own"),
    (Place::Field, "skip_serializing", "every field of a model is shared; keep it in a struct of your own"),
    (Place::Field, "skip_deserializing", "every field of a model is shared; keep it in a struct of your own"),
    (Place::Field, "serialize_with", "implement `AbloField` for the field's type"),
    (Place::Field, "deserialize_with", "implement `AbloField` for the field's type"),
    (Place::Field, "borrow", "a row owns its data; write an owned type such as `String`, and leave it out"),
    (Place::Field, "skip_serializing_if", "absent fields are handled by `Option`; leave it out"),
    (Place::Field, "flatten", "write `json` to keep a struct in one field"),
    (Place::Field, "with", "implement `AbloField` for the field's type"),
    (Place::Enum, "rename_all", "write `case = \"...\"`"),
    (
        Place::Enum,
        "tag",
        "variants are stored as plain text; write `#[ablo(json)]` above a field for an enum with data",
    ),
    (
        Place::Enum,
        "untagged",
        "variants are stored as plain text; write `#[ablo(json)]` above a field for an enum with data",
    ),
    (
        Place::Enum,
        "content",
        "variants are stored as plain text; write `#[ablo(json)]` above a field for an enum with data",
    ),
    (Place::Variant, "skip", "every variant is a value; remove the variant, or leave it out"),
    (Place::Variant, "rename", "write `name = \"...\"`"),
    (Place::Variant, "alias", "a wire value has one spelling; leave it out"),
    (Place::Variant, "other", "unknown values are refused; leave it out"),
    (Place::Schema, "rename_all", "schema keys are camelCase; write `key = \"...\"` above a member that differs"),
    (Place::Member, "rename", "write `key = \"...\"`"),
    // the artifact's own spelling
    (Place::Model, "tableName", "write `table = \"...\"`"),
    (Place::Model, "entityRoles", "write `entity_roles(kind = field)`"),
    (Place::Model, "autoFill", "write `auto_fill(field = user_id)`"),
    (Place::Model, "requiredFields", "write `required_fields(field)`"),
    (Place::Model, "lazyObservable", "write `lazy_observable`"),
    (Place::Model, "bootstrapLimit", "write `bootstrap(limit = 100)`"),
    (Place::Model, "bootstrapOrderBy", "write `bootstrap(order_by = \"created_at DESC\")`"),
    (Place::Model, "bootstrap_limit", "write `bootstrap(limit = 100)`"),
    (Place::Model, "bootstrap_order_by", "write `bootstrap(order_by = \"created_at DESC\")`"),
    (Place::Model, "readonly", "models are read-only unless `mutable`; leave it out"),
    (Place::Model, "read_only", "models are read-only unless `mutable`; leave it out"),
    (Place::Model, "org_scoped", "write `tenancy = none` for rows outside organizations; leave it out otherwise"),
    (Place::Model, "hasMany", "write `has_many(name: Model by field)`"),
    (Place::Model, "hasOne", "write `has_one(name: Model by field)`"),
    (Place::Model, "renamedFrom", "write `renamed_from = \"...\"`"),
    (Place::Field, "renamedFrom", "write `renamed_from = \"...\"`"),
    (Place::Field, "enumValues", "write `#[derive(AbloEnum)]` on the field's type"),
    (Place::Field, "foreignKey", "the key is the field itself; write `belongs_to`"),
    (Place::Field, "foreignKeyColumn", "write `column = \"...\"`"),
    (Place::Field, "isIndexed", "write `indexed`"),
    (Place::Field, "isOptional", "write the type as `Option<...>`"),
    (Place::Field, "belongsTo", "write `belongs_to`"),
    (Place::Schema, "identityRoles", "write `identity(kind = source)`"),
    (Place::Schema, "identity_roles", "write `identity(kind = source)`"),
];

/// What to write instead of another crate's word.
pub fn replacement(word: &str, place: Place) -> Option<&'static str> {
    NEIGHBOURS.iter().find(|(at, theirs, _)| *at == place && *theirs == word).map(|(_, _, advice)| *advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words_of;

    #[test]
    fn no_word_of_ours_is_taken_for_a_neighbours() {
        for (place, theirs, _) in NEIGHBOURS {
            assert!(words_of(*place).all(|word| word.name != *theirs), "{theirs}");
        }
    }
}
