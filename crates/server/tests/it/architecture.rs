//! What the documents say of the project is so: the crate graph, the paths they name, the commands they show.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::harness::{here, repository, roster_help};

/// Normal dependencies between the crates of the workspace, as Cargo has them.
fn cargo_graph() -> BTreeMap<String, BTreeSet<String>> {
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(repository()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<&str> = packages.iter().map(|package| package["name"].as_str().unwrap()).collect();
    let dependencies = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap().iter();
        let ours = all.filter(|one| one["kind"].is_null()).map(|one| one["name"].as_str().unwrap());
        ours.filter(|name| names.contains(name)).map(str::to_owned).collect()
    };
    packages
        .iter()
        .map(|package| (package["name"].as_str().unwrap().to_owned(), dependencies(package)))
        .collect()
}

/// The picture in ARCHITECTURE.md: lines of `name -> dependency, dependency`.
fn pictured_graph() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(repository().join("ARCHITECTURE.md")).unwrap();
    let block =
        text.split("```crate-graph\n").nth(1).expect("a block ```crate-graph").split("```").next().unwrap();
    let line = |line: &str| {
        let (name, dependencies) = line.split_once("->").unwrap_or_else(|| panic!("{line}"));
        let names = dependencies.split(',').map(str::trim).filter(|name| !name.is_empty());
        (name.trim().to_owned(), names.map(str::to_owned).collect())
    };
    block.lines().filter(|line| !line.trim().is_empty()).map(line).collect()
}

#[test]
fn the_crate_graph_is_the_one_of_the_picture() {
    assert_eq!(cargo_graph(), pictured_graph());
}

#[test]
fn no_dialect_knows_another_or_a_store_and_the_core_knows_nobody() {
    let graph = cargo_graph();
    assert_eq!(graph["roster-directory"], BTreeSet::new());
    for (name, dependencies) in &graph {
        let is = |prefix: &str| name.starts_with(prefix);
        for dependency in dependencies {
            let on = |prefix: &str| dependency.starts_with(prefix);
            assert!(
                !(is("roster-dialect-") && (on("roster-dialect-") || on("roster-store-"))),
                "{name} -> {dependency}"
            );
            // The SQL of searches is no store: both make it of the same conditions.
            let shared = dependency == "roster-directory" || dependency == "roster-store-sql";
            assert!(!is("roster-store-") || shared, "{name} -> {dependency}");
        }
    }
}

#[test]
fn what_is_for_tests_is_not_shipped() {
    let graph = cargo_graph();
    let (mut shipped, mut open) = (BTreeSet::new(), vec!["roster".to_owned()]);
    while let Some(name) = open.pop() {
        open.extend(graph[&name].iter().cloned());
        shipped.insert(name);
    }
    for name in ["roster-testkit", "roster-rigs", "roster-bench"] {
        assert!(!shipped.contains(name), "{name}");
    }
}

/// Every file of the project, without what is built and what Git keeps.
fn files() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![repository()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            match (path.is_dir(), name) {
                (true, ".git" | "target" | "node_modules" | "roster-data") => {}
                (true, _) => folders.push(path),
                (false, _) => files.push(path),
            }
        }
    }
    files.sort();
    files
}

/// The documents for people.
fn documents() -> Vec<(PathBuf, String)> {
    let is_markdown = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    let documents: Vec<_> = files()
        .into_iter()
        .filter(is_markdown)
        .map(|path| (path.clone(), std::fs::read_to_string(path).unwrap()))
        .collect();
    for name in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        assert!(documents.iter().any(|(path, _)| *path == repository().join(name)), "{name}");
    }
    documents
}

/// What stands in single backticks, outside of blocks.
fn quoted(text: &str) -> Vec<String> {
    let outside = text.split("```").step_by(2);
    outside
        .flat_map(|part| part.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn every_path_that_the_documents_name_exists() {
    let folders = ["crates", "deploy", "docs", "scripts", ".ci", ".config", "bench", "fuzz"];
    let extensions = ["md", "rs", "toml", "json", "sql"];
    let mut named = 0;
    for (document, text) in documents() {
        let folder = document.parent().unwrap();
        for quoted in quoted(&text) {
            let is_plain = quoted.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            let in_the_project = folders.iter().any(|folder| quoted.starts_with(&format!("{folder}/")));
            let at_the_root = !quoted.contains('/')
                && extensions.iter().any(|extension| quoted.ends_with(&format!(".{extension}")))
                && quoted.chars().next().is_some_and(|c| c.is_ascii_uppercase());
            if is_plain && (in_the_project || at_the_root) {
                named += 1;
                let exists = repository().join(&quoted).exists() || folder.join(&quoted).exists();
                assert!(exists, "{}: `{quoted}`", document.display());
            }
        }
        for link in text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next()) {
            if !link.is_empty() && !link.contains(':') && !link.contains(' ') {
                assert!(folder.join(link).exists(), "{}: a link to {link}", document.display());
            }
        }
    }
    assert!(named > 20, "the control: the documents name paths ({named})");
}

#[test]
fn the_project_stands_alone() {
    // Put together here, so that this file does not name them.
    let machine =
        [["../", "shared"], ["/wo", "rk/"], ["/ro", "ot/"], ["/ho", "me/"]].map(|parts| parts.concat());
    let registries = [["crates", ".io"], ["registry.", "npmjs"], ["index.", "crates"], ["pypi", ".org"]]
        .map(|parts| parts.concat());
    for path in files() {
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for name in &machine {
            // Where the machine's root is meant, and no folder of that name below another one.
            let begins_there = |(at, _): (usize, &str)| {
                text[..at]
                    .chars()
                    .next_back()
                    .is_none_or(|before| before.is_whitespace() || "\"'`(=:".contains(before))
            };
            assert!(!text.match_indices(name.as_str()).any(begins_there), "{} names {name}", path.display());
        }
        // Cargo writes where packages come from into its lock.
        let is_cargos = path.ends_with("Cargo.lock");
        for name in registries.iter().filter(|_| !is_cargos) {
            assert!(!text.contains(name.as_str()), "{} names {name}", path.display());
        }
    }
}

/// The commands of the binary that a document shows: what follows `roster `, in blocks and in backticks.
fn shown_commands(text: &str) -> Vec<Vec<String>> {
    let in_blocks = text.split("```").skip(1).step_by(2).flat_map(str::lines).map(str::to_owned);
    let lines = in_blocks.chain(quoted(text));
    lines
        .filter_map(|line| {
            let line = line.trim().trim_start_matches("$ ");
            let line = line
                .split_once("cargo run --release -- ")
                .map_or(line.to_owned(), |(_, rest)| format!("roster {rest}"));
            let rest =
                line.strip_prefix("roster ").or_else(|| line.strip_prefix("target/release/roster "))?;
            let rest = rest.split(['#', '|', '>', ';', '&']).next().unwrap();
            Some(rest.split_whitespace().map(|word| word.trim_matches(['\'', '"']).to_owned()).collect())
        })
        .collect()
}

#[test]
fn every_command_that_the_documents_show_exists() {
    let mut shown = 0;
    let mut helps: BTreeMap<Vec<String>, Option<String>> = BTreeMap::new();
    for (document, text) in documents() {
        for command in shown_commands(&text) {
            let is_name = |word: &&String| {
                word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-')
            };
            let words: Vec<String> = command.iter().take_while(is_name).take(2).cloned().collect();
            let Some(first) = words.first().filter(|first| *first != "help") else { continue };
            let mut help =
                |words: &[String]| helps.entry(words.to_vec()).or_insert_with(|| roster_help(words)).clone();
            // The second word may be an argument.
            let (path, text) = match help(&words) {
                Some(text) => (words.clone(), text),
                None => (vec![first.clone()], help(std::slice::from_ref(first)).unwrap_or_default()),
            };
            assert!(
                !text.is_empty(),
                "{}: `roster {}` does not exist",
                document.display(),
                command.join(" ")
            );
            for flag in command.iter().filter(|word| word.starts_with("--") && word.len() > 2) {
                let flag = flag.split('=').next().unwrap();
                assert!(
                    text.contains(flag),
                    "{}: `roster {}` has no {flag}",
                    document.display(),
                    path.join(" ")
                );
            }
            shown += 1;
        }
    }
    assert!(shown > 5, "the control: the documents show commands ({shown})");
}

#[test]
fn every_rule_of_the_contracts_has_a_test_that_names_it() {
    let mut named = BTreeSet::new();
    for path in files().into_iter().filter(|path| path.starts_with(here(""))) {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let names = text.split("\nasync fn ").chain(text.split("\nfn ")).skip(1);
        named.extend(names.filter_map(|rest| Some(rest.split_once('_')?.0.to_owned())));
    }
    for (letter, rules) in [("a", 17), ("z", 13), ("d", 10)] {
        for rule in 1..=rules {
            assert!(named.contains(&format!("{letter}{rule}")), "no test is named {letter}{rule}_...");
        }
    }
}
