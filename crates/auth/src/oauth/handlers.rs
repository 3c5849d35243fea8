//! The two endpoints.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use roster_directory::{Scope, Scopes};
use roster_wire::{ClientAddress, body};
use secrecy::ExposeSecret as _;
use utoipa::ToSchema;

use super::answer::{ErrorAnswer, OAuthError, TokenAnswer, not_stored};
use super::client::{self, Client};
use super::form::Form;
use super::{OAuth, password_grant};
use crate::jwt::issue::{NewToken, Subject};
use crate::scope_name;

/// What the token endpoint is asked.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the form; the parameters are read one by one, so that none comes twice"
)]
struct TokenRequest {
    /// `client_credentials`, or `password` where that is configured.
    grant_type: String,
    /// What the token is to be able to do, parted by spaces: `read`, `write`, `admin`. All that the client may, unless said.
    scope: Option<String>,
    /// The user's user_name, for the password grant.
    username: Option<String>,
    /// The user's password, for the password grant.
    password: Option<String>,
    /// The client's id, where it has no secret.
    client_id: Option<String>,
}

/// What the revocation endpoint is asked.
#[derive(ToSchema)]
#[expect(
    dead_code,
    reason = "describes the form; the parameters are read one by one, so that none comes twice"
)]
struct RevocationRequest {
    /// The token.
    token: String,
    /// Not needed: there is one kind of tokens.
    token_type_hint: Option<String>,
}

/// Make a token
///
/// RFC 6749: the grant types `client_credentials` and, where it is configured, `password`.
#[utoipa::path(
    post,
    path = "/oauth/token",
    tag = "oauth",
    operation_id = "oauthToken",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    security(("oauthClient" = [])),
    responses(
        (status = 200, description = "A token", body = TokenAnswer),
        (status = 400, description = "Not well formed, or refused", body = ErrorAnswer),
        (status = 401, description = "The client did not authenticate", body = ErrorAnswer),
        (status = 413, description = "The body is too large", body = ErrorAnswer),
        (status = 429, description = "Too many requests, or too many failures from this address", body = ErrorAnswer),
        (status = 500, description = "The server failed", body = ErrorAnswer),
        (status = 503, description = "The server is busy", body = ErrorAnswer),
    )
)]
pub(crate) async fn token(State(state): State<OAuth>, request: Request) -> Response {
    match answer_token(&state, request).await {
        Ok(token) => not_stored(Json(token).into_response()),
        Err(error) => error.into_response(),
    }
}

/// Revoke a token
///
/// RFC 7009: a client revokes its own tokens, one with the scope `admin` any. A token that is not known, or no longer valid,
/// is answered 200.
#[utoipa::path(
    post,
    path = "/oauth/revoke",
    tag = "oauth",
    operation_id = "oauthRevoke",
    request_body(content = RevocationRequest, content_type = "application/x-www-form-urlencoded"),
    security(("oauthClient" = [])),
    responses(
        (status = 200, description = "The token is not valid any more"),
        (status = 400, description = "Not well formed, or another client's token", body = ErrorAnswer),
        (status = 401, description = "The client did not authenticate", body = ErrorAnswer),
        (status = 413, description = "The body is too large", body = ErrorAnswer),
        (status = 429, description = "Too many requests, or too many failures from this address", body = ErrorAnswer),
        (status = 500, description = "The server failed", body = ErrorAnswer),
        (status = 503, description = "The server is busy", body = ErrorAnswer),
    )
)]
pub(crate) async fn revoke(State(state): State<OAuth>, request: Request) -> Response {
    match answer_revocation(&state, request).await {
        Ok(()) => not_stored(StatusCode::OK.into_response()),
        Err(error) => error.into_response(),
    }
}

async fn answer_token(state: &OAuth, request: Request) -> Result<TokenAnswer, OAuthError> {
    let (headers, from, form) = read(state, request).await?;
    let client = client::authenticate(state, &headers, &form, from).await?;
    match form.get("grant_type") {
        None => Err(OAuthError::InvalidRequest("grant_type is required")),
        Some("client_credentials") => client_credentials(state, &client, &form),
        Some("password") => password(state, &client, &form, from).await,
        Some(_) => Err(OAuthError::UnsupportedGrantType),
    }
}

fn client_credentials(state: &OAuth, client: &Client, form: &Form) -> Result<TokenAnswer, OAuthError> {
    let Client::Key(key) = client else { return Err(OAuthError::UnauthorizedClient) };
    let scopes = granted(form, &key.scopes)?;
    mint(
        state,
        client,
        Minted { user_name: None, scopes: &scopes, authorities: &key.authorities, subject: None },
    )
}

async fn password(
    state: &OAuth,
    client: &Client,
    form: &Form,
    from: Option<ClientAddress>,
) -> Result<TokenAnswer, OAuthError> {
    let grant = state.options.password_grant.as_ref().ok_or(OAuthError::UnsupportedGrantType)?;
    let allowed = grant.scopes_for(client).ok_or(OAuthError::UnauthorizedClient)?;
    let scopes = granted(form, &allowed)?;
    let user = password_grant::sign_in(state, client, form, from).await?;
    let authorities = grant.authorities_of(&user);
    let minted = Minted {
        user_name: Some(user.user_name.as_str()),
        scopes: &scopes,
        authorities: &authorities,
        subject: Some(Subject::of(&user)),
    };
    mint(state, client, minted)
}

async fn answer_revocation(state: &OAuth, request: Request) -> Result<(), OAuthError> {
    let (headers, from, form) = read(state, request).await?;
    let client = client::authenticate(state, &headers, &form, from).await?;
    let token = form.get("token").ok_or(OAuthError::InvalidRequest("token is required"))?;
    let Some(token) = state.auth.tokens().revocable(token) else { return Ok(()) };
    if token.client_id != client.id() && !client.is_admin() {
        return Err(OAuthError::InvalidGrant("The token was issued to another client"));
    }
    Ok(state.auth.tokens().revoke(token).await?)
}

async fn read(
    state: &OAuth,
    request: Request,
) -> Result<(HeaderMap, Option<ClientAddress>, Form), OAuthError> {
    let (parts, body) = request.into_parts();
    let body = body::read(body, state.options.body_limit).await?;
    if !body::is(&parts.headers, "application/x-www-form-urlencoded") {
        return Err(OAuthError::InvalidRequest(
            "The body must be of the type application/x-www-form-urlencoded",
        ));
    }
    Ok((parts.headers, parts.extensions.get().copied(), Form::parse(&body)?))
}

/// The scopes that are asked for, all of which must be allowed; all that are allowed, where none are asked for.
fn granted(form: &Form, allowed: &Scopes) -> Result<Scopes, OAuthError> {
    let scopes = match form.get("scope") {
        None => allowed.clone(),
        Some(names) => {
            let may = |scope: &Scope| allowed.contains(scope) || allowed.contains(&Scope::Admin);
            let scope = |name| scope_name::from_token(name).filter(may);
            names.split(' ').map(scope).collect::<Option<Scopes>>().ok_or(OAuthError::InvalidScope)?
        }
    };
    if scopes.is_empty() { Err(OAuthError::InvalidScope) } else { Ok(scopes) }
}

struct Minted<'a> {
    user_name: Option<&'a str>,
    scopes: &'a Scopes,
    authorities: &'a BTreeSet<String>,
    subject: Option<Subject>,
}

fn mint(state: &OAuth, client: &Client, minted: Minted<'_>) -> Result<TokenAnswer, OAuthError> {
    let Minted { user_name, scopes, authorities, subject } = minted;
    let lifetime_seconds = lifetime_seconds(state, client);
    let token = NewToken {
        user_name,
        client_id: client.id(),
        scopes,
        authorities,
        lifetime_seconds,
        subject,
        source: client.source(),
    };
    let token = state.auth.sign(&token).map_err(|error| OAuthError::Server(error.to_string()))?;
    let names: Vec<_> = scopes.iter().map(|scope| scope_name::in_token(*scope)).collect();
    Ok(TokenAnswer {
        access_token: token.expose_secret().to_owned(),
        token_type: "Bearer",
        expires_in: lifetime_seconds,
        scope: names.join(" "),
    })
}

/// As configured, but no longer than the key that the token is made with.
fn lifetime_seconds(state: &OAuth, client: &Client) -> u64 {
    let configured = state.options.token_lifetime.as_secs();
    let left = match client {
        Client::Key(key) => {
            key.expires_at.map(|at| at.unix_seconds() - state.auth.clock().now().unix_seconds())
        }
        Client::Public(_) => None,
    };
    left.map_or(configured, |left| configured.min(left.try_into().unwrap_or_default()))
}
