//! Cursors (RFC 9865, 2): where a page ends.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use uuid::Uuid;

use crate::error::{ScimError, ScimType};
use crate::schema::ResourceType;

/// Where a page ends, in a form that says nothing to callers: the first letter of the kind, and an id.
pub(super) fn cursor(kind: &ResourceType, id: Uuid) -> String {
    let letter = kind.name.as_bytes().first().copied().unwrap_or_default();
    URL_SAFE_NO_PAD.encode([&[letter], id.as_bytes().as_slice()].concat())
}

/// The last resource of the page before, by its cursor.
pub(super) fn behind(kind: &ResourceType, cursor: &str) -> Result<Uuid, ScimError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let id = bytes.as_deref().and_then(<[u8]>::split_first).and_then(|(letter, id)| {
        Some(*letter).filter(|letter| kind.name.as_bytes().first() == Some(letter))?;
        Uuid::from_slice(id).ok()
    });
    id.ok_or_else(|| ScimError::new(ScimType::InvalidCursor, "the cursor is none of this list"))
}
