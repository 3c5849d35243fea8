//! Lists of resources, as answers (RFC 7644, 3.4.2, and RFC 9865, 2).

use serde_json::{Map, Value, json};

use crate::schema::ResourceType;

const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct ListResponse {
    /// The resources of the page.
    pub(crate) resources: Vec<Value>,
    /// How many the whole list has, where that is known: a list that is read by cursor is not counted.
    pub(crate) total_results: Option<u64>,
    /// Which of the list the first one is, from 1, where it is read by index.
    pub(crate) start_index: Option<u64>,
    /// The cursor of the next page, where the list is read by cursor and goes on.
    pub(crate) next_cursor: Option<String>,
}

impl ListResponse {
    /// The whole of a short list, as `/Schemas` and `/ResourceTypes` answer it.
    pub(crate) fn whole(resources: Vec<Value>) -> Self {
        let total_results = u64::try_from(resources.len()).ok();
        Self { resources, total_results, start_index: Some(1), next_cursor: None }
    }

    /// The body of the answer.
    pub(crate) fn into_json(self) -> Value {
        let Self { resources, total_results, start_index, next_cursor } = self;
        let mut body = Map::from_iter([("schemas".to_owned(), json!([LIST_RESPONSE]))]);
        body.extend(total_results.map(|total| ("totalResults".to_owned(), total.into())));
        body.extend(start_index.map(|index| ("startIndex".to_owned(), index.into())));
        body.insert("itemsPerPage".to_owned(), resources.len().into());
        body.extend(next_cursor.map(|cursor| ("nextCursor".to_owned(), cursor.into())));
        body.insert("Resources".to_owned(), resources.into());
        body.into()
    }
}

/// The URNs that a resource has attributes of: what `schemas` of the resource says (RFC 7643, 3).
pub(crate) fn schemas_of(kind: &ResourceType, resource: &Map<String, Value>) -> Value {
    let used = kind.extensions.iter().map(|schema| schema.urn).filter(|urn| resource.contains_key(*urn));
    std::iter::once(kind.core.urn).chain(used).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::USER;

    #[test]
    fn a_page_by_index_has_a_total_and_one_by_cursor_has_none() {
        let page = ListResponse {
            resources: vec![json!({ "id": "1" })],
            total_results: Some(7),
            start_index: Some(3),
            next_cursor: None,
        };
        assert_eq!(
            page.into_json().to_string(),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":7,"startIndex":3,"itemsPerPage":1,"Resources":[{"id":"1"}]}"#
        );
        let page = ListResponse { next_cursor: Some("c".to_owned()), ..ListResponse::default() };
        assert_eq!(
            page.into_json().to_string(),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"itemsPerPage":0,"nextCursor":"c","Resources":[]}"#
        );
        let whole = ListResponse::whole(vec![json!(1), json!(2)]).into_json();
        assert_eq!((&whole["totalResults"], &whole["itemsPerPage"]), (&json!(2), &json!(2)));
    }

    #[test]
    fn a_resource_names_the_schemas_that_it_uses() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let resource = json!({ "userName": "x", urn: {} });
        assert_eq!(schemas_of(&USER, resource.as_object().unwrap()), json!([USER.core.urn, urn]));
    }
}
