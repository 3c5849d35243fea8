//! Searches of groups.

use roster_directory::GroupId;
use roster_directory::search::{
    Comparison, Condition, From, GroupKey, GroupSearch, GroupTest, Order, TextOrder,
};

use crate::made::{ID, equal, exactly, first, id, not, source, text, time};

type Wanted = Condition<GroupTest>;

fn key(key: GroupKey, comparison: Comparison) -> Wanted {
    Condition::Test(GroupTest::Key(key, comparison))
}

fn member(wanted: Condition<Comparison>) -> Wanted {
    Condition::Test(GroupTest::Member(wanted))
}

fn sorted(key: GroupKey, greatest_first: bool) -> GroupSearch {
    GroupSearch { sort: Some((key, greatest_first)), ..first(Condition::Always(true)) }
}

pub fn searches() -> Vec<(&'static str, GroupSearch)> {
    vec![
        ("id eq", first(key(GroupKey::Id, exactly(ID)))),
        ("displayName eq", first(key(GroupKey::DisplayName, equal("Étoile")))),
        ("displayName eq, where case counts", first(key(GroupKey::DisplayName, exactly("Étoile")))),
        ("displayName ew", first(key(GroupKey::DisplayName, text(TextOrder::EndsWith, "le")))),
        ("displayName pr", first(key(GroupKey::DisplayName, Comparison::Present))),
        ("externalId eq", first(key(GroupKey::ExternalId(source()), exactly("7")))),
        ("externalId pr", first(key(GroupKey::ExternalId(source()), Comparison::Present))),
        ("meta.created ge", first(key(GroupKey::RegisteredAt, time(Order::Ge)))),
        ("members.value eq", first(member(Condition::Test(exactly(ID))))),
        ("not members pr", first(not(member(Condition::Always(true))))),
        (
            "a name or a member",
            first(Condition::Any(vec![
                key(GroupKey::DisplayName, equal("a")),
                member(Condition::Test(equal(ID))),
            ])),
        ),
        ("by the name", sorted(GroupKey::DisplayName, false)),
        ("by the external id, the greatest first", sorted(GroupKey::ExternalId(source()), true)),
        (
            "the second ten by time, counted",
            GroupSearch { from: From::Skip(10), counts: true, ..sorted(GroupKey::RecordedAt, false) },
        ),
        (
            "a page behind an id",
            GroupSearch { from: From::After(Some(GroupId(id()))), ..first(Condition::Always(true)) },
        ),
    ]
}
