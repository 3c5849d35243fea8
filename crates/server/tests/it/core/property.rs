//! Any sequence of upserts, updates, erasures and deletions through the dialects equals the model.

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::model::{Expected, Model};
use super::operation::{Operation, Spelling, any_operation, any_spelling};
use crate::harness::{Answer, Roster, now};

/// The largest number that a user may have: nobody will.
const NOBODYS_NUMBER: i64 = 1 << 53;

/// One request of a sequence, in two spellings.
type Step = (Operation, Spelling, Spelling);

fn any_steps() -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec((any_operation(), any_spelling(), any_spelling()), 1..10)
}

#[test]
fn any_sequence_through_both_dialects_equals_a_small_model() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let roster = Roster::start();
    let (case, created) = (Cell::new(0), Cell::new(0));
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let steps = any_steps();
    let result = TestRunner::new(config).run(&steps, |steps| {
        case.set(case.get() + 1);
        let sequence = Sequence { roster: &roster, case: case.get(), steps: &steps };
        let (end, outcome) = runtime.block_on(sequence.check(created.get()));
        created.set(end);
        outcome
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}

/// A sequence on users of its own.
struct Sequence<'a> {
    roster: &'a Roster,
    case: usize,
    steps: &'a [Step],
}

impl Sequence<'_> {
    /// Runs it, and tells how many users there are then.
    async fn check(&self, created: i64) -> (i64, Result<(), TestCaseError>) {
        let mut model = Model::new(created);
        let outcome = self.run(&mut model).await;
        // A case that failed on its way leaves as many users as the directory says.
        let created = if outcome.is_ok() { model.created } else { self.users_ever().await };
        (created, outcome)
    }

    async fn users_ever(&self) -> i64 {
        let probe = self.roster.upserted(&format!("probe-{}", self.case), &json!({})).await;
        self.roster.user(probe["id"].as_str().unwrap()).await["number"].as_i64().unwrap()
    }

    async fn run(&self, model: &mut Model) -> Result<(), TestCaseError> {
        let mut answers = Vec::new();
        for n in 0..self.steps.len() {
            answers.push(self.step(model, n).await?);
        }
        self.users_equal(model).await?;
        self.replay_changes_nothing(&answers).await
    }

    /// Sends one request, and then again in another spelling, which changes nothing.
    async fn step(&self, model: &mut Model, n: usize) -> Result<(RequestParts, Value), TestCaseError> {
        let (operation, spelling, other) = &self.steps[n];
        let (number, id) = self.address(model, operation).await;
        let expected = model.apply(operation, now());
        let parts = self.parts(operation, (number, &id), spelling, n);
        let answer = Answer::of(parts.request(self.roster, true)).await;
        self.compare(model, operation, expected, &answer)?;
        if !matches!(operation, Operation::Delete { .. }) {
            let again =
                Answer::of(self.parts(operation, (number, &id), other, n).request(self.roster, false)).await;
            let unchanged =
                if expected == Expected::NotFound { expected } else { Expected::Done { changed: false } };
            self.compare(model, operation, unchanged, &again)?;
            prop_assert_eq!(again.json(), answer.json(), "the same in another spelling");
        }
        Ok((parts, json!([answer.status, answer.text()])))
    }

    /// Number and id of the user in the operation's slot; those of nobody where there is none.
    async fn address(&self, model: &Model, operation: &Operation) -> (i64, String) {
        let (Operation::Upsert { slot, .. } | Operation::Update { slot, .. } | Operation::Delete { slot }) =
            operation;
        match &model.slots[*slot] {
            Some(person) => {
                let user = self.roster.numbered(person.number).await;
                (person.number, user["id"].as_str().unwrap().to_owned())
            }
            None => (NOBODYS_NUMBER, uuid::Uuid::nil().to_string()),
        }
    }

    fn bubble_id(&self, slot: usize) -> String {
        format!("case-{}-slot-{slot}", self.case)
    }

    fn parts(
        &self,
        operation: &Operation,
        (number, id): (i64, &str),
        spelling: &Spelling,
        n: usize,
    ) -> RequestParts {
        let (method, path) = match operation {
            Operation::Upsert { slot, .. } => ("POST", format!("/users/{}", self.bubble_id(*slot))),
            Operation::Update { .. } => ("PATCH", format!("/zynchro.api.system-config/v1/users/{number}")),
            Operation::Delete { .. } => ("DELETE", format!("/api/v1/users/{id}")),
        };
        RequestParts {
            method,
            path,
            body: spelling.spell(&operation.body()),
            key: format!("case-{}-step-{n}", self.case),
        }
    }

    fn compare(
        &self,
        model: &mut Model,
        operation: &Operation,
        expected: Expected,
        answer: &Answer,
    ) -> Result<(), TestCaseError> {
        if expected == Expected::NotFound {
            prop_assert_eq!(answer.status, 404, "{}", answer.shown());
            return Ok(());
        }
        prop_assert!((200..300).contains(&answer.status), "{}", answer.shown());
        match operation {
            Operation::Upsert { slot, .. } => {
                let person = model.slots[*slot].as_mut().unwrap();
                let mut answered: std::collections::BTreeMap<String, Value> =
                    serde_json::from_slice(&answer.body).unwrap();
                answered.remove("id");
                let (created, updated) =
                    (answered.remove("createdAt").unwrap(), answered.remove("updatedAt").unwrap());
                prop_assert_eq!(answered, person.algorep(&self.bubble_id(*slot)));
                let is_own = person.created.value().is_none();
                prop_assert!(person.created.agrees(&created), "createdAt {created}: {person:?}");
                if is_own {
                    person.own_created = Some(created);
                }
                prop_assert!(person.updated.agrees(&updated), "updatedAt {updated}: {person:?}");
            }
            Operation::Update { slot, .. } => {
                let person = model.slots[*slot].as_ref().unwrap();
                let mut user = answer.json()["data"]["user"].clone();
                user.as_object_mut().unwrap().remove("lastLogin");
                prop_assert_eq!(user, person.zynchro());
            }
            Operation::Delete { .. } => {}
        }
        Ok(())
    }

    /// Version, grants and history of each user, as the REST API has them.
    async fn users_equal(&self, model: &Model) -> Result<(), TestCaseError> {
        for person in model.slots.iter().flatten() {
            let user = self.roster.numbered(person.number).await;
            prop_assert_eq!(&user["version"], &json!(person.version));
            let grants: Vec<Value> = person
                .grants
                .iter()
                .map(|(client, profile)| json!({"client_id": client, "profile_id": profile}))
                .collect();
            prop_assert_eq!(&user["grants"], &json!(grants));
            prop_assert_eq!(&user["display_name"], &json!(person.name));
            prop_assert_eq!(&user["control_tower"], &json!(person.control_tower));
            let history = self.roster.history(user["id"].as_str().unwrap()).await;
            let versions: Vec<u64> = history.iter().map(|entry| entry["version"].as_u64().unwrap()).collect();
            prop_assert_eq!(versions, (1..=person.version).collect::<Vec<_>>());
        }
        Ok(())
    }

    /// The same requests with the same idempotency keys: the same answers, and nothing is changed.
    async fn replay_changes_nothing(&self, answers: &[(RequestParts, Value)]) -> Result<(), TestCaseError> {
        let before = self.roster.everything().await;
        for (parts, answered) in answers {
            let again = Answer::of(parts.request(self.roster, true)).await;
            prop_assert_eq!(&json!([again.status, again.text()]), answered, "{}", parts.path);
            prop_assert_eq!(again.header("idempotent-replayed"), Some("true"), "{}", parts.path);
        }
        prop_assert_eq!(self.roster.everything().await, before);
        Ok(())
    }
}

/// A request that can be sent again.
struct RequestParts {
    method: &'static str,
    path: String,
    body: String,
    key: String,
}

impl RequestParts {
    fn request(&self, roster: &Roster, with_key: bool) -> RequestBuilder {
        let credential = match self.method {
            "PATCH" => format!("Bearer {}", roster.token()),
            "POST" => roster.key().to_owned(),
            _ => roster.admin().to_owned(),
        };
        let mut request = roster.with(&credential, self.method, &self.path);
        if with_key {
            request = request.header("idempotency-key", &self.key);
        }
        if self.method == "DELETE" {
            return request;
        }
        request.header("content-type", "application/json").body(self.body.clone())
    }
}
