//! The numbers of new users, taken in blocks, so that processes do not wait for one row with each new user.
//!
//! A process begins with a block of one and takes twice as many each time: a command that makes one user leaves no gap
//! behind, a server under load seldom asks. Numbers of changes that were not made are given to others.

use std::collections::VecDeque;
use std::sync::Arc;

use roster_directory::Number;
use roster_directory::store::Claim;

use crate::cell::Columns;
use crate::error::{Error, Result};
use crate::load::{self, Reads};
use crate::readers::Readers;
use crate::session::Session;

/// The most numbers that are taken at once.
const LARGEST_BLOCK: i64 = 1_024;

/// The blocks of one writer: from the first number that is free to the one behind the last.
#[derive(Debug)]
pub(crate) struct Numbers {
    blocks: VecDeque<(i64, i64)>,
    size: i64,
}

impl Numbers {
    pub(crate) fn new() -> Self {
        Self { blocks: VecDeque::new(), size: 1 }
    }

    /// The first free number at or above `from`.
    pub(crate) async fn at_least(&mut self, from: i64, readers: &Readers) -> Result<Number> {
        loop {
            let block = self.blocks.iter().find(|(_, end)| from < *end);
            if let Some((start, _)) = block {
                return Number::new(from.max(*start)).map_err(|_| Error::Unstorable("no number is left"));
            }
            let block = take(self.size, readers).await?;
            self.blocks.push_back(block);
            self.size = (self.size * 2).min(LARGEST_BLOCK);
        }
    }

    /// Gives the blocks up if the first free number is a user's: a failover or a restore has set the counter back, and their
    /// numbers were given to others too. Whoever comes to such a number finds out by the conflict.
    pub(crate) async fn give_up_taken(&mut self, readers: &Readers) -> Result<()> {
        let Some((start, _)) = self.blocks.front() else { return Ok(()) };
        let number = Number::new(*start).map_err(|_| Error::Unstorable("no number is left"))?;
        let claim = [Claim::Number(number)];
        let held = async |session: Arc<Session>| load::holders(&session, &claim, Reads::OneByOne).await;
        if !readers.read(held).await?.is_empty() {
            self.blocks.clear();
        }
        Ok(())
    }

    /// Everything below `next` was given to a user, or may have been.
    pub(crate) fn used_below(&mut self, next: i64) {
        for (start, _) in &mut self.blocks {
            *start = next.max(*start);
        }
        self.blocks.retain(|(start, end)| start < end);
    }
}

async fn take(size: i64, readers: &Readers) -> Result<(i64, i64)> {
    const SQL: &str = "UPDATE counters SET next = next + $1 WHERE name = 'number' RETURNING next";
    let row = readers.read(async |session| session.row(SQL, &[size.into()]).await).await?;
    let row = row.ok_or(Error::Corrupt("counters"))?;
    let end = Columns::new(&row, "counters").integer()?;
    Ok((end - size, end))
}
