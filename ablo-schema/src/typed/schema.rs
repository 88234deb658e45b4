use super::{Model, SchemaSpec};
use crate::ir::{SchemaDef, ValidSchema};

/// What stands for a model in a client: the runtime's proxies, or a test's stand-ins.
pub trait ModelFamily {
    /// The stand-in for the model `M`. Not bounded, so that a member that is no model is reported once.
    type Proxy<M>;

    /// Makes the stand-in for the model under this schema key.
    fn proxy<M: Model>(&self, key: &'static str) -> Self::Proxy<M>;
}

/// A set of models that live together. Derived with `#[derive(AbloSchema)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a schema",
    label = "expected a struct with `#[derive(AbloSchema)]`",
    note = "write `#[derive(AbloSchema)]` on `{Self}`"
)]
pub trait Schema: 'static {
    /// A struct with one public member per model.
    type Models<F: ModelFamily>;

    /// Everything the derive knows.
    const SPEC: SchemaSpec;

    /// Makes every stand-in.
    fn models<F: ModelFamily>(family: &F) -> Self::Models<F>;

    /// The IR, as declared.
    #[must_use]
    fn def() -> SchemaDef {
        SchemaDef::from_spec(&Self::SPEC)
    }

    /// The IR, validated.
    ///
    /// # Errors
    /// Every problem of the declaration at once.
    fn schema() -> Result<ValidSchema, crate::error::AbloError> {
        Self::def().validate()
    }
}
