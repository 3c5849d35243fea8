//! Searches of users.

use roster_directory::search::{
    Comparison, Condition, ElementKey, From, GrantKey, GroupKey, Order, SortKey, TextOrder, UserKey,
    UserSearch, UserTest,
};
use roster_directory::{Attribute, Field, UserId};

use crate::made::{ID, equal, exact, exactly, first, id, not, number, source, text, time, truth};

type Asked = Vec<(&'static str, UserSearch)>;
type Wanted = Condition<UserTest>;

fn key(key: UserKey, comparison: Comparison) -> Wanted {
    Condition::Test(UserTest::Key(key, comparison))
}

fn field(field: Field, comparison: Comparison) -> Wanted {
    key(UserKey::Field(field), comparison)
}

fn element(attribute: Attribute, parts: Vec<(ElementKey, Comparison)>) -> Wanted {
    let wanted = Condition::All(parts.into_iter().map(Condition::Test).collect());
    Condition::Test(UserTest::Element(attribute, wanted))
}

fn only(attribute: Attribute, key: ElementKey, comparison: Comparison) -> Wanted {
    Condition::Test(UserTest::Element(attribute, Condition::Test((key, comparison))))
}

fn sorted(sort: SortKey, greatest_first: bool) -> UserSearch {
    UserSearch { sort: Some((sort, greatest_first)), ..first(Condition::Always(true)) }
}

pub fn searches() -> Asked {
    [values(), texts(), trees(), elements(), others(), pages()].concat()
}

/// A test of each kind of value.
fn values() -> Asked {
    vec![
        ("id eq", first(key(UserKey::Id, exactly(ID)))),
        ("id eq what is no id", first(key(UserKey::Id, exactly("x")))),
        ("id sw", first(key(UserKey::Id, exact(TextOrder::StartsWith, "018d")))),
        ("userName eq", first(key(UserKey::UserName, equal("Straße@x")))),
        ("userName eq, where case counts", first(key(UserKey::UserName, exactly("Ada@x")))),
        ("externalId eq", first(key(UserKey::ExternalId(source()), exactly("00u1")))),
        ("externalId sw", first(key(UserKey::ExternalId(source()), exact(TextOrder::StartsWith, "00")))),
        ("number ge", first(key(UserKey::Number, number(Order::Ge, 7)))),
        ("active eq", first(key(UserKey::Active, truth(true, true)))),
        ("emailVerified ne", first(field(Field::EmailVerified, truth(false, true)))),
        ("lastLogin lt", first(field(Field::LastLogin, time(Order::Lt)))),
        ("meta.lastModified gt", first(key(UserKey::RecordedAt, time(Order::Gt)))),
        ("producer.organisationId eq", first(field(Field::ProducerId, equal(ID)))),
        ("producer.organisationId pr", first(field(Field::ProducerId, Comparison::Present))),
        ("producer.organisationId co", first(field(Field::ProducerId, text(TextOrder::Contains, "af30")))),
    ]
}

/// A text, compared in each way.
fn texts() -> Asked {
    let title = |order| first(field(Field::Title, text(order, "Ab")));
    vec![
        ("title pr", first(field(Field::Title, Comparison::Present))),
        ("title eq", title(TextOrder::Order(Order::Eq))),
        ("title ne", title(TextOrder::Order(Order::Ne))),
        ("title gt", title(TextOrder::Order(Order::Gt))),
        ("title le", title(TextOrder::Order(Order::Le))),
        ("title co", title(TextOrder::Contains)),
        ("title sw", title(TextOrder::StartsWith)),
        ("title ew", title(TextOrder::EndsWith)),
        ("title eq, where case counts", first(field(Field::Title, exactly("Ab")))),
    ]
}

fn trees() -> Asked {
    let active = || key(UserKey::Active, truth(true, true));
    let title = |value| field(Field::Title, equal(value));
    vec![
        ("nothing", first(Condition::Always(false))),
        ("and of none", first(Condition::All(Vec::new()))),
        ("or of none", first(Condition::Any(Vec::new()))),
        (
            "active and (title or not title)",
            first(Condition::All(vec![active(), Condition::Any(vec![title("a"), not(title("b"))])])),
        ),
        ("not (active and title)", first(not(Condition::All(vec![active(), title("a")])))),
    ]
}

fn elements() -> Asked {
    let work = || (ElementKey::Kind, equal("work"));
    vec![
        ("emails pr", first(Condition::Test(UserTest::Element(Attribute::Emails, Condition::Always(true))))),
        ("emails eq", first(only(Attribute::Emails, ElementKey::Value, equal("Ada@x")))),
        ("emails co", first(only(Attribute::Emails, ElementKey::Value, text(TextOrder::Contains, "@x")))),
        (
            "emails[type eq and value eq]",
            first(element(Attribute::Emails, vec![work(), (ElementKey::Value, equal("Ada@x"))])),
        ),
        (
            "emails[not (type eq)]",
            first(Condition::Test(UserTest::Element(Attribute::Emails, not(Condition::Test(work()))))),
        ),
        ("phoneNumbers eq", first(only(Attribute::PhoneNumbers, ElementKey::Value, equal("+33 1")))),
        ("roles[primary eq]", first(only(Attribute::Roles, ElementKey::Primary, truth(true, true)))),
        ("ims eq", first(only(Attribute::Ims, ElementKey::Value, equal("Ada")))),
        ("x509Certificates eq", first(only(Attribute::X509Certificates, ElementKey::Value, exactly("AAEC")))),
        ("addresses.country pr", first(only(Attribute::Addresses, ElementKey::Country, Comparison::Present))),
    ]
}

fn others() -> Asked {
    let grant =
        |tests: Vec<_>| UserTest::Grant(Condition::All(tests.into_iter().map(Condition::Test).collect()));
    let group = |key, comparison| UserTest::Group(Condition::Test((key, comparison)));
    vec![
        (
            "grants[clientId eq and profileId eq]",
            first(Condition::Test(grant(vec![
                (GrantKey::Client, number(Order::Eq, 33)),
                (GrantKey::Profile, exactly("1")),
            ]))),
        ),
        ("grants pr", first(Condition::Test(UserTest::Grant(Condition::Always(true))))),
        ("groups.value eq", first(Condition::Test(group(GroupKey::Id, equal(ID))))),
        ("groups.display eq", first(Condition::Test(group(GroupKey::DisplayName, equal("Étoile"))))),
        ("not groups pr", first(not(Condition::Test(UserTest::Group(Condition::Always(true)))))),
    ]
}

fn pages() -> Asked {
    let title = || SortKey::Key(UserKey::Field(Field::Title));
    let behind = |after| UserSearch {
        from: From::After(after),
        counts: true,
        ..first(key(UserKey::Active, truth(true, true)))
    };
    vec![
        ("by a text", sorted(title(), false)),
        ("by a text, the greatest first", sorted(title(), true)),
        ("by a time", sorted(SortKey::Key(UserKey::RegisteredAt), false)),
        ("by the external id", sorted(SortKey::Key(UserKey::ExternalId(source())), false)),
        ("by the email", sorted(SortKey::Element(Attribute::Emails, ElementKey::Value), false)),
        ("by the type of the email", sorted(SortKey::Element(Attribute::Emails, ElementKey::Kind), true)),
        ("by the country", sorted(SortKey::Element(Attribute::Addresses, ElementKey::Country), false)),
        (
            "the third ten by a text, counted",
            UserSearch { from: From::Skip(20), counts: true, ..sorted(title(), false) },
        ),
        ("the first page by cursor", behind(None)),
        ("a page behind an id, counted", behind(Some(UserId(id())))),
        (
            "a sort means nothing behind an id",
            UserSearch { from: From::After(Some(UserId(id()))), ..sorted(title(), true) },
        ),
    ]
}
