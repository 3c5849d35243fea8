//! Roster's own tokens: Z1 to Z4.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use roster_auth::{
    AnyRefused, Auth, IssueError, IssueToken, Options, OptionsError, Secrets, Subject, TokenRefused,
};
use roster_directory::{Assign, Change, Scope, SystemEntropy};
use roster_testkit::build;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::forge::{encode, hs256, own_claims, own_secret, with};
use crate::world::{ADDRESS, Process, SECRETS, Setup, World, bearer, header, now};

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn issued(process: &Process, change: impl FnOnce(&mut IssueToken)) -> String {
    let mut token = IssueToken::new("ann");
    change(&mut token);
    process.auth.issue(&token).unwrap().expose_secret().to_owned()
}

#[tokio::test]
async fn z1_an_issued_token_has_the_claims_of_the_documents_sample() {
    let world = World::new();
    let process = world.process();
    let token = issued(&process, |_| {});
    assert_eq!(part(&token, 0), json!({"typ": "JWT", "alg": "HS256", "kid": "k1"}));
    let claims = part(&token, 1);
    let jti = claims["jti"].as_str().unwrap();
    let expected = json!({
        "exp": now(&world) + 3_600, "iat": now(&world), "user_name": "ann", "authorities": ["ROLE_SYSTEMADMIN"],
        "jti": jti, "client_id": "zynchro", "scope": ["read", "write"],
    });
    assert_eq!(claims, expected);
    let other = issued(&process, |_| {});
    assert_ne!(part(&other, 1)["jti"].as_str(), Some(jti));
    let principal = process.principal_of(&token).await;
    assert_eq!(
        (principal.client.as_str(), principal.source.as_str(), principal.user),
        ("zynchro", "zynchro", None)
    );
    assert_eq!(principal.scopes, [Scope::UsersRead, Scope::UsersWrite].into());
    assert_eq!(principal.authorities, ["ROLE_SYSTEMADMIN".to_owned()].into());
    assert_eq!(process.auth.any(Some(&bearer(&token)), None).await, Ok(principal));
}

#[tokio::test]
async fn z1_a_token_that_another_program_signed_with_the_secret_is_taken() {
    let world = World::new();
    let process = world.process();
    let claims = own_claims(now(&world) + 60);
    for header in
        [json!({"alg": "HS256", "typ": "JWT"}), json!({"alg": "HS256"}), json!({"alg": "HS256", "kid": "k1"})]
    {
        assert!(process.accepts_token(&hs256(&own_secret(), &header, &claims)).await, "{header}");
    }
    let read_only = with(&claims, "scope", Some(json!(["read", "profile"])));
    let token = hs256(&own_secret(), &json!({"alg": "HS256"}), &read_only);
    assert_eq!(process.principal_of(&token).await.scopes, [Scope::UsersRead].into());
}

#[tokio::test]
async fn z2_without_a_bearer_token_nothing_is_echoed() {
    let world = World::new();
    let process = world.process();
    let key = process.key(&[Scope::Admin]).await;
    let token = issued(&process, |_| {});
    let text = key.text.expose_secret();
    for sent in [
        "",
        "Bearer",
        "Bearer ",
        "bearer   ",
        &token,
        text,
        &format!("Bearer {text}"),
        "Bearer roster_mistyped",
        "Basic YTpi",
        "Basic Bearer",
        &format!("JWT {token}"),
        &format!("Bearer: {token}"),
    ] {
        let refused = process.auth.token(Some(&header(sent)), Some(ADDRESS)).await;
        assert_eq!(refused, Err(TokenRefused::Missing), "{sent}");
    }
    assert_eq!(process.auth.token(None, Some(ADDRESS)).await, Err(TokenRefused::Missing));
}

#[tokio::test]
async fn z3_an_expired_token_is_echoed() {
    let world = World::new();
    let process = world.process();
    let token = issued(&process, |token| token.lifetime = Duration::from_secs(60));
    world.clock.advance_seconds(59);
    assert!(process.accepts_token(&token).await);
    world.clock.advance_seconds(1);
    let refused = process.auth.token(Some(&bearer(&token)), Some(ADDRESS)).await;
    assert_eq!(refused, Err(TokenRefused::Invalid { token: token.clone() }));
    assert!(!format!("{refused:?}").contains(&token));
    assert_eq!(process.auth.any(Some(&bearer(&token)), None).await, Err(AnyRefused::Unauthorized));
}

#[tokio::test]
async fn z3_what_does_not_have_a_jwts_form_is_told_so() {
    let world = World::new();
    let process = world.process();
    let token = issued(&process, |_| {});
    for sent in [
        "x".to_owned(),
        "a.b.c".to_owned(),
        "..".to_owned(),
        format!("{token}."),
        format!(".{token}"),
        format!("{token} {token}"),
        format!("{token}, Bearer {token}"),
        format!("\"{token}\""),
        format!("{token}="),
        token.replace('.', ".."),
        format!("{}.{}.AAAA.AAAA.AAAA", encode(r#"{"alg":"dir","enc":"A256GCM"}"#), encode("{}")),
    ] {
        let refused = process.auth.token(Some(&bearer(&sent)), Some(ADDRESS)).await;
        assert_eq!(refused, Err(TokenRefused::NotAToken), "{sent}");
    }
    let not_ascii = http::HeaderValue::from_bytes(b"Bearer \xff").unwrap();
    assert_eq!(process.auth.token(Some(&not_ascii), None).await, Err(TokenRefused::NotAToken));
}

#[tokio::test]
async fn z3_of_a_long_token_8_kib_are_echoed() {
    let world = World::new();
    let process = world.process();
    let claims = with(&own_claims(now(&world) + 60), "user_name", Some(json!("a".repeat(6_500))));
    let long = hs256(&own_secret(), &json!({"alg": "HS256"}), &claims);
    assert!(long.len() > TokenRefused::ECHOED_BYTES);
    let refused = process.auth.token(Some(&bearer(&long)), Some(ADDRESS)).await;
    assert_eq!(refused, Err(TokenRefused::Invalid { token: long[..8_192].to_owned() }));
    let shorter = with(&claims, "user_name", Some(json!("a".repeat(5_000))));
    assert!(process.accepts_token(&hs256(&own_secret(), &json!({"alg": "HS256"}), &shorter)).await);
}

#[tokio::test]
async fn z1_the_leeway_is_what_is_configured_and_60_seconds_at_the_most() {
    let world = World::new();
    let leeway =
        |seconds| Options { leeway: Duration::from_secs(seconds), failures: None, ..Options::default() };
    let process = world.process_with(Setup { auth: leeway(60), ..Setup::default() });
    let token = issued(&process, |token| token.lifetime = Duration::from_secs(10));
    world.clock.advance_seconds(69);
    assert!(process.accepts_token(&token).await);
    assert!(!world.process().accepts_token(&token).await);
    world.clock.advance_seconds(1);
    assert!(!process.accepts_token(&token).await);
    let (store, clock) = (process.store.clone(), process.clock.clone());
    let secrets = Secrets::parse(SECRETS).unwrap();
    let refused = Auth::new(store, clock, std::sync::Arc::new(SystemEntropy), secrets, leeway(61));
    assert!(matches!(refused, Err(OptionsError::Leeway)));
}

#[tokio::test]
async fn z1_the_token_of_an_inactive_or_deleted_user_is_refused_at_each_use() {
    let world = World::new();
    let (here, there) = (world.process(), world.process());
    let user = here.user("ann", "33556567").await;
    let token = issued(&here, |token| token.subject = Some(Subject::of(&user)));
    assert_eq!(here.principal_of(&token).await.user, Some(user.id));
    assert!(there.accepts_token(&token).await);
    here.change(&user, |update| update.patch.active = Assign::Set(false)).await;
    assert!(!here.accepts_token(&token).await && !there.accepts_token(&token).await);
    here.change(&user, |update| update.patch.active = Assign::Set(true)).await;
    assert!(here.accepts_token(&token).await && there.accepts_token(&token).await);
    here.delete(&user).await;
    assert!(!here.accepts_token(&token).await && !there.accepts_token(&token).await);
}

#[tokio::test]
async fn z3_a_token_ends_when_its_users_password_changes_and_with_nothing_else() {
    let world = World::new();
    let process = world.process();
    let user = process.user("ann", "33556567").await;
    let token = issued(&process, |token| token.subject = Some(Subject::of(&user)));
    process.change(&user, |update| update.patch.profile.status = Change::Set(build::text("3 - ACTIF"))).await;
    process.change(&user, |update| update.password = Change::Set(build::password("33556567"))).await;
    assert!(process.accepts_token(&token).await);
    let changed =
        process.change(&user, |update| update.password = Change::Set(build::password("44556567"))).await;
    assert!(!process.accepts_token(&token).await);
    let token = issued(&process, |token| token.subject = Some(Subject::of(&changed)));
    assert!(process.accepts_token(&token).await);
    process.change(&user, |update| update.password = Change::Clear).await;
    assert!(!process.accepts_token(&token).await);
}

#[tokio::test]
async fn z1_user_name_identifies_nobody() {
    let world = World::new();
    let process = world.process();
    let user = process.user("ann", "33556567").await;
    process.delete(&user).await;
    let token = issued(&process, |_| {});
    assert_eq!(process.principal_of(&token).await.user, None);
}

#[tokio::test]
async fn a_rotated_secret_signs_while_the_old_one_still_verifies() {
    let world = World::new();
    let process = world.process();
    let old = issued(&process, |_| {});
    let rotated = Secrets::rotated(SECRETS, &SystemEntropy).unwrap();
    process.auth.set_secrets(Secrets::parse(&rotated).unwrap());
    let new = issued(&process, |_| {});
    assert_ne!(part(&new, 0)["kid"], part(&old, 0)["kid"]);
    assert!(process.accepts_token(&old).await && process.accepts_token(&new).await);
    let newest = rotated.lines().next().unwrap();
    process.auth.set_secrets(Secrets::parse(newest).unwrap());
    assert!(!process.accepts_token(&old).await && process.accepts_token(&new).await);
}

#[tokio::test]
async fn a_token_that_could_do_nothing_is_not_made() {
    let world = World::new();
    let process = world.process();
    let refused = |change: &dyn Fn(&mut IssueToken)| {
        let mut token = IssueToken::new("ann");
        change(&mut token);
        process.auth.issue(&token).unwrap_err()
    };
    assert!(matches!(refused(&|token| token.user_name.clear()), IssueError::UserName(_)));
    assert!(matches!(refused(&|token| token.client_id = "a b".to_owned()), IssueError::ClientId(_)));
    assert_eq!(refused(&|token| token.scopes.clear()), IssueError::NoScope);
    assert_eq!(refused(&|token| token.lifetime = Duration::from_millis(999)), IssueError::Lifetime);
}
