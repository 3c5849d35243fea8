//! A way to the server that knows what it carries: it notes every statement, and holds one up, breaks the connection or falls
//! silent when it is told to.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use roster_testkit::TestDatabase;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::Notify;

/// How a connection that writes a change is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// The commit never reaches the server.
    BeforeCommit,
    /// The server commits, and its answer is lost.
    AfterCommit,
    /// The first statement that writes never reaches the server.
    BeforeWrite,
    /// The commit reaches the server long after the connection was lost, when it is [let through](Proxy::let_late).
    LateCommit,
    /// So does all that writes, and the commit behind it.
    LateWrite,
    /// The server commits, and answers that it ends.
    EndsAtCommit,
    /// The server writes a shared secret, and its answer is lost.
    AfterShare,
}

/// A statement that waits to reach the server.
#[derive(Default)]
pub(crate) struct Held {
    arrived: Notify,
    released: Notify,
}

impl Held {
    /// Waits until the statement was sent.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Lets it through.
    pub(crate) fn release(&self) {
        self.released.notify_one();
    }
}

#[derive(Default)]
struct State {
    statements: Mutex<BTreeSet<String>>,
    executed: Mutex<Vec<String>>,
    kept: Mutex<Vec<String>>,
    breaks: Mutex<Vec<Break>>,
    holds: Mutex<Vec<(String, Arc<Held>)>>,
    broken: AtomicUsize,
    late: Notify,
    down: AtomicBool,
    went_down: Notify,
    silent: AtomicBool,
    fell_silent: Notify,
    pooled: AtomicBool,
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
                // Messages go one by one.
                client.set_nodelay(true).unwrap();
                tokio::spawn(carry(client, socket.clone(), Arc::clone(&shared)));
            }
        });
        Self { state, port, database: database.name().to_owned() }
    }

    /// The database, by way of the proxy.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{}?sslmode=disable", self.port, self.database)
    }

    /// Where it listens, on this machine.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Breaks the connections of the next changes, one for each.
    pub(crate) fn break_next(&self, breaks: &[Break]) {
        self.state.breaks.lock().unwrap().extend(breaks.iter().rev());
    }

    /// Holds up the next statement that has this in it.
    pub(crate) fn hold_next(&self, part: &str) -> Arc<Held> {
        let held = Arc::<Held>::default();
        self.state.holds.lock().unwrap().push((part.to_owned(), Arc::clone(&held)));
        held
    }

    /// The late commit reaches the server.
    pub(crate) fn let_late(&self) {
        self.state.late.notify_one();
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

    /// What a connection sets lasts for one transaction, as behind a pooler that gives each another connection of the server.
    pub(crate) fn pool(&self) {
        self.state.pooled.store(true, Ordering::SeqCst);
    }

    /// From now on nothing is answered, though connections are accepted and stay open: as where the server's machine is up and
    /// the server stands still. What it has begun is rolled back.
    pub(crate) fn fall_silent(&self) {
        self.state.silent.store(true, Ordering::SeqCst);
        self.state.fell_silent.notify_waiters();
    }

    /// How many statements that have this in them were executed.
    pub(crate) fn executed(&self, part: &str) -> usize {
        self.state.executed.lock().unwrap().iter().filter(|sql| sql.contains(part)).count()
    }

    /// How many statements that have this in them were prepared to be kept.
    pub(crate) fn kept(&self, part: &str) -> usize {
        self.state.kept.lock().unwrap().iter().filter(|sql| sql.contains(part)).count()
    }

    /// Every statement that was prepared through it.
    pub(crate) fn statements(&self) -> BTreeSet<String> {
        self.state.statements.lock().unwrap().clone()
    }
}

async fn carry(mut client: TcpStream, socket: PathBuf, state: Arc<State>) {
    if state.down.load(Ordering::SeqCst) {
        return;
    }
    let (down, silent) = (state.went_down.notified(), state.fell_silent.notified());
    if !state.silent.load(Ordering::SeqCst) {
        let mut server = UnixStream::connect(socket).await.unwrap();
        let late = tokio::select! {
            late = talk(&mut client, &mut server, &state) => late,
            () = down => return,
            () = silent => None,
        };
        if let Some(commit) = late {
            drop(client);
            state.late.notified().await;
            server.write_all(&commit).await.unwrap();
            return;
        }
        if !state.silent.load(Ordering::SeqCst) {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// Carries messages to and fro until the connection is broken. Answers a commit that is to come late.
async fn talk(client: &mut TcpStream, server: &mut UnixStream, state: &State) -> Option<Vec<u8>> {
    let (mut from_client, mut to_client) = client.split();
    let (mut from_server, mut to_server) = server.split();
    let (mute, ends) = (AtomicBool::new(false), AtomicBool::new(false));
    // What was asked and is not answered yet. The server says when it is ready for more, first when it has let the client in.
    let (open, answered) = (AtomicUsize::new(1), Notify::new());
    let back = async {
        while let Some(message) = read_message(&mut from_server, true).await {
            if ends.load(Ordering::SeqCst) {
                let _ = to_client.write_all(&ending()).await;
                return None;
            }
            // What comes after the commit is its answer: it is made, and nobody hears of it.
            if mute.load(Ordering::SeqCst) || to_client.write_all(&message).await.is_err() {
                return None;
            }
            if message[0] == b'Z' {
                open.fetch_sub(1, Ordering::SeqCst);
                answered.notify_one();
            }
        }
        None
    };
    let all_answered = async || {
        while open.load(Ordering::SeqCst) > 0 {
            answered.notified().await;
        }
    };
    let forth = async {
        let mut talk = Talk::default();
        while let Some(mut message) = read_message(&mut from_client, talk.begun).await {
            talk.begun = true;
            if state.pooled.load(Ordering::SeqCst) {
                forget_settings(&mut message);
            }
            let sql = talk.hear(&message, state);
            state.executed.lock().unwrap().extend(sql.clone());
            hold(state, sql.as_deref()).await;
            match sql.and_then(|sql| talk.broken_at(&sql, state)) {
                Some(Break::BeforeCommit | Break::BeforeWrite) => return None,
                Some(Break::LateCommit) => return Some(message),
                Some(Break::LateWrite) => talk.late = Some(Vec::new()),
                // The commit may be sent before what is before it is answered.
                Some(Break::AfterCommit) => {
                    all_answered().await;
                    mute.store(true, Ordering::SeqCst);
                }
                Some(Break::AfterShare) => talk.last = true,
                Some(Break::EndsAtCommit) => {
                    all_answered().await;
                    ends.store(true, Ordering::SeqCst);
                }
                None => {}
            }
            if let Some(late) = &mut talk.late {
                late.extend_from_slice(&message);
                if message.ends_with(b"COMMIT\0") {
                    return talk.late;
                }
                continue;
            }
            if matches!(message[0], b'Q' | b'S') {
                open.fetch_add(1, Ordering::SeqCst);
            }
            if talk.last && message[0] == b'S' {
                mute.store(true, Ordering::SeqCst);
            }
            if to_server.write_all(&message).await.is_err() {
                return None;
            }
            if mute.load(Ordering::SeqCst) {
                // The other direction ends it, once the server has answered.
                std::future::pending::<()>().await;
            }
        }
        None
    };
    tokio::select! {
        late = back => late,
        late = forth => late,
    }
}

/// Has `set_config` set for the transaction alone.
fn forget_settings(message: &mut [u8]) {
    const LASTING: &[u8] = b", false)";
    if let Some(place) = message.windows(LASTING.len()).position(|bytes| bytes == LASTING) {
        message[place..place + LASTING.len()].copy_from_slice(b", true) ");
    }
}

/// Waits while this statement is held up.
async fn hold(state: &State, sql: Option<&str>) {
    let held = {
        let mut holds = state.holds.lock().unwrap();
        let place = holds.iter().position(|(part, _)| sql.is_some_and(|sql| sql.contains(part)));
        place.map(|place| holds.remove(place).1)
    };
    if let Some(held) = held {
        held.arrived.notify_one();
        held.released.notified().await;
    }
}

/// What a server says that ends because of a fault.
fn ending() -> Vec<u8> {
    let fields = b"SPANIC\0VPANIC\0CXX000\0Mcould not write to log file\0\0";
    let length = u32::try_from(fields.len() + 4).unwrap();
    [b"E".as_slice(), &length.to_be_bytes(), fields].concat()
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
    /// Whether the statement that is being sent is the last that the server hears.
    last: bool,
    /// What is to reach the server late.
    late: Option<Vec<u8>>,
}

impl Talk {
    /// The statement that the message has executed, if it has one.
    fn hear(&mut self, message: &[u8], state: &State) -> Option<String> {
        let text = |bytes: &[u8]| {
            let end = bytes.iter().position(|byte| *byte == 0).unwrap();
            String::from_utf8(bytes[..end].to_vec()).unwrap()
        };
        match message[0] {
            b'Q' => return Some(text(&message[5..])),
            b'P' => {
                let name = text(&message[5..]);
                let sql = text(&message[5 + name.len() + 1..]);
                state.statements.lock().unwrap().insert(sql.clone());
                if !name.is_empty() {
                    state.kept.lock().unwrap().push(sql.clone());
                }
                self.prepared.insert(name, sql);
            }
            b'B' => {
                let portal = text(&message[5..]);
                let name = text(&message[5 + portal.len() + 1..]);
                return self.prepared.get(&name).cloned();
            }
            _ => {}
        }
        None
    }

    /// The next break, if it is due at this statement.
    fn broken_at(&mut self, sql: &str, state: &State) -> Option<Break> {
        if sql.starts_with("BEGIN") {
            self.writes = false;
        }
        if sql.starts_with("INSERT INTO users") || sql.starts_with("WITH done AS (UPDATE users") {
            return due(state, &[Break::LateWrite]);
        }
        if sql.starts_with("INSERT INTO journal") || sql.starts_with("INSERT INTO group_journal") {
            self.writes = true;
            return due(state, &[Break::BeforeWrite]);
        }
        if sql.starts_with("UPDATE secrets") {
            return due(state, &[Break::AfterShare]);
        }
        let at = [Break::BeforeCommit, Break::AfterCommit, Break::LateCommit, Break::EndsAtCommit];
        (sql == "COMMIT" && self.writes).then(|| due(state, &at)).flatten()
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
