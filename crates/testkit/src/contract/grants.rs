//! Grants: a set of (client, profile).

use roster_directory::user::MOST_GRANTS;
use roster_directory::{Effect, Fault, FaultAt, Field, Grant, GrantsPatch, Reason, Refusal, UserPatch};

use crate::build::{by_id, grant, grants, patch, with_grants};
use crate::{Bench, StoreFactory};

fn edit<const A: usize, const R: usize>(add: [(i64, &str); A], remove: [(i64, &str); R]) -> UserPatch {
    patch(|patch| patch.grants = GrantsPatch::Edit { add: grants(add), remove: grants(remove) })
}

/// Replaced as a set, or edited one by one; in the order that they were sent in, or any other.
pub async fn grants_are_replaced_added_and_removed<F: StoreFactory>(bench: &mut Bench<F>) {
    let user = bench.put("one", with_grants([(33, "18"), (34, "18"), (33, "19")])).await;
    assert_eq!(user.grants, grants([(33, "18"), (33, "19"), (34, "18")]));
    let same = bench.upsert("one", with_grants([(34, "18"), (33, "19"), (33, "18")])).await.unwrap();
    assert_eq!(same.effect, Effect::Unchanged);
    let user = bench.put("one", with_grants([(34, "18"), (i64::MAX, "é")])).await;
    assert_eq!(user.grants, grants([(34, "18"), (i64::MAX, "é")]));
    let user = bench.put("one", edit([(33, "18"), (34, "18")], [(i64::MAX, "é"), (1, "none")])).await;
    assert_eq!(user.grants, grants([(33, "18"), (34, "18")]), "one that was taken away is given again");
    assert_eq!(bench.stored(&user).await, *user);
    let same = bench.upsert("one", edit([(33, "18")], [(1, "none")])).await.unwrap();
    assert_eq!(same.effect, Effect::Unchanged);
    let user = bench.put("one", with_grants([])).await;
    assert_eq!(user.grants, grants([]));
    bench.reopen().await;
    assert_eq!(bench.stored(&user).await, *user);
}

/// A limit on everything.
pub async fn too_many_grants_are_refused<F: StoreFactory>(bench: &mut Bench<F>) {
    let many = |count: usize| -> UserPatch {
        let each = |id: usize| -> Grant { grant(i64::try_from(id).unwrap(), "18") };
        patch(|patch| patch.grants = GrantsPatch::Replace((1..=count).map(each).collect()))
    };
    let user = bench.put("one", many(MOST_GRANTS)).await;
    assert_eq!(bench.stored(&user).await.grants.len(), MOST_GRANTS);
    let refused = bench.update(by_id(&user), many(MOST_GRANTS + 1)).await;
    let fault = Fault { at: FaultAt::Field(Field::Grants), reason: Reason::TooMany };
    assert_eq!(refused.err(), Some(Refusal::Faults(vec![fault]).into()));
    let refused = bench.update(by_id(&user), edit([(5_000, "18")], [])).await;
    assert!(refused.is_err());
    assert_eq!(bench.stored(&user).await, *user);
}
