//! Settings: flag, variable, file, in that order, under one name.

use serde_json::json;

use crate::harness::{Printed, Roster, roster_with};

/// `roster config show --json` with a file, variables and flags.
fn shown(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> Printed {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("roster.toml"), file).unwrap();
    let settings =
        variables.iter().fold(Roster::settings(), |settings, (name, value)| settings.set(name, value));
    let arguments: Vec<&str> = ["config", "show", "--json"].iter().chain(flags).copied().collect();
    roster_with(&settings, directory.path(), &arguments, "")
}

#[test]
fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
    let file = "unique_email = true\nbody_limit = \"2MiB\"\nreferences = \"known\"\n";
    for (variables, flags, expected) in [
        (&[][..], &[][..], [("unique_email", json!(true), "file"), ("references", json!("known"), "file")]),
        (
            &[("unique_email", "false")],
            &[],
            [("unique_email", json!(false), "variable"), ("references", json!("known"), "file")],
        ),
        (
            &[("unique_email", "false"), ("references", "open")],
            &["--unique-email", "--body-limit", "3MiB"],
            [("unique_email", json!(true), "flag"), ("references", json!("open"), "variable")],
        ),
    ] {
        let shown = shown(file, variables, flags).ok().json();
        for (name, value, origin) in expected {
            assert_eq!(shown[name], json!({"value": value, "origin": origin}), "{variables:?} {flags:?}");
        }
    }
    let shown = shown(file, &[], &["--body-limit", "3MiB"]).ok().json();
    assert_eq!(shown["body_limit"], json!({"value": "3MiB", "origin": "flag"}));
    assert_eq!(shown["empty_string"], json!({"value": "erase", "origin": "default"}));
}

#[tokio::test]
async fn a_setting_of_each_origin_has_its_effect() {
    let body = json!({"unknown": 1});
    let by_file = Roster::settings().file("unknown_fields = \"ignore\"").start();
    assert_eq!(by_file.upsert("x", &body).await.status, 200);
    let by_variable =
        Roster::settings().file("unknown_fields = \"ignore\"").set("unknown_fields", "refuse").start();
    assert_eq!(by_variable.upsert("x", &body).await.status, 400);
    let by_flag = Roster::settings()
        .set("unknown_fields", "refuse")
        .argument("--unknown-fields")
        .argument("ignore")
        .start();
    assert_eq!(by_flag.upsert("x", &body).await.status, 200);
}

#[test]
fn every_fault_of_the_settings_is_told_at_once_and_no_value() {
    let refused = shown(
        "unique_email = \"seCret\"\nno_such_setting = 1\n",
        &[("body_limit", "seCret"), ("references", "seCret")],
        &["--jwt-leeway", "seCret"],
    )
    .failed();
    for named in ["unique_email", "no_such_setting", "ROSTER_BODY_LIMIT", "ROSTER_REFERENCES", "--jwt-leeway"]
    {
        assert!(refused.stderr.contains(named), "{named}: {}", refused.stderr);
    }
    assert!(!refused.stderr.contains("seCret"), "{}", refused.stderr);
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_place() {
    let refused = shown("unique_email = \n", &[], &[]).failed();
    assert!(refused.stderr.contains("roster.toml") && refused.stderr.contains('1'), "{}", refused.stderr);
}

#[test]
fn config_check_tells_what_serving_would() {
    let directory = tempfile::tempdir().unwrap();
    let check = |settings| roster_with(&settings, directory.path(), &["config", "check"], "");
    check(Roster::settings()).ok();
    for (name, value) in [
        (
            "issuers",
            "[{ iss = \"https://id.example\", jwks_url = \"http://id.example/keys\", audience = \"x\" }]",
        ),
        ("jwt_leeway", "2m"),
        ("listen", "nowhere"),
    ] {
        let refused = check(Roster::settings().set(name, value)).failed();
        assert!(!refused.stderr.is_empty(), "{name}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "a check leaves nothing behind");
}

#[test]
fn every_setting_is_shown_for_people_and_for_programs() {
    let directory = tempfile::tempdir().unwrap();
    let shown =
        roster_with(&Roster::settings(), directory.path(), &["config", "show", "--json"], "").ok().json();
    let table = roster_with(&Roster::settings(), directory.path(), &["config", "show"], "").ok();
    let settings = shown.as_object().unwrap();
    assert!(settings.len() > 20);
    for name in settings.keys() {
        assert!(table.stdout.contains(name.as_str()), "{name}");
    }
}
