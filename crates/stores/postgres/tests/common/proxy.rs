//! A way to the server that knows what it carries: it notes every statement, and breaks the connection when it is told to.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use roster_testkit::TestDatabase;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::Notify;

/// When a connection that writes a change is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// The commit never reaches the server.
    BeforeCommit,
    /// The server commits, and its answer is lost.
    AfterCommit,
    /// The first statement that writes never reaches the server.
    BeforeWrite,
}

#[derive(Default)]
struct State {
    statements: Mutex<BTreeSet<String>>,
    breaks: Mutex<Vec<Break>>,
    broken: AtomicUsize,
    down: AtomicBool,
    went_down: Notify,
}

/// The proxy. It ends with the runtime.
pub(crate) struct Proxy {
    state: Arc<State>,
    port: u16,
    database: String,
}

impl Proxy {
    /// Listens.
    pub(crate) async fn to(database: &TestDatabase) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let (shared, socket) = (Arc::clone(&state), database.socket());
        tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(carry(client, socket.clone(), Arc::clone(&shared)));
            }
        });
        Self { state, port, database: database.name().to_owned() }
    }

    /// The database, by way of the proxy.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{}?sslmode=disable", self.port, self.database)
    }

    /// Breaks the connections of the next changes, one for each.
    pub(crate) fn break_next(&self, breaks: &[Break]) {
        self.state.breaks.lock().unwrap().extend(breaks.iter().rev());
    }

    /// How many connections it broke.
    pub(crate) fn broken(&self) -> usize {
        self.state.broken.load(Ordering::SeqCst)
    }

    /// Whether the server can be reached.
    pub(crate) fn set_down(&self, down: bool) {
        self.state.down.store(down, Ordering::SeqCst);
        self.state.went_down.notify_waiters();
    }

    /// Every statement that was prepared through it.
    pub(crate) fn statements(&self) -> BTreeSet<String> {
        self.state.statements.lock().unwrap().clone()
    }
}

async fn carry(client: TcpStream, socket: PathBuf, state: Arc<State>) {
    if state.down.load(Ordering::SeqCst) {
        return;
    }
    let server = UnixStream::connect(socket).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let mute = Arc::new(AtomicBool::new(false));
    let muted = Arc::clone(&mute);
    let back = async move {
        let mut buffer = vec![0; 65_536];
        loop {
            let read = from_server.read(&mut buffer).await.unwrap_or(0);
            // What comes after the commit is its answer: it is made, and nobody hears of it.
            if read == 0
                || muted.load(Ordering::SeqCst)
                || to_client.write_all(&buffer[..read]).await.is_err()
            {
                return;
            }
        }
    };
    let forth = async {
        let mut talk = Talk::default();
        while let Some(message) = read_message(&mut from_client, talk.begun).await {
            talk.begun = true;
            match talk.hear(&message, &state) {
                Some(Break::BeforeCommit | Break::BeforeWrite) => return,
                Some(Break::AfterCommit) => mute.store(true, Ordering::SeqCst),
                None => {}
            }
            if to_server.write_all(&message).await.is_err() {
                return;
            }
            if mute.load(Ordering::SeqCst) {
                // The other direction ends it, once the server has answered.
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = back => {}
        () = forth => {}
        () = state.went_down.notified() => {}
    }
}

/// A whole message of the client: but for the first, one byte of type, then its length, which counts itself.
async fn read_message(from: &mut (impl AsyncRead + Unpin), begun: bool) -> Option<Vec<u8>> {
    let head = if begun { 5 } else { 4 };
    let mut message = vec![0; head];
    from.read_exact(&mut message).await.ok()?;
    let length = u32::from_be_bytes(message[head - 4..].try_into().unwrap()) as usize;
    message.resize(head - 4 + length, 0);
    from.read_exact(&mut message[head..]).await.ok()?;
    Some(message)
}

/// What a client has said so far.
#[derive(Default)]
struct Talk {
    begun: bool,
    prepared: HashMap<String, String>,
    /// Whether the transaction writes a change.
    writes: bool,
}

impl Talk {
    fn hear(&mut self, message: &[u8], state: &State) -> Option<Break> {
        let text = |bytes: &[u8]| {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap();
            String::from_utf8(bytes[..end].to_vec()).unwrap()
        };
        match message[0] {
            b'Q' => {
                let sql = text(&message[5..]);
                if sql.starts_with("BEGIN") {
                    self.writes = false;
                }
                let at = [Break::BeforeCommit, Break::AfterCommit];
                return (sql == "COMMIT" && self.writes).then(|| due(state, &at)).flatten();
            }
            b'P' => {
                let name = text(&message[5..]);
                let sql = text(&message[5 + name.len() + 1..]);
                state.statements.lock().unwrap().insert(sql.clone());
                self.prepared.insert(name, sql);
            }
            b'B' => {
                let portal = text(&message[5..]);
                let name = text(&message[5 + portal.len() + 1..]);
                if self.prepared.get(&name).is_some_and(|sql| sql.starts_with("INSERT INTO journal")) {
                    self.writes = true;
                    return due(state, &[Break::BeforeWrite]);
                }
            }
            _ => {}
        }
        None
    }
}

/// The next break, if it is one of these.
fn due(state: &State, at: &[Break]) -> Option<Break> {
    let mut breaks = state.breaks.lock().unwrap();
    let due = breaks.pop_if(|next| at.contains(next));
    if due.is_some() {
        state.broken.fetch_add(1, Ordering::SeqCst);
    }
    due
}
