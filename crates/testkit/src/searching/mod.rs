//! Searches as they are told of in words: what one finds in a small directory, without any SQL.

pub(crate) mod conditions;
mod evaluate;
pub(crate) mod people;

pub(crate) use evaluate::World;
