//! The names of scopes in tokens. A token's `read` is a key's `users:read`, and so on; one way only.

use roster_directory::Scope;

/// The name in a token.
pub fn in_token(scope: Scope) -> &'static str {
    match scope {
        Scope::UsersRead => "read",
        Scope::UsersWrite => "write",
        Scope::GroupsWrite => "groups",
        Scope::Admin => "admin",
    }
}

/// From the name in a token.
pub fn from_token(name: &str) -> Option<Scope> {
    Scope::ALL.into_iter().find(|scope| in_token(*scope) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn z1_a_tokens_scopes_are_not_named_as_a_keys_are() {
        let names: Vec<_> = Scope::ALL.into_iter().map(in_token).collect();
        assert_eq!(names, ["read", "write", "groups", "admin"]);
        assert_eq!(from_token("write"), Some(Scope::UsersWrite));
        for other in ["users:write", "Write", "", "openid"] {
            assert_eq!(from_token(other), None, "{other}");
        }
    }
}
