//! Rules between settings, and bounds of single ones.

use std::str::FromStr as _;

use roster_auth::LONGEST_LEEWAY;
use roster_auth::oauth::NamedUser;
use roster_directory::Source;

use super::numbers::ByteSize;
use super::settings::Settings;
use super::tables::Issuer;

/// hyper reads no smaller heads.
const SMALLEST_HEADER_LIMIT: ByteSize = ByteSize(8 << 10);

impl Settings {
    /// What is wrong with the settings, each being a value of its type.
    pub(crate) fn check(&self, faults: &mut Vec<String>) {
        let mut require = |good: bool, fault: &str| {
            if !good {
                faults.push(fault.to_owned());
            }
        };
        require(self.header_limit >= SMALLEST_HEADER_LIMIT, "header_limit must be at least 8KiB");
        require(self.body_limit > ByteSize(0), "body_limit must be at least 1");
        require(self.jwt_leeway <= LONGEST_LEEWAY, "jwt_leeway must be at most 60s");
        for (name, timeout) in [
            ("header_timeout", self.header_timeout),
            ("request_timeout", self.request_timeout),
            ("answer_timeout", self.answer_timeout),
            ("drain_timeout", self.drain_timeout),
        ] {
            require(!timeout.is_zero(), &format!("{name} must be more than 0s"));
        }
        require(
            self.password_public_clients.iter().all(|client| Source::new(client).is_ok()),
            "password_public_clients must be names of 1 to 64 of a-z, A-Z, 0-9, '.', '_' and '-'",
        );
        require(
            self.password_users.iter().all(|named| NamedUser::from_str(&named.user).is_ok()),
            "password_users: user must be a user_name or an id",
        );
        let good_source =
            |issuer: &Issuer| issuer.source.as_ref().is_none_or(|source| Source::new(source).is_ok());
        require(
            self.issuers.iter().all(good_source),
            "issuers: source must be 1 to 64 of a-z, A-Z, 0-9, '.', '_' and '-'",
        );
    }
}
