use heikin_core::market::{
    FilterName, LotSize, NotionalRule, PercentPrice, SymbolRules, TrailingDelta,
};
use heikin_core::num::{Money, Multiple, NumberError, Price, Quantity};
use serde::Deserialize;

/// A filter (`filters.md`): a type, and the fields of that type. Decimals stay text until a symbol's
/// rules are made of them, so that one that does not fit spoils its own symbol only.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "each is the field of that name in Binance's filters.md")]
pub struct FilterRow {
    pub filter_type: String,
    pub min_price: Option<String>,
    pub max_price: Option<String>,
    pub tick_size: Option<String>,
    pub multiplier_up: Option<String>,
    pub multiplier_down: Option<String>,
    pub bid_multiplier_up: Option<String>,
    pub bid_multiplier_down: Option<String>,
    pub ask_multiplier_up: Option<String>,
    pub ask_multiplier_down: Option<String>,
    pub min_qty: Option<String>,
    pub max_qty: Option<String>,
    pub step_size: Option<String>,
    pub min_notional: Option<String>,
    pub max_notional: Option<String>,
    pub apply_to_market: Option<bool>,
    pub apply_min_to_market: Option<bool>,
    pub apply_max_to_market: Option<bool>,
    /// ICEBERG_PARTS: a number. MAX_ASSET: a decimal.
    pub limit: Option<Limit>,
    pub max_num_orders: Option<u32>,
    pub max_num_algo_orders: Option<u32>,
    pub max_num_iceberg_orders: Option<u32>,
    pub max_num_order_lists: Option<u32>,
    pub max_num_order_amends: Option<u32>,
    pub max_position: Option<String>,
    pub min_trailing_above_delta: Option<u32>,
    pub max_trailing_above_delta: Option<u32>,
    pub min_trailing_below_delta: Option<u32>,
    pub max_trailing_below_delta: Option<u32>,
    pub asset: Option<String>,
}

/// `limit`: a number in one filter, a decimal in another.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Limit {
    /// A number.
    Count(u32),
    /// A decimal.
    Amount(String),
}

/// A field of a filter that is absent or does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum FilterError {
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{field} `{value}` {reason}")]
    Number { field: &'static str, value: String, reason: String },
}

type Result<T> = std::result::Result<T, FilterError>;

/// A field as a number.
fn number<T>(
    field: &'static str,
    text: Option<&String>,
    parse: impl Fn(&str) -> std::result::Result<T, NumberError>,
) -> Result<T> {
    let text = text.ok_or(FilterError::Missing(field))?;
    parse(text).map_err(|error| FilterError::Number {
        field,
        value: text.clone(),
        reason: error.to_string(),
    })
}

fn quantity(field: &'static str, text: Option<&String>) -> Result<Quantity> {
    number(field, text, Quantity::parse)
}

fn multiple(field: &'static str, text: Option<&String>) -> Result<Multiple> {
    number(field, text, Multiple::parse)
}

/// A bound that is off where it is zero.
fn price(field: &'static str, text: Option<&String>) -> Result<Option<Price>> {
    number(field, text, |text| match Price::parse(text) {
        Ok(price) => Ok(Some(price)),
        Err(NumberError::NotPositive) => Ok(None),
        Err(error) => Err(error),
    })
}

fn count(field: &'static str, count: Option<u32>) -> Result<Option<u32>> {
    count.map(Some).ok_or(FilterError::Missing(field))
}

impl FilterRow {
    /// Enters it into a symbol's rules. A type that is not known is kept there by name, and nothing
    /// is traded on the symbol.
    pub(super) fn enter(&self, rules: &mut SymbolRules) -> Result<()> {
        let name = FilterName::ALL.into_iter().find(|name| name.as_str() == self.filter_type);
        let Some(name) = name else {
            // `rest-api.md` also spells one of them like this.
            if self.filter_type == "EXCHANGE_MAX_ORDERS" {
                rules.exchange_max_orders = count("maxNumOrders", self.max_num_orders)?;
            } else {
                rules.unknown_filters.push(self.filter_type.clone());
            }
            return Ok(());
        };
        match name {
            FilterName::PriceFilter => self.enter_price(rules)?,
            FilterName::PercentPrice | FilterName::PercentPriceBySide => {
                rules.percent_price = Some(self.percent_price(name)?);
            }
            FilterName::LotSize => rules.lot = self.lot()?,
            FilterName::MarketLotSize => rules.market_lot = self.lot()?,
            FilterName::MinNotional | FilterName::Notional => {
                rules.notional = Some(self.notional(name)?);
            }
            FilterName::MaxPosition => {
                rules.max_position = Some(quantity("maxPosition", self.max_position.as_ref())?);
            }
            FilterName::TrailingDelta => rules.trailing_delta = Some(self.trailing_delta()?),
            FilterName::MaxAsset => self.enter_max_asset(rules)?,
            _ => self.enter_count(name, rules)?,
        }
        Ok(())
    }

    fn enter_count(&self, name: FilterName, rules: &mut SymbolRules) -> Result<()> {
        let orders = || count("maxNumOrders", self.max_num_orders);
        let algos = || count("maxNumAlgoOrders", self.max_num_algo_orders);
        let icebergs = || count("maxNumIcebergOrders", self.max_num_iceberg_orders);
        let lists = || count("maxNumOrderLists", self.max_num_order_lists);
        match name {
            FilterName::IcebergParts => {
                let Some(Limit::Count(parts)) = self.limit else {
                    return Err(FilterError::Missing("limit"));
                };
                rules.max_iceberg_parts = Some(parts);
            }
            FilterName::MaxNumOrders => rules.max_orders = orders()?,
            FilterName::MaxNumAlgoOrders => rules.max_algo_orders = algos()?,
            FilterName::MaxNumIcebergOrders => rules.max_iceberg_orders = icebergs()?,
            FilterName::MaxNumOrderLists => rules.max_order_lists = lists()?,
            FilterName::MaxNumOrderAmends => {
                rules.max_order_amends = count("maxNumOrderAmends", self.max_num_order_amends)?;
            }
            FilterName::ExchangeMaxNumOrders => rules.exchange_max_orders = orders()?,
            FilterName::ExchangeMaxNumAlgoOrders => rules.exchange_max_algo_orders = algos()?,
            FilterName::ExchangeMaxNumIcebergOrders => {
                rules.exchange_max_iceberg_orders = icebergs()?;
            }
            FilterName::ExchangeMaxNumOrderLists => rules.exchange_max_order_lists = lists()?,
            // The others are not counts.
            _ => {}
        }
        Ok(())
    }

    fn enter_price(&self, rules: &mut SymbolRules) -> Result<()> {
        rules.min_price = price("minPrice", self.min_price.as_ref())?;
        rules.max_price = price("maxPrice", self.max_price.as_ref())?;
        if let Some(tick) = price("tickSize", self.tick_size.as_ref())? {
            rules.tick = tick;
        }
        Ok(())
    }

    fn percent_price(&self, name: FilterName) -> Result<PercentPrice> {
        if name == FilterName::PercentPrice {
            let up = multiple("multiplierUp", self.multiplier_up.as_ref())?;
            let down = multiple("multiplierDown", self.multiplier_down.as_ref())?;
            return Ok(PercentPrice {
                name,
                bid_up: up,
                bid_down: down,
                ask_up: up,
                ask_down: down,
            });
        }
        Ok(PercentPrice {
            name,
            bid_up: multiple("bidMultiplierUp", self.bid_multiplier_up.as_ref())?,
            bid_down: multiple("bidMultiplierDown", self.bid_multiplier_down.as_ref())?,
            ask_up: multiple("askMultiplierUp", self.ask_multiplier_up.as_ref())?,
            ask_down: multiple("askMultiplierDown", self.ask_multiplier_down.as_ref())?,
        })
    }

    fn lot(&self) -> Result<LotSize> {
        Ok(LotSize {
            min: quantity("minQty", self.min_qty.as_ref())?,
            max: quantity("maxQty", self.max_qty.as_ref())?,
            step: quantity("stepSize", self.step_size.as_ref())?,
        })
    }

    fn notional(&self, name: FilterName) -> Result<NotionalRule> {
        let min = number("minNotional", self.min_notional.as_ref(), Money::parse)?;
        if name == FilterName::MinNotional {
            return Ok(NotionalRule {
                name,
                min,
                min_applies_to_market: self.apply_to_market.unwrap_or(true),
                max: None,
                max_applies_to_market: false,
            });
        }
        Ok(NotionalRule {
            name,
            min,
            min_applies_to_market: self.apply_min_to_market.unwrap_or(true),
            max: Some(number("maxNotional", self.max_notional.as_ref(), Money::parse)?),
            max_applies_to_market: self.apply_max_to_market.unwrap_or(true),
        })
    }

    fn trailing_delta(&self) -> Result<TrailingDelta> {
        let field = |name, value: Option<u32>| value.ok_or(FilterError::Missing(name));
        Ok(TrailingDelta {
            min_above: field("minTrailingAboveDelta", self.min_trailing_above_delta)?,
            max_above: field("maxTrailingAboveDelta", self.max_trailing_above_delta)?,
            min_below: field("minTrailingBelowDelta", self.min_trailing_below_delta)?,
            max_below: field("maxTrailingBelowDelta", self.max_trailing_below_delta)?,
        })
    }

    fn enter_max_asset(&self, rules: &mut SymbolRules) -> Result<()> {
        let name = self.asset.as_ref().ok_or(FilterError::Missing("asset"))?;
        let Some(Limit::Amount(text)) = &self.limit else {
            return Err(FilterError::Missing("limit"));
        };
        let asset = name.parse().map_err(|error: heikin_core::market::NameError| {
            let (value, reason) = (name.clone(), error.to_string());
            FilterError::Number { field: "asset", value, reason }
        })?;
        rules.max_asset.push((asset, quantity("limit", Some(text))?));
        Ok(())
    }
}
