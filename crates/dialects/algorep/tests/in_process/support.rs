//! A router over a store of its own, and short ways to ask it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use roster_auth::keys::{self, NewKey};
use roster_auth::{Auth, Secrets};
use roster_dialect_algorep::{Algorep, Options, router};
use roster_directory::seal::Keyring;
use roster_directory::{
    Clock, Directory, Entropy, Link, Rules, Scope, Source, Store, Target, Timestamp, User,
};
use roster_store_sqlite::SqliteStore;
use roster_testkit::{FixedClock, PlainPasswords, SeededEntropy};
use secrecy::ExposeSecret as _;
use serde_json::Value;
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

/// The dialect over an empty store.
pub(crate) struct Server {
    router: Router,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) clock: Arc<FixedClock>,
    entropy: Arc<SeededEntropy>,
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
        serde_json::from_str(&self.text).unwrap()
    }

    /// The user of a request that must have succeeded.
    pub(crate) fn user(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/json");
        self.json()
    }

    /// The code and the fields at fault of a request that must have been refused.
    pub(crate) fn faults(&self) -> (String, Vec<Option<String>>) {
        let body = self.json();
        let field = |detail: &Value| detail["field"].as_str().map(str::to_owned);
        let fields = body["details"].as_array().unwrap().iter().map(field).collect();
        (body["error"].as_str().unwrap().to_owned(), fields)
    }

    /// Asserts that the request was refused with this code for exactly these fields.
    #[track_caller]
    pub(crate) fn assert_refused(&self, code: &str, fields: &[&str]) {
        assert_eq!(self.status, StatusCode::BAD_REQUEST, "{}", self.text);
        let fields = fields.iter().map(|field| Some((*field).to_owned())).collect();
        assert_eq!(self.faults(), (code.to_owned(), fields), "{}", self.text);
    }

    pub(crate) fn is_replayed(&self) -> bool {
        self.headers.get("idempotent-replayed").is_some_and(|value| value == "true")
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
            passwords,
            Arc::clone(&as_clock),
            Arc::clone(&as_entropy),
            rules,
        ));
        let secrets = Secrets::parse(&Secrets::generate(&*entropy)).unwrap();
        let auth = Arc::new(Auth::new(Arc::clone(&store), as_clock, as_entropy, secrets, auth).unwrap());
        let dialect = Algorep { directory: Arc::clone(&directory), auth, options };
        let router = router().split_for_parts().0.with_state(Arc::new(dialect));
        let mut server =
            Self { router, store, directory, clock, entropy, key: String::new(), _folder: folder };
        server.key = server.new_key("bubble", &[Scope::UsersWrite], None).await;
        server
    }

    /// A new API key.
    pub(crate) async fn new_key(
        &self,
        source: &str,
        scopes: &[Scope],
        expires_at: Option<Timestamp>,
    ) -> String {
        let new = NewKey {
            name: "test".to_owned(),
            source: Source::new(source).unwrap(),
            scopes: scopes.iter().copied().collect(),
            authorities: BTreeSet::new(),
            expires_at,
        };
        let issued = keys::create(&*self.store, &*self.clock, &*self.entropy, new).await.unwrap();
        issued.text.expose_secret().to_owned()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Answer { status: head.status, headers: head.headers, text }
    }

    /// Posts a text with the given headers.
    pub(crate) async fn post_with(&self, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::post(path).header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Posts a text with the server's key.
    pub(crate) async fn post_text(&self, path: &str, body: &str) -> Answer {
        self.post_with(path, body, &[("authorization", &self.key)]).await
    }

    /// Posts JSON to `/users/{id}` with the server's key.
    pub(crate) async fn post(&self, id: &str, body: Value) -> Answer {
        self.post_text(&format!("/users/{id}"), &body.to_string()).await
    }

    /// The user that the source `bubble` calls `id`, as the store has it.
    pub(crate) async fn stored(&self, id: &str) -> Option<Arc<User>> {
        let target = Target::Link(Link {
            source: Source::new("bubble").unwrap(),
            external_id: roster_testkit::build::external_id(id),
        });
        self.store.user(target).await.unwrap()
    }
}
