//! `POST /users/{UserBubbleId}`, as its document and the rules A1 to A17 say.

mod answers;
mod authorization;
mod errors;
mod fields;
mod form;
mod merge;
mod references;
mod refusals;
