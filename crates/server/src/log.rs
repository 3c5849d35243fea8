//! The log: structured, on stderr; text on a terminal, JSON otherwise.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::Settings;
use crate::config::choices::LogFormat;

/// Starts the log of this process. A log that was started already stays.
pub fn start(settings: &Settings) {
    let is_terminal = io::stderr().is_terminal();
    let as_json = match settings.log_format {
        LogFormat::Auto => !is_terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(is_terminal);
    let filter = settings.log_level.targets().clone();
    let layer = if as_json {
        layer.json().flatten_event(true).with_span_list(false).with_filter(filter).boxed()
    } else {
        layer.with_filter(filter).boxed()
    };
    // An error means that there is a log.
    let _ = tracing_subscriber::registry().with(layer).try_init();
}

/// Logs where a panic was. Its message may hold what a caller sent, and is not logged.
pub fn watch_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "a panic: this is a fault of Roster");
    }));
}
