//! What the exchange says before anything is traded: its clock, the symbols' rules, the account's
//! fees, what the key may do.

use std::future::Future;
use std::time::Duration;

use heikin_core::engine::Gate;
use heikin_core::market::Symbol;
use heikin_core::num::Rate;
use heikin_core::strategy::FeeRates;

use crate::cli::tell::warn;
use crate::cli::{Failure, words};
use crate::config::{Config, Simulator, SimulatorClock, Venue};
use crate::exchange::binance::endpoints::{Endpoints, Environment};
use crate::exchange::binance::exchange_time::ExchangeTime;
use crate::exchange::binance::rest::{ReadError, Rest};
use crate::exchange::binance::signing::Credentials;
use crate::exchange::binance::time_sync;
use crate::exchange::binance::wire::{CommissionParts, CommissionRates, ExchangeInfo};
use crate::runtime::start::MarketFacts;

/// Between two tries, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// The exchange that is configured, reached and understood.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) rest: Rest,
    pub(super) endpoints: Endpoints,
    pub(super) facts: Vec<MarketFacts>,
    /// What keeps entries off from the start, and why, in words.
    pub(super) objections: Vec<(Gate, String)>,
}

/// A client for the exchange that is configured; nothing is asked yet.
pub(in crate::cli) fn client(config: &Config) -> Result<(Rest, Endpoints), Failure> {
    let endpoints = endpoints(&config.venue)?;
    let keys = config.mode.keys();
    let credentials = keys
        .map(|keys| Credentials::new(keys.key.clone(), keys.secret.clone()))
        .transpose()
        .map_err(Failure::bad_input)?;
    let time = match &config.venue {
        Venue::Simulator(Simulator { clock: SimulatorClock::Lockstep, .. }) => {
            ExchangeTime::lockstep()
        }
        Venue::Simulator(Simulator { clock: SimulatorClock::Free(speed), .. }) => {
            ExchangeTime::hurried(*speed)
        }
        _ => ExchangeTime::of_this_machine(),
    };
    let rest = Rest::new(&endpoints, credentials, time).map_err(Failure::failed)?;
    Ok((rest, endpoints))
}

fn endpoints(venue: &Venue) -> Result<Endpoints, Failure> {
    Ok(match venue {
        Venue::Production => Endpoints::of(Environment::Production),
        Venue::Testnet => Endpoints::of(Environment::Testnet),
        Venue::DemoMode => Endpoints::of(Environment::Demo),
        Venue::Simulator(Simulator { rest, streams, websocket_api, .. }) => {
            Endpoints::on_loopback(rest, streams, websocket_api).map_err(Failure::bad_input)?
        }
        Venue::Embedded => {
            return Err(Failure::bad_input("mode \"demo\" has no exchange: run `heikin demo`"));
        }
    })
}

impl Exchange {
    /// Asks the exchange for all that a start needs. Where it does not answer, that is told once and
    /// tried again until it does.
    pub(super) async fn reach(config: &Config) -> Result<Self, Failure> {
        let (rest, endpoints) = client(config)?;
        patiently("the clock", || set_clock(&rest)).await?;
        let mut symbols: Vec<Symbol> = config.traders.iter().map(|trader| trader.symbol).collect();
        symbols.sort_unstable();
        symbols.dedup();
        let info = patiently("the symbols' rules", || rest.exchange_info(&symbols)).await?;
        let mut exchange = Self { rest, endpoints, facts: Vec::new(), objections: Vec::new() };
        for symbol in symbols {
            let fees = exchange.fees(config, symbol).await?;
            exchange.facts.push(facts(&info, symbol, fees)?);
        }
        if config.mode.keys().is_some() {
            exchange.look_at_key(&info).await?;
        }
        Ok(exchange)
    }

    async fn fees(&self, config: &Config, symbol: Symbol) -> Result<FeeRates, Failure> {
        if config.mode.keys().is_none() {
            return Ok(config.paper.fees);
        }
        let rates = patiently("the account's fees", || self.rest.commission_rates(symbol)).await?;
        Ok(fee_rates(&rates))
    }

    /// Whether key and account may do what trading needs, and nothing that could take money away.
    async fn look_at_key(&mut self, info: &ExchangeInfo) -> Result<(), Failure> {
        let account = patiently("the account", || self.rest.account()).await?;
        let mut object = |why: String| self.objections.push((Gate::KeyRights, why));
        if account.can_trade == Some(false) {
            object(
                "the exchange does not let this account trade: see its messages there".to_owned(),
            );
        }
        for row in info.symbols.iter().filter(|row| !row.permits(&account.permissions)) {
            object(format!("the account may not trade {}", row.symbol));
        }
        let Some(key) = patiently("the key's rights", || self.rest.key_permissions()).await? else {
            return Ok(());
        };
        for danger in key.dangers() {
            object(format!(
                "the key may {danger}: whoever steals it could take your money. Switch that off for \
                 this key at Binance, API Management"
            ));
        }
        if !key.enable_reading || !key.enable_spot_and_margin_trading {
            object(
                "the key may not trade: allow reading and spot trading for it at Binance, API \
                    Management"
                    .to_owned(),
            );
        }
        if !key.ip_restrict {
            tracing::warn!(target: "alert", "the key works from any address: restrict it to this machine's");
        }
        Ok(())
    }
}

/// Takes over the exchange's time, without which it takes no signed request.
pub(in crate::cli) async fn set_clock(rest: &Rest) -> Result<(), ReadError> {
    let trip = rest.server_time().await?;
    if rest.time().is_lockstep() {
        rest.time().observe(trip.server);
    } else {
        time_sync::measure(rest).await;
    }
    Ok(())
}

fn facts(info: &ExchangeInfo, symbol: Symbol, fees: FeeRates) -> Result<MarketFacts, Failure> {
    let rules = info.rules(symbol.as_str(), None).map_err(|error| {
        Failure::failed(format!("{symbol}: its trading rules cannot be read: {error}"))
    })?;
    let rules = rules.ok_or_else(|| {
        Failure::bad_input(format!(
            "{symbol}: the exchange has no such symbol; mend `symbol` in heikin.toml"
        ))
    })?;
    Ok(MarketFacts { rules, fees })
}

/// What a fill is charged at most: the three parts add up, and a BUY's differ from a SELL's.
pub(super) fn fee_rates(rates: &CommissionRates) -> FeeRates {
    let parts = [
        Some(&rates.standard_commission),
        rates.special_commission.as_ref(),
        rates.tax_commission.as_ref(),
    ];
    let add = |one: Rate, other: Rate| Rate::from_units(one.units() + other.units()).unwrap_or(one);
    let sum = |pick: fn(&CommissionParts) -> Rate| {
        parts.iter().flatten().map(|part| pick(part)).fold(Rate::ZERO, add)
    };
    let side = sum(|part| part.buyer).max(sum(|part| part.seller));
    let with_side = |rate: Rate| add(rate, side);
    FeeRates { maker: with_side(sum(|part| part.maker)), taker: with_side(sum(|part| part.taker)) }
}

/// Asks again and again where nothing usable comes back; a definite no is for people to mend.
pub(super) async fn patiently<T, F>(what: &str, mut ask: impl FnMut() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, ReadError>>,
{
    let (mut pause, longest) = PAUSES;
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(ReadError::Refused(refusal, _)) => {
                let why = words::refusal(refusal);
                return Err(Failure::bad_input(format!("{what}: the exchange refuses: {why}")));
            }
            Err(error) => {
                let line = format!("{what}: {error}; trying again until the exchange answers");
                tracing::warn!(target: "alert", "{line}");
                if pause == PAUSES.0 {
                    warn(&line);
                }
                wait(pause).await;
                pause = pause.saturating_mul(2).min(longest);
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a start waits for the exchange")]
async fn wait(pause: Duration) {
    tokio::time::sleep(pause).await;
}
