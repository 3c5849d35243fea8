//! `PATCH /zynchro.api.system-config/v1/users/{id}`, as its document and the rules Z1 to Z13 say.

mod answers;
mod authorization;
mod effects;
mod fields;
mod issuers;
mod okhttp;
mod refusals;
mod request;
mod tokens;
