//! In which order the operations of a bulk request are carried out.

use std::collections::{BTreeMap, BTreeSet};

use super::message::Operation;

/// Operations by their places in the request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Order {
    /// Those that can be carried out, one after the other: in the order of the request, but after what they name.
    pub(super) ready: Vec<usize>,
    /// Those that wait for one another, and what waits for them.
    pub(super) entangled: Vec<usize>,
}

/// Finds the order, once for all: a request may be one long chain.
pub(super) fn order(operations: &[Operation]) -> Order {
    let makers: BTreeMap<&str, usize> = operations
        .iter()
        .enumerate()
        .filter_map(|(index, operation)| Some((operation.bulk_id.as_deref()?, index)))
        .collect();
    let mut waits: BTreeMap<usize, usize> = BTreeMap::new();
    let mut followers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut next = BTreeSet::new();
    for (index, operation) in operations.iter().enumerate() {
        let named = operation.names.iter().filter_map(|name| makers.get(name.as_str()).copied());
        // What names itself fails by itself.
        let before: Vec<usize> = named.filter(|maker| *maker != index).collect();
        if before.is_empty() {
            next.insert(index);
        } else {
            waits.insert(index, before.len());
        }
        for maker in before {
            followers.entry(maker).or_default().push(index);
        }
    }
    let mut ready = Vec::with_capacity(operations.len());
    while let Some(index) = next.pop_first() {
        ready.push(index);
        for follower in followers.remove(&index).unwrap_or_default() {
            let left = waits.remove(&follower).unwrap_or_default().saturating_sub(1);
            if left == 0 {
                next.insert(follower);
            } else {
                waits.insert(follower, left);
            }
        }
    }
    Order { ready, entangled: waits.into_keys().collect() }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use serde_json::Value;

    use super::*;

    fn operation(bulk_id: &str, names: &[&str]) -> Operation {
        Operation {
            method: "POST".to_owned(),
            path: "/Users".to_owned(),
            bulk_id: Some(bulk_id.to_owned()),
            version: None,
            data: Value::Null,
            names: names.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn what_is_named_comes_before_what_names_it() {
        let operations = [
            operation("a", &["c", "nobody"]),
            operation("b", &["b"]),
            operation("c", &["d"]),
            operation("d", &[]),
            operation("e", &["f"]),
            operation("f", &["e"]),
            operation("g", &["f", "a"]),
            operation("h", &["a", "d"]),
        ];
        let expected = Order { ready: vec![1, 3, 2, 0, 7], entangled: vec![4, 5, 6] };
        assert_eq!(order(&operations), expected);
    }

    #[test]
    fn a_long_chain_is_put_in_order_at_once() {
        let names: Vec<String> = (0..=20_000).map(|n| n.to_string()).collect();
        let operations: Vec<Operation> =
            names.windows(2).map(|pair| operation(&pair[0], &[pair[1].as_str()])).collect();
        let begun = Instant::now();
        let Order { ready, entangled } = order(&operations);
        assert_eq!((ready.first(), ready.len(), entangled.len()), (Some(&19_999), 20_000, 0));
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    }
}
