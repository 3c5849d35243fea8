//! The heavy rig that must run wherever the tests run: kill -9 under load.

mod kill9;
mod ledger;
mod writer;
