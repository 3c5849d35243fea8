//! The OpenAPI document: merged from what the routers say of themselves.

use std::fmt;
use std::sync::OnceLock;

use bytes::Bytes;
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder};

const DESCRIPTION: &str = "A self-hosted user directory that speaks several documented protocols. Each tag is one of them; \
    underneath, all of them read and write the same users. API keys are made by `roster key create`, tokens by \
    `roster token issue` or `POST /oauth/token`.";

const TOKENS: &str = "The token endpoint (RFC 6749) and the revocation endpoint (RFC 7009)";

/// The document, and its text once somebody has asked for it.
pub struct Document {
    openapi: OpenApi,
    json: OnceLock<Bytes>,
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Document")
    }
}

impl Document {
    /// A document that is complete.
    pub fn new(openapi: OpenApi) -> Self {
        Self { openapi, json: OnceLock::new() }
    }

    /// The document.
    pub fn openapi(&self) -> &OpenApi {
        &self.openapi
    }

    /// Its text.
    pub fn json(&self) -> Bytes {
        let render = || self.openapi.to_pretty_json().unwrap_or_default() + "\n";
        self.json.get_or_init(|| render().into()).clone()
    }
}

/// A document without any route.
pub fn frame() -> OpenApi {
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
