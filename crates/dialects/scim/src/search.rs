//! What a list is asked for: by a query (RFC 7644, 3.4.2), or by the body of a search (3.4.3).

mod query;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::error::{ScimError, ScimType};
use crate::fault::Fault;
use crate::json;

const SEARCH_REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

/// What a query names of a resource.
const NAMES: [&str; 2] = ["attributes", "excludedAttributes"];

/// What the query of a list may have.
const PARAMETERS: [&str; 8] =
    ["filter", "sortBy", "sortOrder", "startIndex", "count", "cursor", "attributes", "excludedAttributes"];

/// How many resources a page has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageSizes {
    /// Where the request does not say.
    pub(crate) default: usize,
    /// At most.
    pub(crate) most: usize,
}

/// What a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SearchRequest {
    /// Which resources.
    pub(crate) filter: Option<String>,
    /// The attribute that orders them.
    pub(crate) sort_by: Option<String>,
    /// In which order.
    pub(crate) sort_order: SortOrder,
    /// Where the page begins.
    pub(crate) start: Start,
    /// The most resources of the page.
    pub(crate) count: usize,
    /// What of them is answered, if named.
    pub(crate) attributes: Vec<String>,
    /// What of them is not answered, if named.
    pub(crate) excluded_attributes: Vec<String>,
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SortOrder {
    /// From the lowest value to the highest.
    #[default]
    Ascending,
    /// From the highest value to the lowest.
    Descending,
}

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Start {
    /// At the resource with this number, from 1.
    Index(u64),
    /// Where the page before it ended; `None` is the first page of a list that is read by cursor (RFC 9865, 2).
    Cursor(Option<String>),
}

impl SearchRequest {
    /// Reads the query of a GET. Parameters that SCIM does not have are passed over.
    pub(crate) fn from_query(query: &str, sizes: PageSizes) -> Result<Self, ScimError> {
        Self::read(&query::members(query, &PARAMETERS)?, sizes)
    }

    /// Reads the body of a POST to `.search`.
    pub(crate) fn from_message(message: &Map<String, Value>, sizes: PageSizes) -> Result<Self, ScimError> {
        json::check_schema(message, SEARCH_REQUEST)?;
        Self::read(message, sizes)
    }

    fn read(sent: &Map<String, Value>, sizes: PageSizes) -> Result<Self, ScimError> {
        let mut reader = Reader { sent, faults: Vec::new() };
        let request = Self {
            filter: reader.text("filter").filter(|filter| !filter.is_empty()),
            sort_by: reader.text("sortBy").filter(|name| !name.is_empty()),
            sort_order: reader.sort_order(),
            start: reader.start(),
            count: reader.count(sizes)?,
            attributes: reader.names("attributes"),
            excluded_attributes: reader.names("excludedAttributes"),
        };
        ScimError::check(&reader.faults).map(|()| request)
    }
}

/// The names of `attributes` and of `excludedAttributes`: all that a query says where one resource is asked for.
pub(crate) fn names_of_query(query: &str) -> Result<[Vec<String>; 2], ScimError> {
    let sent = query::members(query, &NAMES)?;
    let mut reader = Reader { sent: &sent, faults: Vec::new() };
    let names = NAMES.map(|name| reader.names(name));
    ScimError::check(&reader.faults).map(|()| names)
}

struct Reader<'s> {
    sent: &'s Map<String, Value>,
    faults: Vec<Fault>,
}

impl<'s> Reader<'s> {
    fn get(&self, name: &str) -> Option<&'s Value> {
        json::member(self.sent, name).filter(|value| !value.is_null())
    }

    fn fault(&mut self, name: &str, reason: &'static str) {
        self.faults.push(Fault::new(name, reason));
    }

    fn text(&mut self, name: &str) -> Option<String> {
        let text = self.get(name)?.as_str().map(str::to_owned);
        if text.is_none() {
            self.fault(name, "must be a string");
        }
        text
    }

    fn sort_order(&mut self) -> SortOrder {
        const NAME: &str = "sortOrder";
        match self.text(NAME) {
            None => SortOrder::Ascending,
            Some(order) if order.eq_ignore_ascii_case("ascending") => SortOrder::Ascending,
            Some(order) if order.eq_ignore_ascii_case("descending") => SortOrder::Descending,
            Some(_) => {
                self.fault(NAME, "must be ascending or descending");
                SortOrder::Ascending
            }
        }
    }

    /// With a cursor, an empty one too, the list is read by cursor; then an index means nothing.
    fn start(&mut self) -> Start {
        const NAME: &str = "startIndex";
        if let Some(cursor) = self.text("cursor") {
            return Start::Cursor(Some(cursor).filter(|cursor| !cursor.is_empty()));
        }
        match self.get(NAME).map(whole) {
            None => Start::Index(1),
            // RFC 7644, 3.4.2.4: a value less than 1 is 1.
            Some(Some(index)) => Start::Index(u64::try_from(index).unwrap_or_default().max(1)),
            Some(None) => {
                self.fault(NAME, "must be a whole number");
                Start::Index(1)
            }
        }
    }

    /// RFC 7644, 3.4.2.4: a negative value is 0. Fewer than asked for may be answered.
    fn count(&mut self, sizes: PageSizes) -> Result<usize, ScimError> {
        match self.get("count").map(whole) {
            None => Ok(sizes.default.min(sizes.most)),
            Some(Some(count)) if count < 0 => Ok(0),
            Some(Some(count)) => Ok(usize::try_from(count).unwrap_or(usize::MAX).min(sizes.most)),
            Some(None) => Err(ScimError::new(ScimType::InvalidCount, "count must be a whole number")),
        }
    }

    /// A list of names, or names with commas between them.
    fn names(&mut self, name: &str) -> Vec<String> {
        let sent = match self.get(name) {
            None => return Vec::new(),
            Some(Value::String(names)) => return split(names),
            Some(Value::Array(sent)) => sent.iter().map(Value::as_str).collect::<Option<Vec<_>>>(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => None,
        };
        if sent.is_none() {
            self.fault(name, "must be a list of strings");
        }
        sent.unwrap_or_default().into_iter().map(str::to_owned).collect()
    }
}

fn split(names: &str) -> Vec<String> {
    names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// A whole number, of any size; `1e3` and `5.0` are such.
fn whole(sent: &Value) -> Option<i64> {
    match sent {
        Value::Number(number) => number.as_i64().or_else(|| {
            let number = number.as_f64().filter(|number| number.fract() == 0.0)?;
            query::whole(&format!("{number:.0}"))
        }),
        Value::String(digits) => query::whole(digits),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
