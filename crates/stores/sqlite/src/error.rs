//! What goes wrong inside the store. No text here holds a stored value.

use roster_directory::seal::SealError;
use rusqlite::ErrorCode;
use rusqlite::ffi;

/// Why a statement, a row or a change could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// SQLite refused.
    #[error("SQLite: {0}")]
    Sql(#[from] rusqlite::Error),
    /// A stored value is not one of its column's.
    #[error("{0} holds a value that Roster did not write there")]
    Corrupt(&'static str),
    /// A sealed value could not be opened.
    #[error("{0}")]
    Seal(#[from] SealError),
    /// A guarded write found something else than was read in the same transaction.
    #[error("{0} was not as it was read")]
    Shortfall(&'static str),
    /// A decision kept asking for more.
    #[error("a change asked to read more without end")]
    Endless,
    /// A decision panicked.
    #[error("a change panicked while it was decided")]
    Panicked,
    /// What the store can't keep.
    #[error("{0}")]
    Unstorable(&'static str),
}

pub(crate) type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Whether another connection holds what was needed: worth waiting for.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self.code(), Some((ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _)))
    }

    /// Whether the disk may now hold something else than SQLite believes: an fsync failed, or a page is not what was
    /// written. After that nothing more may be acknowledged.
    pub(crate) fn is_fatal(&self) -> bool {
        match self.code() {
            Some((ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _)) => true,
            Some((_, extended)) => {
                matches!(
                    extended,
                    ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC | ffi::SQLITE_IOERR_DATA
                )
            }
            None => false,
        }
    }

    /// Whether the statement took too long, and was interrupted.
    pub(crate) fn is_interrupted(&self) -> bool {
        matches!(self.code(), Some((ErrorCode::OperationInterrupted, _)))
    }

    /// Whether the disk is full.
    pub(crate) fn is_full(&self) -> bool {
        matches!(self.code(), Some((ErrorCode::DiskFull, _)))
    }

    fn code(&self) -> Option<(ErrorCode, i32)> {
        match self {
            Self::Sql(error) => error.sqlite_error().map(|error| (error.code, error.extended_code)),
            Self::Corrupt(_)
            | Self::Seal(_)
            | Self::Shortfall(_)
            | Self::Endless
            | Self::Panicked
            | Self::Unstorable(_) => None,
        }
    }
}
