//! The claims of a token, read strictly: a required claim that is missing and any claim that is wrongly typed is a refusal.

use std::collections::BTreeSet;

use roster_directory::value::parse_uuid;
use roster_directory::{Scopes, Source, Timestamp, UserId};
use roster_wire::field::Field;
use roster_wire::json::{Json, Object};

use super::issue::Subject;
use crate::scope_name;

/// A claim is missing, or it is not what it should be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct BadClaim;

/// What every token says.
#[derive(Debug)]
pub(crate) struct Claims {
    /// Seconds since 1970: from then on it is refused.
    pub(crate) expires_at: i64,
    /// Seconds since 1970: until then it is refused.
    pub(crate) not_before: Option<i64>,
    pub(crate) client_id: String,
    pub(crate) scopes: Scopes,
    pub(crate) authorities: BTreeSet<String>,
}

/// What Roster's own tokens say besides.
#[derive(Debug)]
pub(crate) struct OwnClaims {
    pub(crate) jti: String,
    /// The user that it is of, if it is one's.
    pub(crate) subject: Option<Subject>,
    /// The name space of the key that it was made with. Then `client_id` is that key's id.
    pub(crate) source: Option<Source>,
}

/// Why a token is not valid at a time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Untimely {
    /// No more.
    Expired,
    /// Not yet.
    Early,
}

impl Claims {
    /// Reads the claims of one of Roster's own tokens.
    pub(crate) fn own(object: &Object<'_>) -> Result<(Self, OwnClaims), BadClaim> {
        let client_id = required(object.text("client_id"))?;
        let scopes = strings(required(object.array("scope"))?)?;
        optional(object.text("user_name"))?;
        let own = OwnClaims {
            jti: required(object.text("jti"))?.to_owned(),
            subject: subject(object)?,
            source: optional(object.text("source"))?.map(Source::new).transpose().map_err(|_| BadClaim)?,
        };
        Ok((Self::read(object, client_id, scopes)?, own))
    }

    /// Reads the claims of another issuer's token, which must be for one of `audiences`.
    pub(crate) fn of_issuer(object: &Object<'_>, audiences: &BTreeSet<String>) -> Result<Self, BadClaim> {
        let for_us = one_or_more(object, "aud", |audience| vec![audience])?;
        if !for_us.iter().any(|audience| audiences.contains(*audience)) {
            return Err(BadClaim);
        }
        optional(object.text("sub"))?;
        optional(object.text("jti"))?;
        // OpenID Connect names the client `azp` where RFC 9068 says `client_id`.
        let authorized_party = optional(object.text("azp"))?;
        let client_id = optional(object.text("client_id"))?.or(authorized_party).ok_or(BadClaim)?;
        let scopes = one_or_more(object, "scope", |scopes| scopes.split(' ').collect())?;
        Self::read(object, client_id, scopes)
    }

    fn read(object: &Object<'_>, client_id: &str, scopes: Vec<&str>) -> Result<Self, BadClaim> {
        optional(object.integer("iat"))?;
        let authorities = optional(object.array("authorities"))?.map_or(Ok(Vec::new()), strings)?;
        if client_id.is_empty() {
            return Err(BadClaim);
        }
        Ok(Self {
            expires_at: since_1970(required(object.integer("exp"))?)?,
            not_before: optional(object.integer("nbf"))?.map(since_1970).transpose()?,
            client_id: client_id.to_owned(),
            scopes: scopes.into_iter().filter_map(scope_name::from_token).collect(),
            authorities: authorities.into_iter().map(str::to_owned).collect(),
        })
    }

    /// Whether the token is valid at `now`, give or take the leeway.
    pub(crate) fn check_times(&self, now: Timestamp, leeway_seconds: i64) -> Result<(), Untimely> {
        let now = now.unix_seconds();
        if now >= self.expires_at.saturating_add(leeway_seconds) {
            return Err(Untimely::Expired);
        }
        if self.not_before.is_some_and(|not_before| now < not_before.saturating_sub(leeway_seconds)) {
            return Err(Untimely::Early);
        }
        Ok(())
    }
}

/// `sub` with the version of the password, or neither.
fn subject(object: &Object<'_>) -> Result<Option<Subject>, BadClaim> {
    match (optional(object.text("sub"))?, optional(object.integer("pwv"))?) {
        (None, None) => Ok(None),
        (Some(sub), Some(version)) => Ok(Some(Subject {
            user: UserId(parse_uuid(sub).map_err(|_| BadClaim)?),
            password_version: version.try_into().map_err(|_| BadClaim)?,
        })),
        (Some(_), None) | (None, Some(_)) => Err(BadClaim),
    }
}

fn required<T>(field: Field<T>) -> Result<T, BadClaim> {
    field.value().ok_or(BadClaim)
}

fn optional<T>(field: Field<T>) -> Result<Option<T>, BadClaim> {
    match field {
        Field::Absent => Ok(None),
        Field::Value(value) => Ok(Some(value)),
        Field::Null | Field::WrongType => Err(BadClaim),
    }
}

fn since_1970(seconds: i64) -> Result<i64, BadClaim> {
    if seconds >= 0 { Ok(seconds) } else { Err(BadClaim) }
}

fn strings<'a>(array: &'a [Json<'_>]) -> Result<Vec<&'a str>, BadClaim> {
    array.iter().map(|element| required(element.text())).collect()
}

/// An array of strings, or a single string that `split` makes one of.
fn one_or_more<'a>(
    object: &'a Object<'_>,
    key: &str,
    split: fn(&'a str) -> Vec<&'a str>,
) -> Result<Vec<&'a str>, BadClaim> {
    match object.text(key) {
        Field::Value(text) => Ok(split(text)),
        Field::WrongType => strings(required(object.array(key))?),
        Field::Absent | Field::Null => Err(BadClaim),
    }
}

#[cfg(test)]
mod tests {
    use roster_wire::json::{Limits, parse};

    use super::*;

    fn with_object<T>(text: &str, read: impl FnOnce(&Object<'_>) -> T) -> T {
        let Ok(Json::Object(object)) = parse(text.as_bytes(), Limits::default()) else { panic!("{text}") };
        read(&object)
    }

    fn own(exp: &str, more: &str) -> Result<(Claims, OwnClaims), BadClaim> {
        let text =
            format!(r#"{{"exp":{exp},"jti":"j","client_id":"zynchro","scope":["read","other"]{more}}}"#);
        with_object(&text, Claims::own)
    }

    #[test]
    fn z1_a_claim_that_is_missing_or_wrongly_typed_is_a_refusal() {
        let (claims, own_claims) = own("7", "").unwrap();
        assert_eq!((claims.expires_at, claims.not_before, claims.client_id.as_str()), (7, None, "zynchro"));
        assert_eq!(claims.scopes, Scopes::from([roster_directory::Scope::UsersRead]));
        assert_eq!((own_claims.jti.as_str(), own_claims.subject, own_claims.source), ("j", None, None));
        for exp in ["\"7\"", "7.0", "7e0", "-1", "null", "true", "[7]", "{}", "9223372036854775808", "1e400"]
        {
            assert!(own(exp, "").is_err(), "exp {exp}");
        }
        for more in [
            r#","nbf":"1""#,
            r#","nbf":null"#,
            r#","nbf":-1"#,
            r#","iat":"1""#,
            r#","iat":1.5"#,
            r#","user_name":1"#,
            r#","authorities":"A""#,
            r#","authorities":[1]"#,
            r#","authorities":null"#,
            r#","source":"a b""#,
            r#","source":1"#,
            r#","sub":"50658c1e-356e-4407-b120-d110552292d8""#,
            r#","pwv":1"#,
            r#","sub":"x","pwv":1"#,
            r#","sub":"50658c1e-356e-4407-b120-d110552292d8","pwv":-1"#,
            r#","sub":"50658c1e-356e-4407-b120-d110552292d8","pwv":"1""#,
        ] {
            assert!(own("7", more).is_err(), "{more}");
        }
        for text in [
            r#"{"jti":"j","client_id":"c","scope":[]}"#,
            r#"{"exp":7,"client_id":"c","scope":[]}"#,
            r#"{"exp":7,"jti":"j","scope":[]}"#,
            r#"{"exp":7,"jti":"j","client_id":"","scope":[]}"#,
            r#"{"exp":7,"jti":"j","client_id":"c"}"#,
            r#"{"exp":7,"jti":"j","client_id":"c","scope":"read"}"#,
            r#"{"exp":7,"jti":"j","client_id":"c","scope":[1]}"#,
            r#"{"exp":7,"jti":1,"client_id":"c","scope":[]}"#,
        ] {
            assert!(with_object(text, Claims::own).is_err(), "{text}");
        }
    }

    #[test]
    fn z1_an_issuers_token_must_be_for_us() {
        let audiences = BTreeSet::from(["us".to_owned()]);
        let read = |aud: &str, more: &str| {
            let text = format!(r#"{{"exp":7,"client_id":"c","aud":{aud},"scope":"openid write"{more}}}"#);
            with_object(&text, |object| Claims::of_issuer(object, &audiences))
        };
        for aud in [r#""us""#, r#"["them","us"]"#] {
            assert_eq!(
                read(aud, "").unwrap().scopes,
                Scopes::from([roster_directory::Scope::UsersWrite]),
                "{aud}"
            );
        }
        for aud in [
            r#""them""#,
            r#""US""#,
            r#""us ""#,
            r#"["them"]"#,
            "[]",
            "null",
            "1",
            r#"[1,"us"]"#,
            r#"{"us":"us"}"#,
        ] {
            assert!(read(aud, "").is_err(), "{aud}");
        }
        assert!(read(r#""us""#, r#","sub":1"#).is_err());
        let without_audience = r#"{"exp":7,"client_id":"c","scope":"write"}"#;
        assert!(with_object(without_audience, |object| Claims::of_issuer(object, &audiences)).is_err());
        let of_a_party = r#"{"exp":7,"azp":"party","aud":"us","scope":["write"]}"#;
        let claims = with_object(of_a_party, |object| Claims::of_issuer(object, &audiences)).unwrap();
        assert_eq!(claims.client_id, "party");
    }

    #[test]
    fn z1_a_token_is_valid_until_the_second_it_expires_in() {
        let at = |seconds| Timestamp::from_unix_seconds(seconds).unwrap();
        let (claims, _) = own("100", r#","nbf":50"#).unwrap();
        assert_eq!(claims.check_times(at(99), 0), Ok(()));
        assert_eq!(claims.check_times(at(99).plus_micros(999_999), 0), Ok(()));
        assert_eq!(claims.check_times(at(100), 0), Err(Untimely::Expired));
        assert_eq!(claims.check_times(at(159), 60), Ok(()));
        assert_eq!(claims.check_times(at(160), 60), Err(Untimely::Expired));
        assert_eq!(claims.check_times(at(50), 0), Ok(()));
        assert_eq!(claims.check_times(at(50).plus_micros(-1), 0), Err(Untimely::Early));
        assert_eq!(claims.check_times(at(40), 10), Ok(()));
        let (claims, _) = own("9223372036854775807", "").unwrap();
        assert_eq!(claims.check_times(Timestamp::MAX, 60), Ok(()));
    }
}
