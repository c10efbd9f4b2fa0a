use heikin_core::market::{OrderType, OrderTypes, SymbolRules, SymbolStatus};
use heikin_core::num::Price;
use heikin_core::time::Timestamp;
use serde::Deserialize;

use super::{FilterRow, OrderTypeName, RateLimitRow};

/// `GET /api/v3/exchangeInfo` (`rest-api.md`, Exchange information).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExchangeInfo {
    /// The exchange's clock when it answered.
    #[serde(default)]
    pub server_time: Option<Timestamp>,
    /// What may be sent how often.
    #[serde(default)]
    pub rate_limits: Vec<RateLimitRow>,
    /// Filters over all symbols.
    #[serde(default)]
    pub exchange_filters: Vec<FilterRow>,
    /// The symbols asked for.
    pub symbols: Vec<SymbolRow>,
}

/// `GET /api/v3/myFilters`: what applies to the account besides, MAX_ASSET above all.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MyFilters {
    /// Filters over all symbols.
    pub exchange_filters: Vec<FilterRow>,
    /// Filters of the symbol.
    pub symbol_filters: Vec<FilterRow>,
    /// Filters of its assets.
    pub asset_filters: Vec<FilterRow>,
}

/// A symbol of [`ExchangeInfo`]. Answers of 2021 lack the later fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SymbolRow {
    /// The trading pair.
    pub symbol: String,
    /// `TRADING`, or why not.
    pub status: String,
    /// What is bought and sold.
    pub base_asset: String,
    /// What it is paid with.
    pub quote_asset: String,
    /// The order types allowed.
    #[serde(default)]
    pub order_types: Vec<OrderTypeName>,
    /// Whether OCO lists are allowed.
    #[serde(default)]
    pub oco_allowed: bool,
    /// Whether `cancelReplace` is allowed.
    #[serde(default)]
    pub cancel_replace_allowed: bool,
    /// Whether it trades on Spot at all.
    #[serde(default)]
    pub is_spot_trading_allowed: Option<bool>,
    /// Its filters.
    pub filters: Vec<FilterRow>,
    /// Who may trade it, in answers of old; always empty today.
    #[serde(default)]
    pub permissions: Vec<String>,
    /// Who may trade it: one of every set. The names are opaque.
    #[serde(default)]
    pub permission_sets: Vec<Vec<String>>,
    /// What may be asked for where an order would meet another one of the account.
    #[serde(default)]
    pub allowed_self_trade_prevention_modes: Vec<String>,
}

/// A symbol whose rules cannot be held exactly: it cannot be traded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the rules of {symbol}: {fault}")]
pub struct RulesError {
    /// Which symbol.
    pub symbol: String,
    /// What does not fit.
    pub fault: String,
}

impl ExchangeInfo {
    /// The rules of a symbol; none where it is not in the answer.
    ///
    /// # Errors
    ///
    /// Where a field does not fit the engine's types exactly.
    pub fn rules(
        &self,
        symbol: &str,
        account: Option<&MyFilters>,
    ) -> Result<Option<SymbolRules>, RulesError> {
        let row = self.symbols.iter().find(|row| row.symbol == symbol);
        row.map(|row| row.rules(&self.exchange_filters, account)).transpose()
    }
}

impl SymbolRow {
    /// The rules, from its own filters, those of the exchange, and those of the account. Where a
    /// filter is in two of them, the last one holds.
    ///
    /// # Errors
    ///
    /// Where a field does not fit the engine's types exactly.
    pub fn rules(
        &self,
        exchange_filters: &[FilterRow],
        account: Option<&MyFilters>,
    ) -> Result<SymbolRules, RulesError> {
        let fault = |fault: String| RulesError { symbol: self.symbol.clone(), fault };
        let named = |field: &str, error: &dyn std::fmt::Display| fault(format!("{field} {error}"));
        let unit = Price::from_units(1).ok_or_else(|| fault("no unit".to_owned()))?;
        let mut rules = SymbolRules::unrestricted(
            self.symbol.parse().map_err(|error| named("symbol", &error))?,
            self.base_asset.parse().map_err(|error| named("baseAsset", &error))?,
            self.quote_asset.parse().map_err(|error| named("quoteAsset", &error))?,
            unit,
        );
        rules.status = self.symbol_status();
        let types: Vec<OrderType> =
            self.order_types.iter().filter_map(OrderTypeName::order_type).collect();
        rules.order_types = OrderTypes::from(types);
        rules.oco_allowed = self.oco_allowed;
        rules.cancel_replace_allowed = self.cancel_replace_allowed;
        let modes = &self.allowed_self_trade_prevention_modes;
        rules.expire_maker_allowed = modes.iter().any(|mode| mode == "EXPIRE_MAKER");
        let own = account.map(|account| {
            [&account.exchange_filters, &account.symbol_filters, &account.asset_filters]
        });
        let own = own.iter().flatten().flat_map(|filters| filters.iter());
        for filter in exchange_filters.iter().chain(&self.filters).chain(own) {
            filter
                .enter(&mut rules)
                .map_err(|error| fault(format!("{}: {error}", filter.filter_type)))?;
        }
        rules.unknown_filters.sort();
        rules.unknown_filters.dedup();
        Ok(rules)
    }

    fn symbol_status(&self) -> SymbolStatus {
        match self.status.as_str() {
            _ if self.is_spot_trading_allowed == Some(false) => SymbolStatus::Halted,
            "TRADING" => SymbolStatus::Trading,
            "CANCEL_ONLY" => SymbolStatus::CancelOnly,
            _ => SymbolStatus::Halted,
        }
    }

    /// Whether an account with these permissions may trade it (`rest-api.md`, Account and Symbol
    /// Permissions): one of every set.
    pub fn permits(&self, account: &[String]) -> bool {
        let holds = |set: &Vec<String>| set.iter().any(|name| account.contains(name));
        if self.permission_sets.is_empty() {
            return holds(&self.permissions);
        }
        self.permission_sets.iter().all(holds)
    }
}
