//! The hand: the wheel scrolls, a click does what stands under it. What stands where, the last frame has said.

use std::sync::Arc;

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::super::entry::Kind;
use super::super::touch::{Spot, Touch};
use super::super::window::With;
use super::{App, Effect, Overlay, Screen, Status};
use crate::irc::name::same;
use crate::irc::text::plain;

/// Rows that the wheel scrolls by.
const WHEEL: i32 = 3;

impl App {
    /// A frame has been drawn; what of it can be touched.
    pub(super) fn on_touchable(&mut self, touch: Touch) {
        self.touch = touch;
    }

    pub(super) fn on_mouse(&mut self, mouse: &MouseEvent, effects: &mut Vec<Effect>) {
        if !matches!(self.screen, Screen::Rooms) || self.leaving.is_some() {
            return;
        }
        match mouse.kind {
            MouseEventKind::ScrollUp => self.scroll(WHEEL),
            MouseEventKind::ScrollDown => self.scroll(-WHEEL),
            MouseEventKind::Down(button) => {
                let spot = self.touch.at(mouse.column, mouse.row).cloned();
                self.on_click(button, spot, effects);
            }
            _ => {}
        }
    }

    fn on_click(&mut self, button: MouseButton, spot: Option<Spot>, effects: &mut Vec<Effect>) {
        match (&self.overlay, &spot) {
            (Some(Overlay::Guard(_)), _) | (Some(Overlay::Switcher(_)), Some(Spot::Cover)) => return,
            (Some(Overlay::Help { .. }), _) => {
                self.overlay = None;
                return;
            }
            (Some(Overlay::Switcher(_)), _) => self.overlay = None,
            (None, _) => {}
        }
        match (button, spot) {
            (MouseButton::Left, Some(Spot::Room(name))) => {
                if let Some(at) = self.windows.iter().position(|window| *window.name == *name) {
                    self.show(at);
                }
            }
            (MouseButton::Left, Some(Spot::Person(who))) => self.speak_to(&who),
            (MouseButton::Right, Some(Spot::Person(who))) => self.mention(&who),
            (MouseButton::Left, Some(Spot::Link(link))) => effects.push(Effect::Open(link.uri.to_string())),
            (MouseButton::Right, Some(Spot::Link(link))) => {
                effects.push(Effect::Copy(link.uri.to_string()));
                self.say(Status::Info("the link is copied".to_owned()));
            }
            (MouseButton::Left, Some(Spot::Message(entry))) => self.choose_entry(entry),
            (MouseButton::Left, Some(Spot::Live)) => self.windows[self.current].go_live(),
            (MouseButton::Left, Some(Spot::Title)) => self.tell_topic(),
            (MouseButton::Left, Some(Spot::Choice(number))) => self.editor.complete_with(number),
            (MouseButton::Left, None) => self.forget_selection(),
            _ => {}
        }
    }

    /// The whole of the topic, of which the title shows what there is room for.
    fn tell_topic(&mut self) {
        match self.channel(self.window()).map(|channel| channel.topic.text.to_string()) {
            Some(topic) if !topic.is_empty() => self.tell_here(Kind::Server, &format!("topic: {topic}")),
            _ => self.say(Status::Info("there is no topic here".to_owned())),
        }
    }

    /// Opens the conversation with somebody.
    fn speak_to(&mut self, who: &Arc<str>) {
        if same(who, self.nick()) {
            self.say(Status::Info("that is you".to_owned()));
            return;
        }
        let at = self.window_for(who, With::Person);
        self.show(at);
    }

    /// Names somebody in the input.
    fn mention(&mut self, who: &Arc<str>) {
        let name = plain(who);
        let text = if self.editor.is_empty() { format!("{name}: ") } else { format!("{name} ") };
        self.editor.paste(&text);
    }
}
