//! The dialect over a directory on disk, with three users: the third has signed in.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use http::{HeaderMap, Method, Request, StatusCode};
use roster_auth::{Auth, IssueToken, Secrets};
use roster_dialect_zynchro::{Options, Zynchro, router};
use roster_directory::seal::Keyring;
use roster_directory::user::Number;
use roster_directory::{Change, Dialect, Directory, Entropy, Rules, Store, Target, User};
use roster_store_sqlite::SqliteStore;
use roster_testkit::{FixedClock, PlainPasswords, SeededEntropy, build};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// The path of the documented request.
pub(crate) const USER_3: &str = "/zynchro.api.system-config/v1/users/3";

pub(crate) struct Rig {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) auth: Arc<Auth>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) passwords: Arc<PlainPasswords>,
    pub(crate) router: Router,
    token: String,
    /// Removed last.
    _place: TempDir,
}

/// An answer, taken apart.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The status and the names of the faulty fields.
    pub(crate) fn faulty(&self) -> (u16, Vec<String>) {
        let body = self.json();
        let errors = body["errors"].as_array().into_iter().flatten();
        let names = errors.map(|error| error["fieldName"].as_str().unwrap().to_owned()).collect();
        (self.status.as_u16(), names)
    }
}

/// The documented request.
pub(crate) fn documented() -> Value {
    serde_json::from_str(include_str!("../../examples/update.request.json")).unwrap()
}

/// The documented request, changed.
pub(crate) fn changed(change: impl FnOnce(&mut Value)) -> String {
    let mut request = documented();
    change(&mut request);
    request.to_string()
}

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::with(Rules::default(), Options::default()).await
    }

    pub(crate) async fn with(rules: Rules, options: Options) -> Self {
        let place = tempfile::tempdir().unwrap();
        let entropy: Arc<dyn Entropy> = Arc::new(SeededEntropy::new(1));
        let clock = Arc::new(FixedClock::at("2024-07-01T10:00:00Z"));
        let passwords = Arc::new(PlainPasswords::default());
        let keyring = Arc::new(Keyring::parse(&Keyring::generate(&*entropy)).unwrap());
        let path = place.path().join("roster.db");
        let options_of_store =
            roster_store_sqlite::Options::new(path, Arc::clone(&keyring), Arc::clone(&entropy));
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(options_of_store).unwrap());
        store.configure(rules).await.unwrap().unwrap();
        let directory = Arc::new(Directory::new(
            Arc::clone(&store),
            keyring,
            Arc::<PlainPasswords>::clone(&passwords),
            Arc::<FixedClock>::clone(&clock),
            Arc::clone(&entropy),
            rules,
        ));
        let secrets = Secrets::parse(&Secrets::generate(&*entropy)).unwrap();
        let auth = Auth::new(
            Arc::clone(&store),
            Arc::<FixedClock>::clone(&clock),
            entropy,
            secrets,
            roster_auth::Options::default(),
        );
        let auth = Arc::new(auth.unwrap());
        let dialect = Zynchro { directory: Arc::clone(&directory), auth: Arc::clone(&auth), options };
        let router = router().split_for_parts().0.with_state(Arc::new(dialect));
        let mut rig =
            Self { store, directory, auth, clock, passwords, router, token: String::new(), _place: place };
        rig.token =
            rig.issue(&IssueToken { lifetime: Duration::from_hours(48), ..IssueToken::new("console") });
        rig.add_users().await;
        rig
    }

    async fn add_users(&self) {
        for n in 1..=3 {
            let patch = build::patch(|patch| {
                patch.profile.email = Change::Set(build::email(&format!("user{n}@example.com")));
                patch.profile.given_name = Change::Set(build::text("User"));
                if n == 3 {
                    patch.profile.last_login = Change::Set(build::time("2024-06-22T17:04:06.789Z"));
                }
            });
            let (who, id) = (build::principal("bubble"), build::external_id(&format!("b{n}")));
            self.directory.upsert(&who, Dialect::Algorep, id, patch, None).await.unwrap();
        }
    }

    pub(crate) fn issue(&self, token: &IssueToken) -> String {
        use secrecy::ExposeSecret as _;
        self.auth.issue(token).unwrap().expose_secret().to_owned()
    }

    /// A request as the console sends it.
    pub(crate) fn request(&self, path: &str, body: &str) -> Request<Body> {
        Request::builder()
            .method(Method::PATCH)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token))
            .header("content-type", "application/json")
            .body(Body::from(body.to_owned()))
            .unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: head.status, headers: head.headers, text }
    }

    pub(crate) async fn patch(&self, path: &str, body: &str) -> Answer {
        self.send(self.request(path, body)).await
    }

    /// A request with an idempotency key.
    pub(crate) async fn keyed(&self, path: &str, body: &str, key: &str) -> Answer {
        let mut request = self.request(path, body);
        request.headers_mut().insert("idempotency-key", key.parse().unwrap());
        self.send(request).await
    }

    pub(crate) async fn user(&self, number: i64) -> User {
        let target = Target::Number(Number::new(number).unwrap());
        self.store.user(target).await.unwrap().map(|user| User::clone(&user)).unwrap()
    }

    pub(crate) async fn versions(&self) -> [u64; 3] {
        [self.user(1).await.version, self.user(2).await.version, self.user(3).await.version]
    }
}
