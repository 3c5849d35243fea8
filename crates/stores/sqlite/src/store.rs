//! The store as the directory sees it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread::JoinHandle;

use futures_util::future::BoxFuture;
use roster_directory::group::GroupEntry;
use roster_directory::record::{Record, RecordKey, Register};
use roster_directory::search::{Found, FoundUsers, GroupSearch, UserSearch};
use roster_directory::store::{
    Decide, Decision, GroupsOf, Seen, Store, StoreError, Submitted, Target, UserFilter, UserPage, UserQuery,
};
use roster_directory::{Email, Entry, Group, GroupId, Member, Position, Rules, Timestamp, User, UserId};
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use uuid::Uuid;

use crate::cache::Cache;
use crate::checkpoint::Checkpointer;
use crate::flush::Flusher;
use crate::open::{OpenError, Options, log_path, open_for_writing, prepare_log};
use crate::readers::Readers;
use crate::reading::Reading;
use crate::schema::Migrated;
use crate::writer::{Done, Job, Poison, Reply, Turn, Writer, stopped};
use crate::{Sealing, batch, connection, groups, load, query, records, rules, search, transaction};

/// How many memberships may be read on a thread that serves others as well.
const FEW_MEMBERSHIPS: usize = 1_000;

/// A store in one SQLite file.
///
/// Dropping it waits until everything that was submitted is written.
pub struct SqliteStore {
    reading: Arc<Reading>,
    queue: Option<mpsc::Sender<Job>>,
    poison: watch::Receiver<Poison>,
    turns: watch::Receiver<Turn>,
    done: Arc<Done>,
    writer: Option<JoinHandle<()>>,
    migrated: Migrated,
}

/// What a writer does, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// How many changes wait.
    pub waiting: usize,
    /// How many commits there were; those that waited together were flushed together.
    pub commits: u64,
    /// How many changes were decided in the writer, those that wrote nothing among them.
    pub changes: u64,
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.reading.path).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Opens the store, creating or migrating the database as needed.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let was_left = log_path(&options.path).exists();
        let (mut conn, migrated) = open_for_writing(&options)?;
        // Opened before anything is written, so that no failure to write it can pass unseen.
        let log = prepare_log(&conn, &options, was_left)?;
        let Options {
            path,
            keyring,
            entropy,
            most_waiting,
            point_readers,
            page_readers,
            cache_bytes,
            search_timeout,
            instrument,
            ..
        } = options;
        let epoch = conn.query_row("SELECT epoch FROM meta", [], |row| row.get::<_, [u8; 16]>(0))?;
        let sealing = Sealing { keyring, entropy };
        let cache = Arc::new(Cache::new(cache_bytes));
        let (poisoned, poison) = watch::channel(None);
        let flusher = Flusher::start(log, options.flushing, poisoned.clone()).map_err(OpenError::Thread)?;
        let reading = Reading {
            cache: Arc::clone(&cache),
            flushed: Arc::clone(flusher.flushed()),
            points: Readers::open(&path, point_readers, options.busy_timeout)?,
            pages: Readers::open(&path, page_readers, options.busy_timeout)?,
            search_timeout,
            long_searches: Arc::new(Semaphore::new(page_readers.saturating_sub(1).max(1))),
            path: path.clone(),
            epoch: Uuid::from_bytes(epoch),
            sealing: sealing.clone(),
        };
        let (queue, jobs) = mpsc::channel(most_waiting.max(1));
        let (turn, turns) = watch::channel(Turn::None);
        if let Some(instrument) = instrument {
            instrument(&mut conn);
        }
        let (done, log_pages) = (Arc::new(Done::default()), Arc::new(AtomicI32::new(0)));
        let (counted, told) = (Arc::clone(&done), Arc::clone(&log_pages));
        transaction::watch_the_log(&mut conn, move |pages| {
            told.store(pages, Ordering::Relaxed);
            counted.commits.fetch_add(1, Ordering::Relaxed);
        })?;
        let checkpoint_conn = connection::open_checkpointer(&path, options.busy_timeout)?;
        let every = options.checkpoint_pages;
        let checkpointer = Checkpointer::start(checkpoint_conn, &path, every, log_pages, poisoned.clone())
            .map_err(OpenError::Thread)?;
        let writer = Writer {
            checkpointer,
            conn,
            flusher,
            cache,
            sealing,
            queue: jobs,
            poison: poisoned,
            turns: turn,
            done: Arc::clone(&done),
        };
        let thread = std::thread::Builder::new().name("roster-writer".to_owned()).spawn(move || writer.run());
        Ok(Self {
            reading: Arc::new(reading),
            queue: Some(queue),
            poison,
            turns,
            done,
            writer: Some(thread.map_err(OpenError::Thread)?),
            migrated,
        })
    }

    /// What opening it did to the schema.
    pub fn migrated(&self) -> Migrated {
        self.migrated
    }

    /// Within which positions in the journal hold. A restore begins another.
    pub fn epoch(&self) -> Uuid {
        self.reading.epoch
    }

    /// Becomes `Some`, with the reason, once a commit or an fsync has failed: then nothing more is acknowledged, and
    /// the process must end, so that the next one begins with what is on disk.
    pub fn poisoned(&self) -> watch::Receiver<Option<Arc<str>>> {
        self.poison.clone()
    }

    /// What the writer has done since the store was opened, and what waits for it.
    pub fn activity(&self) -> Activity {
        Activity {
            waiting: self.waiting(),
            commits: self.done.commits.load(Ordering::Relaxed),
            changes: self.done.changes.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn reading(&self) -> &Arc<Reading> {
        &self.reading
    }

    /// Why the writer has ended.
    fn why(&self) -> Arc<str> {
        self.poison.borrow().clone().unwrap_or_else(|| "the writer is gone".into())
    }

    fn waiting(&self) -> usize {
        self.queue.as_ref().map_or(0, |queue| queue.max_capacity().saturating_sub(queue.capacity()))
    }

    /// Whether the writer can write. It is asked where nothing waits; else its next transaction tells, and the question does
    /// not wait in line behind thousands of changes.
    async fn can_write(&self) -> Result<(), StoreError> {
        let mut turns = self.turns.clone();
        turns.mark_unchanged();
        if self.waiting() == 0 {
            return self.ask(Job::Probe).await;
        }
        match turns.changed().await.map(|()| *turns.borrow()) {
            Ok(Turn::Done | Turn::None) => Ok(()),
            Ok(Turn::Failed) => Err(StoreError::Failed("the last transaction failed".to_owned())),
            Err(_) => Err(stopped(&self.why())),
        }
    }

    /// Sends a job to the writer and waits for its answer.
    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(|| stopped("it was closed"))?;
        queue.try_send(job(reply)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => stopped(&self.why()),
        })?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the writer is gone".to_owned())))
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        // The writer closes last: whoever does copies the log into the database, and no reader may.
        self.reading.points.close();
        self.reading.pages.close();
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has said so.
            let _ = writer.join();
        }
    }
}

impl Store for SqliteStore {
    fn submit(&self, change: Arc<dyn Decide>) -> BoxFuture<'_, Result<Submitted, StoreError>> {
        Box::pin(self.ask(|reply| Job::Change(change, reply)))
    }

    fn preview(&self, change: Arc<dyn Decide>) -> BoxFuture<'_, Result<Decision, StoreError>> {
        Box::pin(async move {
            let Reading { sealing, .. } = &*self.reading;
            self.reading
                .view(|conn, view| batch::decide(conn, view, sealing, &mut Seen::new(), &*change))
                .await
        })
    }

    fn user(&self, target: Target) -> BoxFuture<'_, Result<Option<Arc<User>>, StoreError>> {
        Box::pin(async move {
            self.reading.view(|conn, view| Ok(load::target(conn, view, &target)?.map(Arc::new))).await
        })
    }

    fn users(&self, query: UserQuery) -> BoxFuture<'_, Result<UserPage, StoreError>> {
        Box::pin(async move {
            if query::is_short(&query) {
                return self.reading.view(|conn, view| query::users(conn, view, &query)).await;
            }
            if query.filter == UserFilter::All
                && let Some(page) = self.reading.few(query.after.map(|(_, id)| id), query.limit).await?
            {
                return Ok(page);
            }
            let reading = Arc::clone(&self.reading);
            reading.page(move |reading, conn| query::users(conn, reading.as_of(conn)?, &query)).await
        })
    }

    fn history(
        &self,
        user: UserId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<(Position, Entry)>, StoreError>> {
        Box::pin(Arc::clone(&self.reading).page(move |reading, conn| {
            load::history(conn, &reading.sealing.keyring, reading.epoch, (user, after, limit))
        }))
    }

    fn search_users(&self, search: UserSearch) -> BoxFuture<'_, Result<FoundUsers, StoreError>> {
        Box::pin(async move {
            let reading = &self.reading;
            if search::is_short(&search) {
                return reading.short_search(|conn| search::users(conn, reading.as_of(conn)?, &search)).await;
            }
            if let Some(after) = search::of_all(&search)
                && let Some(UserPage { users, next }) = reading.few(after, search.limit).await?
            {
                return Ok(FoundUsers { page: users, total: None, more: next.is_some() });
            }
            let reading = Arc::clone(reading);
            reading.long_search(move |reading, conn| search::users(conn, reading.as_of(conn)?, &search)).await
        })
    }

    fn search_groups(&self, search: GroupSearch) -> BoxFuture<'_, Result<Found<Group>, StoreError>> {
        Box::pin(Arc::clone(&self.reading).long_search(move |_, conn| search::groups(conn, &search)))
    }

    fn members(
        &self,
        group: GroupId,
        after: Option<UserId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Member>, StoreError>> {
        Box::pin(Arc::clone(&self.reading).page(move |_, conn| groups::members(conn, group, after, limit)))
    }

    fn groups_of(&self, users: Vec<UserId>) -> BoxFuture<'_, Result<GroupsOf, StoreError>> {
        Box::pin(async move {
            if users.len() <= query::FEW {
                // Most users are in few groups, but nothing says how many one may be in.
                let few = self.reading.point(|conn| groups::few_of(conn, &users, FEW_MEMBERSHIPS)).await?;
                if let Some(groups) = few {
                    return Ok(groups);
                }
            }
            Arc::clone(&self.reading).page(move |_, conn| groups::of(conn, &users)).await
        })
    }

    fn group_history(
        &self,
        group: GroupId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<GroupEntry>, StoreError>> {
        Box::pin(Arc::clone(&self.reading).page(move |_, conn| groups::history(conn, group, after, limit)))
    }

    fn record(&self, key: RecordKey) -> BoxFuture<'_, Result<Option<Record>, StoreError>> {
        Box::pin(async move {
            self.reading.point(|conn| records::load(conn, &self.reading.sealing.keyring, &key)).await
        })
    }

    fn records(
        &self,
        register: Register,
        after: Option<RecordKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Record>, StoreError>> {
        Box::pin(
            Arc::clone(&self.reading)
                .page(move |_, conn| records::list(conn, register, after.as_ref(), limit)),
        )
    }

    fn sweep(&self, now: Timestamp, limit: usize) -> BoxFuture<'_, Result<usize, StoreError>> {
        Box::pin(self.ask(move |reply| Job::Sweep(now, limit, reply)))
    }

    fn rules(&self) -> BoxFuture<'_, Result<Rules, StoreError>> {
        Box::pin(self.reading.point(rules::load))
    }

    fn configure(&self, rules: Rules) -> BoxFuture<'_, Result<Result<(), Vec<Email>>, StoreError>> {
        Box::pin(self.ask(move |reply| Job::Configure(rules, reply)))
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.can_write().await?;
            self.reading.point(rules::load).await.map(|_| ())
        })
    }
}
