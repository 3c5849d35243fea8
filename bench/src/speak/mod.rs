//! How each contender is spoken to.

mod http;
mod ldap;
mod plain;
mod roster;
mod scim;

use std::net::SocketAddr;

use roster_testkit::load::{Endpoint, Exchange};

use crate::operation::Operation;

pub(crate) use ldap::Ldap;
pub(crate) use plain::Plain;
pub(crate) use roster::{Credentials, Manner, Roster};
pub(crate) use scim::Scim;

/// How many users are on a page.
pub(crate) const PAGE: u64 = 50;

/// What an operation is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// Which of the users.
    pub(crate) user: u64,
    /// What the contender calls it; empty for a user that is to be created.
    pub(crate) id: &'a str,
    /// A number that no other request has: what a change changes to.
    pub(crate) turn: u64,
    /// Where a page begins.
    pub(crate) place: &'a Place,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// After so many users.
    Offset(u64),
    /// Where a cursor says.
    Cursor(String),
}

/// A protocol.
pub(crate) trait Speak {
    /// The server at that address, as it is spoken to.
    fn endpoint(&self, address: SocketAddr) -> Endpoint {
        Endpoint::http(address)
    }

    /// Whether it has the operation.
    fn offers(&self, operation: Operation) -> bool;

    /// Writes the request for it, and what the answer must be.
    fn write(&self, operation: Operation, subject: &Subject<'_>, exchange: &mut Exchange);

    /// The id of the user that was created, from the answer to its creation.
    fn id_of_created(&self, user: u64, body: &[u8]) -> Option<String>;

    /// What names the last user on a page, as it stands in the answer: another page does not contain it.
    fn last_on_page(&self, body: &[u8]) -> Option<Vec<u8>>;

    /// How the last page is found, where a list can't be entered in the middle.
    fn walks(&self) -> Option<&dyn Walk> {
        None
    }
}

/// Lists that can't be entered in the middle: the last page is found by walking there.
pub(crate) trait Walk {
    /// A request for so many users from a place on.
    fn page(&self, place: &Place, users: u64, exchange: &mut Exchange);
    /// Where the next page begins; `None` after the last.
    fn next(&self, body: &[u8]) -> Option<Place>;
}
