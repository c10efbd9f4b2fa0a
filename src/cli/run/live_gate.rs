//! The gate in front of real money: every trader's settings on its symbol's own history.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use heikin_core::engine::Gate;
use heikin_core::time::Span;

use super::exchange::Exchange;
use crate::analysis::live_gate::{Candidate, Verdict, fingerprint, judge};
use crate::cli::Failure;
use crate::config::{Config, TraderConfig};
use crate::store::disk::{self, Disk as _, RealDisk};

/// How far back.
const HISTORY: Span = Span::DAY.times(5 * 365);

/// The verdicts that were reached before, by what they hold for.
#[derive(Debug)]
struct Verdicts {
    path: PathBuf,
    known: BTreeMap<String, Verdict>,
}

impl Verdicts {
    fn read(data: &Path) -> Self {
        let path = data.join("live_gate.json");
        // Where there is none that can be read, the verdicts are reached anew.
        let text = std::fs::read(&path).unwrap_or_default();
        Self { path, known: serde_json::from_slice(&text).unwrap_or_default() }
    }

    fn add(&mut self, key: String, verdict: Verdict) -> Result<(), Failure> {
        self.known.insert(key, verdict);
        // Numbers always serialize.
        let text = serde_json::to_vec_pretty(&self.known).unwrap_or_default();
        let folder = self.path.parent().unwrap_or(Path::new("."));
        RealDisk
            .create_folder(folder)
            .and_then(|()| disk::replace(&RealDisk, &self.path, &text))
            .map_err(|error| {
                Failure::failed(format!("{}: it cannot be written: {error}", self.path.display()))
            })
    }
}

/// Judges every trader's settings, and adds to the exchange's objections.
pub(super) async fn pass(config: &Config, exchange: &mut Exchange) -> Result<(), Failure> {
    let mut verdicts = Verdicts::read(&config.data);
    for trader in &config.traders {
        let facts = exchange.facts.iter().find(|facts| facts.rules.symbol == trader.symbol);
        let Some(facts) = facts else { continue };
        let candidate = Candidate {
            rules: facts.rules.clone(),
            interval: trader.interval,
            settings: trader.settings,
            fees: facts.fees,
        };
        let key = fingerprint(&candidate);
        let verdict = if let Some(verdict) = verdicts.known.get(&key) {
            *verdict
        } else {
            let verdict = reach(&candidate, exchange).await?;
            verdicts.add(key, verdict)?;
            verdict
        };
        if let Some(objection) = objection(trader, &verdict) {
            exchange.objections.push((Gate::LiveGate, objection));
        }
    }
    Ok(())
}

async fn reach(candidate: &Candidate, exchange: &Exchange) -> Result<Verdict, Failure> {
    let (symbol, interval) = (candidate.rules.symbol, candidate.interval);
    let name = format!("{symbol} {interval}");
    tracing::info!(target: "alert", "{name}: fetching history for the live gate");
    let now = exchange.rest.time().now();
    let span = (now - HISTORY, now - interval.span());
    let candles =
        exchange.rest.klines(symbol, interval, span).collect().await.map_err(|error| {
            Failure::failed(format!(
                "{name}: its history cannot be fetched: {error}; try again later"
            ))
        })?;
    let verdict = judge(candidate, &candles).ok_or_else(|| {
        Failure::failed(format!(
            "{name}: the exchange has no history of it, so nothing can be said"
        ))
    })?;
    tracing::info!(target: "alert", "{name}: live gate: {verdict}");
    Ok(verdict)
}

/// What speaks against trading these settings with real money; none where nothing does, or where an
/// override names what was just found.
fn objection(trader: &TraderConfig, verdict: &Verdict) -> Option<String> {
    let objections = verdict.objections();
    if objections.is_empty() {
        return None;
    }
    let net = verdict.net_percent();
    if trader.live_gate_override.as_ref().is_some_and(|sentence| sentence.contains(&net)) {
        tracing::warn!(
            target: "alert",
            "{} {}: the live gate refuses these settings ({verdict}); overridden in heikin.toml",
            trader.symbol,
            trader.interval,
        );
        return None;
    }
    let reasons: Vec<_> = objections.iter().map(|one| verdict.explain(*one)).collect();
    Some(format!(
        "{} {}: on its own history these settings have not earned real money: {}. Change them, \
         trade on paper, or set live_gate_override of this trader to a sentence that names the \
         symbol, the interval and `{net}`",
        trader.symbol,
        trader.interval,
        reasons.join("; "),
    ))
}
