//! Members of a JSON object as the directory's values, with every fault.

use roster_directory::{Assign, Change, Invalid, Text};
use roster_wire::{Field, Json, Limits, Object, json};

use crate::fault::{Fault, pointer};

const A_STRING: &str = "must be a string or null";
const A_BOOLEAN: &str = "must be true, false or null";
const NOT_NULL: &str = "must not be null";

/// The JSON object that a body is; what it is instead is noted.
pub(crate) fn object<'a>(body: &'a [u8], faults: &mut Vec<Fault>) -> Option<Object<'a>> {
    let fault = match json::parse(body, Limits::default()) {
        Ok(Json::Object(object)) => return Some(object),
        Ok(Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_)) => {
            Fault::at_pointer("", "must be a JSON object")
        }
        Err(why) => Fault::at_pointer("", format!("is not JSON that can be read: {why}")),
    };
    faults.push(fault);
    None
}

/// Reads the members of an object. What is at fault is noted, and read as if it were absent.
pub(crate) struct Reader<'o, 'a, 'f> {
    object: &'o Object<'a>,
    base: &'o str,
    asked: Vec<&'static str>,
    faults: &'f mut Vec<Fault>,
}

impl<'o, 'a, 'f> Reader<'o, 'a, 'f> {
    /// Reads `object`, to which the pointer `base` leads.
    pub(crate) fn new(object: &'o Object<'a>, base: &'o str, faults: &'f mut Vec<Fault>) -> Self {
        Self { object, base, asked: Vec::new(), faults }
    }

    /// The object, to take a member of a type of its own. The member is a known one from then on.
    pub(crate) fn take(&mut self, key: &'static str) -> &'o Object<'a> {
        self.asked.push(key);
        self.object
    }

    /// Where the faults go.
    pub(crate) fn faults(&mut self) -> &mut Vec<Fault> {
        self.faults
    }

    /// Notes a fault at the member `key`.
    pub(crate) fn fault(&mut self, key: &str, detail: impl Into<std::borrow::Cow<'static, str>>) {
        self.faults.push(Fault::at_pointer(pointer(self.base, key), detail));
    }

    /// Free text.
    pub(crate) fn text<const MAX: usize>(&mut self, key: &'static str) -> Change<Text<MAX>> {
        self.parsed(key, Text::new)
    }

    /// A string that must be a value of its own kind.
    pub(crate) fn parsed<T>(
        &mut self,
        key: &'static str,
        make: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Change<T> {
        let field = self.take(key).text(key);
        self.change(key, field.map(make), A_STRING)
    }

    /// A truth value.
    pub(crate) fn boolean(&mut self, key: &'static str) -> Change<bool> {
        let field = self.take(key).boolean(key);
        self.change(key, field.map(Ok), A_BOOLEAN)
    }

    /// What may be absent and is never null.
    pub(crate) fn not_null<T>(&mut self, key: &'static str, change: Change<T>) -> Assign<T> {
        match change {
            Change::Keep => Assign::Keep,
            Change::Set(value) => Assign::Set(value),
            Change::Clear => {
                self.fault(key, NOT_NULL);
                Assign::Keep
            }
        }
    }

    /// A string that must be there.
    pub(crate) fn required<T>(
        &mut self,
        key: &'static str,
        make: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        match self.take(key).text(key).map(make) {
            Field::Value(Ok(value)) => return Some(value),
            Field::Value(Err(why)) => self.fault(key, why.to_string()),
            Field::Absent => self.fault(key, "is required"),
            Field::Null | Field::WrongType => self.fault(key, "must be a string"),
        }
        None
    }

    /// A member that may be sent back as it was read, and can't be another.
    pub(crate) fn same(&mut self, key: &'static str, is_same: impl FnOnce(&Json<'a>) -> bool) {
        if self.take(key).get(key).is_some_and(|sent| !is_same(sent)) {
            self.fault(key, "must equal the one of the path");
        }
    }

    /// Notes the members that were not asked for, and those that came twice.
    pub(crate) fn finish(mut self, read_only: &[&str]) {
        let unknown: Vec<&str> = self.object.unknown_keys(&self.asked).collect();
        for key in unknown {
            let detail = if read_only.contains(&key) { "is read-only" } else { "is not a known field" };
            self.fault(key, detail);
        }
        for key in self.object.duplicates() {
            self.fault(key, "is given more than once");
        }
    }

    fn change<T>(
        &mut self,
        key: &'static str,
        field: Field<Result<T, Invalid>>,
        expected: &'static str,
    ) -> Change<T> {
        match field {
            Field::Absent => return Change::Keep,
            Field::Null => return Change::Clear,
            Field::Value(Ok(value)) => return Change::Set(value),
            Field::Value(Err(why)) => self.fault(key, why.to_string()),
            Field::WrongType => self.fault(key, expected),
        }
        Change::Keep
    }
}
