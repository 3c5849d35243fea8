//! The one mapping between a user and the columns of `users`.

use std::sync::LazyLock;

use roster_directory::seal::WrappedKey;
use roster_directory::store::Claim;
use roster_directory::user::FieldVersions;
use roster_directory::value::Kind as ValueKind;
use roster_directory::{
    ExternalId, Field, Grant, Number, PasswordHash, Profile, ProfileId, Source, User, UserId, UserName, Value,
};
use tokio_postgres::Row;

use crate::bulk::{Bulk, Column, Kind};
use crate::cell::{Cell, Columns, plain, version};
use crate::elements;
use crate::error::Result;
use crate::load::HELD;

const TABLE: &str = "users";

/// The columns that are not plain fields, in the order of [`cells`].
const FIXED: [Column; 15] = [
    ("id", Kind::Uuid),
    ("number", Kind::Integer),
    ("version", Kind::Integer),
    ("user_name", Kind::Text),
    ("user_name_chosen", Kind::Truth),
    ("active", Kind::Truth),
    ("password_hash", Kind::Text),
    ("created_at_us", Kind::Integer),
    ("updated_at_us", Kind::Integer),
    ("registered_at_us", Kind::Integer),
    ("recorded_at_us", Kind::Integer),
    ("deleted_at_us", Kind::Integer),
    ("data_key", Kind::Bytes),
    ("field_versions", Kind::Bytes),
    ("email_folded", Kind::Text),
];

/// The fields from this number on are those of SCIM. Few users have one: a statement that changes none leaves them out, or each
/// batch of changes would bring an empty array for each.
const FIRST_SELDOM: u16 = 29;

/// Which columns a statement writes: a leading part of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    /// All but those that few users have.
    Usual,
    /// Every one.
    Whole,
}

impl Width {
    /// What a change needs.
    pub(crate) fn of(before: Option<&User>, after: &User) -> Self {
        let is_changed = |(field, _): &(Field, ValueKind)| {
            field.id() >= FIRST_SELDOM
                && before.and_then(|user| user.profile.value(*field)) != after.profile.value(*field)
        };
        let last_element = before.map_or(0, |user| user.last_element);
        if last_element != after.last_element || Profile::FIELDS.iter().any(is_changed) {
            Self::Whole
        } else {
            Self::Usual
        }
    }

    fn fields(self) -> impl Iterator<Item = Field> {
        let fields = Profile::FIELDS.iter().map(|(field, _)| *field);
        fields.filter(move |field| self == Self::Whole || field.id() < FIRST_SELDOM)
    }

    fn columns(self) -> &'static [Column] {
        match self {
            Self::Usual => COLUMNS.get(..FIXED.len() + self.fields().count()).unwrap_or_default(),
            Self::Whole => &COLUMNS,
        }
    }
}

/// Every column, in the order of [`cells`].
static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| {
    let plain = Profile::FIELDS.iter().map(|(field, kind)| match kind {
        ValueKind::Text => (field.name(), Kind::Text),
        ValueKind::Bool => (field.name(), Kind::Truth),
        ValueKind::Uuid => (field.name(), Kind::Uuid),
        // The one plain field that is a time.
        ValueKind::Time => ("last_login_us", Kind::Integer),
    });
    FIXED.into_iter().chain(plain).chain([("last_element", Kind::Integer)]).collect()
});

/// What is selected of a user `u`: the columns, then its links, its grants and its elements. `{id}` stands for the user's id: where
/// one user is asked for, a planner finds the one partition of the others by it. Of a user that never had an element nothing is
/// looked for.
static SELECTED: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<String> = COLUMNS.iter().map(|(name, _)| format!("u.{name}")).collect();
    format!(
        "SELECT {}, ARRAY(SELECT l.source || ':' || l.external_id FROM links l \
         WHERE l.user_id = {{id}} AND l.external_id IS NOT NULL), \
         ARRAY(SELECT g.client_id || ':' || g.profile_id FROM grants g WHERE g.user_id = {{id}} AND g.granted), \
         CASE WHEN u.last_element > 0 THEN {} END",
        names.join(", "),
        elements::SELECTED
    )
});

/// Users, with whatever condition follows.
pub(crate) static SELECT: LazyLock<String> =
    LazyLock::new(|| format!("{} FROM users u", SELECTED.replace("{id}", "u.id")));

/// The user with the id `$1`.
pub(crate) static SELECT_ONE: LazyLock<String> =
    LazyLock::new(|| format!("{} FROM users u WHERE u.id = $1", SELECTED.replace("{id}", "$1")));

/// The users with the ids `$1`.
pub(crate) static SELECT_MANY: LazyLock<String> =
    LazyLock::new(|| format!("{} WHERE u.id = ANY($1)", *SELECT));

/// The users who hold the claims of kinds `$1` and keys `$2`, and behind each user's columns the claim. The LIMIT is for what that
/// in [`HELD`] is.
pub(crate) static SELECT_HOLDERS: LazyLock<String> = LazyLock::new(|| {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    format!(
        "{}, t.kind, t.key FROM {HELD} \
         CROSS JOIN LATERAL (SELECT {} FROM users WHERE id = k.user_id LIMIT 1) AS u",
        SELECTED.replace("{id}", "u.id"),
        names.join(", ")
    )
});

/// The statements that write users.
pub(crate) struct Statements {
    /// New ones.
    pub(crate) insert: Bulk,
    /// Those that have the version `guard`.
    pub(crate) update: Bulk,
}

impl Statements {
    /// Those of a width.
    pub(crate) fn of(width: Width) -> &'static Self {
        static USUAL: LazyLock<Statements> = LazyLock::new(|| Statements::new(Width::Usual));
        static WHOLE: LazyLock<Statements> = LazyLock::new(|| Statements::new(Width::Whole));
        match width {
            Width::Usual => &USUAL,
            Width::Whole => &WHOLE,
        }
    }

    /// PostgreSQL writes the whole row anew whatever an UPDATE sets, and compares the values to see whether an index must follow;
    /// so every column of the width is named, and one text serves every change.
    fn new(width: Width) -> Self {
        let columns = width.columns();
        let set: Vec<String> = columns
            .iter()
            .filter(|(name, _)| *name != "id")
            .map(|(name, _)| format!("{name} = {{{name}}}"))
            .collect();
        let guarded: Vec<Column> = columns.iter().copied().chain([("guard", Kind::Integer)]).collect();
        let head = format!("UPDATE users AS u SET {}", set.join(", "));
        Self {
            insert: Bulk::insert(TABLE, columns, ""),
            update: Bulk::guarded(
                "a user",
                &guarded,
                &head,
                "FROM {rows}",
                "u.id = {id} AND u.version = {guard} RETURNING 1",
            ),
        }
    }
}

/// The columns' values of a user, in the order of the columns.
pub(crate) fn cells(user: &User, width: Width) -> Result<Vec<Cell>> {
    let mut cells: Vec<Cell> = Vec::with_capacity(COLUMNS.len() + 1);
    cells.extend([
        user.id.into(),
        user.number.get().into(),
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
        user.data_key.as_bytes().to_vec().into(),
        user.field_versions.to_bytes().into(),
        user.email_folded().into(),
    ]);
    for field in width.fields() {
        cells.push(user.profile.value(field).map(plain).transpose()?.into());
    }
    if width == Width::Whole {
        cells.push(i64::from(user.last_element).into());
    }
    Ok(cells)
}

/// The same with the version that the user must have.
pub(crate) fn guarded_cells(before: &User, after: &User, width: Width) -> Result<Vec<Cell>> {
    let mut cells = cells(after, width)?;
    cells.push(version(before.version)?.into());
    Ok(cells)
}

/// A claim, and whose it is, from a row of [`SELECT_HOLDERS`].
pub(crate) fn held(row: &Row) -> Result<(Claim, UserId)> {
    let id = Columns::new(row, TABLE).user_id()?;
    let columns = &mut Columns::at(row, "user_keys", row.len() - 2);
    let claim = Claim::from_stored(columns.integer()?, columns.text()?).ok_or_else(|| columns.corrupt())?;
    Ok((claim, id))
}

/// A user from a row of one of the selections.
pub(crate) fn user(row: &Row) -> Result<User> {
    let columns = &mut Columns::new(row, TABLE);
    let mut user = User {
        id: columns.user_id()?,
        number: {
            let number = columns.integer()?;
            columns.check(Number::new(number))?
        },
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
        data_key: WrappedKey::from_bytes(columns.bytes()?.to_vec()),
        field_versions: {
            let bytes = columns.bytes()?;
            FieldVersions::from_bytes(bytes).ok_or_else(|| columns.corrupt())?
        },
        profile: Profile::default(),
        links: Default::default(),
        grants: Default::default(),
        elements: Vec::new(),
        last_element: 0,
    };
    // email_folded follows from the email.
    columns.optional_text()?;
    for (field, kind) in Profile::FIELDS {
        let value = match kind {
            ValueKind::Text => columns.optional_text()?.map(|text| Value::Text(text.into())),
            ValueKind::Bool => columns.get::<Option<bool>>()?.map(Value::Bool),
            ValueKind::Time => columns.optional_time()?.map(Value::Time),
            ValueKind::Uuid => columns.get::<Option<uuid::Uuid>>()?.map(Value::Uuid),
        };
        if let Some(value) = value
            && !user.profile.set(*field, value)
        {
            return Err(columns.corrupt());
        }
    }
    let last_element = columns.integer()?;
    user.last_element = columns.check(last_element.try_into())?;
    links_and_grants(columns, &mut user)?;
    if let Some(parts) = columns.get::<Option<Vec<Option<&str>>>>()? {
        user.elements = elements::from_parts(&parts)?;
    }
    Ok(user)
}

/// Links as `source:external id` (a source has no colon), grants as `client:profile`.
fn links_and_grants(columns: &mut Columns<'_>, user: &mut User) -> Result<()> {
    for link in columns.get::<Vec<&str>>()? {
        let (source, external_id) = link.split_once(':').ok_or_else(|| columns.corrupt())?;
        let (source, external_id) = (Source::new(source), ExternalId::new(external_id));
        user.links.insert(columns.check(source)?, columns.check(external_id)?);
    }
    for grant in columns.get::<Vec<&str>>()? {
        let (client_id, profile_id) = grant.split_once(':').ok_or_else(|| columns.corrupt())?;
        let (client_id, profile_id) = (columns.check(client_id.parse())?, ProfileId::new(profile_id));
        let grant = Grant::new(client_id, columns.check(profile_id)?);
        user.grants.insert(columns.check(grant)?);
    }
    Ok(())
}
