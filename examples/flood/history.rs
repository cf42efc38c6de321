//! Looking back: the scenario `history`.

use std::time::{Duration, Instant};

use chatui::irc::{Cap, Caps};

use crate::Outcome;
use crate::crowd::{Crowd, Heard, Run, Words, command_of, said};
use crate::report::{Latency, Report};

/// Most messages that are under way while the room is filled.
const WINDOW: u32 = 64;

/// What a client must have to ask.
const WANTED: [Cap; 4] = [Cap::Batch, Cap::ServerTime, Cap::MessageTags, Cap::Chathistory];

/// One client says so many lines; then each of the others asks for all of them at once, and checks that they come
/// once and in order.
pub fn run(run: &Run, clients: usize, lines: u32, size: usize) -> Outcome<Report> {
    let mut crowd = Crowd::new(run.address, clients + 1)?;
    let mut wanted = Caps::default();
    WANTED.iter().for_each(|cap| wanted.insert(*cap));
    crowd.enter(run, wanted, |crowd, _| Some(crowd.room(0)))?;
    if let Some(missing) = WANTED.iter().find(|cap| !crowd.caps(0).has(**cap)) {
        return Err(format!("the server does not offer {}", missing.name()).into());
    }
    fill(&mut crowd, run, lines, size)?;
    crowd.quiet(run, Duration::from_millis(300))?;

    let before = run.usage();
    let begun = Instant::now();
    let mut report =
        Report { scenario: format!("history {clients} × {lines}"), unit: "line", ..Report::default() };
    let ask = format!("CHATHISTORY LATEST {} * {lines}", crowd.room(0));
    (1..=clients).for_each(|place| crowd.send(place, &ask));
    let mut next = vec![0; clients + 1];
    let mut latency = Latency::default();
    let (mut done, mut gone) = (0, 0);
    while done < clients && gone == 0 {
        run.deadline.check(&format!("reading history ({done} of {clients} have it)"))?;
        crowd.turn(Duration::from_millis(100), |place, heard| match heard {
            Heard::Line(line) => {
                if let Some(words) = said(line).and_then(Words::read) {
                    report.units += 1;
                    report.disordered += u64::from(words.number > next[place]);
                    report.doubled += u64::from(words.number < next[place]);
                    next[place] = words.number + 1;
                } else if command_of(line) == b"BATCH" && memchr::memmem::find(line, b"BATCH -").is_some() {
                    done += 1;
                    latency.add(begun.elapsed());
                }
            }
            Heard::Closed => gone += 1,
            Heard::Welcome => {}
        })?;
    }
    report.span = begun.elapsed();
    report.latency = latency;
    report.gone = gone;
    report.lost = next[1..].iter().map(|next| u64::from(lines - (*next).min(lines))).sum();
    report.set_usage(before, run.usage());
    Ok(report)
}

/// The first client says the lines; the second hears them.
fn fill(crowd: &mut Crowd, run: &Run, lines: u32, size: usize) -> Outcome<()> {
    let (mut spoken, mut heard) = (0, 0);
    let room = crowd.room(0);
    while heard < lines {
        run.deadline.check(&format!("filling the room ({heard} of {lines} lines)"))?;
        while spoken < lines && spoken - heard < WINDOW {
            let words = Words { sender: 0, number: spoken, moment: 0 };
            crowd.send(0, &format!("PRIVMSG {room} :{}", words.text(size)));
            spoken += 1;
        }
        crowd.turn(Duration::from_millis(100), |place, what| {
            if let Heard::Line(line) = what {
                heard += u32::from(place == 1 && said(line).is_some());
            }
        })?;
    }
    Ok(())
}
