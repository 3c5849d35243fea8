//! Where an answer ends: messages up to one that is neither an entry nor a reference.

use std::io::{Error, ErrorKind};

use roster_testkit::load::Answer;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const ENUMERATED: u8 = 0x0A;
/// A search's answer has any number of these before its result.
const ENTRY: u8 = 0x64;
const REFERENCE: u8 = 0x73;

/// The answer that `read` begins with, once it is whole. Its status is the result code, its body all of its messages.
pub(super) fn answer(read: &[u8]) -> Result<Option<Answer>, Error> {
    let mut at = 0;
    loop {
        if read.get(at).is_some_and(|tag| *tag != SEQUENCE) {
            return Err(invalid("no message of LDAP"));
        }
        let Some(message) = element(read, at)? else { return Ok(None) };
        at = message.end;
        if let Some(status) = result(read, &message)? {
            return Ok(Some(Answer { status, body: 0..at, closes: false }));
        }
    }
}

/// A tag, and where its value is.
struct Element {
    tag: u8,
    begin: usize,
    end: usize,
}

/// The element that begins there; `None` while it is not whole.
fn element(read: &[u8], at: usize) -> Result<Option<Element>, Error> {
    let (Some(&tag), Some(&length)) = (read.get(at), read.get(at + 1)) else { return Ok(None) };
    let (begin, length) = match length {
        short @ ..=0x7F => (at + 2, usize::from(short)),
        long @ 0x81..=0x84 => {
            let begin = at + 2 + usize::from(long & 0x7F);
            let Some(digits) = read.get(at + 2..begin) else { return Ok(None) };
            (begin, digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit)))
        }
        _ => return Err(invalid("a length that LDAP does not have")),
    };
    let end = begin + length;
    Ok((end <= read.len()).then_some(Element { tag, begin, end }))
}

/// The result code of a message; `None` for one after which others come.
fn result(read: &[u8], message: &Element) -> Result<Option<u16>, Error> {
    let inside = |at, tag: Option<u8>| {
        let found = element(read, at)?.filter(|found| found.end <= message.end);
        found
            .filter(|found| tag.is_none_or(|tag| tag == found.tag))
            .ok_or_else(|| invalid("no message of LDAP"))
    };
    let id = inside(message.begin, Some(INTEGER))?;
    let operation = inside(id.end, None)?;
    if matches!(operation.tag, ENTRY | REFERENCE) {
        return Ok(None);
    }
    let code = inside(operation.begin, Some(ENUMERATED))?;
    let code = read.get(code.begin..code.end).unwrap_or_default();
    Ok(Some(code.iter().fold(0, |code, digit| (code << 8) | u16::from(*digit))))
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An entry `uid=a` without attributes, then the result: success.
    const FOUND: &[u8] = &[
        0x30, 0x0E, 2, 1, 1, 0x64, 9, 4, 5, b'u', b'i', b'd', b'=', b'a', 0x30, 0, //
        0x30, 0x0C, 2, 1, 1, 0x65, 7, 10, 1, 0, 4, 0, 4, 0,
    ];

    #[test]
    fn an_answer_ends_with_its_result() {
        for cut in 0..FOUND.len() {
            assert_eq!(answer(&FOUND[..cut]).unwrap(), None, "{cut}");
        }
        assert_eq!(answer(FOUND).unwrap(), Some(Answer { status: 0, body: 0..FOUND.len(), closes: false }));
    }

    #[test]
    fn a_result_may_be_a_refusal_and_a_length_long() {
        let refused = [0x30, 0x82, 0, 12, 2, 1, 1, 0x69, 7, 10, 1, 68, 4, 0, 4, 0];
        assert_eq!(answer(&refused).unwrap().unwrap().status, 68);
    }

    #[test]
    fn anything_else_is_refused() {
        assert!(answer(b"HTTP/1.1 400 Bad Request\r\n\r\n").is_err());
        assert!(answer(&[0x30, 0x80, 0, 0]).is_err());
        assert!(answer(&[0x30, 3, 4, 1, 1]).is_err());
    }
}
