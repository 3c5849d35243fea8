//! Request ids: the caller's, if it is a sane one, else one of ours.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue, Request};
use roster_directory::Entropy;

/// The header that carries the id, both ways.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST: usize = 128;

/// Makes ids: a random prefix of this process, and a count.
#[derive(Debug)]
pub struct RequestIds {
    prefix: u32,
    count: AtomicU64,
}

impl RequestIds {
    /// With a fresh prefix.
    pub fn new(entropy: &dyn Entropy) -> Self {
        let mut prefix = [0_u8; 4];
        entropy.fill(&mut prefix);
        Self { prefix: u32::from_ne_bytes(prefix), count: AtomicU64::new(0) }
    }

    /// The id of a request.
    pub fn of<B>(&self, request: &Request<B>) -> HeaderValue {
        let sent = request.headers().get(&X_REQUEST_ID).filter(|value| is_sane(value.as_bytes()));
        sent.cloned().unwrap_or_else(|| self.next())
    }

    fn next(&self) -> HeaderValue {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let text = format!("{:08x}-{count:x}", self.prefix);
        HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("-"))
    }
}

/// Letters, digits and a few marks: nothing that could forge a line of a log.
fn is_sane(value: &[u8]) -> bool {
    let plain =
        |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'/' | b'+' | b'=');
    (1..=LONGEST).contains(&value.len()) && value.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id_for(ids: &RequestIds, sent: Option<&[u8]>) -> String {
        let mut request = Request::new(());
        if let Some(sent) = sent {
            request.headers_mut().insert(X_REQUEST_ID, HeaderValue::from_bytes(sent).unwrap());
        }
        ids.of(&request).to_str().unwrap().to_owned()
    }

    #[test]
    fn a_sane_id_is_taken_and_any_other_is_replaced() {
        let ids = RequestIds::new(&roster_directory::SystemEntropy);
        assert_eq!(id_for(&ids, Some(b"4bf92f35-77b3")), "4bf92f35-77b3");
        let mut seen = std::collections::BTreeSet::new();
        let long = [b'a'; 129];
        for bad in [None, Some(b"" as &[u8]), Some(b"a b"), Some(b"a\"b"), Some(b"\xff"), Some(&long)] {
            let id = id_for(&ids, bad);
            assert!(id.starts_with(&format!("{:08x}-", ids.prefix)), "{id}");
            assert!(seen.insert(id));
        }
    }
}
