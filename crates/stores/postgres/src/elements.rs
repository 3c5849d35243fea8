//! The elements of what a user may have several of: `user_elements`.
//!
//! They are read by the statement that reads their user, as an array of texts: an element's parts, in the order of [`read`],
//! one element after the other.

use std::sync::LazyLock;

use roster_directory::element::Address;
use roster_directory::{Attribute, Content, Element, UserId, fold};

use crate::bulk::{Bulk, Kind};
use crate::cell::{Cell, version};
use crate::error::{Error, Result};

const TABLE: &str = "user_elements";

/// How many parts an element has.
const PARTS: usize = 13;

/// The parts of the elements of the user `{id}`.
pub(crate) const SELECTED: &str = "ARRAY(SELECT p.part FROM user_elements e \
    CROSS JOIN LATERAL unnest(ARRAY[e.id::text, e.attribute::text, e.is_own::text, e.is_primary::text, e.value, e.kind, \
    e.display, e.formatted, e.street_address, e.locality, e.region, e.postal_code, e.country]) \
    WITH ORDINALITY AS p (part, place) WHERE e.user_id = {id} AND e.is_there ORDER BY e.id, p.place)";

/// Writes elements over what is there.
pub(crate) static WRITE: LazyLock<Bulk> = LazyLock::new(|| {
    let columns = [
        ("user_id", Kind::Uuid),
        ("id", Kind::Integer),
        ("attribute", Kind::Integer),
        ("version", Kind::Integer),
        ("is_there", Kind::Truth),
        ("is_own", Kind::Truth),
        ("value", Kind::Text),
        ("value_folded", Kind::Text),
        ("kind", Kind::Text),
        ("display", Kind::Text),
        ("is_primary", Kind::Truth),
        ("formatted", Kind::Text),
        ("street_address", Kind::Text),
        ("locality", Kind::Text),
        ("region", Kind::Text),
        ("postal_code", Kind::Text),
        ("country", Kind::Text),
    ];
    let set: Vec<String> =
        columns.iter().skip(2).map(|(name, _)| format!("{name} = EXCLUDED.{name}")).collect();
    let over = format!("ON CONFLICT (user_id, id) DO UPDATE SET {}", set.join(", "));
    Bulk::insert(TABLE, &columns, &over)
});

/// What an element is after a change: one that was taken away keeps its row, for its version.
#[derive(Debug, Clone)]
pub(crate) enum State {
    There(Element),
    TakenAway(Attribute),
}

/// The row of an element of a user for [`WRITE`].
pub(crate) fn row(user: UserId, id: u32, state: &State, at: u64) -> Result<Vec<Cell>> {
    let nothing = Content::default();
    let (attribute, is_there, is_own, content) = match state {
        State::There(Element { attribute, is_own, content, .. }) => (attribute, true, *is_own, content),
        State::TakenAway(attribute) => (attribute, false, false, &nothing),
    };
    let Content { value, kind, display, primary, address } = content;
    let no_address = Address::default();
    let Address { formatted, street_address, locality, region, postal_code, country } =
        address.as_deref().unwrap_or(&no_address);
    let text = |text: &Option<String>| Cell::from(text.as_deref());
    Ok(vec![
        user.into(),
        i64::from(id).into(),
        i64::from(attribute.id()).into(),
        version(at)?.into(),
        is_there.into(),
        is_own.into(),
        text(value),
        value.as_deref().map(fold::fold).into(),
        text(kind),
        text(display),
        (*primary).into(),
        text(formatted),
        text(street_address),
        text(locality),
        text(region),
        text(postal_code),
        text(country),
    ])
}

/// Elements from their parts.
pub(crate) fn from_parts(parts: &[Option<&str>]) -> Result<Vec<Element>> {
    let (elements, rest) = parts.as_chunks::<PARTS>();
    if rest.is_empty() { elements.iter().map(read).collect() } else { Err(corrupt()) }
}

fn read(parts: &[Option<&str>; PARTS]) -> Result<Element> {
    let [id, attribute, is_own, primary, value, kind, display, address @ ..] = *parts;
    let text = |part: Option<&str>| part.map(str::to_owned);
    let attribute = attribute.and_then(|text| text.parse().ok()).and_then(Attribute::from_id);
    Ok(Element {
        id: id.and_then(|text| text.parse().ok()).ok_or_else(corrupt)?,
        attribute: attribute.ok_or_else(corrupt)?,
        is_own: truth(is_own)?.ok_or_else(corrupt)?,
        content: Content {
            value: text(value),
            kind: text(kind),
            display: text(display),
            primary: truth(primary)?,
            address: read_address(address),
        },
    })
}

/// There is an address where one of its parts is.
fn read_address(parts: [Option<&str>; 6]) -> Option<Box<Address>> {
    if parts.iter().all(Option::is_none) {
        return None;
    }
    let [formatted, street_address, locality, region, postal_code, country] =
        parts.map(|part| part.map(str::to_owned));
    Some(Box::new(Address { formatted, street_address, locality, region, postal_code, country }))
}

fn truth(part: Option<&str>) -> Result<Option<bool>> {
    part.map(|text| text.parse().map_err(|_| corrupt())).transpose()
}

fn corrupt() -> Error {
    Error::Corrupt(TABLE)
}
