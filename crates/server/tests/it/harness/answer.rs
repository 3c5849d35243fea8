//! An answer, whole, as snapshots show it.

use std::fmt::Write as _;

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    /// Sends a request and reads the answer to its end.
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.shown()))
    }

    /// The JSON body of a 200.
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.shown());
        self.json()
    }

    /// A header, if it was sent once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next()?;
        assert!(values.next().is_none(), "{name} came twice");
        value.to_str().ok()
    }

    /// The names of the fields that an Algorep error names, in its order; `null` is the request as a whole.
    pub fn fields(&self) -> Vec<String> {
        let json = self.json();
        let details = json["details"].as_array().unwrap_or_else(|| panic!("no details: {}", self.shown()));
        details.iter().map(|detail| detail["field"].as_str().unwrap_or("null").to_owned()).collect()
    }

    /// The names of the fields that a Zynchro error names, in its order.
    pub fn field_names(&self) -> Vec<String> {
        let json = self.json();
        let errors = json["errors"].as_array().unwrap_or_else(|| panic!("no errors: {}", self.shown()));
        errors.iter().map(|error| error["fieldName"].as_str().unwrap().to_owned()).collect()
    }

    /// Status, headers and body, without what differs from run to run.
    pub fn shown(&self) -> String {
        let mut shown = format!("{}\n", self.status);
        let mut names: Vec<&str> = self.headers.keys().map(reqwest::header::HeaderName::as_str).collect();
        names.sort_unstable();
        for name in names {
            for value in self.headers.get_all(name) {
                let value = match name {
                    // A server that is about to end closes, which is a matter of moments.
                    "connection" | "content-length" | "date" => continue,
                    "x-request-id" => "[request id]",
                    "retry-after" => "[seconds]",
                    _ => value.to_str().unwrap(),
                };
                writeln!(shown, "{name}: {value}").unwrap();
            }
        }
        shown.push('\n');
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(json) => shown.push_str(&serde_json::to_string_pretty(&json).unwrap()),
            Err(_) => shown.push_str(&String::from_utf8_lossy(&self.body)),
        }
        redact(&shown)
    }
}

/// Replaces the ids that Roster makes (UUIDs of version 7) and the times of this run.
pub fn redact(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = after_uuid_v7(rest) {
            shown.push_str("[id]");
            rest = after;
        } else if let Some(after) = after_recent_time(rest) {
            shown.push_str("[now]");
            rest = after;
        } else {
            shown.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    shown
}

fn after_uuid_v7(text: &str) -> Option<&str> {
    let candidate = text.get(..36)?;
    let is_v7 = uuid::Uuid::try_parse(candidate).is_ok_and(|id| id.get_version_num() == 7);
    is_v7.then(|| &text[36..])
}

fn after_recent_time(text: &str) -> Option<&str> {
    if !text.as_bytes().get(..5)?.iter().take(4).all(u8::is_ascii_digit) {
        return None;
    }
    let end = text.find('Z').filter(|&end| end < 32)? + 1;
    let time: jiff::Timestamp = text[..end].parse().ok()?;
    let distance = super::now().duration_since(time).abs();
    (distance < jiff::SignedDuration::from_hours(24)).then(|| &text[end..])
}
