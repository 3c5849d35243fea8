//! `roster secret`.

use std::process::ExitCode;

use clap::Subcommand;
use serde_json::json;

use super::session::Session;
use super::{Global, output};
use crate::data_dir::IfMissing;

#[derive(Debug, Subcommand)]
pub(crate) enum Secret {
    /// Sign tokens with a new secret; running servers take it up within a second
    Rotate {
        /// How many of the older secrets still verify: tokens signed with any other are refused from now on
        #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=15))]
        keep: u8,
    },
}

impl Secret {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<ExitCode> {
        let Self::Rotate { keep } = self;
        let secrets = Session::run(global, IfMissing::Fail, async |session| {
            let entropy = &*session.system.outside.entropy;
            Ok(session.system.token_secrets.rotate(entropy, keep.into()).await?)
        })?;
        if global.json {
            output::json(&json!({ "secrets": secrets }))?;
        } else {
            output::message(&format!(
                "A new secret signs tokens. {} older verify; rotate with --keep 0 once their tokens have expired.",
                secrets.saturating_sub(1)
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}
