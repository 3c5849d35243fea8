//! What a search finds.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use roster_directory::element::Address;
use roster_directory::search::{
    Comparison, Condition, ElementKey, Found, From, GrantKey, GroupKey, GroupSearch, GroupTest, Order,
    SortKey, TextOrder, UserKey, UserSearch, UserTest,
};
use roster_directory::{Attribute, Content, Group, GroupId, User, UserId, Value, fold};

use crate::build::elements_of;

/// Everybody and every group that is there.
pub(crate) struct World {
    pub(crate) users: Vec<Arc<User>>,
    pub(crate) groups: Vec<Group>,
    pub(crate) members: BTreeMap<GroupId, BTreeSet<UserId>>,
}

/// A value that is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Datum {
    Text(String),
    Whole(i64),
    Truth(bool),
}

impl World {
    /// What a search of users finds.
    pub(crate) fn find_users(&self, search: &UserSearch) -> Found<Arc<User>> {
        let living = self.users.iter().filter(|user| user.is_living());
        let fitting = living.filter(|user| holds(&search.condition, &|test| self.user_fits(user, test)));
        let sort = search.sort.as_ref().map(|(key, descending)| {
            let datum = move |user: &Arc<User>| match key {
                SortKey::Key(key) => of_user(user, key),
                SortKey::Element(attribute, part) => {
                    first(user, *attribute).and_then(|content| of_content(&content, *part))
                }
            };
            (datum, *descending)
        });
        page(fitting.cloned().collect(), sort, |user| user.id, (&search.from, search.limit, search.counts))
    }

    /// What a search of groups finds.
    pub(crate) fn find_groups(&self, search: &GroupSearch) -> Found<Group> {
        let fits = |group: &&Group| {
            holds(&search.condition, &|test| match test {
                GroupTest::Key(key, comparison) => compares(of_group(group, key), comparison),
                GroupTest::Member(wanted) => self.members[&group.id].iter().any(|member| {
                    holds(wanted, &|comparison| compares(Some(Datum::Text(member.to_string())), comparison))
                }),
            })
        };
        let sort = search
            .sort
            .as_ref()
            .map(|(key, descending)| (move |group: &Group| of_group(group, key), *descending));
        let fitting = self.groups.iter().filter(fits).cloned().collect();
        page(fitting, sort, |group| group.id, (&search.from, search.limit, search.counts))
    }

    fn user_fits(&self, user: &User, test: &UserTest) -> bool {
        match test {
            UserTest::Key(key, comparison) => compares(of_user(user, key), comparison),
            UserTest::Element(attribute, wanted) => elements_of(user, *attribute).iter().any(|content| {
                holds(wanted, &|(part, comparison)| {
                    let datum = of_content(content, *part);
                    let is_truth = matches!(comparison, Comparison::Truth { .. });
                    let says_nothing = Datum::Truth(false);
                    compares(datum.or(is_truth.then_some(says_nothing)), comparison)
                })
            }),
            UserTest::Grant(wanted) => user.grants.iter().any(|grant| {
                holds(wanted, &|(key, comparison)| {
                    let datum = match key {
                        GrantKey::Client => Datum::Whole(grant.client_id),
                        GrantKey::Profile => Datum::Text(grant.profile_id.to_string()),
                    };
                    compares(Some(datum), comparison)
                })
            }),
            UserTest::Group(wanted) => {
                let own = self.groups.iter().filter(|group| self.members[&group.id].contains(&user.id));
                own.into_iter().any(|group| {
                    holds(wanted, &|(key, comparison)| compares(of_group(group, key), comparison))
                })
            }
        }
    }
}

fn holds<T>(condition: &Condition<T>, test: &dyn Fn(&T) -> bool) -> bool {
    match condition {
        Condition::Always(always) => *always,
        Condition::All(parts) => parts.iter().all(|part| holds(part, test)),
        Condition::Any(parts) => parts.iter().any(|part| holds(part, test)),
        Condition::Not(inner) => !holds(inner, test),
        Condition::Test(leaf) => test(leaf),
    }
}

/// Nothing is equal to nothing, greater or less: it is merely unequal to all.
fn compares(datum: Option<Datum>, comparison: &Comparison) -> bool {
    let Some(datum) = datum else {
        return match comparison {
            Comparison::Text { order: TextOrder::Order(order), .. }
            | Comparison::Time { order, .. }
            | Comparison::Number { order, .. } => *order == Order::Ne,
            Comparison::Truth { equal, .. } => !equal,
            Comparison::Present | Comparison::Text { .. } => false,
        };
    };
    match (datum, comparison) {
        (Datum::Text(text), Comparison::Present) => !text.is_empty(),
        (_, Comparison::Present) => true,
        (Datum::Text(text), Comparison::Text { order, value, exact }) => {
            let form = |text: &str| if *exact { text.to_owned() } else { fold::fold(text) };
            compare_texts(&form(&text), *order, &form(value))
        }
        (Datum::Truth(truth), Comparison::Truth { equal, value }) => (truth == *value) == *equal,
        (Datum::Whole(number), Comparison::Time { order, value }) => {
            is(number.cmp(&value.unix_micros()), *order)
        }
        (Datum::Whole(number), Comparison::Number { order, value }) => is(number.cmp(value), *order),
        (datum, comparison) => panic!("{datum:?} is of another kind than {comparison:?}"),
    }
}

fn compare_texts(text: &str, order: TextOrder, value: &str) -> bool {
    match order {
        TextOrder::Order(order) => is(text.chars().cmp(value.chars()), order),
        TextOrder::Contains => text.contains(value),
        TextOrder::StartsWith => text.starts_with(value),
        TextOrder::EndsWith => text.ends_with(value),
    }
}

fn is(ordering: Ordering, order: Order) -> bool {
    match order {
        Order::Eq => ordering.is_eq(),
        Order::Ne => ordering.is_ne(),
        Order::Gt => ordering.is_gt(),
        Order::Ge => ordering.is_ge(),
        Order::Lt => ordering.is_lt(),
        Order::Le => ordering.is_le(),
    }
}

fn of_user(user: &User, key: &UserKey) -> Option<Datum> {
    let whole = |time: roster_directory::Timestamp| Some(Datum::Whole(time.unix_micros()));
    match key {
        UserKey::Id => Some(Datum::Text(user.id.to_string())),
        UserKey::Number => Some(Datum::Whole(user.number.get())),
        UserKey::UserName => Some(Datum::Text(user.user_name.to_string())),
        UserKey::ExternalId(source) => user.links.get(source).map(|id| Datum::Text(id.to_string())),
        UserKey::Active => Some(Datum::Truth(user.active)),
        UserKey::CreatedAt => whole(user.created_at),
        UserKey::UpdatedAt => whole(user.updated_at),
        UserKey::RegisteredAt => whole(user.registered_at),
        UserKey::RecordedAt => whole(user.recorded_at),
        UserKey::Field(field) => user.profile.value(*field).map(|value| match value {
            Value::Text(text) => Datum::Text(text.to_string()),
            Value::Bool(truth) => Datum::Truth(truth),
            Value::Time(time) => Datum::Whole(time.unix_micros()),
            Value::Uuid(uuid) => Datum::Text(uuid.to_string()),
            Value::Link(_) | Value::Grant(_) | Value::Holder(_) | Value::Element(_) => panic!("{field:?}"),
        }),
    }
}

fn of_content(content: &Content, part: ElementKey) -> Option<Datum> {
    let none = Address::default();
    let address = content.address.as_deref().unwrap_or(&none);
    let text = match part {
        ElementKey::Primary => return content.primary.map(Datum::Truth),
        ElementKey::Value => &content.value,
        ElementKey::Kind => &content.kind,
        ElementKey::Display => &content.display,
        ElementKey::Formatted => &address.formatted,
        ElementKey::StreetAddress => &address.street_address,
        ElementKey::Locality => &address.locality,
        ElementKey::Region => &address.region,
        ElementKey::PostalCode => &address.postal_code,
        ElementKey::Country => &address.country,
    };
    text.clone().map(Datum::Text)
}

fn of_group(group: &Group, key: &GroupKey) -> Option<Datum> {
    match key {
        GroupKey::Id => Some(Datum::Text(group.id.to_string())),
        GroupKey::DisplayName => Some(Datum::Text(group.display_name.as_str().to_owned())),
        GroupKey::ExternalId(source) => group.links.get(source).map(|id| Datum::Text(id.to_string())),
        GroupKey::RegisteredAt => Some(Datum::Whole(group.registered_at.unix_micros())),
        GroupKey::RecordedAt => Some(Datum::Whole(group.recorded_at.unix_micros())),
    }
}

/// The element by which a user is put in order.
fn first(user: &User, attribute: Attribute) -> Option<Content> {
    let list = elements_of(user, attribute);
    let stored: Vec<_> = user.elements.iter().filter(|element| element.attribute == attribute).collect();
    // One that is there because of the plain field alone comes before those that are stored.
    let implied = (list.len() > stored.len()).then_some(0);
    let own = implied.or_else(|| stored.iter().position(|element| element.is_own));
    let primary = || list.iter().position(|content| content.primary == Some(true));
    let place = own.or_else(primary).unwrap_or(0);
    list.get(place).cloned()
}

/// A page of those that fit.
fn page<T: Clone, Id: Ord + Copy>(
    mut fitting: Vec<T>,
    sort: Option<(impl Fn(&T) -> Option<Datum>, bool)>,
    id: impl Fn(&T) -> Id,
    (from, limit, counts): (&From<Id>, usize, bool),
) -> Found<T> {
    fitting.sort_by_key(&id);
    let total = counts.then(|| u64::try_from(fitting.len()).unwrap());
    let rest: Vec<T> = match from {
        From::After(after) => {
            fitting.into_iter().filter(|item| after.is_none_or(|after| id(item) > after)).collect()
        }
        From::Skip(skipped) => {
            if let Some((datum, descending)) = sort {
                // Sorting keeps the order by id where the data are the same.
                fitting.sort_by(|a, b| {
                    let ordering = in_order(datum(a), datum(b));
                    if descending { ordering.reverse() } else { ordering }
                });
            }
            fitting.into_iter().skip(usize::try_from(*skipped).unwrap()).collect()
        }
    };
    let more = rest.len() > limit;
    Found { page: rest.into_iter().take(limit).collect(), total, more }
}

/// Those without a value come last.
fn in_order(a: Option<Datum>, b: Option<Datum>) -> Ordering {
    let folded = |datum| match datum {
        Datum::Text(text) => Datum::Text(fold::fold(&text)),
        whole_or_truth @ (Datum::Whole(_) | Datum::Truth(_)) => whole_or_truth,
    };
    match (a.map(folded), b.map(folded)) {
        (Some(a), Some(b)) => a.cmp(&b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}
