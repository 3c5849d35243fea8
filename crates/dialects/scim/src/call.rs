//! A request whose sender is known, and what its head says.

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode, Uri, header};
use roster_auth::authorization;
use roster_directory::{Idempotency, IdempotencyKey, Principal, Scope};
use roster_wire::etag::Tags;
use roster_wire::{ClientAddress, body, idempotency, path};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::{MEDIA_TYPE, ScimError, ScimType};
use crate::fault::Fault;
use crate::{ROOT, Scim, json};

/// A request whose sender is known and has the scope that is needed. It has no `Debug`: its head holds the credential.
pub(crate) struct Call {
    /// Who asks.
    pub(crate) who: Principal,
    /// The URL below which the endpoints are, as the sender reached them; without a slash at its end.
    pub(crate) base: String,
    head: Parts,
}

/// What a request says besides what it is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct Conditions {
    /// The versions that it expects, if it does.
    pub(crate) if_match: Option<Vec<u64>>,
    /// How its repetition is recognised.
    pub(crate) idempotency: Option<Idempotency>,
}

impl Scim {
    /// Lets a request in, if its sender has the scope.
    pub(crate) async fn admit(&self, request: Request, scope: Scope) -> Result<(Call, Body), ScimError> {
        self.admit_any(request, &[scope]).await
    }

    /// Lets a request in, if its sender has one of the scopes.
    pub(crate) async fn admit_any(
        &self,
        request: Request,
        scopes: &[Scope],
    ) -> Result<(Call, Body), ScimError> {
        let (head, body) = request.into_parts();
        let from = head.extensions.get::<ClientAddress>().copied();
        let who = self.auth.any(authorization::the_one(&head.headers), from).await?;
        if let Some(first) = scopes.first().filter(|_| !scopes.iter().any(|scope| who.has(*scope))) {
            who.require(*first)?;
        }
        let base = base(&head.headers, &head.uri);
        Ok((Call { who, base, head }, body))
    }

    /// What the head of a change says.
    pub(crate) fn conditions(&self, call: &Call, sent: &[u8]) -> Result<Conditions, ScimError> {
        Ok(Conditions { if_match: call.if_match()?, idempotency: self.idempotency(call, sent)? })
    }

    fn idempotency(&self, call: &Call, sent: &[u8]) -> Result<Option<Idempotency>, ScimError> {
        let Some(key) = call.idempotency_key()? else { return Ok(None) };
        Ok(Some(self.directory.idempotency(key, &idempotency::parts(&call.head, sent))))
    }
}

impl Call {
    /// The query, without its question mark.
    pub(crate) fn query(&self) -> &str {
        self.head.uri.query().unwrap_or_default()
    }

    /// The segment of the path behind the endpoint's own, as text.
    pub(crate) fn segment(&self) -> Option<String> {
        // `/scim/v2/Users/ID`
        let segment = path::segment(&self.head.uri, 3)?;
        path::decode(segment).ok().map(std::borrow::Cow::into_owned)
    }

    /// The id in the path. What is none is the id of nothing.
    pub(crate) fn id(&self) -> Result<Uuid, ScimError> {
        let id = self.segment().and_then(|segment| read_id(&segment));
        id.ok_or_else(crate::refused::not_found)
    }

    /// The bytes of the body, which must be JSON.
    async fn bytes(&self, body: Body, limit: usize) -> Result<Bytes, ScimError> {
        let read = body::read(body, limit).await;
        let bytes = read.map_err(|fault| crate::refused::body(fault, limit))?;
        if [MEDIA_TYPE, "application/json"].iter().any(|accepted| body::is(&self.head.headers, accepted)) {
            return Ok(bytes);
        }
        let detail = format!("the body must be {MEDIA_TYPE} or application/json");
        Err(ScimError::of_status(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail))
    }

    /// The body, which must be a JSON object, with its bytes.
    pub(crate) async fn object(
        &self,
        body: Body,
        limit: usize,
    ) -> Result<(Map<String, Value>, Bytes), ScimError> {
        let bytes = self.bytes(body, limit).await?;
        Ok((json::read(&bytes)?, bytes))
    }

    /// Whether what the sender has is current, by the entity tag of what there is.
    pub(crate) fn has_seen(&self, etag: &str) -> Result<bool, ScimError> {
        let tags = Tags::read(&self.head.headers, &header::IF_NONE_MATCH);
        let tags = tags.map_err(|why| header_fault("If-None-Match", why))?;
        Ok(tags.is_some_and(|tags| tags.holds(etag)))
    }

    /// The versions that the sender expects, if it does.
    pub(crate) fn if_match(&self) -> Result<Option<Vec<u64>>, ScimError> {
        let tags = Tags::read(&self.head.headers, &header::IF_MATCH);
        Ok(tags.map_err(|why| header_fault("If-Match", why))?.and_then(|tags| tags.versions()))
    }

    /// The idempotency key, if one was sent.
    fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, ScimError> {
        let key = idempotency::key(&self.head.headers, IdempotencyKey::new);
        key.map_err(|why| header_fault("Idempotency-Key", why))
    }

    /// Groups are changed without one: what would be kept for a repetition is a user's outcome.
    pub(crate) fn refuse_idempotency_key(&self) -> Result<(), ScimError> {
        match self.idempotency_key()? {
            None => Ok(()),
            Some(_) => {
                Err(header_fault("Idempotency-Key", "is not taken with groups: a group's name is unique"))
            }
        }
    }
}

/// Reads an id as it is answered. A UUID has other forms too, but a resource has one id.
pub(crate) fn read_id(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|id| text.len() == id.hyphenated().to_string().len())
}

fn header_fault(name: &str, why: impl Into<std::borrow::Cow<'static, str>>) -> ScimError {
    let fault = Fault::new(name, why);
    ScimError::new(ScimType::InvalidValue, fault.to_string())
}

/// Where the sender reached this API: by the host that it named, and by https where a proxy says so.
fn base(headers: &HeaderMap, uri: &Uri) -> String {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = named.or_else(|| uri.authority().map(http::uri::Authority::as_str)).unwrap_or("localhost");
    let proto = headers.get("x-forwarded-proto").and_then(|proto| proto.to_str().ok());
    // Each proxy adds its own: the first is what the sender used.
    let proto = proto.and_then(|list| list.split(',').next()).map(str::trim);
    let scheme =
        if proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https")) { "https" } else { "http" };
    format!("{scheme}://{host}{ROOT}")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn an_id_has_one_form() {
        const ID: &str = "018df975-bfdb-7e89-af30-963784ae0865";
        assert_eq!(read_id(ID).map(|id| id.to_string()).as_deref(), Some(ID));
        for other in [ID.replace('-', ""), format!("{{{ID}}}"), format!("urn:uuid:{ID}"), String::new()] {
            assert_eq!(read_id(&other), None, "{other}");
        }
    }

    #[test]
    fn of_several_proxies_the_first_says_how_the_sender_asked() {
        let base = |proto: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static("roster.example.com"));
            headers.extend(proto.map(|proto| {
                (http::HeaderName::from_static("x-forwarded-proto"), HeaderValue::from_static(proto))
            }));
            base(&headers, &Uri::default())
        };
        for (proto, scheme) in [
            (Some("https"), "https"),
            (Some("HTTPS , http"), "https"),
            (Some("http, https"), "http"),
            (None, "http"),
        ] {
            assert_eq!(base(proto), format!("{scheme}://roster.example.com/scim/v2"), "{proto:?}");
        }
    }
}
