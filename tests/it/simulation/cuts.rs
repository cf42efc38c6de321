//! A connection that breaks behind every single byte: what is shown afterwards is what the log has.
//!
//! `CHATUI_CUTS=1` cuts behind every byte, otherwise behind every 31st.

use std::time::Duration;

use super::{CHANNEL, World};

/// Who is cut off.
const CUT: usize = 0;
const ROUNDS: usize = 40;

/// Two people talk; one's connection breaks when so many bytes have reached them. Gives how many have in all.
fn talk(cut: usize) -> usize {
    let mut world = World::new(cut as u64);
    let (mut received, mut is_cut) = (0, false);
    for round in 0..ROUNDS {
        if round % 3 == 0 {
            world.type_line(CUT + 1);
        }
        if round % 5 == 0 {
            world.type_line(CUT);
        }
        for id in world.ids() {
            let pipe = &world.pipes[&id];
            let waiting = pipe.down.len();
            if pipe.client != CUT || is_cut || received + waiting < cut {
                received += if pipe.client == CUT { waiting } else { 0 };
                world.carry(id, usize::MAX);
            } else {
                world.carry(id, cut - received);
                world.cut(id);
                is_cut = true;
            }
        }
        world.turn();
        world.keep();
        world.check();
        world.tick(Duration::from_millis(100));
    }
    world.settle();
    world.check_settled();
    let shown = world.clients[CUT].app.windows().iter().find(|window| window.is(CHANNEL)).unwrap();
    let shown: Vec<&str> = shown
        .entries()
        .iter()
        .filter(|entry| entry.is_speech() && !entry.msgid.is_empty())
        .map(|entry| &*entry.text)
        .collect();
    let said: Vec<&str> = world.truth.iter().map(|line| line.message().param(1)).collect();
    assert_eq!(shown, said, "cut behind byte {cut}");
    received
}

#[test]
fn what_is_shown_is_what_the_log_has_wherever_the_connection_was_cut() {
    let all = talk(usize::MAX);
    assert!(all > 3_000, "the conversation is too short to be cut: {all} bytes");
    let step = if std::env::var("CHATUI_CUTS").is_ok() { 1 } else { 31 };
    let mut cuts = 0;
    for cut in (1..all).step_by(step) {
        talk(cut);
        cuts += 1;
    }
    println!("{cuts} cuts in {all} bytes");
}
