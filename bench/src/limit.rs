//! The limit of HTTP: a server that reads the same requests as Roster, parses them, and answers the bytes that Roster answered,
//! with the one name in them that the request names. It stores nothing, and asks for no credential.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use axum::extract::{Path as Segment, Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use clap::Args;
use memchr::memmem;
use serde::{Deserialize, Serialize};

/// Serve the limit of HTTP.
#[derive(Debug, Clone, Args)]
pub(crate) struct Limit {
    /// The port, on 127.0.0.1.
    #[arg(long)]
    port: u16,
    /// What to answer.
    #[arg(long)]
    answers: PathBuf,
}

/// What Roster answered, by what was asked.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Answers(BTreeMap<Asked, Answer>);

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Asked {
    Upsert,
    Patch,
    User,
    Email,
    FirstPage,
    LastPage,
}

/// A body around the name of what it is about; none for a page.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Answer {
    before: String,
    after: String,
}

impl Answers {
    /// An answer, in which `name` stands for what other requests will name, after `opening`.
    pub(crate) fn add(&mut self, asked: Asked, body: &[u8], opening: &str, name: &str) -> Result<()> {
        let named = format!("{opening}{name}");
        let at = memmem::find(body, named.as_bytes()).context("the answer does not name what was asked")?;
        let (before, after) = body.split_at_checked(at + opening.len()).context("found beyond the end")?;
        let after = after.get(name.len()..).unwrap_or_default();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec());
        self.0.insert(asked, Answer { before: text(before)?, after: text(after)? });
        Ok(())
    }

    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        Ok(std::fs::write(path, serde_json::to_vec(self)?)?)
    }

    fn body(&self, asked: Asked, name: &str) -> impl IntoResponse + use<> {
        let mut body = Vec::new();
        if let Some(answer) = self.0.get(&asked) {
            body.reserve_exact(answer.before.len() + name.len() + answer.after.len());
            body.extend_from_slice(answer.before.as_bytes());
            body.extend_from_slice(name.as_bytes());
            body.extend_from_slice(answer.after.as_bytes());
        }
        ([(CONTENT_TYPE, "application/json")], Bytes::from(body))
    }
}

/// The documented upsert.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(dead_code, reason = "it is read, and that is all")]
struct Upsert {
    is_mail_confirmed: Option<bool>,
    language: Option<String>,
    last_connexion: Option<String>,
    email: Option<String>,
    mobile_phone: Option<String>,
    producer_bubble_id: Option<String>,
    producer_id: Option<String>,
    seller_bubble_id: Option<String>,
    seller_id: Option<String>,
    origin_bubble_id: Option<String>,
    origin_id: Option<String>,
    last_name: Option<String>,
    first_name: Option<String>,
    status: Option<String>,
    role: Option<String>,
    user_signed_up: Option<bool>,
    avatar: Option<String>,
    is_algorep: Option<bool>,
    created_at: Option<String>,
    updated_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is read, and that is all")]
struct Patch {
    display_name: Option<String>,
    phone: Option<String>,
    grants: Vec<Grant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is read, and that is all")]
struct Grant {
    client_id: i64,
    profile_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "it is read, and that is all")]
struct List {
    email: Option<String>,
    limit: Option<u64>,
    cursor: Option<String>,
}

type Shared = State<Arc<Answers>>;

async fn upsert(
    State(answers): Shared,
    Segment(id): Segment<String>,
    Json(_): Json<Upsert>,
) -> impl IntoResponse {
    answers.body(Asked::Upsert, &id)
}

async fn patch(State(answers): Shared, Segment(id): Segment<String>, body: Bytes) -> impl IntoResponse {
    // Its media type is not the one that axum's extractor takes.
    serde_json::from_slice::<Patch>(&body)
        .map(|_| answers.body(Asked::Patch, &id))
        .map_err(|error| (axum::http::StatusCode::BAD_REQUEST, error.to_string()))
}

async fn user(State(answers): Shared, Segment(id): Segment<String>) -> impl IntoResponse {
    answers.body(Asked::User, &id)
}

async fn list(State(answers): Shared, Query(list): Query<List>) -> impl IntoResponse {
    match (list.email, list.cursor) {
        (Some(email), _) => answers.body(Asked::Email, &email),
        (None, Some(_)) => answers.body(Asked::LastPage, ""),
        (None, None) => answers.body(Asked::FirstPage, ""),
    }
}

impl Limit {
    /// Serves until it is killed, on the runtime that Roster has.
    pub(crate) fn serve(&self) -> Result<()> {
        let answers: Answers = serde_json::from_slice(&std::fs::read(&self.answers)?)?;
        let router = Router::new()
            .route("/users/{id}", post(upsert))
            .route("/api/v1/users", get(list))
            .route("/api/v1/users/{id}", get(user).patch(patch))
            .with_state(Arc::new(answers));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(("127.0.0.1", self.port)).await?;
            Ok(axum::serve(listener, router).await?)
        })
    }
}
