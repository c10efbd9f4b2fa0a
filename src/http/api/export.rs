//! Whole lists as CSV, page by page as the reader takes them.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::stream::try_unfold;
use heikin_bot::backend::{Answer, Backend, FillLine, Page, Paged, Query, TradeLine};
use heikin_bot::commands::Verb;
use heikin_core::market::Symbol;

use super::given::{Given, Parameter};
use super::problem::Refusal;
use super::{Api, asked};

/// A page: the most that a backend gives.
const PAGE: u16 = 200;

const ONLY: &[Parameter] = &[Parameter::optional("symbol", "Symbol", "Only of this symbol.")];

/// A path that gives a whole list.
pub struct Export {
    /// The path, under `/api/v1`.
    pub path: &'static str,
    /// What it gives.
    pub summary: &'static str,
    /// The command of the chat that has the same right.
    pub verb: Verb,
    /// What can be given.
    pub parameters: &'static [Parameter],
    head: &'static [&'static str],
    ask: fn(Option<Symbol>, Page) -> Query,
    rows: fn(Answer) -> Option<Paged<Vec<String>>>,
}

impl std::fmt::Debug for Export {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.path)
    }
}

/// Every list that can be had whole. Times are milliseconds since 1970 UTC.
pub const EXPORTS: &[Export] = &[
    Export {
        path: "/export/fills.csv",
        summary: "All fills, newest first",
        verb: Verb::History,
        parameters: ONLY,
        head: &[
            "time_ms",
            "symbol",
            "interval",
            "order",
            "trade",
            "side",
            "price",
            "quantity",
            "fee",
            "fee_asset",
            "reason",
        ],
        ask: |symbol, page| Query::Fills { symbol, page },
        rows: |answer| match answer {
            Answer::Fills(page) => Some(mapped(page, fill)),
            _ => None,
        },
    },
    Export {
        path: "/export/trades.csv",
        summary: "All closed trades, newest first",
        verb: Verb::Trades,
        parameters: ONLY,
        head: &[
            "trade",
            "symbol",
            "interval",
            "entered_ms",
            "exited_ms",
            "quantity",
            "entry",
            "exit",
            "fees",
            "net",
            "quote",
            "exit_reason",
        ],
        ask: |symbol, page| Query::Trades { symbol, page },
        rows: |answer| match answer {
            Answer::Trades(page) => Some(mapped(page, trade)),
            _ => None,
        },
    },
];

fn mapped<T>(page: Paged<T>, row: fn(&T) -> Vec<String>) -> Paged<Vec<String>> {
    let Paged { items, skip, total } = page;
    Paged { items: items.iter().map(row).collect(), skip, total }
}

fn fill(line: &FillLine) -> Vec<String> {
    vec![
        line.at.millis().to_string(),
        line.trader.symbol.to_string(),
        line.trader.interval.to_string(),
        line.order.0.to_string(),
        line.trade.0.to_string(),
        line.side.to_string(),
        line.price.to_string(),
        line.quantity.to_string(),
        line.fee.to_string(),
        line.fee_asset.to_string(),
        word(&line.reason),
    ]
}

fn trade(line: &TradeLine) -> Vec<String> {
    vec![
        line.number.0.to_string(),
        line.trader.symbol.to_string(),
        line.trader.interval.to_string(),
        line.entered_at.millis().to_string(),
        line.exited_at.millis().to_string(),
        line.quantity.to_string(),
        line.entry.to_string(),
        line.exit.to_string(),
        line.fees.to_string(),
        line.net.to_string(),
        line.quote.to_string(),
        word(&line.exit_reason),
    ]
}

/// A word as it is in JSON.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

pub(super) fn router<B: Backend + 'static>() -> Router<Arc<Api<B>>> {
    EXPORTS.iter().fold(Router::new(), |router, export| {
        let stream =
            move |State(api): State<Arc<Api<B>>>, request: Request| stream(api, export, request);
        router.route(export.path, get(stream))
    })
}

/// How far a list was read.
struct Reading<B> {
    api: Arc<Api<B>>,
    export: &'static Export,
    symbol: Option<Symbol>,
    /// What was read and not yet sent.
    next: VecDeque<Bytes>,
    /// How many entries were read, and how many there were then; none before the first page.
    read: u32,
    total: Option<u32>,
    is_whole: bool,
}

async fn stream<B: Backend + 'static>(
    api: Arc<Api<B>>,
    export: &'static Export,
    request: Request,
) -> Result<Response, Refusal> {
    let (caller, given) = Given::of(request, export.parameters).await;
    let (caller, given) = asked(caller.as_ref(), given)?;
    caller.may(export.verb)?;
    let symbol = given.optional("symbol")?;
    let next = VecDeque::from([lines([export.head].into_iter())]);
    let mut reading = Reading { api, export, symbol, next, read: 0, total: None, is_whole: false };
    // What fails at once is told by a status; later, an answer that breaks off is all there is.
    reading.page().await?;
    let body = try_unfold(reading, |mut reading| async move {
        while reading.next.is_empty() && !reading.is_whole {
            let page = reading.page().await;
            page.map_err(|_refusal| std::io::Error::other("the list could not be read on"))?;
        }
        Ok::<_, std::io::Error>(reading.next.pop_front().map(|bytes| (bytes, reading)))
    });
    let name = export.path.rsplit('/').next().unwrap_or_default();
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"heikin-{name}\"")),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

impl<B: Backend> Reading<B> {
    /// Reads a page. The newest entry is first, so what comes meanwhile moves the rest backwards by
    /// as much as the list has grown.
    async fn page(&mut self) -> Result<(), Refusal> {
        let page = Page { skip: self.read, take: PAGE };
        let answer = self.api.ask((self.export.ask)(self.symbol, page)).await?;
        let Some(page) = (self.export.rows)(answer) else {
            self.is_whole = true;
            return Ok(());
        };
        let grown = page.total.saturating_sub(self.total.unwrap_or(page.total));
        let seen = usize::try_from(grown).unwrap_or(usize::MAX);
        let count = u32::try_from(page.items.len()).unwrap_or(u32::MAX);
        self.read = self.read.saturating_add(count);
        self.is_whole = count == 0 || self.read >= page.total;
        self.total = Some(page.total);
        let rows: Vec<_> = page.items.iter().skip(seen).collect();
        if !rows.is_empty() {
            self.next.push_back(lines(rows.into_iter()));
        }
        Ok(())
    }
}

/// Rows as CSV. A text that a spreadsheet would take for a formula cannot be among them: all are
/// numbers, names of the exchange and our own words.
fn lines<R: AsRef<[F]>, F: AsRef<[u8]>>(rows: impl Iterator<Item = R>) -> Bytes {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        // Memory takes everything, and all rows of a list are equally long.
        let _written = writer.write_record(row.as_ref());
    }
    writer.into_inner().unwrap_or_default().into()
}
