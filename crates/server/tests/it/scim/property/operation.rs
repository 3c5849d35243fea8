//! Requests of the property test: what is sent, through which dialect.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::fields::{LISTS, List, PLAIN, Plain};

/// An element of a list as SCIM has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Element {
    /// `None` while a request took it away and is not at its end.
    pub value: Option<String>,
    pub kind: Option<&'static str>,
    pub display: Option<&'static str>,
    pub primary: Option<bool>,
}

/// What becomes of a list.
#[derive(Debug, Clone)]
pub enum ListEdit {
    /// It is this; nothing, where there are none.
    Whole(Vec<Element>),
    /// These come.
    Add(Vec<Element>),
    /// `emails[type eq "work"]` goes.
    RemoveKind(&'static str),
    /// `emails[type eq "work"].value` is this, or goes.
    ValueOfKind(&'static str, Option<String>),
    /// `emails[value eq "x"].primary` is true.
    MakePrimary(String),
}

/// What a request of SCIM asks for; one of many.
#[derive(Debug, Clone)]
pub enum Edit {
    /// A name of one's own, or the one that the user has.
    UserName(Option<&'static str>),
    Active(bool),
    Password(&'static str),
    /// What the provider calls the user.
    ExternalId(Option<&'static str>),
    Plain(&'static Plain, Option<Value>),
    List(&'static List, ListEdit),
}

/// A whole update of the Zynchro dialect.
#[derive(Debug, Clone)]
pub struct Update {
    pub name: String,
    pub email: String,
    pub telephone: String,
    pub password: &'static str,
    pub control_tower: Option<bool>,
    pub grants: BTreeSet<(i64, &'static str)>,
}

/// One request. An edit has a way to be spelt.
#[derive(Debug, Clone)]
pub enum Step {
    Upsert(Vec<(&'static str, Value)>),
    Update(Update),
    Put(Vec<(Edit, u8)>),
    Patch(Vec<(Edit, u8)>),
}

const TEXTS: [&str; 4] = ["a", "Élodie \"x\" \\ 𝄞", "3 - ACTIF", "b c"];
const KINDS: [&str; 3] = ["work", "home", "photo"];
pub const PASSWORDS: [&str; 2] = ["33556567", "correct horse"];
const PRODUCERS: [&str; 2] = ["50658c1e-356e-4407-b120-d110552292d8", "018df975-bfdb-7e89-af30-963784ae0865"];

fn any_list() -> impl Strategy<Value = &'static List> {
    (0..LISTS.len()).prop_map(|index| &LISTS[index])
}

fn any_plain() -> impl Strategy<Value = &'static Plain> {
    (0..PLAIN.len()).prop_map(|index| &PLAIN[index])
}

fn any_kind() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::weighted(0.8, select(&KINDS))
}

/// A list with one primary element at the most.
fn any_elements(list: &'static List, count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Element>> {
    let element = (
        select(list.values),
        any_kind(),
        prop::option::weighted(0.2, Just("D")),
        prop::option::of(Just(false)),
    );
    let elements = prop::collection::vec(element, count);
    (elements, prop::option::of(0..4_usize)).prop_map(|(elements, primary)| {
        let made = |(index, (value, kind, display, no))| Element {
            value: Some(str::to_owned(value)),
            kind,
            display,
            primary: if primary == Some(index) { Some(true) } else { no },
        };
        elements.into_iter().enumerate().map(made).collect()
    })
}

fn any_whole(list: &'static List) -> impl Strategy<Value = Edit> {
    any_elements(list, 0..4).prop_map(move |elements| Edit::List(list, ListEdit::Whole(elements)))
}

fn any_list_edit() -> impl Strategy<Value = Edit> {
    any_list().prop_flat_map(|list| {
        let edit = prop_oneof![
            any_elements(list, 1..3).prop_map(ListEdit::Add),
            select(&KINDS).prop_map(ListEdit::RemoveKind),
            (select(&KINDS), prop::option::weighted(0.8, select(list.values)))
                .prop_map(|(kind, value)| ListEdit::ValueOfKind(kind, value.map(str::to_owned))),
            select(list.values).prop_map(|value| ListEdit::MakePrimary(value.to_owned())),
        ];
        prop_oneof![1 => any_whole(list), 4 => edit.prop_map(move |edit| Edit::List(list, edit))]
    })
}

/// A value that the field may have; of a text never the empty one.
fn any_value(plain: &'static Plain) -> BoxedStrategy<Value> {
    match plain.kind {
        super::fields::Kind::Text => select(&TEXTS).prop_map(Value::from).boxed(),
        super::fields::Kind::Bool => any::<bool>().prop_map(Value::from).boxed(),
        super::fields::Kind::Uuid => select(&PRODUCERS).prop_map(Value::from).boxed(),
    }
}

fn any_plain_edit() -> impl Strategy<Value = Edit> {
    any_plain().prop_flat_map(|plain| {
        prop::option::weighted(0.7, any_value(plain)).prop_map(move |value| Edit::Plain(plain, value))
    })
}

fn any_own_edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        2 => prop::option::weighted(0.7, select(&["n0", "n1"])).prop_map(Edit::UserName),
        2 => any::<bool>().prop_map(Edit::Active),
        1 => select(&PASSWORDS).prop_map(Edit::Password),
        1 => prop::option::of(select(&["00u1", "00u2"])).prop_map(Edit::ExternalId),
    ]
}

/// A body names each attribute once.
fn any_body() -> impl Strategy<Value = Vec<(Edit, u8)>> {
    let edit =
        prop_oneof![1 => any_own_edit(), 3 => any_plain_edit(), 4 => any_list().prop_flat_map(any_whole)];
    prop::collection::vec((edit, any::<u8>()), 0..6).prop_map(|edits| {
        let mut named = BTreeSet::new();
        edits.into_iter().filter(|(edit, _)| named.insert(edit.name())).collect()
    })
}

fn any_patch() -> impl Strategy<Value = Vec<(Edit, u8)>> {
    let edit = prop_oneof![1 => any_own_edit(), 2 => any_plain_edit(), 5 => any_list_edit()];
    prop::collection::vec((edit, any::<u8>()), 1..5)
}

fn any_upsert() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let shared =
        any_plain().prop_filter_map("not of this dialect", |plain| plain.algorep.map(|n| (plain, n)));
    let plain = shared.prop_flat_map(|(plain, name)| {
        let empty = if plain.kind == super::fields::Kind::Text { json!("") } else { Value::Null };
        prop_oneof![4 => any_value(plain), 1 => Just(Value::Null), 1 => Just(empty)]
            .prop_map(move |value| (name, value))
    });
    let single = any_list().prop_flat_map(|list| {
        let value = prop_oneof![
            4 => select(list.own_values).prop_map(Value::from),
            2 => Just(Value::Null),
            // An empty phone or role is a value to Algorep and none to SCIM: `mixed.rs` has that.
            1 => Just(if list.is_text { Value::Null } else { json!("") }),
        ];
        value.prop_map(move |value| (list.algorep, value))
    });
    prop::collection::vec(prop_oneof![1 => plain, 2 => single], 0..5).prop_map(|fields| {
        let mut named = BTreeSet::new();
        fields.into_iter().filter(|(name, _)| named.insert(*name)).collect()
    })
}

fn any_update() -> impl Strategy<Value = Update> {
    let grants = prop::collection::btree_set((1..4_i64, select(&["1", "reader"])), 0..3);
    let telephone = select(&["+33 1", "0609921214"]);
    let email = select(super::fields::list("emails").own_values);
    (select(&TEXTS), email, telephone, select(&PASSWORDS), any::<Option<bool>>(), grants).prop_map(
        |(name, email, telephone, password, control_tower, grants)| Update {
            name: name.to_owned(),
            email: email.to_owned(),
            telephone: telephone.to_owned(),
            password,
            control_tower,
            grants,
        },
    )
}

/// How a user comes to be: by SCIM, or by an upsert.
pub fn any_birth() -> impl Strategy<Value = Step> {
    prop_oneof![any_body().prop_map(Step::Put), any_upsert().prop_map(Step::Upsert)]
}

/// Any request to a user who is there.
pub fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any_upsert().prop_map(Step::Upsert),
        2 => any_update().prop_map(Step::Update),
        2 => any_body().prop_map(Step::Put),
        5 => any_patch().prop_map(Step::Patch),
    ]
}

impl Edit {
    /// What it is about.
    fn name(&self) -> &'static str {
        match self {
            Self::UserName(_) => "userName",
            Self::Active(_) => "active",
            Self::Password(_) => "password",
            Self::ExternalId(_) => "externalId",
            Self::Plain(plain, _) => plain.path,
            Self::List(list, _) => list.scim,
        }
    }
}
