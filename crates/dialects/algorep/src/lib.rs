//! roster-dialect-algorep
