//! Searches: which users or groups, in what order, and which page of them.
//!
//! A condition is a tree of tests over what is stored. Each store turns it into SQL of its own; what the tests mean is
//! told here, once. Texts are compared as [`crate::fold`] folds them unless a test says that case counts.

use std::sync::Arc;

use crate::clock::Timestamp;
use crate::element::Attribute;
use crate::group::GroupId;
use crate::user::{Field, Source, UserId};

/// A condition: a tree whose leaves are tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition<T> {
    /// Everything, or nothing.
    Always(bool),
    /// All of them.
    All(Vec<Self>),
    /// One of them or more.
    Any(Vec<Self>),
    /// What it does not fit; what has no value for it, too.
    Not(Box<Self>),
    /// A test.
    Test(T),
}

/// How a value is compared with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Equal.
    Eq,
    /// Not equal; without a value, too.
    Ne,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
}

/// How a text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextOrder {
    /// By its order, character by character.
    Order(Order),
    /// Contains.
    Contains,
    /// Starts with.
    StartsWith,
    /// Ends with.
    EndsWith,
}

/// A comparison with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// There is a value; of a text, one that is not empty.
    Present,
    /// With a text.
    Text {
        /// How.
        order: TextOrder,
        /// With what.
        value: String,
        /// Whether case counts.
        exact: bool,
    },
    /// With a truth value.
    Truth {
        /// Whether equal or not.
        equal: bool,
        /// With what.
        value: bool,
    },
    /// With a moment.
    Time {
        /// How.
        order: Order,
        /// With what.
        value: Timestamp,
    },
    /// With a whole number.
    Number {
        /// How.
        order: Order,
        /// With what.
        value: i64,
    },
}

/// What of a user a test is about. Each has values of one kind, which its comparison must be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserKey {
    /// The id, a text here.
    Id,
    /// The number.
    Number,
    /// The user_name.
    UserName,
    /// What this source calls the user.
    ExternalId(Source),
    /// Whether the user may act.
    Active,
    /// A plain field; a UUID is a text here.
    Field(Field),
    /// When the callers say that the user was created.
    CreatedAt,
    /// When the callers say that the user was last updated.
    UpdatedAt,
    /// When the server created the user.
    RegisteredAt,
    /// When the server recorded the last change.
    RecordedAt,
}

/// What of an element a test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementKey {
    /// The value.
    Value,
    /// The type.
    Kind,
    /// What people are shown.
    Display,
    /// Whether it is the primary one; one that says nothing is not.
    Primary,
    /// Of an address the whole.
    Formatted,
    /// Of an address the street.
    StreetAddress,
    /// Of an address the town.
    Locality,
    /// Of an address the region.
    Region,
    /// Of an address the postal code.
    PostalCode,
    /// Of an address the country.
    Country,
}

/// A test of one element.
pub type ElementTest = (ElementKey, Comparison);

/// What of a grant a test is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantKey {
    /// The client's id, a number.
    Client,
    /// The profile's id.
    Profile,
}

/// What of a group that a user is a member of, or of a group in a search of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupKey {
    /// The id, a text here.
    Id,
    /// The name.
    DisplayName,
    /// What this source calls the group.
    ExternalId(Source),
    /// When the server created the group.
    RegisteredAt,
    /// When the server recorded the last change.
    RecordedAt,
}

/// A test of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserTest {
    /// A value of the user itself.
    Key(UserKey, Comparison),
    /// Whether one of the elements of an attribute fits, as [`crate::User::elements_of`] has them.
    Element(Attribute, Condition<ElementTest>),
    /// Whether one of the grants fits.
    Grant(Condition<(GrantKey, Comparison)>),
    /// Whether one of the groups that the user is a member of fits.
    Group(Condition<(GroupKey, Comparison)>),
}

/// A test of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupTest {
    /// A value of the group itself.
    Key(GroupKey, Comparison),
    /// Whether one of the members fits; a member is told by its id, a text here.
    Member(Condition<Comparison>),
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From<Id> {
    /// Behind so many of those that fit, in the order of the search.
    Skip(u64),
    /// Behind this id, in the order of ids: nobody is missed while others come and go. `None` begins.
    After(Option<Id>),
}

impl<Id> From<Id> {
    /// How many fit, where a page of so many began here and none follows it; `None` where that does not tell.
    pub fn all_with(&self, on_the_page: usize) -> Option<u64> {
        let on_the_page = u64::try_from(on_the_page).ok()?;
        match self {
            Self::Skip(0) | Self::After(None) => Some(on_the_page),
            // An empty page may begin beyond the end.
            Self::Skip(skipped) => skipped.checked_add(on_the_page).filter(|_| on_the_page > 0),
            Self::After(Some(_)) => None,
        }
    }
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search<T, Key, Id> {
    /// Which.
    pub condition: Condition<T>,
    /// By what they are in order, and whether the greatest comes first; then by id. Those without a value come last,
    /// first where the greatest comes first. Not used behind an id.
    pub sort: Option<(Key, bool)>,
    /// Where the page begins.
    pub from: From<Id>,
    /// The most that it holds.
    pub limit: usize,
    /// Whether all that fit are counted.
    pub counts: bool,
}

/// A search of users: living ones alone.
pub type UserSearch = Search<UserTest, SortKey, UserId>;

/// A search of groups.
pub type GroupSearch = Search<GroupTest, GroupKey, GroupId>;

/// By what users are put in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SortKey {
    /// A value of the user itself.
    Key(UserKey),
    /// The value of the directory's own element, else of the primary one, else of the first (RFC 7644, 3.4.2.3).
    Element(Attribute, ElementKey),
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<T> {
    /// The page.
    pub page: Vec<T>,
    /// How many fit, if they were counted.
    pub total: Option<u64>,
    /// Whether others follow.
    pub more: bool,
}

/// Users that were found.
pub type FoundUsers = Found<Arc<crate::user::User>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_ends_the_list_tells_how_many_fit() {
        for (from, on_the_page, told) in [
            (From::Skip(0), 0, Some(0)),
            (From::Skip(0), 5, Some(5)),
            (From::Skip(7), 5, Some(12)),
            (From::Skip(7), 0, None),
            (From::Skip(u64::MAX), 5, None),
            (From::After(None), 5, Some(5)),
            (From::After(Some(1)), 5, None),
        ] {
            assert_eq!(from.all_with(on_the_page), told, "{from:?}");
        }
    }
}
