//! The contract that every store keeps under a [`Directory`](roster_directory::Directory), case by case.

pub mod concurrency;
pub mod elements;
pub mod fields;
pub mod grants;
pub mod groups;
pub mod idempotency;
pub mod journal;
pub mod listing;
pub mod members;
pub mod names;
pub mod passwords;
pub mod records;
pub mod rules;
pub mod search;

/// Calls a macro with a prefix of tokens and then every case of the contract: `module: case case ...;`.
#[doc(hidden)]
#[macro_export]
macro_rules! with_contract_cases {
    (($($then:tt)*) { $($prefix:tt)* }) => {
        $($then)*! { $($prefix)*
            fields:
                d1_each_field_is_kept_cleared_or_set
                d1_a_new_user_has_its_defaults
                d6_a_change_that_changes_nothing_writes_nothing
                d6_a_time_that_is_told_to_the_second_agrees_with_the_stored_one
                d9_a_refusal_names_every_fault_and_changes_nothing
                updated_at_moves_unless_a_caller_sets_it
                expected_versions_are_checked_in_the_transaction
                numbers_have_no_gaps_and_refusals_take_none
                scopes_are_asked_for_again
                everything_survives_a_restart;
            names:
                d7_user_name_is_derived_from_the_email
                d7_user_name_is_derived_from_an_external_id
                d7_user_name_is_derived_from_the_id_at_last
                d7_a_derived_user_name_changes_only_with_the_users_own_email_or_links
                d7_a_chosen_user_name_stays
                d7_user_names_compare_folded
                d7_a_user_name_is_one_users_alone
                d7_links_are_one_users_alone_in_their_source
                d7_external_ids_compare_character_for_character
                a_link_is_shared_where_the_caller_allows_it
                d7_a_deleted_user_gives_up_its_names_and_keeps_its_number
                d7_a_link_is_taken_over_from_a_deleted_user
                d7_no_caller_chosen_id_is_looked_up_as_another
                d7_email_is_shared_unless_it_is_unique;
            journal:
                d2_one_change_is_one_entry
                d2_fields_and_elements_remember_their_versions
                d2_versions_and_recording_times_increase
                d2_a_change_that_is_submitted_twice_is_made_once
                d3_the_journal_holds_no_plain_value
                d4_positions_increase_in_one_epoch
                history_is_read_in_pages;
            grants:
                grants_are_replaced_added_and_removed
                too_many_grants_are_refused;
            passwords:
                a_password_is_set_kept_and_cleared
                a_password_moved_by_another_is_prepared_again;
            idempotency:
                d8_a_repeated_request_is_answered_again
                d8_a_replay_shows_the_user_as_it_was
                d8_another_request_with_the_key_is_refused
                d8_a_refusal_is_kept
                d8_a_key_is_free_again_after_a_day
                d8_two_simultaneous_requests_apply_once
                d8_a_change_of_nothing_is_kept
                d8_keys_are_scoped_to_the_client;
            records:
                api_keys_are_kept_whole
                registers_are_listed_in_order_and_in_pages
                an_organisations_names_are_unique_in_their_kind
                revoked_tokens_are_kept
                removing_what_is_not_there_is_refused;
            rules:
                references_must_be_known_where_so_configured
                one_change_may_name_very_many
                unique_email_is_turned_on_unless_emails_are_shared
                what_expired_is_swept_in_small_batches
                the_store_is_ready;
            listing:
                users_are_listed_by_id_in_pages
                users_far_apart_are_listed_whole
                a_page_passes_by_any_number_of_deleted_users
                users_are_found_by_email_and_user_name
                users_are_listed_since_a_moment
                the_list_since_a_moment_goes_on_behind_what_was_changed_again
                no_living_user_is_lost_while_others_come_and_go;
            elements:
                elements_keep_their_ids_and_give_them_to_no_other
                elements_are_kept_whole
                the_own_value_follows_whoever_writes_it
                a_cleared_own_value_takes_its_element_with_it
                what_the_field_says_alone_is_no_element
                d6_elements_that_are_there_already_are_not_written
                d2_the_journal_tells_each_element
                d8_a_replay_shows_the_elements_as_they_were
                an_attribute_that_is_not_named_is_left;
            groups:
                a_group_is_made_and_found_by_its_names
                a_groups_names_are_its_own
                a_groups_versions_are_checked_in_the_transaction
                a_group_that_is_deleted_leaves_its_history
                a_groups_history_is_read_in_pages
                groups_of_one_name_that_are_made_at_once_are_one
                groups_ask_for_their_scopes;
            members:
                members_come_and_go_one_by_one
                members_are_shown_by_name
                a_member_may_have_a_name_of_its_own
                who_is_not_there_becomes_no_member
                a_deleted_user_leaves_its_groups
                the_groups_of_users_are_told_in_order
                the_groups_of_users_far_apart_are_told
                members_that_join_at_once_all_join
                nobody_joins_while_it_is_deleted;
            search:
                users_are_found_by_their_own_values
                users_are_found_by_their_elements
                users_are_found_by_their_grants_and_groups
                conditions_are_combined
                users_are_put_in_order
                a_page_begins_behind_so_many
                a_page_begins_behind_an_id
                names_and_addresses_are_found_however_they_are_written
                groups_are_found
                searches_ask_for_their_scope;
            concurrency:
                simultaneous_upserts_of_one_id_make_one_user
                writers_of_different_fields_all_win
                one_refusal_takes_no_other_with_it
                d4_a_reader_never_sees_an_entry_appear_behind_another;
        }
    };
}

/// Makes a test of each case: `store_contract!(MyFactory);`.
#[macro_export]
macro_rules! store_contract {
    ($factory:ty) => {
        $crate::with_contract_cases! { ($crate::contract_tests) { [$factory] } }
    };
}

/// One test for each case.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_tests {
    ([$factory:ty] $($module:ident: $($case:ident)*;)*) => {$(
        mod $module {
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    $crate::run::<$factory>(async |bench| $crate::contract::$module::$case(bench).await).await;
                }
            )*
        }
    )*};
}

#[cfg(test)]
mod tests {
    macro_rules! names {
        ($($module:ident: $($case:ident)*;)*) => { [$( $( (stringify!($module), stringify!($case)), )* )*] };
    }

    #[test]
    fn every_case_is_run() {
        let listed = with_contract_cases! { (names) {} };
        let files = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/contract")).unwrap();
        let mut found = 0;
        for file in files.map(|file| file.unwrap().path()) {
            let text = std::fs::read_to_string(&file).unwrap();
            let module = file.file_stem().unwrap().to_str().unwrap();
            let cases = text.lines().filter_map(|line| line.strip_prefix("pub async fn ")?.split('<').next());
            for case in cases {
                found += 1;
                assert!(listed.contains(&(module, case)), "{module}::{case} is in no list");
            }
        }
        assert_eq!(found, listed.len());
    }
}
