//! What a filter may ask, and what it finds.

use serde_json::json;

use super::{Client, USER, refused};
use crate::harness::Roster;

#[tokio::test]
async fn an_attribute_that_is_unknown_in_a_filter_is_400_invalid_filter() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    client.user("somebody").await;
    for filter in [
        "noSuchAttribute eq \"x\"",
        "name.noSuchAttribute pr",
        "emails[noSuchAttribute eq \"x\"]",
        "urn:example:none:1.0:User:userName eq \"x\"",
        "userName eq \"x\" or noSuchAttribute pr",
        "userName",
        "userName eq",
        "userName zz \"x\"",
        "userName eq \"x",
        "(userName pr",
        "active gt true",
        "and",
    ] {
        refused(&client.get(&format!("/Users?filter={filter}")).await, 400, Some("invalidFilter"));
    }
    refused(&client.get("/Groups?filter=userName pr").await, 400, Some("invalidFilter"));
}

#[tokio::test]
async fn filters_find_what_the_rfc_says() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    for (name, family, title) in
        [("ann", "Ames", Some("Guide")), ("bob", "Byrne", None), ("cat", "Clark", Some("Clerk"))]
    {
        let body =
            json!({"schemas": [USER], "userName": name, "name": {"familyName": family}, "title": title});
        client.created("/Users", &body).await;
    }
    for (filter, expected) in [
        ("userName eq \"ann\"", "ann"),
        ("USERNAME EQ \"ANN\"", "ann"),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"ann\"", "ann"),
        ("userName ne \"ann\"", "bob cat"),
        ("userName sw \"a\" or userName ew \"T\"", "ann cat"),
        ("name.familyName co \"AR\"", "cat"),
        ("title pr", "ann cat"),
        ("not (title pr)", "bob"),
        ("title pr and not (name.familyName sw \"C\")", "ann"),
        ("userName gt \"ann\" and userName le \"cat\"", "bob cat"),
        ("(userName eq \"ann\" or userName eq \"bob\") and title pr", "ann"),
        ("userName eq \"ann\" or userName eq \"bob\" and title pr", "ann"),
        ("active eq true", "ann bob cat"),
        ("active eq false", ""),
        ("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"", "ann bob cat"),
    ] {
        let found = client.found("/Users", filter).await;
        let mut names: Vec<&str> = found.iter().map(|user| user["userName"].as_str().unwrap()).collect();
        names.sort_unstable();
        assert_eq!(names.join(" "), expected, "{filter}");
    }
}
