//! Comparing, by the type of the attribute.

use std::cmp::Ordering;

use roster_directory::Timestamp;
use roster_directory::fold::fold;
use scim_v2::filter::{CompValue, CompareOp};
use serde_json::Value;

use crate::error::{ScimError, ScimType};
use crate::resource::{boolean, date_time};
use crate::schema::{Attribute, Kind};

/// What a sub-attribute is compared with, as its type has it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Constant {
    Null,
    Boolean(bool),
    Integer(i64),
    Moment { sent: String, at: Timestamp },
    Text { sent: String, key: String },
}

impl Constant {
    /// Checks that the attribute can be compared so.
    pub(crate) fn new(
        attribute: &Attribute,
        operator: &CompareOp,
        with: &CompValue,
    ) -> Result<Self, ScimError> {
        let wrong = |what: &str| {
            ScimError::new(ScimType::InvalidFilter, format!("the filter compares {} {what}", attribute.name))
        };
        let other_type = || wrong("with a value of another type");
        let value = to_json(with);
        let constant = match attribute.kind {
            Kind::Boolean
            | Kind::Integer
            | Kind::DateTime
            | Kind::String
            | Kind::Binary
            | Kind::Reference(_)
                if value.is_null() =>
            {
                Self::Null
            }
            Kind::Boolean => Self::Boolean(boolean(&value).ok_or_else(other_type)?),
            Kind::Integer => Self::Integer(value.as_i64().ok_or_else(other_type)?),
            Kind::DateTime => {
                // As precise as `meta` shows it, or a time that was answered would not be found again.
                let sent = value.as_str().ok_or_else(other_type)?;
                let at = Timestamp::parse_rfc3339_micros(sent).map_err(|_| other_type())?;
                Self::Moment { sent: sent.to_owned(), at }
            }
            Kind::String | Kind::Binary | Kind::Reference(_) => {
                let sent = value.as_str().ok_or_else(other_type)?;
                Self::Text { sent: sent.to_owned(), key: key(attribute, sent) }
            }
            Kind::Complex(_) => return Err(other_type()),
        };
        if constant.allows(attribute, operator) {
            Ok(constant)
        } else {
            Err(wrong("in a way that its type does not have"))
        }
    }

    /// RFC 7644, table 3: truth values and bytes have no order; parts are those of texts.
    fn allows(&self, attribute: &Attribute, operator: &CompareOp) -> bool {
        match operator {
            CompareOp::Eq | CompareOp::Ne => true,
            CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le => {
                !matches!(self, Self::Null | Self::Boolean(_)) && attribute.kind != Kind::Binary
            }
            CompareOp::Co | CompareOp::Sw | CompareOp::Ew => matches!(self, Self::Text { .. }),
        }
    }

    /// Whether a value compares so. What is absent equals `null`, and nothing else.
    pub(crate) fn compares(
        &self,
        attribute: &Attribute,
        operator: &CompareOp,
        value: Option<&Value>,
    ) -> bool {
        match operator {
            CompareOp::Eq => self.order(attribute, value) == Some(Ordering::Equal),
            CompareOp::Ne => self.order(attribute, value) != Some(Ordering::Equal),
            CompareOp::Gt => self.order(attribute, value).is_some_and(Ordering::is_gt),
            CompareOp::Ge => self.order(attribute, value).is_some_and(Ordering::is_ge),
            CompareOp::Lt => self.order(attribute, value).is_some_and(Ordering::is_lt),
            CompareOp::Le => self.order(attribute, value).is_some_and(Ordering::is_le),
            CompareOp::Co => self.part(attribute, value, |text, part| text.contains(part)),
            CompareOp::Sw => self.part(attribute, value, |text, part| text.starts_with(part)),
            CompareOp::Ew => self.part(attribute, value, |text, part| text.ends_with(part)),
        }
    }

    /// How a value stands to the constant; `None` if it is not of its type.
    fn order(&self, attribute: &Attribute, value: Option<&Value>) -> Option<Ordering> {
        match self {
            Self::Null => value.is_none().then_some(Ordering::Equal),
            Self::Boolean(constant) => boolean(value?).map(|value| value.cmp(constant)),
            Self::Integer(constant) => value?.as_i64().map(|value| value.cmp(constant)),
            Self::Moment { at, .. } => date_time(value?).map(|value| value.cmp(at)),
            Self::Text { key: constant, .. } => {
                value?.as_str().map(|text| key(attribute, text).as_str().cmp(constant))
            }
        }
    }

    fn part(
        &self,
        attribute: &Attribute,
        value: Option<&Value>,
        is_part: impl Fn(&str, &str) -> bool,
    ) -> bool {
        match (self, value.and_then(Value::as_str)) {
            (Self::Text { key: part, .. }, Some(text)) => is_part(&key(attribute, text), part),
            (
                Self::Null | Self::Boolean(_) | Self::Integer(_) | Self::Moment { .. } | Self::Text { .. },
                _,
            ) => false,
        }
    }

    /// The value that an element has which equals the constant; `None` for `null`.
    pub(super) fn to_json(&self) -> Option<Value> {
        match self {
            Self::Null => None,
            Self::Boolean(value) => Some((*value).into()),
            Self::Integer(value) => Some((*value).into()),
            Self::Moment { sent, .. } | Self::Text { sent, .. } => Some(sent.as_str().into()),
        }
    }
}

/// Whether two values of an attribute are one, by its rule of case.
pub(crate) fn same(attribute: &Attribute, one: Option<&Value>, other: Option<&Value>) -> bool {
    if one == other {
        return true;
    }
    match (one.and_then(Value::as_str), other.and_then(Value::as_str)) {
        (Some(_), Some(_)) if attribute.case_exact => false,
        // Nearly every text is in ASCII, and is compared without a copy of it.
        (Some(one), Some(other)) if one.is_ascii() && other.is_ascii() => one.eq_ignore_ascii_case(other),
        (Some(one), Some(other)) => fold(one) == fold(other),
        (_, _) => false,
    }
}

fn key(attribute: &Attribute, text: &str) -> String {
    if attribute.case_exact { text.to_owned() } else { fold(text) }
}

fn to_json(constant: &CompValue) -> Value {
    match constant {
        CompValue::Null => Value::Null,
        CompValue::True => true.into(),
        CompValue::False => false.into(),
        CompValue::Number(number) => number.clone().into(),
        CompValue::Str(text) => text.as_str().into(),
    }
}
