//! What SQLite and PostgreSQL say differently.

/// An engine's own way to say a few things. Each takes SQL expressions and makes one.
pub trait Engine {
    /// The n-th parameter, from 1 on.
    fn place(&self, n: usize) -> String;
    /// A text in the form in which case does not count, as near to [`roster_directory::fold::fold`] as the engine can.
    fn fold(&self, text: &str) -> String;
    /// A text in its order character by character.
    fn ordered(&self, text: &str) -> String;
    /// Whether `text` contains `part`.
    fn contains(&self, text: &str, part: &str) -> String;
    /// Whether `text` starts with `part`.
    fn starts_with(&self, text: &str, part: &str) -> String;
    /// Whether `text` ends with `part`.
    fn ends_with(&self, text: &str, part: &str) -> String;
    /// A UUID's text: lower case, with hyphens.
    fn uuid_text(&self, uuid: &str) -> String;
    /// A truth value as the engine's columns have it.
    fn truth(&self, value: bool) -> &'static str;
}

/// SQLite, with a function `roster_fold` that is [`roster_directory::fold::fold`].
#[derive(Debug, Clone, Copy)]
pub struct Sqlite;

impl Engine for Sqlite {
    fn place(&self, n: usize) -> String {
        format!("?{n}")
    }

    fn fold(&self, text: &str) -> String {
        format!("roster_fold({text})")
    }

    fn ordered(&self, text: &str) -> String {
        text.to_owned()
    }

    fn contains(&self, text: &str, part: &str) -> String {
        format!("instr({text}, {part}) > 0")
    }

    fn starts_with(&self, text: &str, part: &str) -> String {
        format!("substr({text}, 1, length({part})) = {part}")
    }

    fn ends_with(&self, text: &str, part: &str) -> String {
        format!(
            "(length({text}) >= length({part}) AND substr({text}, length({text}) - length({part}) + 1) = {part})"
        )
    }

    fn uuid_text(&self, uuid: &str) -> String {
        let hex = format!("lower(hex({uuid}))");
        let groups = [(1, 8), (9, 4), (13, 4), (17, 4), (21, 12)];
        let groups = groups.map(|(from, length)| format!("substr({hex}, {from}, {length})"));
        // Nothing has no text: without this, it would be four hyphens.
        format!("CASE WHEN {uuid} IS NOT NULL THEN {} END", groups.join(" || '-' || "))
    }

    fn truth(&self, value: bool) -> &'static str {
        if value { "1" } else { "0" }
    }
}

/// PostgreSQL. It folds nearly as [`roster_directory::fold::fold`] does: by its own lower case of the composed text.
#[derive(Debug, Clone, Copy)]
pub struct Postgres;

impl Engine for Postgres {
    fn place(&self, n: usize) -> String {
        format!("${n}")
    }

    fn fold(&self, text: &str) -> String {
        format!("lower(normalize({text}))")
    }

    fn ordered(&self, text: &str) -> String {
        format!("{text} COLLATE \"C\"")
    }

    fn contains(&self, text: &str, part: &str) -> String {
        format!("strpos({text}, {part}) > 0")
    }

    fn starts_with(&self, text: &str, part: &str) -> String {
        format!("starts_with({text}, {part})")
    }

    fn ends_with(&self, text: &str, part: &str) -> String {
        format!("right({text}, length({part})) = {part}")
    }

    fn uuid_text(&self, uuid: &str) -> String {
        format!("CAST({uuid} AS text)")
    }

    fn truth(&self, value: bool) -> &'static str {
        if value { "TRUE" } else { "FALSE" }
    }
}
