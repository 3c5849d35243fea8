//! A PostgreSQL server for tests: one for all of them, started by the first that needs it, with a database for each.
//!
//! Tests are processes of their own, so nobody can stop the server when the last is done: a watch that is started with it stops
//! it once no test has used it for some minutes. It flushes nothing to disk, and so is for tests of what Roster does alone.

mod own;

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fs::{FlockOperation, flock};
use rustix::process::{getpid, getuid};

pub use own::{OwnServer, free_port};

/// The variable that says where PostgreSQL's programs are; `scripts/test-tools` prints it.
const PROGRAMS: &str = "ROSTER_TEST_POSTGRES";

/// What the server runs with besides its defaults.
const SETTINGS: &str = "-c listen_addresses='' -c fsync=off -c full_page_writes=off -c synchronous_commit=off \
                        -c max_connections=500 -c shared_buffers=64MB -c wal_level=minimal -c max_wal_senders=0 \
                        -c max_wal_size=256MB -c autovacuum_naptime=5s";

/// Stops the server once nobody has used it for three minutes, while no test is about to start one.
const WATCH: &str = "while sleep 20; do flock \"$1.lock\" sh -c '[ -n \"$(find \"$1/used\" -mmin -3)\" ] && exit 1; \
                     \"$2/pg_ctl\" stop -m immediate -D \"$1/data\"; rm -rf \"$1\"; exit 0' sh \"$1\" \"$2\" && exit; done";

/// An empty database of its own; dropping this drops it.
#[derive(Debug)]
pub struct TestDatabase {
    server: TestServer,
    name: String,
}

/// The server.
#[derive(Debug)]
struct TestServer {
    programs: PathBuf,
    place: PathBuf,
}

impl TestDatabase {
    /// Makes a database, and starts the server if it does not run.
    #[expect(clippy::new_without_default, reason = "it starts a server")]
    pub fn new() -> Self {
        Self::on("", "")
    }

    /// The same on a server that waits for a standby which never comes: no commit is ever safe there.
    pub fn without_its_standby() -> Self {
        Self::on("-alone", "-c wal_level=replica -c max_wal_senders=2 -c synchronous_standby_names=*")
    }

    fn on(suffix: &str, settings: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let server = TestServer::running(suffix, settings);
        let turn = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{turn}", getpid().as_raw_nonzero());
        // A process of the same number may have been killed before it could drop its own.
        server.client("dropdb", &["--if-exists", "--force", &name]);
        server.client("createdb", &["--template", "template0", "--encoding", "UTF8", &name]);
        Self { server, name }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        let place = self.server.place.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{place}/{}", self.name)
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The socket of its server.
    pub fn socket(&self) -> PathBuf {
        self.server.place.join(".s.PGSQL.5432")
    }

    /// Runs a statement in a transaction that stays open until the process is killed.
    pub fn hold(&self, statement: &str) -> Child {
        let mut psql = self.server.command("psql", &["--no-psqlrc", "-At", "-d", &self.name]);
        let mut child = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let script = format!("BEGIN; {statement}; SELECT 'held';\n");
        child.stdin.as_mut().unwrap().write_all(script.as_bytes()).unwrap();
        let said = BufReader::new(child.stdout.as_mut().unwrap()).lines();
        assert!(said.map_while(Result::ok).any(|line| line == "held"), "{statement}");
        child
    }

    /// What a statement prints: rows as lines, columns between `|`.
    pub fn sql(&self, statement: &str) -> String {
        let arguments = ["--no-psqlrc", "-At", "-v", "ON_ERROR_STOP=1", "-d", &self.name, "-c", statement];
        self.server.client("psql", &arguments)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // What is left behind goes with the server.
        let drop = self.server.command("dropdb", &["--if-exists", "--force", &self.name]).output();
        assert!(drop.is_ok());
    }
}

impl TestServer {
    fn running(suffix: &str, settings: &str) -> Self {
        let place = std::env::temp_dir().join(format!("roster-test-postgres-{}{suffix}", getuid().as_raw()));
        let server = Self { programs: programs(), place };
        let lock = File::create(server.place.with_added_extension("lock")).unwrap();
        flock(&lock, FlockOperation::LockExclusive).unwrap();
        if !server.answers() {
            server.start(settings);
        }
        fs::write(server.place.join("used"), "").unwrap();
        server
    }

    fn answers(&self) -> bool {
        self.command("pg_isready", &[]).output().is_ok_and(|output| output.status.success())
    }

    fn start(&self, more: &str) {
        let place = self.place.display().to_string();
        let _ = fs::remove_dir_all(&self.place);
        fs::create_dir_all(&self.place).unwrap();
        self.own(&self.place);
        let data = format!("{place}/data");
        let init =
            ["--no-sync", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-D", &data];
        done(&mut self.server_command("initdb", &init));
        let (log, settings) = (format!("{place}/log"), format!("{SETTINGS} -k {place} {more}"));
        // What a server inherits it keeps open, and whoever runs the tests would wait for it.
        let start = ["start", "-w", "-s", "-D", &data, "-l", &log, "-o", &settings];
        let started = self
            .server_command("pg_ctl", &start)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        assert!(
            started.unwrap().success(),
            "PostgreSQL did not start: {}",
            fs::read_to_string(log).unwrap_or_default()
        );
        let programs = self.programs.display().to_string();
        let mut watch = as_owner("setsid", &["--fork", "sh", "-c", WATCH, "sh", &place, &programs]);
        assert!(
            watch
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status()
                .unwrap()
                .success()
        );
    }

    /// PostgreSQL does not run as root.
    fn own(&self, path: &Path) {
        if getuid().is_root() {
            done(Command::new("chown").arg("postgres").arg(path));
            done(Command::new("chown").arg("postgres").arg(self.place.with_added_extension("lock")));
        }
    }

    fn server_command(&self, program: &str, arguments: &[&str]) -> Command {
        as_owner(&self.programs.join(program).display().to_string(), arguments)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.arg("-h").arg(&self.place).args(["-U", "postgres"]).args(arguments).stdin(Stdio::null());
        command
    }

    fn client(&self, program: &str, arguments: &[&str]) -> String {
        done(&mut self.command(program, arguments))
    }
}

fn programs() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "what tests need is told to them by variables")]
    let programs = std::env::var(PROGRAMS);
    programs.expect("ROSTER_TEST_POSTGRES is not set: eval \"$(scripts/test-tools)\"").into()
}

fn as_owner(program: &str, arguments: &[&str]) -> Command {
    let mut command = if getuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--", program]);
        command
    } else {
        Command::new(program)
    };
    command.args(arguments).current_dir("/");
    command
}

fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}
