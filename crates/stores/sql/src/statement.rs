//! A statement in the making: its text refers to its parameters by their places.

use uuid::Uuid;

use crate::engine::Engine;

/// A value that a statement is run with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Param {
    /// A text.
    Text(String),
    /// A whole number, or a time in microseconds.
    Integer(i64),
    /// A truth value.
    Truth(bool),
    /// A UUID.
    Uuid(Uuid),
}

/// A statement with its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its text.
    pub sql: String,
    /// Its values, in the order of their places.
    pub params: Vec<Param>,
}

/// What a search asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queries {
    /// The ids of the page, and of one more where others follow.
    pub page: Statement,
    /// How many fit; where they are to be counted.
    pub count: Option<Statement>,
}

/// Collects the parameters while the text is made.
pub(crate) struct Builder<'a, E> {
    pub(crate) engine: &'a E,
    params: Vec<Param>,
}

impl<'a, E: Engine> Builder<'a, E> {
    pub(crate) fn new(engine: &'a E) -> Self {
        Self { engine, params: Vec::new() }
    }

    /// The place of a value.
    pub(crate) fn param(&mut self, value: Param) -> String {
        self.params.push(value);
        self.engine.place(self.params.len())
    }

    pub(crate) fn text(&mut self, value: impl Into<String>) -> String {
        self.param(Param::Text(value.into()))
    }

    pub(crate) fn finish(self, sql: String) -> Statement {
        Statement { sql, params: self.params }
    }
}
