//! The processes that are measured.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server that goes when it goes.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// The credential that it wants.
    pub(crate) key: String,
}

impl Server {
    /// Roster as it is when nothing is set, and an API key.
    pub(crate) fn roster(binary: &Path, data: &Path) -> Self {
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        let (child, address) = start(command);
        let scopes = ["key", "create", "throughput", "--scopes", "users:read,users:write", "--data"];
        let created = Command::new(binary).args(scopes).arg(data).output().unwrap();
        assert!(created.status.success(), "{created:?}");
        let key = String::from_utf8(created.stdout).unwrap().trim_end().to_owned();
        Self { child, address, key }
    }

    /// The endpoint that stores nothing, which asks for no credential.
    pub(crate) fn limit() -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("limit-server");
        let (child, address) = start(command);
        Self { child, address, key: "none".to_owned() }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts it, and waits until it tells its address on stdout or stderr.
fn start(mut command: Command) -> (Child, SocketAddr) {
    let (reader, writer) = std::io::pipe().unwrap();
    command.stdout(writer.try_clone().unwrap()).stderr(writer).stdin(Stdio::null());
    let child = command.spawn().unwrap();
    // The command holds the writing end, which would keep the pipe open.
    drop(command);
    let mut lines = BufReader::new(reader).lines();
    let address = lines.find_map(|line| address(&line.unwrap())).expect("it tells its address");
    // What it writes later is read, or it would block.
    std::thread::spawn(move || lines.for_each(drop));
    (child, address)
}

fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("127.0.0.1:")?;
    let port: String = rest.chars().take_while(char::is_ascii_digit).collect();
    format!("127.0.0.1:{port}").parse().ok()
}
