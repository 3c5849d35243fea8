//! What was last read of a record, for a second at most.
//!
//! Another process may revoke a key or a token, so nothing is believed for longer than [`BELIEVED_FOR_MICROS`]; what
//! this process changes is forgotten at once. That a record does not exist is kept as well.

use std::sync::{Arc, Mutex, PoisonError};

use quick_cache::sync::Cache;
use roster_directory::record::{Record, RecordKey};
use roster_directory::store::Store;
use roster_directory::{Clock, Error, Timestamp};

const BELIEVED_FOR_MICROS: i64 = 1_000_000;

/// What was read.
pub(crate) struct Read<T> {
    /// The record, if there was one.
    pub(crate) record: Option<Arc<T>>,
    began_at: Timestamp,
}

impl<T> Clone for Read<T> {
    fn clone(&self) -> Self {
        Self { record: self.record.clone(), began_at: self.began_at }
    }
}

/// A bounded cache of one kind of records.
pub(crate) struct RecordCache<T> {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    kind: fn(Record) -> Option<T>,
    entries: Cache<RecordKey, Read<T>>,
    /// How often something was forgotten: a read that began before it must not be kept after it.
    forgotten: Mutex<u64>,
}

impl<T> RecordCache<T> {
    /// `kind` takes out of a record what is kept.
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        capacity: usize,
        kind: fn(Record) -> Option<T>,
    ) -> Self {
        Self { store, clock, kind, entries: Cache::new(capacity), forgotten: Mutex::new(0) }
    }

    /// The record, as it was within the last second.
    pub(crate) async fn get(&self, key: RecordKey) -> Result<Option<Arc<T>>, Error> {
        match self.believed(&key) {
            Some(read) => Ok(read.record),
            None => self.read(key).await,
        }
    }

    /// What was read of the record within the last second, if anything was.
    pub(crate) fn believed(&self, key: &RecordKey) -> Option<Read<T>> {
        self.entries.get(key).filter(|read| is_believed(read.began_at, self.clock.now()))
    }

    /// The record, as it is now.
    pub(crate) async fn read(&self, key: RecordKey) -> Result<Option<Arc<T>>, Error> {
        let began_at = self.clock.now();
        let forgotten = *self.forgotten.lock().unwrap_or_else(PoisonError::into_inner);
        let record = self.store.record(key.clone()).await?.and_then(self.kind).map(Arc::new);
        let count = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner);
        if *count == forgotten {
            self.entries.insert(key, Read { record: record.clone(), began_at });
        }
        drop(count);
        Ok(record)
    }

    /// Forgets a record that this process has changed.
    pub(crate) fn forget(&self, key: &RecordKey) {
        let mut count = self.forgotten.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.wrapping_add(1);
        self.entries.remove(key);
    }
}

/// A clock that was set back makes a read look younger than it is: such a read is not believed.
fn is_believed(began_at: Timestamp, now: Timestamp) -> bool {
    (0..BELIEVED_FOR_MICROS).contains(&(now.unix_micros() - began_at.unix_micros()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_believed_for_a_second_or_longer() {
        let at = |micros| Timestamp::from_unix_micros(micros).unwrap();
        assert!(is_believed(at(5), at(5)));
        assert!(is_believed(at(5), at(1_000_004)));
        assert!(!is_believed(at(5), at(1_000_005)));
        assert!(!is_believed(at(5), at(4)));
    }
}
