//! Walking an index from one user to the next.

use roster_directory::UserId;
use rusqlite::Statement;

use crate::cell::{Cell, Columns};
use crate::error::Result;

/// How many rows of others are passed by before the next user is looked up.
const MOST_PASSED_BY: usize = 8;

/// Shows `each` every row of the users that are wanted, which are in the order of their ids, each once; whether they are at most so many.
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

#[cfg(test)]
mod tests {
    use roster_testkit::SeededEntropy;
    use rusqlite::{Connection, params};
    use uuid::Uuid;

    use super::*;
    use crate::{elements, groups, parts, schema};

    fn id(number: u128) -> UserId {
        UserId(Uuid::from_u128(number))
    }

    /// The rows of users, of whom each has as many as its number, or none where the number ends with 0.
    fn shown(wanted: &[u128], most: usize) -> (bool, Vec<(UserId, Vec<i64>)>) {
        let conn = Connection::open_in_memory().unwrap();
        conn.execute_batch(
            "CREATE TABLE t (user_id BLOB, n INTEGER, PRIMARY KEY (user_id, n)) WITHOUT ROWID",
        )
        .unwrap();
        for user in (1..60_u128).filter(|user| user % 10 != 0) {
            for n in 0..i64::try_from(user).unwrap() {
                conn.execute("INSERT INTO t VALUES (?1, ?2)", params![Cell::from(id(user)), n]).unwrap();
            }
        }
        let sql = "SELECT user_id, n FROM t WHERE user_id BETWEEN ?1 AND ?2 ORDER BY user_id, n";
        let mut users: Vec<_> = wanted.iter().map(|user| (id(*user), Vec::new())).collect();
        let all = walk((&mut conn.prepare(sql).unwrap(), "t"), &mut users, most, |rows, columns| {
            rows.push(columns.integer()?);
            Ok(())
        });
        (all.unwrap(), users)
    }

    /// If SQLite put the rows in order, each look-up would read all that is between the users.
    #[test]
    fn what_is_walked_comes_in_the_order_of_an_index() {
        let mut conn = Connection::open_in_memory().unwrap();
        schema::migrate(&mut conn, &SeededEntropy::new(1)).unwrap();
        for sql in [parts::LINKS, parts::GRANTS, &elements::SELECT, groups::MEMBERSHIPS] {
            let mut statement = conn.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let plan = statement.raw_query().mapped(|row| row.get::<_, String>("detail"));
            let plan: Vec<String> = plan.map(Result::unwrap).collect();
            assert_eq!(plan.len(), 1, "{plan:?}");
            assert!(
                plan[0].starts_with("SEARCH") && plan[0].ends_with("(user_id>? AND user_id<?)"),
                "{plan:?}"
            );
        }
    }

    #[test]
    fn every_row_is_shown_to_its_user_however_far_apart_they_are() {
        let cases: [&[u128]; 7] = [
            &[],
            &[1],
            &[10],
            &[1, 2, 3, 4, 5, 6, 7],
            &[0, 3, 10, 20, 31, 58, 60, 999],
            &[58, 59],
            &[70, 80],
        ];
        for wanted in cases {
            let (all, users) = shown(wanted, usize::MAX);
            assert!(all);
            for ((user, rows), number) in users.iter().zip(wanted) {
                let count =
                    if number % 10 == 0 || *number > 59 { 0 } else { i64::try_from(*number).unwrap() };
                assert_eq!((*user, rows), (id(*number), &(0..count).collect()), "{wanted:?}");
            }
        }
    }

    #[test]
    fn no_more_rows_are_shown_than_the_most() {
        assert!(shown(&[2, 30, 31], 33).0);
        assert!(!shown(&[2, 30, 31], 32).0);
        assert!(!shown(&[2, 30, 31], 0).0);
        assert!(shown(&[10, 20, 60], 0).0);
    }
}
