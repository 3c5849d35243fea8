//! A request whose sender is known. What it holds is read piece by piece, and every fault is noted on the way.

use std::fmt::Display;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderName, Uri, header};
use roster_auth::authorization;
use roster_directory::value::parse_uuid;
use roster_directory::{Idempotency, IdempotencyKey, Invalid, Principal, Scope, UserId};
use roster_wire::etag::Tags;
use roster_wire::{ClientAddress, body, idempotency, path};

use crate::Rest;
use crate::fault::Fault;
use crate::problem::{Refused, Why};
use crate::query::Query;

/// The fewest, the usual and the most things on a page.
const LIMITS: (usize, usize, usize) = (1, 50, 200);

/// A request whose sender is known and has the scope that is needed. It has no `Debug`: its head holds the credential.
pub(crate) struct Call {
    /// Who asks.
    pub(crate) who: Principal,
    /// What is wrong with the request so far.
    pub(crate) faults: Vec<Fault>,
    head: Parts,
    body: Body,
}

impl Rest {
    /// Lets a request in, if its sender has the scope.
    pub(crate) async fn admit(&self, request: Request, scope: Scope) -> Result<Call, Refused> {
        let (head, body) = request.into_parts();
        let from = head.extensions.get::<ClientAddress>().copied();
        let who = self.auth.any(authorization::the_one(&head.headers), from).await?;
        who.require(scope)?;
        Ok(Call { who, faults: Vec::new(), head, body })
    }

    /// Marks a change with its idempotency key.
    pub(crate) fn idempotency(
        &self,
        call: &Call,
        key: Option<IdempotencyKey>,
        body: &[u8],
    ) -> Option<Idempotency> {
        Some(self.directory.idempotency(key?, &idempotency::parts(&call.head, body)))
    }
}

impl Call {
    /// Where the request was sent.
    pub(crate) fn uri(&self) -> &Uri {
        &self.head.uri
    }

    /// The value, if everything that was read so far was good.
    pub(crate) fn good<T>(&mut self, value: Option<T>) -> Result<T, Refused> {
        match value {
            Some(value) if self.faults.is_empty() => Ok(value),
            Some(_) | None => Err(Why::Faults(std::mem::take(&mut self.faults)).into()),
        }
    }

    /// The `index`-th segment of the path, which is the parameter `name`.
    pub(crate) fn segment<T, E: Display>(
        &mut self,
        index: usize,
        name: &'static str,
        make: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let raw = path::segment(&self.head.uri, index).unwrap_or_default();
        let made = match path::decode(raw) {
            Ok(text) => make(&text).map_err(|why| why.to_string()),
            Err(why) => Err(why.to_string()),
        };
        made.map_err(|why| self.faults.push(Fault::at_parameter(name, why))).ok()
    }

    /// The user's id in `/api/v1/users/{id}`.
    pub(crate) fn user_id(&mut self) -> Option<UserId> {
        self.segment(3, "id", parse_uuid).map(UserId)
    }

    /// The query, which may have the parameters `known`.
    pub(crate) fn query(&mut self, known: &[&str]) -> Query {
        Query::read(&self.head.uri, known, &mut self.faults)
    }

    /// A parameter of the query.
    pub(crate) fn parameter<T, E: Display>(
        &mut self,
        query: &Query,
        name: &'static str,
        make: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let made = make(query.get(name)?);
        made.map_err(|why| self.faults.push(Fault::at_parameter(name, why.to_string()))).ok()
    }

    /// How many things a page is to have.
    pub(crate) fn limit(&mut self, query: &Query) -> usize {
        let (least, usual, most) = LIMITS;
        let in_range = |text: &str| {
            let number = whole_number(text).and_then(|number| usize::try_from(number).ok());
            number
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
        };
        self.parameter(query, "limit", in_range).unwrap_or(usual)
    }

    /// The idempotency key, if one was sent.
    pub(crate) fn idempotency_key(&mut self) -> Option<IdempotencyKey> {
        idempotency::key(&self.head.headers, IdempotencyKey::new).unwrap_or_else(|why| {
            self.faults.push(Fault::at_header("Idempotency-Key", why));
            None
        })
    }

    /// The versions that `If-Match` expects of the user; `None` for any. There is no `If-None-Match` then.
    pub(crate) fn if_match(&mut self, id: Option<UserId>) -> Option<Vec<u64>> {
        self.refuse_tags(
            header::IF_NONE_MATCH,
            "If-None-Match",
            "is not taken here: an existing user is changed with If-Match",
        );
        let tags = self.tags(&header::IF_MATCH, "If-Match");
        id.and_then(|id| tags?.versions_of(&id.to_string()))
    }

    /// Whether the user must be a new one: `If-None-Match: *`. There is no `If-Match` then.
    pub(crate) fn must_be_new(&mut self) -> bool {
        self.refuse_tags(
            header::IF_MATCH,
            "If-Match",
            "is not taken here: a link may come to lead to another user; change the user by its id",
        );
        match self.tags(&header::IF_NONE_MATCH, "If-None-Match") {
            Some(Tags::Any) => true,
            None => false,
            Some(Tags::List(_)) => {
                self.faults.push(Fault::at_header("If-None-Match", "must be * with this method"));
                false
            }
        }
    }

    /// What the caller has seen already: `If-None-Match` of a reader.
    pub(crate) fn seen(&mut self) -> Option<Tags> {
        self.tags(&header::IF_NONE_MATCH, "If-None-Match")
    }

    /// The body, if it is of a good size, and of one of the media types that are accepted: a list with commas.
    pub(crate) async fn read_body(&mut self, limit: usize, accepted: &'static str) -> Result<Bytes, Refused> {
        let body = body::read(std::mem::take(&mut self.body), limit).await;
        let body = body.map_err(|fault| Refused::body(fault, limit))?;
        if accepted.split(", ").any(|media_type| body::is(&self.head.headers, media_type)) {
            Ok(body)
        } else {
            Err(Why::MediaType(accepted).into())
        }
    }

    fn tags(&mut self, name: &HeaderName, shown: &'static str) -> Option<Tags> {
        match Tags::read(&self.head.headers, name) {
            Ok(tags) => tags,
            Err(why) => {
                self.faults.push(Fault::at_header(shown, why));
                None
            }
        }
    }

    fn refuse_tags(&mut self, name: HeaderName, shown: &'static str, why: &'static str) {
        if self.head.headers.contains_key(name) {
            self.faults.push(Fault::at_header(shown, why));
        }
    }
}

/// A whole number as it is usually written: no sign, no leading zero.
pub(crate) fn whole_number(text: &str) -> Option<i64> {
    let usual = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| usual && digits)
}

/// A positive whole number, as a client's id is.
pub(crate) fn positive(text: &str) -> Result<i64, Invalid> {
    whole_number(text).filter(|number| *number > 0).ok_or(Invalid::Number(i64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_has_one_spelling() {
        for (text, number) in [
            ("0", Some(0)),
            ("1", Some(1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("", None),
            ("+1", None),
            ("-1", None),
            ("01", None),
            ("1.0", None),
            (" 1", None),
            ("１", None),
        ] {
            assert_eq!(whole_number(text), number, "{text}");
        }
    }
}
