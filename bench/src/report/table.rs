//! Tables in Markdown.

/// A table: the first column is text, the others are figures.
pub(super) struct Table {
    lines: Vec<String>,
}

impl Table {
    pub(super) fn new<T: AsRef<str>>(heads: &[T]) -> Self {
        let rule = heads.iter().enumerate().map(|(at, _)| if at == 0 { "---" } else { "---:" });
        Self { lines: vec![line(heads.iter().map(AsRef::as_ref)), line(rule)] }
    }

    /// A table of texts.
    pub(super) fn of_texts(heads: &[&str]) -> Self {
        Self { lines: vec![line(heads.iter().copied()), line(heads.iter().map(|_| "---"))] }
    }

    pub(super) fn row<T: AsRef<str>>(&mut self, cells: &[T]) {
        self.lines.push(line(cells.iter().map(AsRef::as_ref)));
    }

    pub(super) fn text(&self) -> String {
        self.lines.join("\n") + "\n"
    }
}

fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    format!(
        "| {} |",
        cells.map(|cell| cell.replace('|', "\\|").replace('\n', " ")).collect::<Vec<_>>().join(" | ")
    )
}

/// A figure, as precise as it is.
pub(super) fn figure(figure: f64) -> String {
    match figure.abs() {
        _ if figure.is_nan() => "–".to_owned(),
        large if large >= 1000.0 => thousands(figure),
        large if large >= 100.0 => format!("{figure:.0}"),
        large if large >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

/// A whole number with commas.
pub(super) fn thousands(figure: f64) -> String {
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_as_precise_as_they_are() {
        let all = [0.4567, 12.34, 123.4, 1_234.5, 1_234_567.0, f64::NAN].map(figure);
        assert_eq!(all, ["0.46", "12.3", "123", "1,234", "1,234,567", "–"]);
    }

    #[test]
    fn a_cell_is_one_line() {
        let mut table = Table::new(&["what", "figure"]);
        table.row(&["a|b\nc", "1"]);
        assert_eq!(table.text(), "| what | figure |\n| --- | ---: |\n| a\\|b c | 1 |\n");
    }
}
