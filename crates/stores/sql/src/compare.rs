//! Conditions over expressions. A test of what has no value does not fit, and neither does it confuse a `NOT`.

use roster_directory::search::{Comparison, Condition, Order, TextOrder};
use roster_directory::value::parse_uuid;

use crate::engine::Engine;
use crate::statement::{Builder, Param};

/// An expression that a test is about.
pub(crate) enum Operand<'a> {
    /// Of any kind but the next.
    Plain(&'a str),
    /// A UUID, which is a text to the search.
    Uuid(&'a str),
}

/// A condition, each test by `test`.
pub(crate) fn condition<T, E: Engine>(
    condition: &Condition<T>,
    builder: &mut Builder<'_, E>,
    test: &mut dyn FnMut(&T, &mut Builder<'_, E>) -> String,
) -> String {
    match condition {
        Condition::Always(true) => "1 = 1".to_owned(),
        Condition::Always(false) => "1 = 0".to_owned(),
        Condition::All(conditions) => joined(conditions, " AND ", "1 = 1", builder, test),
        Condition::Any(conditions) => joined(conditions, " OR ", "1 = 0", builder, test),
        Condition::Not(inner) => {
            let inner = self::condition(inner, builder, test);
            // In SQL, what is neither true nor false is not so either when it is negated.
            format!("(({inner}) IS NOT TRUE)")
        }
        Condition::Test(leaf) => test(leaf, builder),
    }
}

fn joined<T, E: Engine>(
    conditions: &[Condition<T>],
    word: &str,
    of_none: &str,
    builder: &mut Builder<'_, E>,
    test: &mut dyn FnMut(&T, &mut Builder<'_, E>) -> String,
) -> String {
    let parts: Vec<String> = conditions.iter().map(|part| condition(part, builder, test)).collect();
    if parts.is_empty() { of_none.to_owned() } else { format!("({})", parts.join(word)) }
}

/// A comparison of an expression. One of another kind than the comparison is never asked for.
pub(crate) fn compare<E: Engine>(
    operand: Operand<'_>,
    comparison: &Comparison,
    builder: &mut Builder<'_, E>,
) -> String {
    match (operand, comparison) {
        (Operand::Uuid(uuid), Comparison::Present) => format!("{uuid} IS NOT NULL"),
        (Operand::Uuid(uuid), Comparison::Text { order: TextOrder::Order(Order::Eq), value, exact }) => {
            match parse_uuid(value).ok().filter(|uuid| !exact || uuid.to_string() == *value) {
                Some(value) => format!("{uuid} = {}", builder.param(Param::Uuid(value))),
                None => "1 = 0".to_owned(),
            }
        }
        (Operand::Uuid(uuid), _) => {
            let text = builder.engine.uuid_text(uuid);
            compare(Operand::Plain(&text), comparison, builder)
        }
        (Operand::Plain(value), Comparison::Present) => format!("{value} IS NOT NULL"),
        (Operand::Plain(text), Comparison::Text { order, value, exact }) => {
            compare_text(text, *order, value, *exact, builder)
        }
        (Operand::Plain(truth), Comparison::Truth { equal, value }) => {
            let order = if *equal { Order::Eq } else { Order::Ne };
            let value = builder.param(Param::Truth(*value));
            ordered(truth, order, &value)
        }
        (Operand::Plain(time), Comparison::Time { order, value }) => {
            let value = builder.param(Param::Integer(value.unix_micros()));
            ordered(time, *order, &value)
        }
        (Operand::Plain(number), Comparison::Number { order, value }) => {
            let value = builder.param(Param::Integer(*value));
            ordered(number, *order, &value)
        }
    }
}

/// Whether there is a text that is not empty.
pub(crate) fn has_text(text: &str) -> String {
    format!("({text} IS NOT NULL AND {text} <> '')")
}

fn compare_text<E: Engine>(
    text: &str,
    order: TextOrder,
    value: &str,
    exact: bool,
    builder: &mut Builder<'_, E>,
) -> String {
    let value = builder.text(value);
    // Both are folded by the engine, so that they are folded alike.
    let (text, value) = if exact {
        (text.to_owned(), value)
    } else {
        (builder.engine.fold(text), builder.engine.fold(&value))
    };
    match order {
        TextOrder::Order(order @ (Order::Eq | Order::Ne)) => ordered(&text, order, &value),
        TextOrder::Order(order) => ordered(&builder.engine.ordered(&text), order, &value),
        TextOrder::Contains => builder.engine.contains(&text, &value),
        TextOrder::StartsWith => builder.engine.starts_with(&text, &value),
        TextOrder::EndsWith => builder.engine.ends_with(&text, &value),
    }
}

fn ordered(left: &str, order: Order, right: &str) -> String {
    let sign = match order {
        Order::Eq => "=",
        Order::Ne => return format!("({left} IS NULL OR {left} <> {right})"),
        Order::Gt => ">",
        Order::Ge => ">=",
        Order::Lt => "<",
        Order::Le => "<=",
    };
    format!("{left} {sign} {right}")
}
