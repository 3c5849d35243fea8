//! Strong entity tags (RFC 9110, 8.8.3), made of a user's version and id.
//!
//! The id is part of the tag because a link may come to lead to another user, who may have the same version.

use roster_directory::User;

/// The entity tag of a user as it is.
pub(crate) fn of(user: &User) -> String {
    format!("\"{}-{}\"", user.version, user.id)
}
