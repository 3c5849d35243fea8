//! The elements of what a user may have several of: `user_elements`.

use std::sync::LazyLock;

use roster_directory::element::Address;
use roster_directory::{Attribute, Content, Element, User, fold};
use rusqlite::{Connection, params};

use crate::cell::{Cell, Columns, version};
use crate::error::Result;

pub(crate) const TABLE: &str = "user_elements";

/// The columns that [`read`] reads.
pub(crate) const COLUMNS: &str = "id, attribute, is_own, value, kind, display, is_primary, formatted, street_address, \
                                  locality, region, postal_code, country";

/// The elements of users from one id to another: the user, whether it is there, and [`COLUMNS`].
pub(crate) static SELECT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT user_id, is_there, {COLUMNS} FROM user_elements WHERE user_id BETWEEN ?1 AND ?2 ORDER BY user_id, id"
    )
});

/// An element from its columns.
pub(crate) fn read(columns: &mut Columns<'_>) -> Result<Element> {
    let (id, attribute) = (columns.integer()?, columns.integer()?);
    let attribute = u8::try_from(attribute).ok().and_then(Attribute::from_id);
    Ok(Element {
        id: columns.check(id.try_into())?,
        attribute: attribute.ok_or_else(|| columns.corrupt())?,
        is_own: columns.truth()?,
        content: Content {
            value: text(columns)?,
            kind: text(columns)?,
            display: text(columns)?,
            primary: columns.optional_truth()?,
            address: address(columns)?,
        },
    })
}

fn address(columns: &mut Columns<'_>) -> Result<Option<Box<Address>>> {
    let address = Address {
        formatted: text(columns)?,
        street_address: text(columns)?,
        locality: text(columns)?,
        region: text(columns)?,
        postal_code: text(columns)?,
        country: text(columns)?,
    };
    Ok(Some(address).filter(|address| *address != Address::default()).map(Box::new))
}

fn text(columns: &mut Columns<'_>) -> Result<Option<String>> {
    Ok(columns.optional_text()?.map(str::to_owned))
}

/// Writes the elements that are others than before.
pub(crate) fn write(conn: &Connection, before: Option<&User>, after: &User) -> Result<()> {
    let old = before.map_or(&[][..], |user| &user.elements);
    if *old == *after.elements {
        return Ok(());
    }
    for element in after.elements.iter().filter(|element| !old.contains(element)) {
        put(conn, after, element)?;
    }
    let is_gone = |element: &&Element| after.elements.iter().all(|kept| kept.id != element.id);
    for element in old.iter().filter(is_gone) {
        take_away(conn, after, element)?;
    }
    Ok(())
}

fn put(conn: &Connection, user: &User, element: &Element) -> Result<()> {
    let Element { id, attribute, is_own, content } = element;
    let Content { value, kind, display, primary, address } = content;
    let none = Address::default();
    let Address { formatted, street_address, locality, region, postal_code, country } =
        address.as_deref().unwrap_or(&none);
    conn.prepare_cached(
        "REPLACE INTO user_elements (user_id, id, attribute, version, is_there, is_own, value, value_folded, kind, \
         display, is_primary, formatted, street_address, locality, region, postal_code, country) \
         VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?
    .execute(params![
        Cell::from(user.id),
        id,
        attribute.id(),
        version(user.version)?,
        is_own,
        value,
        value.as_deref().map(fold::fold),
        kind,
        display,
        primary,
        formatted,
        street_address,
        locality,
        region,
        postal_code,
        country,
    ])?;
    Ok(())
}

/// Its row stays, for its version.
fn take_away(conn: &Connection, user: &User, element: &Element) -> Result<()> {
    conn.prepare_cached(
        "REPLACE INTO user_elements (user_id, id, attribute, version, is_there, is_own) \
         VALUES (?1, ?2, ?3, ?4, 0, 0)",
    )?
    .execute(params![
        Cell::from(user.id),
        element.id,
        element.attribute.id(),
        version(user.version)?
    ])?;
    Ok(())
}
