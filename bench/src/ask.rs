//! One request.

use anyhow::{Result, bail};
use roster_testkit::load::{Connection, Endpoint, Exchange};

/// Sends a request whose answer must have the status that is expected; the answer's body.
pub(crate) async fn ask(endpoint: &Endpoint, exchange: &Exchange) -> Result<Vec<u8>> {
    let mut connection = Connection::to(endpoint.clone()).await?;
    let answer = connection.send(&exchange.request).await?;
    if answer.status != exchange.status {
        bail!("it answered {}: {}", answer.status, String::from_utf8_lossy(answer.body));
    }
    Ok(answer.body.to_vec())
}
