//! From what came in to a patch with every fault of the request, and from a user to the answer.

use std::fmt;

use http::{HeaderMap, Uri};
use roster_directory::{
    Change, Email, FaultAt, Field as UserField, GrantsPatch, IdempotencyKey, Password, Resolution, Text,
    User, UserPatch,
};
use roster_wire::{Field, idempotency, path};

use crate::UnknownFields;
use crate::envelope::UserOut;
use crate::grants::Asked;
use crate::last_login;
use crate::number::Number;
use crate::place::{Fault, Faults, Place, Type};
use crate::transaction_id;
use crate::wire::{Incoming, json};

/// What a request asks for, as far as it could be read, and all that is wrong with its form.
pub(crate) struct Wanted {
    /// To repeat in the answer.
    pub(crate) transaction_id: Option<String>,
    /// The user's number: that of the path.
    pub(crate) number: Option<i64>,
    pub(crate) patch: UserPatch,
    pub(crate) password: Change<Password>,
    pub(crate) grants: Asked,
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    pub(crate) faults: Faults,
}

impl Wanted {
    /// Reads the whole of a request.
    pub(crate) fn read(uri: &Uri, headers: &HeaderMap, body: &[u8], unknown: UnknownFields) -> Self {
        let mut faults = Faults::default();
        let number = path_number(uri, &mut faults);
        let idempotency_key = idempotency_key(headers, &mut faults);
        let body = json(body, &mut faults);
        let incoming = body.as_ref().map(|body| Incoming::read(body, uri.query(), unknown, &mut faults));
        let sent = match &incoming {
            Some(incoming) => incoming.transaction_id.clone(),
            None => transaction_id::of_query(uri.query()),
        };
        let transaction_id = sent.unwrap_or_else(|why| {
            faults.push(Place::TransactionId, why);
            None
        });
        let mut wanted = Self {
            transaction_id,
            number,
            patch: UserPatch::default(),
            password: Change::Keep,
            grants: Asked::default(),
            idempotency_key,
            faults,
        };
        if let Some(incoming) = incoming {
            wanted.take(&incoming, unknown);
        }
        wanted
    }

    fn take(&mut self, incoming: &Incoming<'_>, unknown: UnknownFields) {
        let faults = &mut self.faults;
        check_id(incoming.id, self.number, faults);
        let profile = &mut self.patch.profile;
        profile.display_name = required(incoming.name, Place::Name, Text::new, faults);
        self.password = required(incoming.password, Place::Password, Password::new, faults);
        profile.phone = required(incoming.telephone, Place::Telephone, Text::new, faults);
        profile.email = required(incoming.email, Place::Email, Email::new, faults);
        let read = |text: &str| last_login::parse(text).ok_or(last_login::MUST);
        profile.last_login = optional(incoming.last_login, Place::LastLogin, Type::String, read, faults);
        // What is answered has no fractions: a console that sends back what it read changes nothing.
        self.patch.last_login_resolution = Resolution::Second;
        let as_is = Ok::<bool, &str>;
        profile.control_tower =
            optional(incoming.is_control_tower, Place::IsControlTower, Type::Boolean, as_is, faults);
        self.grants = Asked::read(incoming.clients_profile, unknown, faults);
        self.patch.grants = GrantsPatch::Replace(self.grants.to_set());
    }
}

/// The last segment of the path.
fn path_number(uri: &Uri, faults: &mut Faults) -> Option<i64> {
    let raw = path::last_segment(uri);
    match path::decode(raw).map_or(Number::NotWhole, |text| Number::read(&text)) {
        Number::Positive(number) => return Some(number),
        Number::OutOfRange => faults.unacceptable(Place::Id, Number::RANGE),
        Number::NotWhole => faults.required(Place::Id, Type::Integer),
    }
    None
}

/// A console sends back what it read, `id` too.
fn check_id(sent: Field<&str>, of_path: Option<i64>, faults: &mut Faults) {
    let number = match sent {
        Field::Absent | Field::Null => return,
        Field::Value(text) => Number::read(text),
        Field::WrongType => Number::NotWhole,
    };
    match (number, of_path) {
        (Number::NotWhole, _) => faults.required(Place::Id, Type::Integer),
        (Number::OutOfRange, _) => faults.unacceptable(Place::Id, Number::RANGE),
        (Number::Positive(number), Some(of_path)) if number != of_path => {
            faults.unacceptable(Place::Id, "must be the id of the path");
        }
        (Number::Positive(_), Some(_) | None) => {}
    }
}

fn idempotency_key(headers: &HeaderMap, faults: &mut Faults) -> Option<IdempotencyKey> {
    idempotency::key(headers, IdempotencyKey::new).unwrap_or_else(|why| {
        faults.unacceptable(Place::IdempotencyKey, why);
        None
    })
}

/// A text that must be there.
fn required<V, E: fmt::Display>(
    field: Field<&str>,
    place: Place,
    make: impl FnOnce(&str) -> Result<V, E>,
    faults: &mut Faults,
) -> Change<V> {
    match field {
        Field::Absent | Field::Null => {
            faults.required(place, Type::String);
            Change::Keep
        }
        Field::Value(_) | Field::WrongType => optional(field, place, Type::String, make, faults),
    }
}

/// A value that may be there; null is absent.
fn optional<T, V, E: fmt::Display>(
    field: Field<T>,
    place: Place,
    wanted: Type,
    make: impl FnOnce(T) -> Result<V, E>,
    faults: &mut Faults,
) -> Change<V> {
    match field {
        Field::Absent | Field::Null => {}
        Field::WrongType => faults.required(place, wanted),
        Field::Value(value) => match make(value) {
            Ok(value) => return Change::Set(value),
            Err(why) => faults.unacceptable(place, why),
        },
    }
    Change::Keep
}

/// The directory's fault as faults of the request: a grant may stand at several places of its list.
pub(crate) fn faults_of(fault: &roster_directory::Fault, grants: &Asked) -> Vec<Fault> {
    let places: Vec<Place> = match &fault.at {
        FaultAt::GrantClient(grant) => grants.places(grant).map(Place::ClientId).collect(),
        FaultAt::GrantProfile(grant) => grants.places(grant).map(Place::ProfileId).collect(),
        FaultAt::Field(field) => vec![place_of(*field)],
        FaultAt::Link(_) | FaultAt::GroupName | FaultAt::Member(_) => vec![Place::Body],
    };
    let description = format!("Field {}", fault.reason);
    places.into_iter().map(|place| Fault { place, description: description.clone() }).collect()
}

/// The place of a user's field; what this dialect has no field for is a matter of the request as a whole.
fn place_of(field: UserField) -> Place {
    match field {
        UserField::DisplayName => Place::Name,
        UserField::Password => Place::Password,
        UserField::Phone => Place::Telephone,
        UserField::Grants => Place::ClientsProfile,
        UserField::Email => Place::Email,
        UserField::LastLogin => Place::LastLogin,
        UserField::ControlTower => Place::IsControlTower,
        UserField::UserName
        | UserField::GivenName
        | UserField::FamilyName
        | UserField::EmailVerified
        | UserField::Language
        | UserField::Avatar
        | UserField::Status
        | UserField::Role
        | UserField::Active
        | UserField::SignedUp
        | UserField::Staff
        | UserField::ProducerId
        | UserField::ProducerExternalId
        | UserField::SellerId
        | UserField::SellerExternalId
        | UserField::OriginId
        | UserField::OriginExternalId
        | UserField::Links
        | UserField::Elements
        | UserField::FormattedName
        | UserField::MiddleName
        | UserField::HonorificPrefix
        | UserField::HonorificSuffix
        | UserField::NickName
        | UserField::ProfileUrl
        | UserField::Title
        | UserField::UserType
        | UserField::Locale
        | UserField::Timezone
        | UserField::EmployeeNumber
        | UserField::CostCenter
        | UserField::Organization
        | UserField::Division
        | UserField::Department
        | UserField::Manager
        | UserField::CreatedAt
        | UserField::UpdatedAt
        | UserField::DeletedAt => Place::Body,
    }
}

/// The user as this dialect answers it.
pub(crate) fn user_out(user: &User) -> UserOut {
    let text = |text: &str| text.to_owned();
    UserOut {
        id: user.number.get(),
        name: user.shown_name(),
        email: user.profile.email.as_ref().map(|email| text(email.as_str())),
        telephone: user.profile.phone.as_ref().map(|phone| text(phone.as_str())),
        last_login: user.profile.last_login.map(last_login::print),
        is_control_tower: user.profile.control_tower.unwrap_or(false),
    }
}

#[cfg(test)]
mod tests;
