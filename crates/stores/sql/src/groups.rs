//! Searches of groups.

use roster_directory::fold;
use roster_directory::group::GroupId;
use roster_directory::search::{Comparison, From, GroupKey, GroupSearch, GroupTest, Search};

use crate::compare::{Operand, compare, condition, has_text};
use crate::engine::Engine;
use crate::narrow;
use crate::statement::{Builder, Queries};
use crate::users::{behind, in_order, page};

/// The statements of a search of groups. The page has the column `id`.
pub fn groups<E: Engine>(search: &GroupSearch, engine: &E) -> Queries {
    let Search { condition: _, sort, from, limit, counts } = search;
    let mut builder = Builder::new(engine);
    let mut sql = format!("SELECT k.id {}", fitting(search, &mut builder));
    let order = match (from, sort) {
        (From::After(after), _) => {
            behind("k.id", after.map(|GroupId(id)| id), &mut sql, &mut builder);
            "k.id".to_owned()
        }
        (From::Skip(_), None) => "k.id".to_owned(),
        (From::Skip(_), Some((key, greatest_first))) => {
            let is_text = matches!(key, GroupKey::DisplayName | GroupKey::ExternalId(_));
            in_order(&expression(key, &mut builder), is_text, *greatest_first, "k.id", engine)
        }
    };
    sql = page(&sql, &order, *from, *limit, &mut builder);
    let count = counts.then(|| {
        let mut builder = Builder::new(engine);
        let sql = format!("SELECT count(*) {}", fitting(search, &mut builder));
        builder.finish(sql)
    });
    Queries { page: builder.finish(sql), count }
}

fn fitting<E: Engine>(search: &GroupSearch, builder: &mut Builder<'_, E>) -> String {
    let condition = condition(&search.condition, builder, &mut test);
    format!("FROM groups k WHERE {condition}")
}

fn test<E: Engine>(test: &GroupTest, builder: &mut Builder<'_, E>) -> String {
    match test {
        GroupTest::Key(key, comparison) => by_key(key, comparison, builder),
        GroupTest::Member(wanted) => {
            let id = narrow::id_of(wanted, &|comparison| narrow::equal(comparison));
            let narrowed = id.map(|id| narrow::membership(("k.id", "group_id"), "user_id", id, builder));
            let wanted = condition(wanted, builder, &mut |comparison, builder| {
                compare(Operand::Uuid("m.user_id"), comparison, builder)
            });
            let has_member =
                format!("EXISTS (SELECT 1 FROM group_members m WHERE m.group_id = k.id AND {wanted})");
            narrowed.map_or(has_member.clone(), |narrowed| format!("({narrowed} AND {has_member})"))
        }
    }
}

/// A test of the group `k`.
pub(crate) fn by_key<E: Engine>(
    key: &GroupKey,
    comparison: &Comparison,
    builder: &mut Builder<'_, E>,
) -> String {
    if let (GroupKey::DisplayName, Some((name, exact))) = (key, narrow::equal_as(comparison)) {
        let folded = builder.text(fold::fold(name));
        let folded = format!("k.name_folded = {folded}");
        return if exact {
            format!("({folded} AND k.display_name = {})", builder.text(name))
        } else {
            folded
        };
    }
    if let (GroupKey::ExternalId(source), Some((id, true))) = (key, narrow::equal_as(comparison)) {
        return narrow::group_external_id(source, id, builder);
    }
    let expression = expression(key, builder);
    match (key, comparison) {
        (GroupKey::Id, _) => compare(Operand::Uuid(&expression), comparison, builder),
        (GroupKey::DisplayName | GroupKey::ExternalId(_), Comparison::Present) => has_text(&expression),
        (
            GroupKey::DisplayName | GroupKey::ExternalId(_) | GroupKey::RegisteredAt | GroupKey::RecordedAt,
            _,
        ) => compare(Operand::Plain(&expression), comparison, builder),
    }
}

fn expression<E: Engine>(key: &GroupKey, builder: &mut Builder<'_, E>) -> String {
    match key {
        GroupKey::Id => "k.id".to_owned(),
        GroupKey::DisplayName => "k.display_name".to_owned(),
        GroupKey::ExternalId(source) => {
            let source = builder.text(source.as_str());
            format!(
                "(SELECT l.external_id FROM group_links l WHERE l.group_id = k.id AND l.source = {source})"
            )
        }
        GroupKey::RegisteredAt => "k.registered_at_us".to_owned(),
        GroupKey::RecordedAt => "k.recorded_at_us".to_owned(),
    }
}
