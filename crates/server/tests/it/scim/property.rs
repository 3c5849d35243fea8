//! A user who is written through any mixture of the dialects reads the same through each of them.

mod fields;
mod lists;
mod model;
mod operation;
mod requests;

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Map, Value, json};

use super::{Client, id, part_of};
use crate::harness::Roster;
use fields::{DIRECTORY, LISTS, PLAIN};
use model::{BUBBLE_ID, Expected, Person};
use operation::{Step, any_birth, any_step};

/// What of Roster's own extension is answered to those alone who ask for it.
const ON_REQUEST: [&str; 3] = ["number", "createdAt", "updatedAt"];

#[test]
fn any_mixture_of_dialects_reads_the_same_through_each() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let roster = Roster::start();
    // That of the application finds its users again by what it called them.
    let (bubble, okta) = (Client::of(&roster, "bubble"), Client::of(&roster, "okta"));
    let case = Cell::new(0);
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let steps = (any_birth(), prop::collection::vec((any_step(), any::<bool>()), 0..8));
    let result = TestRunner::new(config).run(&steps, |(birth, steps)| {
        case.set(case.get() + 1);
        let case = Case { roster: &roster, bubble: &bubble, okta: &okta, case: case.get().to_string() };
        runtime.block_on(case.check(&birth, &steps))
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

/// One user, and those who write it.
struct Case<'a> {
    roster: &'a Roster,
    bubble: &'a Client<'a>,
    okta: &'a Client<'a>,
    case: String,
}

impl Case<'_> {
    async fn check(&self, birth: &Step, steps: &[(Step, bool)]) -> Result<(), TestCaseError> {
        let mut person = Person::default();
        let user = self.born(&mut person, birth).await?;
        self.agree(&mut person, &user).await?;
        for (step, is_repeated) in steps {
            // What is asked for again is there, and done again it is mostly nothing: the model knows.
            for _ in 0..=usize::from(*is_repeated) {
                self.step(&mut person, &user, step).await?;
                self.agree(&mut person, &user).await?;
            }
        }
        let history = self.roster.history(&user).await;
        let versions: Vec<u64> = history.iter().map(|entry| entry["version"].as_u64().unwrap()).collect();
        prop_assert_eq!(versions, (1..=person.version).collect::<Vec<_>>());
        Ok(())
    }

    /// The JSON of the model with the number of the case in it.
    fn own(&self, value: &Value) -> Value {
        serde_json::from_str(&value.to_string().replace('#', &self.case)).unwrap()
    }

    fn bubble_id(&self) -> String {
        BUBBLE_ID.replace('#', &self.case)
    }

    /// Creates the user, whose id it is.
    async fn born(&self, person: &mut Person, birth: &Step) -> Result<String, TestCaseError> {
        let expected = person.apply(birth);
        prop_assert_eq!(expected, Expected::Done { changed: true });
        let user = match birth {
            Step::Put(edits) => {
                let mut body = requests::body(edits, BUBBLE_ID);
                body["externalId"] = json!(BUBBLE_ID);
                person.is_not_known_to_okta();
                self.bubble.created("/Users", &self.own(&body)).await
            }
            Step::Upsert(fields) => {
                self.roster.upserted(&self.bubble_id(), &self.own(&requests::upsert(fields))).await
            }
            Step::Update(_) | Step::Patch(_) => panic!("nobody is born so: {birth:?}"),
        };
        Ok(id(&user).to_owned())
    }

    async fn step(&self, person: &mut Person, user: &str, step: &Step) -> Result<(), TestCaseError> {
        let user_name = person.rest()["user_name"].as_str().unwrap().to_owned();
        let expected = person.apply(step);
        let path = format!("/Users/{user}");
        let answer = match step {
            Step::Upsert(fields) => {
                self.roster.upsert(&self.bubble_id(), &self.own(&requests::upsert(fields))).await
            }
            Step::Update(update) => {
                self.roster.update(self.number(user).await, &self.own(&requests::update(update))).await
            }
            Step::Put(edits) => {
                self.okta.send("PUT", &path, &self.own(&requests::body(edits, &user_name))).await
            }
            Step::Patch(edits) => {
                self.okta.send("PATCH", &path, &self.own(&requests::patch(edits, &user_name))).await
            }
        };
        let status = if expected == Expected::Refused { 400 } else { 200 };
        prop_assert_eq!(answer.status, status, "{:?} {}", step, answer.shown());
        if let (Step::Put(_) | Step::Patch(_), 200) = (step, status) {
            prop_assert_eq!(compared(answer.json()), self.own(&person.scim()), "{:?}", step);
        }
        Ok(())
    }

    async fn number(&self, user: &str) -> i64 {
        self.roster.user(user).await["number"].as_i64().unwrap()
    }

    /// What each dialect answers is what the model says, and reading changes nothing.
    async fn agree(&self, person: &mut Person, user: &str) -> Result<(), TestCaseError> {
        let seen = self.okta.read(&format!("/Users/{user}")).await;
        person.learn_order(&self.modelled(&seen));
        let rest = self.roster.user(user).await;
        let expected = self.own(&person.rest());
        prop_assert_eq!(part_of(&with_absent(&rest), &expected), expected, "the REST API");
        prop_assert_eq!(compared(seen), self.own(&person.scim()), "SCIM");
        // This dialect reads by writing nothing.
        let upserted = self.roster.upserted(&self.bubble_id(), &json!({})).await;
        let expected = self.own(&person.algorep());
        prop_assert_eq!(part_of(&upserted, &expected), expected, "Algorep");
        prop_assert_eq!(id(&upserted), user);

        let asked = ON_REQUEST.map(|name| format!("{DIRECTORY}:{name}")).join(",");
        let asked = self.okta.read(&format!("/Users/{user}?attributes={asked}")).await;
        let own = &asked[DIRECTORY];
        prop_assert_eq!(&own["number"], &rest["number"]);
        prop_assert_eq!(
            (&own["createdAt"], &own["updatedAt"]),
            (&upserted["createdAt"], &upserted["updatedAt"])
        );
        prop_assert_eq!((&own["createdAt"], &own["updatedAt"]), (&rest["created_at"], &rest["updated_at"]));
        if let Some(same) = person.same_update() {
            let number = own["number"].as_i64().unwrap();
            let answer = self.roster.update(number, &self.own(&requests::update(&same))).await;
            let mut zynchro = answer.ok()["data"]["user"].clone();
            zynchro.as_object_mut().unwrap().remove("lastLogin");
            let mut expected = self.own(&person.zynchro());
            expected["id"] = own["number"].clone();
            prop_assert_eq!(zynchro, expected, "Zynchro");
        }
        prop_assert_eq!(self.roster.user(user).await, rest, "nothing was changed by asking");
        Ok(())
    }
}

impl Case<'_> {
    /// What the server answered, as the model has it.
    fn modelled(&self, answered: &Value) -> Value {
        serde_json::from_str(&answered.to_string().replace(&format!("{}@x", self.case), "#@x")).unwrap()
    }
}

/// A resource without what tells which it is and when it changed; its lists in the order of their texts.
fn compared(mut resource: Value) -> Value {
    let members = resource.as_object_mut().unwrap();
    members.retain(|name, _| !["schemas", "id", "meta"].contains(&name.as_str()));
    for list in LISTS {
        if let Some(elements) = members.get_mut(list.scim) {
            elements.as_array_mut().unwrap().sort_by_key(Value::to_string);
        }
    }
    resource
}

/// The REST API leaves out some fields without a value.
fn with_absent(user: &Value) -> Value {
    let mut whole: Map<String, Value> =
        PLAIN.iter().map(|plain| (plain.rest.to_owned(), Value::Null)).collect();
    whole.extend(user.as_object().unwrap().clone());
    whole.into()
}
