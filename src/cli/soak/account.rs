//! What heikin knows of its account and of the market, held against the exchange.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use heikin_core::engine::{Body, Input};
use heikin_core::market::{Asset, Candle, Symbol};
use heikin_core::num::Money;
use serde::Deserialize;
use serde_json::Value;

use crate::cli::Failure;
use crate::store::Layout;
use crate::store::disk::RealDisk;
use crate::store::journal::JournalReader;

/// What both sides say of an account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Account {
    /// What there is of each asset, free and locked.
    balances: BTreeMap<Asset, Money>,
    /// The client order ids of what is open.
    open: BTreeSet<String>,
}

/// What has happened at the exchange.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Happened {
    pub(super) account: Account,
    pub(super) orders: u64,
    pub(super) fills: u64,
    /// Answers that were other than they should be.
    pub(super) struck: u64,
}

#[derive(Deserialize)]
struct Status {
    balances: Vec<Balance>,
    traders: Vec<Trader>,
}

#[derive(Deserialize)]
struct Balance {
    asset: Asset,
    total: Money,
}

#[derive(Deserialize)]
struct Trader {
    orders: Vec<Order>,
}

#[derive(Deserialize)]
struct Order {
    id: String,
}

#[derive(Deserialize)]
struct State {
    accounts: Vec<StateAccount>,
    counters: Counters,
}

#[derive(Deserialize)]
struct StateAccount {
    balances: Vec<Parts>,
    orders: Vec<StateOrder>,
    fills: Vec<Value>,
}

#[derive(Deserialize)]
struct Parts {
    asset: Asset,
    free: Money,
    locked: Money,
}

#[derive(Deserialize)]
struct StateOrder {
    status: String,
    #[serde(rename = "clientOrderId")]
    id: String,
}

#[derive(Deserialize)]
struct Counters {
    faults_struck: u64,
}

impl Account {
    /// What heikin says at `/status`.
    pub(super) fn told(status: Value) -> Result<Self, Failure> {
        let status: Status = serde_json::from_value(status).map_err(Failure::failed)?;
        Ok(Self {
            balances: nonzero(status.balances.into_iter().map(|it| (it.asset, it.total))),
            open: status.traders.into_iter().flat_map(|it| it.orders).map(|it| it.id).collect(),
        })
    }

    /// In what the two differ; none where they agree.
    pub(super) fn differs_from(&self, exchange: &Self) -> Option<String> {
        let assets: BTreeSet<_> = self.balances.keys().chain(exchange.balances.keys()).collect();
        let of =
            |account: &Self, asset| account.balances.get(asset).copied().unwrap_or(Money::ZERO);
        let balances = assets.into_iter().filter_map(|asset| {
            let (ours, theirs) = (of(self, asset), of(exchange, asset));
            let said = || format!("{asset}: {ours}, and {theirs} at the exchange");
            (ours != theirs).then(said)
        });
        let here =
            self.open.difference(&exchange.open).map(|id| format!("{id} is open here alone"));
        let there =
            exchange.open.difference(&self.open).map(|id| format!("{id} is open there alone"));
        let all: Vec<_> = balances.chain(here).chain(there).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    /// `3 assets and 2 open orders`
    pub(super) fn size(&self) -> String {
        format!("{} assets and {} open orders", self.balances.len(), self.open.len())
    }
}

impl Happened {
    /// By what the simulator tells of the truth.
    pub(super) fn of(state: Value) -> Result<Self, Failure> {
        let state: State = serde_json::from_value(state).map_err(Failure::failed)?;
        let mut happened = Self { struck: state.counters.faults_struck, ..Self::default() };
        for account in state.accounts {
            let totals = account.balances.into_iter().map(|it| (it.asset, it.free + it.locked));
            happened.account.balances.extend(nonzero(totals));
            happened.orders += account.orders.len() as u64;
            happened.fills += account.fills.len() as u64;
            let open = |it: &StateOrder| matches!(it.status.as_str(), "NEW" | "PARTIALLY_FILLED");
            let open = account.orders.into_iter().filter(open).map(|it| it.id);
            happened.account.open.extend(open);
        }
        Ok(happened)
    }
}

fn nonzero(balances: impl Iterator<Item = (Asset, Money)>) -> BTreeMap<Asset, Money> {
    balances.filter(|(_, amount)| !amount.is_zero()).collect()
}

/// The candles that a journal has, of each symbol, as they were taken in.
pub(super) fn recorded_candles(folder: &Path) -> Result<BTreeMap<Symbol, Vec<Candle>>, Failure> {
    let reader = JournalReader::new(RealDisk, &Layout::new(&folder.join("data")).journal());
    let last = reader.durable().map_err(Failure::failed)?;
    let mut candles: BTreeMap<Symbol, Vec<Candle>> = BTreeMap::new();
    for record in reader.records(0, last).map_err(Failure::failed)? {
        let record = record.map_err(Failure::failed)?;
        if let Body::Input(Input::Candle { symbol, candle, .. }) = record.body {
            candles.entry(symbol).or_default().push(candle);
        }
    }
    Ok(candles)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_difference_between_the_two_is_told() {
        let status = json!({
            "balances": [{ "asset": "USDT", "total": "90" }, { "asset": "BTC", "total": "0" }],
            "traders": [{ "orders": [{ "id": "one" }, { "id": "two" }] }],
        });
        let state = json!({
            "accounts": [{
                "balances": [{ "asset": "USDT", "free": "80", "locked": "10" }],
                "orders": [
                    { "status": "NEW", "clientOrderId": "one" },
                    { "status": "PARTIALLY_FILLED", "clientOrderId": "two" },
                    { "status": "FILLED", "clientOrderId": "old" },
                ],
                "fills": [{}],
            }],
            "counters": { "faults_struck": 3 },
        });
        let told = Account::told(status).unwrap();
        let happened = Happened::of(state.clone()).unwrap();
        assert_eq!((happened.orders, happened.fills, happened.struck), (3, 1, 3));
        assert_eq!(told.differs_from(&happened.account), None);
        assert_eq!(told.size(), "1 assets and 2 open orders");
        let mut other = state;
        other["accounts"][0]["balances"][0]["locked"] = json!("11");
        other["accounts"][0]["orders"][0]["status"] = json!("CANCELED");
        other["accounts"][0]["orders"][2]["status"] = json!("NEW");
        let differs = told.differs_from(&Happened::of(other).unwrap().account);
        assert_eq!(
            differs.as_deref(),
            Some(
                "USDT: 90, and 91 at the exchange; one is open here alone; old is open there alone"
            )
        );
    }
}
