//! Deciding a batch of changes, inside the transaction that will write them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures_util::future::join;
use roster_directory::Rules;
use roster_directory::store::{Decide, Decision, ReadSet, Seen, Submitted};

use crate::error::{Error, Result};
use crate::load::{self, Present, Reading, Reads};
use crate::net::{Net, Told};
use crate::numbers::Numbers;
use crate::readers::Readers;
use crate::records::Lock;
use crate::save::{self, Plan};
use crate::session::Session;
use crate::{Sealing, transaction};

/// How often a change may ask to read more. Each time it learns something new, and what it can ask for is bounded:
/// by far the most that any change needs is a handful.
const MOST_READS: usize = 16;

/// What came of a batch that is ready to be written.
pub(crate) struct Ready {
    pub(crate) answers: Vec<Submitted>,
    /// What the journals will tell of it.
    pub(crate) changes: Vec<Told>,
    /// What writes it.
    pub(crate) plan: Plan,
    /// The first number that is free behind it, if one was asked for.
    pub(crate) next_number: Option<i64>,
}

/// What a batch is decided with.
pub(crate) struct Turn<'a> {
    pub(crate) session: &'a Session,
    pub(crate) sealing: &'a Sealing,
    pub(crate) readers: &'a Readers,
    pub(crate) numbers: &'a mut Numbers,
    pub(crate) rules: Rules,
    /// Whether rows of one table share a statement.
    pub(crate) reads: Reads,
}

/// Begins a transaction, and decides `changes` in order, each over what the earlier ones left. Nothing is written yet, and
/// whatever this returns, the transaction is still open.
pub(crate) async fn run(turn: &mut Turn<'_>, changes: &[Arc<dyn Decide>]) -> Result<Ready> {
    let (mut seen, mut present, mut net) = (Seen::new(), Present::default(), Net::default());
    let mut wanted = ReadSet::default();
    for change in changes {
        merge(&mut wanted, change.reads());
        merge(&mut wanted, change.reads_to_write());
    }
    // One way to the server and back for both. The records that a change writes are among what it surely reads.
    let keyring = &turn.sealing.keyring;
    let how = Reading { present: &mut present, lock: Lock::Write, reads: turn.reads, net: &net };
    let filled = load::fill(turn.session, keyring, &mut seen, wanted, how);
    let (begun, filled) = join(transaction::begin(turn.session), filled).await;
    begun.and(filled)?;
    let mut answers = Vec::with_capacity(changes.len());
    for (index, change) in changes.iter().enumerate() {
        let rest = changes.get(index + 1..).unwrap_or_default();
        // It only refers to what it reads later: batches of several processes may do so side by side.
        let how = Reading { present: &mut present, lock: Lock::Refer, reads: turn.reads, net: &net };
        answers.push(match decide(turn, &mut seen, how, &**change, rest).await? {
            Decision::Done { writes, verdict } => {
                if !writes.is_empty() {
                    seen.apply(&writes);
                    net.add(*writes);
                }
                Submitted::Decided(verdict)
            }
            Decision::Stale => Submitted::Stale,
            Decision::ReadMore(_) => return Err(Error::Endless),
        });
    }
    let plan = save::plan(turn.sealing, &net, &present, (turn.rules, turn.reads))?;
    let next_number = seen.next_number().map(|number| number.get());
    Ok(Ready { answers, changes: net.changes(), plan, next_number })
}

/// Asks a change until it needs nothing more. What the changes behind it will ask for is read along: they mostly ask for
/// the same kind of thing.
async fn decide(
    turn: &mut Turn<'_>,
    seen: &mut Seen,
    Reading { present, lock, reads, net }: Reading<'_>,
    change: &dyn Decide,
    rest: &[Arc<dyn Decide>],
) -> Result<Decision> {
    if let Some(next) = seen.next_number() {
        // The block may have ended with the change before.
        seen.put_next_number(turn.numbers.at_least(next.get(), turn.readers).await?);
    }
    for _ in 0..MOST_READS {
        match ask(change, seen)? {
            Decision::ReadMore(mut wanted) => {
                for later in rest {
                    // One that fails does so when its turn comes.
                    if let Ok(Decision::ReadMore(more)) = ask(&**later, seen) {
                        merge(&mut wanted, more);
                    }
                }
                if wanted.number && seen.next_number().is_none() {
                    seen.put_next_number(turn.numbers.at_least(1, turn.readers).await?);
                }
                let how = Reading { present: &mut *present, lock, reads, net };
                load::fill(turn.session, &turn.sealing.keyring, seen, wanted, how).await?;
            }
            decided @ (Decision::Done { .. } | Decision::Stale) => return Ok(decided),
        }
    }
    Err(Error::Endless)
}

/// Decides a change without writing. Never answers `ReadMore`.
pub(crate) async fn preview(
    session: &Session,
    sealing: &Sealing,
    reads: Reads,
    change: &dyn Decide,
) -> Result<Decision> {
    let (mut seen, mut present, net) = (Seen::new(), Present::default(), Net::default());
    let mut wanted = change.reads();
    for _ in 0..MOST_READS {
        if wanted.number {
            seen.put_next_number(load::next_number(session).await?);
        }
        let how = Reading { present: &mut present, lock: Lock::No, reads, net: &net };
        load::fill(session, &sealing.keyring, &mut seen, wanted, how).await?;
        match ask(change, &seen)? {
            Decision::ReadMore(more) => wanted = more,
            decided @ (Decision::Done { .. } | Decision::Stale) => return Ok(decided),
        }
    }
    Err(Error::Endless)
}

/// A fault in one change must not take the others, or the writer, with it.
fn ask(change: &dyn Decide, seen: &Seen) -> Result<Decision> {
    catch_unwind(AssertUnwindSafe(|| change.decide(seen))).map_err(|_| Error::Panicked)
}

fn merge(into: &mut ReadSet, more: ReadSet) {
    let ReadSet { claims, users, records, groups_of, number } = more;
    into.claims.extend(claims);
    into.users.extend(users);
    into.records.extend(records);
    into.groups_of.extend(groups_of);
    into.number |= number;
}
