use super::*;

#[test]
fn z9_a_client_id_is_a_positive_integer_of_64_bits() {
    for (spelt, why) in [
        ("1", None),
        ("9223372036854775807", None),
        ("9223372036854775808", Some(RANGE)),
        ("0", Some(RANGE)),
        ("-0", Some(RANGE)),
        ("-1", Some(RANGE)),
        ("33.0", Some(REQUIRED_INTEGER)),
        ("33.5", Some(REQUIRED_INTEGER)),
        ("1e2", Some(REQUIRED_INTEGER)),
        ("\"33\"", Some(REQUIRED_INTEGER)),
    ] {
        let body = with_list(&format!(r#"[{{"clientId":{spelt},"profileId":"1"}}]"#));
        let expected: Vec<_> = why.map(|why| ("clientsProfile[0].clientId", why)).into_iter().collect();
        assert_faults(&body, &expected);
    }
}

#[test]
fn z9_a_profile_id_is_a_text_or_an_integer_that_means_its_text() {
    for (spelt, meant) in [
        ("1", Ok("1")),
        ("\"1\"", Ok("1")),
        ("\"\\u0031\"", Ok("1")),
        ("0", Ok("0")),
        ("-0", Ok("0")),
        ("-5", Ok("-5")),
        ("123456789012345678901234567890", Ok("123456789012345678901234567890")),
        ("\" é \"", Ok(" é ")),
        ("\"1.0\"", Ok("1.0")),
        ("1.0", Err(REQUIRED_STRING)),
        ("1e0", Err(REQUIRED_STRING)),
        ("1E5", Err(REQUIRED_STRING)),
        ("false", Err(REQUIRED_STRING)),
        ("\"\"", Err("Field must not be empty")),
        ("\"a\\u0000\"", Err("Field must not contain control characters")),
    ] {
        let body = with_list(&format!(r#"[{{"clientId":7,"profileId":{spelt}}}]"#));
        match meant {
            Ok(text) => {
                let wanted = read(&body);
                assert!(wanted.faults.is_empty(), "{spelt}");
                assert_eq!(wanted.patch.grants, GrantsPatch::Replace([grant(7, text)].into()), "{spelt}");
            }
            Err(why) => assert_faults(&body, &[("clientsProfile[0].profileId", why)]),
        }
    }
    for (spelt, accepted) in [
        (format!("\"{}\"", "é".repeat(255)), true),
        (format!("\"{}\"", "é".repeat(256)), false),
        ("1".repeat(255), true),
        ("1".repeat(256), false),
    ] {
        let body = with_list(&format!(r#"[{{"clientId":7,"profileId":{spelt}}}]"#));
        assert_eq!(read(&body).faults.is_empty(), accepted, "{spelt}");
    }
}

#[test]
fn z9_pairs_form_a_set_and_a_client_may_have_several_profiles() {
    let body = with_list(
        r#"[{"clientId":7,"profileId":"1"},{"profileId":1,"clientId":7},{"clientId":7,"profileId":"2"}]"#,
    );
    let wanted = read(&body);
    assert!(wanted.faults.is_empty());
    assert_eq!(wanted.patch.grants, GrantsPatch::Replace([grant(7, "1"), grant(7, "2")].into()));
    assert_eq!(wanted.grants.places(&grant(7, "1")).collect::<Vec<_>>(), [0, 1]);
    let wanted = read(&with_list("[]"));
    assert!(wanted.faults.is_empty());
    assert_eq!(wanted.patch.grants, GrantsPatch::Replace([].into()));
}

#[test]
fn z9_more_than_1000_entries_are_one_fault() {
    let list = |entry: &str, n: usize| with_list(&format!("[{}]", vec![entry; n].join(",")));
    let good = r#"{"clientId":7,"profileId":"1"}"#;
    assert_faults(&list(good, 1_000), &[]);
    for entry in [good, "null", r#"{"x":1}"#] {
        assert_faults(&list(entry, 1_001), &[("clientsProfile", "Field must have at most 1000 entries")]);
    }
}

#[test]
fn all_faults_of_the_list_are_named_entry_by_entry() {
    let body =
        with_list(r#"[{"profileId":true,"x":1,"clientId":0},null,{},{"clientId":1,"profileId":"1"},[{}]]"#);
    assert_faults(
        &body,
        &[
            ("clientsProfile[0].clientId", RANGE),
            ("clientsProfile[0].profileId", REQUIRED_STRING),
            ("clientsProfile[0].x", "Field is not known"),
            ("clientsProfile[1]", REQUIRED_OBJECT),
            ("clientsProfile[2].clientId", REQUIRED_INTEGER),
            ("clientsProfile[2].profileId", REQUIRED_STRING),
            ("clientsProfile[4]", REQUIRED_OBJECT),
        ],
    );
}

#[test]
fn z9_what_the_directory_refuses_is_named_where_it_stands_in_the_list() {
    let body = with_list(
        r#"[{"clientId":7,"profileId":"1"},{"clientId":8,"profileId":"1"},{"clientId":7,"profileId":1}]"#,
    );
    let asked = read(&body).grants;
    let places = |at: FaultAt, reason: Reason| -> Vec<(String, String)> {
        let found = faults_of(&DirectoryFault { at, reason }, &asked);
        found.into_iter().map(|fault| (fault.place.to_string(), fault.description)).collect()
    };
    let why = "Field names no registered client";
    assert_eq!(
        places(FaultAt::GrantClient(grant(7, "1")), Reason::UnknownClient),
        pairs(&[("clientsProfile[0].clientId", why), ("clientsProfile[2].clientId", why)])
    );
    assert_eq!(
        places(FaultAt::GrantProfile(grant(8, "1")), Reason::UnknownProfile),
        pairs(&[("clientsProfile[1].profileId", "Field names no registered profile")])
    );
    assert_eq!(
        places(FaultAt::Field(UserField::Email), Reason::Taken),
        pairs(&[("email", "Field is held by another user")])
    );
}
