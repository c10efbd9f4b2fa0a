use std::num::NonZeroU32;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Color;

use super::*;
use crate::cli::demo::session::Session;

const CONTROLS: Controls = Controls {
    speed: Speed::PerSecond(NonZeroU32::new(4).unwrap()),
    playback: Playback::Playing,
    help: Help::Hidden,
};

fn view_after(candles: u64) -> View {
    let mut session = Session::new(1).unwrap();
    let mut view = View::new(&mut session).unwrap();
    for _ in 0..candles {
        view.update(&session.advance().unwrap());
    }
    view
}

fn drawn((width, height): (u16, u16), screen: &Screen<'_>) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| frame.render_widget(screen, frame.area())).unwrap();
    terminal.backend().clone()
}

fn check(name: &str, size: (u16, u16), candles: u64, controls: Controls) {
    let view = view_after(candles);
    let screen = Screen { view: &view, controls, palette: Palette::Color };
    insta::assert_snapshot!(name, drawn(size, &screen));
}

#[test]
fn an_entry_waits() {
    check("80x24-none", (80, 24), 2, CONTROLS);
}

#[test]
fn a_position_is_open() {
    check("80x24-long", (80, 24), 40, CONTROLS);
}

#[test]
fn just_sold() {
    let controls = Controls { playback: Playback::Paused, ..CONTROLS };
    check("80x24-closed-long", (80, 24), 14, controls);
}

#[test]
fn a_large_screen() {
    check("120x40", (120, 40), 300, CONTROLS);
}

#[test]
fn the_least_screen() {
    check("80x20", LEAST, 40, CONTROLS);
}

#[test]
fn a_screen_that_is_too_small_says_so() {
    check("30x8", (30, 8), 0, CONTROLS);
}

#[test]
fn the_keys_are_explained() {
    check("80x24-help", (80, 24), 40, Controls { help: Help::Shown, ..CONTROLS });
}

#[test]
fn every_size_can_be_drawn() {
    let view = view_after(60);
    for (width, height) in [(0, 0), (1, 1), (80, 19), (79, 20), (80, 20), (81, 21), (300, 100)] {
        let screen = Screen { view: &view, controls: CONTROLS, palette: Palette::Color };
        let area = Rect::new(0, 0, width, height);
        (&screen).render(area, &mut Buffer::empty(area));
    }
}

#[test]
fn without_colors_there_are_none_and_falling_candles_look_different() {
    let view = view_after(300);
    let screen = Screen { view: &view, controls: CONTROLS, palette: Palette::Plain };
    let backend = drawn((120, 40), &screen);
    let cells = backend.buffer().content();
    assert!(cells.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    assert!(cells.iter().any(|cell| cell.symbol() == "╏"));
    assert!(cells.iter().any(|cell| cell.symbol() == "┃"));
}
