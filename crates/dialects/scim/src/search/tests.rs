use serde_json::json;

use super::*;

const SIZES: PageSizes = PageSizes { default: 50, most: 200 };

fn plain() -> SearchRequest {
    SearchRequest {
        filter: None,
        sort_by: None,
        sort_order: SortOrder::Ascending,
        start: Start::Index(1),
        count: 50,
        attributes: Vec::new(),
        excluded_attributes: Vec::new(),
    }
}

fn query(query: &str) -> SearchRequest {
    SearchRequest::from_query(query, SIZES).unwrap()
}

fn message(message: Value) -> Result<SearchRequest, ScimError> {
    SearchRequest::from_message(message.as_object().unwrap(), SIZES)
}

#[test]
fn nothing_is_the_first_page_of_all() {
    for text in ["", "&", "filter=&sortBy=", "unknown=1"] {
        assert_eq!(query(text), plain(), "{text}");
    }
    assert_eq!(message(json!({})), Ok(plain()));
    assert_eq!(message(json!({ "cursor": null, "filter": null, "attributes": [] })), Ok(plain()));
}

#[test]
fn a_query_and_a_message_say_the_same() {
    let expected = SearchRequest {
        filter: Some("userName eq \"a+b c\"".to_owned()),
        sort_by: Some("name.familyName".to_owned()),
        sort_order: SortOrder::Descending,
        start: Start::Index(11),
        count: 10,
        attributes: vec!["userName".to_owned(), "emails".to_owned()],
        excluded_attributes: vec!["groups".to_owned()],
    };
    let text = "filter=userName+eq%20%22a%2Bb c%22&sortBy=name.familyName&sortorder=Descending&startIndex=11&count=10\
        &attributes=userName,%20emails,&excludedAttributes=groups";
    assert_eq!(query(text), expected);
    let sent = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": "userName eq \"a+b c\"",
        "sortBy": "name.familyName",
        "sortOrder": "descending",
        "STARTINDEX": 11,
        "count": 10,
        "attributes": ["userName", "emails"],
        "excludedAttributes": ["groups"],
    });
    assert_eq!(message(sent), Ok(expected));
}

#[test]
fn pages_are_kept_within_their_bounds() {
    for (text, start, count) in [
        ("startIndex=0&count=0", 1, 0),
        ("startIndex=-7&count=-7", 1, 0),
        ("startIndex=2&count=201", 2, 200),
        ("startIndex=99999999999999999999&count=99999999999999999999", 9_223_372_036_854_775_807, 200),
        ("startIndex=-99999999999999999999&count=-99999999999999999999", 1, 0),
    ] {
        let request = query(text);
        assert_eq!((request.start, request.count), (Start::Index(start), count), "{text}");
    }
    for (count, expected) in
        [(json!(18_446_744_073_709_551_615_u64), 200), (json!(1e30), 200), (json!(-1e30), 0), (json!(5.0), 5)]
    {
        let request = message(json!({ "count": count, "startIndex": count })).unwrap();
        assert_eq!(request.count, expected, "{count}");
    }
    let far = json!({ "startIndex": 1e30 });
    assert_eq!(message(far).unwrap().start, Start::Index(9_223_372_036_854_775_807));
}

#[test]
fn parameters_that_mean_nothing_are_passed_over() {
    assert_eq!(query("unknown=1&unknown=2&%zz=1&other=%zz"), plain());
    let names = |text| names_of_query(text).map_err(|error| error.detail.into_owned());
    let expected = [vec!["userName".to_owned()], vec![]];
    assert_eq!(names("count=abc&startIndex=&attributes=userName&filter=%zz"), Ok(expected));
    assert_eq!(names("attributes=a&Attributes=b"), Err("Attributes is given more than once".to_owned()));
}

#[test]
fn a_cursor_may_be_empty_and_outranks_the_index() {
    for (text, cursor) in [("cursor", None), ("cursor=", None), ("cursor=abc&startIndex=3", Some("abc"))] {
        assert_eq!(query(text).start, Start::Cursor(cursor.map(str::to_owned)), "{text}");
    }
    assert_eq!(message(json!({ "cursor": "" })).unwrap().start, Start::Cursor(None));
}

#[test]
fn what_can_not_be_read_is_told_and_not_repeated() {
    use ScimType::{InvalidCount, InvalidSyntax, InvalidValue};
    for (text, scim_type, detail) in [
        ("count=secret", InvalidCount, "count must be a whole number"),
        ("count=", InvalidCount, "count must be a whole number"),
        (
            "startIndex=1.5&sortOrder=up",
            InvalidValue,
            "sortOrder must be ascending or descending; startIndex must be a whole number",
        ),
        ("filter=a&Filter=b", InvalidValue, "Filter is given more than once"),
        ("filter=%zz", InvalidValue, "filter has a percent sign without two hexadecimal digits after it"),
    ] {
        let error = SearchRequest::from_query(text, SIZES).unwrap_err();
        assert_eq!((error.scim_type, error.detail.as_ref()), (Some(scim_type), detail), "{text}");
    }
    for (sent, scim_type, detail) in [
        (
            json!({ "filter": 1, "attributes": [1] }),
            InvalidValue,
            "filter must be a string; attributes must be a list of strings",
        ),
        (json!({ "count": 1.5 }), InvalidCount, "count must be a whole number"),
        (
            json!({ "schemas": ["x"] }),
            InvalidSyntax,
            "schemas must have urn:ietf:params:scim:api:messages:2.0:SearchRequest in it",
        ),
    ] {
        let error = message(sent).unwrap_err();
        assert_eq!((error.scim_type, error.detail.as_ref()), (Some(scim_type), detail));
    }
}
