//! HTTP/1.1, as much of it as answers with a length need.

use std::io::{Error, ErrorKind};

use memchr::memmem;

use super::connection::Answer;

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// The answer that `read` begins with, once it is whole.
pub(super) fn answer(read: &[u8]) -> Result<Option<Answer>, Error> {
    let Some(end) = memmem::find(read, END_OF_HEAD) else { return Ok(None) };
    let head = Head::parse(&read[..end])?;
    let body = end + END_OF_HEAD.len();
    let end = body + head.length;
    let answer = Answer { status: head.status, body: body..end, closes: head.closes };
    Ok((read.len() >= end).then_some(answer))
}

struct Head {
    status: u16,
    length: usize,
    closes: bool,
}

impl Head {
    fn parse(head: &[u8]) -> Result<Self, Error> {
        let invalid = |what| Error::new(ErrorKind::InvalidData, what);
        let head = std::str::from_utf8(head).map_err(|_| invalid("a head that is no text"))?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| invalid("no HTTP/1.1 answer"))?;
        // 204 and 304 have no body, and need not say so.
        let mut length = matches!(status, 204 | 304).then_some(0);
        let mut closes = false;
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok();
            } else if name.eq_ignore_ascii_case("connection") {
                closes = value.trim().eq_ignore_ascii_case("close");
            }
        }
        let length = length.ok_or_else(|| invalid("an answer without a length"))?;
        Ok(Self { status, length, closes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        let whole = b"HTTP/1.1 503 Busy\r\nDate: x\r\ncontent-LENGTH:  3\r\n\r\nno!";
        for cut in 0..whole.len() {
            assert_eq!(answer(&whole[..cut]).unwrap(), None, "{cut}");
        }
        let end = whole.len();
        assert_eq!(answer(whole).unwrap(), Some(Answer { status: 503, body: end - 3..end, closes: false }));
    }

    #[test]
    fn an_answer_may_close_the_connection_or_have_no_body() {
        let closing = b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n";
        assert!(answer(closing).unwrap().unwrap().closes);
        let empty = b"HTTP/1.1 204 No Content\r\n\r\n";
        let end = empty.len();
        assert_eq!(answer(empty).unwrap(), Some(Answer { status: 204, body: end..end, closes: false }));
    }

    #[test]
    fn anything_else_is_refused() {
        assert!(answer(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").is_err());
        assert!(answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
        assert!(answer(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").is_err());
    }
}
