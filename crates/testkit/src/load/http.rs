//! HTTP/1.1, as much of it as answers need.

use std::io::{Error, ErrorKind};

use memchr::memmem;

use super::connection::Answer;

const END_OF_LINE: &[u8] = b"\r\n";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// The answer that `read` begins with, once it is whole. A body in chunks is left as it came, their lengths between them.
pub(super) fn answer(read: &[u8]) -> Result<Option<Answer>, Error> {
    let Some(end) = memmem::find(read, END_OF_HEAD) else { return Ok(None) };
    let head = Head::parse(&read[..end])?;
    let body = end + END_OF_HEAD.len();
    let end = match head.length {
        Length::Bytes(length) => body + length,
        Length::Chunks => match end_of_chunks(read, body)? {
            Some(end) => end,
            None => return Ok(None),
        },
    };
    let answer = Answer { status: head.status, body: body..end, closes: head.closes };
    Ok((read.len() >= end).then_some(answer))
}

/// Where the last chunk ends; `None` while it is to come.
fn end_of_chunks(read: &[u8], mut at: usize) -> Result<Option<usize>, Error> {
    loop {
        let rest = read.get(at..).unwrap_or_default();
        let Some(line) = memmem::find(rest, END_OF_LINE) else { return Ok(None) };
        let digits = std::str::from_utf8(&rest[..line]).ok();
        let length = digits.and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let length = length.ok_or_else(|| invalid("a chunk without a length"))?;
        at += line + END_OF_LINE.len() + length + END_OF_LINE.len();
        if length == 0 {
            return Ok(Some(at));
        }
    }
}

enum Length {
    Bytes(usize),
    Chunks,
}

struct Head {
    status: u16,
    length: Length,
    closes: bool,
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what)
}

impl Head {
    fn parse(head: &[u8]) -> Result<Self, Error> {
        let head = std::str::from_utf8(head).map_err(|_| invalid("a head that is no text"))?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| invalid("no HTTP/1.1 answer"))?;
        // 204 and 304 have no body, and need not say so.
        let mut length = matches!(status, 204 | 304).then_some(Length::Bytes(0));
        let mut closes = false;
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().ok().map(Length::Bytes);
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                length = value.trim().eq_ignore_ascii_case("chunked").then_some(Length::Chunks);
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
    fn a_body_may_come_in_chunks() {
        let whole = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n, world!!!\r\n0\r\n\r\n";
        for cut in 0..whole.len() {
            assert_eq!(answer(&whole[..cut]).unwrap(), None, "{cut}");
        }
        let body = whole.len() - b"5\r\nhello\r\nA\r\n, world!!!\r\n0\r\n\r\n".len()..whole.len();
        assert_eq!(answer(whole).unwrap(), Some(Answer { status: 200, body, closes: false }));
    }

    #[test]
    fn anything_else_is_refused() {
        assert!(answer(b"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").is_err());
        assert!(answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n").is_err());
        assert!(answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n").is_err());
        assert!(answer(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n").is_err());
    }
}
