//! The one endpoint of the dialect.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::request::Parts;
use roster_auth::authorization;
use roster_directory::{Dialect, ExternalId, Principal, Scope, UserPatch};
use roster_wire::{ClientAddress, body, idempotency};

use crate::error::{Detail, ErrorBody, GatewayMessage, Refused};
use crate::wire::{Payload, User};
use crate::{Algorep, answer, convert, openapi};

/// Create or change a user
///
/// Creates the user that the API key's source calls `UserBubbleId`, or changes it. A field that is absent from the payload is
/// left as it is, `null` erases it, a value replaces it. A request that is refused changes nothing, and its answer names
/// every fault.
#[utoipa::path(
    post,
    path = "/users/{UserBubbleId}",
    operation_id = "algorepUpsertUser",
    tag = openapi::TAG,
    params(
        ("UserBubbleId" = String, Path, min_length = 1, max_length = 255, example = "1708861331497x933611102973227500",
            description = "The user's Bubble id, percent-encoded (a slash in it as `%2F`); no control characters"),
        ("Idempotency-Key" = Option<String>, Header, nullable = false, min_length = 1, max_length = 255,
            description = "Marks a request so that its repetition is answered again and applied once, for 24 hours"),
    ),
    request_body(content = Payload, content_type = "application/json", example = json!(openapi::request())),
    responses(
        (status = 200, description = "The whole user", body = User,
            headers(("Idempotent-Replayed" = bool, description = "`true` where this is the answer to an earlier request again")),
            example = json!(openapi::response())),
        (status = 400, description = "The request is at fault: `ALGOREP_004` where references to organisations are its only \
            fault, else `ALGOREP_005`", body = ErrorBody,
            headers(("Idempotent-Replayed" = bool, description = "`true` where this is the answer to an earlier request again"))),
        (status = 401, description = "No API key, or one that is unknown, expired or revoked", body = GatewayMessage,
            headers(("WWW-Authenticate" = String, description = "How to authenticate"))),
        (status = 403, description = "The API key lacks the scope `users:write`", body = GatewayMessage),
        (status = 413, description = "The body is too large: `ALGOREP_005`", body = ErrorBody),
        (status = 422, description = "The idempotency key was used with another request: `ALGOREP_005`", body = ErrorBody),
        (status = 429, description = "Too many requests: `ALGOREP_001`", body = ErrorBody,
            headers(("Retry-After" = u64, description = "When to try again, in seconds"))),
        (status = 500, description = "`ALGOREP_003` where the store failed, else `ALGOREP_001`", body = ErrorBody),
        (status = 503, description = "The server has too much to do: `ALGOREP_001`", body = ErrorBody,
            headers(("Retry-After" = u64, description = "When to try again, in seconds"))),
    ),
    security(("algorep_api_key" = [])),
)]
pub(crate) async fn upsert(State(dialect): State<Arc<Algorep>>, request: Request) -> Response {
    dialect.upsert(request).await.unwrap_or_else(Refused::into_response)
}

/// Another method on a path of this dialect. The router adds `Allow`.
pub(crate) async fn method_not_allowed() -> Response {
    Refused::MethodNotAllowed.into_response()
}

impl Algorep {
    async fn upsert(&self, request: Request) -> Result<Response, Refused> {
        let (head, body) = request.into_parts();
        let who = self.authorize(&head).await?;
        let limit = self.options.body_limit;
        let body = body::read(body, limit).await.map_err(|fault| Refused::body(fault, limit))?;
        let wanted = convert::read(&head, &body, self.options);
        self.apply(&who, &head, &body, wanted).await
    }

    async fn authorize(&self, head: &Parts) -> Result<Principal, Refused> {
        let from = head.extensions.get::<ClientAddress>().copied();
        let who = self.auth.api_key(authorization::the_one(&head.headers), from).await?;
        who.require(Scope::UsersWrite)?;
        Ok(who)
    }

    async fn apply(
        &self,
        who: &Principal,
        head: &Parts,
        body: &[u8],
        wanted: convert::Wanted,
    ) -> Result<Response, Refused> {
        let convert::Wanted { external_id, patch, idempotency_key, faults } = wanted;
        let (Some(external_id), Some(patch)) = (external_id, patch) else { return Err(faults.into()) };
        if !faults.is_empty() {
            return Err(self.all_faults(who, external_id, patch, faults).await.into());
        }
        let idempotency =
            idempotency_key.map(|key| self.directory.idempotency(key, &idempotency::parts(head, body)));
        let applied =
            self.directory.upsert(who, Dialect::Algorep, external_id.clone(), patch, idempotency).await?;
        let response = answer::json(StatusCode::OK, &convert::answer(&applied.user, &external_id));
        Ok(idempotency::replayed(response, applied.replayed))
    }

    /// The faults of form, with those that the directory finds in the rest of the request.
    async fn all_faults(
        &self,
        who: &Principal,
        external_id: ExternalId,
        patch: UserPatch,
        mut faults: Vec<Detail>,
    ) -> Vec<Detail> {
        match self.directory.upsert_faults(who, external_id, patch).await {
            Ok(found) => {
                let is_new = |detail: &Detail| !faults.iter().any(|fault| fault.field == detail.field);
                let found: Vec<Detail> = found.into_iter().map(Detail::from).filter(is_new).collect();
                faults.extend(found);
            }
            // The request is at fault whatever the directory would say to the rest of it.
            Err(error) => tracing::warn!(%error, "the faults of a request may not be all"),
        }
        faults
    }
}
