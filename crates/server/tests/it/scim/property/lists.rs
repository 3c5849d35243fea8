//! The elements of one list, and which of them is the directory's single value.

use serde_json::{Value, json};

use super::fields::List;
use super::operation::{Element, ListEdit};

/// The elements of a list.
#[derive(Debug, Clone, Default)]
pub struct Elements {
    list: Vec<Element>,
    own: Option<usize>,
}

impl Elements {
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The directory's single value.
    pub fn own(&self) -> Option<&str> {
        self.own.and_then(|own| self.list[own].value.as_deref())
    }

    /// Everything but the order.
    pub fn compared(&self) -> Vec<(bool, Element)> {
        let each =
            self.list.iter().enumerate().map(|(index, element)| (self.own == Some(index), element.clone()));
        let mut each: Vec<_> = each.collect();
        each.sort();
        each
    }

    /// As SCIM shows them, in the order of their texts.
    pub fn shown(&self) -> Value {
        let mut shown: Vec<Value> = self.list.iter().map(Element::shown).collect();
        shown.sort_by_key(Value::to_string);
        shown.into()
    }

    /// Another dialect knows of the single value alone.
    pub fn set_own(&mut self, list: &List, value: Option<&str>) {
        match (self.own, value) {
            (None, None) => {}
            (Some(own), None) => {
                self.list.remove(own);
                self.own = None;
            }
            (Some(own), Some(value)) => self.list[own].value = Some(value.to_owned()),
            (None, Some(value)) => {
                let has_primary = self.list.iter().any(Element::is_primary);
                let primary = Some(true).filter(|_| !has_primary);
                let element =
                    Element { value: Some(value.to_owned()), kind: list.own_kind, display: None, primary };
                self.list.insert(0, element);
                self.own = Some(0);
            }
        }
    }

    /// Does what SCIM asks for; whether it can be done.
    pub fn edit(&mut self, edit: &ListEdit) -> bool {
        match edit {
            ListEdit::Whole(elements) => self.list.clone_from(elements),
            ListEdit::Add(elements) => self.add(elements),
            ListEdit::RemoveKind(kind) => self.list.retain(|element| element.kind != Some(kind)),
            ListEdit::ValueOfKind(kind, value) => {
                let mut fits = self.list.iter_mut().filter(|element| element.kind == Some(kind)).peekable();
                if fits.peek().is_some() {
                    fits.for_each(|element| element.value.clone_from(value));
                } else if value.is_some() {
                    let element =
                        Element { value: value.clone(), kind: Some(kind), display: None, primary: None };
                    self.list.push(element);
                }
            }
            ListEdit::MakePrimary(value) => return self.make_primary(value),
        }
        true
    }

    fn add(&mut self, elements: &[Element]) {
        for element in elements {
            if element.is_primary() {
                self.demote();
            }
            let there = self
                .list
                .iter_mut()
                .find(|other| (&other.value, other.kind) == (&element.value, element.kind));
            match there {
                Some(there) => {
                    there.display = element.display.or(there.display);
                    there.primary = element.primary.or(there.primary);
                }
                None => self.list.push(element.clone()),
            }
        }
    }

    /// Two can't be the primary one.
    fn make_primary(&mut self, value: &str) -> bool {
        let is_it = |element: &&mut Element| element.value.as_deref() == Some(value);
        let count = self.list.iter_mut().filter(is_it).count();
        if count > 1 {
            return false;
        }
        if count == 0 {
            self.list.push(Element {
                value: Some(value.to_owned()),
                kind: None,
                display: None,
                primary: None,
            });
        }
        let already = self.list.iter_mut().find(is_it).is_some_and(|element| element.is_primary());
        if !already {
            self.demote();
        }
        self.list.iter_mut().filter(is_it).for_each(|element| element.primary = Some(true));
        true
    }

    /// The primary one is so no longer.
    fn demote(&mut self) {
        for element in self.list.iter_mut().filter(|element| element.is_primary()) {
            element.primary = Some(false);
        }
    }

    /// At the end of a request: an element without a value is none; and where the list is another, the single value is
    /// looked for anew.
    pub fn settle(&mut self, before: Option<&Self>, can_be_own: impl Fn(&str) -> bool) {
        self.list.retain(|element| element.value.is_some());
        let before = before.cloned().unwrap_or_default();
        if before.list == self.list {
            self.own = before.own;
            return;
        }
        let find = |wanted: &dyn Fn(&Element) -> bool| {
            let can_be = |element: &Element| element.value.as_deref().is_some_and(&can_be_own);
            self.list.iter().position(|element| can_be(element) && wanted(element))
        };
        self.own = find(&Element::is_primary)
            .or_else(|| find(&|element| element.kind == Some("work")))
            .or_else(|| find(&|_| true));
    }

    /// Puts them in the order of an answer that has the same.
    pub fn order_as(&mut self, answered: &Value) {
        let place = |element: &Element| {
            let answered = answered.as_array().map(Vec::as_slice).unwrap_or_default();
            answered.iter().position(|other| *other == element.shown()).unwrap_or(usize::MAX)
        };
        let own = self.own.map(|own| self.list[own].clone());
        self.list.sort_by_key(place);
        self.own = own.and_then(|own| self.list.iter().position(|element| *element == own));
    }
}

impl Element {
    fn is_primary(&self) -> bool {
        self.primary == Some(true)
    }

    /// As SCIM has it.
    pub fn shown(&self) -> Value {
        let mut shown = json!({});
        let texts = [("value", self.value.as_deref()), ("type", self.kind), ("display", self.display)];
        for (name, text) in texts.into_iter().filter(|(_, text)| text.is_some()) {
            shown[name] = json!(text);
        }
        if let Some(primary) = self.primary {
            shown["primary"] = json!(primary);
        }
        shown
    }
}
