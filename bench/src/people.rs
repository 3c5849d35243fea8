//! The users. Every contender gets the same ones, in its own form.
//!
//! What names them is as long for each, so that an answer can be made of another user's by replacing it.

use std::fmt::Write as _;

pub(crate) const LANGUAGE: &str = "Français";
pub(crate) const TIME: &str = "2024-01-19T12:45:04.147Z";
pub(crate) const PHONE: &str = "0609921214";
pub(crate) const ORGANISATION: &str = "1708861331497x933611102973227500";
pub(crate) const ORGANISATION_ID: &str = "50658c1e-356e-4407-b120-d110552292d8";
pub(crate) const FAMILY_NAME: &str = "Curie";
pub(crate) const STATUS: &str = "3 - ACTIF";
pub(crate) const ROLE: &str = "producerAdmin";
pub(crate) const AVATAR: &str =
    "//15c83987ea78e6559235081e42c9135b.cdn.bubble.io/f1713427188226x475005611045967500/api";

/// What Bubble calls the user: a time and a random number, as it makes them.
pub(crate) fn external_id(user: u64) -> String {
    format!("1708861331497x{user:018}")
}

pub(crate) fn email(user: u64) -> String {
    format!("user{user:09}@example.org")
}

pub(crate) fn given_name(user: u64) -> String {
    format!("Marie {user}")
}

/// The names of a user after a patch, as short as a person's.
pub(crate) fn display_name(turn: u64) -> String {
    format!("Marie Curie {turn}")
}

pub(crate) fn phone(turn: u64) -> String {
    format!("06{:08}", turn % 100_000_000)
}

/// The grants of a user after a patch: one stays, one changes.
pub(crate) fn grants(turn: u64) -> [(i64, String); 2] {
    [(33, "1".to_owned()), (38, (turn % 1000).to_string())]
}

/// The whole user, with every field of the documented upsert.
pub(crate) fn whole(user: u64, body: &mut String) {
    let (email, given_name) = (email(user), given_name(user));
    // Writing to a String can't fail.
    let _ = write!(
        body,
        r#"{{"isMailConfirmed":true,"language":"{LANGUAGE}","lastConnexion":"{TIME}","email":"{email}","mobilePhone":"{PHONE}","producerBubbleId":"{ORGANISATION}","producerId":"{ORGANISATION_ID}","sellerBubbleId":"{ORGANISATION}","sellerId":"{ORGANISATION_ID}","originBubbleId":"{ORGANISATION}","originId":"{ORGANISATION_ID}","lastName":"{FAMILY_NAME}","firstName":"{given_name}","status":"{STATUS}","role":"{ROLE}","userSignedUp":true,"avatar":"{AVATAR}","isAlgorep":false,"createdAt":"{TIME}"}}"#
    );
}

/// The upsert that changes one field.
pub(crate) fn one_field(turn: u64, body: &mut String) {
    let _ = write!(body, r#"{{"status":"{turn}"}}"#);
}
