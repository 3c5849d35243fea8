//! Any sequence of changes gives what the model gives; doing it again changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use roster_directory::store::{UserFilter, UserQuery};
use roster_directory::{
    Applied, Dialect, Effect, Error, FaultAt, Field, References, Refusal, Refused, Rules, Target, Update,
    User, UserId, Value,
};

use super::{Expected, Model, ModelUser, Operation};
use crate::build::{external_id, principal};
use crate::{Bench, StoreFactory};

async fn perform<F: StoreFactory>(bench: &Bench<F>, operation: &Operation) -> Result<Applied, Error> {
    let number = |number: &i64| Target::Number(roster_directory::Number::new(*number).unwrap());
    let (directory, who) = (&bench.directory, bench.who());
    match operation {
        Operation::Upsert(source, id, edits) => {
            let who = principal(source);
            directory.upsert(&who, Dialect::Algorep, external_id(id), edits.to_patch(), None).await
        }
        Operation::Update(target, edits) => {
            let update = Update { patch: edits.to_patch(), ..Update::default() };
            directory.update(&who, Dialect::Zynchro, number(target), update).await
        }
        Operation::Delete(target) => directory.delete(&who, Dialect::Rest, number(target), None, None).await,
    }
}

fn told(result: &Result<Applied, Error>) -> Expected {
    match result {
        Ok(applied) => {
            let number = applied.user.number.get();
            match applied.effect {
                Effect::Created => Expected::Created(number),
                Effect::Updated => Expected::Updated(number),
                Effect::Unchanged => Expected::Unchanged(number),
                Effect::Deleted => Expected::Deleted(number),
            }
        }
        Err(Error::Refused(Refused { refusal: Refusal::NotFound, .. })) => Expected::NotFound,
        Err(Error::Refused(Refused { refusal: Refusal::Faults(faults), .. })) => {
            let place = |at: &FaultAt| match at {
                FaultAt::Field(field) => field.name().to_owned(),
                FaultAt::Link(source) => source.as_str().to_owned(),
                FaultAt::GrantClient(_) | FaultAt::GrantProfile(_) => "a grant".to_owned(),
                FaultAt::GroupName | FaultAt::Member(_) => "a group".to_owned(),
            };
            Expected::Taken(faults.iter().map(|fault| place(&fault.at)).collect())
        }
        Err(error) => panic!("{error}"),
    }
}

/// The user as the model would write it down.
fn written_down(user: &User) -> ModelUser {
    let shown = |value: Value| match &value {
        Value::Text(text) => text.to_string(),
        Value::Bool(truth) => truth.to_string(),
        Value::Time(_)
        | Value::Uuid(_)
        | Value::Link(_)
        | Value::Grant(_)
        | Value::Holder(_)
        | Value::Element(_) => {
            panic!("{value:?}")
        }
    };
    let fields = [Field::Email, Field::GivenName, Field::Phone, Field::SignedUp];
    let values =
        fields.into_iter().filter_map(|field| Some((field.name(), shown(user.profile.value(field)?))));
    let name = user.user_name.as_str();
    ModelUser {
        values: values.collect(),
        links: user.links.iter().map(|(source, id)| (source.to_string(), id.to_string())).collect(),
        grants: user.grants.iter().map(|grant| (grant.client_id, grant.profile_id.to_string())).collect(),
        user_name: (name != user.id.to_string()).then(|| name.to_owned()),
        chosen: user.user_name_chosen,
        inactive: !user.active,
        deleted: !user.is_living(),
        version: user.version,
    }
}

async fn compare<F: StoreFactory>(bench: &Bench<F>, model: &Model, ids: &BTreeMap<i64, UserId>) {
    for (number, expected) in (1_i64..).zip(&model.users) {
        let user = bench.store.user(Target::Id(ids[&number])).await.unwrap().unwrap();
        assert_eq!(&written_down(&user), expected, "user {number}");
        assert_eq!(user.number.get(), number);
    }
    let query = UserQuery { filter: UserFilter::All, after: None, limit: 1_000 };
    let listed = bench.store.users(query).await.unwrap();
    let listed: BTreeSet<i64> = listed.users.iter().map(|user| user.number.get()).collect();
    let living = (1_i64..).zip(&model.users).filter(|(_, user)| !user.deleted).map(|(number, _)| number);
    assert_eq!(listed, living.collect());
}

/// Fails unless a store of that kind makes of the operations what the model does, and of a repetition nothing.
pub async fn equals_the_model<F: StoreFactory>(operations: &[Operation], unique_email: bool) {
    let bench = Bench::<F>::new(Rules { references: References::Open, unique_email }).await;
    let mut model = Model { unique_email, ..Model::default() };
    let mut ids = BTreeMap::new();
    for (step, operation) in operations.iter().enumerate() {
        bench.tick();
        let result = perform(&bench, operation).await;
        assert_eq!(told(&result), model.apply(operation), "step {step}: {operation:?}");
        if let Ok(applied) = result {
            ids.insert(applied.user.number.get(), applied.user.id);
            let moved = applied.user.updated_at == bench.now();
            let deletes = applied.effect == Effect::Deleted;
            assert_eq!(
                moved,
                applied.effect != Effect::Unchanged && !deletes,
                "updated_at moves with each change"
            );
        }
    }
    compare(&bench, &model, &ids).await;
    bench.assert_sound().await;
    repeat_the_last(&bench, operations).await;
}

/// Whatever was just done is done already.
async fn repeat_the_last<F: StoreFactory>(bench: &Bench<F>, operations: &[Operation]) {
    let Some(last @ (Operation::Upsert(..) | Operation::Update(..))) = operations.last() else { return };
    let first = perform(bench, last).await;
    // An upsert may have given up the very link that it went by: then the first repetition makes a new user.
    if first.as_ref().is_ok_and(|applied| applied.effect != Effect::Created)
        && !matches!(last, Operation::Upsert(source, _, edits) if edits.links.contains_key(source))
    {
        assert!(matches!(told(&first), Expected::Unchanged(_)), "{first:?}");
    }
}
