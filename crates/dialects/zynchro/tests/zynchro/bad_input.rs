//! Bad input: a clear error that names the fault, never a 5xx, nothing changed, nothing that was sent told back.

use serde_json::{Value, json};

use crate::rig::{Rig, USER_3, changed, documented};

#[tokio::test]
async fn bad_bodies_are_refused_and_change_nothing() {
    let rig = Rig::new().await;
    let deep = format!("{}1{}", "{\"data\":".repeat(33), "}".repeat(33));
    for (body, named) in [
        (String::new(), "body"),
        ("{".to_owned(), "body"),
        ("[]".to_owned(), "body"),
        ("\u{feff}{}".to_owned(), "body"),
        (deep, "body"),
        ("[".repeat(100_000), "body"),
        (changed(|_| ()).replace("User Test", "User \\ud800"), "body"),
        (changed(|_| ()).replace("User Test", "User \\u0000"), "name"),
        (changed(|_| ()).replace("33556567", "33556567\\u0000"), "password"),
        (changed(|_| ()).replace("\"name\"", "\"name\":\"x\",\"name\""), "name"),
        (changed(|_| ()).replace("\"name\"", "\"naem\":\"x\",\"name\""), "naem"),
        (changed(|_| ()).replace(":33,", ":1e400,"), "clientsProfile[0].clientId"),
        (changed(|_| ()).replace(":33,", ":99999999999999999999,"), "clientsProfile[0].clientId"),
    ] {
        let answer = rig.patch(USER_3, &body).await;
        assert_eq!(answer.faulty(), (400, vec![named.to_owned()]), "{}", body.get(..80).unwrap_or(&body));
    }
    let mut invalid = rig.request(USER_3, "");
    *invalid.body_mut() = b"{\"data\":{\"user\":{\"name\":\"\xff\"}}}".to_vec().into();
    assert_eq!(rig.send(invalid).await.faulty(), (400, vec!["body".to_owned()]));
    assert_eq!(rig.versions().await, [1, 1, 1]);
}

#[tokio::test]
async fn no_value_is_told_back() {
    let rig = Rig::new().await;
    let secret = "k9-secret";
    for pointer in [
        "/data/user/email",
        "/data/user/lastLogin",
        "/data/user/isControlTower",
        "/data/user/id",
        "/data/clientsProfile/0/clientId",
        "/data/clientsProfile/0",
        "/data/clientsProfile",
        "/data/user",
        "/data",
    ] {
        let body = changed(|request| {
            request["data"]["user"]["lastLogin"] = Value::Null;
            request["data"]["user"]["id"] = Value::Null;
            *request.pointer_mut(pointer).unwrap() = json!(secret);
        });
        let answer = rig.patch(USER_3, &body).await;
        assert_eq!(answer.status, 400, "{pointer}");
        assert!(!answer.text.contains(secret), "{pointer}");
    }
    for body in
        [changed(|request| request["data"]["user"]["password"] = json!("k9-sec")), format!("{secret}{{")]
    {
        let answer = rig.patch(USER_3, &body).await;
        assert_eq!(answer.status, 400);
        assert!(!answer.text.contains("k9-sec"));
    }
}

#[tokio::test]
async fn a_path_with_a_bad_id_is_refused() {
    let rig = Rig::new().await;
    for id in ["0", "-1", "03", "3.0", "3%20", "%", "%zz", "%C3%28", "9223372036854775808", "three", "3;a=b"]
    {
        let path = format!("/zynchro.api.system-config/v1/users/{id}");
        let answer = rig.patch(&path, &documented().to_string()).await;
        assert_eq!(answer.faulty(), (400, vec!["id".to_owned()]), "{id}");
    }
    let encoded = rig.patch("/zynchro.api.system-config/v1/users/%33", &documented().to_string()).await;
    assert_eq!(encoded.status, 200);
    for path in ["/zynchro.api.system-config/v1/users/3/", "/zynchro.api.system-config/v1/users/"] {
        let answer = rig.patch(path, &documented().to_string()).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (404, ""), "{path}");
    }
}
