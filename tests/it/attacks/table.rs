//! Attacks by their numbers, and for each the tests that show that it does not work. A test is named by its module under
//! `tests/it`, or by its file under `src`. `accounts` stands where an attack needs accounts, which this server has not.
//!
//! | attack | what | tests |
//! |---|---|---|
//! | A1 | ends of lines inside of params | `attacks::lines::a01_what_ends_a_line_elsewhere_ends_none_here_in_any_param_of_any_command` `server::hostile::hostile_lines_do_what_their_column_says_and_no_harm` |
//! | A2 | escaped ends of lines in tags | `attacks::lines::a02_an_escaped_line_end_in_a_tag_stays_escaped_for_readers_in_the_log_and_in_history` |
//! | A3 | lines at their limits | `attacks::lines::a03_lines_at_their_limits_are_taken_whole_cut_or_refused_and_never_relayed_too_long` `wire::a_stamped_line_keeps_the_limits_whatever_was_said` |
//! | A4 | no end of a line for 10 MB | `server::strangers::ten_megabytes_without_a_line_end_are_one_line_that_is_too_long` `attacks::bounds::a04_of_ten_megabytes_without_a_line_end_next_to_nothing_is_kept` |
//! | A5 | bytes that are no UTF-8 | `attacks::lines::a05_text_that_is_no_utf8_is_refused_whole_and_what_is_cut_is_cut_between_characters` |
//! | A6 | a line in many packets | `server::strangers::one_byte_in_a_packet_gives_the_same_conversation` `wire::any_cut_of_the_same_bytes_gives_the_same_lines` |
//! | A7 | many lines in one packet | `attacks::lines::a07_ten_thousand_lines_in_one_write_are_heard_in_their_order` `server::guard::a07_a33_who_writes_too_fast_waits_and_loses_nothing_and_others_do_not_wait` |
//! | A8 | many tags, many backslashes | `server::hostile::hostile_lines_do_what_their_column_says_and_no_harm` |
//! | A9 | forged tags | `attacks::lines::a09_what_only_a_server_may_say_in_tags_is_dropped` |
//! | A10 | forged sources and commands of servers | `attacks::lines::a10_nobody_plays_the_server_or_somebody_else` |
//! | A11 | masks that make a matcher slow | `src/irc/name.rs::a_mask_bomb_is_cheap` `server::hostile::hostile_lines_do_what_their_column_says_and_no_harm` `attacks::bounds::a11_no_mask_costs_more_than_a_millisecond` |
//! | A12 | acting on what is not there | `attacks::lines::a12_what_is_done_to_what_is_not_there_is_answered_by_a_number` |
//! | A13 | any params of any command | `attacks::lines::a13_no_number_and_no_kind_of_params_brings_the_server_down` |
//! | A14 | text that other programs would execute | `server::hostile::hostile_and_naughty_texts_are_text_and_do_no_harm` |
//! | A15 | probes of scanners and backdoors | `server::hostile::hostile_lines_do_what_their_column_says_and_no_harm` `server::seeds::knocks::strangers_are_sent_away` |
//! | A16 | TLS where it is not spoken, plain where it is | `server::strangers::each_stranger_is_closed_within_a_second_and_is_one_line_for_the_operator` `server::tls::nobody_gets_in_without_tls_where_it_is_needed` |
//! | A17 | HTTP | `server::strangers::what_a_web_page_posts_is_not_executed` `server::strangers::each_stranger_is_closed_within_a_second_and_is_one_line_for_the_operator` |
//! | A18 | text that looks like the log | `log::pages::a_text_that_looks_like_a_line_of_the_log_misleads_nobody` |
//! | A19 | names that are paths | `attacks::files::a19_no_file_is_named_after_a_nick_or_a_channel` |
//! | A20 | symbolic links, files of others | `guard::a20_no_link_in_the_data_folder_is_followed` `log::no_symbolic_link_is_followed` `guard::a20_what_belongs_to_another_user_is_refused` |
//! | A21 | two servers on one folder | `server::ends::a_data_folder_belongs_to_one_server` `cli::a_data_folder_belongs_to_one_server` |
//! | A22 | a log taken away while the server runs | `attacks::files::a22_a_log_that_is_taken_away_or_cut_under_a_running_server_is_noticed_and_nobody_is_told_a_lie` `log::faults::a_segment_that_somebody_deleted_or_cut_is_noticed` |
//! | A23 | signs that shells and clocks expand | `attacks::files::a23_a_path_means_what_it_says` |
//! | A24 | umask 000 | `guard::a24_whatever_the_umask_nobody_else_can_read_what_is_kept` `log::the_files_are_closed_to_others_whatever_the_umask` |
//! | A25 | root | `guard::a25_root_is_warned_and_nobody_else` |
//! | A26 | a poisoned log | `attacks::files::a26_a_log_that_somebody_has_written_is_looked_at_as_closely_as_the_wire` `src/server/log/format.rs::what_the_wire_forbids_is_not_read_even_with_the_right_checksum` |
//! | A27 | a huge log, a million channels | `src/server/log/recent.rs::a_million_channels_do_not_fill_the_memory` `log::pages::only_so_much_is_searched_for_a_silent_channel` |
//! | A28 | many connects | `server::guard::a28_one_address_has_its_share_and_no_more` `server::guard::a28_a44_who_is_not_let_in_is_told_so_in_his_own_language` `src/server/arrivals.rs::a28_of_ten_thousand_from_one_address_16_are_here_at_once_and_32_come_in_ten_minutes` |
//! | A29 | many who say nothing | `server::guard::a29_a30_a44_a_thousand_half_handshakes_end_in_time_and_nobody_waits_for_them` `server::seeds::knocks::the_silent_are_sent_away_at_last` |
//! | A30 | a byte now and then | `server::guard::a29_a30_a44_a_thousand_half_handshakes_end_in_time_and_nobody_waits_for_them` `core::connections::the_time_to_register_begins_with_the_connection` `server::tls::a_slow_handshake_has_an_end_that_counts_from_the_beginning` |
//! | A31 | a reader who never reads | `server::ends::a_slow_reader_is_closed_and_slows_nobody` |
//! | A32 | a slow reader | `server::ends::a_slow_reader_is_closed_and_slows_nobody` |
//! | A33 | a writer at full speed | `server::guard::a07_a33_who_writes_too_fast_waits_and_loses_nothing_and_others_do_not_wait` `server::guard::a33_plain_text_is_paced_too` `src/server/pace.rs::a33_a_burst_then_ten_to_twenty_lines_a_second` |
//! | A34 | joins and nicks without end | `server::guard::a34_nicks_change_no_faster_than_once_in_three_seconds` `src/server/pace.rs::a34_a_nick_is_changed_once_in_three_seconds_and_loops_are_slower_than_talk` |
//! | A35 | one line to many, large answers | `server::guard::a35_who_asks_for_much_pays_for_it` `server::floods::who_floods_with_questions_keeps_nobody_waiting` `src/server/pace.rs::a35_a_line_to_many_costs_for_each_and_long_answers_cost_too` |
//! | A36 | many lines before registration | `attacks::lines::a36_who_says_a_thousand_lines_and_does_not_register_is_closed` |
//! | A37 | an end in the middle of anything | `attacks::crowd::a37_an_end_in_the_middle_of_anything_frees_the_nick_and_harms_nobody` |
//! | A38 | names and channels without end | `attacks::crowd::a38_what_fifty_thousand_names_and_channels_leave_behind_is_bounded` `server::seeds::binary::s004_s9_of_ten_thousand_who_came_and_went_nothing_is_left` |
//! | A39 | no descriptor left | `guard::a39_without_descriptors_accepting_rests_and_goes_on_when_there_are_some` |
//! | A40 | a certificate that has changed | `client_tls::the_first_certificate_is_remembered_and_another_one_refused_until_it_is_named` `client_tls::between::whoever_is_in_between_with_a_key_of_his_own_is_told_nothing` |
//! | A41 | the same host at another port | `src/client/pins.rs::pins_are_kept_apart_by_host_and_port_as_typed` |
//! | A42 | a damaged file of pins | `client_tls::what_was_trusted_and_cannot_be_read_is_not_trusted_anew` `src/client/pins.rs::a_damaged_file_is_not_taken_for_an_empty_one` |
//! | A43 | a downgrade | `client_tls::a_server_that_was_known_by_tls_is_not_spoken_to_without` `client_tls::between::a_server_whose_key_is_known_and_that_ends_in_the_handshake_is_tried_again_and_told_nothing` `client_tls::between::a_server_whose_fingerprint_was_named_is_not_asked_anything_without_tls` |
//! | A44 | old versions, half handshakes | `server::guard::a29_a30_a44_a_thousand_half_handshakes_end_in_time_and_nobody_waits_for_them` `client_tls::an_old_version_is_named` `server::tls::what_is_no_handshake_is_answered_with_an_alert_and_the_end` `server::tls::a44_what_we_have_nothing_in_common_with_is_told_why_and_let_go` |
//! | A45 | certificates of wrong names and times | `client_tls::a45_a_new_certificate_for_the_same_key_is_no_alarm_nor_is_a_wrong_name_or_date_of_what_is_trusted` `client_tls::an_authority_that_is_named_decides` |
//! | A46 | a password of an account in the clear | accounts |
//! | A47 | guessing passwords | `core::guard::a47_who_has_guessed_too_often_waits_on_other_connections_too_and_others_do_not` `core::guard::a47_a_thousand_connections_with_one_guess_each_are_soon_turned_away_unheard` `core::operators::a_guesser_is_sent_away_after_a_few_passwords` |
//! | A48 | long and odd passwords | `core::guard::a48_a_password_may_be_anything_that_fits_into_a_line` `server::guard::a47_a48_hashed_passwords_are_checked_beside_the_conversation_and_in_order` |
//! | A49 | commands before the password | `core::guard::a49_before_the_password_nothing_else_is_heard` |
//! | A50 | the time that a wrong password takes | `core::guard::a50_a_name_that_is_no_operators_costs_as_much_as_a_wrong_password` |
//! | A51 | an account that was suspended | accounts |
//! | A52 | passwords in outputs | `guard::a52_passwords_are_in_no_diagnostics_no_log_and_no_list_of_processes` `core::guard::a52_no_password_is_in_what_is_printed_of_inputs_and_outputs` |
//! | A53 | history of where one is not | `attacks::lines::a53_history_is_for_who_is_there_and_whoever_is_not_cannot_tell_what_there_is` |
//! | A54 | taking back what another said | `attacks::lines::a54_nobody_takes_back_what_another_has_said` |
//! | A55 | secret channels in lists | `attacks::lines::a55_a_secret_channel_is_in_no_list` `core::mended::an_outsider_cannot_tell_a_secret_channel_from_none` |
//! | A56 | the nick of an account | accounts |
//! | A57 | letters that look alike | `attacks::names::a57_a58_a59_a_nick_has_no_letter_that_looks_like_another_and_none_that_is_not_seen` `server::hostile::hostile_names_are_taken_or_refused_as_their_row_says` |
//! | A58 | signs that are not seen | `attacks::names::a57_a58_a59_a_nick_has_no_letter_that_looks_like_another_and_none_that_is_not_seen` |
//! | A59 | signs that turn the text round | `attacks::names::a57_a58_a59_a_nick_has_no_letter_that_looks_like_another_and_none_that_is_not_seen` `wire::neither_controls_nor_bidi_controls_pass_the_gate` |
//! | A60 | one name in other letters | `attacks::names::a60_one_name_in_other_letters_is_one_name` |
//! | A61 | names of servers and services | `attacks::names::a61_nobody_has_the_name_of_what_speaks_for_the_server` |
//! | A62 | one name for many at once | `attacks::names::a62_of_fifty_who_take_one_name_at_once_one_has_it` |
//! | A63 | a name just freed | `attacks::names::a63_what_was_said_under_a_name_stays_with_who_had_it_then` |
//! | A64 | controls of a terminal, anywhere | `attacks::screen::a64_no_control_of_the_wire_is_on_the_screen_wherever_it_stood` `attacks::evil::a70_a76_an_evil_server_harms_neither_the_client_nor_its_terminal` `client_hostile::no_message_moves_or_reaches_what_is_not_its_own` `client_hostile::no_name_moves_or_reaches_what_is_not_its_own` |
//! | A65 | the same outside of the screen | `client_comfort::the_title_has_nothing_of_the_wire_that_a_terminal_would_obey` `src/client/terminal/notice.rs::a_notice_is_one_sequence_whatever_is_in_it` `server::hostile::hostile_and_naughty_texts_are_text_and_do_no_harm` |
//! | A66 | widths and directions | `attacks::screen::a66_a68_no_text_moves_a_border_a_column_or_another_row` `screens::scrolling_leaves_no_ghosts_where_terminals_disagree` |
//! | A67 | links that lie | `attacks::screen::a67_a_link_shows_where_it_leads_and_only_the_web_is_opened` |
//! | A68 | colours | `attacks::screen::a66_a68_no_text_moves_a_border_a_column_or_another_row` `src/client/view/ink.rs::text_in_the_colour_of_its_ground_is_read_all_the_same` |
//! | A69 | text that looks like another speaker | `attacks::screen::a69_a_text_can_look_like_anything_but_stands_where_its_speakers_texts_stand` |
//! | A70 | malformed numerics | `attacks::screen::a70_a76_a78_no_line_of_a_server_harms_the_client_or_has_it_do_anything` `attacks::evil::a70_a76_an_evil_server_harms_neither_the_client_nor_its_terminal` |
//! | A71 | impossible times | `attacks::evil::a70_a76_an_evil_server_harms_neither_the_client_nor_its_terminal` |
//! | A72 | odd sources | `attacks::evil::a70_a76_an_evil_server_harms_neither_the_client_nor_its_terminal` |
//! | A73 | capabilities out of order | `attacks::evil::a70_a76_an_evil_server_harms_neither_the_client_nor_its_terminal` |
//! | A74 | floods by a server | `attacks::evil::a70_a76_an_evil_server_harms_neither_the_client_nor_its_terminal` |
//! | A75 | odd batches | `attacks::evil::a70_a76_an_evil_server_harms_neither_the_client_nor_its_terminal` |
//! | A76 | bytes without end | `attacks::evil::a70_a76_an_evil_server_harms_neither_the_client_nor_its_terminal` |
//! | A77 | pastes | `client::a_paste_sends_nothing_and_many_lines_are_asked_about` `pty::a_paste_that_ends_early_sends_nothing_by_itself` `src/client/terminal/paste.rs::a_paste_that_ends_early_goes_on_and_sends_nothing` |
//! | A78 | texts that would start something | `attacks::screen::a70_a76_a78_no_line_of_a_server_harms_the_client_or_has_it_do_anything` |
//! | A79 | texts that look like commands | `attacks::screen::a79_what_is_heard_or_pasted_is_never_a_command` |
//! | A80 | joins, nicks and kicks by a server | `attacks::screen::a80_a_server_that_moves_the_client_about_gets_no_storm_of_answers_and_no_windows_without_end` |
//! | A81 | a scrollback without end | `client_scroll::scrolling_alone_reaches_the_beginning_and_comes_back_at_constant_memory` |
//! | A82 | all come back at once | `attacks::crowd::a82_a_thousand_who_come_back_at_once_are_all_in_within_half_a_minute` `src/client/backoff.rs::pauses_grow_to_a_limit_and_begin_anew` |
//! | A83 | somebody else's line under my id | `attacks::screen::a83_another_one_who_uses_the_id_of_my_line_does_not_settle_it` |
//! | A84 | an echo that was lost | `client::an_unanswered_line_is_settled_by_its_id_or_sent_again` `crash::nothing_echoed_is_lost_and_nothing_doubled_however_often_the_server_is_killed` |
//! | A85 | sizes and terminals that fail | `pty::no_size_of_the_window_is_too_small` `attacks::evil::a85_a_storm_of_sizes_leaves_the_last_one_drawn` `attacks::evil::a85_a_client_whose_terminal_takes_nothing_any_more_still_ends` `pty_leaving::a_client_whose_terminal_is_gone_ends` |
//! | A86 | a client that is killed or panics | `pty::what_is_typed_while_the_server_is_away_outlives_the_client_that_is_killed` `pty_leaving::a_panic_in_the_middle_of_a_frame_restores_the_terminal_and_is_reported` |
//! | A87 | files in an enemy's folder | `attacks::files::a87_nothing_is_read_from_the_folder_one_happens_to_be_in` `guard::a87_nothing_is_read_from_the_folder_in_which_the_server_is_started` |

use std::fs;
use std::path::Path;

/// How many attacks there are without several nodes.
const ATTACKS: usize = 87;

/// Those that need accounts.
const NEED_ACCOUNTS: [&str; 3] = ["A46", "A51", "A56"];

/// Whether a file has a test of this name. Those of `proptest` have params.
fn has_test(source: &str, name: &str) -> bool {
    let head = format!("fn {name}(");
    source.match_indices(&head).any(|(at, _)| source[..at].trim_end().ends_with("#[test]"))
}

#[test]
fn every_attack_has_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rows = include_str!("table.rs").lines().filter_map(|line| line.strip_prefix("//! | A"));
    let (mut numbers, mut accounts) = (Vec::new(), Vec::new());
    for row in rows {
        let [number, _, tests] = row.trim_end_matches(" |").splitn(3, " | ").collect::<Vec<_>>()[..] else {
            panic!("{row}")
        };
        numbers.push(number.to_owned());
        let number = format!("A{number}");
        match tests {
            "accounts" => accounts.push(number),
            tests => {
                for test in tests.split(' ').map(|test| test.trim_matches('`')) {
                    let (module, name) = test.rsplit_once("::").unwrap();
                    let file = match module.strip_prefix("src/") {
                        Some(file) => root.join("src").join(file),
                        None => root.join("tests/it").join(module.replace("::", "/")).with_extension("rs"),
                    };
                    let source =
                        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{number}: {test}: {error}"));
                    assert!(has_test(&source, name), "{number}: there is no {test}");
                }
            }
        }
    }
    assert_eq!(numbers, (1..=ATTACKS).map(|n| n.to_string()).collect::<Vec<_>>());
    assert_eq!(accounts, NEED_ACCOUNTS);
}
