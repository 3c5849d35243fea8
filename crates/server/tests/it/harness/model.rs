//! Bodies that are complete and right, to be changed by one thing.

use serde_json::{Value, json};

/// The document's own Algorep request, without `bubbleId`, so that it fits any path.
pub fn algorep_body() -> Value {
    let mut body = super::fixture_json("algorep/fixtures/upsert.request.json");
    body.as_object_mut().unwrap().remove("bubbleId");
    body
}

/// A Zynchro request with every required field.
pub fn zynchro_body() -> Value {
    json!({
        "header": {"transactionId": "123456"},
        "data": {
            "user": {
                "name": "User Test Modif",
                "email": "user_test_modif@test.com",
                "password": "33556567",
                "telephone": "23232323232",
            },
            "clientsProfile": [{"clientId": 33, "profileId": "1"}],
        },
    })
}
