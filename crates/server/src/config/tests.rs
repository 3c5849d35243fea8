use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::choices::References;
use super::numbers::ByteSize;
use super::{ConfigError, Flags, Loaded, Origin, Settings, Sources, load};

/// A data directory whose `roster.toml` says `file`.
fn sources(file: &str) -> (tempfile::TempDir, Sources) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("roster.toml"), file).unwrap();
    let sources = Sources { data: Some(dir.path().to_owned()), ..Sources::default() };
    (dir, sources)
}

fn faults(sources: &Sources) -> Vec<String> {
    match load(sources).map(|loaded| loaded.settings).unwrap_err() {
        ConfigError::Faults(faults) => faults,
        other @ (ConfigError::Unreadable { .. } | ConfigError::Syntax { .. }) => panic!("{other}"),
    }
}

fn with_variable(mut sources: Sources, name: &str, value: &str) -> Sources {
    sources.variables.insert(name.to_owned(), value.to_owned());
    sources
}

fn with_flag(mut sources: Sources, name: &str, value: &str) -> Sources {
    assert!(sources.flags.set(name, value));
    sources
}

#[test]
fn a_flag_wins_over_a_variable_and_a_variable_over_the_file() {
    let seen = |loaded: &Loaded| (loaded.settings.unique_email, loaded.origin("unique_email"));
    let (dir, sources) = sources("unique_email = false\n");
    assert_eq!(seen(&load(&sources).unwrap()), (false, Origin::File));
    let sources = with_variable(sources, "ROSTER_UNIQUE_EMAIL", "true");
    assert_eq!(seen(&load(&sources).unwrap()), (true, Origin::Variable));
    let sources = with_flag(sources, "unique_email", "false");
    assert_eq!(seen(&load(&sources).unwrap()), (false, Origin::Flag));
    drop(dir);
    let loaded = load(&Sources::default()).unwrap();
    assert_eq!(seen(&loaded), (false, Origin::Default));
    assert_eq!(loaded.file, None);
}

#[test]
fn every_setting_has_one_name_as_flag_variable_and_key() {
    for setting in Settings::TABLE {
        let shown = Settings::default().shown();
        let default = &shown.iter().find(|shown| shown.name == setting.name).unwrap().value;
        let text = default.as_str().map_or_else(|| default.to_string(), str::to_owned);
        let variable = format!("ROSTER_{}", setting.name.to_uppercase());
        let loaded = load(&with_variable(Sources::default(), &variable, &text)).unwrap();
        assert_eq!(loaded.origin(setting.name), Origin::Variable, "{variable}={text}");
        if setting.name == "data" {
            continue;
        }
        let (_dir, in_file) = sources(&format!("{} = {default}\n", setting.name));
        assert_eq!(load(&in_file).unwrap().origin(setting.name), Origin::File, "{}", setting.name);
        let flagged = with_flag(Sources::default(), setting.name, &text);
        assert_eq!(load(&flagged).unwrap().origin(setting.name), Origin::Flag, "{}", setting.name);
    }
    assert!(!Flags::default().set("no_such_setting", ""));
}

#[test]
fn values_of_the_file_have_their_own_types() {
    let (_dir, sources) = sources(
        "references = 'known'\nbody_limit = '64KiB'\nreaders = 3\nrequest_timeout = '5s'\nunique_email = true\n\
         [[issuers]]\niss = 'a'\njwks_url = 'https://a'\naudience = 'b'\n",
    );
    let settings = load(&sources).unwrap().settings;
    assert_eq!(settings.references, References::Known);
    assert_eq!(settings.body_limit, ByteSize(65_536));
    assert_eq!(settings.readers, NonZeroUsize::new(3).unwrap());
    assert_eq!(settings.request_timeout, Duration::from_secs(5));
    assert_eq!(settings.issuers[0].iss, "a");
}

#[test]
fn every_fault_is_told_at_once_and_no_value() {
    let (_dir, in_file) = sources(
        "unique_emial = true\nreadres = 1\nunique_email = 'hunter2'\nheader_limit = 100\njwt_leeway = '61s'",
    );
    let sources = with_variable(in_file, "ROSTER_REFERENCES", "hunter2");
    let sources = with_flag(sources, "request_timeout", "hunter2");
    let faults = faults(&sources);
    assert_eq!(faults.len(), 6, "{faults:#?}");
    assert!(faults[0].ends_with("no such settings: readres, unique_emial"), "{}", faults[0]);
    assert!(faults.contains(&"unique_email must be true or false".to_owned()));
    assert!(faults.contains(&"ROSTER_REFERENCES must be open or known".to_owned()));
    assert!(faults.iter().any(|fault| fault.starts_with("--request-timeout must be a duration")));
    assert!(!faults.concat().contains("hunter2"));
}

#[test]
fn a_file_that_is_no_toml_is_told_by_its_line_and_not_quoted() {
    let (_dir, sources) = sources("unique_email = true\nlisten = hunter2\n");
    let error = load(&sources).unwrap_err().to_string();
    assert!(error.contains("roster.toml, line 2: ") && !error.contains("hunter2"), "{error}");
}

#[test]
fn a_file_that_is_named_must_be_there_and_may_tell_the_data_directory() {
    let (dir, mut sources) = sources("");
    sources.config = Some(dir.path().join("other.toml"));
    assert!(matches!(load(&sources), Err(ConfigError::Unreadable { .. })));
    std::fs::write(dir.path().join("other.toml"), "data = '/somewhere'").unwrap();
    assert_eq!(load(&sources).unwrap().settings.data, dir.path());
    sources.data = None;
    assert_eq!(load(&sources).unwrap().settings.data, PathBuf::from("/somewhere"));
    let sources = with_variable(sources, "ROSTER_CONFIG", "/nowhere");
    assert_eq!(load(&sources).unwrap().settings.data, PathBuf::from("/somewhere"));
}

#[test]
fn the_file_in_the_data_directory_can_not_tell_where_that_is() {
    let (_dir, sources) = sources("data = '/somewhere'");
    assert_eq!(faults(&sources).len(), 1);
}

#[test]
fn a_variable_that_is_no_setting_is_told() {
    let sources = with_variable(Sources::default(), "ROSTER_UNIQE_EMAIL", "true");
    assert_eq!(load(&sources).unwrap().unknown_variables, ["ROSTER_UNIQE_EMAIL"]);
}

#[test]
fn every_setting_is_documented_with_its_default() {
    let documentation = include_str!("../../../../docs/operations.md");
    let defaults = Settings::default().shown();
    let row = |setting: &super::settings::Setting| {
        let default = &defaults.iter().find(|shown| shown.name == setting.name).unwrap().value;
        let values = setting.value_name.replace('|', " or ");
        let help = setting.help.trim().trim_end_matches('.');
        format!("| `{}` | {values} | `{default}` | {help} |", setting.name)
    };
    let table: Vec<String> = Settings::TABLE.iter().map(row).collect();
    assert!(documentation.contains(&table.join("\n")), "docs/operations.md must say:\n{}", table.join("\n"));
}
