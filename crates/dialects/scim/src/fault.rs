//! One thing that is wrong with the values of a request: where it is, and what.

use std::borrow::Cow;
use std::fmt;

/// One thing that is wrong with a value. It never holds what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The path of the attribute, as `emails[0].value`.
    pub(crate) path: String,
    /// What is wrong there.
    pub(crate) reason: Cow<'static, str>,
}

impl Fault {
    /// A fault at a path.
    pub(crate) fn new(path: impl Into<String>, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { path: path.into(), reason: reason.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, reason } = self;
        write!(f, "{path} {reason}")
    }
}
