//! Conditions to search by: every comparison of every value, and trees of them.

use roster_directory::search::{
    Comparison, Condition, ElementKey, GrantKey, GroupKey, GroupTest, Order, TextOrder, UserKey, UserTest,
};
use roster_directory::{Attribute, Field};

use super::World;
use crate::SeededEntropy;
use crate::build::{source, time};

const ORDERS: [Order; 6] = [Order::Eq, Order::Ne, Order::Gt, Order::Ge, Order::Lt, Order::Le];

/// Every comparison with these texts.
pub(crate) fn texts(values: &[&str]) -> Vec<Comparison> {
    let orders = ORDERS.map(TextOrder::Order).into_iter();
    let orders: Vec<_> =
        orders.chain([TextOrder::Contains, TextOrder::StartsWith, TextOrder::EndsWith]).collect();
    let mut all = vec![Comparison::Present];
    for value in values {
        for order in &orders {
            for exact in [false, true] {
                all.push(Comparison::Text { order: *order, value: (*value).to_owned(), exact });
            }
        }
    }
    all
}

fn times(values: &[&str]) -> Vec<Comparison> {
    let each = |value: &&str| ORDERS.map(|order| Comparison::Time { order, value: time(value) });
    values.iter().flat_map(each).chain([Comparison::Present]).collect()
}

fn numbers(values: &[i64]) -> Vec<Comparison> {
    let each = |value: &i64| ORDERS.map(|order| Comparison::Number { order, value: *value });
    values.iter().flat_map(each).chain([Comparison::Present]).collect()
}

fn truths() -> Vec<Comparison> {
    let each = |equal| [true, false].map(|value| Comparison::Truth { equal, value });
    [true, false].into_iter().flat_map(each).chain([Comparison::Present]).collect()
}

/// A text, and two that are nearly the same.
fn near(text: &str) -> [String; 3] {
    [text.to_owned(), text.to_uppercase(), text.chars().skip(1).collect()]
}

/// Every test of a user's own values.
pub(crate) fn of_users(world: &World) -> Vec<UserTest> {
    let user = &world.users[7];
    let ids = near(&user.id.to_string());
    let names = near(user.user_name.as_str());
    let producer = near("00000000-0000-0abc-0000-000000000000");
    let borrowed = |texts: &'_ [String; 3]| texts.each_ref().map(|text| text.clone());
    let all = |texts_of: [String; 3]| texts(&texts_of.each_ref().map(String::as_str));
    let field = UserKey::Field;
    let moments = ["2024-03-01T10:00:30.123Z", "2024-01-01T00:00:00Z"];
    let keyed = [
        (UserKey::Id, all(borrowed(&ids))),
        (UserKey::Number, numbers(&[8, 30, -1])),
        (UserKey::UserName, all(borrowed(&names))),
        (UserKey::ExternalId(source("crm")), texts(&["c0", "C0", "c"])),
        (UserKey::ExternalId(source("bubble")), texts(&["User 7"])),
        (UserKey::ExternalId(source("nobody")), texts(&["c0"])),
        (UserKey::Active, truths()),
        (UserKey::CreatedAt, times(&moments)),
        (UserKey::UpdatedAt, times(&moments[..1])),
        (UserKey::RegisteredAt, times(&moments[..1])),
        (UserKey::RecordedAt, times(&moments[..1])),
        (field(Field::DisplayName), texts(&["Ann Lee", "émile", "%", "_", "\\", "'", ""])),
        (field(Field::Title), texts(&["chief"])),
        (field(Field::Email), texts(&["ANN@example.com", "example"])),
        (field(Field::Manager), texts(&["nobody has one"])),
        (field(Field::Staff), truths()),
        (field(Field::EmailVerified), truths()),
        (field(Field::LastLogin), times(&moments)),
        (field(Field::ProducerId), all(borrowed(&producer))),
    ];
    let mut tests = Vec::new();
    for (key, comparisons) in keyed {
        tests.extend(comparisons.into_iter().map(|comparison| UserTest::Key(key.clone(), comparison)));
    }
    tests
}

/// Every test of one element.
pub(crate) fn of_elements() -> Vec<UserTest> {
    use ElementKey::{
        Country, Display, Formatted, Kind, Locality, PostalCode, Primary, Region, StreetAddress, Value,
    };
    let values = [
        (Attribute::Emails, Value, texts(&["bob@EXAMPLE.com", "home@home.example", "ann"])),
        (Attribute::Emails, Kind, texts(&["work", "HOME", ""])),
        (Attribute::Emails, Display, texts(&["x"])),
        (Attribute::Emails, Primary, truths()),
        (Attribute::PhoneNumbers, Value, texts(&["+33 1", "+1 55"])),
        (Attribute::PhoneNumbers, Primary, truths()),
        (Attribute::Photos, Value, texts(&["https://e.example/1.PNG"])),
        (Attribute::Photos, Kind, texts(&["photo"])),
        (Attribute::Roles, Value, texts(&["admin", "READER"])),
        (Attribute::Roles, Kind, texts(&["x"])),
        (Attribute::Roles, Display, texts(&["the ADMIN"])),
        (Attribute::Ims, Value, texts(&["@ann"])),
        (Attribute::Entitlements, Value, texts(&["PRINT"])),
        (Attribute::Entitlements, Kind, texts(&["x"])),
        (Attribute::X509Certificates, Value, texts(&["MIIB"])),
        (Attribute::Addresses, Value, texts(&["a value"])),
        (Attribute::Addresses, Primary, truths()),
        (Attribute::Addresses, Formatted, texts(&["st\nparis"])),
        (Attribute::Addresses, StreetAddress, texts(&["12 main st"])),
        (Attribute::Addresses, Locality, texts(&["lyon"])),
        (Attribute::Addresses, Region, texts(&["idf"])),
        (Attribute::Addresses, PostalCode, texts(&["75001"])),
        (Attribute::Addresses, Country, texts(&["fr"])),
    ];
    let mut tests = Vec::new();
    for (attribute, key, comparisons) in values {
        let test = |comparison| UserTest::Element(attribute, Condition::Test((key, comparison)));
        tests.extend(comparisons.into_iter().map(test));
    }
    for attribute in Attribute::ALL {
        tests.push(UserTest::Element(attribute, Condition::Always(true)));
    }
    tests
}

/// Every test of the grants and of the groups.
pub(crate) fn of_grants_and_groups(world: &World) -> Vec<UserTest> {
    let grants = [(GrantKey::Client, numbers(&[33, 35])), (GrantKey::Profile, texts(&["18", "É"]))];
    let mut tests = vec![UserTest::Grant(Condition::Always(true)), UserTest::Group(Condition::Always(true))];
    for (key, comparisons) in grants {
        let test = |comparison| UserTest::Grant(Condition::Test((key, comparison)));
        tests.extend(comparisons.into_iter().map(test));
    }
    for (key, comparisons) in group_keys(world) {
        let test = |comparison| UserTest::Group(Condition::Test((key.clone(), comparison)));
        tests.extend(comparisons.into_iter().map(test));
    }
    tests
}

fn group_keys(world: &World) -> Vec<(GroupKey, Vec<Comparison>)> {
    let ids = near(&world.groups[1].id.to_string());
    let moment = world.groups[2].registered_at.to_string();
    vec![
        (GroupKey::Id, texts(&ids.each_ref().map(String::as_str))),
        (GroupKey::DisplayName, texts(&["READERS", "writers", "é", "%_"])),
        (GroupKey::ExternalId(source("bubble")), texts(&["g1"])),
        (GroupKey::RegisteredAt, times(&[&moment])),
        (GroupKey::RecordedAt, times(&[&moment])),
    ]
}

/// Every test of a group.
pub(crate) fn of_groups(world: &World) -> Vec<GroupTest> {
    let mut tests = Vec::new();
    for (key, comparisons) in group_keys(world) {
        tests.extend(comparisons.into_iter().map(|comparison| GroupTest::Key(key.clone(), comparison)));
    }
    tests.push(GroupTest::Member(Condition::Always(true)));
    for user in [1, 4, 5] {
        let ids = near(&world.users[user].id.to_string());
        let test = |comparison| GroupTest::Member(Condition::Test(comparison));
        tests.extend(texts(&ids.each_ref().map(String::as_str)).into_iter().map(test));
    }
    tests
}

/// Trees of tests, at most so deep, the same in every run.
pub(crate) struct Trees(SeededEntropy);

impl Trees {
    pub(crate) fn new(seed: u64) -> Self {
        Self(SeededEntropy::new(seed))
    }

    fn below(&self, most: usize) -> usize {
        usize::try_from(self.0.next() % u64::try_from(most).unwrap()).unwrap()
    }

    pub(crate) fn tree<T: Clone>(&self, leaves: &[T], depth: usize) -> Condition<T> {
        let some = || (0..self.below(4)).map(|_| self.tree(leaves, depth - 1)).collect();
        match self.below(if depth == 0 { 1 } else { 8 }) {
            0..=2 => Condition::Test(leaves[self.below(leaves.len())].clone()),
            3 | 4 => Condition::All(some()),
            5 | 6 => Condition::Any(some()),
            _ => Condition::Not(Box::new(self.tree(leaves, depth - 1))),
        }
    }

    /// A test whose parts one element must fit.
    pub(crate) fn of_one(&self, tests: &[UserTest]) -> UserTest {
        let element = |attribute: Attribute| -> Vec<_> {
            let parts = tests.iter().filter_map(|test| match test {
                UserTest::Element(known, part @ Condition::Test(_)) if *known == attribute => Some(part),
                UserTest::Element(..) | UserTest::Key(..) | UserTest::Grant(_) | UserTest::Group(_) => None,
            });
            parts.cloned().collect()
        };
        let attributes = [Attribute::Emails, Attribute::Emails, Attribute::Roles, Attribute::Addresses];
        let attribute = attributes[self.below(attributes.len())];
        UserTest::Element(attribute, flatten(self.tree(&element(attribute), 2)))
    }
}

fn flatten<T>(condition: Condition<Condition<T>>) -> Condition<T> {
    let all = |parts: Vec<Condition<Condition<T>>>| parts.into_iter().map(flatten).collect();
    match condition {
        Condition::Always(always) => Condition::Always(always),
        Condition::All(parts) => Condition::All(all(parts)),
        Condition::Any(parts) => Condition::Any(all(parts)),
        Condition::Not(inner) => Condition::Not(Box::new(flatten(*inner))),
        Condition::Test(leaf) => leaf,
    }
}
