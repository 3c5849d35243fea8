//! What a process writes, as it writes it.

use std::io::{BufRead as _, BufReader, Read};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How long anything may take to get ready. A bound against hanging, not an expectation.
pub const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Lines {
    lines: Mutex<(Vec<String>, usize)>,
    more: Condvar,
}

/// The lines that a process has written to stdout and stderr.
#[derive(Clone, Default)]
pub struct Log(Arc<Lines>);

impl Log {
    /// Reads `stream` to its end, in a thread of its own.
    pub fn follow(&self, stream: impl Read + Send + 'static) {
        let log = self.clone();
        self.0.lines.lock().unwrap().1 += 1;
        std::thread::spawn(move || {
            let mut reader = BufReader::new(stream);
            let mut bytes = Vec::new();
            while reader.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
                let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                bytes.clear();
                log.0.lines.lock().unwrap().0.push(line);
                log.0.more.notify_all();
            }
            log.0.lines.lock().unwrap().1 -= 1;
            log.0.more.notify_all();
        });
    }

    /// The first thing that `find` finds in a line; `None` once the process has closed its streams without it.
    pub fn wait_for<T>(&self, mut find: impl FnMut(&str) -> Option<T>) -> Option<T> {
        let mut held = self.0.lines.lock().unwrap();
        let mut seen = 0;
        loop {
            if let Some(found) = held.0.iter().skip(seen).find_map(|line| find(line)) {
                return Some(found);
            }
            seen = held.0.len();
            if held.1 == 0 {
                return None;
            }
            let waited = self.0.more.wait_timeout(held, PATIENCE).unwrap();
            assert!(!waited.1.timed_out(), "nothing more was written; so far:\n{}", waited.0.0.join("\n"));
            held = waited.0;
        }
    }

    /// Everything so far.
    pub fn text(&self) -> String {
        self.0.lines.lock().unwrap().0.join("\n")
    }
}
