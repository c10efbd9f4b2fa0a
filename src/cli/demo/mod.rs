//! `heikin demo`, and `heikin` alone: the whole loop on the embedded exchange with a made-up market,
//! shown live.
//!
//! [`session`] runs, [`view`] says what there is to show, [`screen`] and [`lines`] show it. Nothing
//! that is shown, and no time that passes, reaches the session: a seed gives the same fills at every
//! speed and in either form. Nothing is written to disk.

mod interrupt;
mod lines;
mod pace;
mod screen;
pub(super) mod session;
mod summary;
mod terminal;
mod view;

use std::io::{self, BufWriter, IsTerminal};
use std::num::NonZeroU32;

use clap::Args;

use self::interrupt::Interrupt;
use self::lines::Course;
use self::pace::Speed;
use self::screen::Palette;
use self::session::Session;
use self::view::View;
use super::failure::Failure;
use super::tell::printed;

/// Where the end is not given and nobody is there to ask for it.
const CANDLES_WITHOUT_TERMINAL: u64 = 300;
/// How fast it goes where somebody watches.
const USUAL_SPEED: Speed = match NonZeroU32::new(4) {
    Some(count) => Speed::PerSecond(count),
    None => Speed::Max,
};

// No doc comment: clap would take it for the whole program's.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The market's seed: the same one gives the same candles and the same fills.
    #[arg(long, value_name = "N", default_value_t = 1, allow_negative_numbers = true)]
    seed: u64,
    /// Candles per second, or `max` [default: 4; max where the output is not a terminal].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    speed: Option<Speed>,
    /// Stop after so many candles [default: on until Ctrl-C; 300 where the output is not a terminal].
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    candles: Option<u64>,
    /// Lines of text instead of a screen.
    #[arg(long)]
    plain: bool,
}

impl Default for Arguments {
    fn default() -> Self {
        Self { seed: 1, speed: None, candles: None, plain: false }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let is_terminal = io::stdout().is_terminal();
    let surroundings = Surroundings::read();
    let mut session = Session::new(arguments.seed)?;
    let mut view = View::new(&mut session)?;
    let interrupt = Interrupt::install()
        .map_err(|error| Failure::failed(format!("signals cannot be caught: {error}")))?;
    let usual_speed = if is_terminal { USUAL_SPEED } else { Speed::Max };
    let course = Course {
        candles: arguments.candles.or((!is_terminal).then_some(CANDLES_WITHOUT_TERMINAL)),
        speed: arguments.speed.unwrap_or(usual_speed),
    };
    let run = (&mut session, &mut view);
    let told = if is_terminal && surroundings.can_draw && !arguments.plain {
        terminal::run(run, course, &interrupt, surroundings.palette).map_err(|error| {
            Failure::failed(format!("the terminal: {error}; `heikin --plain` needs none"))
        })?;
        summary::write(&view, &mut io::stdout())
    } else {
        lines::run(run, course, &interrupt, &mut BufWriter::new(io::stdout().lock()))
    };
    printed(told)
}

/// What the environment says of the terminal.
#[derive(Debug, Clone, Copy)]
struct Surroundings {
    /// Whether the cursor can be moved.
    can_draw: bool,
    palette: Palette,
}

impl Surroundings {
    #[expect(clippy::disallowed_methods, reason = "the terminal's own variables, read once here")]
    fn read() -> Self {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let palette = if is_set("NO_COLOR") { Palette::Plain } else { Palette::Color };
        Self { can_draw: !dumb, palette }
    }
}
