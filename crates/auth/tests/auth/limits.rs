//! Rate limits: of failures for each address, and of requests for each client.

use std::net::{IpAddr, Ipv4Addr};

use roster_auth::oauth::{self, PasswordGrant};
use roster_auth::{AnyRefused, IssueToken, KeyRefused, Options, Rate, TokenRefused};
use roster_directory::{Scope, Source};
use roster_wire::ClientAddress;
use secrecy::ExposeSecret as _;

use crate::world::{ADDRESS, Process, Setup, World, basic, bearer, header};

const ELSEWHERE: ClientAddress = ClientAddress(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));

fn limited(world: &World) -> Process {
    world.process_with(Setup { auth: Options::default(), ..Setup::default() })
}

#[tokio::test]
async fn an_address_may_fail_30_times_a_minute() {
    let world = World::new();
    let process = limited(&world);
    let key = process.key(&[Scope::UsersRead]).await;
    let good = header(key.text.expose_secret());
    let bad = header("roster_bad");
    for _ in 0..30 {
        assert_eq!(process.auth.api_key(Some(&bad), Some(ADDRESS)).await, Err(KeyRefused::Unauthorized));
    }
    let limited = Err(KeyRefused::RateLimited { retry_after_seconds: 2 });
    assert_eq!(process.auth.api_key(Some(&bad), Some(ADDRESS)).await, limited);
    let forged = bearer("e30.e30.AAAA");
    let refused = process.auth.token(Some(&forged), Some(ADDRESS)).await;
    assert_eq!(refused, Err(TokenRefused::RateLimited { retry_after_seconds: 2 }));
    let refused = process.auth.any(Some(&bearer("x")), Some(ADDRESS)).await;
    assert_eq!(refused, Err(AnyRefused::RateLimited { retry_after_seconds: 2 }));
    let refused = process.post("/oauth/token", Some("Basic x"), "grant_type=client_credentials").await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, Some("2")));
    // Others behind that address, and other addresses, are not held up.
    assert!(process.auth.api_key(Some(&good), Some(ADDRESS)).await.is_ok());
    assert_eq!(process.auth.api_key(Some(&bad), Some(ELSEWHERE)).await, Err(KeyRefused::Unauthorized));
    assert_eq!(process.auth.api_key(Some(&bad), None).await, Err(KeyRefused::Unauthorized));
    world.clock.advance_seconds(2);
    assert_eq!(process.auth.api_key(Some(&bad), Some(ADDRESS)).await, Err(KeyRefused::Unauthorized));
    assert_eq!(process.auth.api_key(Some(&bad), Some(ADDRESS)).await, limited);
}

#[tokio::test]
async fn only_failures_count() {
    let world = World::new();
    let process = limited(&world);
    let key = process.key(&[Scope::UsersRead]).await;
    let good = header(key.text.expose_secret());
    let token = process.auth.issue(&IssueToken::new("ann")).unwrap();
    for _ in 0..100 {
        assert!(process.auth.api_key(Some(&good), Some(ADDRESS)).await.is_ok());
        assert_eq!(process.auth.api_key(None, Some(ADDRESS)).await, Err(KeyRefused::Unauthorized));
        assert_eq!(process.auth.token(None, Some(ADDRESS)).await, Err(TokenRefused::Missing));
    }
    world.clock.advance_seconds(3_600);
    let expired = token.expose_secret();
    for _ in 0..100 {
        let refused = process.auth.token(Some(&bearer(expired)), Some(ADDRESS)).await;
        assert_eq!(refused, Err(TokenRefused::Invalid { token: expired.to_owned() }));
    }
}

#[tokio::test]
async fn who_has_failed_too_often_guesses_no_more_passwords() {
    let world = World::new();
    let public_clients = [Source::new("console").unwrap()].into();
    let grant = PasswordGrant { public_clients, ..PasswordGrant::default() };
    let oauth = oauth::Options { password_grant: Some(grant), ..oauth::Options::default() };
    let rate = Rate { per_minute: 1.try_into().unwrap(), burst: 3.try_into().unwrap() };
    let auth = Options { failures: Some(rate), ..Options::default() };
    let process = world.process_with(Setup { oauth, auth, ..Setup::default() });
    process.user("ann", "33556567").await;
    let sign_in = async |password: &str| {
        let form = format!("grant_type=password&username=ann&password={password}&client_id=console");
        process.post("/oauth/token", None, &form).await
    };
    for _ in 0..3 {
        assert_eq!(sign_in("wrong password").await.refusal(), (400, "invalid_grant".to_owned()));
    }
    // The right password as well: else a guess would be told from a wrong one.
    for password in ["wrong password", "33556567"] {
        let refused = sign_in(password).await;
        assert_eq!(refused.refusal(), (429, "temporarily_unavailable".to_owned()));
        assert_eq!(refused.header("retry-after"), Some("60"));
    }
    world.clock.advance_seconds(60);
    assert_eq!(sign_in("33556567").await.status, 200);
}

#[tokio::test]
async fn a_client_may_be_limited() {
    let world = World::new();
    let rate = Rate { per_minute: 60.try_into().unwrap(), burst: 2.try_into().unwrap() };
    let auth = Options { requests: Some(rate), ..Options::default() };
    let process = world.process_with(Setup { auth, ..Setup::default() });
    let (one, other) = (process.key(&[Scope::UsersRead]).await, process.key(&[Scope::UsersRead]).await);
    let token = process.minted(&one).await;
    let (one, other_key) = (header(one.text.expose_secret()), header(other.text.expose_secret()));
    assert!(process.auth.api_key(Some(&one), Some(ADDRESS)).await.is_ok());
    let limited = KeyRefused::RateLimited { retry_after_seconds: 1 };
    assert_eq!(process.auth.api_key(Some(&one), Some(ELSEWHERE)).await, Err(limited.clone()));
    let refused = process.auth.token(Some(&bearer(&token)), Some(ADDRESS)).await;
    assert_eq!(refused, Err(TokenRefused::RateLimited { retry_after_seconds: 1 }));
    assert!(process.auth.api_key(Some(&other_key), Some(ADDRESS)).await.is_ok());
    assert!(process.auth.api_key(Some(&other_key), Some(ADDRESS)).await.is_ok());
    assert_eq!(process.auth.api_key(Some(&other_key), Some(ADDRESS)).await, Err(limited));
    let refused = process.post("/oauth/token", Some(&basic(&other)), "grant_type=client_credentials").await;
    assert_eq!(refused.refusal(), (429, "temporarily_unavailable".to_owned()));
    world.clock.advance_seconds(1);
    assert!(process.auth.api_key(Some(&one), Some(ADDRESS)).await.is_ok());
}
