//! What is asked for on the command line.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Measure Roster beside its peers and beside what the machine can do.
#[derive(Debug, Clone, Args)]
pub(crate) struct Plan {
    /// The repository.
    #[arg(long, default_value = ".")]
    pub(crate) root: PathBuf,
    /// The server to measure.
    #[arg(long, default_value = "target/release/roster")]
    pub(crate) roster: PathBuf,
    /// A folder for the peers, their data and the results.
    #[arg(long, default_value = "target/bench")]
    pub(crate) work: PathBuf,
    /// Where the results go [default: a folder named by the time, below WORK/results].
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// A short run: 10,000 users, 1 round, 1 second for each measurement. To see that it works, not to be quoted.
    #[arg(long)]
    pub(crate) quick: bool,
    /// How many users each contender is loaded with [default: 100000].
    #[arg(long, value_name = "N")]
    pub(crate) users: Option<u64>,
    /// How many rounds [default: 3].
    #[arg(long, value_name = "N")]
    pub(crate) rounds: Option<u32>,
    /// How long each measurement takes [default: 3].
    #[arg(long, value_name = "S")]
    pub(crate) seconds: Option<f64>,
    /// The numbers of connections.
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "1,32")]
    pub(crate) connections: Vec<usize>,
    /// Whom to measure beside Roster.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_enum, default_values_t = Peer::ALL)]
    pub(crate) peers: Vec<Peer>,
    /// Put the tables and the plots into docs/ as well.
    #[arg(long)]
    pub(crate) docs: bool,
    /// Measure nothing: take the results of an earlier run.
    #[arg(long, value_name = "DIR")]
    pub(crate) from: Option<PathBuf>,
}

/// Someone to measure beside Roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// Roster again, with an Idempotency-Key on every write.
    Idempotent,
    /// An endpoint that reads the same requests and answers the same bytes, and stores nothing.
    Limit,
    /// The SQLite store, driven directly.
    Store,
    /// Roster on PostgreSQL.
    Postgres,
    /// Roster on PostgreSQL, each change a transaction of its own.
    PostgresAlone,
    /// OpenLDAP.
    Slapd,
    /// scim2-server.
    Scim2Server,
    /// SCIMMY on Express.
    Scimmy,
    /// Express with better-sqlite3.
    Express,
    /// FastAPI with SQLAlchemy.
    Fastapi,
}

impl Peer {
    pub(crate) const ALL: [Self; 10] = [
        Self::Idempotent,
        Self::Limit,
        Self::Store,
        Self::Postgres,
        Self::PostgresAlone,
        Self::Slapd,
        Self::Scim2Server,
        Self::Scimmy,
        Self::Express,
        Self::Fastapi,
    ];

    /// What the results call it; for those that are installed, their folder in `bench/peers` too.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Idempotent => "roster-idempotent",
            Self::Limit => "limit",
            Self::Store => "store",
            Self::Postgres => "postgres",
            Self::PostgresAlone => "postgres-alone",
            Self::Slapd => "slapd",
            Self::Scim2Server => "scim2-server",
            Self::Scimmy => "scimmy",
            Self::Express => "express",
            Self::Fastapi => "fastapi",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Idempotent => "Roster, Idempotency-Key",
            Self::Limit => "HTTP limit",
            Self::Store => "store, no HTTP",
            Self::Postgres => "on PostgreSQL",
            Self::PostgresAlone => "on PostgreSQL, no batches",
            Self::Slapd => "OpenLDAP",
            Self::Scim2Server => "scim2-server",
            Self::Scimmy => "SCIMMY",
            Self::Express => "Express",
            Self::Fastapi => "FastAPI",
        }
    }

    /// How it is set up.
    pub(crate) fn settings(self) -> &'static str {
        match self {
            Self::Idempotent => "the same server, an `Idempotency-Key` on every write",
            Self::Limit => {
                "axum: parses the same requests and answers the bytes that Roster answered; no credential, no store"
            }
            Self::Store => {
                "Roster's directory over its SQLite store, called in one process; no HTTP, no JSON"
            }
            Self::Postgres => {
                "Roster with `database_url`: PostgreSQL on the same machine by its socket, durable as when nothing is set, `shared_buffers` 256 MB, `max_wal_size` 4 GB; processor time is both servers', memory Roster's"
            }
            Self::PostgresAlone => "the same with `database_batch = off`, over a cluster of its own",
            Self::Slapd => {
                "mdb, synced at each change (no `dbnosync`, no checkpoint interval), indices on uid and mail, 16 threads, over LDAP"
            }
            Self::Scim2Server => {
                "in memory: **nothing is durable**; its ASGI application under one uvicorn; searched by userName, which it indexes"
            }
            Self::Scimmy => {
                "on Express 4 over better-sqlite3, WAL, `synchronous=FULL`, one process; searched by userName"
            }
            Self::Express => "Express 4 and better-sqlite3, WAL, `synchronous=FULL`, one process",
            Self::Fastapi => "FastAPI and SQLAlchemy's ORM over SQLite, WAL, `synchronous=FULL`, one uvicorn",
        }
    }
}

/// A long run or a short one.
#[derive(Debug, Clone)]
pub(crate) struct Size {
    pub(crate) users: u64,
    pub(crate) rounds: u32,
    pub(crate) seconds: f64,
    /// How long the longer loads on Roster take.
    pub(crate) sustained_seconds: f64,
    /// The most time that loading one contender may take.
    pub(crate) load_seconds: f64,
}

impl Plan {
    pub(crate) fn size(&self) -> Size {
        let usual = if self.quick {
            Size { users: 10_000, rounds: 1, seconds: 1.0, sustained_seconds: 3.0, load_seconds: 60.0 }
        } else {
            Size { users: 100_000, rounds: 3, seconds: 3.0, sustained_seconds: 20.0, load_seconds: 900.0 }
        };
        Size {
            users: self.users.unwrap_or(usual.users),
            rounds: self.rounds.unwrap_or(usual.rounds),
            seconds: self.seconds.unwrap_or(usual.seconds),
            ..usual
        }
    }
}
