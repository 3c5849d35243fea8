//! Short ways to write down BER, over the encoder of the `ldap3` client.

use bytes::BytesMut;
use lber::common::TagClass;
use lber::structures::{ASNTag as _, Boolean, Enumerated, Integer, OctetString, Sequence, Set, Tag};
use lber::write::encode_into;

/// The number of every message: a connection has one request in flight.
const MESSAGE: i64 = 1;
/// Controls are the context tag 0 of a message (RFC 4511, 4.1.1).
const CONTROLS: u64 = 0;

pub(super) fn bytes(inner: Vec<u8>) -> Tag {
    Tag::OctetString(OctetString { inner, ..OctetString::default() })
}

pub(super) fn text(text: &str) -> Tag {
    bytes(text.as_bytes().to_vec())
}

pub(super) fn integer(inner: i64) -> Tag {
    Tag::Integer(Integer { inner, ..Integer::default() })
}

pub(super) fn enumerated(inner: i64) -> Tag {
    Tag::Enumerated(Enumerated { inner, ..Enumerated::default() })
}

pub(super) fn boolean(inner: bool) -> Tag {
    Tag::Boolean(Boolean { inner, ..Boolean::default() })
}

pub(super) fn sequence(inner: Vec<Tag>) -> Tag {
    Tag::Sequence(Sequence { inner, ..Sequence::default() })
}

pub(super) fn set(inner: Vec<Tag>) -> Tag {
    Tag::Set(Set { inner, ..Set::default() })
}

/// An operation of LDAP.
pub(super) fn application(id: u64, inner: Vec<Tag>) -> Tag {
    Tag::Sequence(Sequence { id, class: TagClass::Application, inner })
}

/// A choice that is a text.
pub(super) fn context_text(id: u64, text: &str) -> Tag {
    Tag::OctetString(OctetString { id, class: TagClass::Context, inner: text.as_bytes().to_vec() })
}

/// A choice of several texts.
pub(super) fn context_texts(id: u64, texts: &[&str]) -> Tag {
    Tag::Sequence(Sequence {
        id,
        class: TagClass::Context,
        inner: texts.iter().map(|inner| text(inner)).collect(),
    })
}

/// A value on its own.
pub(super) fn encoded(tag: Tag) -> Vec<u8> {
    let mut buffer = BytesMut::new();
    // It writes to memory, and can't fail.
    let _ = encode_into(&mut buffer, tag.into_structure());
    buffer.to_vec()
}

/// Appends a message.
pub(super) fn message(operation: Tag, control: Option<Tag>, into: &mut Vec<u8>) {
    let controls = control.map(|control| {
        Tag::Sequence(Sequence { id: CONTROLS, class: TagClass::Context, inner: vec![control] })
    });
    let parts = [integer(MESSAGE), operation].into_iter().chain(controls).collect();
    into.extend_from_slice(&encoded(sequence(parts)));
}
