//! Copying the store into one of another kind, and back.

use roster_directory::transfer::{self, Row, TABLES, Table, page_sql};
use roster_directory::{Rules, UserId};
use tokio_postgres::Row as Stored;
use uuid::Uuid;

use crate::bulk::{Bulk, Kind};
use crate::cell::{Cell, Columns};
use crate::connection::Connector;
use crate::error::{Error, Result};
use crate::session::{Call, Session};
use crate::{OpenError, Options, SCHEMA, Sealing, feed, rules, save, schema, secrets, transaction};

/// A store that is read whole, as of one moment.
pub struct Export(Session);

/// A store that is filled from another. Nothing of it is kept unless it is finished.
pub struct Import(Session);

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Export")
    }
}

impl std::fmt::Debug for Import {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Import")
    }
}

async fn prepared(options: &Options) -> Result<Session, OpenError> {
    let session = Connector::new(&options.url, options.durability)?.connect().await?;
    let schema::Migrated { to, .. } = schema::migrate(&session, &*options.entropy).await?;
    if to > SCHEMA {
        // It may serve from a newer schema, but would leave out of the copy what it does not know.
        return Err(OpenError::Newer { found: to, known: SCHEMA });
    }
    let sealing = Sealing {
        keyring: std::sync::Arc::clone(&options.keyring),
        entropy: std::sync::Arc::clone(&options.entropy),
    };
    if !secrets::same_master_key(&session, &sealing).await? {
        return Err(OpenError::OtherMasterKey);
    }
    // Between two pages the other store works, and the server must not take that for idleness.
    session.batch("SET idle_in_transaction_session_timeout = 0").await?;
    Ok(session)
}

impl Export {
    /// Begins.
    pub async fn open(options: &Options) -> Result<Self, OpenError> {
        let session = prepared(options).await?;
        session.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        Ok(Self(session))
    }

    /// How many rows a table has.
    pub async fn count(&self, table: &Table) -> Result<u64, OpenError> {
        let row = self.0.row(&format!("SELECT count(*) FROM {}", table.name), &[]).await?;
        let row = row.ok_or(Error::Corrupt(table.name))?;
        Ok(Columns::new(&row, table.name).integer()?.unsigned_abs())
    }

    /// A page of a table's rows, in the order of their keys, behind the last row of the page before.
    pub async fn page(
        &self,
        table: &Table,
        behind: Option<&Row>,
        limit: usize,
    ) -> Result<Vec<Row>, OpenError> {
        let sql = page_sql(table, behind.is_some(), |place| format!("${place}"));
        let mut cells: Vec<Cell> = match behind {
            Some(row) => own_cells(table, row).take(table.key).collect::<Result<_>>()?,
            None => Vec::new(),
        };
        cells.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
        let rows = self.0.rows(&sql, &cells).await?;
        Ok(rows.iter().map(|row| shared_cells(table, row)).collect::<Result<_>>()?)
    }

    /// The rules, and the number of the next user.
    pub async fn meta(&self) -> Result<(Rules, i64), OpenError> {
        let number = crate::load::next_number(&self.0).await?;
        Ok((rules::load(&self.0).await?, number.get()))
    }
}

impl Import {
    /// Begins with a new database. `None` if there is something in it already.
    pub async fn begin(options: &Options) -> Result<Option<Self>, OpenError> {
        let session = prepared(options).await?;
        transaction::begin(&session).await?;
        for table in TABLES {
            if session.row(&format!("SELECT 1 FROM {} LIMIT 1", table.name), &[]).await?.is_some() {
                return Ok(None);
            }
        }
        Ok(Some(Self(session)))
    }

    /// Writes rows of a table. The journal's are given their positions by whoever serves from here first.
    pub async fn write(&mut self, table: &Table, rows: &[Row]) -> Result<(), OpenError> {
        let columns: Vec<_> = table.columns.iter().map(|(name, kind)| (*name, own_kind(*kind))).collect();
        let bulk = Bulk::insert(table.name, &columns, "");
        let own = rows.iter().map(|row| own_cells(table, row).collect::<Result<Vec<_>>>());
        let own = own.collect::<Result<Vec<_>>>()?;
        if table.name == "journal" {
            self.outbox(&own).await?;
        }
        let call = Call::new(bulk.sql(own.len()), bulk.parameters(own)?);
        Ok(self.send(call).await?)
    }

    async fn send(&self, call: Call<'_>) -> Result<()> {
        Ok(self.0.execute_all(&[call]).await.map(|_| ())?)
    }

    async fn outbox(&mut self, journal: &[Vec<Cell>]) -> Result<()> {
        let place = |row: &Vec<Cell>| match row.as_slice() {
            [recorded @ Cell::Integer(_), Cell::Uuid(user), version @ Cell::Integer(_), ..] => {
                let stream = feed::stream_of(UserId(*user));
                Ok(vec![stream.into(), recorded.clone(), (*user).into(), version.clone()])
            }
            _ => Err(Error::Corrupt("journal")),
        };
        let rows = journal.iter().map(place).collect::<Result<Vec<_>>>()?;
        let call = Call::new(save::OUTBOX.sql(rows.len()), save::OUTBOX.parameters(rows)?);
        self.send(call).await
    }

    /// Keeps what was written.
    pub async fn finish(self, rules: Rules, next_number: i64) -> Result<(), OpenError> {
        let set = "UPDATE meta SET \"references\" = $1, unique_email = $2";
        self.0.execute(set, &[rules.references.name().into(), rules.unique_email.into()]).await?;
        self.0.execute("UPDATE counters SET next = $1 WHERE name = 'number'", &[next_number.into()]).await?;
        if let Err(failure) = transaction::commit(&self.0).await {
            return Err(OpenError::Database(format!("the copy was not committed: {failure:?}")));
        }
        // Whoever comes first would be planned for by what the tables were before: nothing.
        for table in TABLES {
            self.0.batch(&format!("ANALYZE {}", table.name)).await?;
        }
        Ok(())
    }
}

fn own_kind(kind: transfer::Kind) -> Kind {
    match kind {
        transfer::Kind::Integer => Kind::Integer,
        transfer::Kind::Truth => Kind::Truth,
        transfer::Kind::Text => Kind::Text,
        transfer::Kind::Bytes => Kind::Bytes,
        transfer::Kind::Uuid => Kind::Uuid,
    }
}

fn own_cells<'a>(table: &'a Table, row: &'a Row) -> impl Iterator<Item = Result<Cell>> + 'a {
    table.columns.iter().zip(row).map(|((_, kind), cell)| {
        Ok(match (kind, cell) {
            (_, transfer::Cell::Null) => Cell::Null,
            (transfer::Kind::Truth, transfer::Cell::Integer(truth)) => Cell::Truth(*truth != 0),
            (transfer::Kind::Integer, transfer::Cell::Integer(integer)) => Cell::Integer(*integer),
            (transfer::Kind::Text, transfer::Cell::Text(text)) => text.as_str().into(),
            (transfer::Kind::Bytes, transfer::Cell::Bytes(bytes)) => bytes.clone().into(),
            (transfer::Kind::Uuid, transfer::Cell::Bytes(bytes)) => {
                Uuid::from_slice(bytes).map_err(|_| Error::Corrupt(table.name))?.into()
            }
            (_, transfer::Cell::Integer(_) | transfer::Cell::Text(_) | transfer::Cell::Bytes(_)) => {
                return Err(Error::Corrupt(table.name));
            }
        })
    })
}

fn shared_cells(table: &Table, row: &Stored) -> Result<Row> {
    let columns = &mut Columns::new(row, table.name);
    let cells = table.columns.iter().map(|(_, kind)| {
        Ok(match kind {
            transfer::Kind::Integer => columns.get::<Option<i64>>()?.map(transfer::Cell::Integer),
            transfer::Kind::Truth => {
                columns.get::<Option<bool>>()?.map(|truth| transfer::Cell::Integer(truth.into()))
            }
            transfer::Kind::Text => columns.get::<Option<String>>()?.map(transfer::Cell::Text),
            transfer::Kind::Bytes => columns.get::<Option<Vec<u8>>>()?.map(transfer::Cell::Bytes),
            transfer::Kind::Uuid => {
                columns.get::<Option<Uuid>>()?.map(|uuid| transfer::Cell::Bytes(uuid.as_bytes().to_vec()))
            }
        }
        .unwrap_or(transfer::Cell::Null))
    });
    cells.collect()
}
