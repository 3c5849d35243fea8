//! Walking an index from one user to the next.

use roster_directory::UserId;
use rusqlite::Statement;

use crate::cell::{Cell, Columns};
use crate::error::Result;

/// How many rows of others are passed by before the next user is looked up.
const MOST_PASSED_BY: usize = 8;

/// Shows `each` every row of the users that are wanted, which are in the order of their ids; whether they are at most so many.
///
/// The statement's parameters are a first and a last id; its rows begin with an id, and are in the order of the ids. Users of a
/// page are mostly neighbours: from one to the next costs half of a look-up, and where they have no rows, nothing.
pub(crate) fn walk<T>(
    (statement, table): (&mut Statement<'_>, &'static str),
    wanted: &mut [(UserId, T)],
    most: usize,
    mut each: impl FnMut(&mut T, &mut Columns<'_>) -> Result<()>,
) -> Result<bool> {
    let Some(last) = wanted.last().map(|(id, _)| *id) else { return Ok(true) };
    let mut wanted = wanted.iter_mut().peekable();
    let mut shown = 0;
    while let Some((first, _)) = wanted.peek() {
        let mut rows = statement.query([Cell::from(*first), Cell::from(last)])?;
        let mut passed_by = 0;
        while passed_by < MOST_PASSED_BY {
            let Some(row) = rows.next()? else { return Ok(true) };
            let columns = &mut Columns::new(row, table);
            let id = columns.user_id()?;
            while wanted.next_if(|(user, _)| *user < id).is_some() {}
            match wanted.peek_mut() {
                None => return Ok(true),
                Some((user, _)) if *user != id => passed_by += 1,
                Some(_) if shown == most => return Ok(false),
                Some((_, item)) => {
                    each(item, columns)?;
                    (passed_by, shown) = (0, shown + 1);
                }
            }
        }
    }
    Ok(true)
}
