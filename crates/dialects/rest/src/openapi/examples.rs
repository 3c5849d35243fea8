//! Examples, which tell one story: Ada signed up in Bubble, and an operator corrects her phone number.

use serde_json::{Value, json};

/// Her id.
pub(crate) const ID: &str = "01920c2e-8f6b-7c3a-9d51-2a4f6b8c0e1d";

/// The operator's change.
pub(crate) fn patch() -> Value {
    json!({ "phone": "+33 6 12 34 56 78", "language": null, "links": { "okta": "00u1ab2cd3" } })
}

/// Ada after it.
pub(crate) fn user() -> Value {
    json!({
        "id": ID,
        "number": 3,
        "version": 2,
        "user_name": "ada@example.com",
        "display_name": null,
        "given_name": "Ada",
        "family_name": "Byron",
        "email": "ada@example.com",
        "email_verified": true,
        "phone": "+33 6 12 34 56 78",
        "language": null,
        "avatar": null,
        "status": "3 - ACTIF",
        "role": "producerAdmin",
        "active": true,
        "signed_up": true,
        "staff": false,
        "control_tower": null,
        "last_login": "2024-06-22T17:04:06.000Z",
        "producer_id": null,
        "producer_external_id": "1653645903453x543643",
        "seller_id": null,
        "seller_external_id": null,
        "origin_id": null,
        "origin_external_id": null,
        "links": { "bubble": "1708861331497x933611102973227500", "okta": "00u1ab2cd3" },
        "grants": [{ "client_id": 4, "profile_id": "33" }],
        "created_at": "2024-01-19T12:45:04.147Z",
        "updated_at": "2024-09-20T08:30:00.512Z",
        "recorded_at": "2024-09-20T08:30:00.512907Z"
    })
}

/// A page with her on it.
pub(crate) fn user_page() -> Value {
    json!({ "users": [user()], "next": null })
}

/// What happened to her: the operator's change.
pub(crate) fn history_page() -> Value {
    json!({
        "entries": [{
            "position": { "epoch": "01920b00-0000-7000-8000-3c5a7e9f1b2d", "stream": 0, "n": 48_121 },
            "version": 2,
            "change_id": "01920c31-44f0-7b1e-8a62-5d7f9b1c3e4a",
            "kind": "updated",
            "recorded_at": "2024-09-20T08:30:00.512907Z",
            "actor": { "client": "k7Qm2xWp", "user": null },
            "dialect": "rest",
            "changes": [
                { "field": "phone", "before": "0612345678", "after": "+33 6 12 34 56 78" },
                { "field": "language", "before": "fr", "after": null },
                { "field": "links", "before": null, "after": { "source": "okta", "external_id": "00u1ab2cd3" } },
                { "field": "updated_at", "before": "2024-01-19T12:45:04.147Z", "after": "2024-09-20T08:30:00.512Z" }
            ]
        }],
        "next": null
    })
}
