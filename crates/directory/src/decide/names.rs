//! The names that one user alone may hold: user_name, links, and the email where it is unique.

use super::user::added_link;
use crate::change::{Change, TakenLinks};
use crate::directory::Rules;
use crate::error::{Fault, FaultAt, Reason};
use crate::merge::Merge;
use crate::record::{Record, RecordKey};
use crate::store::{Claim, ClaimWrite, ReadSet, RecordWrite, Seen};
use crate::user::{Field, User, UserId, UserName};
use crate::value::Value;

/// Sets, or derives, the user_name.
///
/// It is derived at creation, and again only when this user's own email or links change; never once a caller chose it.
pub(super) fn merge_user_name(
    merge: &mut Merge,
    is_new: bool,
    change: Change<UserName>,
    seen: &Seen,
) -> Result<(), ReadSet> {
    let (name, chosen) = match change {
        Change::Set(name) => (Some(name), true),
        Change::Keep if merge.user.user_name_chosen => return Ok(()),
        Change::Keep if !is_new && !merge.touches(Field::Email) && !merge.touches(Field::Links) => {
            return Ok(());
        }
        Change::Keep | Change::Clear => (derive(&merge.user, seen)?, false),
    };
    // Where not even the id is free as a name, the user keeps the one it has.
    let name = name.unwrap_or_else(|| merge.user.user_name.clone());
    if is_new || name != merge.user.user_name || chosen != merge.user.user_name_chosen {
        let value = |name: &UserName| Value::Text(name.as_str().into());
        let before = (!is_new).then(|| value(&merge.user.user_name));
        merge.push(Field::UserName, before, Some(value(&name)));
        merge.user.user_name = name;
        merge.user.user_name_chosen = chosen;
    }
    Ok(())
}

/// The email if no other user has that user_name, else the first external id that is free and contains no `@`, else
/// the id.
fn derive(user: &User, seen: &Seen) -> Result<Option<UserName>, ReadSet> {
    let email = user.profile.email.as_ref().map(|email| email.as_str().to_owned());
    let external = user.links.values().map(|id| id.as_str().to_owned()).filter(|id| !id.contains('@'));
    let candidates = email.into_iter().chain(external).chain([user.id.to_string()]);
    let mut names = candidates.filter_map(|candidate| UserName::new(&candidate).ok());
    let Some(first) = names.next() else { return Ok(None) };
    if is_free(&first, user.id, seen)? {
        return Ok(Some(first));
    }
    // It is rare that the first is another's.
    let others: Vec<UserName> = names.collect();
    let claims = others.iter().map(Claim::user_name).collect();
    seen.require(ReadSet { claims, ..ReadSet::default() })?;
    for name in others {
        if is_free(&name, user.id, seen)? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn is_free(name: &UserName, user: UserId, seen: &Seen) -> Result<bool, ReadSet> {
    Ok(seen.holder(&Claim::user_name(name))?.is_none_or(|holder| holder == user))
}

/// Takes and releases the claims that the change needs, and finds those that are another's.
pub(super) fn claim_names(
    merge: &mut Merge,
    before: Option<&User>,
    (rules, taken_links): (Rules, TakenLinks),
    seen: &Seen,
    (claims, records): (&mut Vec<ClaimWrite>, &mut Vec<RecordWrite>),
    faults: &mut Vec<Fault>,
) -> Result<(), ReadSet> {
    let mut pairs = vec![(
        Field::UserName,
        before.map(|user| Claim::user_name(&user.user_name)),
        Some(Claim::user_name(&merge.user.user_name)),
    )];
    if rules.unique_email {
        let email = |user: &User| user.profile.email.as_ref().map(Claim::email);
        pairs.push((Field::Email, before.and_then(email), email(&merge.user)));
    }
    let mut takes = Vec::new();
    for (field, old, new) in pairs {
        if old == new {
            continue;
        }
        claims.extend(old.map(|claim| ClaimWrite::Release { claim, holder: merge.user.id }));
        let Some(claim) = new else { continue };
        match seen.holder(&claim)? {
            None => takes.push(ClaimWrite::Take { claim, holder: merge.user.id }),
            Some(holder) if holder == merge.user.id => {}
            Some(_) => faults.push(Fault { at: FaultAt::Field(field), reason: Reason::Taken }),
        }
    }
    claim_links(merge, taken_links, seen, (claims, &mut takes, records), faults)?;
    claims.append(&mut takes);
    Ok(())
}

/// A link that a deleted user held is taken over, and the entry says from whom.
fn claim_links(
    merge: &mut Merge,
    taken_links: TakenLinks,
    seen: &Seen,
    (releases, takes, records): (&mut Vec<ClaimWrite>, &mut Vec<ClaimWrite>, &mut Vec<RecordWrite>),
    faults: &mut Vec<Fault>,
) -> Result<(), ReadSet> {
    let user = merge.user.id;
    let moved = merge.changes.iter().filter(|change| change.field == Field::Links);
    let moved = moved.flat_map(|change| [change.before.as_ref(), change.after.as_ref()]);
    let moved = moved.filter_map(|value| added_link(value).cloned().map(Claim::Link));
    seen.require(ReadSet { claims: moved.collect(), ..ReadSet::default() })?;
    for change in merge.changes.iter_mut().filter(|change| change.field == Field::Links) {
        if let Some(link) = added_link(change.before.as_ref()) {
            let claim = Claim::Link(link.clone());
            if seen.holder(&claim)? == Some(user) {
                releases.push(ClaimWrite::Release { claim, holder: user });
            } else {
                // It was shared: it leads to another user, who keeps it.
                records.push(RecordWrite::Remove(RecordKey::SharedLink(link.clone(), user)));
            }
        }
        let Some(link) = added_link(change.after.as_ref()) else { continue };
        let claim = Claim::Link(link.clone());
        let Some(holder) = seen.holder(&claim)? else {
            takes.push(ClaimWrite::Take { claim, holder: user });
            continue;
        };
        if seen.user(holder)?.is_some_and(|other| other.is_living()) {
            match taken_links {
                TakenLinks::Share => {
                    records.push(RecordWrite::Put(Record::SharedLink(link.clone(), user)));
                    continue;
                }
                TakenLinks::Refuse => {}
            }
            faults.push(Fault { at: FaultAt::Link(link.source.clone()), reason: Reason::Taken });
        } else {
            change.before = Some(Value::Holder(holder));
            takes.push(ClaimWrite::Move { claim, from: holder, to: user });
        }
    }
    Ok(())
}
