//! A directory moves to PostgreSQL and back: of every table every row is there again, but for what is a store's own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use http::Method;
use serde_json::{Value, json};
use tokio::runtime::Builder;
use tokio::task::JoinSet;

use super::{Options, Workspace};
use crate::client::{Client, NoAnswer};
use crate::report::Report;
use crate::server::Server;
use crate::{mark, tool};

mod compare;

const CONNECTIONS: usize = 64;
const PATIENCE: Duration = Duration::from_secs(60);
const KEYS: usize = 20;
const CLIENTS: usize = 50;
const PROFILES: usize = 7;

/// Moves a directory of `rounds` users.
pub fn run(options: &Options) -> Result<Report> {
    let url = options.database_url.as_deref().context("give it --database-url, of an empty database")?;
    let workspace = Workspace::new()?;
    let [before, after] = ["before", "after"].map(|name| workspace.path.join(name));
    let mut report = Report::new(format!("migrate-store of {} users", options.rounds));
    let roster = Roster { binary: &options.roster, url };

    let began = Instant::now();
    let key = roster.fill_registers(&before)?;
    let server = Server::start(&workspace.launch(options, &before))?;
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(live(server.address, &key, options.rounds))?;
    server.stop(PATIENCE)?;
    report.row("made over HTTP", seconds(began));
    let bytes = std::fs::metadata(before.join("roster.db"))?.len();
    report.row("roster.db, MB", bytes / 1_000_000);

    std::fs::create_dir(&after)?;
    std::fs::copy(before.join("master.key"), after.join("master.key"))?;
    let steps: [(&str, Step<'_>); 5] = [
        ("check of the first file", &|| roster.check_file(&before)),
        ("to PostgreSQL, with its check", &|| roster.migrate(tool::text(&before)?, url)),
        ("check of PostgreSQL", &|| roster.check_database(&before)),
        ("back, with its check", &|| roster.migrate(url, tool::text(&after)?)),
        ("check of the second file", &|| roster.check_file(&after)),
    ];
    for (what, step) in steps {
        let began = Instant::now();
        step()?;
        report.row(what, seconds(began));
    }
    compare::tell(&before.join("roster.db"), &after.join("roster.db"), &mut report)?;
    Ok(report)
}

type Step<'a> = &'a dyn Fn() -> Result<String>;

fn seconds(began: Instant) -> String {
    format!("{:.1} s", began.elapsed().as_secs_f64())
}

/// The binary, and the database.
struct Roster<'a> {
    binary: &'a Path,
    url: &'a str,
}

impl Roster<'_> {
    fn run(&self, data: &Path, arguments: &[&str]) -> Result<String> {
        let data = ["--data", tool::text(data)?];
        Ok(tool::run(tool::text(self.binary)?, &[arguments, data.as_slice()].concat())?.trim().to_owned())
    }

    /// Keys, one of them revoked and one of them rotated, and the registers; a key that may do everything.
    fn fill_registers(&self, data: &Path) -> Result<String> {
        let mut keys = Vec::new();
        for n in 0..KEYS {
            let arguments =
                ["key", "create", &format!("key {n}"), "--scopes", "users:read,users:write,admin"];
            let more =
                if n % 2 == 0 { &["--expires", "90d", "--authorities", "ROLE_SYSTEMADMIN"][..] } else { &[] };
            keys.push(self.run(data, &[arguments.as_slice(), more].concat())?);
        }
        for (key, what) in keys.iter().skip(1).zip(["revoke", "rotate"]) {
            let id = key.split('_').nth(1).context("a key without an id")?;
            self.run(data, &["key", what, id])?;
        }
        for n in 1..=CLIENTS {
            self.run(data, &["client", "set", &n.to_string(), &format!("Client {n}")])?;
        }
        for n in 0..PROFILES {
            self.run(data, &["profile", "set", &format!("p{n}"), &format!("Profile {n}")])?;
            let (id, external_id) = (format!("019a0000-0000-7000-8000-{n:012}"), format!("o{n}"));
            self.run(data, &["organisation", "set", "producer", &id, &external_id, "Producer"])?;
        }
        keys.into_iter().next().context("no key was made")
    }

    fn check_file(&self, data: &Path) -> Result<String> {
        self.run(data, &["check"])
    }

    fn check_database(&self, data: &Path) -> Result<String> {
        let url = format!("ROSTER_DATABASE_URL={}", self.url);
        tool::run("env", &[&url, tool::text(self.binary)?, "check", "--data", tool::text(data)?])
    }

    fn migrate(&self, from: &str, to: &str) -> Result<String> {
        tool::run(tool::text(self.binary)?, &["migrate-store", "--from", from, "--to", to])
    }
}

/// Makes the users, over several connections.
async fn live(address: SocketAddr, key: &str, users: usize) -> Result<()> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut tasks: JoinSet<Result<()>> = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let client = Client::new(address, &format!("Bearer {key}"));
        let (mut client, next) = (client, Arc::clone(&next));
        tasks.spawn(async move {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= users {
                    return Ok(());
                }
                live_one(&mut client, n).await?;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// A user is made, linked, granted and changed; of ten, one loses what it was given, one is deleted, and of a thousand one has a
/// password.
async fn live_one(client: &mut Client, n: usize) -> Result<()> {
    let external_id = format!("u{n}");
    let (upsert, linked) =
        (format!("/users/{external_id}"), format!("/api/v1/users/by-link/bubble/{external_id}"));
    let grants: Vec<Value> = (0..3)
        .map(
            |turn| json!({"client_id": (n + turn) % CLIENTS + 1, "profile_id": format!("p{}", n % PROFILES)}),
        )
        .collect();
    let given = json!({"links": {"crm": format!("c{n}"), "erp": format!("e{n}")}, "grants": grants});
    ask(client, Method::POST, &upsert, mark::upsert(&external_id, 1)).await?;
    ask(client, Method::PATCH, &linked, given.to_string()).await?;
    let made = ask(client, Method::POST, &upsert, mark::upsert(&external_id, 2)).await?;
    match n % 10 {
        0 => {
            let taken = json!({"links": {"crm": null}, "grants": []}).to_string();
            ask(client, Method::PATCH, &linked, taken).await?;
        }
        1 => {
            let id = made.get("id").and_then(Value::as_str).context("an answer without an id")?;
            ask(client, Method::DELETE, &format!("/api/v1/users/{id}"), String::new()).await?;
        }
        _ if n % 1_000 == 2 => {
            ask(client, Method::PATCH, &linked, json!({"password": "correct horse"}).to_string()).await?;
        }
        _ => {}
    }
    Ok(())
}

async fn ask(client: &mut Client, method: Method, path: &str, body: String) -> Result<Value> {
    let answer = client
        .send(method, path, body)
        .await
        .map_err(|(NoAnswer::Unsent(error) | NoAnswer::Lost(error))| error)?;
    let said = || String::from_utf8_lossy(&answer.body);
    ensure!((200..300).contains(&answer.status), "{path}: {} {}", answer.status, said());
    Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
}
