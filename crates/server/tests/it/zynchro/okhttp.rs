//! The document's Java sample, compiled and run.

use std::process::Command;

use serde_json::{Value, json};

use super::answers::with_three_users;
use crate::harness::{fixture, fixture_json, tool};

#[tokio::test]
async fn the_documented_okhttp_sample_runs_as_printed() {
    let roster = with_three_users().await;
    let source = fixture("zynchro/okhttp/UpdateUser.java");
    let filled =
        source.replace("\"host:port/", &format!("\"{}/", roster.url(""))).replace("••••••", roster.token());
    assert_ne!(filled, source);
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("UpdateUser.java"), filled).unwrap();
    let classpath = format!("{}:{}", tool("ROSTER_OKHTTP_CLASSPATH"), directory.path().display());
    // What RequestBody.create(MediaType, String) was replaced by differs between versions of OkHttp; the sample has this one.
    for (program, arguments) in [
        ("javac", vec!["-encoding", "UTF-8", "-cp", &classpath, "-d", ".", "UpdateUser.java"]),
        ("java", vec!["-cp", &classpath, "UpdateUser"]),
    ] {
        let ran = Command::new(program).args(&arguments).current_dir(directory.path()).output().unwrap();
        assert!(ran.status.success(), "{program}: {}", String::from_utf8_lossy(&ran.stderr));
        if program == "java" {
            let printed = String::from_utf8(ran.stdout).unwrap();
            let (code, body) = printed.split_once('\n').unwrap();
            let mut expected = fixture_json("zynchro/fixtures/update.response.json");
            expected["data"]["user"]["isControlTower"] = json!(true);
            assert_eq!((code, serde_json::from_str::<Value>(body).unwrap()), ("200", expected));
        }
    }
}
