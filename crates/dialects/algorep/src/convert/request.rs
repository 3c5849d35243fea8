//! The request as a whole: its path, its headers, its body.

use http::request::Parts;
use roster_directory::{ExternalId, IdempotencyKey, UserPatch};
use roster_wire::{Json, Limits, body, idempotency, json, path};

use super::Converter;
use crate::Options;
use crate::error::Detail;
use crate::wire::Payload;

/// What a request asks for, as far as it could be read.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// The user's Bubble id; `None` if the path holds none.
    pub(crate) external_id: Option<ExternalId>,
    /// What to change; `None` if the body is no JSON object. Fields at fault are kept as they are.
    pub(crate) patch: Option<UserPatch>,
    /// The idempotency key, if one was sent.
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    /// Every fault that the request shows by itself.
    pub(crate) faults: Vec<Detail>,
}

/// Reads a request to its last fault.
pub(crate) fn read(head: &Parts, body: &[u8], options: Options) -> Wanted {
    let mut faults = Vec::new();
    let external_id = external_id(head, &mut faults);
    if !body::is_json(&head.headers) {
        faults.push(Detail::of_request("Content-Type must be application/json, in UTF-8"));
    }
    let idempotency_key = idempotency_key(head, &mut faults);
    let patch = patch(body, external_id.as_ref(), options, &mut faults);
    Wanted { external_id, patch, idempotency_key, faults }
}

fn external_id(head: &Parts, faults: &mut Vec<Detail>) -> Option<ExternalId> {
    let mut fault = |why: &dyn std::fmt::Display| {
        faults.push(Detail::of_request(format!("the UserBubbleId of the path {why}")));
    };
    let decoded = path::decode(path::last_segment(&head.uri)).map_err(|why| fault(&why)).ok()?;
    ExternalId::new(&decoded).map_err(|why| fault(&why)).ok()
}

fn idempotency_key(head: &Parts, faults: &mut Vec<Detail>) -> Option<IdempotencyKey> {
    let key = idempotency::key(&head.headers, IdempotencyKey::new);
    key.unwrap_or_else(|why| {
        faults.push(Detail::of_request(format!("Idempotency-Key {why}")));
        None
    })
}

fn patch(
    body: &[u8],
    external_id: Option<&ExternalId>,
    options: Options,
    faults: &mut Vec<Detail>,
) -> Option<UserPatch> {
    match json::parse(body, Limits::default()) {
        Ok(Json::Object(object)) => {
            Some(Converter { options, faults }.patch(Payload::read(&object), external_id))
        }
        Ok(Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_)) => {
            faults.push(Detail::of_request("the body must be a JSON object"));
            None
        }
        Err(fault) => {
            faults.push(Detail::of_request(format!("the body is not JSON that can be read: {fault}")));
            None
        }
    }
}
