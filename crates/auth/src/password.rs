//! Hashing and verifying passwords, on a bounded number of threads of their own (D10, Z10).
//!
//! Argon2id takes some 20 ms and 19 MiB at a time. On the threads that serve requests it would hold all of them up; so it has
//! its own, fewer than there are cores, and a queue with a bound.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use roster_directory::{Entropy, Error, Password, PasswordHash, Passwords};
use tokio::sync::oneshot;

/// Memory of a hash, in KiB: 19 MiB.
const MEMORY_KIB: u32 = 19_456;
/// Passes over it.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// The least that there is, as `nice` counts.
const LEAST_PRIORITY: i32 = 19;

/// How many may wait for each thread: at some 20 ms each, the last one waits a little over a second.
const WAITING_FOR_EACH_THREAD: usize = 64;

/// How much may be hashed at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSize {
    /// How many threads hash.
    pub threads: NonZeroUsize,
    /// How many passwords may wait for a thread.
    pub waiting: usize,
}

impl Default for PoolSize {
    /// Half the cores, so that the other half always serves.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = NonZeroUsize::new(cores / 2).unwrap_or(NonZeroUsize::MIN);
        Self { threads, waiting: WAITING_FOR_EACH_THREAD.saturating_mul(threads.get()) }
    }
}

enum Job {
    Verify(Password, PasswordHash, oneshot::Sender<Result<bool, Error>>),
    Hash(Password, [u8; SALT_BYTES], oneshot::Sender<Result<PasswordHash, Error>>),
}

/// Threads that hash passwords. They end when the pool is dropped.
pub struct PasswordPool {
    jobs: SyncSender<Job>,
    unanswered: Arc<AtomicUsize>,
    entropy: Arc<dyn Entropy>,
}

impl fmt::Debug for PasswordPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordPool")
    }
}

impl PasswordPool {
    /// Starts the threads.
    pub fn start(size: PoolSize, entropy: Arc<dyn Entropy>) -> std::io::Result<Self> {
        let (jobs, waiting) = sync_channel(size.waiting);
        let waiting = Arc::new(Mutex::new(waiting));
        let unanswered = Arc::new(AtomicUsize::new(0));
        for index in 0..size.threads.get() {
            let (waiting, unanswered) = (Arc::clone(&waiting), Arc::clone(&unanswered));
            std::thread::Builder::new().name(format!("password-{index}")).spawn(move || {
                yield_to_requests();
                work(&waiting, &unanswered);
            })?;
        }
        Ok(Self { jobs, unanswered, entropy })
    }

    /// How many passwords wait or are being hashed.
    pub fn unanswered(&self) -> usize {
        self.unanswered.load(Ordering::Relaxed)
    }

    fn submit<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T, Error>>) -> Job) -> Answer<'_, T>
    where
        T: Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        self.unanswered.fetch_add(1, Ordering::Relaxed);
        let submitted = self.jobs.try_send(job(answer));
        if submitted.is_err() {
            self.unanswered.fetch_sub(1, Ordering::Relaxed);
        }
        async move {
            submitted.map_err(|error| match error {
                TrySendError::Full(_) => Error::Overloaded,
                TrySendError::Disconnected(_) => gone(),
            })?;
            answered.await.unwrap_or_else(|_| Err(gone()))
        }
        .boxed()
    }
}

type Answer<'a, T> = BoxFuture<'a, Result<T, Error>>;

impl Passwords for PasswordPool {
    fn verify(&self, password: Password, hash: PasswordHash) -> Answer<'_, bool> {
        self.submit(|answer| Job::Verify(password, hash, answer))
    }

    fn hash(&self, password: Password) -> Answer<'_, PasswordHash> {
        let mut salt = [0_u8; SALT_BYTES];
        self.entropy.fill(&mut salt);
        self.submit(|answer| Job::Hash(password, salt, answer))
    }
}

/// A hash that no password has: verifying against it costs what verifying costs.
pub(crate) fn decoy(entropy: &dyn Entropy) -> PasswordHash {
    let (mut salt, mut hash) = ([0_u8; SALT_BYTES], [0_u8; HASH_BYTES]);
    entropy.fill(&mut salt);
    entropy.fill(&mut hash);
    written(&salt, &hash)
}

fn gone() -> Error {
    Error::Internal("a password thread has ended".to_owned())
}

/// Lets the threads that serve requests, and the store's, go first: a hash takes longer than all they do. Where the system
/// has no such thing, the bound on the threads is what there is.
fn yield_to_requests() {
    // On Linux a priority is a thread's own, as setpriority(2) says under BUGS.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), LEAST_PRIORITY);
}

fn work(jobs: &Mutex<Receiver<Job>>, unanswered: &AtomicUsize) {
    let mut hasher = Hasher::default();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(Job::Verify(_, _, answer)) if answer.is_closed() => {}
            Ok(Job::Hash(_, _, answer)) if answer.is_closed() => {}
            // That nobody waits any more is no fault.
            Ok(Job::Verify(password, hash, answer)) => drop(answer.send(hasher.verify(&password, &hash))),
            Ok(Job::Hash(password, salt, answer)) => drop(answer.send(hasher.hash(&password, &salt))),
            Err(_) => return,
        }
        unanswered.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The memory of a thread that hashes. Each hash needs 19 MiB: given back each time, an allocator would keep many of
/// them.
#[derive(Default)]
struct Hasher {
    memory: Vec<Block>,
}

impl Hasher {
    fn verify(&mut self, password: &Password, hash: &PasswordHash) -> Result<bool, Error> {
        let stored = phc::PasswordHash::new(hash.as_phc()).map_err(|_| unreadable())?;
        let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else { return Err(unreadable()) };
        let algorithm = Algorithm::try_from(stored.algorithm.as_str()).map_err(|_| unreadable())?;
        let version = stored.version.map(Version::try_from).transpose().map_err(|_| unreadable())?;
        let params = Params::try_from(&stored).map_err(|_| unreadable())?;
        let argon2 = Argon2::new(algorithm, version.unwrap_or_default(), params);
        let mut found = vec![0; expected.len()];
        self.derive(&argon2, password, salt, &mut found)?;
        // Outputs compare in constant time.
        Ok(phc::Output::new(&found).is_ok_and(|found| found == *expected))
    }

    fn hash(&mut self, password: &Password, salt: &[u8]) -> Result<PasswordHash, Error> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES)).map_err(|_| failed())?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut hash = [0; HASH_BYTES];
        self.derive(&argon2, password, salt, &mut hash)?;
        Ok(written(salt, &hash))
    }

    fn derive(
        &mut self,
        argon2: &Argon2<'_>,
        password: &Password,
        salt: &[u8],
        into: &mut [u8],
    ) -> Result<(), Error> {
        self.memory.resize(argon2.params().block_count(), Block::default());
        let password = password.expose().as_bytes();
        argon2.hash_password_into_with_memory(password, salt, into, &mut self.memory).map_err(|_| failed())
    }
}

fn unreadable() -> Error {
    Error::Internal("a stored password hash is not of Argon2".to_owned())
}

fn failed() -> Error {
    Error::Internal("Argon2 failed".to_owned())
}

/// A hash made here, in PHC form.
fn written(salt: &[u8], hash: &[u8]) -> PasswordHash {
    let [salt, hash] = [salt, hash].map(|bytes| BASE64_STANDARD_NO_PAD.encode(bytes));
    PasswordHash::from_phc(&format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}"))
}

#[cfg(test)]
mod tests {
    use roster_directory::SystemEntropy;

    use super::*;

    fn pool(threads: usize, waiting: usize) -> PasswordPool {
        let size = PoolSize { threads: threads.try_into().unwrap(), waiting };
        PasswordPool::start(size, Arc::new(SystemEntropy)).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::new(text).unwrap()
    }

    #[tokio::test]
    async fn z10_a_password_is_kept_as_an_argon2id_hash_with_a_salt_of_its_own() {
        let pool = pool(1, 8);
        let hash = pool.hash(password("33556567")).await.unwrap();
        assert!(hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_phc());
        assert_ne!(pool.hash(password("33556567")).await.unwrap(), hash);
        assert_eq!(pool.verify(password("33556567"), hash.clone()).await, Ok(true));
        assert_eq!(pool.verify(password("33556568"), hash).await, Ok(false));
    }

    /// From the tests of the reference implementation (phc-winner-argon2, src/test.c).
    #[tokio::test]
    async fn a_hash_of_the_reference_implementation_is_verified() {
        let pool = pool(1, 8);
        let hash = PasswordHash::from_phc(
            "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        );
        for _ in 0..2 {
            assert_eq!(pool.verify(password("password"), hash.clone()).await, Ok(true));
            assert_eq!(pool.verify(password("passwore"), hash.clone()).await, Ok(false));
        }
        let own = pool.hash(password("33556567")).await.unwrap();
        assert_eq!(
            pool.verify(password("33556567"), own).await,
            Ok(true),
            "after one that needed more memory"
        );
    }

    #[tokio::test]
    async fn d10_what_waits_is_bounded() {
        let pool = pool(1, 1);
        let answers = futures_util::future::join_all((0..20).map(|_| pool.hash(password("33556567")))).await;
        let done = answers.iter().filter(|answer| answer.is_ok()).count();
        let refused = answers.iter().filter(|answer| **answer == Err(Error::Overloaded)).count();
        assert!(done >= 1 && refused >= 1 && done + refused == 20, "{done} done, {refused} refused");
    }

    #[tokio::test]
    async fn d10_a_decoy_costs_what_a_hash_costs_and_fits_no_password() {
        let pool = pool(1, 8);
        let decoy = decoy(&SystemEntropy);
        let real = pool.hash(password("33556567")).await.unwrap();
        let cost =
            |hash: &PasswordHash| hash.as_phc().split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(cost(&decoy), cost(&real));
        assert_eq!(pool.verify(password("33556567"), decoy).await, Ok(false));
    }

    #[tokio::test]
    async fn an_unreadable_hash_is_a_fault_and_no_wrong_password() {
        let pool = pool(1, 8);
        let answer = pool.verify(password("33556567"), PasswordHash::from_phc("$2y$10$x")).await;
        assert!(matches!(answer, Err(Error::Internal(_))), "{answer:?}");
    }
}
