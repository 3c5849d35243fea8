//! Lists of resources, as answers (RFC 7644, 3.4.2, and RFC 9865, 2).

use serde::Serialize;
use serde_json::Value;

use crate::error::ScimError;
use crate::refused;

const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// About how many bytes most users take.
const USUAL_BYTES: usize = 1_024;

/// What is said of a page before its resources.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Head {
    /// How many the whole list has, where that is known: a list that is read by cursor is not counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) total_results: Option<u64>,
    /// Which of the list the first one is, from 1, where it is read by index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) start_index: Option<u64>,
    /// How many the page has.
    pub(crate) items_per_page: usize,
    /// The cursor of the next page, where the list is read by cursor and goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next_cursor: Option<String>,
}

/// A page of a list, written down as it is answered.
#[derive(Debug)]
pub(crate) struct ListResponse {
    json: Vec<u8>,
    /// Where its first resource begins.
    start: usize,
}

impl ListResponse {
    /// A page that has no resources yet.
    pub(crate) fn new(head: &Head) -> Result<Self, ScimError> {
        #[derive(Serialize)]
        struct Message<'h> {
            schemas: [&'static str; 1],
            #[serde(flatten)]
            head: &'h Head,
        }
        let mut json = Vec::with_capacity(head.items_per_page.saturating_add(1).saturating_mul(USUAL_BYTES));
        serde_json::to_writer(&mut json, &Message { schemas: [LIST_RESPONSE], head })
            .map_err(|error| refused::unwritable(&error))?;
        json.truncate(json.len().saturating_sub("}".len()));
        json.extend_from_slice(b",\"Resources\":[");
        Ok(Self { start: json.len(), json })
    }

    /// The whole of a short list, as `/Schemas` and `/ResourceTypes` answer it.
    pub(crate) fn whole(resources: &[Value]) -> Result<Self, ScimError> {
        let count = resources.len();
        let total_results = u64::try_from(count).ok();
        let head = Head { total_results, start_index: Some(1), items_per_page: count, ..Head::default() };
        let mut list = Self::new(&head)?;
        for resource in resources {
            serde_json::to_writer(list.next(), resource).map_err(|error| refused::unwritable(&error))?;
        }
        Ok(list)
    }

    /// Where the next resource is to be written.
    pub(crate) fn next(&mut self) -> &mut Vec<u8> {
        if self.json.len() > self.start {
            self.json.push(b',');
        }
        &mut self.json
    }

    /// The page, which has all its resources.
    pub(crate) fn into_json(mut self) -> Vec<u8> {
        self.json.extend_from_slice(b"]}");
        self.json
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_by_index_has_a_total_and_one_by_cursor_has_none() {
        let text = |page: ListResponse| String::from_utf8(page.into_json()).unwrap();
        let by_index =
            Head { total_results: Some(7), start_index: Some(3), items_per_page: 1, next_cursor: None };
        let mut one = ListResponse::new(&by_index).unwrap();
        one.next().extend_from_slice(br#"{"id":"1"}"#);
        assert_eq!(
            text(one),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":7,"startIndex":3,"itemsPerPage":1,"Resources":[{"id":"1"}]}"#
        );
        let by_cursor = Head { next_cursor: Some("c".to_owned()), ..Head::default() };
        assert_eq!(
            text(ListResponse::new(&by_cursor).unwrap()),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"itemsPerPage":0,"nextCursor":"c","Resources":[]}"#
        );
        assert_eq!(
            text(ListResponse::whole(&[json!(1), json!(2)]).unwrap()),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":2,"startIndex":1,"itemsPerPage":2,"Resources":[1,2]}"#
        );
    }
}
