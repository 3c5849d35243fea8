//! One connection, over which one request goes at a time.

use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::ops::Range;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::http;

/// The largest answer that is read.
const LARGEST_ANSWER: usize = 16 << 20;

/// A whole answer, within what was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What became of the request, in the protocol's own numbers.
    pub status: u16,
    /// Where the body is. It ends where the answer ends.
    pub body: Range<usize>,
    /// Whether the server closes the connection after it.
    pub closes: bool,
}

/// Finds the answer in what was read; `None` while more of it is to come.
pub type Framing = fn(&[u8]) -> Result<Option<Answer>, Error>;

/// Where requests go, and how they are spoken.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// The server.
    pub address: SocketAddr,
    /// The protocol of the answers.
    pub framing: Framing,
    /// What is sent first on each connection; its answer's status must be `greeted`. Nothing if empty.
    pub greeting: Vec<u8>,
    /// The status of the answer to the greeting.
    pub greeted: u16,
}

impl Endpoint {
    /// A server that speaks HTTP/1.1.
    pub fn http(address: SocketAddr) -> Self {
        Self { address, framing: http::answer, greeting: Vec::new(), greeted: 200 }
    }
}

/// A connection with one request at a time. It is made anew after an answer that closed it.
pub struct Connection {
    endpoint: Endpoint,
    stream: Option<TcpStream>,
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
    /// Connects to a server that speaks HTTP/1.1.
    pub async fn open(address: SocketAddr) -> Result<Self, Error> {
        Self::to(Endpoint::http(address)).await
    }

    /// Connects, and greets.
    pub async fn to(endpoint: Endpoint) -> Result<Self, Error> {
        let mut connection = Self { endpoint, stream: None, read: Vec::with_capacity(4096) };
        connection.connect().await?;
        Ok(connection)
    }

    async fn connect(&mut self) -> Result<(), Error> {
        let mut stream = TcpStream::connect(self.endpoint.address).await?;
        stream.set_nodelay(true)?;
        if !self.endpoint.greeting.is_empty() {
            let answer =
                exchange(&mut stream, &mut self.read, self.endpoint.framing, &self.endpoint.greeting).await?;
            if answer.status != self.endpoint.greeted {
                return Err(Error::new(
                    ErrorKind::PermissionDenied,
                    format!("the greeting was answered {}", answer.status),
                ));
            }
        }
        self.stream = Some(stream);
        Ok(())
    }

    /// Sends a whole request and reads the whole answer.
    pub async fn send(&mut self, request: &[u8]) -> Result<Response<'_>, Error> {
        if self.stream.is_none() {
            self.connect().await?;
        }
        // Back only with a whole answer: what follows a broken one would be taken for the next.
        let gone = || Error::new(ErrorKind::NotConnected, "the connection is gone");
        let mut stream = self.stream.take().ok_or_else(gone)?;
        let answer = exchange(&mut stream, &mut self.read, self.endpoint.framing, request).await?;
        self.stream = Some(stream).filter(|_| !answer.closes);
        Ok(Response { status: answer.status, body: &self.read[answer.body] })
    }
}

async fn exchange(
    stream: &mut TcpStream,
    read: &mut Vec<u8>,
    framing: Framing,
    request: &[u8],
) -> Result<Answer, Error> {
    stream.write_all(request).await?;
    read.clear();
    loop {
        if read.len() > LARGEST_ANSWER {
            return Err(Error::new(ErrorKind::InvalidData, "the answer is too large"));
        }
        if stream.read_buf(read).await? == 0 {
            return Err(Error::new(ErrorKind::UnexpectedEof, "the connection was closed"));
        }
        if let Some(answer) = framing(read)? {
            if read.len() > answer.body.end {
                return Err(Error::new(ErrorKind::InvalidData, "more than one answer to one request"));
            }
            return Ok(answer);
        }
    }
}
