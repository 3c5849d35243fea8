//! Loading a contender with users, over its own protocol.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use roster_testkit::load::{Until, saturate};

use super::{Contender, Driven};
use crate::ask::ask;
use crate::operation::Operation;
use crate::plan::{Peer, Size};
use crate::population::{PASSWORD_USERS, Stream};
use crate::speak::Ldap;

/// How many load at once.
const CONNECTIONS: usize = 32;

/// Creates the users, as many as can be in the time there is, and takes the processor away again.
pub(crate) async fn load(contender: &mut Contender, size: &Size) -> Result<()> {
    let Driven::Served { server, speak } = &mut contender.driven else { return Ok(()) };
    let endpoint = speak.endpoint(server.address);
    if contender.about.key == Peer::Slapd.key() {
        for entry in Ldap::containers() {
            ask(&endpoint, &entry).await?;
        }
    }
    let began = Instant::now();
    let mut stream =
        Stream { speak: speak.as_ref(), operation: Operation::Create, population: &mut server.population };
    // One after the other: Roster's numbers are in the order of creation, and passwords are changed by number.
    let first = PASSWORD_USERS.min(size.users);
    let steps = [(1, first), (CONNECTIONS, size.users - first)];
    for (connections, users) in steps {
        let until = Until::Either(users, Duration::from_secs_f64(size.load_seconds));
        let report = saturate(&endpoint, connections, until, &mut stream).await;
        ensure!(report.wrong == 0, "a user can't be created: {:?}", report.faults);
    }
    server.population.is_loaded();
    contender.about.load_seconds = began.elapsed().as_secs_f64();
    contender.about.loaded = server.population.len();
    contender.about.memory_loaded = server.process.memory()?.now;
    server.process.pause()
}

/// Gives those users a password whose passwords change, so that from then on each change is a verification and a hash.
pub(crate) async fn prime_passwords(roster: &mut Contender) -> Result<()> {
    let Driven::Served { server, speak } = &mut roster.driven else { return Ok(()) };
    let endpoint = speak.endpoint(server.address);
    let mut stream =
        Stream { speak: speak.as_ref(), operation: Operation::Password, population: &mut server.population };
    let report = saturate(&endpoint, CONNECTIONS, Until::Requests(PASSWORD_USERS), &mut stream).await;
    ensure!(report.wrong == 0, "a password can't be set: {:?}", report.faults);
    Ok(())
}
