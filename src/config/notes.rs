use std::collections::BTreeMap;
use std::num::NonZeroU16;

use heikin_core::market::Asset;
use heikin_core::num::Quantity;
use heikin_core::strategy::Sizing;

use super::trader::{self, TraderConfig};
use super::{Config, Mode, Venue};

/// What is allowed and should be known.
pub(super) fn notes(config: &Config) -> Vec<String> {
    let mut notes = Vec::new();
    for trader in &config.traders {
        let who = format!("{} {}", trader.symbol, trader.interval);
        if let Some(warning) = trader::interval_warning(trader.interval) {
            notes.push(format!("{who}: {warning}"));
        }
        let closes = trader.settings.entry.ma_filter.map_or(0, NonZeroU16::get);
        if closes > trader.seed_candles {
            notes.push(format!(
                "{who}: entry.ma_filter = {closes} needs more candles than seed_candles = {}: \
                 nothing is bought until so many have closed",
                trader.seed_candles
            ));
        }
        if matches!(config.mode, Mode::Paper) && !has_quote(&config.paper.balances, trader) {
            notes.push(format!(
                "{who}: paper.balances has no asset that {} is paid in: nothing can be bought",
                trader.symbol
            ));
        }
    }
    let shares = config.traders.iter().filter(
        |t| matches!(t.settings.sizing, Sizing::Percent(share) if share.units() > 500_000_000_000),
    );
    if config.traders.len() > 1 && shares.count() > 0 {
        notes.push(
            "several traders share the account and one of them spends more than half of what is \
             free: whichever enters first leaves little to the others"
                .to_owned(),
        );
    }
    if let (Mode::Live(..), Venue::Simulator(simulator)) = (&config.mode, &config.venue) {
        notes.push(format!(
            "mode is live, but the exchange is a simulator at {}: no real money",
            simulator.rest
        ));
    }
    if !config.http.listen.ip().is_loopback() {
        notes.push(format!(
            "http.listen = \"{}\" can be reached from other machines: nothing served there is \
             encrypted, tokens of the API neither, and only the API asks who is asking",
            config.http.listen
        ));
    }
    if !config.notify.operators.is_empty() && config.secrets.telegram_bot_token.is_none() {
        notes.push(
            "notify.operators names who is told by Telegram, but there is no TELEGRAM_BOT_TOKEN"
                .to_owned(),
        );
    }
    notes
}

fn has_quote(balances: &BTreeMap<Asset, Quantity>, trader: &TraderConfig) -> bool {
    balances.keys().any(|asset| trader.symbol.as_str().ends_with(asset.as_str()))
}
