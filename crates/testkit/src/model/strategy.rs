//! Random operations over few names, so that they meet.

use proptest::prelude::*;
use proptest::sample::select;

use super::{Edit, Edits, GrantsEdit, Operation};

/// A sequence of at most `most` operations.
pub fn operations(most: usize) -> impl Strategy<Value = Vec<Operation>> {
    prop::collection::vec(operation(), 1..=most)
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        5 => (source(), id(), edits()).prop_map(|(source, id, edits)| Operation::Upsert(source, id, edits)),
        3 => (number(), edits()).prop_map(|(number, edits)| Operation::Update(number, edits)),
        1 => number().prop_map(Operation::Delete),
    ]
}

fn number() -> impl Strategy<Value = i64> {
    1..=6_i64
}

fn one_of(texts: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(texts).prop_map(str::to_owned)
}

fn source() -> impl Strategy<Value = String> {
    one_of(&["bubble", "crm"])
}

fn id() -> impl Strategy<Value = String> {
    one_of(&["a", "A", "b", "x@e.example"])
}

/// Leaves it most of the time.
fn edit<T: Clone + std::fmt::Debug>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Edit<T>> {
    prop_oneof![
        4 => Just(Edit::Leave),
        1 => Just(Edit::Erase),
        3 => value.prop_map(Edit::Write),
    ]
}

fn grant() -> impl Strategy<Value = (i64, String)> {
    (1..=2_i64, one_of(&["p", "q"]))
}

fn grants() -> impl Strategy<Value = GrantsEdit> {
    prop_oneof![
        3 => Just(GrantsEdit::Leave),
        1 => prop::collection::btree_set(grant(), 0..=3).prop_map(GrantsEdit::All),
        1 => (grant(), grant()).prop_map(|(give, take)| GrantsEdit::GiveAndTake(give, take)),
    ]
}

prop_compose! {
    fn edits()(
        user_name in edit(one_of(&["nina", "NINA", "X@e.example", "a"])),
        email in edit(one_of(&["x@e.example", "X@E.example", "y@e.example"])),
        given_name in edit(one_of(&["u", "v"])),
        phone in edit(one_of(&["1", "2"])),
        signed_up in edit(any::<bool>()),
        active in prop::option::weighted(0.2, any::<bool>()),
        links in prop::collection::btree_map(source(), edit(id()), 0..=2),
        grants in grants(),
    ) -> Edits {
        Edits { user_name, email, given_name, phone, signed_up, active, links, grants }
    }
}
