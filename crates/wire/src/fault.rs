//! Faults that no handler sees, because they happen around it.

/// What went wrong around a handler. Each dialect answers it in its own form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerFault {
    /// The handler panicked.
    Panicked,
    /// The request took longer than it may: what it asked for may or may not have been done.
    TimedOut,
    /// The server has too much to do. Nothing was done.
    Overloaded {
        /// When to try again.
        retry_after_seconds: u64,
    },
}
