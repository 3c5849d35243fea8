//! `roster user patch`: the same JSON merge patch as the REST API takes, or its fields one by one.

use std::io::{self, Read as _};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use roster_dialect_rest::patch_from_json;
use roster_directory::store::Effect;
use roster_directory::value::Kind;
use roster_directory::{Dialect, Field, Profile, Update};
use serde_json::{Map, Value};

use super::output;
use super::session::{Session, faults, told};
use super::target::{self, Named};
use super::user::show_user;

pub(crate) const EXAMPLES: &str = "\
Examples:
  roster user patch 3 email=ann@x.example phone=null
  roster user patch ann@x.example active=false
  echo '{\"links\": {\"crm\": \"A-17\"}}' | roster user patch 3 --merge -
  read -rs PASSWORD; printf %s \"$PASSWORD\" | roster user patch 3 --password-stdin";

/// The largest merge patch that is read.
const LARGEST_PATCH_BYTES: u64 = 1 << 20;

#[derive(Debug, Args)]
pub(crate) struct Patch {
    #[arg(help = target::HELP)]
    user: Named,
    /// A field and its new value; null clears it. The fields are those of `roster user show`
    #[arg(value_name = "FIELD=VALUE", value_parser = pair)]
    fields: Vec<(String, String)>,
    /// A JSON merge patch (RFC 7396), as PATCH /api/v1/users/{id} takes it; - reads it from stdin
    #[arg(long, value_name = "JSON", conflicts_with = "fields")]
    merge: Option<String>,
    /// Set the password to what stdin says
    #[arg(long)]
    password_stdin: bool,
    /// Change the user only if it has this version
    #[arg(long, value_name = "N")]
    if_version: Option<u64>,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a change is FIELD=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Patch {
    pub(crate) async fn run(self, session: &Session) -> anyhow::Result<()> {
        let Self { user: Named(target), fields, merge, password_stdin, if_version } = self;
        let mut object = match merge {
            Some(text) if text == "-" && password_stdin => {
                bail!("stdin can't hold both the patch and the password")
            }
            Some(text) => text,
            None => Value::Object(object(fields)?).to_string(),
        };
        if object == "-" {
            object = stdin()?;
        }
        let mut request = patch_from_json(object.as_bytes());
        if password_stdin {
            let password = stdin()?;
            let password = password.strip_suffix('\n').unwrap_or(&password);
            let password =
                roster_directory::Password::new(password).map_err(|why| anyhow!("the password {why}"))?;
            request.password = roster_directory::Change::Set(password);
        }
        if !request.faults.is_empty() {
            return Err(faults(&request.faults));
        }
        let update = Update {
            patch: request.patch.clone(),
            password: request.password.clone(),
            if_version: if_version.map(|version| vec![version]),
            ..Update::default()
        };
        let applied = session.system.directory.update(&session.who, Dialect::Cli, target, update).await;
        let applied = applied.map_err(|error| told(error, Some(&request)))?;
        if applied.effect == Effect::Unchanged {
            output::message("Nothing to change.");
        }
        show_user(session, &applied.user)
    }
}

/// `FIELD=VALUE` as members of a merge patch: truth values for the fields that hold one, else texts.
fn object(fields: Vec<(String, String)>) -> anyhow::Result<Map<String, Value>> {
    let mut object = Map::new();
    for (name, text) in fields {
        if name == Field::Password.name() {
            bail!("a password on the command line is seen by everybody: use --password-stdin");
        }
        let value = match text.as_str() {
            "null" => Value::Null,
            "true" if is_truth(&name) => Value::Bool(true),
            "false" if is_truth(&name) => Value::Bool(false),
            _ => Value::String(text),
        };
        if object.insert(name.clone(), value).is_some() {
            bail!("{name} is given more than once");
        }
    }
    Ok(object)
}

fn is_truth(name: &str) -> bool {
    let is_bool = |(field, kind): &(Field, Kind)| field.name() == name && *kind == Kind::Bool;
    name == Field::Active.name() || Profile::FIELDS.iter().any(is_bool)
}

fn stdin() -> anyhow::Result<String> {
    let mut text = String::new();
    let read = io::stdin().lock().take(LARGEST_PATCH_BYTES + 1).read_to_string(&mut text);
    let read = read.context("stdin can't be read")?;
    if read as u64 > LARGEST_PATCH_BYTES {
        bail!("stdin holds more than 1 MiB");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_members_of_a_merge_patch() {
        let sent = ["email=a@b=c", "phone=null", "active=false", "status=true", "staff=true"];
        let pairs = sent.iter().map(|text| pair(text).unwrap()).collect();
        let expected = serde_json::json!({
            "email": "a@b=c", "phone": null, "active": false, "status": "true", "staff": true,
        });
        assert_eq!(Value::Object(object(pairs).unwrap()), expected);
        assert!(object(vec![("password".to_owned(), "hunter22".to_owned())]).is_err());
        assert!(
            object(vec![("role".to_owned(), "a".to_owned()), ("role".to_owned(), "b".to_owned())]).is_err()
        );
        assert!(pair("email").is_err());
    }
}
