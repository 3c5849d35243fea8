//! What the OpenAPI document says of the API, besides the operations: parameters, the merge patch, tags, credentials.

mod examples;
mod merge_patch;

use roster_wire::openapi::{self, idempotency_key, text};
use roster_wire::parameters;
use utoipa::openapi::OpenApi;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{PartialSchema as _, ToSchema as _};

pub(crate) use examples::{ID, history_page, patch, user, user_page};
pub(crate) use merge_patch::UserMergePatch;

use crate::problem::Problem;

/// The tag of the operations on users.
pub(crate) const USERS: &str = "Users";
/// The tag of histories.
pub(crate) const HISTORY: &str = "History";
/// The tag of grants.
pub(crate) const GRANTS: &str = "Grants";
/// The tag of the registers.
pub(crate) const REGISTERS: &str = "Registers";

/// Adds the tags and the security scheme.
pub(crate) fn complete(document: &mut OpenApi) {
    let tags = [
        (USERS, "Roster's own API: read, list, change and delete users, whatever protocol they came through"),
        (HISTORY, "Who changed what of a user, when, and from what to what"),
        (GRANTS, "The clients that a user may enter, one by one"),
        (
            REGISTERS,
            "What users may refer to where `references = \"known\"`. Reading needs the scope `users:read`, writing `admin`",
        ),
    ];
    openapi::add_tags(document, tags);
    let mut bearer = Http::new(HttpAuthScheme::Bearer);
    bearer.description = Some(
        "An API key, or a JWT. Reading needs the scope `users:read`, changing users `users:write`, changing the registers `admin`, \
         which has every other"
            .to_owned(),
    );
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("roster_bearer", SecurityScheme::Http(bearer));
    // The responses that name it are shared by the operations, which do not bring it along.
    let mut schemas = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut schemas);
    components.schemas.extend(schemas);
}

parameters! {
    /// `If-Match` of a change.
    IfMatch: Header "If-Match", False,
        "The entity tag that you read (the version alone, in double quotes, does as well): if the user was changed since, the answer is 412 and nothing is changed",
        text();
    /// `If-None-Match` of a read.
    IfNoneMatch: Header "If-None-Match", False,
        "Entity tags that you have: where one is current, the answer is 304", text();
    /// `Idempotency-Key` of a change.
    IdempotencyKey: Header "Idempotency-Key", False,
        "Marks a request so that its repetition is answered again and applied once, for 24 hours",
        idempotency_key();
    /// How many things a page has.
    Limit: Query "limit", False, "How many things a page has; 50 unless said",
        ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).maximum(Some(200)).build();
    /// Where a page begins.
    Cursor: Query "cursor", False, "`next` of the page before. It is good for the same list alone", text();
    /// The kind of an organisation.
    Kind: Path "kind", True, "What the organisation is to a user",
        ObjectBuilder::from(text()).enum_values(Some(["producer", "seller", "origin"])).build();
    /// The id of a user.
    Id: Path "id", True, "The user's id",
        ObjectBuilder::from(text()).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid))).examples([ID]).build();
}
