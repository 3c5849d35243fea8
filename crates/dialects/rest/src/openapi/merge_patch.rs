//! The schema of a merge patch: that of a user, where everything may be left out, and nearly everything may be null.

use std::borrow::Cow;

use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, SchemaType, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::patch::READ_ONLY;
use crate::wire::UserJson;

/// The fields that null clears nothing of.
const NEVER_NULL: &[&str] = &["active", "updated_at"];

/// A merge patch of a user.
pub(crate) enum UserMergePatch {}

impl PartialSchema for UserMergePatch {
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::Object(mut user)) = UserJson::schema() else { return UserJson::schema() };
        user.description =
            Some("What to change of a user: absent keeps, null clears, a value sets".to_owned());
        user.required.clear();
        user.properties.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
        let password = ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("The password: write-only, 8 to 256 characters"))
            .min_length(Some(8))
            .max_length(Some(256))
            .write_only(true)
            .build();
        user.properties.insert("password".to_owned(), password.into());
        for (name, property) in &mut user.properties {
            if name == "links" {
                nullable_values(property);
            } else if !NEVER_NULL.contains(&name.as_str()) {
                nullable(property);
            }
        }
        user.into()
    }
}

impl ToSchema for UserMergePatch {
    fn name() -> Cow<'static, str> {
        "UserMergePatch".into()
    }
}

fn nullable(property: &mut RefOr<Schema>) {
    let or_null = |schema_type: &mut SchemaType| {
        if let SchemaType::Type(only) = schema_type {
            *schema_type = SchemaType::Array(vec![only.clone(), Type::Null]);
        }
    };
    if let RefOr::T(Schema::Object(object)) = property {
        or_null(&mut object.schema_type);
    } else if let RefOr::T(Schema::Array(array)) = property {
        or_null(&mut array.schema_type);
    }
}

fn nullable_values(property: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = property
        && let Some(AdditionalProperties::RefOr(values)) = object.additional_properties.as_deref_mut()
    {
        nullable(values);
    }
}
