//! `POST /oauth/token` and `POST /oauth/revoke`.

mod password;
mod revoke;
mod token;

use reqwest::RequestBuilder;

use crate::harness::{Answer, Roster};

/// The id of a key: the part between the underscores.
fn id(key: &str) -> &str {
    key.split('_').nth(1).unwrap()
}

/// A request to one of the endpoints, by a key's id and secret as HTTP Basic.
fn form(roster: &Roster, path: &str, key: &str, body: &str) -> RequestBuilder {
    let request = roster.request("POST", path).basic_auth(id(key), Some(key));
    request.header("content-type", "application/x-www-form-urlencoded").body(body.to_owned())
}

async fn token(roster: &Roster, key: &str, body: &str) -> Answer {
    Answer::of(form(roster, "/oauth/token", key, body)).await
}

/// What a token may do: the statuses of reading, and of an update of user 1.
async fn may(roster: &Roster, token: &str) -> (u16, u16) {
    let bearer = format!("Bearer {token}");
    let read = Answer::of(roster.with(&bearer, "GET", "/api/v1/users")).await.status;
    let update = roster.with(&bearer, "PATCH", "/zynchro.api.system-config/v1/users/1");
    let body = crate::harness::zynchro_body().to_string();
    let update = Answer::of(update.header("content-type", "application/json").body(body)).await.status;
    (read, update)
}
