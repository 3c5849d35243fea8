//! The accept loop: bounded connections, bounded heads, and a drain at the end.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::FutureExt as _;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpSocket, TcpStream, lookup_host};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::edge::Edge;
use super::patience::Patient;
use crate::config::Settings;
use crate::config::network::Listen;

/// How long the loop rests when the system has no more file descriptors.
const REST: Duration = Duration::from_millis(100);

/// The most that the system is asked to keep waiting; it has a limit of its own (`net.core.somaxconn`).
const MOST_WAITING: u32 = 65_535;

/// How long a connection without a request is still listened to at the end.
const LINGER: Duration = Duration::from_secs(1);

/// The limits of connections.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    connections: NonZeroUsize,
    header_bytes: usize,
    header_count: NonZeroUsize,
    header_timeout: Duration,
    answer_timeout: Duration,
    drain_timeout: Duration,
}

impl From<&Settings> for Limits {
    fn from(settings: &Settings) -> Self {
        Self {
            connections: settings.connections,
            header_bytes: settings.header_limit.0,
            header_count: settings.header_count,
            header_timeout: settings.header_timeout,
            answer_timeout: settings.answer_timeout,
            drain_timeout: settings.drain_timeout,
        }
    }
}

/// How the loop ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// Every request that had come in was answered.
    Fully,
    /// Some were not, within the time that there was.
    Partly,
}

/// Listens. As many connections as are served at most may wait to be accepted: of a burst that finds no room the system drops
/// some, and their clients try again after a second.
pub async fn listen(address: &Listen, connections: NonZeroUsize) -> io::Result<TcpListener> {
    let waiting = u32::try_from(connections.get()).unwrap_or(u32::MAX).min(MOST_WAITING);
    let mut failed = io::Error::new(io::ErrorKind::AddrNotAvailable, "the name leads to no address");
    for address in lookup_host(address.as_str()).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(waiting)) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Accepts connections until `stop` says true, and then waits, within bounds, until what came in is answered.
pub async fn serve(
    listener: TcpListener,
    edge: Arc<Edge>,
    limits: Limits,
    mut stop: watch::Receiver<bool>,
) -> Drained {
    let graceful = GracefulShutdown::new();
    let most = u32::try_from(limits.connections.get().min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
    let places = Arc::new(Semaphore::new(limits.connections.get().min(Semaphore::MAX_PERMITS)));
    let (kill, killed) = watch::channel(false);
    let server = Server { http: http(limits), patience: limits.answer_timeout, edge, killed };
    loop {
        let next = async {
            // Past the limit connections wait in the system's queue, and are not lost.
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            biased;
            () = said(&mut stop) => break,
            (place, accepted) = next => match (place, accepted) {
                (Ok(place), Ok((stream, peer))) => server.spawn(stream, peer, place, graceful.watcher()),
                (_, Err(error)) => rest(&error).await,
                (Err(_), Ok(_)) => break,
            },
        }
    }
    server.take_the_waiting(&listener, &places, &graceful);
    drop(listener);
    // A connection that is kept alive may hold a request that was sent and not yet read. So at first each answer says
    // that it is the last of its connection; what then still idles is closed.
    server.edge.closing.store(true, Ordering::Relaxed);
    let _ = tokio::time::timeout(LINGER.min(limits.drain_timeout), places.acquire_many(most)).await;
    let drained = tokio::time::timeout(limits.drain_timeout, graceful.shutdown()).await;
    kill.send_replace(true);
    if drained.is_ok() { Drained::Fully } else { Drained::Partly }
}

fn http(limits: Limits) -> http1::Builder {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_headers(limits.header_count.get())
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes);
    http
}

/// Waits for the word. If nobody is left to give it, that is the word.
async fn said(word: &mut watch::Receiver<bool>) {
    drop(word.wait_for(|said| *said).await);
}

async fn rest(error: &io::Error) {
    // The peer is gone already: no trouble of ours.
    let is_the_peers = matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    );
    if !is_the_peers {
        tracing::warn!(%error, "a connection can't be accepted");
        tokio::time::sleep(REST).await;
    }
}

struct Server {
    http: http1::Builder,
    patience: Duration,
    edge: Arc<Edge>,
    killed: watch::Receiver<bool>,
}

impl Server {
    /// Takes the connections that the system has accepted already: their clients may have sent requests.
    fn take_the_waiting(&self, listener: &TcpListener, places: &Arc<Semaphore>, graceful: &GracefulShutdown) {
        while let Ok(place) = Arc::clone(places).try_acquire_owned() {
            match listener.accept().now_or_never() {
                Some(Ok((stream, peer))) => self.spawn(stream, peer, place, graceful.watcher()),
                Some(Err(_)) | None => return,
            }
        }
    }

    fn spawn(&self, stream: TcpStream, peer: SocketAddr, place: OwnedSemaphorePermit, watcher: Watcher) {
        // Answers are small: waiting to fill a packet would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY can't be set");
        }
        let stream = Patient::new(TokioIo::new(stream), self.patience);
        let edge = Arc::clone(&self.edge);
        let service = service_fn(move |request| {
            let edge = Arc::clone(&edge);
            async move { Ok::<_, Infallible>(edge.answer(peer.ip(), request).await) }
        });
        let connection = watcher.watch(self.http.serve_connection(stream, service));
        let (connections, mut killed) = (self.edge.metrics.connections.clone(), self.killed.clone());
        connections.increment(1.0);
        tokio::spawn(async move {
            tokio::select! {
                served = connection => if let Err(error) = served {
                    tracing::debug!(%error, "a connection ended");
                },
                () = said(&mut killed) => {}
            }
            connections.decrement(1.0);
            drop(place);
        });
    }
}
