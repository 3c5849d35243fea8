//! Roster, and the limit that answers what it answered.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use roster_testkit::load::Exchange;

use super::install::{Started, start};
use super::{Also, Contender, Driven, Places, named, nobody, served};
use crate::ask::ask;
use crate::limit::{Answers, Asked};
use crate::operation::Operation;
use crate::people;
use crate::plan::Peer;
use crate::population::Population;
use crate::process::{Process, free_address, run};
use crate::result::Contestant;
use crate::speak::{Credentials, Manner, Roster, Speak as _, Subject};

const SETTINGS: &str =
    "as it is when nothing is set: SQLite, WAL, flushed before each answer, journal, validation";
/// What opens an id.
const ID: &str = r#""id":""#;
/// No other number of a request is near it.
const FAR_TURN: u64 = 1 << 40;

/// Starts Roster over a new data directory. `under` is a command that it is started by, which execs it; none if empty.
pub(crate) fn roster(
    binary: &Path,
    places: &Places,
    key: &str,
    under: &[String],
) -> Result<(Contender, Credentials)> {
    start_roster(binary, places, named(key, "Roster", SETTINGS), under, &[], Manner::Plain)
}

/// Starts a PostgreSQL of its own, and Roster over it.
pub(crate) fn on_postgres(binary: &Path, places: &Places, peer: Peer) -> Result<Contender> {
    let about = nobody(peer);
    let place = places.data_of(&format!("{}-database", about.key));
    let Started { versions, process: database, address } = start("postgres", places, &place)?;
    let batch = if peer == Peer::PostgresAlone { "off" } else { "on" };
    // By its socket, as whoever has both on one machine would.
    let socket = place.display().to_string().replace('/', "%2F");
    let url = format!("postgres://postgres@{socket}:{}/postgres", address.port());
    let settings = [("ROSTER_DATABASE_URL", url.as_str()), ("ROSTER_DATABASE_BATCH", batch)];
    let (mut contender, _) = start_roster(binary, places, about, &[], &settings, Manner::WithoutPasswords)?;
    contender.about.versions.extend(versions);
    if let Driven::Served { server, .. } = &mut contender.driven {
        server.process.needs(database);
    }
    Ok(contender)
}

fn start_roster(
    binary: &Path,
    places: &Places,
    mut about: Contestant,
    under: &[String],
    settings: &[(&str, &str)],
    manner: Manner,
) -> Result<(Contender, Credentials)> {
    let (data, log, address) = (places.data_of(&about.key), places.log_of(&about.key), free_address()?);
    let call = |arguments: &[&str]| {
        run(Command::new(binary).args(arguments).arg("--data").arg(&data).envs(settings.iter().copied()))
    };
    about.versions = vec![run(Command::new(binary).arg("--version"))?];
    let api_key = call(&["key", "create", "bench", "--scopes", "users:read,users:write"])?;
    let token =
        call(&["token", "issue", "--user-name", "bench", "--scope", "read,write", "--expires", "24h"])?;
    let credentials = Credentials { key: format!("Bearer {api_key}"), token: format!("Bearer {token}") };

    let binary = binary.to_str().context("the path of Roster is no text")?.to_owned();
    let mut words = under.iter().chain([&binary]);
    let mut serve = Command::new(words.next().unwrap_or(&binary));
    serve.args(words).args(["serve", "--listen", &address.to_string(), "--data"]).arg(&data);
    serve.envs(settings.iter().copied());
    let mut process = Process::start(&serve, &log)?;
    process.wait_for(address, &log).context("Roster can't be started")?;
    let speak = Roster { credentials: credentials.clone(), manner };
    Ok((served(about, process, address, &data, Box::new(speak))?, credentials))
}

/// What Roster answers to each request, for the limit to answer.
pub(crate) async fn answers(roster: &Contender, credentials: &Credentials) -> Result<Answers> {
    let Driven::Served { server, .. } = &roster.driven else { return Ok(Answers::default()) };
    let speak = Roster { credentials: credentials.clone(), manner: Manner::Plain };
    let endpoint = speak.endpoint(server.address);
    let (user, place) = (0, &server.population.place);
    let id = server.population.id(user);
    let subject = Subject { user, id, turn: FAR_TURN, place };
    let (external_id, email) = (people::external_id(user), people::email(user));
    let mut answers = Answers::default();
    for (asked, operation, opening, name) in [
        (Asked::Upsert, Operation::Repeat, r#""bubbleId":""#, external_id.as_str()),
        (Asked::Patch, Operation::Patch, ID, id),
        (Asked::User, Operation::Get, ID, id),
        (Asked::Email, Operation::Search, r#""email":""#, email.as_str()),
        (Asked::FirstPage, Operation::FirstPage, "", ""),
        (Asked::LastPage, Operation::LastPage, "", ""),
    ] {
        let mut exchange = Exchange { status: 200, ..Exchange::default() };
        speak.write(operation, &subject, &mut exchange);
        answers.add(asked, &ask(&endpoint, &exchange).await?, opening, name)?;
    }
    Ok(answers)
}

/// Roster again, with an `Idempotency-Key` on every write.
pub(crate) fn idempotent(roster: &Contender, credentials: &Credentials) -> Also {
    let speak = Box::new(Roster { credentials: credentials.clone(), manner: Manner::Idempotent });
    let Contestant { key, title, settings, .. } = nobody(Peer::Idempotent);
    Also { about: Contestant { key, title, settings, ..roster.about.clone() }, speak }
}

/// Starts the limit, which has the users of Roster.
pub(crate) fn limit(
    places: &Places,
    roster: &Contender,
    credentials: &Credentials,
    answers: &Answers,
) -> Result<Contender> {
    let about = nobody(Peer::Limit);
    let (data, log, address) = (places.data_of(&about.key), places.log_of(&about.key), free_address()?);
    std::fs::create_dir_all(&data)?;
    let path = data.join("answers.json");
    answers.write(&path)?;
    let mut serve = Command::new(std::env::current_exe()?);
    serve.args(["limit", "--port", &address.port().to_string(), "--answers"]).arg(&path);
    let mut process = Process::start(&serve, &log)?;
    process.wait_for(address, &log)?;
    let speak = Roster { credentials: credentials.clone(), manner: Manner::Limit };
    let mut contender = served(about, process, address, &data, Box::new(speak))?;
    if let (Driven::Served { server, .. }, Driven::Served { server: rosters, .. }) =
        (&mut contender.driven, &roster.driven)
    {
        server.population = Population::like(&rosters.population);
    }
    contender.pause()?;
    Ok(contender)
}
