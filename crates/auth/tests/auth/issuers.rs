//! Tokens of configured issuers, whose keys are fetched from a real server: Z1.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{StatusCode, header};
use roster_auth::{Issuer, Options, TokenRefused};
use roster_directory::{Error, Scope, Source};
use serde_json::{Value, json};

use crate::forge::{Pair, encode, hs256, message, own_secret, with};
use crate::world::{ADDRESS, Process, Setup, World, bearer, now};

const ISSUER: &str = "https://issuer.example/";

#[derive(Clone, Debug)]
enum Behaviour {
    Keys(Value),
    Bytes(Vec<u8>),
    Status(u16),
    RedirectTo(String),
}

/// A server of keys.
struct KeyServer {
    address: SocketAddr,
    behaviour: Mutex<Behaviour>,
    asked: AtomicUsize,
}

impl KeyServer {
    async fn start(behaviour: Behaviour) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Arc::new(Self { address, behaviour: Mutex::new(behaviour), asked: AtomicUsize::new(0) });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&server));
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    async fn with_keys(pairs: &[(&str, &Pair)]) -> Arc<Self> {
        Self::start(Behaviour::Keys(set(pairs))).await
    }

    fn becomes(&self, behaviour: Behaviour) {
        *self.behaviour.lock().unwrap() = behaviour;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn url(&self) -> String {
        format!("http://{}/keys", self.address)
    }

    fn issuer(&self) -> Issuer {
        Issuer {
            issuer: ISSUER.to_owned(),
            audiences: ["roster".to_owned(), "https://roster.example".to_owned()].into(),
            jwks_uri: self.url(),
            source: None,
            allow_http: false,
        }
    }
}

async fn answer(State(server): State<Arc<KeyServer>>) -> Response {
    server.asked.fetch_add(1, Ordering::SeqCst);
    let behaviour = server.behaviour.lock().unwrap().clone();
    match behaviour {
        Behaviour::Keys(keys) => keys.to_string().into_response(),
        Behaviour::Bytes(bytes) => bytes.into_response(),
        Behaviour::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Behaviour::RedirectTo(url) => (StatusCode::FOUND, [(header::LOCATION, url)]).into_response(),
    }
}

fn set(pairs: &[(&str, &Pair)]) -> Value {
    json!({"keys": pairs.iter().map(|(kid, pair)| pair.jwk(kid)).collect::<Vec<_>>()})
}

fn process(world: &World, issuers: Vec<Issuer>) -> Process {
    world.process_with(Setup {
        auth: Options { issuers, failures: None, ..Options::default() },
        ..Setup::default()
    })
}

fn claims(world: &World) -> Value {
    json!({
        "iss": ISSUER, "aud": "roster", "exp": now(world) + 86_400, "client_id": "console", "scope": "openid read write",
        "authorities": ["ROLE_SYSTEMADMIN"], "sub": "somebody",
    })
}

fn header_of(pair: &Pair, kid: &str) -> Value {
    json!({"alg": pair.algorithm(), "kid": kid, "typ": "at+jwt"})
}

async fn refusal(process: &Process, token: &str) -> Option<TokenRefused> {
    process.auth.token(Some(&bearer(token)), Some(ADDRESS)).await.err()
}

fn invalid(token: &str) -> Option<TokenRefused> {
    Some(TokenRefused::Invalid { token: token.to_owned() })
}

#[tokio::test]
async fn z1_tokens_of_a_configured_issuer_are_taken() {
    let world = World::new();
    let pairs = [("r", Pair::rs256()), ("e", Pair::es256()), ("d", Pair::ed_dsa())];
    let server = KeyServer::with_keys(&pairs.each_ref().map(|(kid, pair)| (*kid, pair))).await;
    let process = process(&world, vec![server.issuer()]);
    for (kid, pair) in &pairs {
        let principal = process.principal_of(&pair.sign(&header_of(pair, kid), &claims(&world))).await;
        assert_eq!((principal.client.as_str(), principal.source.as_str()), ("console", "console"), "{kid}");
        assert_eq!(principal.scopes, [Scope::UsersRead, Scope::UsersWrite].into());
        assert_eq!(principal.authorities, ["ROLE_SYSTEMADMIN".to_owned()].into());
        assert_eq!(principal.user, None);
        let several = with(&claims(&world), "aud", Some(json!(["them", "https://roster.example"])));
        let array = with(&several, "scope", Some(json!(["write"])));
        let principal = process.principal_of(&pair.sign(&header_of(pair, kid), &array)).await;
        assert_eq!(principal.scopes, [Scope::UsersWrite].into());
    }
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn z1_an_issuer_may_have_a_source_of_its_own() {
    let world = World::new();
    let pair = Pair::ed_dsa();
    let server = KeyServer::with_keys(&[("d", &pair)]).await;
    let claims = with(&claims(&world), "client_id", Some(json!("abc@clients")));
    let token = pair.sign(&header_of(&pair, "d"), &claims);
    let without = process(&world, vec![server.issuer()]);
    assert_eq!(refusal(&without, &token).await, invalid(&token));
    let source = Some(Source::new("okta").unwrap());
    let with = process(&world, vec![Issuer { source, ..server.issuer() }]);
    let principal = with.principal_of(&token).await;
    assert_eq!((principal.client.as_str(), principal.source.as_str()), ("abc@clients", "okta"));
}

#[tokio::test]
async fn z1_forged_tokens_of_an_issuer_are_refused() {
    let world = World::new();
    let other = Pair::ed_dsa();
    for (pair, stranger) in
        [(Pair::rs256(), Pair::rs256()), (Pair::es256(), Pair::es256()), (Pair::ed_dsa(), Pair::ed_dsa())]
    {
        let server = KeyServer::with_keys(&[("k", &pair), ("o", &other)]).await;
        let process = process(&world, vec![server.issuer()]);
        let (header, good) = (header_of(&pair, "k"), claims(&world));
        assert!(process.accepts_token(&pair.sign(&header, &good)).await);
        let mut forged = vec![
            stranger.sign(&header, &good),
            stranger.sign(&with(&header, "jwk", Some(stranger.jwk("k"))), &good),
            other.sign(&header, &good),
            pair.sign(&header_of(&pair, "o"), &good),
            pair.sign(&header_of(&pair, "unknown"), &good),
            pair.sign(&with(&header, "kid", None), &good),
            hs256(&own_secret(), &json!({"alg": "HS256"}), &good),
            hs256(&own_secret(), &json!({"alg": "HS256", "kid": "k1"}), &good),
            pair.sign(&header, &with(&good, "iss", None)),
        ];
        for algorithm in
            ["none", "HS256", "RS384", "RS512", "PS256", "ES384", "ES256K", "RS256", "ES256", "EdDSA"]
        {
            if algorithm != pair.algorithm() {
                forged.push(pair.sign(&with(&header, "alg", Some(json!(algorithm))), &good));
            }
        }
        let message = message(&header.to_string(), &good.to_string());
        let mut signature = pair.signature(&message);
        for bad in [
            Vec::new(),
            vec![0; signature.len()],
            [signature.as_slice(), &[0]].concat(),
            signature[1..].to_vec(),
        ] {
            forged.push(format!("{message}.{}", encode(bad)));
        }
        signature[3] ^= 1;
        forged.push(format!("{message}.{}", encode(signature)));
        for secret in pair.public_forms("k") {
            forged.push(hs256(&secret, &with(&header, "alg", Some(json!("HS256"))), &good));
            forged.push(hs256(&secret, &header, &good));
        }
        for (name, value) in [
            ("iss", json!("https://issuer.example")),
            ("iss", json!("HTTPS://issuer.example/")),
            ("iss", json!("https://other.example/")),
            ("iss", json!([ISSUER])),
            ("aud", json!("them")),
            ("aud", json!([])),
            ("aud", json!("roster ")),
            ("exp", json!(now(&world))),
            ("exp", json!((now(&world) + 60).to_string())),
            ("nbf", json!(now(&world) + 1)),
            ("scope", json!(null)),
            ("scope", json!([1])),
            ("client_id", json!("")),
        ] {
            forged.push(pair.sign(&header, &with(&good, name, Some(value))));
        }
        for name in ["aud", "exp", "scope", "client_id"] {
            forged.push(pair.sign(&header, &with(&good, name, None)));
        }
        for token in &forged {
            assert_eq!(refusal(&process, token).await, invalid(token), "{}", pair.algorithm());
        }
    }
}

#[tokio::test]
async fn z1_an_ecdsa_signature_in_der_is_refused() {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
    let world = World::new();
    let document =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &aws_lc_rs::rand::SystemRandom::new());
    let document = document.unwrap();
    let signs = |algorithm| EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref()).unwrap();
    let pair = Pair::Es256(signs(&aws_lc_rs::signature::ECDSA_P256_SHA256_FIXED_SIGNING));
    let server = KeyServer::with_keys(&[("e", &pair)]).await;
    let process = process(&world, vec![server.issuer()]);
    let message = message(&header_of(&pair, "e").to_string(), &claims(&world).to_string());
    let der = signs(&ECDSA_P256_SHA256_ASN1_SIGNING);
    let signature = der.sign(&aws_lc_rs::rand::SystemRandom::new(), message.as_bytes()).unwrap();
    let token = format!("{message}.{}", encode(signature));
    assert_eq!(refusal(&process, &token).await, invalid(&token));
    assert!(process.accepts_token(&format!("{message}.{}", encode(pair.signature(&message)))).await);
}

#[tokio::test]
async fn z1_symmetric_keys_of_a_key_set_are_refused() {
    let world = World::new();
    let secret = [7_u8; 32];
    let oct = json!({"kty": "oct", "kid": "o", "alg": "HS256", "k": encode(secret)});
    let server = KeyServer::start(Behaviour::Keys(json!({"keys": [oct]}))).await;
    let process = process(&world, vec![server.issuer()]);
    for header in [json!({"alg": "HS256", "kid": "o"}), json!({"alg": "HS256"})] {
        let token = hs256(&secret, &header, &claims(&world));
        assert_eq!(refusal(&process, &token).await, invalid(&token));
    }
}

#[tokio::test]
async fn z1_an_issuers_keys_are_no_other_issuers() {
    let world = World::new();
    let (ours, theirs) = (Pair::ed_dsa(), Pair::ed_dsa());
    let (our_server, their_server) =
        (KeyServer::with_keys(&[("k", &ours)]).await, KeyServer::with_keys(&[("k", &theirs)]).await);
    let other = "https://other.example/";
    let issuers = vec![our_server.issuer(), Issuer { issuer: other.to_owned(), ..their_server.issuer() }];
    let process = process(&world, issuers);
    let header = header_of(&ours, "k");
    let of_other = with(&claims(&world), "iss", Some(json!(other)));
    assert!(process.accepts_token(&ours.sign(&header, &claims(&world))).await);
    assert!(process.accepts_token(&theirs.sign(&header, &of_other)).await);
    assert!(!process.accepts_token(&ours.sign(&header, &of_other)).await);
    assert!(!process.accepts_token(&theirs.sign(&header, &claims(&world))).await);
}

#[tokio::test]
async fn z1_addresses_of_keys_in_a_token_are_never_asked() {
    let world = World::new();
    let (pair, stranger) = (Pair::ed_dsa(), Pair::ed_dsa());
    let server = KeyServer::with_keys(&[("k", &pair)]).await;
    let canary = KeyServer::with_keys(&[("k", &stranger), ("s", &stranger)]).await;
    let process = process(&world, vec![server.issuer()]);
    for kid in ["k", "s"] {
        let header = json!({
            "alg": "EdDSA", "kid": kid, "jku": canary.url(), "x5u": canary.url(), "jwk": stranger.jwk(kid),
        });
        let token = stranger.sign(&header, &claims(&world));
        assert_eq!(refusal(&process, &token).await, invalid(&token));
    }
    let to_the_canary = with(&claims(&world), "iss", Some(json!(canary.url())));
    assert!(!process.accepts_token(&stranger.sign(&header_of(&stranger, "s"), &to_the_canary)).await);
    assert_eq!(canary.asked(), 0);
    let harmless = json!({"alg": "EdDSA", "kid": "k", "jku": canary.url()});
    assert!(process.accepts_token(&pair.sign(&harmless, &claims(&world))).await);
    assert_eq!(canary.asked(), 0);
}

#[tokio::test]
async fn a_new_key_is_fetched_when_a_token_names_it_at_a_bounded_rate() {
    let world = World::new();
    let (old, new) = (Pair::ed_dsa(), Pair::es256());
    let server = KeyServer::with_keys(&[("old", &old)]).await;
    let process = process(&world, vec![server.issuer()]);
    let (old_token, new_token) = (
        old.sign(&header_of(&old, "old"), &claims(&world)),
        new.sign(&header_of(&new, "new"), &claims(&world)),
    );
    assert!(process.accepts_token(&old_token).await);
    for _ in 0..100 {
        assert_eq!(refusal(&process, &new_token).await, invalid(&new_token));
    }
    assert_eq!(server.asked(), 1);
    server.becomes(Behaviour::Keys(set(&[("old", &old), ("new", &new)])));
    world.clock.advance_seconds(10);
    assert!(process.accepts_token(&new_token).await);
    assert!(process.accepts_token(&old_token).await);
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_key_that_its_issuer_withdrew_is_refused_once_the_set_is_old() {
    let world = World::new();
    let (old, new) = (Pair::ed_dsa(), Pair::ed_dsa());
    let server = KeyServer::with_keys(&[("old", &old)]).await;
    let process = process(&world, vec![server.issuer()]);
    let token = old.sign(&header_of(&old, "old"), &claims(&world));
    assert!(process.accepts_token(&token).await);
    server.becomes(Behaviour::Keys(set(&[("new", &new)])));
    world.clock.advance_seconds(599);
    assert!(process.accepts_token(&token).await);
    world.clock.advance_seconds(1);
    assert_eq!(refusal(&process, &token).await, invalid(&token));
    assert_eq!(server.asked(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_tokens_at_once_fetch_the_keys_once() {
    let world = World::new();
    let pair = Pair::ed_dsa();
    let server = KeyServer::with_keys(&[("k", &pair)]).await;
    let process = Arc::new(process(&world, vec![server.issuer()]));
    let token = pair.sign(&header_of(&pair, "k"), &claims(&world));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (process, token) = (Arc::clone(&process), token.clone());
        tasks.spawn(async move { process.accepts_token(&token).await });
    }
    assert!(tasks.join_all().await.into_iter().all(|accepted| accepted));
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn where_keys_cant_be_fetched_the_old_ones_stay() {
    let world = World::new();
    let pair = Pair::ed_dsa();
    let server = KeyServer::with_keys(&[("k", &pair)]).await;
    let elsewhere = KeyServer::start(Behaviour::Keys(json!({"keys": []}))).await;
    let process = process(&world, vec![server.issuer()]);
    let (header, claims) = (header_of(&pair, "k"), claims(&world));
    let (token, unknown) = (pair.sign(&header, &claims), pair.sign(&header_of(&pair, "x"), &claims));
    assert!(process.accepts_token(&token).await);
    let too_large = json!({"keys": [], "padding": "a".repeat(300 << 10)});
    let failures = [
        Behaviour::Status(500),
        Behaviour::Status(404),
        Behaviour::Status(204),
        Behaviour::Bytes(b"<html>".to_vec()),
        Behaviour::Bytes(b"{}".to_vec()),
        Behaviour::Bytes(Vec::new()),
        Behaviour::Keys(too_large),
        Behaviour::RedirectTo(elsewhere.url()),
    ];
    for (index, failure) in failures.into_iter().enumerate() {
        server.becomes(failure.clone());
        world.clock.advance_seconds(601);
        assert!(process.accepts_token(&token).await, "{failure:?}");
        assert_eq!(refusal(&process, &unknown).await, invalid(&unknown), "{failure:?}");
        assert_eq!(server.asked(), index + 2, "{failure:?}");
    }
    assert_eq!(elsewhere.asked(), 0);
}

#[tokio::test]
async fn while_no_key_was_ever_fetched_a_token_is_not_judged() {
    let world = World::new();
    let pair = Pair::ed_dsa();
    let server = KeyServer::start(Behaviour::Status(503)).await;
    let process = process(&world, vec![server.issuer()]);
    let token = pair.sign(&header_of(&pair, "k"), &claims(&world));
    for _ in 0..10 {
        assert_eq!(refusal(&process, &token).await, Some(TokenRefused::Failed(Error::Overloaded)));
    }
    assert_eq!(server.asked(), 1);
    server.becomes(Behaviour::Keys(set(&[("k", &pair)])));
    world.clock.advance_seconds(10);
    assert!(process.accepts_token(&token).await);
}
