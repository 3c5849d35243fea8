//! Opaque cursors: where a page ended, and in which list.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use roster_directory::record::{OrganisationKind, RecordKey, Register};
use roster_directory::store::{Place, UserFilter};
use roster_directory::{ProfileId, Timestamp, UserId};
use uuid::Uuid;

/// Why a text is no cursor.
pub(crate) const NOT_OF_THIS_LIST: &str = "is no cursor of this list: leave it out to begin again";

/// The place at which a page of users ends.
pub(crate) fn after_user(filter: &UserFilter, (recorded_at, id): Place) -> String {
    let micros = recorded_at.unix_micros().to_be_bytes();
    encode(user_list(filter), &[&micros as &[u8], id.0.as_bytes()].concat())
}

/// The place from which to list users on.
pub(crate) fn user(filter: &UserFilter, cursor: &str) -> Option<Place> {
    let place = decode(user_list(filter), cursor)?;
    let (micros, id) = place.split_first_chunk::<8>()?;
    let at = Timestamp::from_unix_micros(i64::from_be_bytes(*micros))?;
    Some((at, UserId(Uuid::from_slice(id).ok()?)))
}

/// The place of a record at the end of a page; `None` for a record that is in no register of this API.
pub(crate) fn after_record(register: Register, key: &RecordKey) -> Option<String> {
    let place = match key {
        RecordKey::Organisation(_, id) => id.as_bytes().to_vec(),
        RecordKey::Client(id) => id.to_be_bytes().to_vec(),
        RecordKey::Profile(id) => id.as_str().as_bytes().to_vec(),
        RecordKey::ApiKey(_)
        | RecordKey::RevokedToken(_)
        | RecordKey::OrganisationByExternalId(..)
        | RecordKey::Idempotency(..)
        | RecordKey::Group(_)
        | RecordKey::GroupByName(_)
        | RecordKey::Membership(..)
        | RecordKey::GroupEntry(..)
        | RecordKey::SharedLink(..) => return None,
    };
    Some(encode(register_list(register), &place))
}

/// The place from which to list a register on.
pub(crate) fn record(register: Register, cursor: &str) -> Option<RecordKey> {
    let place = decode(register_list(register), cursor)?;
    match register {
        Register::Organisations(kind) => Some(RecordKey::Organisation(kind, Uuid::from_slice(&place).ok()?)),
        Register::Clients => Some(RecordKey::Client(i64::from_be_bytes(place.try_into().ok()?))),
        Register::Profiles => Some(RecordKey::Profile(ProfileId::new(&String::from_utf8(place).ok()?).ok()?)),
        Register::ApiKeys => None,
    }
}

/// Lists differ in what orders them, so a cursor of one is none of another.
fn user_list(filter: &UserFilter) -> u8 {
    match filter {
        UserFilter::All => 1,
        UserFilter::Email(_) => 2,
        UserFilter::UserName(_) => 3,
        UserFilter::RecordedSince(_) => 4,
    }
}

fn register_list(register: Register) -> u8 {
    match register {
        Register::Organisations(OrganisationKind::Producer) => 5,
        Register::Organisations(OrganisationKind::Seller) => 6,
        Register::Organisations(OrganisationKind::Origin) => 7,
        Register::Clients => 8,
        Register::Profiles => 9,
        Register::ApiKeys => 10,
    }
}

fn encode(list: u8, place: &[u8]) -> String {
    BASE64.encode([&[list], place].concat())
}

fn decode(list: u8, cursor: &str) -> Option<Vec<u8>> {
    let bytes = BASE64.decode(cursor).ok()?;
    let (first, place) = bytes.split_first()?;
    (*first == list).then(|| place.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_place_in_its_own_list() {
        let (at, id) = (Timestamp::from_unix_micros(-5).unwrap(), UserId(Uuid::from_u128(u128::MAX - 7)));
        let since = UserFilter::RecordedSince(Timestamp::MIN);
        let cursor = after_user(&since, (at, id));
        assert_eq!(user(&since, &cursor), Some((at, id)));
        assert_eq!(user(&UserFilter::All, &cursor), None);
        assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'), "{cursor}");

        let producers = Register::Organisations(OrganisationKind::Producer);
        let profile = ProfileId::new("é/~").unwrap();
        for (register, key) in [
            (producers, RecordKey::Organisation(OrganisationKind::Producer, Uuid::from_u128(9))),
            (Register::Clients, RecordKey::Client(i64::MAX)),
            (Register::Profiles, RecordKey::Profile(profile)),
        ] {
            let cursor = after_record(register, &key).unwrap();
            assert_eq!(record(register, &cursor), Some(key));
            assert_eq!(record(Register::Organisations(OrganisationKind::Seller), &cursor), None);
            assert_eq!(user(&UserFilter::All, &cursor), None);
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        for text in ["", "=", "AQ", "AQAA", "!", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(user(&UserFilter::All, text), None, "{text}");
            assert_eq!(record(Register::Clients, text), None, "{text}");
            assert_eq!(record(Register::ApiKeys, text), None, "{text}");
        }
    }
}
