//! What somebody wants, typed: a command with its arguments read.

use heikin_core::market::Symbol;

use super::read::Pick;
use crate::backend::{
    ChartStyle, LogLevel, Mode, OrderNumber, Page, Range, Role, TradeNumber, UserId,
};
use crate::chart::Theme;
use crate::commands::Verb;

/// What somebody wants. The names are those of [`Verb`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the arguments of the table of commands")]
pub enum Wish {
    /// A command without arguments.
    Plain(Verb),
    Start {
        code: Option<String>,
    },
    Help {
        topic: Option<Verb>,
    },
    Menu {
        page: Option<String>,
    },
    History {
        symbol: Option<Symbol>,
        page: Page,
    },
    Trades {
        symbol: Option<Symbol>,
        page: Page,
    },
    Profit {
        range: Range,
    },
    Performance {
        range: Range,
    },
    Equity {
        range: Range,
        theme: Theme,
    },
    Revenue {
        range: Range,
    },
    Chart {
        pick: Pick,
        candles: u16,
        style: ChartStyle,
        theme: Theme,
    },
    Why {
        pick: Pick,
    },
    WhyTrade {
        trade: TradeNumber,
    },
    WhyOrder {
        order: OrderNumber,
    },
    Settings {
        group: Option<String>,
    },
    /// A setting without its value: asked for.
    AskSetting {
        pick: Pick,
        key: String,
    },
    Set {
        pick: Pick,
        key: String,
        value: String,
    },
    SetMode {
        mode: Mode,
    },
    Notify {
        edits: Option<String>,
    },
    Mute {
        thread: String,
    },
    Logs {
        lines: u16,
        level: LogLevel,
    },
    Users {
        page: Page,
    },
    Audit {
        page: Page,
    },
    Payments {
        page: Page,
    },
    Pause {
        pick: Pick,
    },
    Resume {
        pick: Pick,
    },
    /// Without a pick: asked for.
    Close {
        pick: Option<Pick>,
    },
    Grant {
        user: UserId,
        role: Role,
        days: Option<u32>,
    },
    Revoke {
        user: UserId,
    },
    /// A broadcast without its words: asked for.
    AskBroadcast,
    Broadcast {
        text: String,
    },
    Subscribe {
        plan: Option<String>,
    },
}
