//! The one mapping between a user and the columns of `users`.

use std::fmt::Write as _;
use std::sync::LazyLock;

use roster_directory::seal::WrappedKey;
use roster_directory::user::FieldVersions;
use roster_directory::value::Kind;
use roster_directory::{Number, PasswordHash, Profile, User, UserName, Value};
use rusqlite::Row;

use crate::cell::{Cell, Columns, plain, version};
use crate::error::Result;

const TABLE: &str = "users";

/// The columns that are not plain fields, in the order of [`cells`].
const FIXED: [&str; 16] = [
    "number",
    "id",
    "version",
    "user_name",
    "user_name_chosen",
    "active",
    "password_hash",
    "created_at_us",
    "updated_at_us",
    "registered_at_us",
    "recorded_at_us",
    "deleted_at_us",
    "data_key",
    "field_versions",
    "email_folded",
    "last_element",
];

/// Every column, in the order of [`cells`].
static NAMES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let plain = Profile::FIELDS.iter().map(|(field, kind)| match kind {
        Kind::Text | Kind::Bool | Kind::Uuid => field.name().to_owned(),
        Kind::Time => format!("{}_us", field.name()),
    });
    FIXED.iter().map(|name| (*name).to_owned()).chain(plain).collect()
});

/// `SELECT <every column> FROM users`.
pub(crate) static SELECT: LazyLock<String> =
    LazyLock::new(|| format!("SELECT {} FROM users", NAMES.join(", ")));

/// `SELECT … FROM users WHERE id = ?1`.
pub(crate) static SELECT_BY_ID: LazyLock<String> = LazyLock::new(|| format!("{} WHERE id = ?1", *SELECT));

/// `SELECT … FROM users WHERE number = ?1`.
pub(crate) static SELECT_BY_NUMBER: LazyLock<String> =
    LazyLock::new(|| format!("{} WHERE number = ?1", *SELECT));

/// `INSERT INTO users (<every column>) VALUES (…)`.
pub(crate) static INSERT: LazyLock<String> = LazyLock::new(|| {
    let places: Vec<String> = (1..=NAMES.len()).map(|place| format!("?{place}")).collect();
    format!("INSERT INTO users ({}) VALUES ({})", NAMES.join(", "), places.join(", "))
});

/// The columns' values of a user, in the order of the columns.
pub(crate) fn cells(user: &User) -> Result<Vec<Cell<'_>>> {
    let mut cells: Vec<Cell<'_>> = Vec::with_capacity(NAMES.len());
    cells.extend([
        user.number.get().into(),
        user.id.into(),
        version(user.version)?.into(),
        user.user_name.as_str().into(),
        user.user_name_chosen.into(),
        user.active.into(),
        user.password.as_ref().map(PasswordHash::as_phc).into(),
        user.created_at.into(),
        user.updated_at.into(),
        user.registered_at.into(),
        user.recorded_at.into(),
        user.deleted_at.into(),
        Cell::Blob(user.data_key.as_bytes()),
        Cell::OwnedBlob(user.field_versions.to_bytes()),
        user.email_folded().into(),
        i64::from(user.last_element).into(),
    ]);
    for (field, _) in Profile::FIELDS {
        cells.push(user.profile.value(*field).map(plain).transpose()?.into());
    }
    Ok(cells)
}

/// `UPDATE users SET <the columns that differ> WHERE number = … AND id = … AND version = …`, and its values.
///
/// SQLite rewrites an index whose column is named in SET even if the value is the same, so no other column is named.
pub(crate) fn update<'a>(before: &'a User, after: &'a User) -> Result<(String, Vec<Cell<'a>>)> {
    let mut sql = String::with_capacity(256);
    sql.push_str("UPDATE users SET ");
    let mut values = Vec::with_capacity(16);
    for ((name, old), new) in NAMES.iter().zip(cells(before)?).zip(cells(after)?) {
        if old != new {
            values.push(new);
            let comma = if values.len() > 1 { ", " } else { "" };
            // Writing to a String can't fail.
            let _ = write!(sql, "{comma}{name} = ?{}", values.len());
        }
    }
    let guards = [
        ("number", before.number.get().into()),
        ("id", before.id.into()),
        ("version", version(before.version)?.into()),
    ];
    for (index, (name, value)) in guards.into_iter().enumerate() {
        values.push(value);
        let word = if index == 0 { "WHERE" } else { "AND" };
        let _ = write!(sql, " {word} {name} = ?{}", values.len());
    }
    Ok((sql, values))
}

/// A user from a row of [`SELECT`], without its links, grants and elements.
pub(crate) fn user(row: &Row<'_>) -> Result<User> {
    let columns = &mut Columns::new(row, TABLE);
    let number = columns.integer()?;
    let mut user = User {
        number: columns.check(Number::new(number))?,
        id: columns.user_id()?,
        version: columns.version()?,
        user_name: {
            let name = columns.text()?;
            columns.check(UserName::new(name))?
        },
        user_name_chosen: columns.truth()?,
        active: columns.truth()?,
        password: columns.optional_text()?.map(PasswordHash::from_phc),
        created_at: columns.time()?,
        updated_at: columns.time()?,
        registered_at: columns.time()?,
        recorded_at: columns.time()?,
        deleted_at: columns.optional_time()?,
        data_key: WrappedKey::from_bytes(columns.blob()?.to_vec()),
        field_versions: {
            let bytes = columns.blob()?;
            FieldVersions::from_bytes(bytes).ok_or_else(|| columns.corrupt())?
        },
        profile: Profile::default(),
        links: Default::default(),
        grants: Default::default(),
        elements: Vec::new(),
        last_element: 0,
    };
    // email_folded follows from the email.
    columns.value()?;
    let last_element = columns.integer()?;
    user.last_element = columns.check(last_element.try_into())?;
    for (field, kind) in Profile::FIELDS {
        let value = match kind {
            Kind::Text => columns.optional_text()?.map(|text| Value::Text(text.into())),
            Kind::Bool => columns.optional_integer()?.map(|truth| Value::Bool(truth == 1)),
            Kind::Time => columns.optional_time()?.map(Value::Time),
            Kind::Uuid => columns.optional_uuid()?.map(Value::Uuid),
        };
        if let Some(value) = value
            && !user.profile.set(*field, value)
        {
            return Err(columns.corrupt());
        }
    }
    Ok(user)
}
