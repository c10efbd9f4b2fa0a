//! Asks the configured exchange what only it can say.

use std::future::Future;
use std::time::Duration;

use heikin_core::market::{Symbol, SymbolRules};
use tokio::runtime::Runtime;
use tokio::task::LocalSet;
use tokio::time::timeout;

use super::Finding;
use super::exchange::{self, ExchangeProbe, KeyRights, Right};
use crate::cli::run::exchange::{client, set_clock};
use crate::cli::{Failure, words};
use crate::config::{Config, Mode};
use crate::exchange::binance::rest::{ReadError, Rest};

/// Longer than this nobody wants to wait for a doctor.
const PATIENCE: Duration = Duration::from_secs(15);

/// What the exchange says; nothing in the demo, which has none.
pub(super) fn findings(config: &Config) -> Result<Vec<Finding>, Failure> {
    if matches!(config.mode, Mode::Demo) {
        return Ok(Vec::new());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("no runtime: {error}")))?;
    let (rest, _) = client(config)?;
    let probe = Binance { rest, runtime, local: LocalSet::new() };
    Ok(exchange::findings(&probe, config))
}

fn in_words(error: &ReadError) -> String {
    match error {
        ReadError::Refused(refusal, _) => {
            format!("the exchange refuses: {}", words::refusal(*refusal))
        }
        other => other.to_string(),
    }
}

struct Binance {
    rest: Rest,
    runtime: Runtime,
    local: LocalSet,
}

impl Binance {
    fn within<T>(&self, question: impl Future<Output = T>) -> Result<T, String> {
        let answer = async { timeout(PATIENCE, question).await };
        let answer = self.local.block_on(&self.runtime, answer);
        answer.map_err(|_elapsed| format!("no answer within {} s", PATIENCE.as_secs()))
    }

    fn ask<T>(&self, question: impl Future<Output = Result<T, ReadError>>) -> Result<T, String> {
        self.within(question)?.map_err(|error| in_words(&error))
    }
}

impl ExchangeProbe for Binance {
    fn clock_offset_ms(&self) -> Result<i64, String> {
        self.ask(set_clock(&self.rest))?;
        Ok(self.rest.time().offset().map_or(0, |offset| -offset.millis()))
    }

    fn rules(&self, symbol: Symbol) -> Result<Option<SymbolRules>, String> {
        match self.within(self.rest.exchange_info(&[symbol]))? {
            // It names no such symbol.
            Err(ReadError::Refused(..)) => Ok(None),
            Err(error) => Err(in_words(&error)),
            Ok(info) => info.rules(symbol.as_str(), None).map_err(|error| error.to_string()),
        }
    }

    fn key_rights(&self) -> Result<Option<KeyRights>, String> {
        let Some(key) = self.ask(self.rest.key_permissions())? else { return Ok(None) };
        let right = |has: bool| if has { Right::Has } else { Right::Lacks };
        Ok(Some(KeyRights {
            trade: right(key.enable_spot_and_margin_trading),
            withdraw: right(key.enable_withdrawals),
            transfer: right(key.enable_internal_transfer || key.permits_universal_transfer),
            leverage: right(key.enable_margin || key.enable_futures),
            ip_restricted: right(key.ip_restrict),
        }))
    }

    fn may_trade(&self) -> Result<bool, String> {
        Ok(self.ask(self.rest.account())?.can_trade != Some(false))
    }
}
