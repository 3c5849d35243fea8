//! From a request to a change, with every fault of the request; and from a user to an answer.

mod request;

use std::borrow::Cow;

use roster_directory::value::parse_uuid;
use roster_directory::{
    Assign, Avatar, Change, ElementsPatch, Email, ExternalId, GrantsPatch, Invalid, LinksPatch, Profile,
    ProfilePatch, Resolution, TakenLinks, Text, Timestamp, User, UserPatch,
};
use roster_wire::{Field, shorten};
use uuid::Uuid;

use crate::error::Detail;
use crate::wire::{self, ID, Member, Moment, Payload};
use crate::{EmptyString, Options, UnknownFields};

pub(crate) use request::{Wanted, read};

const A_STRING: &str = "must be a string or null";
const A_BOOLEAN: &str = "must be true, false or null";

/// Makes a patch of a payload, and notes every fault.
struct Converter<'a> {
    options: Options,
    faults: &'a mut Vec<Detail>,
}

impl Converter<'_> {
    fn patch(&mut self, payload: Payload<'_>, external_id: Option<&ExternalId>) -> UserPatch {
        let Payload {
            bubble_id,
            is_mail_confirmed,
            language,
            last_connexion,
            email,
            mobile_phone,
            producer_bubble_id,
            producer_id,
            seller_bubble_id,
            seller_id,
            origin_bubble_id,
            origin_id,
            last_name,
            first_name,
            status,
            role,
            user_signed_up,
            avatar,
            is_algorep,
            created_at,
            updated_at,
            has_id,
            unknown,
            duplicates,
        } = payload;
        if has_id {
            self.fault(ID, "must not be in the payload");
        }
        self.bubble_id(bubble_id, external_id);
        // In the document's order, which the faults have too.
        let profile = ProfilePatch {
            email_verified: self.boolean(is_mail_confirmed),
            language: self.text(language),
            last_login: self.time(last_connexion),
            email: self.erasable(email, Email::new),
            phone: self.text(mobile_phone),
            producer_external_id: self.text(producer_bubble_id),
            producer_id: self.uuid(producer_id),
            seller_external_id: self.text(seller_bubble_id),
            seller_id: self.uuid(seller_id),
            origin_external_id: self.text(origin_bubble_id),
            origin_id: self.uuid(origin_id),
            family_name: self.text(last_name),
            given_name: self.text(first_name),
            status: self.text(status),
            role: self.text(role),
            signed_up: self.boolean(user_signed_up),
            avatar: self.erasable(avatar, Avatar::new),
            staff: self.boolean(is_algorep),
            display_name: Change::Keep,
            control_tower: Change::Keep,
            formatted_name: Change::Keep,
            middle_name: Change::Keep,
            honorific_prefix: Change::Keep,
            honorific_suffix: Change::Keep,
            nick_name: Change::Keep,
            profile_url: Change::Keep,
            title: Change::Keep,
            user_type: Change::Keep,
            locale: Change::Keep,
            timezone: Change::Keep,
            employee_number: Change::Keep,
            cost_center: Change::Keep,
            organization: Change::Keep,
            division: Change::Keep,
            department: Change::Keep,
            manager: Change::Keep,
        };
        let created_at = self.time(created_at);
        let updated_at = match self.time(updated_at) {
            Change::Keep | Change::Clear => Assign::Keep,
            Change::Set(time) => Assign::Set(time),
        };
        self.keys(duplicates, &unknown);
        UserPatch {
            user_name: Change::Keep,
            active: Assign::Keep,
            profile,
            last_login_resolution: Resolution::Exact,
            links: LinksPatch::new(),
            taken_links: TakenLinks::Refuse,
            grants: GrantsPatch::Keep,
            elements: ElementsPatch::new(),
            created_at,
            updated_at,
        }
    }

    fn fault(&mut self, key: &'static str, message: impl Into<Cow<'static, str>>) {
        self.faults.push(Detail::at(key, message));
    }

    /// A user must not lose the name that it is addressed by.
    fn bubble_id(&mut self, Member { key, field }: Member<&str>, external_id: Option<&ExternalId>) {
        match field {
            Field::Absent => {}
            Field::Value(sent) if external_id.is_none_or(|id| id.as_str() == sent) => {}
            Field::Value(_) | Field::Null => self.fault(key, "must equal the UserBubbleId of the path"),
            Field::WrongType => self.fault(key, "must be a string"),
        }
    }

    fn boolean(&mut self, member: Member<bool>) -> Change<bool> {
        self.change(member, A_BOOLEAN, Ok)
    }

    fn text<const MAX: usize>(&mut self, member: Member<&str>) -> Change<Text<MAX>> {
        self.change(member, A_STRING, Text::new)
    }

    fn time(&mut self, member: Member<&str>) -> Change<Timestamp> {
        self.erasable(member, Timestamp::parse_rfc3339)
    }

    fn uuid(&mut self, member: Member<&str>) -> Change<Uuid> {
        self.erasable(member, parse_uuid)
    }

    /// A string for which `""` can be no value: templates without code send it for "empty".
    fn erasable<T>(
        &mut self,
        mut member: Member<&str>,
        make: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Change<T> {
        if self.options.empty_string == EmptyString::Erase && member.field == Field::Value("") {
            member.field = Field::Null;
        }
        self.change(member, A_STRING, make)
    }

    fn change<S, T>(
        &mut self,
        Member { key, field }: Member<S>,
        expected: &'static str,
        make: impl FnOnce(S) -> Result<T, Invalid>,
    ) -> Change<T> {
        match field.map(make) {
            Field::Absent => Change::Keep,
            Field::Null => Change::Clear,
            Field::Value(Ok(value)) => Change::Set(value),
            Field::Value(Err(invalid)) => {
                self.fault(key, invalid.to_string());
                Change::Keep
            }
            Field::WrongType => {
                self.fault(key, expected);
                Change::Keep
            }
        }
    }

    fn keys(&mut self, duplicates: &[String], unknown: &[&str]) {
        let named = |key: &str, message| Detail::at(shorten(key).to_owned(), message);
        self.faults.extend(duplicates.iter().map(|key| named(key, "must not be given more than once")));
        match self.options.unknown_fields {
            UnknownFields::Refuse => {
                self.faults.extend(unknown.iter().map(|key| named(key, "is not a field of a user")));
            }
            UnknownFields::Ignore => {}
        }
    }
}

/// The whole user, as `external_id` was answered.
pub(crate) fn answer<'a>(user: &'a User, external_id: &'a ExternalId) -> wire::User<'a> {
    let Profile {
        display_name: _,
        control_tower: _,
        formatted_name: _,
        middle_name: _,
        honorific_prefix: _,
        honorific_suffix: _,
        nick_name: _,
        profile_url: _,
        title: _,
        user_type: _,
        locale: _,
        timezone: _,
        employee_number: _,
        cost_center: _,
        organization: _,
        division: _,
        department: _,
        manager: _,
        given_name,
        family_name,
        email,
        email_verified,
        phone,
        language,
        avatar,
        status,
        role,
        signed_up,
        staff,
        last_login,
        producer_id,
        producer_external_id,
        seller_id,
        seller_external_id,
        origin_id,
        origin_external_id,
    } = &user.profile;
    wire::User {
        id: user.id.0,
        bubble_id: external_id.as_str(),
        is_mail_confirmed: *email_verified,
        language: text(language.as_ref()),
        last_connexion: last_login.map(Moment),
        email: email.as_ref().map(Email::as_str),
        mobile_phone: text(phone.as_ref()),
        producer_bubble_id: text(producer_external_id.as_ref()),
        producer_id: *producer_id,
        seller_bubble_id: text(seller_external_id.as_ref()),
        seller_id: *seller_id,
        origin_bubble_id: text(origin_external_id.as_ref()),
        origin_id: *origin_id,
        last_name: text(family_name.as_ref()),
        first_name: text(given_name.as_ref()),
        status: text(status.as_ref()),
        role: text(role.as_ref()),
        user_signed_up: *signed_up,
        avatar: avatar.as_ref().map(Avatar::as_str),
        is_algorep: *staff,
        created_at: Moment(user.created_at),
        updated_at: Moment(user.updated_at),
    }
}

fn text<const MAX: usize>(text: Option<&Text<MAX>>) -> Option<&str> {
    text.map(Text::as_str)
}

#[cfg(test)]
mod tests;
