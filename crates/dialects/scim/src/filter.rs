//! From filters (RFC 7644, 3.4.2.2) and `sortBy` to searches of the directory.

mod groups;
mod users;

use roster_directory::search::{Comparison, Condition, Order, TextOrder};
use scim_v2::filter::{AttrExp, AttrPath, CompareOp, Filter, ValFilter, ValuePath};
use serde_json::Value;

pub(crate) use groups::{condition as group_condition, sort_key as group_sort_key};
pub(crate) use users::{condition as user_condition, sort_key as user_sort_key};

use crate::condition::{Constant, sub_attribute};
use crate::error::{ScimError, ScimType};
use crate::grammar;
use crate::schema::{Attribute, Place, ResourceType, Target};

/// A test as a filter has it: of an attribute of the table, and of its type.
struct Asked {
    place: Place,
    what: What,
}

/// What is asked of a value.
enum What {
    Present,
    Compare(CompareOp, Constant),
}

impl What {
    /// Whether the value, which is always the same, fits.
    fn holds(&self, attribute: &Attribute, value: &str) -> bool {
        match self {
            Self::Present => true,
            Self::Compare(operator, constant) => {
                constant.compares(attribute, operator, Some(&Value::from(value)))
            }
        }
    }

    /// Whether what has no such attribute fits.
    fn holds_for_none(&self, place: &Place) -> bool {
        match self {
            Self::Present => false,
            Self::Compare(operator, constant) => constant.compares(compared(place), operator, None),
        }
    }

    /// As the directory compares, where `test` makes a test of a comparison.
    fn condition<T>(&self, attribute: &Attribute, test: impl FnOnce(Comparison) -> T) -> Condition<T> {
        let (operator, constant) = match self {
            Self::Present => return Condition::Test(test(Comparison::Present)),
            Self::Compare(operator, constant) => (operator, constant),
        };
        let order = order(operator);
        let comparison = match constant {
            Constant::Null => {
                let present = Condition::Test(test(Comparison::Present));
                return match order {
                    Some(Order::Ne) => present,
                    _ => Condition::Not(Box::new(present)),
                };
            }
            Constant::Boolean(value) => Comparison::Truth { equal: order != Some(Order::Ne), value: *value },
            Constant::Integer(value) => {
                Comparison::Number { order: order.unwrap_or(Order::Eq), value: *value }
            }
            Constant::Moment { at, .. } => Comparison::Time { order: order.unwrap_or(Order::Eq), value: *at },
            Constant::Text { sent, .. } => Comparison::Text {
                order: text_order(operator),
                value: sent.clone(),
                exact: attribute.case_exact,
            },
        };
        Condition::Test(test(comparison))
    }
}

fn order(operator: &CompareOp) -> Option<Order> {
    match operator {
        CompareOp::Eq => Some(Order::Eq),
        CompareOp::Ne => Some(Order::Ne),
        CompareOp::Gt => Some(Order::Gt),
        CompareOp::Ge => Some(Order::Ge),
        CompareOp::Lt => Some(Order::Lt),
        CompareOp::Le => Some(Order::Le),
        CompareOp::Co | CompareOp::Sw | CompareOp::Ew => None,
    }
}

fn text_order(operator: &CompareOp) -> TextOrder {
    match operator {
        CompareOp::Co => TextOrder::Contains,
        CompareOp::Sw => TextOrder::StartsWith,
        CompareOp::Ew => TextOrder::EndsWith,
        CompareOp::Eq | CompareOp::Ne | CompareOp::Gt | CompareOp::Ge | CompareOp::Lt | CompareOp::Le => {
            TextOrder::Order(order(operator).unwrap_or(Order::Eq))
        }
    }
}

/// The most tests of one filter: a store may ask each of every resource.
const MOST_TERMS: usize = 100;

/// What a filter's leaves become: tests of one kind of resource.
trait Tests {
    /// A test of the directory.
    type Test;
    /// The kind of resource.
    fn kind(&self) -> &'static ResourceType;
    /// Another kind of resource, where the list has both: what that one has and this one has not, is absent here.
    fn beside(&self) -> Option<&'static ResourceType>;
    /// A test of an attribute of the resource, or of any element of a list.
    fn attribute(&self, asked: &Asked) -> Result<Condition<Self::Test>, ScimError>;
    /// A test of the elements of a list: one of them fits all of it.
    fn elements(&self, list: Place, filter: &ValFilter) -> Result<Condition<Self::Test>, ScimError>;
}

/// Reads a filter.
fn read<T: Tests>(text: &str, tests: &T) -> Result<Condition<T::Test>, ScimError> {
    let filter = grammar::filter(text)?;
    if terms(&filter) > MOST_TERMS {
        let detail = format!("the filter must have at most {MOST_TERMS} terms");
        return Err(ScimError::new(ScimType::TooMany, detail));
    }
    walk(&filter, tests)
}

fn terms(filter: &Filter) -> usize {
    match filter {
        Filter::And(of) | Filter::Or(of) => of.iter().map(terms).sum(),
        Filter::Not(inner) => terms(inner),
        Filter::Attr(_) => 1,
        Filter::ValuePath(ValuePath { filter, .. }) => inner_terms(filter),
    }
}

fn inner_terms(filter: &ValFilter) -> usize {
    match filter {
        ValFilter::And(of) | ValFilter::Or(of) => of.iter().map(inner_terms).sum(),
        ValFilter::Not(inner) => inner_terms(inner),
        ValFilter::Attr(_) => 1,
    }
}

fn walk<T: Tests>(filter: &Filter, tests: &T) -> Result<Condition<T::Test>, ScimError> {
    let each = |of: &[Filter]| of.iter().map(|part| walk(part, tests)).collect::<Result<Vec<_>, _>>();
    Ok(match filter {
        Filter::And(of) => Condition::All(each(of)?),
        Filter::Or(of) => Condition::Any(each(of)?),
        Filter::Not(inner) => Condition::Not(Box::new(walk(inner, tests)?)),
        Filter::Attr(expression) => {
            let path = path_of(expression);
            let place = match (place(tests.kind(), path), elsewhere(tests, path)) {
                (Ok(place), _) => place,
                (Err(_), Some(other)) => {
                    return Ok(Condition::Always(what(expression, compared(&other))?.holds_for_none(&other)));
                }
                (Err(unknown), None) => return Err(unknown),
            };
            tests.attribute(&Asked { what: what(expression, compared(&place))?, place })?
        }
        Filter::ValuePath(ValuePath { attr, filter }) => {
            let list = match place(tests.kind(), attr) {
                Err(_) if elsewhere(tests, attr).is_some() => return Ok(Condition::Always(false)),
                list => list?,
            };
            if list.sub.is_some() || !list.attribute.multi_valued {
                return Err(invalid(format!("{list} has no elements that a filter could select")));
            }
            tests.elements(list, filter)?
        }
    })
}

/// What a name means of the other kind of resource, where the list has both.
fn elsewhere<T: Tests>(tests: &T, path: &AttrPath) -> Option<Place> {
    tests.beside().and_then(|kind| place(kind, path).ok())
}

/// Makes a test of a sub-attribute.
type SubTest<'t, T> = &'t dyn Fn(&'static Attribute, &What) -> Result<Condition<T>, ScimError>;

/// The condition on one element, each test by `test`.
fn inner<T>(
    list: &'static Attribute,
    filter: &ValFilter,
    test: SubTest<'_, T>,
) -> Result<Condition<T>, ScimError> {
    let each =
        |of: &[ValFilter]| of.iter().map(|part| inner(list, part, test)).collect::<Result<Vec<_>, _>>();
    Ok(match filter {
        ValFilter::And(of) => Condition::All(each(of)?),
        ValFilter::Or(of) => Condition::Any(each(of)?),
        ValFilter::Not(filter) => Condition::Not(Box::new(inner(list, filter, test)?)),
        ValFilter::Attr(expression) => {
            let sub = sub_attribute(list, path_of(expression))?;
            test(sub, &what(expression, sub)?)?
        }
    })
}

fn path_of(expression: &AttrExp) -> &AttrPath {
    match expression {
        AttrExp::Present(path) | AttrExp::Comparison(path, ..) => path,
    }
}

fn what(expression: &AttrExp, attribute: &Attribute) -> Result<What, ScimError> {
    match expression {
        AttrExp::Present(_) => Ok(What::Present),
        AttrExp::Comparison(_, operator, with) => {
            Ok(What::Compare(operator.clone(), Constant::new(attribute, operator, with)?))
        }
    }
}

/// What is compared: of a complex attribute what it is about.
fn compared(place: &Place) -> &'static Attribute {
    let leaf = place.leaf();
    leaf.significant().unwrap_or(leaf)
}

fn place(kind: &ResourceType, AttrPath { uri, name, sub_attr }: &AttrPath) -> Result<Place, ScimError> {
    kind.asked(uri.as_deref(), name, sub_attr.as_deref())
        .ok_or_else(|| invalid(format!("the filter names an attribute that a {} does not have", kind.name)))
}

/// The attribute that the name of an order means.
fn asked(kind: &ResourceType, name: &str) -> Option<Place> {
    match kind.find_asked(name)? {
        Target::Attribute(place) => Some(place),
        Target::Schema(_) => None,
    }
}

fn invalid(detail: String) -> ScimError {
    ScimError::new(ScimType::InvalidFilter, detail)
}

fn not_searched(what: &impl std::fmt::Display) -> ScimError {
    invalid(format!("{what} can't be searched by"))
}

fn not_sorted(what: &str) -> ScimError {
    ScimError::new(ScimType::InvalidPath, format!("sortBy {what}"))
}
