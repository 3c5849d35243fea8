//! The limit: an endpoint that parses the same JSON and answers the same bytes, and stores nothing.

use axum::extract::Path;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

macro_rules! user {
    ($($field:ident: $type:ty = $default:expr;)+) => {
        /// What comes in.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        struct In { $( $field: Option<$type>, )+ }

        /// What goes out.
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Out { id: &'static str, bubble_id: String, $( $field: Option<$type>, )+ }

        impl In {
            /// The user after it, with values as long as a real user's where it sends none.
            fn answer(self, bubble_id: String) -> Out {
                let id = "0193f2a0-5a3b-7c1d-8e2f-4a5b6c7d8e9f";
                Out { id, bubble_id, $( $field: self.$field.or_else(|| Some($default)), )+ }
            }
        }
    };
}

user! {
    is_mail_confirmed: bool = true;
    language: String = "Français".into();
    last_connexion: String = "2024-01-19T12:45:04.147Z".into();
    email: String = "algorep@algorep.ai".into();
    mobile_phone: String = "0609921214".into();
    producer_bubble_id: String = "1708861331497x933611102973227500".into();
    producer_id: String = "50658c1e-356e-4407-b120-d110552292d8".into();
    seller_bubble_id: String = "1708861331497x933611102973227500".into();
    seller_id: String = "50658c1e-356e-4407-b120-d110552292d8".into();
    origin_bubble_id: String = "1708861331497x933611102973227500".into();
    origin_id: String = "50658c1e-356e-4407-b120-d110552292d8".into();
    last_name: String = "Macron".into();
    first_name: String = "Emmanuel".into();
    status: String = "3 - ACTIF".into();
    role: String = "producerAdmin".into();
    user_signed_up: bool = true;
    avatar: String = "//15c83987ea78e6559235081e42c9135b.cdn.bubble.io/f1713427188226x475005611045967500/api".into();
    is_algorep: bool = false;
    created_at: String = "2024-01-19T12:45:04.147Z".into();
    updated_at: String = "2024-01-19T12:45:04.147Z".into();
}

async fn upsert(Path(bubble_id): Path<String>, Json(body): Json<In>) -> Json<Out> {
    Json(body.answer(bubble_id))
}

/// Serves until it is killed, with the runtime that Roster has.
pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("listening on {}", listener.local_addr().unwrap());
        axum::serve(listener, Router::new().route("/users/{id}", post(upsert))).await.unwrap();
    });
}
