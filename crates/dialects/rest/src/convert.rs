//! From the directory's nouns to what goes out.

use roster_directory::element::{Address, Content, Element};
use roster_directory::record::{Organisation, Record, RegisteredClient, RegisteredProfile};
use roster_directory::{Entry, Field, FieldChange, Grant, Position, Profile, Text, Timestamp, User, Value};

use crate::wire::{
    ActorJson, ChangeJson, ClientJson, ElementJson, EntryJson, GrantJson, OrganisationJson, PositionJson,
    ProfileJson, UserJson, ValueJson,
};

/// A user as this API shows it.
pub fn user_json(user: &User) -> UserJson {
    let Profile {
        display_name,
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
        control_tower,
        last_login,
        producer_id,
        producer_external_id,
        seller_id,
        seller_external_id,
        origin_id,
        origin_external_id,
        formatted_name,
        middle_name,
        honorific_prefix,
        honorific_suffix,
        nick_name,
        profile_url,
        title,
        user_type,
        locale,
        timezone,
        employee_number,
        cost_center,
        organization,
        division,
        department,
        manager,
    } = &user.profile;
    UserJson {
        id: user.id.0,
        number: user.number.get(),
        version: user.version,
        user_name: user.user_name.as_str().to_owned(),
        display_name: text(display_name.as_ref()),
        given_name: text(given_name.as_ref()),
        family_name: text(family_name.as_ref()),
        email: email.as_ref().map(|email| email.as_str().to_owned()),
        email_verified: *email_verified,
        phone: text(phone.as_ref()),
        language: text(language.as_ref()),
        avatar: avatar.as_ref().map(|avatar| avatar.as_str().to_owned()),
        status: text(status.as_ref()),
        role: text(role.as_ref()),
        active: user.active,
        signed_up: *signed_up,
        staff: *staff,
        control_tower: *control_tower,
        last_login: last_login.map(Timestamp::to_rfc3339_millis),
        producer_id: *producer_id,
        producer_external_id: text(producer_external_id.as_ref()),
        seller_id: *seller_id,
        seller_external_id: text(seller_external_id.as_ref()),
        origin_id: *origin_id,
        origin_external_id: text(origin_external_id.as_ref()),
        formatted_name: text(formatted_name.as_ref()),
        middle_name: text(middle_name.as_ref()),
        honorific_prefix: text(honorific_prefix.as_ref()),
        honorific_suffix: text(honorific_suffix.as_ref()),
        nick_name: text(nick_name.as_ref()),
        profile_url: text(profile_url.as_ref()),
        title: text(title.as_ref()),
        user_type: text(user_type.as_ref()),
        locale: text(locale.as_ref()),
        timezone: text(timezone.as_ref()),
        employee_number: text(employee_number.as_ref()),
        cost_center: text(cost_center.as_ref()),
        organization: text(organization.as_ref()),
        division: text(division.as_ref()),
        department: text(department.as_ref()),
        manager: text(manager.as_ref()),
        links: user.links.iter().map(|(source, id)| (source.to_string(), id.to_string())).collect(),
        grants: grants_json(user),
        created_at: user.created_at.to_rfc3339_millis(),
        updated_at: user.updated_at.to_rfc3339_millis(),
        recorded_at: user.recorded_at.to_rfc3339_micros(),
        deleted_at: user.deleted_at.map(Timestamp::to_rfc3339_micros),
    }
}

fn text<const MAX: usize>(text: Option<&Text<MAX>>) -> Option<String> {
    text.map(|text| text.as_str().to_owned())
}

/// The grants of a user, by client, then by profile.
pub(crate) fn grants_json(user: &User) -> Vec<GrantJson> {
    user.grants.iter().map(grant_json).collect()
}

/// A grant as this API shows it.
pub(crate) fn grant_json(grant: &Grant) -> GrantJson {
    GrantJson { client_id: grant.client_id, profile_id: grant.profile_id.as_str().to_owned() }
}

/// An entry of a user's history as this API shows it.
pub fn entry_json(position: &Position, entry: &Entry) -> EntryJson {
    let Entry { change_id, user_id: _, version, kind, recorded_at, actor, dialect, changes } = entry;
    EntryJson {
        position: PositionJson { epoch: position.epoch, stream: position.stream, n: position.n },
        version: *version,
        change_id: change_id.0,
        kind: kind.name(),
        recorded_at: recorded_at.to_rfc3339_micros(),
        actor: ActorJson { client: actor.client.clone(), user: actor.user.map(|user| user.0) },
        dialect: dialect.name(),
        changes: changes.as_ref().map(|changes| changes.iter().map(change_json).collect()),
    }
}

fn change_json(FieldChange { field, before, after }: &FieldChange) -> ChangeJson {
    let name = field.name();
    if *field == Field::Password {
        return ChangeJson::Secret { field: name, changed: true };
    }
    let value = |value: &Option<Value>| value.as_ref().map(|value| value_json(*field, value));
    ChangeJson::Values { field: name, before: value(before), after: value(after) }
}

fn value_json(field: Field, value: &Value) -> ValueJson {
    match value {
        Value::Text(text) => ValueJson::Text(text.to_string()),
        Value::Bool(truth) => ValueJson::Bool(*truth),
        // The server's own times have microseconds, those of the callers milliseconds.
        Value::Time(time) if field == Field::DeletedAt => ValueJson::Text(time.to_rfc3339_micros()),
        Value::Time(time) => ValueJson::Text(time.to_rfc3339_millis()),
        Value::Uuid(uuid) => ValueJson::Text(uuid.to_string()),
        Value::Link(link) => {
            ValueJson::Link { source: link.source.to_string(), external_id: link.external_id.to_string() }
        }
        Value::Grant(grant) => ValueJson::Grant(grant_json(grant)),
        Value::Holder(user) => ValueJson::Holder { taken_over_from: user.0 },
        Value::Element(element) => ValueJson::Element(Box::new(element_json(element))),
    }
}

fn element_json(Element { id, attribute, is_own, content }: &Element) -> ElementJson {
    let Content { value, kind, display, primary, address } = content.clone();
    let Address { formatted, street_address, locality, region, postal_code, country } =
        address.map(|address| *address).unwrap_or_default();
    ElementJson {
        element: *id,
        attribute: attribute.name(),
        is_own: *is_own,
        value,
        kind,
        display,
        primary,
        formatted,
        street_address,
        locality,
        region,
        postal_code,
        country,
    }
}

/// A registered organisation as this API shows it; `None` if the record is none.
pub fn organisation_json(record: &Record) -> Option<OrganisationJson> {
    let Record::Organisation(Organisation { kind, id, external_id, name }) = record else { return None };
    Some(OrganisationJson {
        kind: kind.name(),
        id: *id,
        external_id: external_id.as_str().to_owned(),
        name: name.as_str().to_owned(),
    })
}

/// A registered client as this API shows it; `None` if the record is none.
pub fn client_json(record: &Record) -> Option<ClientJson> {
    let Record::Client(RegisteredClient { id, name }) = record else { return None };
    Some(ClientJson { id: *id, name: name.as_str().to_owned() })
}

/// A registered profile as this API shows it; `None` if the record is none.
pub fn profile_json(record: &Record) -> Option<ProfileJson> {
    let Record::Profile(RegisteredProfile { id, name }) = record else { return None };
    Some(ProfileJson { id: id.as_str().to_owned(), name: name.as_str().to_owned() })
}
