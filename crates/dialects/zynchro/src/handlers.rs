//! The one endpoint of the dialect.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::request::Parts;
use roster_auth::authorization;
use roster_directory::user::Number;
use roster_directory::{Applied, Dialect, Principal, Scope, Target, Update};
use roster_wire::{BodyFault, ClientAddress, body, idempotency};

use crate::convert::{Wanted, faults_of, user_out};
use crate::envelope::{Failed, FieldErrors, Header, TokenError, Updated, UpdatedData};
use crate::error::{Refused, RefusedRequest};
use crate::place::{Faults, Place};
use crate::{Zynchro, openapi, schema};

/// Update a user by its number
///
/// Replaces the name, password, telephone, email and the whole list of clients and profiles of the user; `lastLogin` and
/// `isControlTower` as well where they are sent. A request that is refused changes nothing, and its answer names every error.
#[utoipa::path(
    patch,
    path = "/zynchro.api.system-config/v1/users/{id}",
    operation_id = "zynchroUpdateUser",
    tag = openapi::TAG,
    params(
        ("id" = i64, Path, minimum = 1, description = "The user's number", example = 3),
        ("transaction_id" = Option<String>, Query, max_length = 255,
            description = "Stands in for `header.transactionId` where the body has none, or can't be read"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "Marks a request so that its repetition is answered again and applied once, for 24 hours"),
    ),
    request_body(content = schema::Update, content_type = "application/json", example = json!(openapi::request())),
    responses(
        (status = 200, description = "The user as it is now", body = Updated,
            headers(("Idempotent-Replayed" = bool, description = "`true` where this is the answer to an earlier request again")),
            example = json!(openapi::response())),
        (status = 400, description = "Errors in the fields: all of them", body = FieldErrors,
            example = json!(openapi::errors())),
        (status = 401, description = "No token (`unauthorized`), or one that is not valid (`invalid_token`)",
            body = TokenError, headers(("WWW-Authenticate" = String, description = "How to authenticate")),
            example = json!(openapi::unauthorized())),
        (status = 403, description = "The token lacks the scope `write` (`insufficient_scope`) or an authority that may do this \
            (`access_denied`)", body = TokenError),
        (status = 404, description = "No user has that number: `NOT_FOUND`", body = Failed),
        (status = 409, description = "Another user holds that email, where emails are unique: `CONFLICT`", body = Failed),
        (status = 413, description = "The body is too large: `PAYLOAD_TOO_LARGE`", body = Failed),
        (status = 415, description = "The body is not `application/json`: `UNSUPPORTED_MEDIA_TYPE`", body = Failed),
        (status = 422, description = "The idempotency key was used with another request: `IDEMPOTENCY_KEY_REUSED`",
            body = Failed),
        (status = 429, description = "Too many requests: `TOO_MANY_REQUESTS`", body = Failed,
            headers(("Retry-After" = u64, description = "When to try again, in seconds"))),
        (status = 500, description = "The server failed: `INTERNAL_SERVER_ERROR`", body = Failed),
        (status = 503, description = "The server is busy, or the change may or may not have been made: \
            `SERVICE_UNAVAILABLE`. The request is safe to repeat", body = Failed,
            headers(("Retry-After" = u64, description = "When to try again, in seconds"))),
    ),
    security(("zynchro_token" = [])),
)]
pub(crate) async fn update_user(State(dialect): State<Arc<Zynchro>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    dialect.update_user(&head, body).await.unwrap_or_else(RefusedRequest::into_response)
}

/// Another method on the path. The router adds `Allow`.
pub(crate) async fn method_not_allowed(request: Request) -> Response {
    RefusedRequest::unread(Refused::MethodNotAllowed, request.uri()).into_response()
}

impl Zynchro {
    async fn update_user(&self, head: &Parts, body: Body) -> Result<Response, RefusedRequest> {
        let unread = |refused| RefusedRequest::unread(refused, &head.uri);
        let who = self.authorize(head).await.map_err(unread)?;
        let body = self.read(head, body).await.map_err(unread)?;
        let wanted = Wanted::read(&head.uri, &head.headers, &body, self.options.unknown_fields);
        let transaction_id = wanted.transaction_id.clone();
        let applied = self.apply(&who, head, &body, wanted).await?;
        let data = UpdatedData { success: true, message: "", user: user_out(&applied.user) };
        let answer = Updated { header: Header::ok(transaction_id), data };
        Ok(idempotency::replayed(Json(answer).into_response(), applied.replayed))
    }

    async fn authorize(&self, head: &Parts) -> Result<Principal, Refused> {
        let from = head.extensions.get::<ClientAddress>().copied();
        let who = self.auth.token(authorization::the_one(&head.headers), from).await?;
        // The document's scope by its name: `admin` alone does not stand in for it.
        if !who.scopes.contains(&Scope::UsersWrite) {
            return Err(Refused::InsufficientScope);
        }
        if who.authorities.is_disjoint(&self.options.admin_authorities) {
            return Err(Refused::AccessDenied);
        }
        Ok(who)
    }

    async fn read(&self, head: &Parts, body: Body) -> Result<Bytes, Refused> {
        let limit = self.options.body_limit;
        let body = body::read(body, limit).await.map_err(|fault| match fault {
            BodyFault::TooLarge => Refused::TooLarge(limit),
            BodyFault::Broken => {
                let mut faults = Faults::default();
                faults.unacceptable(Place::Body, "broke off");
                Refused::Faults(faults)
            }
        })?;
        if body::is_json(&head.headers) { Ok(body) } else { Err(Refused::UnsupportedMediaType) }
    }

    async fn apply(
        &self,
        who: &Principal,
        head: &Parts,
        body: &[u8],
        wanted: Wanted,
    ) -> Result<Applied, RefusedRequest> {
        let target = wanted.number.and_then(|number| Number::new(number).ok()).map(Target::Number);
        if !wanted.faults.is_empty() {
            return Err(self.all_faults(who, target, wanted).await);
        }
        let Wanted { transaction_id, number: _, patch, password, grants, idempotency_key, faults: _ } =
            wanted;
        let Some(target) = target else {
            return Err(RefusedRequest::new(Refused::NotFound, transaction_id));
        };
        let idempotency =
            idempotency_key.map(|key| self.directory.idempotency(key, &idempotency::parts(head, body)));
        let update = Update { patch, password, idempotency, ..Update::default() };
        let applied = self.directory.update(who, Dialect::Zynchro, target, update).await;
        applied.map_err(|error| RefusedRequest::by_directory(error, &grants, transaction_id))
    }

    /// The faults of form, with those that the directory finds in the rest of the request.
    async fn all_faults(&self, who: &Principal, target: Option<Target>, wanted: Wanted) -> RefusedRequest {
        let Wanted { transaction_id, patch, grants, mut faults, number: _, password: _, idempotency_key: _ } =
            wanted;
        if let Some(target) = target {
            match self.directory.update_faults(who, target, patch).await {
                Ok(found) => faults.extend(found.iter().flat_map(|fault| faults_of(fault, &grants))),
                // The request is at fault whatever the directory would say to the rest of it.
                Err(error) => tracing::warn!(%error, "the faults of a request may not be all"),
            }
        }
        RefusedRequest::new(Refused::Faults(faults), transaction_id)
    }
}
