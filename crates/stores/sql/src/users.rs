//! Searches of users.

use roster_directory::Profile;
use roster_directory::search::{
    Comparison, ElementKey, From, GrantKey, GroupKey, Search, SortKey, UserKey, UserSearch, UserTest,
};
use roster_directory::user::{Field, UserId};
use roster_directory::value::Kind;

use crate::compare::{Operand, compare, condition, has_text};
use crate::engine::Engine;
use crate::statement::{Builder, Param, Queries};
use crate::{elements, groups, narrow};

/// The statements of a search of users. The page has the columns `id` and `number`.
pub fn users<E: Engine>(search: &UserSearch, engine: &E) -> Queries {
    let Search { condition: _, sort, from, limit, counts } = search;
    let mut builder = Builder::new(engine);
    let mut sql = format!("SELECT u.id, u.number {}", living(search, &mut builder));
    let order = match from {
        From::After(after) => {
            behind("u.id", after.map(|UserId(id)| id), &mut sql, &mut builder);
            "u.id".to_owned()
        }
        From::Skip(_) => order(sort.as_ref(), &mut builder),
    };
    sql = page(&sql, &order, *from, *limit, &mut builder);
    let count = counts.then(|| {
        let mut builder = Builder::new(engine);
        let sql = format!("SELECT count(*) {}", living(search, &mut builder));
        builder.finish(sql)
    });
    Queries { page: builder.finish(sql), count }
}

/// From an id on.
pub(crate) fn behind<E: Engine>(
    id: &str,
    after: Option<uuid::Uuid>,
    sql: &mut String,
    builder: &mut Builder<'_, E>,
) {
    if let Some(after) = after {
        let after = builder.param(Param::Uuid(after));
        sql.push_str(&format!(" AND {id} > {after}"));
    }
}

/// In that order, and one more than asked for.
pub(crate) fn page<E: Engine, Id>(
    sql: &str,
    order: &str,
    from: From<Id>,
    limit: usize,
    builder: &mut Builder<'_, E>,
) -> String {
    let whole = |n: u64| Param::Integer(i64::try_from(n).unwrap_or(i64::MAX));
    let limit = builder.param(whole(u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1)));
    let page = format!("{sql} ORDER BY {order} LIMIT {limit}");
    match from {
        From::After(_) | From::Skip(0) => page,
        From::Skip(skipped) => format!("{page} OFFSET {}", builder.param(whole(skipped))),
    }
}

fn living<E: Engine>(search: &UserSearch, builder: &mut Builder<'_, E>) -> String {
    let condition = condition(&search.condition, builder, &mut test);
    format!("FROM users u WHERE u.deleted_at_us IS NULL AND {condition}")
}

fn test<E: Engine>(test: &UserTest, builder: &mut Builder<'_, E>) -> String {
    match test {
        UserTest::Key(key, comparison) => by_key(key, comparison, builder),
        UserTest::Element(attribute, wanted) => {
            let Some((value, is_all)) = narrow::value_of(wanted) else {
                return elements::any(*attribute, wanted, builder);
            };
            match narrow::element(*attribute, value, builder) {
                Some(narrowed) if is_all => narrowed,
                Some(narrowed) => format!("({narrowed} AND {})", elements::any(*attribute, wanted, builder)),
                None => elements::any(*attribute, wanted, builder),
            }
        }
        UserTest::Grant(wanted) => {
            let wanted = condition(wanted, builder, &mut |(key, comparison), builder| {
                let column = match key {
                    GrantKey::Client => "g.client_id",
                    GrantKey::Profile => "g.profile_id",
                };
                compare(Operand::Plain(column), comparison, builder)
            });
            let granted = builder.engine.truth(true);
            format!(
                "EXISTS (SELECT 1 FROM grants g WHERE g.user_id = u.id AND g.granted = {granted} AND {wanted})"
            )
        }
        UserTest::Group(wanted) => {
            let id = narrow::id_of(wanted, &|(key, comparison)| {
                (*key == GroupKey::Id).then(|| narrow::equal(comparison)).flatten()
            });
            let narrowed = id.map(|id| narrow::membership(("u.id", "user_id"), "group_id", id, builder));
            let wanted = condition(wanted, builder, &mut |(key, comparison), builder| {
                groups::by_key(key, comparison, builder)
            });
            let is_member = format!(
                "EXISTS (SELECT 1 FROM group_members m JOIN groups k ON k.id = m.group_id \
                 WHERE m.user_id = u.id AND {wanted})"
            );
            narrowed.map_or(is_member.clone(), |narrowed| format!("({narrowed} AND {is_member})"))
        }
    }
}

fn by_key<E: Engine>(key: &UserKey, comparison: &Comparison, builder: &mut Builder<'_, E>) -> String {
    let narrowed = match (key, narrow::equal_as(comparison)) {
        (UserKey::UserName, Some((name, false))) => return narrow::user_name(name, builder),
        (UserKey::UserName, Some((name, true))) => Some(narrow::user_name(name, builder)),
        (UserKey::ExternalId(source), Some((id, true))) => return narrow::external_id(source, id, builder),
        (_, _) => None,
    };
    let column = expression(key, builder);
    let fits = match (kind(key), comparison) {
        (Kind::Uuid, _) => compare(Operand::Uuid(&column), comparison, builder),
        (Kind::Text, Comparison::Present) => has_text(&column),
        (Kind::Text | Kind::Bool | Kind::Time, _) => compare(Operand::Plain(&column), comparison, builder),
    };
    narrowed.map_or(fits.clone(), |narrowed| format!("({narrowed} AND {fits})"))
}

fn kind(key: &UserKey) -> Kind {
    match key {
        UserKey::Id => Kind::Uuid,
        UserKey::UserName | UserKey::ExternalId(_) => Kind::Text,
        UserKey::Active => Kind::Bool,
        // A number is compared as a time is: as a whole number.
        UserKey::Number
        | UserKey::CreatedAt
        | UserKey::UpdatedAt
        | UserKey::RegisteredAt
        | UserKey::RecordedAt => Kind::Time,
        UserKey::Field(field) => field_kind(*field),
    }
}

fn field_kind(field: Field) -> Kind {
    let plain = Profile::FIELDS.iter().find(|(known, _)| *known == field);
    plain.map_or(Kind::Text, |(_, kind)| *kind)
}

/// What stands for the value in SQL.
fn expression<E: Engine>(key: &UserKey, builder: &mut Builder<'_, E>) -> String {
    let column = match key {
        UserKey::ExternalId(source) => {
            let source = builder.text(source.as_str());
            return format!(
                "(SELECT l.external_id FROM links l WHERE l.user_id = u.id AND l.source = {source})"
            );
        }
        UserKey::Field(field) => match field_kind(*field) {
            Kind::Time => return format!("u.{}_us", field.name()),
            Kind::Text | Kind::Bool | Kind::Uuid => field.name(),
        },
        UserKey::Id => "id",
        UserKey::Number => "number",
        UserKey::UserName => "user_name",
        UserKey::Active => "active",
        UserKey::CreatedAt => "created_at_us",
        UserKey::UpdatedAt => "updated_at_us",
        UserKey::RegisteredAt => "registered_at_us",
        UserKey::RecordedAt => "recorded_at_us",
    };
    format!("u.{column}")
}

fn order<E: Engine>(sort: Option<&(SortKey, bool)>, builder: &mut Builder<'_, E>) -> String {
    let Some((key, greatest_first)) = sort else { return "u.id".to_owned() };
    let (value, is_text) = match key {
        SortKey::Key(key) => (expression(key, builder), kind(key) == Kind::Text),
        SortKey::Element(attribute, part) => {
            (elements::first(*attribute, *part, builder.engine), *part != ElementKey::Primary)
        }
    };
    in_order(&value, is_text, *greatest_first, "u.id", builder.engine)
}

/// By a value, then by id. Those without a value come last, or first where the greatest do.
pub(crate) fn in_order<E: Engine>(
    value: &str,
    is_text: bool,
    greatest_first: bool,
    id: &str,
    engine: &E,
) -> String {
    let by = if is_text { engine.ordered(&engine.fold(value)) } else { value.to_owned() };
    let word = if greatest_first { "DESC" } else { "ASC" };
    format!("({value} IS NULL) {word}, {by} {word}, {id}")
}
