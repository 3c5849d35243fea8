//! Tasks that call the directory, each as fast as it is answered.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;
use roster_directory::seal::Keyring;
use roster_directory::store::{UserFilter, UserQuery};
use roster_directory::value::parse_uuid;
use roster_directory::{
    Avatar, Change, Dialect, Directory, Entropy, GrantsPatch, Principal, ProfilePatch, Rules, SystemClock,
    SystemEntropy, Target, Update, User, UserId, UserPatch,
};
use roster_store_sqlite::{Options, SqliteStore};
use roster_testkit::{PlainPasswords, build};

use super::Measured;
use crate::commits::Commits;
use crate::operation::Operation;
use crate::people;
use crate::speak::PAGE;

/// How many load at once.
const LOADERS: usize = 256;
/// The longest latency that is told apart from longer ones, in microseconds: a minute.
const LONGEST_MICROS: u64 = 60_000_000;

/// The directory over the store, and its users.
pub(super) struct Driver {
    shared: Arc<Shared>,
}

struct Shared {
    directory: Directory,
    store: Arc<SqliteStore>,
    who: Principal,
    /// In the order of their creation, nearly.
    ids: Mutex<Vec<UserId>>,
    loaded: AtomicU64,
    created: AtomicU64,
    turn: AtomicU64,
}

impl Driver {
    pub(super) fn open(data: &Path) -> Result<Self> {
        let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
        let keyring = Keyring::parse(&Keyring::generate(&*entropy)).ok().context("a new keyring is valid")?;
        let keyring = Arc::new(keyring);
        let options = Options::new(data.join("roster.db"), Arc::clone(&keyring), Arc::clone(&entropy));
        let store = Arc::new(SqliteStore::open(options)?);
        let directory = Directory::new(
            Arc::clone(&store) as Arc<dyn roster_directory::Store>,
            keyring,
            Arc::new(PlainPasswords::default()),
            Arc::new(SystemClock),
            entropy,
            Rules::default(),
        );
        let shared = Shared {
            directory,
            store,
            who: build::principal("bubble"),
            ids: Mutex::default(),
            loaded: AtomicU64::new(0),
            created: AtomicU64::new(0),
            turn: AtomicU64::new(0),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    fn commits(&self) -> Commits {
        let activity = self.shared.store.activity();
        Commits { changes: activity.changes, commits: activity.commits }
    }

    /// Creates the first users.
    pub(super) async fn load(&self, users: u64) -> Result<Measured> {
        let goes_on = move |shared: &Shared| shared.created.load(Ordering::Relaxed) < users;
        let measured = self.run(Operation::Create, LOADERS, goes_on).await?;
        self.shared.loaded.store(self.shared.created.load(Ordering::Relaxed), Ordering::Relaxed);
        Ok(measured)
    }

    pub(super) async fn measure(
        &self,
        operation: Operation,
        tasks: usize,
        lasting: Duration,
    ) -> Result<Measured> {
        let began = Instant::now();
        self.run(operation, tasks, move |_| began.elapsed() < lasting).await
    }

    async fn run(
        &self,
        operation: Operation,
        tasks: usize,
        goes_on: impl Fn(&Shared) -> bool + Clone + Send + 'static,
    ) -> Result<Measured> {
        self.shared.ids().sort_unstable();
        let before = self.commits();
        let began = Instant::now();
        let tasks: Vec<_> = (0..tasks)
            .map(|task| {
                let (shared, goes_on) = (Arc::clone(&self.shared), goes_on.clone());
                tokio::spawn(async move { shared.repeat(operation, task as u64, goes_on).await })
            })
            .collect();
        let mut latencies = Histogram::<u64>::new_with_max(LONGEST_MICROS, 3)?;
        for task in tasks {
            latencies.add(task.await??)?;
        }
        let seconds = began.elapsed().as_secs_f64();
        let after = self.commits();
        let millis =
            |percent| Duration::from_micros(latencies.value_at_percentile(percent)).as_secs_f64() * 1e3;
        Ok(Measured {
            done: latencies.len(),
            seconds,
            p50_ms: millis(50.0),
            p99_ms: millis(99.0),
            p999_ms: millis(99.9),
            max_ms: millis(100.0),
            changes_per_commit: after.since(before).changes_each(),
        })
    }
}

impl Shared {
    fn ids(&self) -> std::sync::MutexGuard<'_, Vec<UserId>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn repeat(
        &self,
        operation: Operation,
        task: u64,
        goes_on: impl Fn(&Self) -> bool,
    ) -> Result<Histogram<u64>> {
        let mut latencies = Histogram::new_with_max(LONGEST_MICROS, 3)?;
        let mut choice = fastrand::Rng::with_seed(task);
        let last_page = self.before_last_page();
        while goes_on(self) {
            let began = Instant::now();
            self.once(operation, &mut choice, last_page).await?;
            latencies.saturating_record(u64::try_from(began.elapsed().as_micros())?);
        }
        Ok(latencies)
    }

    async fn once(
        &self,
        operation: Operation,
        choice: &mut fastrand::Rng,
        last_page: Option<UserId>,
    ) -> Result<()> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let loaded = self.loaded.load(Ordering::Relaxed);
        let half = loaded / 2;
        match operation {
            Operation::Create => self.create().await?,
            Operation::Mixed if turn.is_multiple_of(2) => self.create().await?,
            Operation::Change | Operation::Mixed => {
                let status = move |_| {
                    build::patch(|patch| patch.profile.status = Change::Set(build::text(&turn.to_string())))
                };
                self.upsert(choice.u64(0..half.max(1)), status).await?;
            }
            Operation::Repeat => {
                self.upsert(choice.u64(half..loaded.max(half + 1)), whole).await?;
            }
            Operation::Patch => self.patch(choice.u64(0..half.max(1)), turn).await?,
            Operation::Get => {
                let id = self.id(choice.u64(0..loaded.max(1)))?;
                self.directory.get(&self.who, Target::Id(id)).await?;
            }
            Operation::Search => {
                let email = build::email(&people::email(choice.u64(0..loaded.max(1))));
                self.list(UserFilter::Email(email), None, 1).await?;
            }
            Operation::FirstPage => self.list(UserFilter::All, None, PAGE).await?,
            Operation::LastPage => self.list(UserFilter::All, last_page, PAGE).await?,
            Operation::Password => {}
        }
        Ok(())
    }

    async fn create(&self) -> Result<()> {
        let user = self.upsert(self.created.fetch_add(1, Ordering::Relaxed), whole).await?;
        self.ids().push(user.id);
        Ok(())
    }

    async fn upsert(&self, user: u64, patch: impl Fn(u64) -> UserPatch) -> Result<Arc<User>> {
        let id = build::external_id(&people::external_id(user));
        let applied = self.directory.upsert(&self.who, Dialect::Algorep, id, patch(user), None).await?;
        Ok(applied.user)
    }

    async fn patch(&self, user: u64, turn: u64) -> Result<()> {
        let grants = people::grants(turn).map(|(client, profile)| build::grant(client, &profile));
        let patch = build::patch(|patch| {
            patch.profile.display_name = Change::Set(build::text(&people::display_name(turn)));
            patch.profile.phone = Change::Set(build::text(&people::phone(turn)));
            patch.grants = GrantsPatch::Replace(grants.into_iter().collect());
        });
        let update = Update { patch, ..Update::default() };
        self.directory.update(&self.who, Dialect::Rest, Target::Id(self.id(user)?), update).await?;
        Ok(())
    }

    /// A page that must be full.
    async fn list(&self, filter: UserFilter, after: Option<UserId>, users: u64) -> Result<()> {
        // The time is of no consequence in a list that is in the order of ids.
        let after = after.map(|id| (build::time(people::TIME), id));
        let query = UserQuery { filter, after, limit: usize::try_from(users)? };
        let page = self.directory.list(&self.who, query).await?;
        ensure!(page.users.len() as u64 == users, "a page has {} users", page.users.len());
        Ok(())
    }

    fn id(&self, user: u64) -> Result<UserId> {
        self.ids().get(usize::try_from(user)?).copied().context("no such user")
    }

    /// The user after whom the last page begins.
    fn before_last_page(&self) -> Option<UserId> {
        let ids = self.ids();
        let at = ids.len().checked_sub(usize::try_from(PAGE).ok()? + 1)?;
        ids.get(at).copied()
    }
}

/// The whole user, as [`people::whole`] writes it.
fn whole(user: u64) -> UserPatch {
    let organisation_id = || Change::Set(parse_uuid(people::ORGANISATION_ID).unwrap_or_default());
    let organisation = || Change::Set(build::text(people::ORGANISATION));
    let profile = ProfilePatch {
        email_verified: Change::Set(true),
        language: Change::Set(build::text(people::LANGUAGE)),
        last_login: Change::Set(build::time(people::TIME)),
        email: Change::Set(build::email(&people::email(user))),
        phone: Change::Set(build::text(people::PHONE)),
        producer_external_id: organisation(),
        producer_id: organisation_id(),
        seller_external_id: organisation(),
        seller_id: organisation_id(),
        origin_external_id: organisation(),
        origin_id: organisation_id(),
        family_name: Change::Set(build::text(people::FAMILY_NAME)),
        given_name: Change::Set(build::text(&people::given_name(user))),
        status: Change::Set(build::text(people::STATUS)),
        role: Change::Set(build::text(people::ROLE)),
        signed_up: Change::Set(true),
        avatar: Avatar::new(people::AVATAR).map_or(Change::Keep, Change::Set),
        staff: Change::Set(false),
        ..ProfilePatch::default()
    };
    UserPatch { profile, created_at: Change::Set(build::time(people::TIME)), ..UserPatch::default() }
}
