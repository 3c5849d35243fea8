//! One running server.

use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::OnceLock;

use super::cli::{Printed, roster_with};
use super::log::Log;
use super::settings::Settings;
use super::store;

/// A server that runs, on a data directory that goes when it goes.
pub struct Roster {
    settings: Settings,
    /// Goes when the server goes.
    _directory: Option<tempfile::TempDir>,
    child: Child,
    log: Log,
    address: SocketAddr,
    pub(super) client: reqwest::Client,
    key: OnceLock<String>,
    reader: OnceLock<String>,
    admin: OnceLock<String>,
    token: OnceLock<String>,
}

impl Roster {
    /// A server as it is when nothing is set.
    pub fn start() -> Self {
        Settings::default().start()
    }

    /// Settings to start one with.
    pub fn settings() -> Settings {
        Settings::default()
    }

    pub(super) fn start_with(mut settings: Settings) -> Self {
        let directory = settings.data.is_none().then(|| tempfile::tempdir().unwrap());
        let data =
            settings.data.get_or_insert_with(|| directory.as_ref().unwrap().path().join("data")).clone();
        store::prepare(&data);
        if let Some(text) = &settings.file {
            std::fs::create_dir_all(&data).unwrap();
            std::fs::write(data.join("roster.toml"), text).unwrap();
        }
        let (child, log, address) = spawn(&settings, &data);
        // A pool would hide that the server closes connections; a proxy of the machine is none of the test's business.
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let cell = OnceLock::new;
        Self {
            settings,
            _directory: directory,
            child,
            log,
            address,
            client,
            key: cell(),
            reader: cell(),
            admin: cell(),
            token: cell(),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A URL on it.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Its data directory.
    pub fn data(&self) -> &Path {
        self.settings.data.as_deref().unwrap()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it wrote since it was last started.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Runs a command on its data directory, with its settings.
    pub fn cli(&self, arguments: &[&str]) -> Printed {
        self.cli_with(arguments, "")
    }

    /// The same with something on stdin.
    pub fn cli_with(&self, arguments: &[&str], stdin: &str) -> Printed {
        roster_with(&self.settings, self.data(), arguments, stdin)
    }

    /// A new API key.
    pub fn new_key(&self, arguments: &[&str]) -> String {
        let arguments: Vec<&str> = ["key", "create", "test"].iter().chain(arguments).copied().collect();
        self.cli(&arguments).ok().line().to_owned()
    }

    /// A new token, valid for an hour unless said otherwise.
    pub fn new_token(&self, arguments: &[&str]) -> String {
        let expires: &[&str] = if arguments.contains(&"--expires") { &[] } else { &["--expires", "1h"] };
        let arguments: Vec<&str> = ["token", "issue", "--user-name", "console"]
            .iter()
            .chain(expires)
            .chain(arguments)
            .copied()
            .collect();
        self.cli(&arguments).ok().line().to_owned()
    }

    /// An API key that may read and write users.
    pub fn key(&self) -> &str {
        self.key.get_or_init(|| self.new_key(&["--scopes", "users:read,users:write"]))
    }

    /// An API key that may read users alone.
    pub fn reader(&self) -> &str {
        self.reader.get_or_init(|| self.new_key(&["--scopes", "users:read"]))
    }

    /// An API key that may do everything.
    pub fn admin(&self) -> &str {
        self.admin.get_or_init(|| self.new_key(&["--scopes", "users:read,users:write,admin"]))
    }

    /// A token that may read and write, with the authority of a console.
    pub fn token(&self) -> &str {
        self.token.get_or_init(|| self.new_token(&["--scope", "read,write"]))
    }

    /// Sends a signal to it.
    pub fn signal(&self, name: &str) {
        let status =
            std::process::Command::new("kill").args([&format!("-{name}"), &self.pid().to_string()]).status();
        assert!(status.unwrap().success());
    }

    /// Waits until it has ended.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        assert_eq!(self.child.wait().unwrap().signal(), Some(9), "it ended before:\n{}", self.log.text());
    }

    /// `kill -9`, and starts it again on the same data.
    pub fn kill_and_restart(&mut self) {
        self.kill();
        self.restart();
    }

    /// Ends it gracefully.
    pub fn stop(&mut self) {
        self.signal("TERM");
        let status = self.wait();
        assert_eq!(status.code(), Some(0), "{status}:\n{}", self.log.text());
    }

    /// Starts it again once it has ended.
    pub fn restart(&mut self) {
        let (child, log, address) = spawn(&self.settings, self.data());
        self.child = child;
        self.log = log;
        self.address = address;
    }

    /// Starts it again with another setting.
    pub fn restart_with(&mut self, name: &str, value: &str) {
        self.stop();
        self.settings = self.settings.clone().set(name, value);
        self.restart();
    }
}

impl Drop for Roster {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if self._directory.is_some() {
            store::forget(self.data());
        }
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log.text());
        }
    }
}

/// Starts the server and waits until it says where it listens.
fn spawn(settings: &Settings, data: &Path) -> (Child, Log, SocketAddr) {
    let mut child = settings
        .command(data)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(&settings.arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = Log::default();
    log.follow(child.stdout.take().unwrap());
    log.follow(child.stderr.take().unwrap());
    let Some(address) = log.wait_for(address) else {
        let status = child.wait();
        panic!("it did not start ({status:?}):\n{}", log.text());
    };
    (child, log, address)
}

/// The address in the line that tells it.
fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("127.0.0.1:")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let port = digits.parse().ok().filter(|&port: &u16| port != 0)?;
    Some(SocketAddr::from(([127, 0, 0, 1], port)))
}
