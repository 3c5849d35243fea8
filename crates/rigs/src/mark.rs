//! The content of a write: every field carries the same mark, so that half a write shows.

use serde_json::Value;

/// Most characters of padding: rows of many sizes make pages split and move.
const MOST_PADDING: u64 = 600;

/// The text that a write of the user with that mark leaves in its fields.
pub fn text(external_id: &str, mark: u64) -> String {
    format!("{external_id}.{mark}")
}

/// The mark in a field's text, if it is this user's.
pub fn read(external_id: &str, field: &str) -> Option<u64> {
    field.strip_prefix(external_id)?.strip_prefix('.')?.parse().ok()
}

/// The avatar of that write: the mark with padding, whose length depends on the mark alone.
pub fn avatar(external_id: &str, mark: u64) -> String {
    let padding = mark.wrapping_mul(0x9E37_79B9_7F4A_7C15) % MOST_PADDING;
    let padding = usize::try_from(padding).unwrap_or_default();
    format!("https://example.com/{}?{}", text(external_id, mark), "p".repeat(padding))
}

/// The email of that write: a new one each time, so that the user's name moves with it.
pub fn email(external_id: &str, mark: u64) -> String {
    format!("{}@example.com", text(external_id, mark))
}

/// The body of the upsert.
pub fn upsert(external_id: &str, mark: u64) -> String {
    let text = text(external_id, mark);
    serde_json::json!({
        "firstName": text,
        "lastName": text,
        "status": external_id,
        "role": format!("{mark}"),
        "email": email(external_id, mark),
        "avatar": avatar(external_id, mark),
    })
    .to_string()
}

/// Whether the answer to an upsert is the user as that write left it.
pub fn is_in(answer: &[u8], external_id: &str, mark: u64) -> bool {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return false };
    let text = text(external_id, mark);
    let says = |field: &str, value: &str| answer.get(field).and_then(Value::as_str) == Some(value);
    says("firstName", &text)
        && says("lastName", &text)
        && says("bubbleId", external_id)
        && says("email", &email(external_id, mark))
        && says("avatar", &avatar(external_id, mark))
}
