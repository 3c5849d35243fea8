//! Where a fault is, as the answer names it, and the order in which faults are told.

use std::fmt;

use roster_wire::shorten;

/// A place in a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Name,
    Password,
    Telephone,
    ClientsProfile,
    Email,
    LastLogin,
    IsControlTower,
    Entry(usize),
    ClientId(usize),
    ProfileId(usize),
    UnknownInEntry(usize, String),
    /// The body as a whole.
    Body,
    /// The path's, or `data.user.id`, which repeats it.
    Id,
    TransactionId,
    Header,
    Data,
    User,
    Unknown(String),
    IdempotencyKey,
}

/// The objects of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    Root,
    Header,
    Data,
    User,
    Entry(usize),
}

impl Level {
    /// The place of the object itself.
    pub(crate) fn place(self) -> Place {
        match self {
            Self::Root => Place::Body,
            Self::Header => Place::Header,
            Self::Data => Place::Data,
            Self::User => Place::User,
            Self::Entry(index) => Place::Entry(index),
        }
    }
}

impl Place {
    /// The place of a member that the document knows.
    pub(crate) fn known(level: Level, key: &str) -> Option<Self> {
        Some(match (level, key) {
            (Level::Root, "header") => Self::Header,
            (Level::Root, "data") => Self::Data,
            (Level::Header, "transactionId") => Self::TransactionId,
            (Level::Data, "user") => Self::User,
            (Level::Data, "clientsProfile") => Self::ClientsProfile,
            (Level::User, "id") => Self::Id,
            (Level::User, "name") => Self::Name,
            (Level::User, "password") => Self::Password,
            (Level::User, "telephone") => Self::Telephone,
            (Level::User, "email") => Self::Email,
            (Level::User, "lastLogin") => Self::LastLogin,
            (Level::User, "isControlTower") => Self::IsControlTower,
            (Level::Entry(index), "clientId") => Self::ClientId(index),
            (Level::Entry(index), "profileId") => Self::ProfileId(index),
            (Level::Root | Level::Header | Level::Data | Level::User | Level::Entry(_), _) => return None,
        })
    }

    /// The place of any member.
    pub(crate) fn member(level: Level, key: &str) -> Self {
        Self::known(level, key).unwrap_or_else(|| match level {
            Level::Root | Level::Header | Level::Data | Level::User => Self::Unknown(shorten(key).to_owned()),
            Level::Entry(index) => Self::UnknownInEntry(index, shorten(key).to_owned()),
        })
    }

    /// The fields in the order of the documented example, then the list entry by entry, then all else.
    fn rank(&self) -> (u8, usize, u8) {
        match self {
            Self::Name => (0, 0, 0),
            Self::Password => (1, 0, 0),
            Self::Telephone => (2, 0, 0),
            Self::ClientsProfile => (3, 0, 0),
            Self::Email => (4, 0, 0),
            Self::LastLogin => (5, 0, 0),
            Self::IsControlTower => (6, 0, 0),
            Self::Entry(index) => (7, *index, 0),
            Self::ClientId(index) => (7, *index, 1),
            Self::ProfileId(index) => (7, *index, 2),
            Self::UnknownInEntry(index, _) => (7, *index, 3),
            Self::Body => (8, 0, 0),
            Self::Id => (9, 0, 0),
            Self::TransactionId => (10, 0, 0),
            Self::Header => (11, 0, 0),
            Self::Data => (12, 0, 0),
            Self::User => (13, 0, 0),
            Self::Unknown(_) => (14, 0, 0),
            Self::IdempotencyKey => (15, 0, 0),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name => f.write_str("name"),
            Self::Password => f.write_str("password"),
            Self::Telephone => f.write_str("telephone"),
            Self::ClientsProfile => f.write_str("clientsProfile"),
            Self::Email => f.write_str("email"),
            Self::LastLogin => f.write_str("lastLogin"),
            Self::IsControlTower => f.write_str("isControlTower"),
            Self::Entry(index) => write!(f, "clientsProfile[{index}]"),
            Self::ClientId(index) => write!(f, "clientsProfile[{index}].clientId"),
            Self::ProfileId(index) => write!(f, "clientsProfile[{index}].profileId"),
            Self::UnknownInEntry(index, key) => write!(f, "clientsProfile[{index}].{key}"),
            Self::Body => f.write_str("body"),
            Self::Id => f.write_str("id"),
            Self::TransactionId => f.write_str("transactionId"),
            Self::Header => f.write_str("header"),
            Self::Data => f.write_str("data"),
            Self::User => f.write_str("user"),
            Self::Unknown(key) => f.write_str(key),
            Self::IdempotencyKey => f.write_str("Idempotency-Key"),
        }
    }
}

/// A type of JSON, as the document calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    String,
    Array,
    Boolean,
    Integer,
    Object,
}

impl Type {
    /// What is said of a field that is missing, or of another type. The space at the end is documented.
    pub(crate) fn required(self) -> &'static str {
        match self {
            Self::String => "Field is required, and must be of type String ",
            Self::Array => "Field is required, and must be of type Array ",
            Self::Boolean => "Field is required, and must be of type Boolean ",
            Self::Integer => "Field is required, and must be of type Integer ",
            Self::Object => "Field is required, and must be of type Object ",
        }
    }
}

/// One thing that is wrong with a request. It never holds a value that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) place: Place,
    pub(crate) description: String,
}

/// Everything that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// The most that are answered.
    pub(crate) const MOST: usize = 100;

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn push(&mut self, place: Place, description: impl Into<String>) {
        self.0.push(Fault { place, description: description.into() });
    }

    /// It is missing, or of another type than this.
    pub(crate) fn required(&mut self, place: Place, wanted: Type) {
        self.push(place, wanted.required());
    }

    /// It is of its type, and can't be taken, because it `must …` or because it `is …`.
    pub(crate) fn unacceptable(&mut self, place: Place, why: impl fmt::Display) {
        self.push(place, format!("Field {why}"));
    }

    /// In the order in which they are answered.
    pub(crate) fn into_answer(mut self) -> Vec<Fault> {
        self.0.sort_by_key(|fault| fault.place.rank());
        self.0.truncate(Self::MOST);
        self.0
    }
}

impl Extend<Fault> for Faults {
    fn extend<I: IntoIterator<Item = Fault>>(&mut self, faults: I) {
        self.0.extend(faults);
    }
}
