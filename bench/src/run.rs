//! A run: everybody is loaded, then measured in turns.

use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use roster_directory::{Clock as _, SystemClock};

use crate::contender::{self, Contender, Places};
use crate::counted;
use crate::machine;
use crate::measure::measure;
use crate::operation::Operation;
use crate::plan::{Peer, Plan, Size};
use crate::result::{Contestant, Figures, Planned, Results, Sample};
use crate::speak::Credentials;
use crate::{argon, sustained};

/// Measures.
pub(crate) async fn run(plan: &Plan) -> Result<Results> {
    let began = Instant::now();
    let size = plan.size();
    // Open to all: PostgreSQL is another user where this is root.
    let open = std::fs::Permissions::from_mode(0o755);
    let data = tempfile::Builder::new().prefix("data-").permissions(open).tempdir_in(&plan.work)?;
    let places = places(plan, data.path())?;
    let mut results = empty(plan, &size, data.path())?;
    say(&format!("{} users, {} rounds, data in {}", size.users, size.rounds, data.path().display()));

    let (mut contenders, absent) = gather(plan, &size, &places).await?;
    for round in 1..=size.rounds {
        say(&format!("round {round}: Argon2id"));
        results.passwords.push(argon::measure(round, Duration::from_secs_f64(size.seconds))?);
        play(round, &size, &plan.connections, &mut contenders, &mut results.samples).await?;
    }
    for contender in &mut contenders {
        let memory = contender.memory()?;
        let also = contender.also.iter_mut().map(|also| &mut also.about);
        for about in also.chain([&mut contender.about]) {
            (about.memory_ended, about.memory_peak) = (memory.now, memory.peak);
        }
    }
    let rosters = contenders.first_mut().context("Roster is the first")?;
    say("longer loads on Roster");
    rosters.resume()?;
    results.sustained = sustained::measure(rosters, &size).await?;
    rosters.pause()?;
    results.contenders = contenders.iter().flat_map(Contender::abouts).cloned().chain(absent).collect();
    drop(contenders);
    say("syncs of Roster, counted");
    results.counted = counted::measure(&plan.roster, &places, &size).await?;
    results.minutes = began.elapsed().as_secs_f64() / 60.0;
    Ok(results)
}

/// What a run does, on standard error.
pub(crate) fn say(what: &str) {
    eprintln!("bench: {what}");
}

fn places(plan: &Plan, data: &std::path::Path) -> Result<Places> {
    let places = Places {
        sources: std::path::absolute(plan.root.join("bench/peers"))?,
        installed: std::path::absolute(plan.work.join("peers"))?,
        data: std::path::absolute(data)?,
        logs: std::path::absolute(plan.work.join("logs"))?,
    };
    std::fs::create_dir_all(&places.installed)?;
    // The logs of an earlier run say nothing of this one.
    if places.logs.exists() {
        std::fs::remove_dir_all(&places.logs)?;
    }
    std::fs::create_dir_all(&places.logs)?;
    Ok(places)
}

fn empty(plan: &Plan, size: &Size, data: &std::path::Path) -> Result<Results> {
    Ok(Results {
        began: SystemClock.now().to_rfc3339_millis(),
        minutes: 0.0,
        commit: machine::commit(&plan.root),
        machine: machine::describe(data)?,
        plan: Planned {
            users: size.users,
            rounds: size.rounds,
            seconds: size.seconds,
            connections: plan.connections.clone(),
        },
        contenders: Vec::new(),
        samples: Vec::new(),
        passwords: Vec::new(),
        sustained: Vec::new(),
        counted: Vec::new(),
    })
}

/// Installs, starts and loads everybody, Roster first. Those who can't be are told apart, with the reason.
async fn gather(plan: &Plan, size: &Size, places: &Places) -> Result<(Vec<Contender>, Vec<Contestant>)> {
    let (mut roster, credentials) = contender::roster(&plan.roster, places, "roster", &[])?;
    introduce(&mut roster, size).await.context("Roster")?;
    prime_passwords(&mut roster).await?;
    let (mut present, mut absent) = (vec![roster], Vec::new());
    for peer in Peer::ALL.into_iter().filter(|peer| plan.peers.contains(peer)) {
        match join(peer, plan, &mut present, &credentials, places, size).await {
            Ok(contender) => present.extend(contender),
            Err(error) => {
                say(&format!("{} is left out: {error:#}", peer.title()));
                absent.push(Contestant { absent: Some(format!("{error:#}")), ..contender::nobody(peer) });
            }
        }
    }
    Ok((present, absent))
}

async fn join(
    peer: Peer,
    plan: &Plan,
    present: &mut [Contender],
    credentials: &Credentials,
    places: &Places,
    size: &Size,
) -> Result<Option<Contender>> {
    let Some(roster) = present.first_mut() else { bail!("Roster is the first") };
    match peer {
        Peer::Idempotent => {
            roster.also = Some(contender::idempotent(roster, credentials));
            Ok(None)
        }
        Peer::Limit => {
            roster.resume()?;
            let answers = contender::answers(roster, credentials).await;
            roster.pause()?;
            contender::limit(places, roster, credentials, &answers?).map(Some)
        }
        Peer::Store => {
            say(&format!("{}: loading", peer.title()));
            contender::sqlite_store(places, size.users).map(Some)
        }
        Peer::Postgres | Peer::PostgresAlone => {
            let mut contender = contender::on_postgres(&plan.roster, places, peer)?;
            introduce(&mut contender, size).await?;
            Ok(Some(contender))
        }
        Peer::Slapd | Peer::Scim2Server | Peer::Scimmy | Peer::Express | Peer::Fastapi => {
            say(&format!("{}: installing", peer.title()));
            let mut contender = contender::peer(peer, places)?;
            introduce(&mut contender, size).await?;
            Ok(Some(contender))
        }
    }
}

async fn introduce(contender: &mut Contender, size: &Size) -> Result<()> {
    say(&format!("{}: loading", contender.about.title));
    contender::load(contender, size).await?;
    let about = &contender.about;
    say(&format!("{}: {} users in {:.0} s", about.title, about.loaded, about.load_seconds));
    Ok(())
}

/// Gives those users a password whose passwords change, so that each change is a verification and a hash.
async fn prime_passwords(roster: &mut Contender) -> Result<()> {
    roster.resume()?;
    contender::prime_passwords(roster).await?;
    roster.pause()
}

/// One round: each operation of each contender, those of one operation one right after the other.
async fn play(
    round: u32,
    size: &Size,
    connections: &[usize],
    contenders: &mut [Contender],
    samples: &mut Vec<Sample>,
) -> Result<()> {
    let mut turn = usize::try_from(round)?;
    for operation in Operation::ALL {
        for &connections in connections {
            // Another goes first each time, so that none always follows the same one.
            turn += 1;
            let (late, early) = contenders.split_at_mut(turn % contenders.len());
            let in_turn = early.iter_mut().chain(late);
            for contender in in_turn.filter(|contender| contender.offers(operation)) {
                let lasting = Duration::from_secs_f64(size.seconds);
                for (contender, figures) in measured(contender, operation, connections, lasting).await {
                    let (rate, wrong) = (figures.per_second, figures.wrong);
                    let what = format!("round {round}: {}, {connections}: {contender}", operation.title());
                    say(&format!(
                        "{what}: {rate:.0} a second{}",
                        if wrong == 0 { "" } else { ", WRONG ANSWERS" }
                    ));
                    samples.push(Sample { contender, operation, connections, round, figures });
                }
            }
        }
    }
    Ok(())
}

/// One that fails is told so in the results, and does not end the run.
async fn measured(
    contender: &mut Contender,
    operation: Operation,
    connections: usize,
    lasting: Duration,
) -> Vec<(String, Figures)> {
    let measured = measure(contender, operation, connections, lasting).await;
    measured.unwrap_or_else(|error| {
        let failed = Figures { wrong: 1, faults: vec![format!("{error:#}")], ..Figures::default() };
        vec![(contender.about.key.clone(), failed)]
    })
}
