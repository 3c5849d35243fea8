//! What stands round the dialects: connections, limits, health, logs, and the document of all routes.

mod limits;
mod logs;
mod openapi;
mod operations;
mod postman;
mod raw_http;
mod shutdown;
mod walk;
