//! What goes wrong inside the store, and what a failure means. No text here holds a stored value.

use roster_directory::seal::SealError;
use tokio_postgres::error::{Severity, SqlState};

/// Why a statement, a row or a change could not be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// PostgreSQL refused, or went away.
    #[error("PostgreSQL: {}", told(.0))]
    Sql(#[from] tokio_postgres::Error),
    /// No connection could be made.
    #[error("no connection to PostgreSQL: {0}")]
    Connect(String),
    /// A stored value is not one of its column's.
    #[error("{0} holds a value that Roster did not write there")]
    Corrupt(&'static str),
    /// A sealed value could not be opened.
    #[error("{0}")]
    Seal(#[from] SealError),
    /// What was read has changed since: decide again.
    #[error("{0} was not as it was read")]
    Conflict(&'static str),
    /// It is maybe on the primary alone.
    #[error("it was committed, but its wait for the standby was cancelled")]
    Unreplicated,
    /// Another process has changed the rules since this one began.
    #[error("another process has changed the rules (unique_email, references): start this one again")]
    OtherRules,
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

/// What a failure asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Decide again, from a fresh load.
    DecideAgain,
    /// The server could not go on for now: try the whole transaction again, on another connection if this one is gone.
    TryAgain,
    /// Nothing helps.
    GiveUp,
}

impl Error {
    /// What it asks for.
    pub(crate) fn remedy(&self) -> Remedy {
        match self {
            Self::Conflict(_) => Remedy::DecideAgain,
            Self::Connect(_) | Self::Unreplicated => Remedy::TryAgain,
            Self::Sql(error) => match error.code() {
                // Without a code it is the connection that failed.
                None if error.is_closed() || is_io(error) => Remedy::TryAgain,
                None => Remedy::GiveUp,
                Some(&SqlState::UNIQUE_VIOLATION) if is_made_already(error) => Remedy::GiveUp,
                Some(&SqlState::UNIQUE_VIOLATION) => Remedy::DecideAgain,
                Some(code) if is_passing(code) => Remedy::TryAgain,
                Some(_) if matches!(severity(error), Some(Severity::Fatal | Severity::Panic)) => {
                    Remedy::TryAgain
                }
                Some(_) => Remedy::GiveUp,
            },
            Self::Corrupt(_)
            | Self::Seal(_)
            | Self::OtherRules
            | Self::Endless
            | Self::Panicked
            | Self::Unstorable(_) => Remedy::GiveUp,
        }
    }

    /// Whether the statement was ended because it took too long.
    pub(crate) fn is_cancelled(&self) -> bool {
        matches!(self, Self::Sql(error) if error.code() == Some(&SqlState::QUERY_CANCELED))
    }

    /// Whether it is what a guard's statement fails with (`bulk.rs`).
    pub(crate) fn is_guard(&self) -> bool {
        matches!(self, Self::Sql(error) if error.code() == Some(&SqlState::INVALID_TEXT_REPRESENTATION))
    }

    /// Whether the server itself said no: then it has rolled back. Else the connection was lost (also class 08), the server
    /// ended (57P, and whatever is FATAL or PANIC) or does not know (40003), and a commit that was under way may have been
    /// made.
    pub(crate) fn is_answer(&self) -> bool {
        match self {
            Self::Sql(error) => {
                severity(error) == Some(Severity::Error)
                    && error.code().is_some_and(|code| !leaves_in_doubt(code))
            }
            // A guard's statement has failed.
            Self::Conflict(_) | Self::OtherRules => true,
            Self::Connect(_)
            | Self::Corrupt(_)
            | Self::Seal(_)
            | Self::Unreplicated
            | Self::Endless
            | Self::Panicked
            | Self::Unstorable(_) => false,
        }
    }
}

/// Whether the statement failed, or the connection with it.
fn severity(error: &tokio_postgres::Error) -> Option<Severity> {
    error.as_db_error().and_then(|said| said.parsed_severity())
}

/// Whether the code leaves open what became of a commit.
fn leaves_in_doubt(code: &SqlState) -> bool {
    let text = code.code();
    text == "40003" || text.starts_with("08") || text.starts_with("57P")
}

/// Serialisation failures and deadlocks (class 40), a lost connection (08), a server that starts, stops or fails over
/// (57P), one that has become a standby (25006), one that has no connection to spare (53300), and a statement that only failed
/// because one before it had (25P02).
fn is_passing(code: &SqlState) -> bool {
    let text = code.code();
    matches!(text, "40001" | "40P01" | "25006" | "25P02" | "53300") || leaves_in_doubt(code)
}

/// Whether the change is in the journal already: the constraint is named for its column, in a partition too.
fn is_made_already(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().and_then(|said| said.constraint()).is_some_and(|name| name.contains("change_id"))
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<std::io::Error>())
}

/// PostgreSQL's own words without the details, which hold values.
fn told(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(said) => format!("{} ({})", said.message(), said.code().code()),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_tried_again_and_what_tells_nothing_of_a_commit_is_looked_for() {
        let codes = [
            ("40001", true, false),
            ("40P01", true, false),
            ("25006", true, false),
            ("25P02", true, false),
            ("53300", true, false),
            ("40003", true, true),
            ("57P01", true, true),
            ("57P03", true, true),
            ("08006", true, true),
            ("08P01", true, true),
            ("23505", false, false),
            ("42P01", false, false),
            ("57014", false, false),
            ("XX000", false, false),
        ];
        for (code, passes, open) in codes {
            let state = SqlState::from_code(code);
            assert_eq!((is_passing(&state), leaves_in_doubt(&state)), (passes, open), "{code}");
        }
    }
}
