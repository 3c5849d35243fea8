//! Filling the place in the documentation that is the benchmark's.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::{markdown, plots};
use crate::result::Results;

const PAGE: &str = "docs/performance.md";
const PLOTS: &str = "performance";
const BEGIN: &str = "<!-- bench/run --docs writes from here -->";
const END: &str = "<!-- to here -->";

/// Puts the tables between the marks of the page, and the plots beside it.
pub(super) fn fill(root: &Path, results: &Results) -> Result<()> {
    let page = root.join(PAGE);
    let text = std::fs::read_to_string(&page).with_context(|| page.display().to_string())?;
    let report = markdown::report(results, &format!("{PLOTS}/"));
    std::fs::write(&page, between(&text, &report).context("the page has lost the marks of the benchmark")?)?;
    plots(results, &root.join("docs").join(PLOTS)).map(drop)
}

fn between(text: &str, report: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", report.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_between_the_marks_is_replaced_and_nothing_else() {
        let page = format!("# A\n{BEGIN}\nold\n{END}\n## B\n");
        let filled = between(&page, "new\n").unwrap();
        assert_eq!(filled, format!("# A\n{BEGIN}\n\nnew\n\n{END}\n## B\n"));
        assert_eq!(between(&filled, "new\n").unwrap(), filled);
        assert_eq!(between("no marks", "new"), None);
    }
}
