//! Derived code means what it says wherever it lands.
#![allow(dead_code, non_camel_case_types, unused_macros)]

/// Everything the prelude has, and what models may well be called, is something else here.
mod hostile {
    use ::ablo::{AbloEnum, AbloModel, AbloQuery, AbloSchema, Id};

    pub struct Ok;
    pub struct Err;
    pub struct Some;
    pub struct None;
    pub struct Option;
    pub struct Vec;
    pub struct String;
    pub struct Box;
    pub struct Sized;
    pub struct Send;
    pub struct Sync;
    pub trait Clone {}
    pub trait Default {}
    pub trait Debug {}
    pub trait From {}
    pub trait Into {}
    pub trait Iterator {}
    pub trait Fn {}
    pub trait Model {}
    pub trait AbloField {}
    pub struct usize;
    pub struct bool;
    pub struct str;
    mod std {}
    mod core {}
    mod ablo {}
    mod serde {}
    macro_rules! assert {
        ($($any:tt)*) => {
            compile_error!("not that one")
        };
    }
    macro_rules! panic {
        ($($any:tt)*) => {
            compile_error!("not that one")
        };
    }
    macro_rules! unreachable {
        ($($any:tt)*) => {
            compile_error!("not that one")
        };
    }

    #[derive(AbloEnum, ::std::clone::Clone, Copy)]
    pub enum Result {
        Ok,
        Err,
        Some,
        None,
        Self_,
    }

    #[derive(AbloModel, ::std::clone::Clone)]
    #[ablo(mutable, has_many(results: W by r#type), grants(subject = path, scope = path), scope)]
    pub struct T {
        pub id: Id<Self>,
        pub r#type: ::std::string::String,
        pub r#match: ::std::option::Option<Result>,
        #[ablo(belongs_to, relation = path)]
        pub path: Id<T>,
        pub new: ::std::vec::Vec<::std::string::String>,
        #[ablo(name = "self2")]
        pub self_: i64,
        #[ablo(json, default)]
        pub value: ::std::option::Option<::std::vec::Vec<u8>>,
        #[ablo(accessor = by_patch)]
        pub patch: f64,
        pub clone: i8,
        pub into: i8,
        pub from: i8,
        pub fmt: i8,
        pub read: i8,
        pub write: i8,
        pub to_string: i8,
        pub is_set: i8,
        pub partial: i8,
        pub index: i8,
        pub writer: i8,
        pub reader: i8,
    }

    #[derive(AbloModel, ::std::clone::Clone)]
    pub struct W {
        pub id: Id<W>,
        #[ablo(belongs_to, relation = r#type)]
        pub r#type: Id<T>,
    }

    impl T {
        pub const SPEC: i32 = 1;
        pub const FIELDS: i32 = 2;
        pub const TYPENAME: i32 = 3;
    }

    #[derive(AbloQuery)]
    #[ablo(model = T)]
    pub struct F {
        #[ablo(eq = r#type)]
        pub condition: ::std::string::String,
        pub into: ::std::option::Option<i8>,
    }

    #[derive(AbloSchema)]
    #[ablo(queries(F))]
    pub struct R {
        pub r#type: T,
        pub family: W,
    }
}

/// The crate under another name, as behind another crate's re-export.
mod elsewhere {
    pub mod kit {
        pub use ::ablo as state;
    }
    mod ablo {}

    use kit::state::prelude::*;

    #[derive(AbloEnum, Clone, Copy, Debug, PartialEq)]
    #[ablo(crate = "crate::hygiene::elsewhere::kit::state")]
    pub enum Kind {
        One,
    }

    #[derive(AbloModel, Clone)]
    #[ablo(crate = "crate::hygiene::elsewhere::kit::state")]
    pub struct Thing {
        pub id: Id<Thing>,
        pub kind: Kind,
    }

    #[derive(AbloQuery)]
    #[ablo(crate = "crate::hygiene::elsewhere::kit::state", model = Thing)]
    pub struct OfKind {
        pub kind: Kind,
    }

    #[derive(AbloSchema)]
    #[ablo(crate = "crate::hygiene::elsewhere::kit::state", queries(OfKind))]
    pub struct Things {
        pub things: Thing,
    }
}

/// Private fields have private functions, and models may be declared inside of functions.
#[test]
fn visibility_follows_the_fields() {
    use ablo::prelude::*;

    #[derive(AbloModel, Clone)]
    struct Local {
        id: Id<Local>,
        secret: String,
    }
    assert_eq!(Local::secret().name(), "secret");
    assert_eq!(Local::id().name(), "id");
    let local = Local { id: "x".into(), secret: "s".into() };
    assert_eq!(Model::id(&local).as_str(), "x");
}

#[test]
fn raw_names_lose_their_mark() {
    use ablo::typed::{Model, Schema};
    let names: Vec<&str> = <hostile::T as Model>::FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(names[..6], ["type", "match", "path", "new", "self2", "value"]);
    let relation = <hostile::T as Model>::SPEC.relations[1];
    assert_eq!((relation.name, relation.foreign_key), ("results", "type"));
    assert_eq!(hostile::R::SPEC.models[0].0, "type");
    assert_eq!(hostile::T::SPEC + hostile::T::FIELDS + hostile::T::TYPENAME, 6);
}
