//! The store as the directory sees it.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::future::BoxFuture;
use roster_directory::group::GroupEntry;
use roster_directory::record::{Record, RecordKey, Register};
use roster_directory::search::{Found, FoundUsers, GroupSearch, UserSearch};
use roster_directory::store::{
    Decide, Decision, GroupsOf, Store, StoreError, Submitted, Target, UserPage, UserQuery,
};
use roster_directory::{Email, Entry, Group, GroupId, Member, Position, Rules, Timestamp, User, UserId};
use secrecy::SecretString;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::LocalSet;
use tokio::time::Instant;
use uuid::Uuid;

use crate::cell::Columns;
use crate::connection::Connector;
use crate::error::{Error, Remedy, Result};
use crate::feed::{Request, Sequencer};
use crate::load::Reads;
use crate::open::{Batch, Durability, OpenError, Options};
use crate::queue::{Done, Job, Pending, Reply, Shared};
use crate::readers::Readers;
use crate::schema::{self, Migrated};
use crate::searchers::Searchers;
use crate::session::Session;
use crate::writer::Writer;
use crate::{Sealing, batch, load, members, query, records, rules, secrets};

/// The most requests that wait for positions in the feed.
const MOST_REQUESTS: usize = 256;

/// A store in a PostgreSQL database. Any number of processes may use one.
///
/// Dropping it waits until everything that was submitted is written, or has failed.
pub struct PostgresStore {
    pub(crate) connector: Arc<Connector>,
    pub(crate) sealing: Sealing,
    points: Readers,
    pub(crate) pages: Readers,
    pub(crate) searchers: Searchers,
    pub(crate) epoch: Uuid,
    queue: Option<mpsc::Sender<Job>>,
    pub(crate) requests: Option<mpsc::Sender<Request>>,
    shared: Arc<Shared>,
    writers: Option<JoinHandle<()>>,
    pub(crate) patience: Duration,
    migrated: Migrated,
}

/// What the writers do, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// How many changes wait.
    pub waiting: usize,
    /// How many commits there were.
    pub commits: u64,
    /// How many changes were decided in a writer, those that wrote nothing among them.
    pub changes: u64,
}

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

/// Whether there is nothing in the schema yet: then a master key may be made.
pub async fn is_empty(url: &SecretString) -> Result<bool, OpenError> {
    let session = Connector::new(url, Durability::Full)?.connect().await?;
    Ok(schema::schema_of(&session).await? == 0)
}

/// Creates or migrates the schema, and leaves it.
pub async fn migrate(options: &Options) -> Result<Migrated, OpenError> {
    let session = Connector::new(&options.url, options.durability)?.connect().await?;
    schema::migrate(&session, &*options.entropy).await
}

impl PostgresStore {
    /// Opens the store, creating or migrating the schema as needed.
    pub async fn open(options: Options) -> Result<Self, OpenError> {
        let connector = Connector::new(&options.url, options.durability)?;
        let session = connector.connect().await?;
        let migrated = schema::migrate(&session, &*options.entropy).await?;
        let row = session.row("SELECT epoch FROM meta", &[]).await?.ok_or(Error::Corrupt("meta"))?;
        let epoch = Columns::new(&row, "meta").uuid()?;
        let rules = rules::load(&session).await?;
        let Options { keyring, entropy, most_waiting, batch, writers, patience, .. } = options;
        let me = schema::new_epoch(&*entropy);
        let sealing = Sealing { keyring, entropy };
        if !secrets::same_master_key(&session, &sealing).await? {
            return Err(OpenError::OtherMasterKey);
        }
        drop(session);
        let (queue, jobs) = mpsc::channel(most_waiting.max(1));
        let (requests, asked) = mpsc::channel(MOST_REQUESTS);
        let shared = Arc::new(Shared {
            connector: Arc::clone(&connector),
            // Of their own: while the store closes nobody tends the connections of its callers.
            readers: Arc::new(Readers::new(&connector, 1, patience)),
            sealing: sealing.clone(),
            rules: Mutex::new(rules),
            queue: tokio::sync::Mutex::new(jobs),
            written: Arc::new(Notify::new()),
            done: Arc::new(Done::default()),
            reads: match batch {
                Batch::On => Reads::Together,
                Batch::Off => Reads::OneByOne,
            },
            patience,
        });
        let sequencer = Sequencer::new(Arc::clone(&connector), me);
        let writers = start(&shared, writers.max(1), sequencer, asked).map_err(OpenError::Thread)?;
        Ok(Self {
            points: Readers::new(&connector, options.point_readers, patience),
            pages: Readers::new(&connector, options.page_readers, patience),
            searchers: Searchers::new(&connector, options.searchers, patience, options.search_timeout),
            connector,
            sealing,
            epoch,
            queue: Some(queue),
            requests: Some(requests),
            shared,
            writers: Some(writers),
            patience,
            migrated,
        })
    }

    /// What opening it did to the schema.
    pub fn migrated(&self) -> Migrated {
        self.migrated
    }

    /// Within which positions in the feed hold.
    pub fn epoch(&self) -> Uuid {
        self.epoch
    }

    /// What the writers have done since the store was opened, and what waits for them.
    pub fn activity(&self) -> Activity {
        let waiting = |queue: &mpsc::Sender<Job>| queue.max_capacity().saturating_sub(queue.capacity());
        Activity {
            waiting: self.queue.as_ref().map_or(0, waiting),
            commits: self.shared.done.commits.load(Ordering::Relaxed),
            changes: self.shared.done.changes.load(Ordering::Relaxed),
        }
    }

    /// Sends a job to the writers and waits for its answer, as long as it may take. What it asked for is done, or given up,
    /// all the same.
    async fn ask<T>(&self, job: impl FnOnce(Reply<T>) -> Job) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let queue =
            self.queue.as_ref().ok_or_else(|| StoreError::Failed("the store was closed".to_owned()))?;
        queue.try_send(job(reply)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Failed("the writers are gone".to_owned()),
        })?;
        match tokio::time::timeout(self.patience, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(StoreError::Unavailable("the writer is gone".to_owned())),
            Err(_) => Err(StoreError::Unavailable("the database did not answer in time".to_owned())),
        }
    }

    /// Makes sure, where a commit of this process was in doubt, that what was read before this is as safe as what is
    /// acknowledged.
    pub(crate) async fn settled(&self) -> Result<(), StoreError> {
        if self.connector.doubts.remain() { self.ask(Job::Probe).await } else { Ok(()) }
    }
}

/// Starts the thread of the writers and the sequencer.
fn start(
    shared: &Arc<Shared>,
    writers: usize,
    sequencer: Sequencer,
    asked: mpsc::Receiver<Request>,
) -> std::io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let shared = Arc::clone(shared);
    std::thread::Builder::new().name("roster-writer".to_owned()).spawn(move || {
        // One thread has them all, so that their futures need not be fit for any.
        let tasks = LocalSet::new();
        let sequencing = tasks.spawn_local(sequencer.run(asked, Arc::clone(&shared.written)));
        let writer = |_| tasks.spawn_local(Writer::new(Arc::clone(&shared)).run());
        let writing: Vec<_> = (0..writers).map(writer).collect();
        tasks.block_on(&runtime, async move {
            for task in writing.into_iter().chain([sequencing]) {
                if let Err(error) = task.await {
                    tracing::error!(%error, "a task of the store ended before its time");
                }
            }
        });
    })
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.queue = None;
        self.requests = None;
        if let Some(writers) = self.writers.take() {
            // A writer that panicked has said so.
            let _ = writers.join();
        }
    }
}

pub(crate) fn failed(error: Error) -> StoreError {
    match error.remedy() {
        Remedy::GiveUp | Remedy::DecideAgain => StoreError::Failed(error.to_string()),
        Remedy::TryAgain => StoreError::Unavailable(error.to_string()),
    }
}

impl Store for PostgresStore {
    fn submit(&self, change: Arc<dyn Decide>) -> BoxFuture<'_, Result<Submitted, StoreError>> {
        Box::pin(self.ask(|reply| Job::Change(Pending { change, since: Instant::now(), reply })))
    }

    fn preview(&self, change: Arc<dyn Decide>) -> BoxFuture<'_, Result<Decision, StoreError>> {
        Box::pin(async move {
            let read = async |session: Arc<Session>| {
                batch::preview(&session, &self.sealing, self.shared.reads, &*change).await
            };
            let decision = self.points.read(read).await.map_err(failed)?;
            if let Decision::Done { writes, .. } = &decision
                && writes.is_empty()
            {
                // Who finds that nothing is left to do acknowledges what is there.
                self.settled().await?;
            }
            Ok(decision)
        })
    }

    fn user(&self, target: Target) -> BoxFuture<'_, Result<Option<Arc<User>>, StoreError>> {
        Box::pin(async move {
            let user = self.points.read(async |session| load::target(&session, &target).await).await;
            user.map(|user| user.map(Arc::new)).map_err(failed)
        })
    }

    fn users(&self, query: UserQuery) -> BoxFuture<'_, Result<UserPage, StoreError>> {
        Box::pin(async move {
            self.pages.read(async |session| query::users(&session, &query).await).await.map_err(failed)
        })
    }

    fn history(
        &self,
        user: UserId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<(Position, Entry)>, StoreError>> {
        Box::pin(self.read_history(user, after, limit))
    }

    fn search_users(&self, search: UserSearch) -> BoxFuture<'_, Result<FoundUsers, StoreError>> {
        Box::pin(self.find_users(search))
    }

    fn search_groups(&self, search: GroupSearch) -> BoxFuture<'_, Result<Found<Group>, StoreError>> {
        Box::pin(self.find_groups(search))
    }

    fn members(
        &self,
        group: GroupId,
        after: Option<UserId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Member>, StoreError>> {
        Box::pin(async move {
            let read = async |session: Arc<Session>| members::page(&session, (group, after, limit)).await;
            self.pages.read(read).await.map_err(failed)
        })
    }

    fn groups_of(&self, users: Vec<UserId>) -> BoxFuture<'_, Result<GroupsOf, StoreError>> {
        Box::pin(async move {
            let readers = if users.len() > 1 { &self.pages } else { &self.points };
            readers.read(async |session| members::named(&session, &users).await).await.map_err(failed)
        })
    }

    fn group_history(
        &self,
        group: GroupId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<GroupEntry>, StoreError>> {
        Box::pin(self.read_group_history(group, after, limit))
    }

    fn record(&self, key: RecordKey) -> BoxFuture<'_, Result<Option<Record>, StoreError>> {
        Box::pin(async move {
            let keyring = &self.sealing.keyring;
            let read =
                async |session: Arc<Session>| records::load(&session, keyring, &key, records::Lock::No).await;
            self.points.read(read).await.map_err(failed)
        })
    }

    fn records(
        &self,
        register: Register,
        after: Option<RecordKey>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Record>, StoreError>> {
        Box::pin(async move {
            let read =
                async |session: Arc<Session>| records::list(&session, register, after.as_ref(), limit).await;
            self.pages.read(read).await.map_err(failed)
        })
    }

    fn sweep(&self, now: Timestamp, limit: usize) -> BoxFuture<'_, Result<usize, StoreError>> {
        Box::pin(self.ask(move |reply| Job::Sweep(now, limit, reply)))
    }

    fn rules(&self) -> BoxFuture<'_, Result<Rules, StoreError>> {
        Box::pin(async move {
            let found =
                self.points.read(async |session| rules::load(&session).await).await.map_err(failed)?;
            // Whoever asks decides by these from now on.
            *self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner) = found;
            Ok(found)
        })
    }

    fn configure(&self, rules: Rules) -> BoxFuture<'_, Result<Result<(), Vec<Email>>, StoreError>> {
        Box::pin(self.ask(move |reply| Job::Configure(rules, reply)))
    }

    fn ready(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move {
            self.ask(Job::Probe).await?;
            self.points.read(async |session| rules::load(&session).await).await.map(|_| ()).map_err(failed)
        })
    }
}
