//! What is logged.

use tracing_subscriber::filter::Targets;

use super::value::Value;

/// A level (`info`), or several by module (`info,roster_auth=debug`).
#[derive(Debug, Clone, PartialEq)]
pub struct LogLevel {
    text: String,
    targets: Targets,
}

impl Default for LogLevel {
    fn default() -> Self {
        let level = tracing_subscriber::filter::LevelFilter::INFO;
        Self { text: "info".to_owned(), targets: Targets::new().with_default(level) }
    }
}

impl LogLevel {
    /// The filter.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }
}

impl Value for LogLevel {
    const NAME: &'static str = "LEVEL";
    const EXPECTED: &'static str =
        "error, warn, info, debug or trace, or levels by module such as info,roster_auth=debug";

    fn from_text(text: &str) -> Option<Self> {
        let targets = text.parse().ok().filter(|_| !text.is_empty())?;
        Some(Self { text: text.to_owned(), targets })
    }

    fn to_toml(&self) -> toml::Value {
        self.text.clone().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_a_level_or_levels_by_module() {
        for good in ["info", "off", "warn,roster_auth=debug"] {
            assert!(LogLevel::from_text(good).is_some(), "{good}");
        }
        for bad in ["", "roster=loud"] {
            assert!(LogLevel::from_text(bad).is_none(), "{bad}");
        }
        assert_eq!(LogLevel::from_text("info"), Some(LogLevel::default()));
    }
}
