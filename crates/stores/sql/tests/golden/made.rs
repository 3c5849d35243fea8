//! The parts of conditions.

use roster_directory::search::{Comparison, Condition, From, Order, Search, TextOrder};
use roster_directory::{Source, Timestamp};

/// A moment, and an id.
pub const MOMENT_MICROS: i64 = 1_705_668_304_147_000;
pub const ID: &str = "018df975-bfdb-7e89-af30-963784ae0865";

pub fn source() -> Source {
    Source::new("okta").unwrap()
}

pub fn id() -> uuid::Uuid {
    uuid::Uuid::try_parse(ID).unwrap()
}

/// A text in which case does not count.
pub fn text(order: TextOrder, value: &str) -> Comparison {
    Comparison::Text { order, value: value.to_owned(), exact: false }
}

pub fn equal(value: &str) -> Comparison {
    text(TextOrder::Order(Order::Eq), value)
}

/// A text in which case counts.
pub fn exact(order: TextOrder, value: &str) -> Comparison {
    Comparison::Text { order, value: value.to_owned(), exact: true }
}

pub fn exactly(value: &str) -> Comparison {
    exact(TextOrder::Order(Order::Eq), value)
}

pub fn truth(equal: bool, value: bool) -> Comparison {
    Comparison::Truth { equal, value }
}

pub fn time(order: Order) -> Comparison {
    Comparison::Time { order, value: Timestamp::from_unix_micros(MOMENT_MICROS).unwrap() }
}

pub fn number(order: Order, value: i64) -> Comparison {
    Comparison::Number { order, value }
}

pub fn not<T>(condition: Condition<T>) -> Condition<T> {
    Condition::Not(Box::new(condition))
}

/// The first ten, uncounted.
pub fn first<T, Key, Id>(condition: Condition<T>) -> Search<T, Key, Id> {
    Search { condition, sort: None, from: From::Skip(0), limit: 10, counts: false }
}
