//! What is stored, for other programs.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};

use clap::ValueEnum;
use heikin_core::ledger::Fees;
use heikin_core::market::{Asset, Side, Symbol, TickPrice};
use heikin_core::num::Quantity;
use heikin_core::order::{ClientOrderId, Part, TraderId, VenueStatus};

use super::{durable, failure, looked};
use crate::cli::Failure;
use crate::cli::figures::instant;
use crate::cli::tell::printed;
use crate::cli::words;
use crate::store::disk::RealDisk;
use crate::store::journal::JournalReader;
use crate::store::view::{Answer, FillRow, OrderRow, Tables, TradeRow};
use crate::store::{Layout, StoreError};

/// What can be exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum What {
    /// Every record of the journal, as a line of JSON.
    Records,
    /// Every order that was decided, as CSV.
    Orders,
    /// Every execution, as CSV.
    Fills,
    /// Every position from its first entry to its last exit, as CSV.
    Trades,
}

/// Prints it. Times are UTC, amounts exact.
pub(super) fn export(layout: &Layout, what: What) -> Result<(), Failure> {
    printed(write(layout, what).map_err(failure)?)
}

/// What came of writing it, where the store could be read.
fn write(layout: &Layout, what: What) -> Result<io::Result<()>, StoreError> {
    let opened = looked(layout)?;
    let reader = JournalReader::new(RealDisk, &layout.journal());
    let through = durable(&reader, &opened)?;
    let records = reader.records(0, through)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let written = match what {
        What::Records => {
            for record in records {
                let record = record?;
                let line = serde_json::to_string(&record)
                    .map_err(|source| StoreError::Encoding { record: record.seq, source })?;
                if let Err(error) = writeln!(out, "{line}") {
                    return Ok(Err(error));
                }
            }
            Ok(())
        }
        What::Orders => table(&mut out, &ORDERS, orders(&Tables::of(records)?)?),
        What::Fills => table(&mut out, &FILLS, fills(&Tables::of(records)?)?),
        What::Trades => table(&mut out, &TRADES, trades(&Tables::of(records)?)?),
    };
    Ok(written.and_then(|()| out.flush()))
}

fn table<const N: usize>(
    out: &mut impl Write,
    columns: &[&str; N],
    rows: impl IntoIterator<Item = [String; N]>,
) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(columns).map_err(unwritten)?;
    for row in rows {
        csv.write_record(row).map_err(unwritten)?;
    }
    csv.flush()
}

/// Why, as whoever wrote it says: csv's own conversion hides that a pipe was closed.
fn unwritten(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

const ORDERS: [&str; 12] = [
    "decided_at",
    "record",
    "cause",
    "order",
    "symbol",
    "side",
    "type",
    "trigger",
    "price",
    "quantity",
    "executed",
    "status",
];

fn orders(tables: &Tables) -> Result<Vec<[String; 12]>, StoreError> {
    tables.rows::<OrderRow>().map(|row| row.map(|row| order(&row))).collect()
}

fn order(row: &OrderRow) -> [String; 12] {
    let terms = &row.order.terms;
    let price = |price: Option<TickPrice>| price.map(|price| price.to_string()).unwrap_or_default();
    let executed = row.states.iter().fold(Quantity::ZERO, |sum, state| {
        // Of a bracket, one leg is executed.
        sum.max(state.executed)
    });
    [
        instant(row.at),
        row.seq.to_string(),
        row.cause.to_string(),
        row.order.id.to_string(),
        row.order.symbol.to_string(),
        side(terms.side).to_owned(),
        words::kind(&terms.kind).to_owned(),
        price(terms.kind.trigger()),
        price(terms.kind.worst_price()),
        terms.quantity.to_string(),
        executed.to_string(),
        status(row),
    ]
}

/// As the exchange calls it, and before that what became of sending it.
fn status(row: &OrderRow) -> String {
    let ends = || row.states.iter().filter(|state| state.status.is_final());
    let filled = row.states.iter().find(|state| state.status == VenueStatus::Filled);
    let state = filled.or_else(|| ends().next_back()).or_else(|| row.states.last());
    let text = match (state.map(|state| state.status), row.answer) {
        (Some(VenueStatus::Open), _) => "OPEN",
        (Some(VenueStatus::Filled), _) => "FILLED",
        (Some(VenueStatus::Canceled), _) => "CANCELED",
        (Some(VenueStatus::Expired(_)), _) => "EXPIRED",
        (Some(VenueStatus::Rejected), _) => "REJECTED",
        (None, Some(Answer::Placed)) => "OPEN",
        (None, Some(Answer::Refused(_))) => "REFUSED",
        (None, Some(Answer::NotSent)) => "NOT_SENT",
        (None, Some(Answer::Unknown) | None) => "UNKNOWN",
    };
    text.to_owned()
}

const FILLS: [&str; 11] = [
    "time",
    "record",
    "order",
    "symbol",
    "side",
    "trade_id",
    "price",
    "quantity",
    "fee",
    "fee_asset",
    "liquidity",
];

fn fills(tables: &Tables) -> Result<Vec<[String; 11]>, StoreError> {
    let mut orders: BTreeMap<ClientOrderId, (Symbol, Side)> = BTreeMap::new();
    for row in tables.rows::<OrderRow>() {
        let order = row?.order;
        orders.insert(order.id, (order.symbol, order.terms.side));
    }
    let mut fills: Vec<FillRow> = tables.rows().collect::<Result<_, _>>()?;
    fills.sort_by_key(|row| (row.fill.at, row.seq));
    let row = |FillRow { seq, order, fill }: &FillRow| {
        let known = orders.get(&order.with_part(Part::Order));
        [
            instant(fill.at),
            seq.to_string(),
            order.to_string(),
            known.map(|(symbol, _)| symbol.to_string()).unwrap_or_default(),
            known.map(|(_, side_of)| side(*side_of).to_owned()).unwrap_or_default(),
            fill.trade_id.to_string(),
            fill.price.to_string(),
            fill.quantity.to_string(),
            fill.commission.to_string(),
            fill.commission_asset.to_string(),
            if fill.maker { "maker" } else { "taker" }.to_owned(),
        ]
    };
    Ok(fills.iter().map(row).collect())
}

const TRADES: [&str; 15] = [
    "entered_at",
    "exited_at",
    "record",
    "symbol",
    "trade",
    "bought",
    "entry_price",
    "cost",
    "sold",
    "exit_price",
    "proceeds",
    "fees_base",
    "fees_quote",
    "fees_other",
    "net",
];

fn trades(tables: &Tables) -> Result<Vec<[String; 15]>, StoreError> {
    let mut symbols: BTreeMap<TraderId, Symbol> = BTreeMap::new();
    for row in tables.rows::<OrderRow>() {
        let order = row?.order;
        symbols.insert(order.id.trader(), order.symbol);
    }
    let trade = |row: TradeRow| {
        let TradeRow { seq, trade } = row;
        let price = |price: Option<heikin_core::num::Price>| {
            price.map(|price| price.to_string()).unwrap_or_default()
        };
        let symbol = symbols.get(&trade.trader);
        let mut fees = trade.entry_fees.clone();
        add(&mut fees, &trade.exit_fees);
        [
            instant(trade.entered_at),
            instant(trade.exited_at),
            seq.to_string(),
            symbol.map(Symbol::to_string).unwrap_or_default(),
            trade.number.to_string(),
            trade.bought.to_string(),
            price(trade.entry_price()),
            trade.cost.to_string(),
            trade.sold.to_string(),
            price(trade.exit_price()),
            trade.proceeds.to_string(),
            fees.base.to_string(),
            fees.quote.to_string(),
            others(&fees.other),
            trade.net_quote().to_string(),
        ]
    };
    tables.rows::<TradeRow>().map(|row| row.map(trade)).collect()
}

fn add(fees: &mut Fees, more: &Fees) {
    fees.base = fees.base.plus(more.base).unwrap_or(fees.base);
    fees.quote = fees.quote.plus(more.quote).unwrap_or(fees.quote);
    for &(asset, amount) in &more.other {
        fees.add_other(asset, amount);
    }
}

/// `0.0014 BNB`, and more of them with a `+` between.
fn others(fees: &[(Asset, Quantity)]) -> String {
    let fees: Vec<_> = fees.iter().map(|(asset, amount)| format!("{amount} {asset}")).collect();
    fees.join(" + ")
}

const fn side(side: Side) -> &'static str {
    match side {
        Side::Buy => "BUY",
        Side::Sell => "SELL",
    }
}
