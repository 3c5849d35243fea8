//! A resource as it is answered.
//!
//! It borrows from what it shows and keeps times and ids as they are until it is written: a page of users is mostly this.

use std::borrow::Cow;
use std::sync::Arc;

use roster_directory::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use crate::resource::Resource;

/// Members in the order in which they are answered. Each name is there once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object<'a>(Vec<(&'static str, Node<'a>)>);

/// A value that is answered.
#[derive(Debug, Clone)]
pub(crate) enum Node<'a> {
    Text(Cow<'a, str>),
    Shared(Arc<str>),
    Id(Uuid),
    /// To the millisecond.
    Millis(Timestamp),
    /// To the microsecond.
    Micros(Timestamp),
    Truth(bool),
    Number(i64),
    List(Vec<Node<'a>>),
    Object(Object<'a>),
}

impl<'a> Object<'a> {
    pub(crate) fn with_capacity(members: usize) -> Self {
        Self(Vec::with_capacity(members))
    }

    /// Adds a member that is not there yet.
    pub(crate) fn push(&mut self, name: &'static str, value: impl Into<Node<'a>>) {
        self.0.push((name, value.into()));
    }

    /// Adds a member that is not there yet, before the others.
    pub(crate) fn push_first(&mut self, name: &'static str, value: Node<'a>) {
        self.0.insert(0, (name, value));
    }

    /// Adds a member that is not there yet, if there is a value.
    pub(crate) fn push_some(&mut self, name: &'static str, value: Option<impl Into<Node<'a>>>) {
        if let Some(value) = value {
            self.push(name, value);
        }
    }

    /// Fills the object that is a member, made if it is not there.
    pub(crate) fn within(&mut self, name: &'static str, fill: impl FnOnce(&mut Self)) {
        if let Some(Node::Object(object)) = self.get_mut(name) {
            fill(object);
        } else {
            let mut object = Self::default();
            fill(&mut object);
            self.push(name, object);
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.0.iter().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Node<'a>> {
        self.0.iter_mut().find(|(other, _)| *other == name).map(|(_, value)| value)
    }

    pub(crate) fn retain(&mut self, mut keeps: impl FnMut(&'static str, &mut Node<'a>) -> bool) {
        self.0.retain_mut(|(name, value)| keeps(name, value));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same without what it borrows from.
    pub(crate) fn into_owned(self) -> Object<'static> {
        Object(self.0.into_iter().map(|(name, value)| (name, value.into_owned())).collect())
    }

    /// As a resource in canonical form, to be edited.
    pub(crate) fn into_resource(self) -> Resource {
        self.0.into_iter().map(|(name, value)| (name.to_owned(), value.into_value())).collect()
    }
}

impl<'a> Node<'a> {
    /// What it has inside, if it is an object.
    pub(crate) fn as_object_mut(&mut self) -> Option<&mut Object<'a>> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }

    /// The text that it is, or that it is written as.
    pub(crate) fn to_text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone().into_owned()),
            Self::Shared(text) => Some(text.as_ref().to_owned()),
            Self::Id(id) => Some(id.to_string()),
            Self::Millis(time) => Some(time.to_rfc3339_millis()),
            Self::Micros(time) => Some(time.to_rfc3339_micros()),
            Self::Truth(_) | Self::Number(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    fn into_owned(self) -> Node<'static> {
        match self {
            Self::Text(text) => Node::Text(Cow::Owned(text.into_owned())),
            Self::List(list) => Node::List(list.into_iter().map(Node::into_owned).collect()),
            Self::Object(object) => Node::Object(object.into_owned()),
            Self::Shared(text) => Node::Shared(text),
            Self::Id(id) => Node::Id(id),
            Self::Millis(time) => Node::Millis(time),
            Self::Micros(time) => Node::Micros(time),
            Self::Truth(truth) => Node::Truth(truth),
            Self::Number(number) => Node::Number(number),
        }
    }

    fn into_value(self) -> Value {
        match self {
            Self::Text(text) => text.into(),
            Self::Truth(truth) => truth.into(),
            Self::Number(number) => number.into(),
            Self::List(list) => list.into_iter().map(Node::into_value).collect(),
            Self::Object(object) => object.into_resource().into(),
            Self::Shared(_) | Self::Id(_) | Self::Millis(_) | Self::Micros(_) => self.to_text().into(),
        }
    }
}

impl Serialize for Object<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Shared(text) => serializer.serialize_str(text),
            Self::Id(id) => id.serialize(serializer),
            Self::Millis(time) => serializer.serialize_str(&time.to_rfc3339_millis()),
            Self::Micros(time) => serializer.serialize_str(&time.to_rfc3339_micros()),
            Self::Truth(truth) => serializer.serialize_bool(*truth),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::List(list) => serializer.collect_seq(list),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl<'a> From<&'a str> for Node<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Node<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Node<'_> {
    fn from(truth: bool) -> Self {
        Self::Truth(truth)
    }
}

impl From<i64> for Node<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl<'a> From<Object<'a>> for Node<'a> {
    fn from(object: Object<'a>) -> Self {
        Self::Object(object)
    }
}

impl<'a> FromIterator<Node<'a>> for Node<'a> {
    fn from_iter<I: IntoIterator<Item = Node<'a>>>(nodes: I) -> Self {
        Self::List(nodes.into_iter().collect())
    }
}
