//! Lists of resources, as answers (RFC 7644, 3.4.2, and RFC 9865, 2).

use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::error::ScimError;
use crate::refused;
use crate::representation::{Node, Object};
use crate::schema::ResourceType;

const LIST_RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A resource as it is answered, written down: a page of them takes a tenth of what it would take as values.
pub(crate) type Written = Box<RawValue>;

/// Writes a resource down.
pub(crate) fn write(resource: &impl Serialize) -> Result<Written, ScimError> {
    to_raw_value(resource).map_err(|error| refused::unwritable(&error))
}

/// A page of a list.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListResponse {
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
    #[serde(rename = "Resources")]
    resources: Vec<Written>,
}

impl ListResponse {
    /// A page of a list that is read by index.
    pub(crate) fn by_index(resources: Vec<Written>, total_results: Option<u64>, start_index: u64) -> Self {
        Self { total_results, start_index: Some(start_index), ..Self::by_cursor(resources, None) }
    }

    /// A page of a list that is read by cursor.
    pub(crate) fn by_cursor(resources: Vec<Written>, next_cursor: Option<String>) -> Self {
        Self {
            schemas: [LIST_RESPONSE],
            total_results: None,
            start_index: None,
            items_per_page: resources.len(),
            next_cursor,
            resources,
        }
    }

    /// The whole of a short list, as `/Schemas` and `/ResourceTypes` answer it.
    pub(crate) fn whole(resources: &[Value]) -> Result<Self, ScimError> {
        let written = resources.iter().map(write).collect::<Result<_, _>>()?;
        Ok(Self::by_index(written, u64::try_from(resources.len()).ok(), 1))
    }
}

/// The URNs that a resource has attributes of: what `schemas` of the resource says (RFC 7643, 3).
pub(crate) fn schemas_of(kind: &ResourceType, resource: &Object<'_>) -> Node<'static> {
    let used = kind.extensions.iter().map(|schema| schema.urn).filter(|urn| resource.get(urn).is_some());
    std::iter::once(kind.core.urn).chain(used).map(Node::from).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::USER;

    #[test]
    fn a_page_by_index_has_a_total_and_one_by_cursor_has_none() {
        let text = |page: ListResponse| serde_json::to_string(&page).unwrap();
        assert_eq!(
            text(ListResponse::by_index(vec![write(&json!({ "id": "1" })).unwrap()], Some(7), 3)),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":7,"startIndex":3,"itemsPerPage":1,"Resources":[{"id":"1"}]}"#
        );
        assert_eq!(
            text(ListResponse::by_cursor(Vec::new(), Some("c".to_owned()))),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"itemsPerPage":0,"nextCursor":"c","Resources":[]}"#
        );
        assert_eq!(
            text(ListResponse::whole(&[json!(1), json!(2)]).unwrap()),
            r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":2,"startIndex":1,"itemsPerPage":2,"Resources":[1,2]}"#
        );
    }

    #[test]
    fn a_resource_names_the_schemas_that_it_uses() {
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        let mut resource = Object::default();
        resource.push("userName", "x");
        resource.within(urn, |_| {});
        let schemas = serde_json::to_value(schemas_of(&USER, &resource)).unwrap();
        assert_eq!(schemas, json!([USER.core.urn, urn]));
    }
}
