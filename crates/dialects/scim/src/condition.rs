//! The filter in a path, checked against the table and applied to elements (RFC 7644, 3.4.2.2).

mod compare;
#[cfg(test)]
mod tests;

use scim_v2::filter::{AttrExp, AttrPath, CompareOp, ValFilter};
use serde_json::{Map, Value};

use crate::error::{ScimError, ScimType};
use crate::resource::PRIMARY;
use crate::schema::Attribute;

pub(crate) use compare::{Constant, same};

/// What an element is that does not say whether it is the primary one (RFC 7643, 2.4).
static NOT_PRIMARY: Value = Value::Bool(false);

/// What an element must be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// It has the sub-attribute.
    Present(&'static Attribute),
    /// Its sub-attribute compares so with a constant.
    Compare(Comparison),
    /// It is not so.
    Not(Box<Condition>),
    /// It is all of these.
    All(Vec<Condition>),
    /// It is one of these.
    Any(Vec<Condition>),
}

/// A comparison of a sub-attribute with a constant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Comparison {
    attribute: &'static Attribute,
    operator: CompareOp,
    constant: Constant,
}

impl Condition {
    /// Checks a filter on the elements of a list.
    pub(crate) fn new(filter: &ValFilter, list: &Attribute) -> Result<Self, ScimError> {
        let each =
            |of: &[ValFilter]| of.iter().map(|filter| Self::new(filter, list)).collect::<Result<_, _>>();
        Ok(match filter {
            ValFilter::Attr(AttrExp::Present(path)) => Self::Present(sub_attribute(list, path)?),
            ValFilter::Attr(AttrExp::Comparison(path, operator, with)) => {
                let attribute = sub_attribute(list, path)?;
                let constant = Constant::new(attribute, operator, with)?;
                Self::Compare(Comparison { attribute, operator: operator.clone(), constant })
            }
            ValFilter::Not(filter) => Self::Not(Box::new(Self::new(filter, list)?)),
            ValFilter::And(of) => Self::All(each(of)?),
            ValFilter::Or(of) => Self::Any(each(of)?),
        })
    }

    /// Whether an element is so.
    pub(crate) fn holds(&self, element: &Map<String, Value>) -> bool {
        let value = |attribute: &Attribute| element.get(attribute.name).filter(|value| !value.is_null());
        match self {
            Self::Present(attribute) => value(attribute).is_some(),
            Self::Compare(Comparison { attribute, operator, constant }) => {
                let unsaid = attribute.name == PRIMARY && matches!(constant, Constant::Boolean(_));
                let value = value(attribute).or(unsaid.then_some(&NOT_PRIMARY));
                constant.compares(attribute, operator, value)
            }
            Self::Not(condition) => !condition.holds(element),
            Self::All(of) => of.iter().all(|condition| condition.holds(element)),
            Self::Any(of) => of.iter().any(|condition| condition.holds(element)),
        }
    }

    /// The sub-attributes of the one element that the condition describes: `type eq "work"`, or several such with `and`.
    pub(crate) fn described(&self) -> Option<Map<String, Value>> {
        match self {
            Self::Compare(Comparison { attribute, operator: CompareOp::Eq, constant }) => {
                Some(Map::from_iter([(attribute.name.to_owned(), constant.to_json()?)]))
            }
            Self::All(of) => {
                let parts = of.iter().map(Self::described).collect::<Option<Vec<_>>>()?;
                let mut whole = Map::new();
                for (name, value) in parts.into_iter().flatten() {
                    // `type eq "a" and type eq "b"` describes nothing.
                    if whole.insert(name, value.clone()).is_some_and(|before| before != value) {
                        return None;
                    }
                }
                Some(whole)
            }
            Self::Compare(_) | Self::Present(_) | Self::Not(_) | Self::Any(_) => None,
        }
    }

    /// The values of the sub-attribute `name` that the condition lists: `value eq "a"`, or several such with `or`. What holds
    /// for every element, by `given`, may stand beside it with `and`. `None` if it is anything else.
    pub(crate) fn listed(&self, name: &str, given: &Map<String, Value>) -> Option<Vec<Value>> {
        match self {
            Self::Compare(Comparison { attribute, operator: CompareOp::Eq, constant }) => {
                (attribute.name == name).then(|| constant.to_json()).flatten().map(|value| vec![value])
            }
            Self::Any(of) => {
                let each =
                    of.iter().map(|condition| condition.listed(name, given)).collect::<Option<Vec<_>>>()?;
                Some(each.into_iter().flatten().collect())
            }
            Self::All(of) => {
                let mut others = of.iter().filter(|condition| !condition.is_given(given));
                others.next().filter(|_| others.next().is_none())?.listed(name, given)
            }
            Self::Compare(_) | Self::Present(_) | Self::Not(_) => None,
        }
    }

    /// Whether it is a comparison with what every element has.
    fn is_given(&self, given: &Map<String, Value>) -> bool {
        match self {
            Self::Compare(Comparison { attribute, .. }) => {
                given.contains_key(attribute.name) && self.holds(given)
            }
            Self::Present(_) | Self::Not(_) | Self::All(_) | Self::Any(_) => false,
        }
    }

    /// How many comparisons it has.
    pub(crate) fn terms(&self) -> usize {
        match self {
            Self::Present(_) | Self::Compare(_) => 1,
            Self::Not(condition) => condition.terms(),
            Self::All(of) | Self::Any(of) => of.iter().map(Self::terms).sum(),
        }
    }
}

/// What a name within brackets means: that of a sub-attribute alone does.
pub(crate) fn sub_attribute(
    list: &Attribute,
    AttrPath { uri, name, sub_attr }: &AttrPath,
) -> Result<&'static Attribute, ScimError> {
    let found = list.sub_attribute(name).filter(|_| uri.is_none() && sub_attr.is_none());
    found.ok_or_else(|| {
        let detail = format!("the filter names what an element of {} does not have", list.name);
        ScimError::new(ScimType::InvalidFilter, detail)
    })
}
