use super::*;

#[test]
fn z7_what_is_missing_is_named_in_the_order_of_the_documented_example() {
    let errors: Vec<(String, String)> = openapi::errors()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| (e["fieldName"].as_str().unwrap().to_owned(), e["fieldDesc"].as_str().unwrap().to_owned()))
        .collect();
    assert_eq!(errors.len(), 5);
    for body in [
        r#"{"header":{"transactionId":"123455566677788"},"data":{"user":{}}}"#,
        r#"{"header":{"transactionId":"123455566677788"},"data":{}}"#,
        r#"{"header":{},"data":{"user":null,"clientsProfile":null}}"#,
        r#"{"header":null,"data":null}"#,
        "{}",
        " \t\r\n{ } ",
        r#"{"data":{"user":{"name":null,"password":null,"telephone":null,"email":null,"lastLogin":null,"isControlTower":null,"id":null}}}"#,
    ] {
        assert_eq!(faults(body), errors, "{body}");
    }
}

#[test]
fn z7_header_is_not_required() {
    let body = request(|request| drop(request.as_object_mut().unwrap().remove("header")));
    let wanted = read(&body);
    assert!(wanted.faults.is_empty());
    assert_eq!(wanted.transaction_id, None);
}

#[test]
fn d9_all_faults_are_named_at_once_in_one_order() {
    let body = r#"{"surplus":1,"header":{"transactionId":[]},"data":{
        "clientsProfile":[{"clientId":"1"}],
        "user":{"isControlTower":"yes","lastLogin":1,"email":"none","telephone":5,"password":"short","name":null,
            "id":"3","nam":"x","telephone":"5"},
        "success":true}}"#;
    let wanted = read_at("/zynchro.api.system-config/v1/users/three", body, UnknownFields::Refuse);
    assert_eq!(wanted.transaction_id, None);
    let expected = pairs(&[
        ("name", REQUIRED_STRING),
        ("password", "Field must have at least 8 characters"),
        ("telephone", "Field must be given once"),
        ("telephone", REQUIRED_STRING),
        ("email", "Field must be an email address: one @ between non-empty parts, without white space"),
        ("lastLogin", REQUIRED_STRING),
        ("isControlTower", REQUIRED_BOOLEAN),
        ("clientsProfile[0].clientId", REQUIRED_INTEGER),
        ("clientsProfile[0].profileId", REQUIRED_STRING),
        ("id", REQUIRED_INTEGER),
        ("id", REQUIRED_INTEGER),
        ("transactionId", REQUIRED_STRING),
        ("surplus", "Field is not known"),
        ("success", "Field is not known"),
        ("nam", "Field is not known"),
    ]);
    assert_eq!(answered(wanted.faults), expected);
}

#[test]
fn z7_unknown_keys_are_ignored_in_the_header_and_refused_elsewhere() {
    let body = request(|request| {
        request["header"]["resultCode"] = json!("ok");
        request["header"]["x"] = json!({"y": [1]});
    });
    assert_faults(&body, &[]);
    let long = "é".repeat(70);
    let body = request(|request| {
        request["x"] = Value::Null;
        request["data"]["x"] = Value::Null;
        request["data"]["user"]["Name"] = json!("x");
        request["data"]["user"][&long] = json!("x");
        request["data"]["user"]["clientsProfile"] = json!([]);
        request["data"]["clientsProfile"][1][&long] = json!("x");
    });
    let why = "Field is not known";
    let (cut, cut_entry) = ("é".repeat(64), format!("clientsProfile[1].{}", "é".repeat(64)));
    let expected = [
        (cut_entry.as_str(), why),
        ("x", why),
        ("x", why),
        ("Name", why),
        (&cut, why),
        ("clientsProfile", why),
    ];
    assert_faults(&body, &expected);
    let wanted = read_at("/users/3", &body, UnknownFields::Ignore);
    assert!(wanted.faults.is_empty());
}

#[test]
fn a_key_that_comes_twice_is_an_error_wherever_it_is() {
    let once = "Field must be given once";
    for unknown in [UnknownFields::Refuse, UnknownFields::Ignore] {
        for (from, to, place) in [
            ("\"header\":", "\"header\":{},\"header\":", "header"),
            ("\"data\":", "\"data\":{},\"data\":", "data"),
            ("\"user\":", "\"user\":{},\"user\":", "user"),
            ("\"clientsProfile\":", "\"clientsProfile\":[],\"clientsProfile\":", "clientsProfile"),
            ("\"name\":", "\"name\":\"x\",\"na\\u006de\":", "name"),
            ("\"password\":", "\"password\":\"12345678\",\"password\":", "password"),
            ("\"email\":", "\"email\":\"a@b\",\"email\":", "email"),
            ("\"telephone\":", "\"telephone\":\"\",\"telephone\":", "telephone"),
            ("\"isControlTower\":", "\"isControlTower\":true,\"isControlTower\":", "isControlTower"),
            ("\"transactionId\":", "\"transactionId\":null,\"transactionId\":", "transactionId"),
            ("\"transactionId\":", "\"x\":1,\"x\":1,\"transactionId\":", "x"),
            ("{\"clientId\":38", "{\"clientId\":38,\"clientId\":38", "clientsProfile[1].clientId"),
        ] {
            let body = request(|_| ()).replacen(from, to, 1);
            let found = answered(read_at("/users/3", &body, unknown).faults);
            let named = (place.to_owned(), once.to_owned());
            assert_eq!(found.iter().filter(|fault| **fault == named).count(), 1, "{body}: {found:?}");
        }
    }
}

#[test]
fn z5_the_path_and_the_body_are_judged_together() {
    for (id, why) in [
        ("1", None),
        ("%33", None),
        ("9223372036854775807", None),
        ("9223372036854775808", Some(RANGE)),
        ("0", Some(RANGE)),
        ("-3", Some(RANGE)),
        ("03", Some(REQUIRED_INTEGER)),
        ("+3", Some(REQUIRED_INTEGER)),
        ("3.0", Some(REQUIRED_INTEGER)),
        ("3%20", Some(REQUIRED_INTEGER)),
        ("3%", Some(REQUIRED_INTEGER)),
        ("%C3", Some(REQUIRED_INTEGER)),
        ("3%2F4", Some(REQUIRED_INTEGER)),
        ("%D9%A3", Some(REQUIRED_INTEGER)),
        ("three", Some(REQUIRED_INTEGER)),
    ] {
        let uri = format!("/zynchro.api.system-config/v1/users/{id}");
        let body = request(|request| request["data"]["user"]["name"] = Value::Null);
        let mut expected = vec![("name", REQUIRED_STRING)];
        expected.extend(why.map(|why| ("id", why)));
        let wanted = read_at(&uri, &body, UnknownFields::Refuse);
        assert_eq!(answered(wanted.faults), pairs(&expected), "{id}");
    }
}

#[test]
fn z7_what_is_no_json_is_one_error_on_the_body() {
    let why = |body: &str| {
        let found = faults(body);
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert_eq!(found[0].0, "body", "{body}");
        found[0].1.clone()
    };
    for (body, expected) in [
        ("", "Field must be JSON: EOF while parsing a value at line 1, column 1"),
        ("{\"data\":}", "Field must be JSON: expected value at line 1, column 9"),
        ("{} {}", "Field must be JSON: trailing characters at line 1, column 4"),
        ("\u{feff}{}", "Field must be JSON: byte order mark at line 1, column 1"),
        ("[]", REQUIRED_OBJECT),
        ("null", REQUIRED_OBJECT),
        ("7", REQUIRED_OBJECT),
        ("\"{}\"", REQUIRED_OBJECT),
    ] {
        assert_eq!(why(body), expected, "{body}");
    }
    for body in [
        format!("{{\"data\":{}1{}}}", "[".repeat(40), "]".repeat(40)),
        r#"{"data":{"user":{"name":"\ud800"}}}"#.to_owned(),
        r#"{"data":{"user":{"password":"hunter2hunter2"#.to_owned(),
    ] {
        let why = why(&body);
        assert!(why.starts_with("Field must be JSON: ") && !why.contains("hunter2"), "{why}");
    }
}

#[test]
fn z6_the_querys_transaction_id_stands_in_where_the_body_can_not_be_read() {
    let wanted = read_at("/users/3?transaction_id=42", "{", UnknownFields::Refuse);
    assert_eq!(wanted.transaction_id.as_deref(), Some("42"));
    let long = format!("/users/x?transaction_id={}", "4".repeat(256));
    let wanted = read_at(&long, "[]", UnknownFields::Refuse);
    assert_eq!(wanted.transaction_id, None);
    let expected = [
        ("body", REQUIRED_OBJECT),
        ("id", REQUIRED_INTEGER),
        ("transactionId", "Field must have at most 255 characters"),
    ];
    assert_eq!(answered(wanted.faults), pairs(&expected));
}

#[test]
fn d8_an_idempotency_key_that_is_none_is_a_fault() {
    let headers = |values: &[&str]| -> HeaderMap {
        let name = http::HeaderName::from_static("idempotency-key");
        values.iter().map(|value| (name.clone(), value.parse().unwrap())).collect()
    };
    let body = openapi::request().to_string();
    let read = |values: &[&str]| {
        let uri = "/users/3".parse().unwrap();
        Wanted::read(&uri, &headers(values), body.as_bytes(), UnknownFields::Refuse)
    };
    assert_eq!(read(&["key 1"]).idempotency_key.unwrap().as_str(), "key 1");
    let long = "k".repeat(256);
    for (values, why) in [
        (vec![""], "Field must not be empty"),
        (vec![&*long], "Field must have at most 255 characters"),
        (vec!["a", "a"], "Field must be given once"),
    ] {
        assert_eq!(answered(read(&values).faults), pairs(&[("Idempotency-Key", why)]), "{values:?}");
    }
}

#[test]
fn at_most_100_faults_are_answered_the_first_ones() {
    let entries = vec!["null"; 60].join(",");
    let unknown: Vec<String> = (0..60).map(|n| format!("\"k{n}\":1")).collect();
    let body = with_list(&format!("[{entries}]")).replacen(
        "\"user\":{",
        &format!("\"user\":{{{},", unknown.join(",")),
        1,
    );
    let found = faults(&body);
    assert_eq!(found.len(), 100);
    assert_eq!((found[0].0.as_str(), found[59].0.as_str()), ("clientsProfile[0]", "clientsProfile[59]"));
    assert_eq!((found[60].0.as_str(), found[99].0.as_str()), ("k0", "k39"));
}
