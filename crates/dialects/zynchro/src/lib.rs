//! roster-dialect-zynchro
