//! What a filter may ask, and what it finds.

use serde_json::json;

use super::{Client, ENTERPRISE, USER, id, refused, resource, resources};
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
        ("not(title pr)", "bob"),
        ("meta pr", "ann bob cat"),
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

#[tokio::test]
async fn a_time_that_was_answered_is_found_again() {
    let roster = Roster::start();
    let client = Client::of(&roster, "okta");
    for (path, one) in [("/Users", client.user("one").await), ("/Groups", client.group("one", &[]).await)] {
        for name in ["created", "lastModified"] {
            let time = one["meta"][name].as_str().unwrap();
            assert_eq!(client.found(path, &format!("meta.{name} eq \"{time}\"")).await.len(), 1, "{time}");
            assert_eq!(client.found(path, &format!("meta.{name} gt \"{time}\"")).await.len(), 0, "{time}");
        }
        assert_eq!(client.found(path, "meta pr").await.len(), 1);
    }
}

#[tokio::test]
async fn a_reference_is_looked_up_without_its_urn() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let boss = client.user("boss").await;
    let body = json!({"schemas": [USER, ENTERPRISE], "userName": "one", ENTERPRISE: {"manager": {"value": id(&boss)}}});
    let user = client.created("/Users", &body).await;
    let filter = |of: &str| format!("id eq \"{}\" and manager eq \"{of}\"", id(&user));
    assert_eq!(client.found("/Users", &filter(id(&boss))).await, std::slice::from_ref(&user));
    assert_eq!(client.found("/Users", &filter(id(&user))).await.len(), 0);
    let shown = client.read(&format!("/Users/{}?attributes=manager", id(&user))).await;
    assert_eq!(shown[ENTERPRISE]["manager"]["value"], id(&boss));
}

#[tokio::test]
async fn a_filter_has_a_hundred_terms_at_the_most() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let filter = |terms: usize| vec!["emails.value eq \"x\""; terms].join(" or ");
    assert_eq!(client.found("/Users", &filter(100)).await.len(), 0);
    refused(&client.get(&format!("/Users?filter={}", filter(101))).await, 400, Some("tooMany"));
}

#[tokio::test]
async fn a_search_of_both_kinds_takes_what_one_alone_has_for_absent_in_the_other() {
    let roster = Roster::start();
    let client = Client::of(&roster, "entra");
    let one = client.user("s1").await;
    let group = client.group("Grp1", &[id(&one)]).await;
    client.user("s2").await;
    let search = async |filter: &str| {
        let body = json!({"filter": filter, "sortBy": "userName"});
        let list = resource(&client.send("POST", "/.search", &body).await, 200);
        assert_eq!(list["totalResults"], resources(&list).len());
        resources(&list).iter().map(|found| id(found).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(search("userName eq \"s1\" or displayName eq \"Grp1\"").await, [id(&one), id(&group)]);
    assert_eq!(search("not (userName pr)").await, [id(&group)]);
    assert_eq!(search(&format!("members[value eq \"{}\"]", id(&one))).await, [id(&group)]);
    assert_eq!(search("userName ne \"s2\"").await, [id(&one), id(&group)]);
    for filter in ["nothing pr", "userName eq \"s1\" or nothing pr", "userName eq"] {
        let answer = client.send("POST", "/.search", &json!({"filter": filter})).await;
        refused(&answer, 400, Some("invalidFilter"));
    }
}
