//! Suites that others wrote, against the real server.
//!
//! What fails is compared with a list of what is known to, `expected/<suite>.txt`: one entry a line, and after ` # ` the reason.
//! What fails and is not listed fails the test, and so does an entry that no longer fails.

use std::collections::BTreeSet;
use std::process::{Command, Output};

use serde_json::Value;

use super::BASE;
use crate::harness::{Roster, fixture, tool};

/// How many cases schemathesis makes for each operation, beside those of the examples and of the limits of each parameter.
const EXAMPLES: &str = "30";

/// Requests of which some must have been done: a suite whose every request is refused has tested nothing.
const DONE: [&str; 5] = [
    "POST /scim/v2/Users",
    "PUT /scim/v2/Users/{id}",
    "PATCH /scim/v2/Users/{id}",
    "POST /scim/v2/Groups",
    "PATCH /scim/v2/Groups/{id}",
];

/// A command of the suites, which asks no proxy of the machine, and a directory in which it may leave what it likes.
fn suite(program: &str) -> (Command, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let mut command = Command::new(format!("{}/{program}", tool("ROSTER_SCIM_SUITES")));
    command.current_dir(directory.path()).env("NO_PROXY", "*").env("PYTHONUTF8", "1");
    (command, directory)
}

/// Runs it to its end: 0 where all is well, and 1 where something failed.
fn ran(mut command: Command) -> Output {
    let output = command.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", told(&output));
    output
}

fn told(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    format!("{}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr))
}

/// An API key that may do all that SCIM has.
fn key(roster: &Roster) -> String {
    roster.new_key(&["--source", "suite", "--scopes", "users:read,users:write,groups:write"])
}

/// The entries of a suite's list.
fn expected(suite: &str) -> BTreeSet<String> {
    let text = fixture(&format!("scim/expected/{suite}.txt"));
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entry = |line: &str| {
        let (entry, reason) = line.split_once(" # ").unwrap_or_else(|| panic!("{suite}: no reason: {line}"));
        assert!(!reason.trim().is_empty(), "{suite}: no reason: {line}");
        entry.trim().to_owned()
    };
    lines.map(entry).collect()
}

/// What failed is what is listed.
fn judge(suite: &str, failed: &BTreeSet<String>, output: &Output) {
    let expected = expected(suite);
    let list =
        |entries: Vec<&String>| entries.into_iter().map(|entry| format!("  {entry}\n")).collect::<String>();
    let unexpected = list(failed.difference(&expected).collect());
    assert!(unexpected.is_empty(), "{suite}: not in its list:\n{unexpected}\n{}", told(output));
    let mended = list(expected.difference(failed).collect());
    assert!(mended.is_empty(), "{suite}: in its list, and does not fail:\n{mended}");
}

/// A text without the UUIDs in it, which differ from run to run.
fn without_ids(text: &str) -> String {
    let (mut shown, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        let id = rest.get(..36).filter(|id| uuid::Uuid::try_parse(id).is_ok());
        shown.push_str(if id.is_some() { "[id]" } else { &rest[..first.len_utf8()] });
        rest = &rest[id.map_or(first.len_utf8(), str::len)..];
    }
    shown
}

#[test]
fn scim2_tester_finds_only_what_is_listed() {
    let roster = Roster::start();
    let (mut command, _directory) = suite("scim2");
    command.args(["--url", &roster.url(BASE), "test"]);
    command.env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {}", key(&roster)));
    let output = ran(command);
    // `STATUS check`, and below it, indented, why; the values that it compared come after that.
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    let (mut passed, mut failed) = (0, BTreeSet::new());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        match line.split_once(' ') {
            Some(("SUCCESS" | "COMPLIANT" | "ACCEPTABLE", _)) => passed += 1,
            Some(("DEVIATION" | "ERROR" | "CRITICAL" | "SKIPPED", _)) => {
                let why = lines.peek().filter(|line| line.starts_with("  ")).map_or("", |line| line.trim());
                failed.insert(without_ids(&format!("{line}: {why}")));
            }
            _ => {}
        }
    }
    println!("scim2-tester: {passed} checks passed, {} did not", failed.len());
    // Discovery, and three kinds of a patch for each attribute.
    assert!(passed > 100, "it did not get far:\n{}", told(&output));
    judge("scim2-tester", &failed, &output);
}

#[test]
fn scim_sanity_finds_only_what_is_listed() {
    let roster = Roster::start();
    let (mut command, _directory) = suite("scim-sanity");
    command.args([
        "probe",
        &roster.url(BASE),
        "--token",
        &key(&roster),
        "--json-output",
        "--i-accept-side-effects",
    ]);
    let output = ran(command);
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", told(&output)));
    let results = report["results"].as_array().unwrap();
    let text = |result: &Value, member: &str| result[member].as_str().unwrap().to_owned();
    let failed: BTreeSet<String> = results
        .iter()
        .filter(|result| result["status"] != "pass")
        .map(|result| format!("{}: {}", text(result, "status"), text(result, "name")))
        .collect();
    println!("scim-sanity: {} of {} checks passed", report["summary"]["passed"], report["summary"]["total"]);
    assert!(results.len() > 25, "it did not get far:\n{}", told(&output));
    judge("scim-sanity", &failed, &output);
}

#[test]
fn schemathesis_finds_only_what_is_listed() {
    let roster = Roster::start();
    let (mut command, directory) = suite("schemathesis");
    let report = directory.path().join("report.json");
    command.args([
        "--no-color",
        "run",
        &roster.url("/openapi.json"),
        "--include-path-regex",
        "^/scim/v2(/|$)",
    ]);
    command.args(["--header", &format!("Authorization: Bearer {}", key(&roster))]);
    command.args([
        "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
    ]);
    // The same cases in each run, and each failure, not the first of an operation alone.
    command.args([
        "--max-examples",
        EXAMPLES,
        "--seed",
        "1",
        "--generation-database",
        "none",
        "--continue-on-failure",
    ]);
    command.args(["--report", "json", "--report-json-path"]).arg(&report);
    let output = ran(command);
    let report = std::fs::read(report).unwrap_or_else(|error| panic!("{error}:\n{}", told(&output)));
    let report: Value = serde_json::from_slice(&report).unwrap();
    assert_eq!(
        (&report["complete"], &report["errors"]),
        (&true.into(), &serde_json::json!([])),
        "{}",
        told(&output)
    );
    let mut failed = BTreeSet::new();
    for failure in report["failures"].as_array().unwrap() {
        for operation in failure["operations"].as_array().unwrap() {
            failed.insert(format!("{}: {}", operation.as_str().unwrap(), failure["title"].as_str().unwrap()));
        }
    }
    let (cases, tested) = (&report["test_cases"]["generated"], &report["operations"]["tested"]);
    println!("schemathesis: {cases} cases of {tested} operations in {} s", report["running_time"]);
    assert_eq!(&report["operations"]["selected"], tested, "{}", told(&output));
    assert!(cases.as_u64().is_some_and(|cases| cases >= 2_000), "{cases} cases are too few");
    for operation in DONE {
        let phases = report["valid_rates"][operation].as_object().unwrap().values();
        let done: u64 = phases.filter_map(|phase| phase["accepted"].as_u64()).sum();
        assert!(done > 0, "no {operation} was accepted: do the examples of the document hold?");
    }
    judge("schemathesis", &failed, &output);
}
