//! Charts with the words under them.

use crate::backend::{ChartData, ChartStyle, EquitySeries};
use crate::chart::{self, Palette, Theme};
use crate::message::{Body, Message, Picture, Text};

use super::buttons::anew;
use super::{Reader, figures};

/// Candles with entries, exits, the working entry and the stop; words alone where there is nothing
/// to draw.
pub fn chart(data: &ChartData, style: ChartStyle, theme: Theme, reader: &Reader) -> Message {
    let trader = data.trader;
    let mut text = Text::new().bold(trader.to_string()).plain(format!(
        " · {} · {}\n",
        data.mode.shown(),
        match style {
            ChartStyle::HeikinAshi => "Heikin-Ashi",
            ChartStyle::Candles => "candles",
        }
    ));
    if let Some(price) = data.price {
        text = text.plain(format!("now {}", figures::price(price)));
        if let Some(stop) = data.stop {
            let distance = figures::percent(figures::distance(stop, price));
            text = text.plain(format!(" · stop {} ({distance})", figures::price(stop)));
        }
        if let Some(entry) = data.entry {
            let distance = figures::percent(figures::distance(entry, price));
            text = text.plain(format!(" · entry at {} ({distance})", figures::price(entry)));
        }
        text = text.end();
    }
    let count = data.bars.len();
    let other = match style {
        ChartStyle::HeikinAshi => ("Raw", " raw"),
        ChartStyle::Candles => ("Heikin-Ashi", ""),
    };
    let light = if theme == Theme::Light { " light" } else { "" };
    let same = if style == ChartStyle::Candles { " raw" } else { "" };
    let rows = |message: Message| {
        message
            .row([
                anew("30", &format!("/chart {trader} 30{same}{light}")),
                anew("60", &format!("/chart {trader} 60{same}{light}")),
                anew("120", &format!("/chart {trader} 120{same}{light}")),
                anew(
                    other.0,
                    &format!("/chart {trader} {}{}{light}", count.clamp(10, 200), other.1),
                ),
            ])
            .row([anew("‹ Menu", "/menu"), anew("Why", &format!("/why {trader}"))])
    };
    let time = |at| reader.time.axis(at);
    match chart::candles(data, style, Palette::of(theme), &time) {
        Some(png) => rows(Message::of(Body::Picture(
            Picture { png, name: format!("{}-{}.png", trader.symbol, trader.interval) },
            text,
        ))),
        None => rows(Message::text(text.plain("No candle yet: nothing to draw."))),
    }
}

/// Equity with drawdown; words alone where there is nothing to draw.
pub fn equity(series: &EquitySeries, theme: Theme, reader: &Reader) -> Message {
    let mut text = Text::new().bold("Equity").plain(format!(
        " · {} · {}\n",
        series.mode.shown(),
        reader.time.range(series.range)
    ));
    let ends = series.points.first().zip(series.points.last());
    if let Some((first, last)) = ends {
        let change = figures::share_of(last.equity - first.equity, first.equity);
        text = text.plain(format!(
            "{} → {} ({})\n",
            figures::amount(first.equity),
            figures::amount_in(last.equity, series.quote),
            figures::percent(change)
        ));
    }
    let rows = |message: Message| {
        message
            .row([anew("7 d", "/equity 7"), anew("30 d", "/equity 30"), anew("All", "/equity all")])
            .row([anew("‹ Menu", "/menu"), anew("Profit", "/profit 30")])
    };
    let time = |at| reader.time.axis(at);
    match chart::equity(series, Palette::of(theme), &time) {
        Some(png) => {
            rows(Message::of(Body::Picture(Picture { png, name: "equity.png".to_owned() }, text)))
        }
        None => rows(Message::text(text.plain("Too few points yet: nothing to draw."))),
    }
}
