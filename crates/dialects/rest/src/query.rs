//! The query of a request, read strictly: every parameter once, none that is not known.

use http::Uri;
use roster_wire::{path, shorten};

use crate::fault::Fault;

/// The parameters of a query.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    /// Reads a query that may have the parameters `known`, and notes every fault.
    pub(crate) fn read(uri: &Uri, known: &[&str], faults: &mut Vec<Fault>) -> Self {
        let mut query = Self::default();
        for pair in uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Ok(name) = decode(name) else {
                faults.push(Fault::at_parameter("query", "has a parameter whose name is not well encoded"));
                continue;
            };
            match decode(value) {
                _ if !known.contains(&&*name) => faults.push(fault(&name, "is not a known parameter")),
                _ if query.get(&name).is_some() => faults.push(fault(&name, "is given more than once")),
                Err(why) => faults.push(fault(&name, why.to_string())),
                Ok(value) => query.pairs.push((name, value)),
            }
        }
        query
    }

    /// The value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The path and query of the next page: those of this one with another value of `parameter`, which needs no encoding.
pub(crate) fn with(uri: &Uri, parameter: &str, value: &str) -> String {
    let others = uri.query().unwrap_or_default().split('&');
    let kept = others.filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(parameter));
    let query: Vec<&str> = kept.collect();
    let separator = if query.is_empty() { "" } else { "&" };
    format!("{}?{}{separator}{parameter}={value}", uri.path(), query.join("&"))
}

/// Forms write a space as `+`.
fn decode(text: &str) -> Result<String, path::PathFault> {
    path::decode(&text.replace('+', "%20")).map(std::borrow::Cow::into_owned)
}

fn fault(name: &str, detail: impl Into<std::borrow::Cow<'static, str>>) -> Fault {
    Fault::at_parameter(shorten(name).to_owned(), detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(uri: &'static str) -> (Query, Vec<String>) {
        let mut faults = Vec::new();
        let query = Query::read(&Uri::from_static(uri), &["a", "limit"], &mut faults);
        (query, faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn parameters_are_decoded_as_forms_encode_them() {
        for (uri, a) in [
            ("/x", None),
            ("/x?", None),
            ("/x?&&", None),
            ("/x?a", Some("")),
            ("/x?a=", Some("")),
            ("/x?limit=3&a=b+c%2B%C3%A9=", Some("b c+é=")),
        ] {
            let (query, faults) = read(uri);
            assert_eq!((query.get("a"), faults.as_slice()), (a, &[] as &[String]), "{uri}");
        }
    }

    #[test]
    fn d9_every_fault_of_a_query_is_named_and_no_value() {
        let (_, faults) = read("/x?a=1&a=2&b=secret&limit=%zz&%ff=1");
        assert_eq!(
            faults,
            [
                "a is given more than once",
                "b is not a known parameter",
                "limit has a percent sign without two hexadecimal digits after it",
                "query has a parameter whose name is not well encoded",
            ]
        );
    }

    #[test]
    fn the_next_page_has_the_same_query_but_for_its_cursor() {
        for (uri, next) in [
            ("/x", "/x?cursor=C"),
            ("/x?limit=2", "/x?limit=2&cursor=C"),
            ("/x?cursor=B&email=a%2Bb", "/x?email=a%2Bb&cursor=C"),
        ] {
            assert_eq!(with(&Uri::from_static(uri), "cursor", "C"), next);
        }
    }
}
