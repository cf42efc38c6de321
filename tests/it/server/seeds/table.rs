//! The five systems' features, row by row, and for each the test that shows that it is here. `S` is a feature of the
//! system's server, `C` one of its client. A test is named by its module under `tests/it`, or by its file under `src`.
//!
//! | row | test |
//! |---|---|
//! | 000-S1 | `server::seeds::binary::s000_s1_it_listens_where_it_is_told_and_warns_where_others_could_read` |
//! | 000-S2 | `server::seeds::breaks::break_13_who_never_reads_is_closed_and_all_others_hear_all` |
//! | 000-S3 | `server::seeds::breaks::break_03_who_comes_and_goes_without_a_name_is_no_news` |
//! | 000-S4 | `server::seeds::rows::s000_s4_a_newcomer_is_given_the_last_lines` |
//! | 000-S5 | `server::seeds::binary::s000_s5_what_was_said_survives_a_kill_and_is_there_once` |
//! | 000-S6 | `server::seeds::rows::s000_s6_a_plain_user_reads_nick_and_text` |
//! | 000-S7 | `server::seeds::rows::s000_s7_joins_and_leaves_are_told_and_not_kept_as_messages` |
//! | 000-S8 | `server::seeds::rows::s000_s8_a_reset_is_told_with_its_reason` |
//! | 000-S9 | `server::seeds::binary::s000_s9_who_comes_and_goes_is_told_to_the_operator_and_not_what_they_say` |
//! | 000-S10 | `server::seeds::breaks::break_15_a_stop_says_goodbye_to_all_and_ends` |
//! | 000-S11 | `server::seeds::breaks::break_07_bytes_that_are_no_utf8_are_replaced_and_their_sender_stays` |
//! | 000-C1 | `server::seeds::joined::s000_c1_oneself_others_and_errors_are_told_apart_by_colour` |
//! | 000-C2 | `server::seeds::joined::s000_c2_s001_c4_s003_c1_s004_c2_who_gives_no_name_comes_under_his_login` |
//! | 000-C3 | `server::seeds::joined::s000_c3_c4_s002_c6_enter_sends_and_clears_and_a_blank_line_is_nothing` |
//! | 000-C4 | `server::seeds::joined::s000_c3_c4_s002_c6_enter_sends_and_clears_and_a_blank_line_is_nothing` |
//! | 000-C5 | `pty::what_is_typed_while_the_server_is_away_is_sent_once` |
//! | 000-C6 | `server::seeds::breaks::break_06_no_reader_dies_of_a_cut_character` |
//! | 000-C7 | `src/client/address.rs::all_ways_to_write_an_address` |
//! | 001-S1 | `server::seeds::binary::s000_s1_it_listens_where_it_is_told_and_warns_where_others_could_read` |
//! | 001-S2 | `server::seeds::rows::s001_s2_s3_the_prompt_lets_its_client_in` |
//! | 001-S3 | `server::seeds::breaks::break_02_silent_connections_keep_nobody_out` |
//! | 001-S4 | `server::seeds::breaks::break_08_the_second_of_one_name_is_renamed_and_told` |
//! | 001-S5 | `server::seeds::breaks::break_09_nobody_speaks_as_another` |
//! | 001-S6 | `server::seeds::breaks::break_01_a_client_leaves_and_the_others_go_on` |
//! | 001-S7 | `server::seeds::rows::s001_s7_a_newcomer_is_told_where_it_is_and_how_to_leave` |
//! | 001-S8 | `server::talk::s001_s8_one_message_reaches_all_of_three_hundred_who_come_and_go` |
//! | 001-S9 | `server::seeds::rows::s000_s8_a_reset_is_told_with_its_reason` |
//! | 001-S10 | `server::seeds::binary::s000_s9_who_comes_and_goes_is_told_to_the_operator_and_not_what_they_say` |
//! | 001-S11 | `server::seeds::rows::s001_s11_a_reset_before_the_name_ends_nothing` |
//! | 001-C1 | `server::seeds::joined::s001_c1_s003_c2_what_arrives_does_not_disturb_what_is_typed` |
//! | 001-C2 | `client::words_with_which_people_leave_are_asked_about_and_not_sent` |
//! | 001-C3 | `server::seeds::binary::s001_c3_s004_c5_a_lost_server_is_told_and_waiting_costs_nothing` |
//! | 001-C4 | `server::seeds::joined::s000_c2_s001_c4_s003_c1_s004_c2_who_gives_no_name_comes_under_his_login` |
//! | 001-C5 | `server::seeds::joined::s001_c5_what_ends_without_a_line_end_is_a_line_of_its_own` |
//! | 002-S1 | `server::seeds::binary::s002_s1_a_port_that_is_none_is_one_line` |
//! | 002-S2 | `cli::a_line_for_other_machines_names_the_fingerprint` |
//! | 002-S3 | `server::seeds::rows::s002_s3_the_one_too_many_reads_why_and_a_place_is_free_again` |
//! | 002-S4 | `server::seeds::rows::s002_s4_s5_s12_its_client_is_asked_welcomed_and_hears_itself` |
//! | 002-S5 | `server::seeds::rows::s002_s4_s5_s12_its_client_is_asked_welcomed_and_hears_itself` |
//! | 002-S6 | `server::seeds::rows::s000_s7_joins_and_leaves_are_told_and_not_kept_as_messages` |
//! | 002-S7 | `server::seeds::rows::s002_s7_s8_its_quit_word_leaves_with_a_reason` |
//! | 002-S8 | `server::seeds::rows::s002_s7_s8_its_quit_word_leaves_with_a_reason` |
//! | 002-S9 | `server::seeds::rows::s002_s9_s004_s7_a_stop_is_told_to_all` |
//! | 002-S10 | `server::seeds::rows::s000_s8_a_reset_is_told_with_its_reason` |
//! | 002-S11 | `server::seeds::binary::s000_s9_who_comes_and_goes_is_told_to_the_operator_and_not_what_they_say` |
//! | 002-S12 | `server::seeds::rows::s002_s4_s5_s12_its_client_is_asked_welcomed_and_hears_itself` |
//! | 002-C1 | `client::without_a_host_a_form_asks` |
//! | 002-C2 | `cli::what_cannot_be_understood_is_a_usage_error` |
//! | 002-C3 | `server::seeds::binary::s002_c3_an_address_that_never_answers_is_given_up_and_named` |
//! | 002-C4 | `server::seeds::joined::s002_c4_a_client_told_not_to_come_back_ends_with_its_server` |
//! | 002-C5 | `server::seeds::joined::s002_c5_who_leaves_by_ctrl_c_has_quit` |
//! | 002-C6 | `server::seeds::joined::s000_c3_c4_s002_c6_enter_sends_and_clears_and_a_blank_line_is_nothing` |
//! | 002-C7 | `client::unread_and_mentions_are_counted_until_one_looks` |
//! | 003-S1 | `server::seeds::binary::s003_s1_the_first_line_says_where_it_listens_and_how_to_come` |
//! | 003-S2 | `server::seeds::rows::all_five_and_netcat_and_telnet_and_irc_talk_with_each_other` |
//! | 003-S3 | `server::seeds::rows::s003_s3_s4_c3_its_client_comes_and_leaves_by_its_word` |
//! | 003-S4 | `server::seeds::rows::s003_s3_s4_c3_its_client_comes_and_leaves_by_its_word` |
//! | 003-S5 | `server::seeds::rows::all_five_and_netcat_and_telnet_and_irc_talk_with_each_other` |
//! | 003-S6 | `server::seeds::rows::s003_s6_every_end_is_told_once` |
//! | 003-S7 | `server::seeds::breaks::break_13_who_never_reads_is_closed_and_all_others_hear_all` |
//! | 003-C1 | `server::seeds::joined::s000_c2_s001_c4_s003_c1_s004_c2_who_gives_no_name_comes_under_his_login` |
//! | 003-C2 | `server::seeds::joined::s001_c1_s003_c2_what_arrives_does_not_disturb_what_is_typed` |
//! | 003-C3 | `server::seeds::rows::s003_s3_s4_c3_its_client_comes_and_leaves_by_its_word` |
//! | 003-C4 | `wire::lines_are_split_as_the_vectors_say` |
//! | 004-S1 | `server::seeds::binary::s000_s1_it_listens_where_it_is_told_and_warns_where_others_could_read` |
//! | 004-S2 | `server::seeds::breaks::break_02_silent_connections_keep_nobody_out` |
//! | 004-S3 | `server::seeds::rows::s004_s3_s4_its_client_comes_in_at_once_and_its_own_name_is_taken_off` |
//! | 004-S4 | `server::seeds::rows::s004_s3_s4_its_client_comes_in_at_once_and_its_own_name_is_taken_off` |
//! | 004-S5 | `server::seeds::rows::s003_s6_every_end_is_told_once` |
//! | 004-S6 | `server::seeds::rows::s000_s7_joins_and_leaves_are_told_and_not_kept_as_messages` |
//! | 004-S7 | `server::seeds::binary::s004_s7_a_key_at_its_terminal_stops_it_though_people_are_there` |
//! | 004-S8 | `server::seeds::binary::s004_s8_its_last_line_says_how_long_it_ran_and_for_how_many` |
//! | 004-S9 | `server::seeds::binary::s004_s9_of_ten_thousand_who_came_and_went_nothing_is_left` |
//! | 004-C1 | `screens::the_first_screens` |
//! | 004-C2 | `server::seeds::joined::s000_c2_s001_c4_s003_c1_s004_c2_who_gives_no_name_comes_under_his_login` |
//! | 004-C3 | `server::seeds::rows::s001_c2_s004_c3_a_client_that_closes_without_a_word_is_gone_for_all` |
//! | 004-C4 | `pty::where_nobody_listens_is_said_soon` |
//! | 004-C5 | `server::seeds::binary::s001_c3_s004_c5_a_lost_server_is_told_and_waiting_costs_nothing` |
//! | 004-C6 | `server::seeds::joined::s004_c6_steps_of_its_work_are_not_on_the_screen` |
//!
//! 001-S8 is shown at length by `.ci/run`, too: two hundred come and go for half a minute. What the five systems' servers
//! do wrong is in `breaks`, by its number.

use std::fs;
use std::path::Path;

/// How many features of its server and of its client each system has.
const SYSTEMS: [(&str, usize, usize); 5] =
    [("000", 11, 7), ("001", 11, 5), ("002", 12, 7), ("003", 7, 4), ("004", 9, 6)];

/// The table above.
fn table() -> Vec<(&'static str, &'static str)> {
    let rows = include_str!("table.rs").lines().filter_map(|line| line.strip_prefix("//! | 0"));
    rows.map(|row| {
        let (id, test) = row.split_once(" | `").unwrap();
        // The first digit is known, and was taken away to tell rows from the head.
        (id, test.strip_suffix("` |").unwrap())
    })
    .collect()
}

#[test]
fn every_row_of_the_five_systems_has_its_test() {
    let table = table();
    let mut ids = Vec::new();
    for (system, servers, clients) in SYSTEMS {
        ids.extend((1..=servers).map(|n| format!("{system}-S{n}")));
        ids.extend((1..=clients).map(|n| format!("{system}-C{n}")));
    }
    assert_eq!(table.iter().map(|(id, _)| format!("0{id}")).collect::<Vec<_>>(), ids);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (id, test) in table {
        let (module, name) = test.rsplit_once("::").unwrap();
        let file = match module.strip_prefix("src/") {
            Some(file) => root.join("src").join(file),
            None => root.join("tests/it").join(module.replace("::", "/")).with_extension("rs"),
        };
        let source = fs::read_to_string(&file).unwrap_or_else(|error| panic!("0{id}: {test}: {error}"));
        assert!(
            source.contains(&format!("#[test]\nfn {name}()"))
                || source.contains(&format!("#[test]\n    fn {name}()")),
            "0{id}: there is no {test}"
        );
    }
}
