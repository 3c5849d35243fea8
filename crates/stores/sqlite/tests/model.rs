//! Any sequence of changes gives what a small model of the rules gives; doing it again changes nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::SqliteFactory;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use roster_testkit::model::{equals_the_model, operations};

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/model.proptest-regressions"
        )))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_sequence_of_changes_equals_the_model(operations in operations(40), unique_email: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(equals_the_model::<SqliteFactory>(&operations, unique_email));
    }
}
