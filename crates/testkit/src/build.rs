//! Short ways to write down values, patches and principals. They panic on what is not valid.

use std::collections::BTreeSet;

use roster_directory::directory::groups::GroupUpdate;
use roster_directory::{
    Assign, Attribute, Avatar, Change, Content, ContentRef, Elements, Email, ExternalId, Field, Grant,
    GrantsPatch, GroupName, Link, Password, Principal, Profile, ProfileId, ProfilePatch, Scope, Source,
    Target, Text, Timestamp, User, UserName, UserPatch,
};
use uuid::Uuid;

/// A principal of the API client `key-<source>` that may do everything, with the external ids of `source`.
pub fn principal(source: &str) -> Principal {
    with_scopes(source, &Scope::ALL)
}

/// A principal with these scopes.
pub fn with_scopes(source: &str, scopes: &[Scope]) -> Principal {
    Principal {
        client: format!("key-{source}"),
        source: self::source(source),
        user: None,
        scopes: scopes.iter().copied().collect(),
        authorities: BTreeSet::new(),
    }
}

/// A source.
pub fn source(name: &str) -> Source {
    Source::new(name).unwrap()
}

/// An external id.
pub fn external_id(text: &str) -> ExternalId {
    ExternalId::new(text).unwrap()
}

/// A link.
pub fn link(source: &str, id: &str) -> Link {
    Link { source: self::source(source), external_id: external_id(id) }
}

/// A user_name.
pub fn user_name(text: &str) -> UserName {
    UserName::new(text).unwrap()
}

/// An email.
pub fn email(text: &str) -> Email {
    Email::new(text).unwrap()
}

/// A text.
pub fn text<const MAX: usize>(text: &str) -> Text<MAX> {
    Text::new(text).unwrap()
}

/// The elements of an attribute as callers see them.
pub fn elements_of(user: &User, attribute: Attribute) -> Vec<Content> {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let content = |ContentRef { value, kind, display, primary, address }: ContentRef<'_>| Content {
        value: owned(value),
        kind: owned(kind),
        display: owned(display),
        primary,
        address: address.cloned().map(Box::new),
    };
    user.elements_of(attribute).map(content).collect()
}

/// A grant.
pub fn grant(client_id: i64, profile_id: &str) -> Grant {
    Grant::new(client_id, ProfileId::new(profile_id).unwrap()).unwrap()
}

/// Grants.
pub fn grants<const N: usize>(grants: [(i64, &str); N]) -> BTreeSet<Grant> {
    grants.into_iter().map(|(client, profile)| grant(client, profile)).collect()
}

/// A password.
pub fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

/// A moment, from an RFC 3339 date-time.
pub fn time(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

/// The user, by its id.
pub fn by_id(user: &User) -> Target {
    Target::Id(user.id)
}

/// A patch that changes nothing but what `edit` does.
pub fn patch(edit: impl FnOnce(&mut UserPatch)) -> UserPatch {
    let mut patch = UserPatch::default();
    edit(&mut patch);
    patch
}

/// A patch that sets the email.
pub fn with_email(address: &str) -> UserPatch {
    patch(|patch| patch.profile.email = Change::Set(email(address)))
}

/// A patch that sets the given name.
pub fn with_given_name(name: &str) -> UserPatch {
    patch(|patch| patch.profile.given_name = Change::Set(text(name)))
}

/// A patch that sets the user_name.
pub fn with_user_name(name: &str) -> UserPatch {
    patch(|patch| patch.user_name = Change::Set(user_name(name)))
}

/// A patch that changes the link of one source.
pub fn with_link(source: &str, change: Change<&str>) -> UserPatch {
    let change = match change {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(id) => Change::Set(external_id(id)),
    };
    patch(|patch| {
        patch.links.insert(self::source(source), change);
    })
}

/// A patch that makes these the grants.
pub fn with_grants<const N: usize>(set: [(i64, &str); N]) -> UserPatch {
    patch(|patch| patch.grants = GrantsPatch::Replace(grants(set)))
}

/// A value of what a user may have several of, with its type.
pub fn content(value: &str, kind: &str) -> Content {
    Content { value: Some(value.to_owned()), kind: Some(kind.to_owned()), ..Content::default() }
}

/// The same, called the primary one.
pub fn primary(value: &str, kind: &str) -> Content {
    Content { primary: Some(true), ..content(value, kind) }
}

/// A patch that makes these all elements of an attribute.
pub fn with_elements(attribute: Attribute, list: Vec<Content>) -> UserPatch {
    let elements = Elements::new(attribute, list).unwrap();
    patch(|patch| drop(patch.elements.insert(attribute, elements)))
}

/// A group's name.
pub fn group_name(text: &str) -> GroupName {
    GroupName::new(text).unwrap()
}

/// A group that is to be made, with these members.
pub fn new_group(name: &str, members: &[&User]) -> GroupUpdate {
    GroupUpdate {
        display_name: Assign::Set(group_name(name)),
        add: members.iter().map(|user| (user.id, None)).collect(),
        ..GroupUpdate::default()
    }
}

/// A patch that sets every field, each to a value that has `mark` in it where it is text.
pub fn full_patch(mark: &str) -> UserPatch {
    let uuid = |n: u128| Change::Set(Uuid::from_u128(n));
    let profile = ProfilePatch {
        display_name: Change::Set(text(&format!("{mark} display"))),
        given_name: Change::Set(text(&format!("{mark} given"))),
        family_name: Change::Set(text(&format!("{mark} family"))),
        email: Change::Set(email(&format!("{mark}@example.com"))),
        email_verified: Change::Set(true),
        phone: Change::Set(text(&format!("{mark} phone"))),
        language: Change::Set(text(&format!("{mark} language"))),
        avatar: Change::Set(Avatar::new(&format!("https://example.com/{mark}.png")).unwrap()),
        status: Change::Set(text(&format!("{mark} status"))),
        role: Change::Set(text(&format!("{mark} role"))),
        signed_up: Change::Set(true),
        staff: Change::Set(false),
        control_tower: Change::Set(true),
        last_login: Change::Set(time("2024-06-22T17:04:06.123Z")),
        producer_id: uuid(0x10),
        producer_external_id: Change::Set(text(&format!("{mark} producer"))),
        seller_id: uuid(0x20),
        seller_external_id: Change::Set(text(&format!("{mark} seller"))),
        origin_id: uuid(0x30),
        origin_external_id: Change::Set(text(&format!("{mark} origin"))),
        formatted_name: Change::Set(text(&format!("{mark} formatted name"))),
        middle_name: Change::Set(text(&format!("{mark} middle name"))),
        honorific_prefix: Change::Set(text(&format!("{mark} honorific prefix"))),
        honorific_suffix: Change::Set(text(&format!("{mark} honorific suffix"))),
        nick_name: Change::Set(text(&format!("{mark} nick name"))),
        profile_url: Change::Set(text(&format!("{mark} profile url"))),
        title: Change::Set(text(&format!("{mark} title"))),
        user_type: Change::Set(text(&format!("{mark} user type"))),
        locale: Change::Set(text(&format!("{mark} locale"))),
        timezone: Change::Set(text(&format!("{mark} timezone"))),
        employee_number: Change::Set(text(&format!("{mark} employee number"))),
        cost_center: Change::Set(text(&format!("{mark} cost center"))),
        organization: Change::Set(text(&format!("{mark} organization"))),
        division: Change::Set(text(&format!("{mark} division"))),
        department: Change::Set(text(&format!("{mark} department"))),
        manager: Change::Set(text(&format!("{mark} manager"))),
    };
    UserPatch {
        user_name: Change::Set(user_name(&format!("{mark} name"))),
        active: Assign::Set(false),
        profile,
        links: [(source("second"), Change::Set(external_id(&format!("{mark} link"))))].into(),
        grants: GrantsPatch::Replace(grants([(33, "18"), (34, mark)])),
        created_at: Change::Set(time("2020-02-29T23:59:59.999Z")),
        updated_at: Assign::Set(time("2021-01-01T00:00:00Z")),
        ..UserPatch::default()
    }
}

/// A patch that clears every field that may be empty, and takes away every link of the source `second`.
pub fn clearing_patch() -> UserPatch {
    let profile = ProfilePatch {
        display_name: Change::Clear,
        given_name: Change::Clear,
        family_name: Change::Clear,
        email: Change::Clear,
        email_verified: Change::Clear,
        phone: Change::Clear,
        language: Change::Clear,
        avatar: Change::Clear,
        status: Change::Clear,
        role: Change::Clear,
        signed_up: Change::Clear,
        staff: Change::Clear,
        control_tower: Change::Clear,
        last_login: Change::Clear,
        producer_id: Change::Clear,
        producer_external_id: Change::Clear,
        seller_id: Change::Clear,
        seller_external_id: Change::Clear,
        origin_id: Change::Clear,
        origin_external_id: Change::Clear,
        formatted_name: Change::Clear,
        middle_name: Change::Clear,
        honorific_prefix: Change::Clear,
        honorific_suffix: Change::Clear,
        nick_name: Change::Clear,
        profile_url: Change::Clear,
        title: Change::Clear,
        user_type: Change::Clear,
        locale: Change::Clear,
        timezone: Change::Clear,
        employee_number: Change::Clear,
        cost_center: Change::Clear,
        organization: Change::Clear,
        division: Change::Clear,
        department: Change::Clear,
        manager: Change::Clear,
    };
    UserPatch {
        user_name: Change::Clear,
        profile,
        links: [(source("second"), Change::Clear)].into(),
        grants: GrantsPatch::Replace(BTreeSet::new()),
        created_at: Change::Clear,
        ..UserPatch::default()
    }
}

/// The plain fields that are not empty, by name.
pub fn filled(profile: &Profile) -> Vec<&'static str> {
    let fields = Profile::FIELDS.iter().map(|(field, _)| *field);
    fields.filter(|field: &Field| profile.value(*field).is_some()).map(Field::name).collect()
}
