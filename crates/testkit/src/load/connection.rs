//! One connection that speaks HTTP/1.1.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The largest answer that is read.
const LARGEST_ANSWER: usize = 4 << 20;

/// A connection with one request at a time.
pub struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

/// An answer.
#[derive(Debug)]
pub struct Response<'a> {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects.
    pub async fn open(address: SocketAddr) -> Result<Self, Error> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, read: Vec::with_capacity(4096) })
    }

    /// Sends a whole request and reads the whole answer.
    pub async fn send(&mut self, request: &[u8]) -> Result<Response<'_>, Error> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let (head, length) = loop {
            self.more().await?;
            if let Some(head) = self.read.windows(4).position(|window| window == b"\r\n\r\n") {
                break (head + 4, content_length(&self.read[..head])?);
            }
        };
        while self.read.len() < head + length {
            self.more().await?;
        }
        if self.read.len() > head + length {
            return Err(Error::new(ErrorKind::InvalidData, "more than one answer to one request"));
        }
        Ok(Response { status: status(&self.read)?, body: &self.read[head..] })
    }

    async fn more(&mut self) -> Result<(), Error> {
        if self.read.len() > LARGEST_ANSWER {
            return Err(Error::new(ErrorKind::InvalidData, "the answer is too large"));
        }
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(Error::new(ErrorKind::UnexpectedEof, "the connection was closed")),
            _ => Ok(()),
        }
    }
}

fn status(answer: &[u8]) -> Result<u16, Error> {
    let digits = answer.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3));
    let status = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    status.ok_or_else(|| Error::new(ErrorKind::InvalidData, "no HTTP/1.1 answer"))
}

fn content_length(head: &[u8]) -> Result<usize, Error> {
    let head = std::str::from_utf8(head).map_err(|error| Error::new(ErrorKind::InvalidData, error))?;
    let named = |line: &str| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    };
    let length = head.split("\r\n").find_map(named);
    length.ok_or_else(|| Error::new(ErrorKind::InvalidData, "an answer without a length"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read() {
        assert_eq!(status(b"HTTP/1.1 503 Busy\r\n").unwrap(), 503);
        assert!(status(b"HTTP/1.0 200 OK\r\n").is_err());
        assert_eq!(content_length(b"HTTP/1.1 200 OK\r\nDate: x\r\ncontent-LENGTH:  42").unwrap(), 42);
        assert!(content_length(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked").is_err());
    }
}
