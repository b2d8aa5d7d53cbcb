//! What the store ports promise, held to both that keep it: `kit::memory` and this crate over the embedded
//! DynamoDB. A promise is one function, generic over the ports, named in the list below.

#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a promise is a test, whatever its attributes")]

mod contract {
    pub(crate) mod accepts;
    pub(crate) mod catalogue;
    pub(crate) mod commits;
    mod costs;
    pub(crate) mod directory;
    pub(crate) mod due;
    pub(crate) mod erasure;
    mod fixtures;
    pub(crate) mod forks;
    pub(crate) mod history;
    pub(crate) mod leases;
    pub(crate) mod lists;
    pub(crate) mod parts;
    pub(crate) mod receipts;
    pub(crate) mod servers;
    pub(crate) mod spend;
    pub(crate) mod tables;
    pub(crate) mod workspaces;
    pub(crate) mod world;
}

macro_rules! promises {
    ($($module:ident { $($name:ident),+ $(,)? })+) => {
        mod in_memory {$(
            mod $module {$(
                #[tokio::test]
                async fn $name() {
                    crate::contract::$module::$name(crate::contract::world::in_memory()).await;
                }
            )+}
        )+}

        mod on_dynamodb {$(
            mod $module {$(
                #[tokio::test]
                async fn $name() {
                    crate::contract::$module::$name(crate::contract::world::on_dynamodb().await).await;
                }
            )+}
        )+}
    };
}

promises! {
    commits {
        a_new_chat_reads_back_whole,
        a_chat_is_made_once,
        second_writer_loses,
        of_many_writers_one_wins_at_a_time,
        a_commit_is_all_or_nothing,
        a_family_is_written_whole_or_not_at_all,
        the_largest_family_is_written_at_once,
        a_queue_reads_in_its_order,
        a_ledger_reads_with_its_chat,
        more_calls_are_answered_than_a_transaction_has_room_for,
        large_answers_of_one_turn_share_their_room,
        a_spec_is_replaced_whole,
        a_deleted_chat_is_there_for_nobody,
    }
    leases {
        renewal_does_not_raise_the_version,
        a_renewal_may_put_off_when_a_chat_is_due,
        a_commit_leaves_a_renewed_lease_alone,
        only_the_holder_renews,
        nobody_renews_in_a_deleted_chat,
    }
    receipts {
        receipts_survive_and_answer,
        a_receipt_is_written_once,
        an_expired_key_is_free_again,
        people_and_chats_have_keys_of_their_own,
    }
    history {
        a_run_reads_from_either_end,
        hidden_messages_are_still_read,
        a_large_message_is_kept_whole,
        an_empty_run_is_empty,
    }
    forks {
        fork_keeps_parents_messages,
        the_parents_own_writes_do_not_shorten_what_is_shared,
        a_shorter_fork_shares_nothing_more,
        a_deleted_chat_is_not_forked,
        a_fork_whose_parent_was_forked_beside_it_loses,
    }
    parts {
        parts_come_back_in_order,
        a_flush_written_twice_changes_nothing,
        parts_end_at_a_gap,
        episodes_are_apart,
        observation_tells_state_and_listeners,
        a_listener_goes_when_it_leaves_or_expires,
        the_last_to_subscribe_are_told,
        nothing_is_observed_of_no_chat,
        a_subscriber_and_a_step_never_miss_each_other,
        parts_of_several_writers_follow_each_other,
        an_episode_takes_no_more_than_its_bytes,
    }
    accepts {
        an_accepted_call_says_since_when,
        what_is_not_pending_is_not_accepted,
    }
    servers {
        a_call_is_taken_by_one_and_by_that_one_again,
        what_is_accepted_or_not_pending_is_not_taken,
        of_two_tokens_one_is_kept,
    }
    lists {
        pinned_chats_come_first_and_then_the_newest,
        pages_follow_each_other_without_a_gap,
        every_mark_ends_a_page,
        archived_chats_are_a_list_of_their_own,
        children_strangers_and_deleted_chats_are_not_listed,
        children_are_found_newest_first,
        families_are_read_whole,
    }
    due {
        the_due_index_finds_and_forgets,
        the_longest_due_comes_first,
        what_is_not_at_rest_is_live,
        of_many_live_chats_the_longest_due_are_found,
    }
    erasure {
        erasing_leaves_nothing,
        erase_keeps_what_forks_show,
        a_living_chat_is_not_erased,
    }
    catalogue {
        what_was_kept_is_read_whole,
        of_two_edits_of_one_edition_one_is_kept,
        preferences_are_kept_in_turn_and_counted,
    }
    spend {
        what_a_commit_spends_is_counted_by_person_model_and_day,
        what_no_commit_brings_is_counted_with_the_rest,
        a_lost_commit_spends_nothing,
        calls_without_a_price_are_counted_apart,
        a_person_reads_what_she_spent_in_two_months,
        pages_hold_everything_once,
        a_ceiling_counts_while_it_is_set,
        a_seed_brings_what_was_not_counted,
        many_chats_of_one_person_count_at_once,
    }
    directory {
        a_token_tells_whose_it_is,
        a_token_stays_with_its_first_person,
        a_ticket_works_once,
        of_many_callers_one_gets_the_ticket,
        an_expired_ticket_does_not_work,
        a_socket_is_somebodys_until_it_closes,
        watchers_are_those_who_watch,
    }
    workspaces {
        a_workspace_reads_back_whole,
        of_two_writes_of_one_edition_one_is_kept,
        a_workspace_is_made_once_with_its_receipt,
        workspaces_are_listed_by_person_the_newest_first,
        pages_of_workspaces_follow_each_other,
        what_is_to_be_gone_is_not_listed,
        machines_that_shall_run_are_found,
        the_newest_report_is_kept,
        the_second_who_writes_a_checkout_loses,
        chats_are_bound_for_a_while,
        chats_that_keep_what_a_workspace_says_are_found_newest_first,
        bound_chats_are_no_more_than_their_limit,
        an_enrolment_is_exchanged_for_one_token,
        of_many_agents_one_is_let_in,
        a_late_enrolment_lets_nobody_in,
        a_workspace_has_one_agent,
    }
}
