//! `roster serve --demo`: what it prints can be pasted.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::harness::fixture_json;

/// A demo, with what it printed.
pub struct Demo {
    child: Child,
    pub page: String,
}

impl Demo {
    /// Starts one, on whatever it takes for a throw-away directory.
    pub fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_roster"))
            .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
            .env_clear()
            .env("TMPDIR", std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut page = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap) {
            page += &line;
            page.push('\n');
            if line.contains("Ctrl-C") {
                break;
            }
        }
        Self { child, page }
    }

    /// What follows `name` on its line.
    pub fn word(&self, name: &str) -> &str {
        let line = self.page.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("no {name} in {}", self.page)).trim()
    }

    /// Where it serves.
    pub fn url(&self) -> String {
        let (_, rest) = self.page.split_once("http://").unwrap();
        format!("http://{}", rest.split_whitespace().next().unwrap())
    }

    /// The commands that are to be pasted.
    fn commands(&self) -> Vec<String> {
        let starts = self.page.match_indices("\ncurl ").map(|(at, _)| at + 1);
        starts.map(|at| self.page[at..].split("\n\n").next().unwrap().to_owned()).collect()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It removes its directory when it ends by itself.
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(asked.is_ok_and(|status| status.success()) || std::thread::panicking());
        let _ = self.child.wait();
    }
}

#[test]
fn both_printed_calls_answer_as_documented() {
    let demo = Demo::start();
    let commands = demo.commands();
    assert_eq!(commands.len(), 2, "{}", demo.page);
    let run = |command: &str| -> (String, Value) {
        let with_status = format!(
            "{} --silent --show-error --noproxy '*' --write-out '\\n%{{http_code}}'",
            command.trim_end()
        );
        let output = Command::new("sh").args(["-c", &with_status]).output().unwrap();
        assert!(output.status.success(), "{}\n{with_status}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let (body, code) = text.rsplit_once('\n').unwrap();
        (code.to_owned(), serde_json::from_str(body).unwrap())
    };
    let (code, mut algorep) = run(&commands[0]);
    let mut expected = fixture_json("algorep/fixtures/upsert.response.json");
    (algorep["id"], expected["id"]) = (Value::Null, Value::Null);
    assert_eq!((code.as_str(), algorep), ("200", expected));
    let (code, zynchro) = run(&commands[1]);
    let mut expected = fixture_json("zynchro/fixtures/update.response.json");
    expected["data"]["user"]["isControlTower"] = json!(true);
    assert_eq!((code.as_str(), zynchro), ("200", expected));
}

#[test]
fn a_demo_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_roster"))
        .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
        .env_clear()
        .env("TMPDIR", directory.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("Ctrl-C")));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    let asked = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(asked.success() && child.wait().unwrap().success());
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}
