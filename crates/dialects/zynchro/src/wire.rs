//! What came in: the body field by field, so that no fault hides another.

use std::sync::LazyLock;

use roster_wire::Field;
use roster_wire::json::{Json, Limits, Object, parse};

use crate::UnknownFields;
use crate::place::{Faults, Level, Place, Type};
use crate::transaction_id::{self, IN_BODY, ONCE};

/// Stands for an object that was not sent, so that what is missing in it is named.
static NOTHING: LazyLock<Object<'static>> = LazyLock::new(Object::default);

/// The body of a request, in the order of the document. The password is in it: it has no `Debug`.
pub(crate) struct Incoming<'a> {
    pub(crate) transaction_id: transaction_id::Sent,
    /// `data.user.id`, a number as it was spelt.
    pub(crate) id: Field<&'a str>,
    pub(crate) name: Field<&'a str>,
    pub(crate) email: Field<&'a str>,
    pub(crate) password: Field<&'a str>,
    pub(crate) telephone: Field<&'a str>,
    pub(crate) last_login: Field<&'a str>,
    pub(crate) is_control_tower: Field<bool>,
    pub(crate) clients_profile: Field<&'a [Json<'a>]>,
}

/// Reads the JSON of a body. What is no object is named by `body`, and nothing else can be said of it.
pub(crate) fn json<'a>(bytes: &'a [u8], faults: &mut Faults) -> Option<Json<'a>> {
    match parse(bytes, Limits::default()) {
        Ok(json @ Json::Object(_)) => return Some(json),
        Ok(Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_)) => {
            faults.required(Place::Body, Type::Object);
        }
        Err(fault) => faults.unacceptable(Place::Body, format_args!("must be JSON: {fault}")),
    }
    None
}

impl<'a> Incoming<'a> {
    /// Reads the members of a body; what is wrong with its objects goes to `faults`, what is wrong with the values is
    /// left to be found where they are converted.
    pub(crate) fn read(
        body: &'a Json<'a>,
        query: Option<&str>,
        unknown: UnknownFields,
        faults: &mut Faults,
    ) -> Self {
        let root = contents(body.object(), Level::Root, unknown, faults);
        let header = contents(root.object("header"), Level::Header, unknown, faults);
        let data = contents(root.object("data"), Level::Data, unknown, faults);
        let user = contents(data.object("user"), Level::User, unknown, faults);
        Self {
            transaction_id: transaction_id::read(header, query),
            id: user.number("id"),
            name: user.text("name"),
            email: user.text("email"),
            password: user.text("password"),
            telephone: user.text("telephone"),
            last_login: user.text("lastLogin"),
            is_control_tower: user.boolean("isControlTower"),
            clients_profile: data.array("clientsProfile"),
        }
    }
}

/// An object, or nothing in place of one that is absent or no object.
pub(crate) fn contents<'a>(
    object: Field<&'a Object<'a>>,
    level: Level,
    unknown: UnknownFields,
    faults: &mut Faults,
) -> &'a Object<'a> {
    let object = match object {
        Field::Value(object) => object,
        Field::Absent | Field::Null => return &NOTHING,
        Field::WrongType => {
            faults.required(level.place(), Type::Object);
            return &NOTHING;
        }
    };
    check_members(object, level, unknown, faults);
    object
}

/// Finds the members that are not known and those that came more than once. A header may hold anything.
fn check_members(object: &Object<'_>, level: Level, unknown: UnknownFields, faults: &mut Faults) {
    let refused = match (unknown, level) {
        (UnknownFields::Ignore, _) | (UnknownFields::Refuse, Level::Header) => false,
        (UnknownFields::Refuse, Level::Root | Level::Data | Level::User | Level::Entry(_)) => true,
    };
    if refused {
        for (key, _) in object.members().filter(|(key, _)| Place::known(level, key).is_none()) {
            faults.push(Place::member(level, key), "Field is not known");
        }
    }
    for key in object.duplicates().iter().filter(|key| level != Level::Header || *key != IN_BODY) {
        faults.push(Place::member(level, key), ONCE);
    }
}
