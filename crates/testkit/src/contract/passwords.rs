//! The password: its hash is prepared outside the store, and fits or is prepared again.

use std::sync::Arc;

use futures_util::future::join_all;
use roster_directory::{Change, Dialect, Effect, Update, UserPatch};

use crate::build::{by_id, password};
use crate::{Bench, StoreFactory};

fn setting(text: &str) -> Update {
    Update { password: Change::Set(password(text)), ..Update::default() }
}

/// Set, kept where it is the same, cleared.
pub async fn a_password_is_set_kept_and_cleared<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", UserPatch::default()).await;
    let who = bench.who();
    let go = |update| bench.directory.update(&who, Dialect::Zynchro, by_id(&user), update);
    let set = go(setting("correct horse")).await.unwrap();
    assert_eq!(set.effect, Effect::Updated);
    let hash = set.user.password.clone().unwrap();
    let same = go(setting("correct horse")).await.unwrap();
    assert_eq!((same.effect, same.user.password.clone()), (Effect::Unchanged, Some(hash.clone())));
    assert_eq!(bench.passwords.hashed(), 1, "the same password is verified, and not hashed again");
    let other = go(setting("battery staple")).await.unwrap();
    assert_ne!(other.user.password, Some(hash));
    assert_eq!(bench.stored(&user).await, *other.user);
    let cleared = go(Update { password: Change::Clear, ..Update::default() }).await.unwrap();
    assert_eq!((cleared.effect, cleared.user.password.clone()), (Effect::Updated, None));
    let again = go(Update { password: Change::Clear, ..Update::default() }).await.unwrap();
    assert_eq!(again.effect, Effect::Unchanged);
    assert_eq!(bench.history(&user).await.len(), 4);
}

/// Stale: what was hashed against is no longer stored.
pub async fn a_password_moved_by_another_is_prepared_again<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", UserPatch::default()).await;
    let texts = ["first password", "second password", "third password"];
    let go = |text: &'static str| {
        let (directory, who, target) = (Arc::clone(&bench.directory), bench.who(), by_id(&user));
        tokio::spawn(async move { directory.update(&who, Dialect::Zynchro, target, setting(text)).await })
    };
    for done in join_all(texts.map(go)).await {
        assert_eq!(done.unwrap().unwrap().effect, Effect::Updated);
    }
    let stored = bench.stored(&user).await;
    assert_eq!(stored.version, 4, "each change was made over the one before");
    let last = texts.iter().filter(|text| {
        let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
        stored.password.as_ref().unwrap().as_phc().ends_with(&format!("${hex}"))
    });
    assert_eq!(last.count(), 1);
}
