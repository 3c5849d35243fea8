//! What commands write: results to stdout, everything else to stderr.

use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::time::Duration;

use anyhow::Context as _;
use comfy_table::{ContentArrangement, Table, presets};
use indicatif::ProgressBar;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;

/// A line for people, on stderr.
pub(crate) fn message(text: &str) {
    // Where stderr is closed there is nobody to tell.
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// A result, on stdout.
pub(crate) fn result(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    match written {
        // Who reads no further has seen enough: `roster user list | head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("stdout can't be written"),
    }
}

/// A secret, alone on stdout. It is shown this once.
pub(crate) fn secret(text: &SecretString) -> anyhow::Result<()> {
    result(text.expose_secret())
}

/// JSON for programs.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    result(&serde_json::to_string_pretty(value)?)
}

/// A table for people.
pub(crate) fn table<const N: usize>(
    header: [&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> anyhow::Result<()> {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(header);
    let mut is_empty = true;
    for row in rows {
        // A control character in a stored name must not reach the terminal.
        table.add_row(row.map(|cell| cell.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")));
        is_empty = false;
    }
    if is_empty {
        message("There is none.");
        return Ok(());
    }
    result(&table.to_string())
}

/// Shows on a terminal that a long work goes on.
pub(crate) fn while_working<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    if !io::stderr().is_terminal() {
        return work();
    }
    let bar = ProgressBar::new_spinner().with_message(what);
    bar.enable_steady_tick(Duration::from_millis(100));
    let done = work();
    bar.finish_and_clear();
    done
}

/// What an absent value looks like in a table.
pub(crate) fn or_dash(text: Option<impl ToString>) -> String {
    text.map_or_else(|| "–".to_owned(), |text| text.to_string())
}
