//! Attributes that a user may have several of: addresses, phone numbers, roles.
//!
//! Of some of them the directory has one value of its own: a user has one email, whatever else its addresses are. Where a
//! user has elements of such an attribute, at most one of them is that value: it is kept in the user's field alone, so
//! that no dialect can make the two disagree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::user::{Field, Profile, User};
use crate::value::{Avatar, Email, Invalid, Text};

/// An attribute that a user may have several of. The numbers are in the journal and never change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Attribute {
    /// Email addresses; the directory's is [`Field::Email`].
    Emails = 1,
    /// Phone numbers; the directory's is [`Field::Phone`].
    PhoneNumbers = 2,
    /// Pictures; the directory's is [`Field::Avatar`].
    Photos = 3,
    /// Postal addresses.
    Addresses = 4,
    /// Instant messaging addresses.
    Ims = 5,
    /// Roles; the directory's is [`Field::Role`].
    Roles = 6,
    /// What the user is entitled to.
    Entitlements = 7,
    /// X.509 certificates, each DER in base64.
    X509Certificates = 8,
}

impl Attribute {
    /// Every attribute.
    pub const ALL: [Self; 8] = [
        Self::Emails,
        Self::PhoneNumbers,
        Self::Photos,
        Self::Addresses,
        Self::Ims,
        Self::Roles,
        Self::Entitlements,
        Self::X509Certificates,
    ];

    /// The stable number.
    pub fn id(self) -> u8 {
        self as u8
    }

    /// The name, which is SCIM's too (RFC 7643, 4.1.2).
    pub fn name(self) -> &'static str {
        match self {
            Self::Emails => "emails",
            Self::PhoneNumbers => "phoneNumbers",
            Self::Photos => "photos",
            Self::Addresses => "addresses",
            Self::Ims => "ims",
            Self::Roles => "roles",
            Self::Entitlements => "entitlements",
            Self::X509Certificates => "x509Certificates",
        }
    }

    /// From the number.
    pub fn from_id(id: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| attribute.id() == id)
    }

    /// The field that holds the directory's own value, of an attribute that has one.
    pub fn field(self) -> Option<Field> {
        match self {
            Self::Emails => Some(Field::Email),
            Self::PhoneNumbers => Some(Field::Phone),
            Self::Photos => Some(Field::Avatar),
            Self::Roles => Some(Field::Role),
            Self::Addresses | Self::Ims | Self::Entitlements | Self::X509Certificates => None,
        }
    }

    /// The type that the directory's own value has where no caller gave it one.
    pub fn own_kind(self) -> Option<&'static str> {
        match self {
            Self::Emails | Self::PhoneNumbers => Some("work"),
            Self::Photos => Some("photo"),
            Self::Roles | Self::Addresses | Self::Ims | Self::Entitlements | Self::X509Certificates => None,
        }
    }

    /// Whether `value` is one that an element may have. It need not be one that the user's field may have: callers send what
    /// they have, and an address that is none stays theirs alone.
    fn check(self, value: &str) -> Result<(), Invalid> {
        match self {
            _ if value.is_empty() => Err(Invalid::Empty),
            Self::X509Certificates => Text::<16_384>::new(value).map(drop),
            Self::Photos => Text::<2_048>::new(value).map(drop),
            Self::Emails
            | Self::PhoneNumbers
            | Self::Roles
            | Self::Addresses
            | Self::Ims
            | Self::Entitlements => Text::<1_024>::new(value).map(drop),
        }
    }

    /// Whether `value` can be the directory's own.
    fn can_be_own(self, value: &str) -> bool {
        match self {
            Self::Emails => Email::new(value).is_ok(),
            Self::PhoneNumbers | Self::Roles => Text::<64>::new(value).is_ok(),
            Self::Photos => Avatar::new(value).is_ok(),
            Self::Addresses | Self::Ims | Self::Entitlements | Self::X509Certificates => false,
        }
    }
}

/// The parts of a postal address.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Address {
    /// The whole, as it is written on an envelope.
    pub formatted: Option<String>,
    /// The street, with the number.
    pub street_address: Option<String>,
    /// The town.
    pub locality: Option<String>,
    /// The state or region.
    pub region: Option<String>,
    /// The postal code.
    pub postal_code: Option<String>,
    /// The country.
    pub country: Option<String>,
}

/// What names an element among those of one user: never given twice.
pub type ElementId = u32;

/// What an element says. Its texts were checked by [`Elements::new`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Content {
    /// The value; `None` where it is the directory's own, or where there is none.
    pub value: Option<String>,
    /// What kind it is (`work`).
    pub kind: Option<String>,
    /// What people are shown.
    pub display: Option<String>,
    /// Whether a caller called it the primary one, or not.
    pub primary: Option<bool>,
    /// Of an address, its parts.
    pub address: Option<Box<Address>>,
}

/// An element as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Element {
    /// Which of the user's elements it is.
    pub id: ElementId,
    /// Of which attribute.
    pub attribute: Attribute,
    /// Whether its value is the directory's own, which the user's field holds.
    pub is_own: bool,
    /// What it says.
    pub content: Content,
}

impl Serialize for Attribute {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(self.id())
    }
}

impl<'de> Deserialize<'de> for Attribute {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = u8::deserialize(deserializer)?;
        Self::from_id(id).ok_or_else(|| serde::de::Error::custom("unknown attribute"))
    }
}

/// The most elements of one attribute that a user may have.
pub const MOST_ELEMENTS: usize = 100;

/// The most characters of an element's kind and of what it displays; of each part of an address the latter.
const MOST_KIND: usize = 64;
const MOST_DISPLAY: usize = 255;

/// What is wrong with a list of elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadElement {
    /// A text can't be what it is.
    #[error("{0}")]
    Text(Invalid),
    /// A second one that calls itself primary.
    #[error("another one is the primary already")]
    SecondPrimary,
    /// Nothing in it.
    #[error("has neither a value nor anything else")]
    Nothing,
    /// Beyond [`MOST_ELEMENTS`].
    #[error("is more than the {MOST_ELEMENTS} that a user may have")]
    TooMany,
}

/// All elements of one attribute, checked: what a patch may ask for. At most one is primary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elements {
    attribute: Attribute,
    list: Vec<Content>,
}

impl Elements {
    /// Checks a list; every fault is told with the index of its element and the part of it.
    pub fn new(
        attribute: Attribute,
        mut list: Vec<Content>,
    ) -> Result<Self, Vec<(usize, &'static str, BadElement)>> {
        let mut faults = Vec::new();
        let mut has_primary = false;
        for (index, content) in list.iter_mut().enumerate() {
            let mut fault = |part, bad| faults.push((index, part, bad));
            // An address of which nothing is said is none: a store could not tell the two apart.
            content.address.take_if(|address| **address == Address::default());
            let Content { value, kind, display, primary, address } = content;
            if index >= MOST_ELEMENTS {
                fault("", BadElement::TooMany);
                break;
            }
            if value.is_none() && address.is_none() {
                fault("", BadElement::Nothing);
            }
            if let Some(Err(invalid)) = value.as_deref().map(|value| attribute.check(value)) {
                fault("value", BadElement::Text(invalid));
            }
            if let Some(Err(invalid)) = kind.as_deref().map(Text::<MOST_KIND>::new) {
                fault("type", BadElement::Text(invalid));
            }
            if let Some(Err(invalid)) = display.as_deref().map(Text::<MOST_DISPLAY>::new) {
                fault("display", BadElement::Text(invalid));
            }
            for (part, text) in address.iter().flat_map(|address| address.parts()) {
                if let Some(Err(invalid)) = text.map(check_part) {
                    fault(part, BadElement::Text(invalid));
                }
            }
            if *primary == Some(true) && std::mem::replace(&mut has_primary, true) {
                fault("primary", BadElement::SecondPrimary);
            }
        }
        if faults.is_empty() { Ok(Self { attribute, list }) } else { Err(faults) }
    }

    /// Of which attribute.
    pub fn attribute(&self) -> Attribute {
        self.attribute
    }

    /// Which one is the directory's own value: of those that can be, the primary one, else the first of type `work`, else the
    /// first.
    fn own(&self) -> Option<usize> {
        let can_be = |value: &String| self.attribute.can_be_own(value);
        let is_there = |content: &&Content| content.value.as_ref().is_some_and(can_be);
        let place = |wanted: &dyn Fn(&Content) -> bool| {
            self.list.iter().position(|content| is_there(&content) && wanted(content))
        };
        place(&|content| content.primary == Some(true))
            .or_else(|| place(&|content| content.kind.as_deref() == Some("work")))
            .or_else(|| place(&|_| true))
    }

    /// The directory's own value, and the elements with their places in the list; of the own one the value is taken out.
    /// Where the list says no more than the field does, there are none.
    pub(crate) fn split(mut self) -> (Option<String>, Vec<(bool, Content)>) {
        let own = self.own();
        let value = own.and_then(|index| self.list.get_mut(index)).and_then(|content| content.value.take());
        if let [only] = &*self.list
            && own.is_some()
            && ContentRef::from(only) == own_content(self.attribute)
        {
            return (value, Vec::new());
        }
        let list = self.list.into_iter().enumerate();
        (value, list.map(|(index, content)| (own == Some(index), content)).collect())
    }
}

fn check_part(text: &str) -> Result<(), Invalid> {
    // A whole address has several lines.
    Text::<1_024>::new(&text.replace(['\n', '\r'], " ")).map(drop)
}

impl Address {
    /// Each part by its name in RFC 7643, 4.1.2.
    pub fn parts(&self) -> [(&'static str, Option<&str>); 6] {
        [
            ("formatted", self.formatted.as_deref()),
            ("streetAddress", self.street_address.as_deref()),
            ("locality", self.locality.as_deref()),
            ("region", self.region.as_deref()),
            ("postalCode", self.postal_code.as_deref()),
            ("country", self.country.as_deref()),
        ]
    }
}

/// What an element of the directory's own value says where no caller said more.
fn own_content(attribute: Attribute) -> ContentRef<'static> {
    ContentRef { kind: attribute.own_kind(), primary: Some(true), ..ContentRef::default() }
}

/// What an element says, as callers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContentRef<'a> {
    /// The value, which may be the directory's own.
    pub value: Option<&'a str>,
    /// See [`Content`].
    pub kind: Option<&'a str>,
    /// See [`Content`].
    pub display: Option<&'a str>,
    /// See [`Content`].
    pub primary: Option<bool>,
    /// See [`Content`].
    pub address: Option<&'a Address>,
}

impl<'a> From<&'a Content> for ContentRef<'a> {
    fn from(Content { value, kind, display, primary, address }: &'a Content) -> Self {
        Self {
            value: value.as_deref(),
            kind: kind.as_deref(),
            display: display.as_deref(),
            primary: *primary,
            address: address.as_deref(),
        }
    }
}

impl User {
    /// The elements of an attribute as callers see them: the directory's own value is among them, also where no caller
    /// ever made an element of it.
    pub fn elements_of(&self, attribute: Attribute) -> impl Iterator<Item = ContentRef<'_>> {
        let own = own_value(&self.profile, attribute);
        let stored = self.elements.iter().filter(move |element| element.attribute == attribute);
        let has_own = stored.clone().any(|element| element.is_own);
        let has_primary = stored.clone().any(|element| element.content.primary == Some(true));
        let implied = own.filter(|_| !has_own).map(|value| {
            let content = own_content(attribute);
            ContentRef { value: Some(value), primary: content.primary.filter(|_| !has_primary), ..content }
        });
        let stored = stored.map(move |Element { is_own, content, .. }| {
            let content = ContentRef::from(content);
            if *is_own { ContentRef { value: own, ..content } } else { content }
        });
        implied.into_iter().chain(stored)
    }
}

/// The directory's own value of an attribute. Other dialects keep an empty phone or role as it was sent; here it is none.
pub(crate) fn own_value(profile: &Profile, attribute: Attribute) -> Option<&str> {
    let Profile { email, phone, avatar, role, .. } = profile;
    let value = match attribute {
        Attribute::Emails => email.as_ref().map(Email::as_str),
        Attribute::PhoneNumbers => phone.as_ref().map(Text::as_str),
        Attribute::Photos => avatar.as_ref().map(Avatar::as_str),
        Attribute::Roles => role.as_ref().map(Text::as_str),
        Attribute::Addresses | Attribute::Ims | Attribute::Entitlements | Attribute::X509Certificates => None,
    };
    value.filter(|value| !value.is_empty())
}

/// What a patch does to elements: the whole list of each attribute that is named.
pub type ElementsPatch = BTreeMap<Attribute, Elements>;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Value;

    #[test]
    fn the_own_value_is_that_of_the_attributes_field() {
        let text = "https://a@b";
        for attribute in Attribute::ALL {
            let mut profile = Profile::default();
            assert_eq!(own_value(&profile, attribute), None);
            if let Some(field) = attribute.field() {
                assert!(profile.set(field, Value::Text(text.into())), "{attribute:?}");
            }
            assert_eq!(own_value(&profile, attribute), attribute.field().map(|_| text), "{attribute:?}");
        }
    }
}
