//! The same chat at the terminal: a conversation, start to end.

use std::cell::Cell;
use std::io;

use heikin_bot::backend::{Command, Nonce};
use heikin_bot::chat::Bot;
use heikin_bot::message::Picture;
use heikin_bot::terminal::{Desk, converse};
use heikin_core::time::Timestamp;

use crate::fixtures::NOW;
use crate::world::{World, block_on};

struct Here(Cell<u32>);

impl Desk for Here {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn keep(&self, picture: &Picture) -> io::Result<String> {
        self.0.set(self.0.get() + 1);
        Ok(format!("/tmp/{}", picture.name))
    }
}

fn talk(lines: &str, world: World) -> (String, Bot<World>, u32) {
    let bot = Bot::new(world, || Nonce::from_bits(0x1234));
    let desk = Here(Cell::new(0));
    let mut output = Vec::new();
    block_on(converse(&bot, &desk, &mut lines.as_bytes(), &mut output)).unwrap();
    (String::from_utf8(output).unwrap(), bot, desk.0.get())
}

#[test]
fn a_conversation_with_numbered_buttons() {
    let lines = "1\n/chart BTCUSDT 20\n/panic\n1\n1\n99\nnonsense\n/pause BTCUSDT\nquit\n/panic\n";
    let (said, bot, pictures) = talk(lines, World::default());
    insta::assert_snapshot!(said.replace('\u{a0}', " "));
    assert_eq!(pictures, 1);
    assert!(matches!(bot.backend().done()[..], [Command::Panic, Command::Pause { .. }]));
}

#[test]
fn a_name_from_outside_does_not_steer_the_terminal() {
    let world = World { words: "\u{1b}[2J\u{7}evil".to_owned(), ..World::default() };
    let (said, ..) = talk("/users\n/status\n", world);
    assert!(!said.contains('\u{1b}') && said.contains("[2Jevil"), "{said}");
}

#[test]
fn an_input_that_ends_ends_the_conversation() {
    let (said, bot, _) = talk("", World::default());
    assert!(said.contains("heikin · choose") && bot.backend().done().is_empty());
}
