//! A PostgreSQL server of a test's own, with a port: for what the one that all tests share can't be, encrypted or stopped.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::process::{Pid, Signal, getpid, getuid, kill_process};

use super::{done, programs};

/// What it runs with besides its defaults.
const SETTINGS: [&str; 5] = [
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "shared_buffers=32MB",
    "max_connections=60",
    "log_min_messages=fatal",
];

/// A server; dropping this stops it, and so does the end of the test's thread.
#[derive(Debug)]
pub struct OwnServer {
    place: PathBuf,
    port: u16,
    process: Option<Child>,
}

impl OwnServer {
    /// Makes a server that does not run yet.
    #[expect(clippy::new_without_default, reason = "it makes a folder and much in it")]
    pub fn new() -> Self {
        let server = Self::placed();
        let init = ["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D"];
        done(server.as_owner("initdb").args(init).arg(server.data()));
        server
    }

    /// Makes a standby of a server that runs; it does not run yet.
    pub fn standby_of(primary: &Self) -> Self {
        let server = Self::placed();
        let from = format!("host=127.0.0.1 port={} user=postgres", primary.port);
        let copy = ["--no-sync", "--checkpoint=fast", "--write-recovery-conf", "--dbname", &from, "-D"];
        done(server.as_owner("pg_basebackup").args(copy).arg(server.data()));
        server
    }

    fn placed() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("roster-own-postgres-{}-{turn}", getpid().as_raw_nonzero());
        let place = std::env::temp_dir().join(name);
        fs::create_dir_all(&place).unwrap();
        let server = Self { place, port: free_port(), process: None };
        server.own(&server.place);
        server
    }

    /// Starts it with settings (`name=value`), and waits until it answers.
    pub fn start(&mut self, settings: &[&str]) {
        let sockets = format!("unix_socket_directories={}", self.place.display());
        let mut command = self.as_owner("postgres");
        command.arg("-D").arg(self.data()).args(["-p", &self.port.to_string(), "-c", &sockets]);
        for setting in SETTINGS.iter().chain(settings) {
            command.args(["-c", setting]);
        }
        let log = fs::File::create(self.place.join("log")).unwrap();
        let process = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn();
        let process = self.process.insert(process.unwrap());
        let mut ready = client("pg_isready", &self.place, self.port);
        while !ready.output().unwrap().status.success() {
            if let Some(status) = process.try_wait().unwrap() {
                panic!(
                    "PostgreSQL ended with {status}: {}",
                    fs::read_to_string(self.place.join("log")).unwrap()
                );
            }
        }
    }

    /// Ends it as a crash of its machine would look to others: without a word to anyone.
    pub fn crash(&mut self) {
        let Some(mut process) = self.process.take() else { return };
        let pid = Pid::from_raw(process.id().try_into().unwrap()).unwrap();
        // Immediate shutdown: it also ends what it has started.
        kill_process(pid, Signal::QUIT).unwrap();
        process.wait().unwrap();
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        done(self.as_owner("pg_ctl").args(["promote", "-s", "-w", "-D"]).arg(self.data()));
    }

    /// Its port, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A folder that goes with it.
    pub fn place(&self) -> &Path {
        &self.place
    }

    /// What a statement prints: rows as lines, columns between `|`.
    pub fn sql(&self, statement: &str) -> String {
        let arguments = ["--no-psqlrc", "-At", "-v", "ON_ERROR_STOP=1", "-c", statement];
        done(client("psql", &self.place, self.port).args(arguments))
    }

    /// Gives a file to whom the server runs as: PostgreSQL does not run as root.
    pub fn own(&self, path: &Path) {
        if getuid().is_root() {
            done(Command::new("chown").arg("postgres").arg(path));
        }
    }

    fn data(&self) -> PathBuf {
        self.place.join("data")
    }

    /// A program of the server's, which ends with the test's thread at the latest.
    fn as_owner(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "QUIT"]);
        if getuid().is_root() {
            command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]);
        }
        command.arg("--").arg(programs().join(program)).current_dir("/");
        command
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        self.crash();
        // What is left behind is in the folder for what is temporary.
        let _ = fs::remove_dir_all(&self.place);
    }
}

fn client(program: &str, place: &Path, port: u16) -> Command {
    let mut command = Command::new(programs().join(program));
    command.arg("-h").arg(place).args(["-p", &port.to_string(), "-U", "postgres"]).stdin(Stdio::null());
    command
}

/// A port on which nothing listens.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
