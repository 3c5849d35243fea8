//! The user, and the nouns around it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::clock::Timestamp;
use crate::element::{Element, ElementId};
use crate::fold;
use crate::password::PasswordHash;
use crate::seal::WrappedKey;
use crate::value::{Avatar, Email, FieldValue, Invalid, Kind, Text, Value, read_text};

/// The id of a user: made by Roster, never chosen by a caller, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct UserId(pub Uuid);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number of a user: 1 to 2^53, unique, in order of creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Number(i64);

impl Number {
    /// 2^53: the largest whole number that every JSON reader keeps exact.
    pub const MAX: i64 = 1 << 53;

    /// Checks the range.
    pub fn new(number: i64) -> Result<Self, Invalid> {
        if (1..=Self::MAX).contains(&number) { Ok(Self(number)) } else { Err(Invalid::Number(Self::MAX)) }
    }

    /// The number.
    pub fn get(self) -> i64 {
        self.0
    }

    /// The number after it; `None` after the last.
    pub fn next(self) -> Option<Self> {
        Self::new(self.0 + 1).ok()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whose external ids these are: a name of 1 to 64 characters (`bubble`, `okta`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Source(Arc<str>);

impl Source {
    /// Checks `name`.
    pub fn new(name: &str) -> Result<Self, Invalid> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        if (1..=64).contains(&name.len()) && name.bytes().all(plain) {
            Ok(Self(name.into()))
        } else {
            Err(Invalid::Source)
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a source calls a user: 1 to 255 characters, no control character, compared character for character.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExternalId(Text<255>);

impl ExternalId {
    /// Checks `text`.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() { Err(Invalid::Empty) } else { Text::new(text).map(Self) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// What a user signs in as: 1 to 255 characters; unique by [`crate::fold::fold`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserName(Text<255>);

impl UserName {
    /// Checks `text`.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() { Err(Invalid::Empty) } else { Text::new(text).map(Self) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// A profile that a grant gives: 1 to 255 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProfileId(Text<255>);

impl ProfileId {
    /// Checks `text`.
    pub fn new(text: &str) -> Result<Self, Invalid> {
        if text.is_empty() { Err(Invalid::Empty) } else { Text::new(text).map(Self) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

macro_rules! text_noun {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(self.as_str(), f)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read_text(deserializer, Self::new)
            }
        }
    )*};
}

impl From<UserId> for UserName {
    fn from(id: UserId) -> Self {
        Self(Text::from_uuid(id.0))
    }
}

text_noun!(Source ExternalId UserName ProfileId);

/// A source and what it calls the user.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Link {
    /// Who calls the user so.
    pub source: Source,
    /// What it calls the user.
    pub external_id: ExternalId,
}

/// A client that the user may enter, and as what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Grant {
    /// The client's id: positive, 64 bits.
    pub client_id: i64,
    /// The profile that the user has there.
    pub profile_id: ProfileId,
}

impl Grant {
    /// Checks the client's id.
    pub fn new(client_id: i64, profile_id: ProfileId) -> Result<Self, Invalid> {
        if client_id > 0 { Ok(Self { client_id, profile_id }) } else { Err(Invalid::Number(i64::MAX)) }
    }
}

/// The most grants that a user may have.
pub const MOST_GRANTS: usize = 1_000;

macro_rules! fields {
    (
        profile { $( $(#[doc = $doc:literal])* $id:literal $variant:ident $name:ident: $ty:ty; )* }
        other { $( $(#[doc = $other_doc:literal])* $other_id:literal $other_variant:ident $other_name:ident; )* }
    ) => {
        /// A field of a user. The numbers are in the journal and never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Field {
            $( $(#[doc = $doc])* $variant = $id, )*
            $( $(#[doc = $other_doc])* $other_variant = $other_id, )*
        }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )* $( Self::$other_variant, )*];

            /// The stable number.
            pub fn id(self) -> u16 {
                match self {
                    $( Self::$variant => $id, )*
                    $( Self::$other_variant => $other_id, )*
                }
            }

            /// The field with that number, if this version of Roster knows it.
            pub fn from_id(id: u16) -> Option<Self> {
                match id {
                    $( $id => Some(Self::$variant), )*
                    $( $other_id => Some(Self::$other_variant), )*
                    _ => None,
                }
            }

            /// The name, which is the column's too.
            pub fn name(self) -> &'static str {
                match self {
                    $( Self::$variant => stringify!($name), )*
                    $( Self::$other_variant => stringify!($other_name), )*
                }
            }
        }

        /// The plain fields of a user: each may be empty, and none has rules beyond its type.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct Profile {
            $( $(#[doc = $doc])* pub $name: Option<$ty>, )*
        }

        impl Profile {
            /// The plain fields in their order, with the kind of their values.
            pub const FIELDS: &'static [(Field, Kind)] = &[$( (Field::$variant, <$ty as FieldValue>::KIND), )*];

            /// The value of a plain field; `None` if it is empty, or no plain field.
            pub fn value(&self, field: Field) -> Option<Value> {
                match field {
                    $( Field::$variant => self.$name.as_ref().map(FieldValue::to_value), )*
                    $( Field::$other_variant )|* => None,
                }
            }

            /// Sets a plain field from a stored value. False if the field is not plain or the value is not one of its own.
            #[must_use]
            pub fn set(&mut self, field: Field, value: Value) -> bool {
                match field {
                    $( Field::$variant => {
                        self.$name = FieldValue::from_value(value);
                        self.$name.is_some()
                    } )*
                    $( Field::$other_variant )|* => false,
                }
            }
        }

        /// What to do with each plain field.
        #[derive(Debug, Clone, PartialEq, Eq, Default)]
        pub struct ProfilePatch {
            $( $(#[doc = $doc])* pub $name: crate::change::Change<$ty>, )*
        }

        impl ProfilePatch {
            /// Sets a plain field to the value that a text stands for. Nothing, if the field is not plain.
            pub fn parse(&mut self, field: Field, text: &str) -> Result<(), Invalid> {
                $( if field == Field::$variant {
                    self.$name = crate::change::Change::Set(<$ty as FieldValue>::parse(text)?);
                } )*
                Ok(())
            }

            /// Clears a plain field.
            pub fn clear(&mut self, field: Field) {
                $( if field == Field::$variant { self.$name = crate::change::Change::Clear; } )*
            }

            /// Applies the patch to `profile` and tells `changed` each field that is another now, before and after.
            pub(crate) fn apply(self, profile: &mut Profile, changed: &mut dyn FnMut(Field, Option<Value>, Option<Value>)) {
                let Self { $( $name, )* } = self;
                $( if let Some((before, after)) = $name.apply(&mut profile.$name) {
                    changed(Field::$variant, before.map(|v| v.to_value()), after.map(|v| v.to_value()));
                } )*
            }
        }
    };
}

fields! {
    profile {
        /// The name as others see it.
        2 DisplayName display_name: Text<255>;
        /// The given name.
        3 GivenName given_name: Text<255>;
        /// The family name.
        4 FamilyName family_name: Text<255>;
        /// The email address; not unique unless `unique_email` is on.
        5 Email email: Email;
        /// Whether the address was confirmed.
        6 EmailVerified email_verified: bool;
        /// The phone number, as sent.
        7 Phone phone: Text<64>;
        /// The language, as sent.
        8 Language language: Text<64>;
        /// Where the picture is.
        9 Avatar avatar: Avatar;
        /// The status, free text.
        10 Status status: Text<64>;
        /// The role, free text.
        11 Role role: Text<64>;
        /// Whether the user signed up.
        13 SignedUp signed_up: bool;
        /// Whether the user is of the operator's own staff.
        14 Staff staff: bool;
        /// Whether the user may enter the control tower.
        15 ControlTower control_tower: bool;
        /// When the user last signed in.
        16 LastLogin last_login: Timestamp;
        /// The producer's id.
        18 ProducerId producer_id: Uuid;
        /// What the source calls the producer.
        19 ProducerExternalId producer_external_id: Text<255>;
        /// The seller's id.
        20 SellerId seller_id: Uuid;
        /// What the source calls the seller.
        21 SellerExternalId seller_external_id: Text<255>;
        /// The origin's id.
        22 OriginId origin_id: Uuid;
        /// What the source calls the origin.
        23 OriginExternalId origin_external_id: Text<255>;
        /// The whole name, as it is written.
        29 FormattedName formatted_name: Text<1024>;
        /// The middle name.
        30 MiddleName middle_name: Text<255>;
        /// What stands before the name (`Dr.`).
        31 HonorificPrefix honorific_prefix: Text<255>;
        /// What stands behind the name (`III`).
        32 HonorificSuffix honorific_suffix: Text<255>;
        /// What friends say.
        33 NickName nick_name: Text<255>;
        /// Where the user's page is.
        34 ProfileUrl profile_url: Text<2048>;
        /// The job's title.
        35 Title title: Text<255>;
        /// What kind of user (`Contractor`).
        36 UserType user_type: Text<255>;
        /// For numbers and dates, as sent (`en-US`).
        37 Locale locale: Text<64>;
        /// The time zone, as sent (`Europe/Paris`).
        38 Timezone timezone: Text<64>;
        /// What the employer counts the user as.
        39 EmployeeNumber employee_number: Text<255>;
        /// The cost centre.
        40 CostCenter cost_center: Text<255>;
        /// The organisation.
        41 Organization organization: Text<255>;
        /// The division.
        42 Division division: Text<255>;
        /// The department.
        43 Department department: Text<255>;
        /// Who manages the user, as the caller names them.
        44 Manager manager: Text<255>;
    }
    other {
        /// What the user signs in as.
        1 UserName user_name;
        /// Whether the user may act.
        12 Active active;
        /// The password; the journal says that it changed, never what it was.
        17 Password password;
        /// An element of the links.
        24 Links links;
        /// An element of the grants.
        25 Grants grants;
        /// An element of an attribute that a user may have several of.
        45 Elements elements;
        /// When the user was created, as the callers say.
        26 CreatedAt created_at;
        /// When the user was last updated, as the callers say.
        27 UpdatedAt updated_at;
        /// When the user was deleted.
        28 DeletedAt deleted_at;
    }
}

impl TryFrom<u16> for Field {
    type Error = String;

    fn try_from(id: u16) -> Result<Self, String> {
        Self::from_id(id).ok_or_else(|| format!("field {id} is not known to this version of Roster"))
    }
}

/// Which version of the user last changed each field, by the fields' numbers: those of a newer Roster are kept too.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FieldVersions(
    /// In the order of the numbers, each once.
    Vec<(u16, u64)>,
);

impl FieldVersions {
    /// The version that last changed `field`; 0 if none did.
    pub fn get(&self, field: Field) -> u64 {
        let place = self.place(field.id()).ok();
        place.and_then(|place| self.0.get(place)).map_or(0, |(_, version)| *version)
    }

    /// Records that `version` changed `field`.
    pub fn set(&mut self, field: Field, version: u64) {
        self.set_number(field.id(), version);
    }

    /// The same for a field that this version of Roster may not know.
    pub fn set_number(&mut self, field: u16, version: u64) {
        match self.place(field) {
            Ok(place) => {
                if let Some((_, last)) = self.0.get_mut(place) {
                    *last = version;
                }
            }
            Err(place) => self.0.insert(place, (field, version)),
        }
    }

    /// The stored form: pairs of field number and version, each as a postcard varint.
    pub fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(&self.0).unwrap_or_default()
    }

    /// From the stored form.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut pairs: Vec<(u16, u64)> = postcard::from_bytes(bytes).ok()?;
        pairs.sort_by_key(|(field, _)| *field);
        // Of two pairs of one field the later one counts.
        pairs.dedup_by(|later, kept| {
            let is_same = later.0 == kept.0;
            if is_same {
                *kept = *later;
            }
            is_same
        });
        Some(Self(pairs))
    }

    /// Where a field is, or would be.
    fn place(&self, field: u16) -> Result<usize, usize> {
        self.0.binary_search_by_key(&field, |(number, _)| *number)
    }
}

/// A user of the directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// The number.
    pub number: Number,
    /// One more at each change; 1 at creation.
    pub version: u64,
    /// What the user signs in as.
    pub user_name: UserName,
    /// Whether a caller chose the user_name; else it is derived.
    pub user_name_chosen: bool,
    /// Whether the user may act: an inactive user's tokens are refused.
    pub active: bool,
    /// The plain fields.
    pub profile: Profile,
    /// Who calls the user what.
    pub links: BTreeMap<Source, ExternalId>,
    /// The clients that the user may enter, and as what.
    pub grants: BTreeSet<Grant>,
    /// The elements of what a user may have several of, by their ids.
    pub elements: Vec<Element>,
    /// The greatest id that an element of the user was ever given; 0 before the first.
    pub last_element: ElementId,
    /// The password's hash.
    pub password: Option<PasswordHash>,
    /// When the user was created, as the callers say.
    pub created_at: Timestamp,
    /// When the user was last updated, as the callers say.
    pub updated_at: Timestamp,
    /// When the server created the user.
    pub registered_at: Timestamp,
    /// When the server made this version: strictly increasing.
    pub recorded_at: Timestamp,
    /// When the user was deleted, if it was.
    pub deleted_at: Option<Timestamp>,
    /// The key that seals the user's history, wrapped.
    pub data_key: WrappedKey,
    /// Which version last changed each field.
    pub field_versions: FieldVersions,
}

impl Profile {
    /// The display name; where it was never set, the given and the family name joined.
    pub fn shown_name(&self) -> Option<String> {
        let Self { display_name, given_name, family_name, .. } = self;
        if let Some(name) = display_name {
            return Some(name.as_str().to_owned());
        }
        let parts: Vec<&str> = [given_name, family_name].into_iter().flatten().map(Text::as_str).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

impl User {
    /// Whether the user exists for callers.
    pub fn is_living(&self) -> bool {
        self.deleted_at.is_none()
    }

    /// The name that others are shown: [`Profile::shown_name`].
    pub fn shown_name(&self) -> Option<String> {
        self.profile.shown_name()
    }

    /// The email as it is compared; of a living user alone.
    pub fn email_folded(&self) -> Option<String> {
        self.profile.email.as_ref().filter(|_| self.is_living()).map(|email| fold::fold(email.as_str()))
    }

    /// What `source` calls the user.
    pub fn external_id(&self, source: &Source) -> Option<&ExternalId> {
        self.links.get(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_numbers_are_unique_and_found_again() {
        let mut seen = BTreeSet::new();
        for field in Field::ALL {
            assert!(seen.insert(field.id()), "{field:?}");
            assert_eq!(Field::from_id(field.id()), Some(*field));
        }
        assert_eq!(Field::from_id(0), None);
    }

    #[test]
    fn field_versions_survive_their_stored_form() {
        let mut versions = FieldVersions::default();
        versions.set(Field::Email, 300);
        versions.set(Field::UserName, 1);
        assert_eq!(versions.to_bytes(), [2, 1, 1, 5, 0xac, 2]);
        assert_eq!(FieldVersions::from_bytes(&versions.to_bytes()), Some(versions));
    }

    #[test]
    fn field_versions_are_put_in_order_and_of_two_of_a_field_the_later_one_counts() {
        let versions = FieldVersions::from_bytes(&[3, 5, 3, 1, 2, 5, 1]).unwrap();
        assert_eq!(versions.to_bytes(), [2, 1, 2, 5, 1]);
        assert_eq!([Field::UserName, Field::Email, Field::Phone].map(|field| versions.get(field)), [2, 1, 0]);
    }

    /// During an upgrade an older Roster writes users of a newer one.
    #[test]
    fn the_version_of_a_field_that_is_not_known_is_kept() {
        let stored = [2, 5, 3, 99, 7];
        let mut versions = FieldVersions::from_bytes(&stored).unwrap();
        assert_eq!(versions.to_bytes(), stored);
        versions.set(Field::Email, 8);
        assert_eq!(versions.to_bytes(), [2, 5, 8, 99, 7]);
    }
}
