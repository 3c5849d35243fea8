//! What a rig found, as a table for people and as an answer for programs.

use std::fmt;

use comfy_table::{Table, presets};

/// With fewer trials a zero says nothing worth a number.
const TOO_FEW: usize = 10;

/// How often something was found in how many trials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The findings.
    pub found: usize,
    /// The trials.
    pub trials: usize,
}

impl fmt::Display for Found {
    /// A zero is told with what it excludes: after N trials without a finding, its probability is below 3/N with
    /// 95 % confidence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { found, trials } = self;
        match (found, trials) {
            (_, 0) => write!(f, "no trial"),
            (0, ..TOO_FEW) => write!(f, "0 of {trials}"),
            (0, _) => {
                let bound = f64::from(u32::try_from(*trials).unwrap_or(u32::MAX)).recip() * 300.0;
                write!(f, "0 of {trials} (95 %: under {bound:.2} %)")
            }
            _ => write!(f, "{found} of {trials}"),
        }
    }
}

/// What came of a rig.
#[derive(Debug, Clone, Default)]
pub struct Report {
    title: String,
    rows: Vec<(String, String)>,
    /// What must not have happened, a line each. The rig has failed if there is one.
    pub violations: Vec<String>,
}

/// More lines of findings help nobody.
const MOST_VIOLATIONS_SHOWN: usize = 20;

impl Report {
    /// An empty one.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// Adds a row.
    pub fn row(&mut self, what: impl Into<String>, value: impl fmt::Display) {
        self.rows.push((what.into(), value.to_string()));
    }

    /// Adds a row that counts findings.
    pub fn found(&mut self, what: impl Into<String>, found: usize, trials: usize) {
        self.row(what, Found { found, trials });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN).set_header([self.title.as_str(), ""]);
        for (what, value) in &self.rows {
            table.add_row([what.as_str(), value.as_str()]);
        }
        writeln!(f, "{table}")?;
        for violation in self.violations.iter().take(MOST_VIOLATIONS_SHOWN) {
            writeln!(f, "VIOLATION {violation}")?;
        }
        if let Some(more) = self.violations.len().checked_sub(MOST_VIOLATIONS_SHOWN).filter(|more| *more > 0)
        {
            writeln!(f, "… and {more} more")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
