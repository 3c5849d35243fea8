//! `clientsProfile`: the whole list of the clients that a user may enter, and as what.

use std::collections::BTreeSet;

use roster_directory::user::MOST_GRANTS;
use roster_directory::{Grant, Invalid, ProfileId};
use roster_wire::Field;
use roster_wire::json::{Json, Object};

use crate::UnknownFields;
use crate::number::Number;
use crate::place::{Faults, Level, Place, Type};
use crate::wire::contents;

/// The grants that were asked for, each with its place in the list. One pair may have several places.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Asked(Vec<(usize, Grant)>);

impl Asked {
    /// Reads the list. Faulty entries are left out of what was asked.
    pub(crate) fn read(list: Field<&[Json<'_>]>, unknown: UnknownFields, faults: &mut Faults) -> Self {
        let entries = match list {
            Field::Value(entries) => entries,
            Field::Absent | Field::Null | Field::WrongType => {
                faults.required(Place::ClientsProfile, Type::Array);
                return Self::default();
            }
        };
        if entries.len() > MOST_GRANTS {
            let most = format_args!("must have at most {MOST_GRANTS} entries");
            faults.unacceptable(Place::ClientsProfile, most);
            return Self::default();
        }
        let read = |(index, entry)| Some((index, read_entry(index, entry, unknown, faults)?));
        Self(entries.iter().enumerate().filter_map(read).collect())
    }

    /// As a set: a pair that came twice is one grant.
    pub(crate) fn to_set(&self) -> BTreeSet<Grant> {
        self.0.iter().map(|(_, grant)| grant.clone()).collect()
    }

    /// Where in the list the grant stands.
    pub(crate) fn places<'a>(&'a self, grant: &'a Grant) -> impl Iterator<Item = usize> + 'a {
        self.0.iter().filter(move |(_, asked)| asked == grant).map(|(index, _)| *index)
    }
}

fn read_entry(index: usize, entry: &Json<'_>, unknown: UnknownFields, faults: &mut Faults) -> Option<Grant> {
    let entry = match entry.object() {
        object @ Field::Value(_) => contents(object, Level::Entry(index), unknown, faults),
        Field::Absent | Field::Null | Field::WrongType => {
            faults.required(Place::Entry(index), Type::Object);
            return None;
        }
    };
    let client_id = client_id(entry).map_err(|why| why.tell(Place::ClientId(index), faults));
    let profile_id = profile_id(entry).map_err(|why| why.tell(Place::ProfileId(index), faults));
    Some(Grant { client_id: client_id.ok()?, profile_id: profile_id.ok()? })
}

/// Why a member of an entry can't be taken.
enum Why {
    Required(Type),
    Invalid(Invalid),
}

impl Why {
    fn tell(self, place: Place, faults: &mut Faults) {
        match self {
            Self::Required(wanted) => faults.required(place, wanted),
            Self::Invalid(why) => faults.unacceptable(place, why),
        }
    }
}

fn client_id(entry: &Object<'_>) -> Result<i64, Why> {
    let number = entry.number("clientId").value().ok_or(Why::Required(Type::Integer))?;
    match Number::read(number) {
        Number::Positive(id) => Ok(id),
        Number::OutOfRange => Err(Why::Invalid(Number::RANGE)),
        Number::NotWhole => Err(Why::Required(Type::Integer)),
    }
}

/// A JSON integer means its decimal text.
fn profile_id(entry: &Object<'_>) -> Result<ProfileId, Why> {
    let text = match (entry.text("profileId"), entry.number("profileId")) {
        (Field::Value(text), _) => text,
        (_, Field::Value("-0")) => "0",
        (_, Field::Value(number)) if Number::is_whole(number) => number,
        (Field::Absent | Field::Null | Field::WrongType, _) => return Err(Why::Required(Type::String)),
    };
    ProfileId::new(text).map_err(Why::Invalid)
}
