//! Every mistake under `tests/ui` has a twin in its folder `fixed` that differs by the advice of the message, and
//! compiles. `ablo-macros/tests/ui.rs` sees to it that none is missing here.
#![allow(dead_code, missing_docs)]

#[path = "ui/duplicates/fixed/accessor.rs"]
mod duplicates_accessor;
#[path = "ui/duplicates/fixed/accessor_and_method.rs"]
mod duplicates_accessor_and_method;
#[path = "ui/duplicates/fixed/accessor_patch.rs"]
mod duplicates_accessor_patch;
#[path = "ui/duplicates/fixed/column.rs"]
mod duplicates_column;
#[path = "ui/duplicates/fixed/column_in_other_case.rs"]
mod duplicates_column_in_other_case;
#[path = "ui/duplicates/fixed/key.rs"]
mod duplicates_key;
#[path = "ui/duplicates/fixed/model.rs"]
mod duplicates_model;
#[path = "ui/duplicates/fixed/patch_and_method.rs"]
mod duplicates_patch_and_method;
#[path = "ui/duplicates/fixed/query.rs"]
mod duplicates_query;
#[path = "ui/duplicates/fixed/relation.rs"]
mod duplicates_relation;
#[path = "ui/duplicates/fixed/renamed_from_itself.rs"]
mod duplicates_renamed_from_itself;
#[path = "ui/duplicates/fixed/renamed_from_other.rs"]
mod duplicates_renamed_from_other;
#[path = "ui/duplicates/fixed/table.rs"]
mod duplicates_table;
#[path = "ui/duplicates/fixed/typename.rs"]
mod duplicates_typename;
#[path = "ui/duplicates/fixed/variant.rs"]
mod duplicates_variant;
#[path = "ui/duplicates/fixed/wire_name.rs"]
mod duplicates_wire_name;
#[path = "ui/field_lists/fixed/auto_fill_slip.rs"]
mod field_lists_auto_fill_slip;
#[path = "ui/field_lists/fixed/entity_role_slip.rs"]
mod field_lists_entity_role_slip;
#[path = "ui/field_lists/fixed/entity_role_unknown.rs"]
mod field_lists_entity_role_unknown;
#[path = "ui/field_lists/fixed/required_unknown.rs"]
mod field_lists_required_unknown;
#[path = "ui/field_types/fixed/borrowed_text.rs"]
mod field_types_borrowed_text;
#[path = "ui/field_types/fixed/default_of_other_type.rs"]
mod field_types_default_of_other_type;
#[path = "ui/field_types/fixed/default_without_default.rs"]
mod field_types_default_without_default;
#[path = "ui/field_types/fixed/duration.rs"]
mod field_types_duration;
#[path = "ui/field_types/fixed/filter_value.rs"]
mod field_types_filter_value;
#[path = "ui/field_types/fixed/json_only_written.rs"]
mod field_types_json_only_written;
#[path = "ui/field_types/fixed/json_without_serde.rs"]
mod field_types_json_without_serde;
#[path = "ui/field_types/fixed/list_of_own_struct.rs"]
mod field_types_list_of_own_struct;
#[path = "ui/field_types/fixed/machine_integer.rs"]
mod field_types_machine_integer;
#[path = "ui/field_types/fixed/member_is_no_model.rs"]
mod field_types_member_is_no_model;
#[path = "ui/field_types/fixed/not_a_schema.rs"]
mod field_types_not_a_schema;
#[path = "ui/field_types/fixed/not_clone.rs"]
mod field_types_not_clone;
#[path = "ui/field_types/fixed/optional_own_struct.rs"]
mod field_types_optional_own_struct;
#[path = "ui/field_types/fixed/own_struct.rs"]
mod field_types_own_struct;
#[path = "ui/field_types/fixed/patch_unknown_field.rs"]
mod field_types_patch_unknown_field;
#[path = "ui/field_types/fixed/patch_value.rs"]
mod field_types_patch_value;
#[path = "ui/field_types/fixed/plain_enum.rs"]
mod field_types_plain_enum;
#[path = "ui/field_types/fixed/tuple.rs"]
mod field_types_tuple;
#[path = "ui/field_types/fixed/two_wrong_fields.rs"]
mod field_types_two_wrong_fields;
#[path = "ui/field_types/fixed/wide_integer.rs"]
mod field_types_wide_integer;
#[path = "ui/grants/fixed/has_many_relation.rs"]
mod grants_has_many_relation;
#[path = "ui/grants/fixed/missing_relation.rs"]
mod grants_missing_relation;
#[path = "ui/grants/fixed/no_relations.rs"]
mod grants_no_relations;
#[path = "ui/grants/fixed/scope_is_no_root.rs"]
mod grants_scope_is_no_root;
#[path = "ui/grants/fixed/slip.rs"]
mod grants_slip;
#[path = "ui/id/fixed/missing.rs"]
mod id_missing;
#[path = "ui/id/fixed/of_another_model.rs"]
mod id_of_another_model;
#[path = "ui/id/fixed/optional.rs"]
mod id_optional;
#[path = "ui/id/fixed/text.rs"]
mod id_text;
#[path = "ui/id/fixed/with_words.rs"]
mod id_with_words;
#[path = "ui/malformed/fixed/accessor_text.rs"]
mod malformed_accessor_text;
#[path = "ui/malformed/fixed/auto_fill_no_source.rs"]
mod malformed_auto_fill_no_source;
#[path = "ui/malformed/fixed/belongs_to_list.rs"]
mod malformed_belongs_to_list;
#[path = "ui/malformed/fixed/belongs_to_text.rs"]
mod malformed_belongs_to_text;
#[path = "ui/malformed/fixed/bootstrap_flag.rs"]
mod malformed_bootstrap_flag;
#[path = "ui/malformed/fixed/bootstrap_limit_text.rs"]
mod malformed_bootstrap_limit_text;
#[path = "ui/malformed/fixed/bootstrap_negative.rs"]
mod malformed_bootstrap_negative;
#[path = "ui/malformed/fixed/bootstrap_order_name.rs"]
mod malformed_bootstrap_order_name;
#[path = "ui/malformed/fixed/case_unknown.rs"]
mod malformed_case_unknown;
#[path = "ui/malformed/fixed/column_name_without_quotes.rs"]
mod malformed_column_name_without_quotes;
#[path = "ui/malformed/fixed/crate_relative.rs"]
mod malformed_crate_relative;
#[path = "ui/malformed/fixed/default_list.rs"]
mod malformed_default_list;
#[path = "ui/malformed/fixed/entity_role_list.rs"]
mod malformed_entity_role_list;
#[path = "ui/malformed/fixed/entity_role_source.rs"]
mod malformed_entity_role_source;
#[path = "ui/malformed/fixed/equals.rs"]
mod malformed_equals;
#[path = "ui/malformed/fixed/equals_nothing.rs"]
mod malformed_equals_nothing;
#[path = "ui/malformed/fixed/grants_flag.rs"]
mod malformed_grants_flag;
#[path = "ui/malformed/fixed/grants_half.rs"]
mod malformed_grants_half;
#[path = "ui/malformed/fixed/has_many_extra.rs"]
mod malformed_has_many_extra;
#[path = "ui/malformed/fixed/has_many_flag.rs"]
mod malformed_has_many_flag;
#[path = "ui/malformed/fixed/has_many_key_with_dash.rs"]
mod malformed_has_many_key_with_dash;
#[path = "ui/malformed/fixed/has_many_text.rs"]
mod malformed_has_many_text;
#[path = "ui/malformed/fixed/has_many_via.rs"]
mod malformed_has_many_via;
#[path = "ui/malformed/fixed/has_many_without_by.rs"]
mod malformed_has_many_without_by;
#[path = "ui/malformed/fixed/has_one_ordered.rs"]
mod malformed_has_one_ordered;
#[path = "ui/malformed/fixed/identity_text.rs"]
mod malformed_identity_text;
#[path = "ui/malformed/fixed/indexed_false.rs"]
mod malformed_indexed_false;
#[path = "ui/malformed/fixed/key_name.rs"]
mod malformed_key_name;
#[path = "ui/malformed/fixed/load_text.rs"]
mod malformed_load_text;
#[path = "ui/malformed/fixed/mutable_text.rs"]
mod malformed_mutable_text;
#[path = "ui/malformed/fixed/no_parentheses.rs"]
mod malformed_no_parentheses;
#[path = "ui/malformed/fixed/parent_text.rs"]
mod malformed_parent_text;
#[path = "ui/malformed/fixed/persist_number.rs"]
mod malformed_persist_number;
#[path = "ui/malformed/fixed/required_fields_text.rs"]
mod malformed_required_fields_text;
#[path = "ui/malformed/fixed/scope_number.rs"]
mod malformed_scope_number;
#[path = "ui/malformed/fixed/stray_tokens.rs"]
mod malformed_stray_tokens;
#[path = "ui/malformed/fixed/table_empty.rs"]
mod malformed_table_empty;
#[path = "ui/malformed/fixed/table_number.rs"]
mod malformed_table_number;
#[path = "ui/malformed/fixed/table_without_value.rs"]
mod malformed_table_without_value;
#[path = "ui/malformed/fixed/tenancy_half.rs"]
mod malformed_tenancy_half;
#[path = "ui/malformed/fixed/tenancy_number.rs"]
mod malformed_tenancy_number;
#[path = "ui/malformed/fixed/text_instead_of_word.rs"]
mod malformed_text_instead_of_word;
#[path = "ui/names/fixed/column_id.rs"]
mod names_column_id;
#[path = "ui/names/fixed/column_too_long.rs"]
mod names_column_too_long;
#[path = "ui/names/fixed/column_with_space.rs"]
mod names_column_with_space;
#[path = "ui/names/fixed/derived_column_too_long.rs"]
mod names_derived_column_too_long;
#[path = "ui/names/fixed/derived_table_too_long.rs"]
mod names_derived_table_too_long;
#[path = "ui/names/fixed/digit_after_underscore.rs"]
mod names_digit_after_underscore;
#[path = "ui/names/fixed/entity_role_kind.rs"]
mod names_entity_role_kind;
#[path = "ui/names/fixed/identity_kind.rs"]
mod names_identity_kind;
#[path = "ui/names/fixed/key_reserved.rs"]
mod names_key_reserved;
#[path = "ui/names/fixed/key_upper_first.rs"]
mod names_key_upper_first;
#[path = "ui/names/fixed/leading_underscore.rs"]
mod names_leading_underscore;
#[path = "ui/names/fixed/member.rs"]
mod names_member;
#[path = "ui/names/fixed/not_snake_case.rs"]
mod names_not_snake_case;
#[path = "ui/names/fixed/query_name.rs"]
mod names_query_name;
#[path = "ui/names/fixed/relation_without_suffix.rs"]
mod names_relation_without_suffix;
#[path = "ui/names/fixed/scope_kind.rs"]
mod names_scope_kind;
#[path = "ui/names/fixed/table_too_long.rs"]
mod names_table_too_long;
#[path = "ui/names/fixed/table_with_dash.rs"]
mod names_table_with_dash;
#[path = "ui/names/fixed/tenancy_column.rs"]
mod names_tenancy_column;
#[path = "ui/names/fixed/two_underscores.rs"]
mod names_two_underscores;
#[path = "ui/names/fixed/typename_with_dash.rs"]
mod names_typename_with_dash;
#[path = "ui/names/fixed/wire_id.rs"]
mod names_wire_id;
#[path = "ui/names/fixed/wire_two_capitals.rs"]
mod names_wire_two_capitals;
#[path = "ui/names/fixed/wire_upper_first.rs"]
mod names_wire_upper_first;
#[path = "ui/names/fixed/wire_with_dash.rs"]
mod names_wire_with_dash;
#[path = "ui/one_mistake_one_error/fixed/broken_enum_in_model.rs"]
mod one_mistake_one_error_broken_enum_in_model;
#[path = "ui/one_mistake_one_error/fixed/broken_model_in_schema.rs"]
mod one_mistake_one_error_broken_model_in_schema;
#[path = "ui/one_mistake_one_error/fixed/broken_scope_root.rs"]
mod one_mistake_one_error_broken_scope_root;
#[path = "ui/one_mistake_one_error/fixed/broken_target_of_has_many.rs"]
mod one_mistake_one_error_broken_target_of_has_many;
#[path = "ui/one_mistake_one_error/fixed/five_mistakes_of_one_model.rs"]
mod one_mistake_one_error_five_mistakes_of_one_model;
#[path = "ui/one_mistake_one_error/fixed/missing_id_in_schema.rs"]
mod one_mistake_one_error_missing_id_in_schema;
#[path = "ui/one_mistake_one_error/fixed/no_model_in_schema.rs"]
mod one_mistake_one_error_no_model_in_schema;
#[path = "ui/one_mistake_one_error/fixed/not_clone_in_schema.rs"]
mod one_mistake_one_error_not_clone_in_schema;
#[path = "ui/one_mistake_one_error/fixed/tuple_in_schema.rs"]
mod one_mistake_one_error_tuple_in_schema;
#[path = "ui/queries/fixed/filter_operator.rs"]
mod queries_filter_operator;
#[path = "ui/queries/fixed/filter_unknown_field.rs"]
mod queries_filter_unknown_field;
#[path = "ui/queries/fixed/filter_value.rs"]
mod queries_filter_value;
#[path = "ui/queries/fixed/input_of_other_type.rs"]
mod queries_input_of_other_type;
#[path = "ui/queries/fixed/list_expected.rs"]
mod queries_list_expected;
#[path = "ui/queries/fixed/model_text.rs"]
mod queries_model_text;
#[path = "ui/queries/fixed/not_a_query.rs"]
mod queries_not_a_query;
#[path = "ui/queries/fixed/of_model_outside_schema.rs"]
mod queries_of_model_outside_schema;
#[path = "ui/queries/fixed/of_no_model.rs"]
mod queries_of_no_model;
#[path = "ui/queries/fixed/of_struct_that_is_no_model.rs"]
mod queries_of_struct_that_is_no_model;
#[path = "ui/queries/fixed/unknown_field.rs"]
mod queries_unknown_field;
#[path = "ui/queries/fixed/without_model.rs"]
mod queries_without_model;
#[path = "ui/relations/fixed/has_many_by_key_of_another_model.rs"]
mod relations_has_many_by_key_of_another_model;
#[path = "ui/relations/fixed/has_many_by_no_field.rs"]
mod relations_has_many_by_no_field;
#[path = "ui/relations/fixed/has_many_by_wrong_field.rs"]
mod relations_has_many_by_wrong_field;
#[path = "ui/relations/fixed/has_many_of_no_model.rs"]
mod relations_has_many_of_no_model;
#[path = "ui/relations/fixed/has_many_order.rs"]
mod relations_has_many_order;
#[path = "ui/relations/fixed/has_many_outside_schema.rs"]
mod relations_has_many_outside_schema;
#[path = "ui/relations/fixed/index_alone.rs"]
mod relations_index_alone;
#[path = "ui/relations/fixed/named_target_is_no_model.rs"]
mod relations_named_target_is_no_model;
#[path = "ui/relations/fixed/parent_alone.rs"]
mod relations_parent_alone;
#[path = "ui/relations/fixed/parent_cycle.rs"]
mod relations_parent_cycle;
#[path = "ui/relations/fixed/relation_alone.rs"]
mod relations_relation_alone;
#[path = "ui/relations/fixed/target_is_no_model.rs"]
mod relations_target_is_no_model;
#[path = "ui/relations/fixed/target_outside_schema.rs"]
mod relations_target_outside_schema;
#[path = "ui/relations/fixed/text_key_without_model.rs"]
mod relations_text_key_without_model;
#[path = "ui/relations/fixed/two_targets_outside_schema.rs"]
mod relations_two_targets_outside_schema;
#[path = "ui/shape/fixed/enum_empty.rs"]
mod shape_enum_empty;
#[path = "ui/shape/fixed/enum_generic.rs"]
mod shape_enum_generic;
#[path = "ui/shape/fixed/enum_struct.rs"]
mod shape_enum_struct;
#[path = "ui/shape/fixed/enum_with_data.rs"]
mod shape_enum_with_data;
#[path = "ui/shape/fixed/model_enum.rs"]
mod shape_model_enum;
#[path = "ui/shape/fixed/model_generic.rs"]
mod shape_model_generic;
#[path = "ui/shape/fixed/model_lifetime.rs"]
mod shape_model_lifetime;
#[path = "ui/shape/fixed/model_tuple.rs"]
mod shape_model_tuple;
#[path = "ui/shape/fixed/model_union.rs"]
mod shape_model_union;
#[path = "ui/shape/fixed/model_unit.rs"]
mod shape_model_unit;
#[path = "ui/shape/fixed/query_generic.rs"]
mod shape_query_generic;
#[path = "ui/shape/fixed/query_tuple.rs"]
mod shape_query_tuple;
#[path = "ui/shape/fixed/schema_empty.rs"]
mod shape_schema_empty;
#[path = "ui/shape/fixed/schema_enum.rs"]
mod shape_schema_enum;
#[path = "ui/shape/fixed/schema_generic.rs"]
mod shape_schema_generic;
#[path = "ui/shape/fixed/schema_tuple.rs"]
mod shape_schema_tuple;
#[path = "ui/twice/fixed/across_attributes.rs"]
mod twice_across_attributes;
#[path = "ui/twice/fixed/compared_twice.rs"]
mod twice_compared_twice;
#[path = "ui/twice/fixed/name.rs"]
mod twice_name;
#[path = "ui/twice/fixed/pair.rs"]
mod twice_pair;
#[path = "ui/twice/fixed/required_field.rs"]
mod twice_required_field;
#[path = "ui/twice/fixed/table.rs"]
mod twice_table;
#[path = "ui/unknown_word/fixed/auto_fill_source.rs"]
mod unknown_word_auto_fill_source;
#[path = "ui/unknown_word/fixed/bootstrap_key.rs"]
mod unknown_word_bootstrap_key;
#[path = "ui/unknown_word/fixed/casing_choice.rs"]
mod unknown_word_casing_choice;
#[path = "ui/unknown_word/fixed/enum_slip.rs"]
mod unknown_word_enum_slip;
#[path = "ui/unknown_word/fixed/field_slip.rs"]
mod unknown_word_field_slip;
#[path = "ui/unknown_word/fixed/field_unknown.rs"]
mod unknown_word_field_unknown;
#[path = "ui/unknown_word/fixed/field_word_on_model.rs"]
mod unknown_word_field_word_on_model;
#[path = "ui/unknown_word/fixed/grants_key.rs"]
mod unknown_word_grants_key;
#[path = "ui/unknown_word/fixed/input_slip.rs"]
mod unknown_word_input_slip;
#[path = "ui/unknown_word/fixed/load_choice.rs"]
mod unknown_word_load_choice;
#[path = "ui/unknown_word/fixed/member_slip.rs"]
mod unknown_word_member_slip;
#[path = "ui/unknown_word/fixed/model_slip.rs"]
mod unknown_word_model_slip;
#[path = "ui/unknown_word/fixed/model_unknown.rs"]
mod unknown_word_model_unknown;
#[path = "ui/unknown_word/fixed/model_word_on_field.rs"]
mod unknown_word_model_word_on_field;
#[path = "ui/unknown_word/fixed/plane_choice.rs"]
mod unknown_word_plane_choice;
#[path = "ui/unknown_word/fixed/query_slip.rs"]
mod unknown_word_query_slip;
#[path = "ui/unknown_word/fixed/schema_slip.rs"]
mod unknown_word_schema_slip;
#[path = "ui/unknown_word/fixed/several_at_once.rs"]
mod unknown_word_several_at_once;
#[path = "ui/unknown_word/fixed/tenancy_key.rs"]
mod unknown_word_tenancy_key;
#[path = "ui/unknown_word/fixed/variant_slip.rs"]
mod unknown_word_variant_slip;
#[path = "ui/words_of_diesel/fixed/belongs_to_on_struct.rs"]
mod words_of_diesel_belongs_to_on_struct;
#[path = "ui/words_of_diesel/fixed/check_for_backend.rs"]
mod words_of_diesel_check_for_backend;
#[path = "ui/words_of_diesel/fixed/column_name.rs"]
mod words_of_diesel_column_name;
#[path = "ui/words_of_diesel/fixed/embed.rs"]
mod words_of_diesel_embed;
#[path = "ui/words_of_diesel/fixed/primary_key.rs"]
mod words_of_diesel_primary_key;
#[path = "ui/words_of_diesel/fixed/skip_update.rs"]
mod words_of_diesel_skip_update;
#[path = "ui/words_of_diesel/fixed/sql_type.rs"]
mod words_of_diesel_sql_type;
#[path = "ui/words_of_diesel/fixed/table_name.rs"]
mod words_of_diesel_table_name;
#[path = "ui/words_of_diesel/fixed/treat_none_as_default_value.rs"]
mod words_of_diesel_treat_none_as_default_value;
#[path = "ui/words_of_sea_orm/fixed/auto_increment.rs"]
mod words_of_sea_orm_auto_increment;
#[path = "ui/words_of_sea_orm/fixed/column_type.rs"]
mod words_of_sea_orm_column_type;
#[path = "ui/words_of_sea_orm/fixed/comment.rs"]
mod words_of_sea_orm_comment;
#[path = "ui/words_of_sea_orm/fixed/default_value.rs"]
mod words_of_sea_orm_default_value;
#[path = "ui/words_of_sea_orm/fixed/from_to.rs"]
mod words_of_sea_orm_from_to;
#[path = "ui/words_of_sea_orm/fixed/has_many.rs"]
mod words_of_sea_orm_has_many;
#[path = "ui/words_of_sea_orm/fixed/ignore.rs"]
mod words_of_sea_orm_ignore;
#[path = "ui/words_of_sea_orm/fixed/nullable.rs"]
mod words_of_sea_orm_nullable;
#[path = "ui/words_of_sea_orm/fixed/on_delete.rs"]
mod words_of_sea_orm_on_delete;
#[path = "ui/words_of_sea_orm/fixed/relation_enum.rs"]
mod words_of_sea_orm_relation_enum;
#[path = "ui/words_of_sea_orm/fixed/rs_type.rs"]
mod words_of_sea_orm_rs_type;
#[path = "ui/words_of_sea_orm/fixed/string_value.rs"]
mod words_of_sea_orm_string_value;
#[path = "ui/words_of_serde/fixed/alias.rs"]
mod words_of_serde_alias;
#[path = "ui/words_of_serde/fixed/borrow.rs"]
mod words_of_serde_borrow;
#[path = "ui/words_of_serde/fixed/flatten.rs"]
mod words_of_serde_flatten;
#[path = "ui/words_of_serde/fixed/rename_all_on_enum.rs"]
mod words_of_serde_rename_all_on_enum;
#[path = "ui/words_of_serde/fixed/rename_all_on_struct.rs"]
mod words_of_serde_rename_all_on_struct;
#[path = "ui/words_of_serde/fixed/rename_field.rs"]
mod words_of_serde_rename_field;
#[path = "ui/words_of_serde/fixed/rename_member.rs"]
mod words_of_serde_rename_member;
#[path = "ui/words_of_serde/fixed/rename_struct.rs"]
mod words_of_serde_rename_struct;
#[path = "ui/words_of_serde/fixed/rename_variant.rs"]
mod words_of_serde_rename_variant;
#[path = "ui/words_of_serde/fixed/serialize_with.rs"]
mod words_of_serde_serialize_with;
#[path = "ui/words_of_serde/fixed/skip.rs"]
mod words_of_serde_skip;
#[path = "ui/words_of_serde/fixed/skip_serializing.rs"]
mod words_of_serde_skip_serializing;
#[path = "ui/words_of_serde/fixed/tag.rs"]
mod words_of_serde_tag;
#[path = "ui/words_of_serde/fixed/transparent.rs"]
mod words_of_serde_transparent;
#[path = "ui/words_of_serde/fixed/with.rs"]
mod words_of_serde_with;
#[path = "ui/words_of_the_artifact/fixed/auto_fill.rs"]
mod words_of_the_artifact_auto_fill;
#[path = "ui/words_of_the_artifact/fixed/belongs_to.rs"]
mod words_of_the_artifact_belongs_to;
#[path = "ui/words_of_the_artifact/fixed/bootstrap_limit.rs"]
mod words_of_the_artifact_bootstrap_limit;
#[path = "ui/words_of_the_artifact/fixed/foreign_key_column.rs"]
mod words_of_the_artifact_foreign_key_column;
#[path = "ui/words_of_the_artifact/fixed/has_many.rs"]
mod words_of_the_artifact_has_many;
#[path = "ui/words_of_the_artifact/fixed/identity_roles.rs"]
mod words_of_the_artifact_identity_roles;
#[path = "ui/words_of_the_artifact/fixed/is_indexed.rs"]
mod words_of_the_artifact_is_indexed;
#[path = "ui/words_of_the_artifact/fixed/is_optional.rs"]
mod words_of_the_artifact_is_optional;
#[path = "ui/words_of_the_artifact/fixed/renamed_from.rs"]
mod words_of_the_artifact_renamed_from;
#[path = "ui/words_of_the_artifact/fixed/table_name.rs"]
mod words_of_the_artifact_table_name;
