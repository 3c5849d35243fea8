//! A router over a store of its own, and short ways to ask it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use roster_auth::keys::{self, NewKey};
use roster_auth::{Auth, Secrets};
use roster_dialect_rest::{Options, Rest, router};
use roster_directory::seal::Keyring;
use roster_directory::{Clock, Directory, Entropy, Rules, Scope, Source, Store};
use roster_store_sqlite::SqliteStore;
use roster_testkit::{FixedClock, PlainPasswords, SeededEntropy};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// The time at which every test begins.
pub(crate) const START: &str = "2024-03-01T10:00:00.123Z";

/// What a test wants to be another than usual.
#[derive(Default)]
pub(crate) struct Setup {
    pub(crate) rules: Rules,
    pub(crate) options: Options,
    pub(crate) auth: roster_auth::Options,
    pub(crate) instrument: Option<roster_store_sqlite::Instrument>,
}

/// The API over an empty store.
pub(crate) struct Server {
    router: Router,
    /// The OpenAPI document.
    pub(crate) document: Value,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) auth: Arc<Auth>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) passwords: Arc<PlainPasswords>,
    entropy: Arc<SeededEntropy>,
    /// A key that may do everything, of the source `bubble`.
    pub(crate) key: String,
    _folder: TempDir,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{self:?}"))
    }

    /// The body of a request that must have succeeded.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/json");
        self.json()
    }

    /// A header, if it is there.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Asserts that the request was refused with this status, this type and exactly these faults, each `place detail`.
    #[track_caller]
    pub(crate) fn assert_problem(&self, status: u16, kind: &str, faults: &[&str]) {
        let body = self.json();
        assert_eq!((self.status.as_u16(), &body["status"]), (status, &json!(status)), "{body}");
        assert_eq!(body["type"], format!("urn:roster:problem:{kind}"), "{body}");
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let place = |fault: &Value| {
            let place = ["pointer", "parameter", "header"].into_iter().find_map(|kind| fault[kind].as_str());
            format!("{} {}", place.unwrap(), fault["detail"].as_str().unwrap())
        };
        let found: Vec<String> = body["errors"].as_array().into_iter().flatten().map(place).collect();
        assert_eq!(found, faults, "{body}");
    }

    pub(crate) fn is_replayed(&self) -> bool {
        self.header("idempotent-replayed") == Some("true")
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(Setup { rules, options, auth, instrument }: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(FixedClock::at(START));
        let entropy = Arc::new(SeededEntropy::new(1));
        let keyring = Arc::new(Keyring::parse(&Keyring::generate(&*entropy)).unwrap());
        let as_entropy: Arc<dyn Entropy> = Arc::clone(&entropy) as _;
        let as_clock: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let path = folder.path().join("roster.db");
        let mut opened =
            roster_store_sqlite::Options::new(path, Arc::clone(&keyring), Arc::clone(&as_entropy));
        opened.instrument = instrument;
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(opened).unwrap());
        store.configure(rules).await.unwrap().unwrap();
        let passwords = Arc::new(PlainPasswords::default());
        let directory = Arc::new(Directory::new(
            Arc::clone(&store),
            keyring,
            Arc::clone(&passwords) as _,
            Arc::clone(&as_clock),
            Arc::clone(&as_entropy),
            rules,
        ));
        let secrets = Secrets::parse(&Secrets::generate(&*entropy)).unwrap();
        let auth = Arc::new(Auth::new(Arc::clone(&store), as_clock, as_entropy, secrets, auth).unwrap());
        let (router, document) = router().split_for_parts();
        let router = router.with_state(Arc::new(Rest { directory, auth: Arc::clone(&auth), options }));
        let mut server = Self {
            router,
            document: serde_json::to_value(document).unwrap(),
            store,
            auth,
            clock,
            passwords,
            entropy,
            key: String::new(),
            _folder: folder,
        };
        server.key = server.new_key("bubble", &Scope::ALL).await;
        server
    }

    /// A new API key.
    pub(crate) async fn new_key(&self, source: &str, scopes: &[Scope]) -> String {
        let new = NewKey {
            name: "test".to_owned(),
            source: Source::new(source).unwrap(),
            scopes: scopes.iter().copied().collect(),
            authorities: BTreeSet::new(),
            expires_at: None,
        };
        let issued = keys::create(&*self.store, &*self.clock, &*self.entropy, new).await.unwrap();
        issued.text.expose_secret().to_owned()
    }

    /// Sends a request as it is.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let (head, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: head.status, headers: head.headers, text }
    }

    /// Sends a request with the server's key.
    pub(crate) async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let authorization = format!("Bearer {}", self.key);
        let headers = [&[("authorization", &*authorization)], headers].concat();
        self.send(method, path, &headers, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "").await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, &[], "").await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        self.ask("PUT", path, &[("content-type", "application/json")], &body.to_string()).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.patch_with(path, body, &[]).await
    }

    pub(crate) async fn patch_with(&self, path: &str, body: Value, headers: &[(&str, &str)]) -> Answer {
        let headers = [&[("content-type", "application/merge-patch+json")], headers].concat();
        self.ask("PATCH", path, &headers, &body.to_string()).await
    }

    /// Creates the user that `bubble` calls `id`; the user.
    pub(crate) async fn create(&self, id: &str, body: Value) -> Value {
        let answer = self.patch(&format!("/api/v1/users/by-link/bubble/{id}"), body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    }
}

/// The path of a user that was answered.
pub(crate) fn path(user: &Value) -> String {
    format!("/api/v1/users/{}", user["id"].as_str().unwrap())
}
