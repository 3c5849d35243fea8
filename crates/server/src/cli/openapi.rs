//! `roster openapi`.

use std::process::ExitCode;

use clap::Args;

use super::output;
use crate::{openapi, postman};

#[derive(Debug, Args)]
pub(crate) struct Openapi {
    /// Print a Postman collection (v2.1) instead
    #[arg(long)]
    postman: bool,
}

impl Openapi {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let text = if self.postman {
            serde_json::to_string_pretty(&postman::collection(&openapi::document())?)?
        } else {
            String::from_utf8(openapi::json().to_vec())?
        };
        output::result(text.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
