//! A store on disk, and any number of processes over it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use roster_auth::keys::{IssuedKey, NewKey};
use roster_auth::oauth::{self, OAuth};
use roster_auth::{Auth, Options, PasswordPool, Secrets, password};
use roster_directory::seal::Keyring;
use roster_directory::{
    Change, Clock as _, Dialect, Directory, Passwords, Principal, Rules, Scope, Scopes, Source,
    SystemEntropy, Target, User, UserPatch,
};
use roster_store_sqlite::SqliteStore;
use roster_testkit::{FixedClock, build};
use roster_wire::ClientAddress;
use secrecy::ExposeSecret as _;
use tower::ServiceExt as _;

pub(crate) const SECRETS: &str = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\n";

/// Where the tests' requests come from.
pub(crate) const ADDRESS: ClientAddress = ClientAddress(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)));

/// A data directory and a clock.
pub(crate) struct World {
    dir: tempfile::TempDir,
    keyring: Arc<Keyring>,
    pub(crate) clock: Arc<FixedClock>,
}

/// A process over the world's data directory.
pub(crate) struct Process {
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) auth: Arc<Auth>,
    pub(crate) router: Router,
}

/// How a process is configured.
pub(crate) struct Setup {
    pub(crate) secrets: String,
    pub(crate) auth: Options,
    pub(crate) oauth: oauth::Options,
    pub(crate) passwords: Arc<dyn Passwords>,
}

impl Default for Setup {
    /// As by default, but without a limit to failures.
    fn default() -> Self {
        let size = password::PoolSize { threads: 1.try_into().unwrap(), waiting: 64 };
        Self {
            secrets: SECRETS.to_owned(),
            auth: Options { failures: None, ..Options::default() },
            oauth: oauth::Options::default(),
            passwords: Arc::new(PasswordPool::start(size, Arc::new(SystemEntropy)).unwrap()),
        }
    }
}

impl World {
    pub(crate) fn new() -> Self {
        Self {
            dir: tempfile::tempdir().unwrap(),
            keyring: Arc::new(Keyring::parse(&Keyring::generate(&SystemEntropy)).unwrap()),
            clock: Arc::new(FixedClock::at("2024-06-22T17:04:06Z")),
        }
    }

    pub(crate) fn process(&self) -> Process {
        self.process_with(Setup::default())
    }

    pub(crate) fn process_with(&self, setup: Setup) -> Process {
        let Setup { secrets, auth, oauth, passwords } = setup;
        let (clock, entropy) = (Arc::clone(&self.clock), Arc::new(SystemEntropy));
        let options = roster_store_sqlite::Options::new(
            self.dir.path().join("roster.db"),
            Arc::clone(&self.keyring),
            entropy.clone(),
        );
        let store = Arc::new(SqliteStore::open(options).unwrap());
        let directory = Arc::new(Directory::new(
            store.clone(),
            Arc::clone(&self.keyring),
            Arc::clone(&passwords),
            clock.clone(),
            entropy.clone(),
            Rules::default(),
        ));
        let secrets = Secrets::parse(&secrets).unwrap();
        let auth = Arc::new(Auth::new(store.clone(), clock.clone(), entropy.clone(), secrets, auth).unwrap());
        let endpoints = OAuth::new(Arc::clone(&auth), Arc::clone(&directory), passwords, &*entropy, oauth);
        let router = oauth::router().split_for_parts().0.with_state(endpoints);
        Process { store, clock, directory, auth, router }
    }

    /// Everything that is on disk.
    pub(crate) fn bytes_on_disk(&self) -> Vec<u8> {
        let files = self.dir.path().read_dir().unwrap();
        files.flat_map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
    }
}

impl Process {
    /// Makes a key of the source `bubble`.
    pub(crate) async fn key(&self, scopes: &[Scope]) -> IssuedKey {
        self.key_with(|key| key.scopes = scopes.iter().copied().collect()).await
    }

    pub(crate) async fn key_with(&self, change: impl FnOnce(&mut NewKey)) -> IssuedKey {
        let mut key = NewKey {
            name: "test".to_owned(),
            source: Source::new("bubble").unwrap(),
            scopes: Scopes::from([Scope::UsersRead, Scope::UsersWrite]),
            authorities: ["ROLE_SYSTEMADMIN".to_owned()].into(),
            expires_at: None,
        };
        change(&mut key);
        roster_auth::keys::create(&*self.store, &*self.clock, &SystemEntropy, key).await.unwrap()
    }

    /// Creates a user with a user_name and a password.
    pub(crate) async fn user(&self, name: &str, password: &str) -> Arc<User> {
        let patch = UserPatch { user_name: Change::Set(build::user_name(name)), ..UserPatch::default() };
        let who = build::principal("test");
        let id = build::external_id(name);
        let created = self.directory.upsert(&who, Dialect::Rest, id, patch, None).await.unwrap();
        self.change(&created.user, |update| update.password = Change::Set(build::password(password))).await
    }

    /// Changes a user.
    pub(crate) async fn change(
        &self,
        user: &User,
        change: impl FnOnce(&mut roster_directory::directory::Update),
    ) -> Arc<User> {
        let mut update = roster_directory::directory::Update::default();
        change(&mut update);
        let who = build::principal("test");
        self.directory.update(&who, Dialect::Rest, Target::Id(user.id), update).await.unwrap().user
    }

    pub(crate) async fn delete(&self, user: &User) {
        let who = build::principal("test");
        self.directory.delete(&who, Dialect::Rest, Target::Id(user.id), None, None).await.unwrap();
    }

    pub(crate) async fn accepts_key(&self, text: &str) -> bool {
        self.auth.api_key(Some(&header(text)), Some(ADDRESS)).await.is_ok()
    }

    pub(crate) async fn accepts_token(&self, token: &str) -> bool {
        self.auth.token(Some(&bearer(token)), Some(ADDRESS)).await.is_ok()
    }

    pub(crate) async fn principal_of(&self, token: &str) -> Principal {
        self.auth.token(Some(&bearer(token)), Some(ADDRESS)).await.unwrap()
    }

    /// Posts a form.
    pub(crate) async fn post(&self, path: &str, authorization: Option<&str>, form: &str) -> Answer {
        let mut request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .extension(ADDRESS)
            .body(Body::from(form.to_owned()))
            .unwrap();
        if let Some(authorization) = authorization {
            request.headers_mut().insert(header::AUTHORIZATION, header(authorization));
        }
        self.send(request).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// A token by the client_credentials grant.
    pub(crate) async fn minted(&self, key: &IssuedKey) -> String {
        let answer = self.post("/oauth/token", Some(&basic(key)), "grant_type=client_credentials").await;
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }
}

/// What an endpoint answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The status and the error code.
    pub(crate) fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.json()["error"].as_str().unwrap_or_default().to_owned())
    }
}

pub(crate) fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap()
}

pub(crate) fn bearer(token: &str) -> HeaderValue {
    header(&format!("Bearer {token}"))
}

/// The key's id and the whole key.
pub(crate) fn basic(key: &IssuedKey) -> String {
    basic_of(&key.key.id, key.text.expose_secret())
}

pub(crate) fn basic_of(user: &str, password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")))
}

pub(crate) fn now(world: &World) -> i64 {
    world.clock.now().unix_seconds()
}
