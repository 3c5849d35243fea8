//! stub
use utoipa::openapi::OpenApi;
/// stub
pub fn collection(_: &OpenApi) -> anyhow::Result<serde_json::Value> {
    Ok(serde_json::Value::Null)
}
