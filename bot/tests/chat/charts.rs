//! Pictures: that they are there, of the right size and colours, and where there is nothing to draw.
//! They are left in the target's folder for temporary files, to be looked at.

use heikin_bot::backend::{ChartData, ChartStyle, Range};
use heikin_bot::chart::{Palette, Theme, candles, equity};
use heikin_bot::local_time::LocalTime;
use heikin_bot::message::Body;
use tiny_skia::Pixmap;

use crate::fixtures;
use crate::world::{SUBSCRIBER, Talk, World};

fn keep(name: &str, png: &[u8]) -> Pixmap {
    std::fs::write(std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), png).unwrap();
    Pixmap::decode_png(png).unwrap()
}

fn drawn(data: &ChartData, style: ChartStyle, theme: Theme) -> Option<Vec<u8>> {
    let time = LocalTime::new(fixtures::NOW, "Asia/Kolkata");
    candles(data, style, Palette::of(theme), &|at| time.axis(at))
}

/// Pixels of exactly this colour.
fn count(picture: &Pixmap, colour: (u8, u8, u8)) -> usize {
    let is_it = |pixel: &&tiny_skia::PremultipliedColorU8| {
        (pixel.red(), pixel.green(), pixel.blue()) == colour
    };
    picture.pixels().iter().filter(is_it).count()
}

const STOP: (u8, u8, u8) = (0xff, 0xa9, 0x3d);
const BUY: (u8, u8, u8) = (0x5a, 0xa9, 0xff);
const SELL: (u8, u8, u8) = (0xe8, 0x6b, 0xff);

#[test]
fn a_chart_shows_candles_fills_and_the_stop() {
    let data = fixtures::chart(fixtures::btc(), 60);
    let png = drawn(&data, ChartStyle::HeikinAshi, Theme::Dark).unwrap();
    let picture = keep("chart-dark.png", &png);
    assert_eq!((picture.width(), picture.height()), (1_080, 1_280));
    assert!(png.len() < 150_000, "{} bytes", png.len());
    for (what, colour) in [("stop", STOP), ("buys", BUY), ("sells", SELL)] {
        assert!(count(&picture, colour) > 150, "no {what} on the picture");
    }
    let again = drawn(&data, ChartStyle::HeikinAshi, Theme::Dark).unwrap();
    assert!(png == again, "the same data give the same bytes");

    let bare = ChartData { markers: Vec::new(), stops: Vec::new(), stop: None, ..data.clone() };
    let bare = keep("chart-bare.png", &drawn(&bare, ChartStyle::HeikinAshi, Theme::Dark).unwrap());
    assert_eq!([STOP, BUY, SELL].map(|colour| count(&bare, colour)), [0; 3]);

    let light =
        keep("chart-light-raw.png", &drawn(&data, ChartStyle::Candles, Theme::Light).unwrap());
    assert!(count(&light, (0xff, 0xff, 0xff)) > 500_000);
    let flat =
        ChartData { stop: None, average_entry: None, ..fixtures::chart(fixtures::eth(), 200) };
    let entry = heikin_core::num::Price::from_units(flat.bars[199].high.units() * 11 / 10);
    let waiting = ChartData { entry, ..flat };
    keep("chart-entry-200.png", &drawn(&waiting, ChartStyle::HeikinAshi, Theme::Light).unwrap());
    let few = fixtures::chart(fixtures::btc(), 10);
    keep("chart-few.png", &drawn(&few, ChartStyle::HeikinAshi, Theme::Dark).unwrap());
}

#[test]
fn one_candle_that_never_moved_is_drawn_and_none_is_not() {
    let mut data = fixtures::chart(fixtures::btc(), 10);
    data.bars.truncate(1);
    let still = data.bars[0].open;
    data.bars[0].high = still;
    data.bars[0].low = still;
    data.bars[0].close = still;
    assert!(drawn(&data, ChartStyle::Candles, Theme::Dark).is_some());
    data.bars.clear();
    assert!(drawn(&data, ChartStyle::Candles, Theme::Dark).is_none());
}

#[test]
fn equity_shows_its_drawdown() {
    let time = LocalTime::new(fixtures::NOW, "UTC");
    for (name, theme) in [("equity-dark.png", Theme::Dark), ("equity-light.png", Theme::Light)] {
        let series = fixtures::equity(Range::ALL, 400);
        let png = equity(&series, Palette::of(theme), &|at| time.axis(at)).unwrap();
        let picture = keep(name, &png);
        assert_eq!((picture.width(), picture.height()), (1_080, 1_180));
    }
    let one = fixtures::equity(Range::ALL, 1);
    assert!(equity(&one, Palette::of(Theme::Dark), &|at| time.axis(at)).is_none());
}

#[test]
fn a_chart_comes_as_a_picture_or_says_why_not() {
    let mut talk = Talk::of(SUBSCRIBER, World::default());
    let shown = talk.ask("/chart BTCUSDT 30 light raw");
    assert!(matches!(shown.message.body, Body::Picture(..)));
    // Under a picture, answers are new messages: a picture cannot become words.
    let pressed = talk.press(&shown, "Why");
    assert_ne!(pressed.one().number, shown.number);
    let mut talk = Talk::of(SUBSCRIBER, World { is_empty: true, ..World::default() });
    assert!(talk.ask("/chart ETHUSDT").text().contains("No candle yet"));
    assert!(talk.ask("/equity").text().contains("Too few points"));
}
