//! roster-dialect-rest
