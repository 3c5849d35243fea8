//! `docs/dialects/rest.md`: each of its requests gets the answer that it prints.

use std::collections::HashMap;

use roster_directory::Clock as _;
use serde_json::{Value, json};

use crate::support::{Answer, Server};

const PAGE: &str = include_str!("../../../../../docs/dialects/rest.md");

/// A member that stands for all that the page leaves out of an object.
const AND_SO_ON: &str = "…";
/// Words as long as this are ids and cursors, which are others in each directory.
const SHORTEST_ID: usize = 34;

/// What the ids of the page are in this directory.
#[derive(Default)]
struct Ids(HashMap<String, String>);

impl Ids {
    /// The text with the ids of this directory.
    fn translated(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (printed, real)| text.replace(printed, real))
    }

    fn assert_text(&mut self, printed: &str, real: &str) {
        let words = |text: &str| -> Vec<String> {
            text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_')
                .map(str::to_owned)
                .collect()
        };
        let (printed_words, real_words) = (words(printed), words(real));
        assert_eq!(printed_words.len(), real_words.len(), "{printed} against {real}");
        for (printed, real) in printed_words.into_iter().zip(real_words) {
            if printed.len() >= SHORTEST_ID {
                assert_eq!(self.0.entry(printed).or_insert_with(|| real.clone()), &real);
            } else {
                assert_eq!(printed, real);
            }
        }
    }

    fn assert_json(&mut self, printed: &Value, real: &Value) {
        match (printed, real) {
            (Value::Object(printed), Value::Object(real)) => {
                let is_whole = !printed.contains_key(AND_SO_ON);
                let listed: Vec<&String> = printed.keys().filter(|key| *key != AND_SO_ON).collect();
                assert!(
                    !is_whole || listed == real.keys().collect::<Vec<_>>(),
                    "{printed:?} against {real:?}"
                );
                // An API key's id is another in each directory.
                for key in listed.into_iter().filter(|key| *key != "client") {
                    self.assert_json(&printed[key], &real[key]);
                }
            }
            (Value::Array(printed), Value::Array(real)) => {
                assert_eq!(printed.len(), real.len(), "{printed:?} against {real:?}");
                printed.iter().zip(real).for_each(|(printed, real)| self.assert_json(printed, real));
            }
            (Value::String(printed), Value::String(real)) => self.assert_text(printed, real),
            _ => assert_eq!(printed, real),
        }
    }

    fn assert_answer(&mut self, printed: &str, real: &Answer) {
        let (head, body) = printed.split_once("\n\n").unwrap_or((printed, ""));
        let mut lines = head.lines();
        assert_eq!(lines.next().unwrap(), format!("HTTP/1.1 {}", real.status), "{}", real.text);
        for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
            self.assert_text(value.trim(), real.header(&name.to_lowercase()).unwrap());
        }
        if body.trim().is_empty() {
            assert_eq!(real.text, "");
        } else {
            self.assert_json(&serde_json::from_str(body).unwrap(), &real.json());
        }
    }
}

async fn ask(server: &Server, request: &str) -> Answer {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut lines = head.lines();
    let (method, path) = lines.next().unwrap().split_once(' ').unwrap();
    let headers: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ").unwrap()).collect();
    server.ask(method, path, &headers, body).await
}

#[tokio::test]
async fn every_printed_request_gets_the_printed_answer() {
    let server = Server::start().await;
    server.clock.set(server.clock.now().plus_micros(258));
    let blocks: Vec<&str> =
        PAGE.split("```http\n").skip(1).map(|block| block.split("\n```").next().unwrap()).collect();
    let mut ids = Ids::default();
    for pair in blocks.chunks(2) {
        server.clock.advance_seconds(60);
        if pair[0].starts_with("GET /api/v1/users?") {
            // Somebody must be on the next page.
            server.create("2", json!({})).await;
        }
        let answer = ask(&server, &ids.translated(pair[0])).await;
        ids.assert_answer(pair[1], &answer);
    }
    assert_eq!(blocks.len(), 16);
}
