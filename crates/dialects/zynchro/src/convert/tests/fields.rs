use super::*;

/// One value of each JSON type, by the document's name for the type.
fn one_of_each() -> [(&'static str, Value); 7] {
    [
        ("Null", Value::Null),
        ("Boolean", json!(true)),
        ("Integer", json!(7)),
        ("Number", serde_json::from_str("7.5").unwrap()),
        ("String", json!("text")),
        ("Array", json!([])),
        ("Object", json!({})),
    ]
}

#[test]
fn z7_every_field_refuses_every_other_type() {
    for (pointer, place, wanted, required) in [
        ("/data/user/name", "name", "String", REQUIRED_STRING),
        ("/data/user/password", "password", "String", REQUIRED_STRING),
        ("/data/user/telephone", "telephone", "String", REQUIRED_STRING),
        ("/data/clientsProfile", "clientsProfile", "Array", REQUIRED_ARRAY),
        ("/data/user/email", "email", "String", REQUIRED_STRING),
        ("/data/user/lastLogin", "lastLogin", "String", REQUIRED_STRING),
        ("/data/user/isControlTower", "isControlTower", "Boolean", REQUIRED_BOOLEAN),
        ("/data/user/id", "id", "Integer", REQUIRED_INTEGER),
        ("/data/clientsProfile/0", "clientsProfile[0]", "Object", REQUIRED_OBJECT),
        ("/data/clientsProfile/1/clientId", "clientsProfile[1].clientId", "Integer", REQUIRED_INTEGER),
        ("/data/clientsProfile/1/profileId", "clientsProfile[1].profileId", "String", REQUIRED_STRING),
    ] {
        let optional = ["lastLogin", "isControlTower", "id"].contains(&place);
        for (name, value) in one_of_each() {
            let body = request(|request| {
                let user = request.pointer_mut("/data/user").unwrap();
                user["lastLogin"] = Value::Null;
                user["id"] = json!(3);
                *request.pointer_mut(pointer).unwrap() = value;
            });
            let accepted = name == wanted
                || (name == "Null" && optional)
                || (name == "Integer" && place.ends_with(".profileId"));
            if !accepted {
                assert_faults(&body, &[(place, required)]);
                continue;
            }
            // Of the right type: if it is refused, then for its value.
            let found = faults(&body);
            assert!(found.iter().all(|(_, why)| why != required), "{body}: {found:?}");
        }
    }
}

#[test]
fn z7_an_object_of_another_type_is_named_with_what_is_missing_in_it() {
    let missing = [
        ("name", REQUIRED_STRING),
        ("password", REQUIRED_STRING),
        ("telephone", REQUIRED_STRING),
        ("email", REQUIRED_STRING),
    ];
    for (name, value) in one_of_each() {
        if ["Null", "Object"].contains(&name) {
            continue;
        }
        let body = request(|request| request["data"]["user"] = value.clone());
        assert_faults(&body, &[&missing[..], &[("user", REQUIRED_OBJECT)]].concat());
        let body = request(|request| request["data"] = value.clone());
        let list = [("clientsProfile", REQUIRED_ARRAY)];
        let expected = [&missing[..3], &list, &missing[3..], &[("data", REQUIRED_OBJECT)]].concat();
        assert_faults(&body, &expected);
        let body = request(|request| request["header"] = value);
        assert_faults(&body, &[("header", REQUIRED_OBJECT)]);
    }
}

#[test]
fn z7_texts_have_their_limits_and_no_control_characters() {
    let long = |n: usize| "é".repeat(n);
    let email = |n: usize| format!("{}@example.com", "é".repeat(n - 12));
    for (key, accepted, refused, why) in [
        ("name", vec![String::new(), long(255)], long(256), "Field must have at most 255 characters"),
        ("telephone", vec![String::new(), long(64)], long(65), "Field must have at most 64 characters"),
        ("password", vec![long(8), long(256)], long(257), "Field must have at most 256 characters"),
        ("password", vec![], long(7), "Field must have at least 8 characters"),
        ("password", vec![], String::new(), "Field must have at least 8 characters"),
        (
            "email",
            vec![email(254), "a@localhost".to_owned()],
            email(255),
            "Field must have at most 254 characters",
        ),
    ] {
        for text in accepted {
            let body = request(|request| request["data"]["user"][key] = json!(text));
            assert_faults(&body, &[]);
        }
        let body = request(|request| request["data"]["user"][key] = json!(refused));
        assert_faults(&body, &[(key, why)]);
    }
    for key in ["name", "password", "telephone", "email"] {
        for control in ['\0', '\u{1f}', '\u{7f}', '\u{9f}'] {
            let body = request(|request| request["data"]["user"][key] = json!(format!("abcdefgh{control}")));
            assert_faults(&body, &[(key, "Field must not contain control characters")]);
        }
    }
}

#[test]
fn z7_an_email_is_checked_as_in_every_dialect() {
    let why = "Field must be an email address: one @ between non-empty parts, without white space";
    for email in ["", "a", "a@", "@b", "a@b@c", "a b@c"] {
        let body = request(|request| request["data"]["user"]["email"] = json!(email));
        assert_faults(&body, &[("email", why)]);
    }
}

#[test]
fn z7_last_login_is_a_date_and_time() {
    let body = request(|request| request["data"]["user"]["lastLogin"] = json!("06-22-2024 05:04:06 PM"));
    let wanted = read(&body);
    assert!(wanted.faults.is_empty());
    let time = Timestamp::parse_rfc3339("2024-06-22T17:04:06Z").unwrap();
    assert_eq!(wanted.patch.profile.last_login, Change::Set(time));
    assert_eq!(wanted.patch.last_login_resolution, Resolution::Second);
    for text in ["", "yesterday", "2024-06-22", "06-22-2024 17:04:06 PM", "06-22-2024 05:04:06 PM\0"] {
        let body = request(|request| request["data"]["user"]["lastLogin"] = json!(text));
        let why = "Field must be a date and time in UTC as MM-dd-yyyy hh:mm:ss AM/PM, or an RFC 3339 date-time with \
             an offset, in the years 0001 to 9999";
        assert_faults(&body, &[("lastLogin", why)]);
    }
}

#[test]
fn z8_an_optional_field_that_is_absent_or_null_is_kept() {
    let body = request(|request| request["data"]["user"]["isControlTower"] = Value::Null);
    let wanted = read(&body);
    assert!(wanted.faults.is_empty());
    assert_eq!(wanted.patch.profile.control_tower, Change::Keep);
    assert_eq!(wanted.patch.profile.last_login, Change::Keep);
    let body = request(|request| request["data"]["user"]["isControlTower"] = json!(false));
    assert_eq!(read(&body).patch.profile.control_tower, Change::Set(false));
}

#[test]
fn z7_the_id_in_the_body_must_be_that_of_the_path() {
    for (spelt, why) in [
        ("3", None),
        ("null", None),
        ("4", Some("Field must be the id of the path")),
        ("0", Some(RANGE)),
        ("9223372036854775808", Some(RANGE)),
        ("3.0", Some(REQUIRED_INTEGER)),
        ("\"3\"", Some(REQUIRED_INTEGER)),
    ] {
        let body = request(|_| ()).replacen("\"user\":{", &format!("\"user\":{{\"id\":{spelt},"), 1);
        let expected: Vec<_> = why.map(|why| ("id", why)).into_iter().collect();
        assert_faults(&body, &expected);
    }
}
