//! The words the artifact uses for fixed choices.

use super::{AutoFillSource, Casing, FieldType, LoadStrategy, NumberFormat, Plane, RelationKind, StringFormat};

macro_rules! words {
    ($($ty:ident { $($variant:ident $word:literal)* })*) => {$(
        impl $ty {
            /// Every choice with its word.
            pub const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),*];

            /// The artifact's word.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }
        }
    )*};
}

words! {
    FieldType { String "string" Number "number" Boolean "boolean" Date "date" Enum "enum" Json "json" }
    NumberFormat { Float "float" Int32 "int32" Int64 "int64" }
    StringFormat { Uuid "uuid" Decimal "decimal" CivilDate "date" }
    LoadStrategy { Instant "instant" Lazy "lazy" Manual "manual" }
    Plane { Tenant "tenant" Control "control" }
    RelationKind { BelongsTo "belongsTo" HasMany "hasMany" HasOne "hasOne" }
    AutoFillSource { OrganizationId "organizationId" UserId "userId" }
    Casing { Identity "identity" SnakeCase "snake_case" CamelCase "camelCase" }
}
