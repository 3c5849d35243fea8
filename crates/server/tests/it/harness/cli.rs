//! The command line, as people and programs use it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::settings::Settings;

/// What a command printed.
#[derive(Debug)]
pub struct Printed {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Printed {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Fails the test unless the command succeeded.
    pub fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// Fails the test unless the command failed by itself, without a panic.
    pub fn failed(self) -> Self {
        assert!(self.code.is_some_and(|code| code != 0), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        self
    }

    /// The only line on stdout.
    pub fn line(&self) -> &str {
        let line = self.stdout.strip_suffix('\n').unwrap_or_else(|| panic!("one line: {self:?}"));
        assert!(!line.is_empty() && !line.contains('\n'), "one line: {self:?}");
        line
    }

    /// stdout as one JSON value.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Runs `roster ARGUMENTS --data DATA` to its end.
pub fn roster(data: &Path, arguments: &[&str]) -> Printed {
    roster_with(&Settings::default(), data, arguments, "")
}

/// The same with settings, and with something on stdin.
pub fn roster_with(settings: &Settings, data: &Path, arguments: &[&str], stdin: &str) -> Printed {
    let mut child = settings
        .command(data)
        .args(arguments)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may have closed it.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    Printed::of(child.wait_with_output().unwrap())
}

/// The help of a command, if there is such a command.
pub fn roster_help(command: &[String]) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_roster")).args(command).arg("--help").output().unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
}

/// What `roster openapi` prints.
pub fn roster_openapi(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_roster")).arg("openapi").args(arguments).output().unwrap();
    Printed::of(output).ok().stdout
}
