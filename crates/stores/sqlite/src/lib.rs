//! roster-store-sqlite
