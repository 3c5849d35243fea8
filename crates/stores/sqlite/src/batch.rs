//! Deciding a batch of changes and writing them, inside one transaction.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use roster_directory::store::{Decide, Decision, Seen, Submitted, WriteSet};
use rusqlite::Connection;

use crate::Sealing;
use crate::cache::{Cache, View};
use crate::error::{Error, Result};
use crate::load::{self, Counters};
use crate::save;
use crate::transaction::Wrote;

/// How often a change may ask to read more. Each time it learns something new, and what it can ask for is bounded:
/// by far the most that any change needs is a handful.
const MOST_READS: usize = 16;

/// Decides `changes` in order, each over what the earlier ones left, and writes what they decide. The counters are
/// read here, since other processes write beside this one.
pub(crate) fn run(
    conn: &Connection,
    cache: &Cache,
    sealing: &Sealing,
    changes: &[Arc<dyn Decide>],
) -> Result<(Ran, Wrote)> {
    let before = load::counters(conn)?;
    let view = cache.at(before.next_position);
    let mut seen = Seen::new();
    seen.put_next_number(before.next_number);
    let mut next_position = before.next_position;
    let (mut answers, mut written) = (Vec::with_capacity(changes.len()), Vec::with_capacity(changes.len()));
    for change in changes {
        load::fill(conn, view, &sealing.keyring, &mut seen, change.reads_to_write())?;
        answers.push(match decide(conn, view, sealing, &mut seen, &**change)? {
            Decision::Done { writes, verdict } => {
                if !writes.is_empty() {
                    save::write(conn, sealing, &writes, next_position)?;
                    next_position += i64::from(writes.user.is_some());
                    seen.apply(&writes);
                    written.push(*writes);
                }
                Submitted::Decided(verdict)
            }
            Decision::Stale => Submitted::Stale,
            Decision::ReadMore(_) => return Err(Error::Endless),
        });
    }
    let next_number = seen.next_number().unwrap_or(before.next_number);
    write_counters(conn, before, Counters { next_number, next_position })?;
    cache.announce(next_position);
    let wrote = if written.is_empty() { Wrote::Nothing } else { Wrote::Something };
    Ok((Ran { answers, written, positions: before.next_position..next_position }, wrote))
}

/// What came of a batch.
pub(crate) struct Ran {
    /// What each change is to be answered, once the batch is committed.
    pub(crate) answers: Vec<Submitted>,
    /// What the changes wrote.
    pub(crate) written: Vec<WriteSet>,
    /// The positions of their journal entries.
    pub(crate) positions: Range<i64>,
}

/// Asks a change until it needs nothing more. Never answers `ReadMore`.
pub(crate) fn decide(
    conn: &Connection,
    view: View<'_>,
    sealing: &Sealing,
    seen: &mut Seen,
    change: &dyn Decide,
) -> Result<Decision> {
    load::fill(conn, view, &sealing.keyring, seen, change.reads())?;
    for _ in 0..MOST_READS {
        // A fault in one change must not take the others, or the writer, with it.
        let decision = catch_unwind(AssertUnwindSafe(|| change.decide(seen))).map_err(|_| Error::Panicked)?;
        match decision {
            Decision::ReadMore(wanted) => load::fill(conn, view, &sealing.keyring, seen, wanted)?,
            decided @ (Decision::Done { .. } | Decision::Stale) => return Ok(decided),
        }
    }
    Err(Error::Endless)
}

fn write_counters(conn: &Connection, before: Counters, after: Counters) -> Result<()> {
    if before != after {
        let Counters { next_number, next_position } = after;
        conn.prepare_cached("UPDATE meta SET next_number = ?1, next_position = ?2")?
            .execute([next_number.get(), next_position])?;
    }
    Ok(())
}
