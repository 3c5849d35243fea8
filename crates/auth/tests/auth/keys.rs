//! API keys: A1, A2.

use std::time::Duration;

use roster_auth::keys::{self, IssuedKey, KeyError};
use roster_auth::{AnyRefused, IssueToken, KeyRefused};
use roster_directory::{Clock as _, Scope, Source, SystemEntropy, Timestamp};
use roster_testkit::SeededEntropy;
use secrecy::ExposeSecret as _;

use crate::world::{ADDRESS, Process, World, basic, bearer, header};

async fn rotate(process: &Process, key: &IssuedKey, overlap: Duration) -> IssuedKey {
    keys::rotate(&*process.store, &*process.clock, &SystemEntropy, &key.key.id, overlap).await.unwrap()
}

#[tokio::test]
async fn a1_a_key_is_taken_bare_and_as_a_bearer_token() {
    let world = World::new();
    let process = world.process();
    let key = process.key_with(|key| key.source = Source::new("okta").unwrap()).await;
    let text = key.text.expose_secret();
    for sent in
        [text.to_owned(), format!("Bearer {text}"), format!("bearer  {text}"), format!("BEARER {text}")]
    {
        let principal = process.auth.api_key(Some(&header(&sent)), Some(ADDRESS)).await.unwrap();
        assert_eq!(principal.client, key.key.id);
        assert_eq!(principal.source.as_str(), "okta");
        assert_eq!(principal.scopes, [Scope::UsersRead, Scope::UsersWrite].into());
        assert_eq!(principal.user, None);
        assert_eq!(process.auth.any(Some(&header(&sent)), None).await, Ok(principal));
    }
}

#[tokio::test]
async fn a2_whatever_is_no_valid_key_is_unauthorized() {
    let world = World::new();
    let process = world.process();
    let (key, other) = (process.key(&[Scope::Admin]).await, process.key(&[Scope::Admin]).await);
    let (text, other) = (key.text.expose_secret(), other.text.expose_secret());
    let jwt = process.auth.issue(&IssueToken::new("ann")).unwrap();
    let minted = process.minted(&key).await;
    // Of a well-formed key that was never made here.
    let elsewhere = World::new();
    let unknown = elsewhere.process().key(&[Scope::Admin]).await;
    let last = if text.ends_with('0') { '1' } else { '0' };
    let mistyped = format!("{}{last}", &text[..text.len() - 1]);
    let crossed = format!("{}_{}", &text[..text.rfind('_').unwrap()], other.rsplit('_').next().unwrap());
    for sent in [
        "",
        "Bearer",
        "Bearer roster_",
        unknown.text.expose_secret(),
        &mistyped,
        &crossed,
        &format!("{text} {text}"),
        &format!("Token {text}"),
        &basic(&key),
        jwt.expose_secret(),
        &format!("Bearer {}", jwt.expose_secret()),
        &format!("Bearer {minted}"),
    ] {
        let refused = process.auth.api_key(Some(&header(sent)), Some(ADDRESS)).await;
        assert_eq!(refused, Err(KeyRefused::Unauthorized), "{sent}");
    }
    let not_ascii = http::HeaderValue::from_bytes(b"\xff").unwrap();
    assert_eq!(process.auth.api_key(Some(&not_ascii), None).await, Err(KeyRefused::Unauthorized));
    assert_eq!(process.auth.api_key(None, Some(ADDRESS)).await, Err(KeyRefused::Unauthorized));
    assert_eq!(process.auth.any(None, Some(ADDRESS)).await, Err(AnyRefused::Unauthorized));
    assert!(process.accepts_key(text).await);
}

#[tokio::test]
async fn a2_an_expired_key_is_unauthorized() {
    let world = World::new();
    let process = world.process();
    let expires_at = Some(world.clock.now().plus_seconds(90));
    let key = process.key_with(|key| key.expires_at = expires_at).await;
    world.clock.advance_seconds(89);
    assert!(process.accepts_key(key.text.expose_secret()).await);
    world.clock.advance_seconds(1);
    assert!(!process.accepts_key(key.text.expose_secret()).await);
    let rotated =
        keys::rotate(&*process.store, &*world.clock, &SystemEntropy, &key.key.id, keys::OVERLAP).await;
    assert_eq!(rotated.unwrap_err(), KeyError::Ended);
}

#[tokio::test]
async fn a2_a_revoked_key_is_refused_here_at_once_and_elsewhere_within_a_second() {
    let world = World::new();
    let (here, there) = (world.process(), world.process());
    let key = here.key(&[Scope::UsersRead]).await;
    let text = key.text.expose_secret();
    assert!(here.accepts_key(text).await && there.accepts_key(text).await);
    let revoked = here.auth.revoke_key(&key.key.id).await.unwrap();
    assert_eq!(revoked.revoked_at, Some(world.clock.now()));
    assert!(!here.accepts_key(text).await);
    world.clock.advance_seconds(1);
    assert!(!there.accepts_key(text).await);
    // For good: revoking it again changes nothing, and it can't be rotated.
    let again = here.auth.revoke_key(&key.key.id).await.unwrap();
    assert_eq!(again.revoked_at, revoked.revoked_at);
    let rotated = keys::rotate(&*here.store, &*world.clock, &SystemEntropy, &key.key.id, keys::OVERLAP).await;
    assert_eq!(rotated.unwrap_err(), KeyError::Ended);
    assert!(!world.process().accepts_key(text).await);
}

#[tokio::test]
async fn a2_a_key_that_was_asked_for_before_it_was_made_is_taken_at_once() {
    let world = World::new();
    let (here, there) = (world.process(), world.process());
    // The same randomness makes the same key, here a little later.
    let make = async |process: &Process| {
        let new = keys::NewKey {
            name: "n".to_owned(),
            source: Source::new("bubble").unwrap(),
            scopes: [Scope::Admin].into(),
            authorities: Default::default(),
            expires_at: None,
        };
        keys::create(&*process.store, &*process.clock, &SeededEntropy::new(7), new).await.unwrap()
    };
    let key = make(&World::new().process()).await;
    assert!(!there.accepts_key(key.text.expose_secret()).await);
    make(&here).await;
    assert!(there.accepts_key(key.text.expose_secret()).await);
}

#[tokio::test]
async fn a_rotated_key_has_two_valid_secrets_until_the_overlap_ends() {
    let world = World::new();
    let process = world.process();
    let first = process.key(&[Scope::UsersRead]).await;
    assert!(process.accepts_key(first.text.expose_secret()).await);
    let second = rotate(&process, &first, keys::OVERLAP).await;
    assert_eq!(first.key.id, second.key.id);
    assert!(process.accepts_key(second.text.expose_secret()).await, "at once");
    world.clock.advance_seconds(86_399);
    assert!(process.accepts_key(first.text.expose_secret()).await);
    assert!(process.accepts_key(second.text.expose_secret()).await);
    world.clock.advance_seconds(1);
    assert!(!process.accepts_key(first.text.expose_secret()).await);
    assert!(process.accepts_key(second.text.expose_secret()).await);
}

#[tokio::test]
async fn a_key_never_has_more_than_two_secrets() {
    let world = World::new();
    let process = world.process();
    let first = process.key(&[Scope::UsersRead]).await;
    let second = rotate(&process, &first, keys::OVERLAP).await;
    let third = rotate(&process, &second, Duration::from_secs(60)).await;
    assert_eq!(third.key.secrets.len(), 2);
    world.clock.advance_seconds(1);
    assert!(!process.accepts_key(first.text.expose_secret()).await);
    assert!(process.accepts_key(second.text.expose_secret()).await);
    let fourth = rotate(&process, &third, Duration::ZERO).await;
    world.clock.advance_seconds(1);
    assert!(!process.accepts_key(second.text.expose_secret()).await);
    assert!(!process.accepts_key(third.text.expose_secret()).await);
    assert!(process.accepts_key(fourth.text.expose_secret()).await);
}

#[tokio::test]
async fn keys_are_listed_and_what_is_no_key_is_not_made() {
    let world = World::new();
    let process = world.process();
    let mut made = vec![process.key(&[Scope::UsersRead]).await.key, process.key(&[Scope::Admin]).await.key];
    made.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(keys::list(&*process.store).await.unwrap(), made);
    let create = async |change: &dyn Fn(&mut keys::NewKey)| {
        let mut new = keys::NewKey {
            name: "n".to_owned(),
            source: Source::new("bubble").unwrap(),
            scopes: [Scope::Admin].into(),
            authorities: Default::default(),
            expires_at: None,
        };
        change(&mut new);
        keys::create(&*process.store, &*process.clock, &SystemEntropy, new).await.unwrap_err()
    };
    assert!(matches!(create(&|new| new.name.clear()).await, KeyError::Name(_)));
    assert!(matches!(create(&|new| new.name = "a\u{0}".to_owned()).await, KeyError::Name(_)));
    assert_eq!(create(&|new| new.scopes.clear()).await, KeyError::NoScope);
    assert_eq!(process.auth.revoke_key("nothing").await, Err(KeyError::NotFound));
    assert_eq!(keys::list(&*process.store).await.unwrap(), made);
}

#[tokio::test]
async fn a_keys_secret_is_kept_nowhere_and_shown_nowhere() {
    let world = World::new();
    let process = world.process();
    let key = process.key(&[Scope::UsersRead]).await;
    let text = key.text.expose_secret();
    assert!(process.accepts_key(text).await);
    let secret = text.rsplit('_').next().unwrap();
    assert!(!format!("{key:?}").contains(secret));
    let bytes = world.bytes_on_disk();
    let found = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    assert!(found(key.key.id.as_bytes()), "the key is on disk");
    assert!(!found(&secret.as_bytes()[..20]));
}

/// Waits until the key's last use is another one than `before`.
async fn next_use(process: &Process, before: Option<Timestamp>) -> Option<Timestamp> {
    let changed = async {
        loop {
            let used_at = keys::list(&*process.store).await.unwrap()[0].last_used_at;
            if used_at != before {
                return used_at;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), changed).await.unwrap()
}

#[tokio::test]
async fn the_last_use_of_a_key_is_recorded_once_an_hour() {
    let world = World::new();
    let process = world.process();
    let key = process.key(&[Scope::UsersRead]).await;
    let text = key.text.expose_secret();
    assert_eq!(keys::list(&*process.store).await.unwrap()[0].last_used_at, None);
    let first = world.clock.now();
    assert!(process.accepts_key(text).await);
    assert_eq!(next_use(&process, None).await, Some(first));
    world.clock.advance_seconds(3_599);
    assert!(process.accepts_key(text).await);
    world.clock.advance_seconds(1);
    let second = world.clock.now();
    assert!(process.accepts_key(text).await);
    // Had the use in between been recorded, this would be its time.
    assert_eq!(next_use(&process, Some(first)).await, Some(second));
}

#[tokio::test]
async fn a_bearer_token_that_is_no_key_is_no_key() {
    let world = World::new();
    let process = world.process();
    let refused = process.auth.any(Some(&bearer("roster_x_y")), None).await;
    assert_eq!(refused, Err(AnyRefused::Unauthorized));
}
