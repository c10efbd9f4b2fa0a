//! The demo on a terminal: draws the screen, obeys the keys, and leaves the terminal as it was.

use std::io;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};

use super::interrupt::Interrupt;
use super::lines::Course;
use super::pace::{Metronome, now};
use super::screen::{Controls, Help, Palette, Playback, Screen};
use super::session::Session;
use super::view::View;

/// The longest wait between two looks at signals.
const LONGEST_WAIT: Duration = Duration::from_millis(100);
/// No more frames than an eye can follow; candles go on between them.
const FRAME: Duration = Duration::from_millis(33);

/// Runs the session until it is over or somebody quits. The terminal is restored in every case: at
/// the end, on an error, and on a panic.
pub(super) fn run(
    run: (&mut Session, &mut View),
    course: Course,
    interrupt: &Interrupt,
    palette: Palette,
) -> io::Result<()> {
    // This also makes a panic restore the terminal before its message.
    let mut terminal = ratatui::try_init()?;
    let outcome = show(run, course, interrupt, |view, controls| {
        let screen = Screen { view, controls, palette };
        terminal.draw(|frame| frame.render_widget(&screen, frame.area())).map(drop)
    });
    let restored = ratatui::try_restore();
    outcome.and(restored)
}

fn show(
    (session, view): (&mut Session, &mut View),
    course: Course,
    interrupt: &Interrupt,
    mut draw: impl FnMut(&View, Controls) -> io::Result<()>,
) -> io::Result<()> {
    let mut controls =
        Controls { speed: course.speed, playback: Playback::Playing, help: Help::Hidden };
    let mut metronome = Metronome::new(controls.speed);
    loop {
        let frame_began = now();
        draw(view, controls)?;
        let playing = controls.playback == Playback::Playing;
        while playing && metronome.wait().is_zero() {
            if course.is_over(view.heading.candle) {
                return Ok(());
            }
            view.update(&session.advance().map_err(io::Error::other)?);
            metronome.tick();
            if frame_began.elapsed() >= FRAME {
                break;
            }
        }
        // The first key ends the wait, and so does the next candle.
        let next = if playing { metronome.wait().min(LONGEST_WAIT) } else { LONGEST_WAIT };
        let rest = FRAME.saturating_sub(frame_began.elapsed());
        let mut wait = next.max(rest);
        while event::poll(wait)? {
            match command(&event::read()?) {
                Some(Command::Quit) => return Ok(()),
                Some(command) => controls = obey(command, controls, &mut metronome),
                None => {}
            }
            wait = Duration::ZERO;
        }
        if interrupt.arrives_within(Duration::ZERO) {
            return Ok(());
        }
    }
}

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Quit,
    Pause,
    Faster,
    Slower,
    Help,
}

fn command(event: &Event) -> Option<Command> {
    let KeyEvent { code, modifiers, .. } = event.as_key_press_event()?;
    match code {
        KeyCode::Char('c') if modifiers.contains(KeyModifiers::CONTROL) => Some(Command::Quit),
        KeyCode::Char('q' | 'Q') | KeyCode::Esc => Some(Command::Quit),
        KeyCode::Char(' ') => Some(Command::Pause),
        KeyCode::Char('+' | '=') => Some(Command::Faster),
        KeyCode::Char('-' | '_') => Some(Command::Slower),
        KeyCode::Char('?' | 'h') => Some(Command::Help),
        _ => None,
    }
}

fn obey(command: Command, controls: Controls, metronome: &mut Metronome) -> Controls {
    let Controls { mut speed, mut playback, mut help } = controls;
    match command {
        Command::Quit => {}
        Command::Faster => speed = speed.faster(),
        Command::Slower => speed = speed.slower(),
        Command::Help => {
            help = if help == Help::Shown { Help::Hidden } else { Help::Shown };
        }
        Command::Pause => {
            playback = match playback {
                Playback::Playing => Playback::Paused,
                Playback::Paused => Playback::Playing,
            };
        }
    }
    if speed != controls.speed || playback != controls.playback {
        metronome.set(speed);
    }
    Controls { speed, playback, help }
}
