//! Tests that few fit and an index tells: a look-up by name or address, as every provisioning client begins with.
//!
//! Where the index tells all, the test is nothing but the look-up; it is folded by [`roster_directory::fold`] then, on
//! every engine.

use roster_directory::element::Attribute;
use roster_directory::fold;
use roster_directory::search::{Comparison, Condition, ElementKey, ElementTest, Order, TextOrder};
use roster_directory::user::Source;
use uuid::Uuid;

use crate::engine::Engine;
use crate::statement::{Builder, Param};

/// The user `u` with that user_name.
pub(crate) fn user_name<E: Engine>(value: &str, builder: &mut Builder<'_, E>) -> String {
    let key = builder.text(fold::fold(value));
    format!("u.id IN (SELECT c.user_id FROM user_keys c WHERE c.kind = 3 AND c.key = {key})")
}

/// The users `u` whom the source calls so: the one that the link leads to, and those that share it.
pub(crate) fn external_id<E: Engine>(source: &Source, value: &str, builder: &mut Builder<'_, E>) -> String {
    let key = builder.text(format!("{source}:{value}"));
    let (source, id) = (builder.text(source.as_str()), builder.text(value));
    format!(
        "u.id IN (SELECT c.user_id FROM user_keys c WHERE c.kind = 1 AND c.key = {key} UNION ALL \
         SELECT s.user_id FROM shared_links s WHERE s.source = {source} AND s.external_id = {id})"
    )
}

/// The users `u` with an element of that value, where an index tells.
pub(crate) fn element<E: Engine>(
    attribute: Attribute,
    value: &str,
    builder: &mut Builder<'_, E>,
) -> Option<String> {
    let own = match attribute {
        Attribute::Emails => {
            let email = builder.text(fold::fold(value));
            format!("SELECT x.id FROM users x WHERE x.email_folded = {email} UNION ALL ")
        }
        // The user's own values of these have no index.
        Attribute::PhoneNumbers | Attribute::Photos | Attribute::Roles => return None,
        Attribute::Addresses | Attribute::Ims | Attribute::Entitlements | Attribute::X509Certificates => {
            String::new()
        }
    };
    let value = builder.text(fold::fold(value));
    let id = attribute.id();
    Some(format!(
        "u.id IN ({own}SELECT e.user_id FROM user_elements e WHERE e.attribute = {id} AND e.value_folded = {value})"
    ))
}

/// The value that an element must have, and whether nothing else is asked of it.
pub(crate) fn value_of(wanted: &Condition<ElementTest>) -> Option<(&str, bool)> {
    match wanted {
        Condition::Test((ElementKey::Value, comparison @ Comparison::Text { exact, .. })) => {
            equal(comparison).map(|value| (value, !exact))
        }
        Condition::All(parts) => parts.iter().find_map(value_of).map(|(value, _)| (value, false)),
        Condition::Test(_) | Condition::Always(_) | Condition::Any(_) | Condition::Not(_) => None,
    }
}

/// The id that a condition surely asks for.
pub(crate) fn id_of<'a, T>(
    wanted: &'a Condition<T>,
    text: &dyn Fn(&'a T) -> Option<&'a str>,
) -> Option<Uuid> {
    match wanted {
        Condition::Test(test) => Uuid::try_parse(text(test)?).ok(),
        Condition::All(parts) => parts.iter().find_map(|part| id_of(part, text)),
        Condition::Always(_) | Condition::Any(_) | Condition::Not(_) => None,
    }
}

/// The members of a group, or the groups of a member: what stands on the one side of those that have `id` on the other.
pub(crate) fn membership<E: Engine>(
    (subject, column): (&str, &str),
    other: &str,
    id: Uuid,
    builder: &mut Builder<'_, E>,
) -> String {
    let id = builder.param(Param::Uuid(id));
    format!("{subject} IN (SELECT m.{column} FROM group_members m WHERE m.{other} = {id})")
}

/// The group `k` that the source calls so.
pub(crate) fn group_external_id<E: Engine>(
    source: &Source,
    id: &str,
    builder: &mut Builder<'_, E>,
) -> String {
    let (source, id) = (builder.text(source.as_str()), builder.text(id));
    format!(
        "k.id IN (SELECT l.group_id FROM group_links l WHERE l.source = {source} AND l.external_id = {id})"
    )
}

/// The text that a value must be equal to.
pub(crate) fn equal(comparison: &Comparison) -> Option<&str> {
    equal_as(comparison).map(|(value, _)| value)
}

/// The text that a value must be equal to, and whether case counts.
pub(crate) fn equal_as(comparison: &Comparison) -> Option<(&str, bool)> {
    match comparison {
        Comparison::Text { order: TextOrder::Order(Order::Eq), value, exact } => Some((value, *exact)),
        Comparison::Text { .. }
        | Comparison::Present
        | Comparison::Truth { .. }
        | Comparison::Time { .. }
        | Comparison::Number { .. } => None,
    }
}
