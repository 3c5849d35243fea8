//! Lists of resources, as answers (RFC 7644, 3.4.2, and RFC 9865, 2).

use serde::Serialize;
use serde_json::Value;

use crate::error::ScimError;
use crate::refused;

const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// About how many bytes most users take.
const USUAL_BYTES: usize = 1_024;

/// Resources as they are answered, written down one behind the other: a page of them takes a tenth of what it would take as
/// values.
#[derive(Debug, Default)]
pub(crate) struct Resources {
    written: Vec<u8>,
    count: usize,
}

impl Resources {
    /// None yet, with room for so many.
    pub(crate) fn with_capacity(count: usize) -> Self {
        Self { written: Vec::with_capacity(count.saturating_mul(USUAL_BYTES)), count: 0 }
    }

    /// Where the next one is to be written.
    pub(crate) fn next(&mut self) -> &mut Vec<u8> {
        self.separate();
        self.count += 1;
        &mut self.written
    }

    /// Adds others behind them.
    pub(crate) fn append(&mut self, others: &Self) {
        if others.count > 0 {
            self.separate();
            self.count += others.count;
            self.written.extend_from_slice(&others.written);
        }
    }

    /// How many they are.
    pub(crate) fn len(&self) -> usize {
        self.count
    }

    fn separate(&mut self) {
        if self.count > 0 {
            self.written.push(b',');
        }
    }
}

/// A page of a list.
#[derive(Debug)]
pub(crate) struct ListResponse {
    head: Head,
    resources: Resources,
}

/// What is said of a page before its resources.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Head {
    schemas: [&'static str; 1],
    /// How many the whole list has, where that is known: a list that is read by cursor is not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_results: Option<u64>,
    /// Which of the list the first one is, from 1, where it is read by index.
    #[serde(skip_serializing_if = "Option::is_none")]
    start_index: Option<u64>,
    items_per_page: usize,
    /// The cursor of the next page, where the list is read by cursor and goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl ListResponse {
    fn new(resources: Resources) -> Self {
        let head = Head {
            schemas: [LIST_RESPONSE],
            total_results: None,
            start_index: None,
            items_per_page: resources.len(),
            next_cursor: None,
        };
        Self { head, resources }
    }

    /// A page of a list that is read by index.
    pub(crate) fn by_index(resources: Resources, total_results: Option<u64>, start_index: u64) -> Self {
        let Self { head, resources } = Self::new(resources);
        Self { head: Head { total_results, start_index: Some(start_index), ..head }, resources }
    }

    /// A page of a list that is read by cursor.
    pub(crate) fn by_cursor(resources: Resources, next_cursor: Option<String>) -> Self {
        let Self { head, resources } = Self::new(resources);
        Self { head: Head { next_cursor, ..head }, resources }
    }

    /// The whole of a short list, as `/Schemas` and `/ResourceTypes` answer it.
    pub(crate) fn whole(resources: &[Value]) -> Result<Self, ScimError> {
        let mut written = Resources::default();
        for resource in resources {
            serde_json::to_writer(written.next(), resource).map_err(|error| refused::unwritable(&error))?;
        }
        Ok(Self::by_index(written, u64::try_from(resources.len()).ok(), 1))
    }

    /// The page as it is answered: `Resources` comes last.
    pub(crate) fn to_json(&self) -> Result<Vec<u8>, ScimError> {
        let mut json = serde_json::to_vec(&self.head).map_err(|error| refused::unwritable(&error))?;
        json.truncate(json.len().saturating_sub("}".len()));
        let parts: [&[u8]; 3] = [b",\"Resources\":[", &self.resources.written, b"]}"];
        json.reserve(parts.iter().map(|part| part.len()).sum());
        parts.iter().for_each(|part| json.extend_from_slice(part));
        Ok(json)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_by_index_has_a_total_and_one_by_cursor_has_none() {
        let text = |page: ListResponse| String::from_utf8(page.to_json().unwrap()).unwrap();
        let mut one = Resources::default();
        one.next().extend_from_slice(br#"{"id":"1"}"#);
        assert_eq!(
            text(ListResponse::by_index(one, Some(7), 3)),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":7,"startIndex":3,"itemsPerPage":1,"Resources":[{"id":"1"}]}"#
        );
        assert_eq!(
            text(ListResponse::by_cursor(Resources::default(), Some("c".to_owned()))),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"itemsPerPage":0,"nextCursor":"c","Resources":[]}"#
        );
        assert_eq!(
            text(ListResponse::whole(&[json!(1), json!(2)]).unwrap()),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":2,"startIndex":1,"itemsPerPage":2,"Resources":[1,2]}"#
        );
    }

    #[test]
    fn resources_are_put_behind_others() {
        let of = |numbers: &[u8]| {
            let mut resources = Resources::with_capacity(numbers.len());
            numbers
                .iter()
                .for_each(|number| resources.next().extend_from_slice(number.to_string().as_bytes()));
            resources
        };
        let mut all = of(&[]);
        for more in [&[][..], &[1, 2], &[], &[3]] {
            all.append(&of(more));
        }
        assert_eq!((all.len(), all.written.as_slice()), (3, &b"1,2,3"[..]));
    }
}
