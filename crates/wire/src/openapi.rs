//! What the OpenAPI documents of the dialects say alike.

use std::collections::BTreeMap;

use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{Object, ObjectBuilder, Type};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
};

/// Adds tags, each with what it says.
pub fn add_tags<const N: usize>(document: &mut OpenApi, tags: [(&str, &str); N]) {
    let described = |(name, text)| TagBuilder::new().name(name).description(Some(text)).build();
    document.tags.get_or_insert_default().extend(tags.into_iter().map(described));
}

/// A text.
pub fn text() -> Object {
    Object::with_type(Type::String)
}

/// An idempotency key.
pub fn idempotency_key() -> Object {
    ObjectBuilder::from(text()).min_length(Some(1)).max_length(Some(255)).build()
}

/// A parameter.
pub fn parameter(
    within: ParameterIn,
    name: &str,
    required: Required,
    description: &str,
    schema: impl Into<RefOr<Schema>>,
) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(within)
        .required(required)
        .description(Some(description))
        .schema(Some(schema))
        .build()
}

/// Parameters, each a type that operations name. The caller depends on `utoipa`.
#[macro_export]
macro_rules! parameters {
    ($( $(#[doc = $doc:literal])+ $name:ident: $in:ident $key:literal, $required:ident, $description:literal, $schema:expr; )*) => {$(
        $(#[doc = $doc])+
        pub(crate) struct $name;

        impl ::utoipa::IntoParams for $name {
            fn into_params(
                _: impl Fn() -> Option<::utoipa::openapi::path::ParameterIn>,
            ) -> Vec<::utoipa::openapi::path::Parameter> {
                let within = ::utoipa::openapi::path::ParameterIn::$in;
                let required = ::utoipa::openapi::Required::$required;
                vec![$crate::openapi::parameter(within, $key, required, $description, $schema)]
            }
        }
    )*};
}

/// Failures: of each the status, what it means, and whether it says when to try again. Their body has the schema of that name.
pub fn failures(
    media_type: &str,
    schema: &str,
    rows: &[(&str, &str, bool)],
) -> BTreeMap<String, RefOr<Response>> {
    let row = |(status, description, retry): &(&str, &str, bool)| {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(schema))).build();
        let mut response = ResponseBuilder::new().description(*description).content(media_type, content);
        if *retry {
            let header = HeaderBuilder::new()
                .schema(Some(Object::with_type(Type::Integer)))
                .description(Some("When to try again, in seconds"))
                .build();
            response = response.header("Retry-After", header);
        }
        ((*status).to_owned(), response.build().into())
    };
    rows.iter().map(row).collect()
}
