//! The core of Roster: one user, one merge, one history.
//!
//! Every wire protocol ("dialect") translates its requests into a [`UserPatch`] and calls [`Directory`]; every store
//! implements the one port, [`store::Store`]. There is no HTTP, SQL, JSON or clock in this crate: time, ids and
//! randomness come in as parameters ([`Clock`], [`Entropy`]).
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod access;
pub mod change;
pub mod check;
pub mod clock;
mod decide;
pub mod directory;
pub mod element;
pub mod error;
pub mod fold;
mod foresight;
pub mod group;
pub mod idempotency;
pub mod journal;
mod merge;
pub mod password;
pub mod record;
pub mod seal;
pub mod search;
pub mod snapshot;
pub mod store;
pub mod transfer;
pub mod user;
pub mod value;

pub use access::{Principal, Scope, Scopes};
pub use change::{
    Assign, Change, ElementsPatch, GrantsPatch, LinksPatch, ProfilePatch, Resolution, TakenLinks, UserPatch,
};
pub use clock::{Clock, Entropy, SystemClock, SystemEntropy, Timestamp};
pub use decide::ChangeRecord;
pub use directory::{Applied, Directory, References, Rules, Update};
pub use element::{Attribute, Content, ContentRef, Element, Elements};
pub use error::{Error, Fault, FaultAt, Reason, Refusal, Refused};
pub use group::{Group, GroupId, GroupName, Member};
pub use idempotency::{Idempotency, IdempotencyKey};
pub use journal::{Actor, ChangeId, Dialect, Entry, FieldChange, Position};
pub use password::{Password, PasswordHash, Passwords};
pub use store::{Effect, Outcome, Store, StoreError, Target};
pub use user::{ExternalId, Field, Grant, Link, Number, Profile, ProfileId, Source, User, UserId, UserName};
pub use value::{Avatar, Email, Invalid, Text, Value};
