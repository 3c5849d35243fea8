//! One connection to a server, over which one request goes at a time.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, anyhow};
use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, RETRY_AFTER};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Longer than any server should take: a request that gets no answer within it counts as unanswered.
const MOST_PATIENCE: Duration = Duration::from_secs(60);

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// Whether it says when to come back.
    pub fn says_when_to_retry(&self) -> bool {
        self.headers.contains_key(RETRY_AFTER)
    }
}

/// Why there is no answer.
#[derive(Debug)]
pub enum NoAnswer {
    /// The request was never sent.
    Unsent(anyhow::Error),
    /// It was sent, and nobody knows what became of it.
    Lost(anyhow::Error),
}

/// A client with one connection, made anew when it is gone.
#[derive(Debug)]
pub struct Client {
    address: SocketAddr,
    authorization: String,
    connection: Option<SendRequest<Full<Bytes>>>,
}

impl Client {
    /// A client that sends the key with every request. It connects with the first.
    pub fn new(address: SocketAddr, key: &str) -> Self {
        Self { address, authorization: key.to_owned(), connection: None }
    }

    /// Sends a request and reads its answer.
    pub async fn send(&mut self, method: Method, path: &str, body: String) -> Result<Answer, NoAnswer> {
        let request = self.request(method, path, body).map_err(NoAnswer::Unsent)?;
        let mut connection = self.connection().await.map_err(NoAnswer::Unsent)?;
        let answer = tokio::time::timeout(MOST_PATIENCE, exchange(&mut connection, request)).await;
        let answer = answer.map_err(|_| NoAnswer::Lost(anyhow!("no answer in {MOST_PATIENCE:?}")))??;
        self.connection = Some(connection);
        Ok(answer)
    }

    fn request(&self, method: Method, path: &str, body: String) -> Result<Request<Full<Bytes>>> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.to_string())
            .header(AUTHORIZATION, &self.authorization)
            .header(CONTENT_TYPE, "application/json");
        Ok(request.body(Full::new(Bytes::from(body)))?)
    }

    /// The connection of the last answer, if that has not closed it, or a new one.
    async fn connection(&mut self) -> Result<SendRequest<Full<Bytes>>> {
        if let Some(mut kept) = self.connection.take()
            && kept.ready().await.is_ok()
        {
            return Ok(kept);
        }
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends when the sender is dropped or the server closes; its error is the sender's too.
        tokio::spawn(connection);
        Ok(sender)
    }
}

async fn exchange(
    connection: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> Result<Answer, NoAnswer> {
    let answer = connection.send_request(request).await.map_err(|error| {
        if error.is_canceled() { NoAnswer::Unsent(error.into()) } else { NoAnswer::Lost(error.into()) }
    })?;
    let (head, body) = answer.into_parts();
    let body = body.collect().await.map_err(|error| NoAnswer::Lost(error.into()))?.to_bytes();
    Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
}
