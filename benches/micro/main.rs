//! What the parts of a message's way cost, each alone: `cargo bench --bench micro [PART]`.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::expect_used,
    missing_docs,
    reason = "a benchmark is all edge, and nobody's library"
)]

#[path = "../../examples/gallery/scene.rs"]
#[allow(dead_code, reason = "the gallery shows more of it")]
mod scene;

mod hall;

use chatui::client::app::Event;
use chatui::client::theme::{Depth, Ground, Theme};
use chatui::client::view::draw;
use chatui::irc::{Framed, Framer, MAX_LINE, Message};
use chatui::server::clock;
use chatui::server::core::Form;
use chatui::server::log::{FileLog, Log, Options, Sync};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use hall::{Hall, TEXT};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use scene::Scene;

fn main() {
    divan::main();
}

/// The wire.
mod irc {
    use super::*;

    #[divan::bench]
    fn parse(bencher: Bencher<'_, '_>) {
        let line =
            format!("@time=2026-11-20T16:05:00.123Z;msgid=1a2b3c :al!~al@127.0.0.1 PRIVMSG #hall :{TEXT}");
        bencher
            .counter(BytesCount::of_str(&line))
            .bench(|| Message::parse(black_box(&line)).map(|m| m.params.len()));
    }

    #[divan::bench]
    fn frame_64_lines(bencher: Bencher<'_, '_>) {
        let bytes = format!("PRIVMSG #hall :{TEXT}\r\n").repeat(64);
        let mut framer = Framer::new(MAX_LINE);
        bencher.counter(ItemsCount::new(64_u32)).bench_local(|| {
            let mut lines = 0;
            framer.push(black_box(bytes.as_bytes()), |framed| {
                lines += usize::from(matches!(framed, Framed::Line(_)));
            });
            lines
        });
    }

    #[divan::bench(args = [Form::Untagged, Form::Time, Form::Tags, Form::Full])]
    fn format(bencher: Bencher<'_, '_>, form: Form) {
        let line = Hall::new(1).line();
        bencher.bench(|| form.bytes(black_box(&line)).len());
    }
}

/// The server's core: one message decided, ordered and addressed, whatever the size of the channel.
#[divan::bench(args = [10, 100, 1_000, 10_000])]
fn core_message(bencher: Bencher<'_, '_>, people: u32) {
    let mut hall = Hall::new(people);
    let line = format!("PRIVMSG #hall :{TEXT}");
    bencher.bench_local(|| hall.say(black_box(line.as_bytes())).outputs.len());
}

/// The log: turns of so many lines, into a file that is not synced.
#[divan::bench(args = [1, 64])]
fn log_append(bencher: Bencher<'_, '_>, lines: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options::new(Sync::Never, clock::now());
    let (mut log, _) = FileLog::open(folder.path(), options, &mut |_| {}).expect("a log");
    let mut hall = Hall::new(1);
    bencher
        .counter(ItemsCount::new(lines))
        .with_inputs(|| (0..lines).map(|_| hall.line()).collect::<Vec<_>>())
        .bench_local_values(|turn| log.append(&turn).is_ok());
}

/// The client.
mod client {
    use super::*;

    #[divan::bench]
    fn update(bencher: Bencher<'_, '_>) {
        let mut scene = Scene::lobby((120, 40));
        let line = format!("@time=2026-11-20T16:05:00.123Z :bea!~bea@h PRIVMSG #lobby :{TEXT}");
        bencher.bench_local(|| scene.event(Event::Line(line.clone().into_bytes().into())));
    }

    #[divan::bench(args = [(40, 12), (80, 24), (120, 40), (200, 50)])]
    fn view(bencher: Bencher<'_, '_>, (columns, rows): (u16, u16)) {
        let scene = Scene::lobby((columns, rows));
        let theme = Theme::new(Depth::True, Ground::DARK);
        let area = Rect::new(0, 0, columns, rows);
        let mut buffer = Buffer::empty(area);
        bencher.bench_local(|| {
            buffer.reset();
            draw(&scene.app, &theme, area, &mut buffer).1.is_some()
        });
    }
}
