//! The Postman collection, run by newman against a demo, from top to bottom.

use std::process::Command;

use crate::cli::Demo;
use crate::harness::{repository, tool};

#[test]
fn the_postman_collection_succeeds_against_a_demo() {
    let newman = tool("ROSTER_NEWMAN");
    let demo = Demo::start();
    let collection = repository().join("docs/roster.postman_collection.json");
    let variables = [
        ("baseUrl", demo.url()),
        ("apiKey", demo.word("API key").to_owned()),
        ("token", demo.word("Token").to_owned()),
    ];
    let mut command = Command::new(newman);
    command.arg("run").arg(&collection).args(["--color", "off", "--timeout-request", "60000"]);
    for (name, value) in &variables {
        command.args(["--env-var", &format!("{name}={value}")]);
    }
    let ran = command.env("NO_PROXY", "*").output().unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{told}\n{}", String::from_utf8_lossy(&ran.stderr));
    // Every request has a test: none is passed over in silence.
    let text = std::fs::read_to_string(collection).unwrap();
    let tests = text.matches("pm.test(").count();
    let requests = text.matches("\"listen\": \"test\"").count();
    assert!(tests >= requests && requests > 30, "{tests} tests in {requests} requests");
}
