//! The OpenAPI document: merged from what the routers say of themselves.

use std::sync::LazyLock;

use bytes::Bytes;
use roster_auth::oauth;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder};

use crate::http::{docs, health};

const DESCRIPTION: &str = "A self-hosted user directory that speaks several documented protocols. Each tag is one of them; \
    underneath, all of them read and write the same users. API keys are made by `roster key create`, tokens by \
    `roster token issue` or `POST /oauth/token`.";

const TOKENS: &str = "The token endpoint (RFC 6749) and the revocation endpoint (RFC 7009)";

/// The text of the document. It is put together when somebody first asks for it: most servers are never asked, and need not
/// have it in memory.
static JSON: LazyLock<Bytes> =
    LazyLock::new(|| (document().to_pretty_json().unwrap_or_default() + "\n").into());

/// The document.
pub fn document() -> OpenApi {
    let routers = [
        roster_dialect_algorep::router().into_openapi(),
        roster_dialect_zynchro::router().into_openapi(),
        roster_dialect_rest::router().into_openapi(),
        roster_dialect_scim::router().into_openapi(),
        oauth::router().into_openapi(),
        health::router().into_openapi(),
        docs::router().into_openapi(),
    ];
    routers.into_iter().fold(frame(), OpenApi::merge_from)
}

/// The document's text.
pub fn json() -> Bytes {
    JSON.clone()
}

/// A document without any route.
fn frame() -> OpenApi {
    let license =
        LicenseBuilder::new().name("Apache-2.0 OR MIT").identifier(Some("Apache-2.0 OR MIT")).build();
    let info = InfoBuilder::new()
        .title("Roster")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(license))
        .build();
    let here =
        ServerBuilder::new().url("/").description(Some("The server that answers this document")).build();
    let tokens = TagBuilder::new().name("oauth").description(Some(TOKENS)).build();
    OpenApiBuilder::new().info(info).servers(Some([here])).tags(Some([tokens])).build()
}
