//! Bad input of every kind, to every body that is JSON: a clear 4xx, never a 5xx, and nothing changed.

use serde_json::{Value, json};

use crate::harness::{Answer, Roster, algorep_body, fixture_json, zynchro_body};

/// The endpoints that take JSON: method, path, content type, and a body that is good.
fn endpoints(id: &str) -> Vec<(&'static str, String, &'static str, Value)> {
    let organisation = "50658c1e-356e-4407-b120-d110552292d8";
    vec![
        ("POST", "/users/one".to_owned(), "application/json", algorep_body()),
        ("PATCH", "/zynchro.api.system-config/v1/users/1".to_owned(), "application/json", zynchro_body()),
        (
            "PATCH",
            format!("/api/v1/users/{id}"),
            "application/merge-patch+json",
            json!({
                "user_name": "n", "display_name": "n", "given_name": "n", "family_name": "n", "email": "a@b", "email_verified": true,
                "phone": "1", "language": "fr", "avatar": "//a", "status": "s", "role": "r", "active": true, "signed_up": true,
                "staff": true, "control_tower": true, "last_login": "2024-01-19T12:45:04Z", "producer_id": organisation,
                "producer_external_id": "p", "grants": [{"client_id": 1, "profile_id": "1"}], "password": "33556567",
                "created_at": "2024-01-19T12:45:04Z", "updated_at": "2024-01-19T12:45:04Z", "links": {"crm": "7"},
            }),
        ),
        (
            "PUT",
            format!("/api/v1/organisations/producer/{organisation}"),
            "application/json",
            json!({"external_id": "p", "name": "n"}),
        ),
        ("PUT", "/api/v1/clients/33".to_owned(), "application/json", json!({"name": "n"})),
        ("PUT", "/api/v1/profiles/33".to_owned(), "application/json", json!({"name": "n"})),
    ]
}

struct Bench {
    roster: Roster,
    id: String,
    before: Value,
}

impl Bench {
    async fn new() -> Self {
        let roster = Roster::start();
        let id =
            roster.upserted("one", &json!({"lastName": "Kept"})).await["id"].as_str().unwrap().to_owned();
        let before = Self::everything(&roster).await;
        Self { roster, id, before }
    }

    async fn everything(roster: &Roster) -> Value {
        let mut registers = Vec::new();
        for register in ["organisations/producer", "clients", "profiles"] {
            registers.push(roster.read(&format!("/{register}")).await.ok());
        }
        json!([roster.everything().await, registers])
    }

    async fn send(
        &self,
        (method, path, content_type, _): &(&str, String, &str, Value),
        body: Vec<u8>,
    ) -> Answer {
        let credential = match path.as_bytes()[1] {
            b'z' => format!("Bearer {}", self.roster.token()),
            _ => self.roster.admin().to_owned(),
        };
        let request = self.roster.with(&credential, method, path).header("content-type", *content_type);
        Answer::of(request.body(body)).await
    }

    /// The body is refused as a whole, and it is told why.
    async fn refused(&self, what: &str, endpoint: &(&str, String, &str, Value), body: Vec<u8>) {
        let answer = self.send(endpoint, body).await;
        assert!((400..500).contains(&answer.status), "{what} to {}: {}", endpoint.1, answer.shown());
        assert!(answer.json().is_object(), "{what} to {}: {}", endpoint.1, answer.shown());
    }

    async fn nothing_changed(&self) {
        assert_eq!(Self::everything(&self.roster).await, self.before);
    }
}

#[tokio::test]
async fn d9_what_is_no_json_is_refused_everywhere() {
    let bench = Bench::new().await;
    let cases = fixture_json("core/fixtures/not-json.json");
    for endpoint in &endpoints(&bench.id) {
        for case in cases.as_array().unwrap() {
            let body = match (case["text"].as_str(), case["hex"].as_str()) {
                (Some(text), _) => text.as_bytes().to_vec(),
                (_, Some(hex)) => (0..hex.len())
                    .step_by(2)
                    .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                    .collect(),
                _ => panic!("{case}"),
            };
            bench.refused(case["why"].as_str().unwrap(), endpoint, body).await;
        }
        for (what, open, close) in [("arrays", "[", "]"), ("objects", "{\"a\":", "}")] {
            for depth in [40, 100_000] {
                let inner = if what == "arrays" { "" } else { "1" };
                let body = format!("{{\"data\":{}{inner}{}}}", open.repeat(depth), close.repeat(depth));
                bench.refused(&format!("{depth} {what}"), endpoint, body.into_bytes()).await;
            }
        }
        let wide: String = (0..50_000).map(|n| format!("\"k{n}\":1,")).collect();
        bench.refused("many keys", endpoint, format!("{{{wide}\"end\":1}}").into_bytes()).await;
        bench.refused("two mebibytes", endpoint, vec![b' '; 2 << 20]).await;
    }
    bench.nothing_changed().await;
}

#[tokio::test]
async fn d9_a_key_given_twice_is_refused_everywhere() {
    let bench = Bench::new().await;
    for endpoint in &endpoints(&bench.id) {
        let good = endpoint.3.to_string();
        for key in keys(&endpoint.3) {
            let doubled = good.replacen(&format!("\"{key}\":"), &format!("\"{key}\":null,\"{key}\":"), 1);
            assert_ne!(doubled, good);
            // A header's unknown and doubled keys are the caller's own business; only what is read counts there.
            if key != "header" && key != "transactionId" {
                bench.refused(&format!("{key} twice"), endpoint, doubled.into_bytes()).await;
            }
        }
    }
    bench.nothing_changed().await;
}

/// Every key in a body, inner ones too.
fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, value)| {
                let mut all = vec![key.clone()];
                all.extend(keys(value));
                all
            })
            .collect(),
        Value::Array(values) => values.iter().flat_map(keys).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

#[tokio::test]
async fn d9_a_wrong_type_is_refused_for_every_field() {
    let bench = Bench::new().await;
    for endpoint in &endpoints(&bench.id) {
        for pointer in pointers(&endpoint.3, "") {
            let good = endpoint.3.pointer(&pointer).unwrap();
            for wrong in wrong_types(good) {
                let mut body = endpoint.3.clone();
                *body.pointer_mut(&pointer).unwrap() = wrong.clone();
                // Two fields take a number where they are documented as text, and one of them any text.
                let lenient = pointer.ends_with("/profileId") || pointer.ends_with("/transactionId");
                if lenient && (wrong.is_number() || wrong.is_string()) {
                    continue;
                }
                bench.refused(&format!("{pointer}: {wrong}"), endpoint, body.to_string().into_bytes()).await;
            }
        }
    }
    bench.nothing_changed().await;
}

/// JSON pointers to everything inside a value.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(key, value)| (format!("{at}/{key}"), value)).collect(),
        Value::Array(values) => {
            values.iter().enumerate().map(|(n, value)| (format!("{at}/{n}"), value)).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    inner
        .into_iter()
        .flat_map(|(pointer, value)| {
            let deeper = pointers(value, &pointer);
            std::iter::once(pointer).chain(deeper)
        })
        .collect()
}

fn wrong_types(good: &Value) -> Vec<Value> {
    let all = [
        json!(true),
        json!(7),
        json!(-1.5),
        json!("no such value \u{7}"),
        json!([true]),
        json!({"no": "such"}),
    ];
    let same_type = |value: &Value| std::mem::discriminant(value) == std::mem::discriminant(good);
    all.into_iter().filter(|value| !same_type(value) || value.is_string()).collect()
}

#[tokio::test]
async fn d9_nul_and_lone_surrogates_are_refused_in_every_text() {
    let bench = Bench::new().await;
    for endpoint in &endpoints(&bench.id) {
        for pointer in pointers(&endpoint.3, "") {
            let Some(text) = endpoint.3.pointer(&pointer).unwrap().as_str() else { continue };
            if pointer.ends_with("/transactionId") {
                continue;
            }
            for bad in ["\\u0000", "\\ud800", "\\udc00", "\\udc00\\ud800", "\\u001f", "\\u0085"] {
                let mut body = endpoint.3.clone();
                *body.pointer_mut(&pointer).unwrap() = json!(format!("{text}MARK"));
                let body = body.to_string().replacen("MARK", bad, 1);
                bench.refused(&format!("{pointer} with {bad}"), endpoint, body.into_bytes()).await;
            }
        }
    }
    bench.nothing_changed().await;
}

#[tokio::test]
async fn d9_numbers_out_of_range_are_refused() {
    let bench = Bench::new().await;
    let numbers = [
        "1e400",
        "-1e400",
        "9223372036854775808",
        "123456789012345678901234567890",
        "33.0",
        "1e2",
        "-0",
        "0",
        "-1",
    ];
    for endpoint in &endpoints(&bench.id) {
        for pointer in pointers(&endpoint.3, "") {
            if !endpoint.3.pointer(&pointer).unwrap().is_number() {
                continue;
            }
            for number in numbers {
                let mut body = endpoint.3.clone();
                *body.pointer_mut(&pointer).unwrap() = json!("MARK");
                let body = body.to_string().replacen("\"MARK\"", number, 1);
                bench.refused(&format!("{pointer}: {number}"), endpoint, body.into_bytes()).await;
            }
        }
    }
    bench.nothing_changed().await;
}

#[tokio::test]
async fn the_good_bodies_of_this_file_are_good() {
    // The control: what is refused above is refused for what was made wrong in it.
    let bench = Bench::new().await;
    for endpoint in &endpoints(&bench.id) {
        let answer = bench.send(endpoint, endpoint.3.to_string().into_bytes()).await;
        assert!((200..300).contains(&answer.status), "{}: {}", endpoint.1, answer.shown());
    }
    assert_ne!(Bench::everything(&bench.roster).await, bench.before);
}
