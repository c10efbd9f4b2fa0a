use heikin_core::ledger::ReportedBalance;
use heikin_core::market::{Asset, Symbol};
use heikin_core::num::{Quantity, Rate};
use serde::Deserialize;

use super::decimal::exact;

/// `GET /api/v3/account` (`rest-api.md`, Account information).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// Every asset of the account.
    pub balances: Vec<BalanceRow>,
    /// Whether the account may trade.
    #[serde(default)]
    pub can_trade: Option<bool>,
    /// What the account may trade, as opaque names.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// The account's number; it needs more than 53 bits.
    #[serde(default)]
    pub uid: Option<u64>,
}

/// A balance as text: one that does not fit must not hide the others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct BalanceRow {
    /// Which asset.
    #[serde(alias = "a")]
    pub asset: String,
    /// Not locked by any order.
    #[serde(alias = "f")]
    pub free: String,
    /// Locked by open orders.
    #[serde(alias = "l")]
    pub locked: String,
}

/// A balance that cannot be held exactly: its asset cannot be traded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the balance of {asset}: {field} `{value}` {reason}")]
pub struct UnreadableBalance {
    /// Which asset.
    pub asset: String,
    /// Which field.
    pub field: &'static str,
    /// What it holds.
    pub value: String,
    /// What is wrong with that.
    pub reason: String,
}

impl BalanceRow {
    /// The balance.
    ///
    /// # Errors
    ///
    /// Where the name is none, or an amount does not fit [`Quantity`] exactly.
    pub fn reported(&self) -> Result<ReportedBalance, UnreadableBalance> {
        let fault = |field, value: &str, reason: &dyn std::fmt::Display| UnreadableBalance {
            asset: self.asset.clone(),
            field,
            value: value.to_owned(),
            reason: reason.to_string(),
        };
        let amount =
            |field, text: &str| Quantity::parse(text).map_err(|error| fault(field, text, &error));
        let asset: Asset =
            self.asset.parse().map_err(|error| fault("asset", &self.asset, &error))?;
        let (free, locked) = (amount("free", &self.free)?, amount("locked", &self.locked)?);
        Ok(ReportedBalance { asset, free, locked })
    }

    /// The balances that can be held, and those that cannot.
    pub fn sort(rows: &[Self]) -> (Vec<ReportedBalance>, Vec<UnreadableBalance>) {
        let mut balances = Vec::with_capacity(rows.len());
        let mut unreadable = Vec::new();
        for row in rows {
            match row.reported() {
                Ok(balance) => balances.push(balance),
                Err(error) => unreadable.push(error),
            }
        }
        (balances, unreadable)
    }
}

/// The parts of a commission, as shares of what is received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct CommissionParts {
    /// Of an order that rested in the book.
    #[serde(deserialize_with = "exact")]
    pub maker: Rate,
    /// Of an order that took.
    #[serde(deserialize_with = "exact")]
    pub taker: Rate,
    /// On top, of a BUY.
    #[serde(deserialize_with = "exact")]
    pub buyer: Rate,
    /// On top, of a SELL.
    #[serde(deserialize_with = "exact")]
    pub seller: Rate,
}

/// What is paid less where fees are paid in another asset. The documents contradict each other on
/// whether `discount` is what is paid or what is left out: fees are taken from fills, never from it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommissionDiscount {
    /// Whether the account uses it.
    pub enabled_for_account: bool,
    /// Whether the symbol allows it.
    pub enabled_for_symbol: bool,
    /// In which asset fees are then paid.
    pub discount_asset: Option<String>,
}

/// `GET /api/v3/account/commission` (`rest-api.md`, Query Commission Rates). The three parts add up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CommissionRates {
    /// Of which symbol.
    #[serde(deserialize_with = "exact")]
    pub symbol: Symbol,
    /// The usual part.
    pub standard_commission: CommissionParts,
    /// The symbol's own part.
    #[serde(default)]
    pub special_commission: Option<CommissionParts>,
    /// Taxes.
    #[serde(default)]
    pub tax_commission: Option<CommissionParts>,
    /// What is paid less.
    #[serde(default)]
    pub discount: Option<CommissionDiscount>,
}

/// `GET /sapi/v1/account/apiRestrictions` (Wallet documents): what the key may do. On production
/// only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "the exchange's own flags, by its names")]
pub struct KeyPermissions {
    /// Whether it works from given addresses only.
    pub ip_restrict: bool,
    /// Whether it may read.
    pub enable_reading: bool,
    /// Whether it may trade.
    pub enable_spot_and_margin_trading: bool,
    /// Whether it may withdraw: heikin refuses such a key.
    pub enable_withdrawals: bool,
    /// Whether it may move funds to other accounts.
    #[serde(default)]
    pub enable_internal_transfer: bool,
    /// Whether it may move funds between products.
    #[serde(default)]
    pub permits_universal_transfer: bool,
    /// Whether it may borrow.
    #[serde(default)]
    pub enable_margin: bool,
    /// Whether it may trade futures.
    #[serde(default)]
    pub enable_futures: bool,
}

impl KeyPermissions {
    /// What it may do that trading does not need and a thief would: heikin refuses a key with any.
    pub fn dangers(&self) -> impl Iterator<Item = &'static str> {
        let all = [
            (self.enable_withdrawals, "withdraw"),
            (self.enable_internal_transfer, "transfer to other accounts"),
            (self.permits_universal_transfer, "transfer between products"),
            (self.enable_margin, "borrow"),
            (self.enable_futures, "trade futures"),
        ];
        all.into_iter().filter_map(|(may, what)| may.then_some(what))
    }
}
