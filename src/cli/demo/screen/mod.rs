//! The demo as a screen: a pure function of the view and of what the keys have set.

mod chart;
mod palette;
#[cfg(test)]
mod tests;

use heikin_core::num::Price;
use heikin_core::strategy::TraderState;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, Borders, Clear, Padding, Paragraph, Widget};

pub(super) use self::palette::Palette;
use super::pace::Speed;
use super::view::{Event, EventKind, TradeRow, View, side};
use crate::cli::figures::{money, percent, short_time, signed, span, time};

/// The least screen that shows everything.
const LEAST: (u16, u16) = (80, 20);

/// What the keys have set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Controls {
    pub(super) speed: Speed,
    pub(super) playback: Playback,
    pub(super) help: Help,
}

/// Whether the market goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Playback {
    Playing,
    Paused,
}

/// Whether the keys are explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Help {
    Hidden,
    Shown,
}

/// One frame.
#[derive(Debug)]
pub(super) struct Screen<'a> {
    pub(super) view: &'a View,
    pub(super) controls: Controls,
    pub(super) palette: Palette,
}

impl Widget for &Screen<'_> {
    fn render(self, area: Rect, buffer: &mut Buffer) {
        if area.width < LEAST.0 || area.height < LEAST.1 {
            return too_small(area, buffer);
        }
        // The chart takes what the tables leave; those grow slowly with the screen.
        let table_rows = (area.height / 4).clamp(5, 16);
        let rows = Layout::vertical([
            Constraint::Length(1),
            Constraint::Min(0),
            Constraint::Length(5),
            Constraint::Length(table_rows),
            Constraint::Length(1),
        ]);
        let [header, chart, account, tables, footer] = rows.areas(area);
        self.header(header, buffer);
        chart::draw(self.view, self.palette, chart, buffer);
        self.account(account, buffer);
        let [trades, events] =
            Layout::horizontal([Constraint::Percentage(44), Constraint::Min(0)]).areas(tables);
        self.trades(trades, buffer);
        self.events(events, buffer);
        self.footer(footer, buffer);
        if self.controls.help == Help::Shown {
            help(area, buffer);
        }
    }
}

impl Screen<'_> {
    fn header(&self, area: Rect, buffer: &mut Buffer) {
        let heading = &self.view.heading;
        let mut left = Line::from(vec![
            Span::styled(" DEMO ", Palette::strong().reversed()),
            Span::styled(format!(" {} {}", heading.symbol, heading.interval), Palette::strong()),
            format!("  seed {}  candle {}", heading.seed, heading.candle).into(),
            Span::styled(format!("  {}", time(heading.now)), Palette::faint()),
        ]);
        let pace = match self.controls.playback {
            Playback::Playing => self.controls.speed.to_string(),
            Playback::Paused => "paused".to_owned(),
        };
        let right = Line::from(vec![
            Span::styled("  market ", Palette::faint()),
            heading.regime.to_string().into(),
            format!("  {pace} ").into(),
        ]);
        let width = u16::try_from(right.width()).unwrap_or(area.width);
        let [left_area, right_area] =
            Layout::horizontal([Constraint::Min(0), Constraint::Length(width)]).areas(area);
        if left.width() > usize::from(left_area.width) {
            left.spans.pop();
        }
        left.render(left_area, buffer);
        right.render(right_area, buffer);
    }

    /// State and position, orders, totals.
    fn account(&self, area: Rect, buffer: &mut Buffer) {
        let orders = self.order_lines();
        let mut lines = vec![self.state_line()];
        lines.extend(orders.into_iter().take(2));
        lines.resize(3, Line::default());
        lines.push(self.totals_line());
        titled(" account ").render(area, buffer);
        Paragraph::new(lines).render(inner(area), buffer);
    }

    fn state_line(&self) -> Line<'static> {
        let (view, figures) = (self.view, self.view.figures);
        let state = Span::styled(format!("{:<12}", view.state.as_str()), Palette::strong());
        let Some(position) = &view.position else {
            let why = match (view.state, view.waits_for) {
                (TraderState::ClosedLong, _) => "sold; waits a full candle".to_owned(),
                (_, Some(why)) => format!("no entry: {why}"),
                _ if !view.orders.is_empty() => {
                    "waits for the market to reach its order".to_owned()
                }
                _ => String::new(),
            };
            return Line::from(vec![state, Span::styled(why, Palette::faint())]);
        };
        let gain = signed(position.unrealized);
        let style = self.palette.by_sign(&gain);
        let entry = position.entry.map_or_else(String::new, |price| figures.price(price));
        let held = format!("{} {} at {entry}", figures.quantity(position.held), view.heading.base);
        Line::from(vec![
            state,
            held.into(),
            Span::styled(
                format!("  {gain} ({})", percent(position.unrealized, position.cost)),
                style,
            ),
            Span::styled(
                format!(" unrealized, {}", span(view.heading.now.since(position.since))),
                Palette::faint(),
            ),
        ])
    }

    fn order_lines(&self) -> Vec<Line<'static>> {
        let figures = self.view.figures;
        let name = |text: &'static str| Span::styled(format!("{text:<12}"), Palette::faint());
        if self.view.orders.is_empty() {
            return vec![Line::from(vec![name("orders"), Span::styled("none", Palette::faint())])];
        }
        let row = |(index, order): (usize, &super::view::OrderRow)| {
            let level = |name: &str, price: Option<Price>| {
                price.map_or_else(String::new, |price| format!("  {name} {}", figures.price(price)))
            };
            let text = format!(
                "{:<4} {:<10} {}{}{}",
                side(order.side),
                order.kind,
                figures.quantity(order.quantity),
                level("trigger", order.trigger),
                level("limit", order.limit),
            );
            let age = if order.age < heikin_core::time::Span::from_secs(1) {
                "new".to_owned()
            } else {
                span(order.age)
            };
            Line::from(vec![
                name(if index == 0 { "orders" } else { "" }),
                Span::styled(text, self.palette.waiting()),
                Span::styled(format!("  {age}"), Palette::faint()),
            ])
        };
        self.view.orders.iter().enumerate().map(row).collect()
    }

    fn totals_line(&self) -> Line<'static> {
        let totals = &self.view.totals;
        let name = |text: &'static str| Span::styled(text, Palette::faint());
        let realized = signed(totals.realized);
        let style = self.palette.by_sign(&realized);
        Line::from(vec![
            name("equity      "),
            money(totals.equity).into(),
            name("  hold "),
            money(totals.hold).into(),
            name("  realized "),
            Span::styled(realized, style),
            name("  fees "),
            money(totals.fees).into(),
            format!(" {}", self.view.heading.quote).into(),
        ])
    }

    fn trades(&self, area: Rect, buffer: &mut Buffer) {
        let totals = &self.view.totals;
        titled(&format!(" trades: {}, {} won ", totals.trades, totals.won)).render(area, buffer);
        let area = inner(area);
        let lines = self.view.trades.iter().rev().take(usize::from(area.height));
        let lines: Vec<Line<'_>> = lines.map(|trade| self.trade_line(trade, area.width)).collect();
        Paragraph::new(lines).render(area, buffer);
    }

    fn trade_line(&self, trade: &TradeRow, width: u16) -> Line<'static> {
        let net = signed(trade.net);
        let style = self.palette.by_sign(&net);
        let mut spans = vec![
            Span::styled(format!("{:>4}", format!("#{}", trade.number)), Palette::faint()),
            Span::styled(format!("{net:>10}{:>10}", percent(trade.net, trade.cost)), style),
        ];
        if width >= 46 {
            spans.push(Span::styled(format!("  {:<10}", trade.exit), Palette::faint()));
            spans.push(Span::styled(span(trade.held_for), Palette::faint()));
        } else {
            spans.push(Span::styled(format!("  {}", trade.exit), Palette::faint()));
        }
        Line::from(spans)
    }

    fn events(&self, area: Rect, buffer: &mut Buffer) {
        titled(" events ").render(area, buffer);
        let area = inner(area);
        let lines = self.view.events.iter().rev().take(usize::from(area.height));
        let lines: Vec<Line<'_>> = lines.map(|event| self.event_line(event, area.width)).collect();
        Paragraph::new(lines).render(area, buffer);
    }

    fn event_line(&self, event: &Event, width: u16) -> Line<'static> {
        let style = match event.kind {
            EventKind::Won => self.palette.up(),
            EventKind::Lost | EventKind::Alert => self.palette.down(),
            EventKind::Armed | EventKind::Stop | EventKind::Raised => self.palette.waiting(),
            EventKind::Bought | EventKind::Sold | EventKind::Leaving => Palette::strong(),
            EventKind::Market => Palette::faint(),
        };
        let mut spans = vec![
            Span::styled(format!("{}  ", short_time(event.at)), Palette::faint()),
            Span::styled(format!("{:<8}", event.kind.tag()), style),
            Span::raw(event.text.clone()),
        ];
        let taken: usize = spans.iter().map(Span::width).sum();
        // Rather left out than cut off.
        let room = usize::from(width).saturating_sub(taken + 2);
        if !event.detail.is_empty() && event.detail.chars().count() <= room {
            spans.push(Span::styled(format!("  {}", event.detail), Palette::faint()));
        }
        Line::from(spans)
    }

    fn footer(&self, area: Rect, buffer: &mut Buffer) {
        let pause = match self.controls.playback {
            Playback::Playing => "pause",
            Playback::Paused => "go on",
        };
        let keys = format!(" q quit  space {pause}  +/- speed  ? help");
        Line::styled(keys, Palette::faint()).render(area, buffer);
        Line::styled("made-up market, no real money ", Palette::faint())
            .right_aligned()
            .render(area, buffer);
    }
}

/// A panel: a line with its name above it.
fn titled(title: &str) -> Block<'static> {
    Block::new()
        .borders(Borders::TOP)
        .border_style(Palette::faint())
        .title(Span::styled(title.to_owned(), Style::new()))
}

/// What is left of a panel under its title, a column in from the left.
fn inner(area: Rect) -> Rect {
    Block::new().borders(Borders::TOP).padding(Padding::left(1)).inner(area)
}

fn too_small(area: Rect, buffer: &mut Buffer) {
    let (width, height) = LEAST;
    let text = Text::from(vec![
        Line::from(format!("The demo needs {width}×{height},")),
        Line::from(format!("this is {}×{}.", area.width, area.height)),
        Line::from("q quits; `heikin --plain`"),
        Line::from("needs no screen."),
    ]);
    text.render(area, buffer);
}

fn help(area: Rect, buffer: &mut Buffer) {
    let rows = [
        ("q, Ctrl-C", "quit, with a summary"),
        ("space", "pause and go on"),
        ("+  -", "faster, slower"),
        ("?", "this page, and back"),
        ("", ""),
        ("┃ ╏", "Heikin-Ashi candles; wicks are thin"),
        ("▲ ▼", "bought, sold"),
        ("┈ ╌", "trigger of the entry, of the stop"),
        ("NONE", "no position; an entry may wait"),
        ("LONG", "a position, under its stop"),
        ("CLOSED_LONG", "just sold; no entry for a candle"),
        ("hold", "all bought at the first price and kept"),
    ];
    let lines: Vec<Line<'_>> = rows
        .into_iter()
        .map(|(sign, meaning)| {
            Line::from(vec![Span::styled(format!("{sign:<13}"), Palette::strong()), meaning.into()])
        })
        .collect();
    let page = area.centered(Constraint::Length(58), Constraint::Length(14));
    Clear.render(page, buffer);
    let block = Block::bordered().title(" help ").padding(Padding::horizontal(1));
    Paragraph::new(lines).block(block).render(page, buffer);
}
