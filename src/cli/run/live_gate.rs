//! The gate in front of real money: every trader's settings on its symbol's own history, at the start
//! and whenever they change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use heikin_bot::backend::{LiveGateVerdict, Trader};
use heikin_core::engine::{Command, Gate, GateState};
use heikin_core::time::Span;
use tokio::sync::{mpsc, oneshot, watch};

use super::exchange::Exchange;
use crate::analysis::live_gate::{Candidate, Verdict, fingerprint, judge};
use crate::cli::Failure;
use crate::config::changeable::ChangeableTrader;
use crate::control::live_gate::{Examination, Generation};
use crate::exchange::binance::rest::Rest;
use crate::runtime::runner::Request;
use crate::runtime::start::MarketFacts;
use crate::store::disk::{self, Disk as _, RealDisk};

/// How far back.
const HISTORY: Span = Span::DAY.times(5 * 365);
/// Between two tries to fetch a history.
const AGAIN: Duration = Duration::from_secs(30);

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

/// What came of looking at all traders.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) verdicts: Vec<LiveGateVerdict>,
    /// Why nothing may be entered, in words; nothing where all have passed.
    pub(super) objections: Vec<String>,
}

/// Judges settings.
#[derive(Debug)]
pub(super) struct Gatekeeper {
    rest: Rest,
    facts: Vec<MarketFacts>,
    verdicts: Verdicts,
}

impl Gatekeeper {
    pub(super) fn new(exchange: &Exchange, data: &Path) -> Self {
        let (rest, facts) = (exchange.rest.clone(), exchange.facts.clone());
        Self { rest, facts, verdicts: Verdicts::read(data) }
    }

    /// Judges every trader's settings: by what is known, else by its history.
    pub(super) async fn judge(&mut self, asked: &Examination) -> Result<Judged, Failure> {
        let mut judged = Judged::default();
        for trader in &asked.settings.traders {
            let sentence = asked.overrides.get(&trader.name);
            let Some(candidate) = self.candidate(trader) else { continue };
            let key = fingerprint(&candidate);
            let verdict = if let Some(verdict) = self.verdicts.known.get(&key) {
                *verdict
            } else {
                let verdict = self.reach(candidate).await?;
                self.verdicts.add(key, verdict)?;
                verdict
            };
            judged.add(trader, sentence.map(String::as_str), &verdict);
        }
        Ok(judged)
    }

    /// What was found before for these very settings, without asking anybody.
    pub(super) fn known(&self, asked: &Examination) -> Judged {
        let mut judged = Judged::default();
        for trader in &asked.settings.traders {
            let sentence = asked.overrides.get(&trader.name);
            let key = self.candidate(trader).map(|candidate| fingerprint(&candidate));
            if let Some(verdict) = key.and_then(|key| self.verdicts.known.get(&key)) {
                judged.add(trader, sentence.map(String::as_str), verdict);
            }
        }
        judged
    }

    fn candidate(&self, trader: &ChangeableTrader) -> Option<Candidate> {
        let (symbol, interval) = trader.name;
        let facts = self.facts.iter().find(|facts| facts.rules.symbol == symbol)?;
        let (rules, settings) = (facts.rules.clone(), trader.settings);
        Some(Candidate { rules, interval, settings, fees: facts.fees })
    }

    async fn reach(&self, candidate: Candidate) -> Result<Verdict, Failure> {
        let (symbol, interval) = (candidate.rules.symbol, candidate.interval);
        let name = format!("{symbol} {interval}");
        tracing::info!(target: "alert", "{name}: fetching history for the live gate");
        let now = self.rest.time().now();
        let span = (now - HISTORY, now - interval.span());
        let candles =
            self.rest.klines(symbol, interval, span).collect().await.map_err(|error| {
                Failure::failed(format!(
                    "{name}: its history cannot be fetched: {error}; try again later"
                ))
            })?;
        // Years of candles take a while, and this thread has orders to send.
        let judging = tokio::task::spawn_blocking(move || judge(&candidate, &candles));
        let verdict = judging.await.map_err(Failure::failed)?.ok_or_else(|| {
            Failure::failed(format!(
                "{name}: the exchange has no history of it, so nothing can be said"
            ))
        })?;
        tracing::info!(target: "alert", "{name}: live gate: {verdict}");
        Ok(verdict)
    }

    /// Judges settings that change while heikin runs, and opens the gate to those that pass.
    pub(super) async fn keep(
        mut self,
        (mut asked, generation): (mpsc::Receiver<Examination>, Generation),
        requests: mpsc::Sender<Request>,
        told: watch::Sender<Arc<[LiveGateVerdict]>>,
    ) {
        let mut next = asked.recv().await;
        while let Some(examination) = next.take() {
            match self.judge(&examination).await {
                Ok(judged) => {
                    for objection in &judged.objections {
                        tracing::error!(target: "alert", "no entries: {objection}");
                    }
                    told.send_replace(judged.verdicts.into());
                    if judged.objections.is_empty() {
                        open(&requests, &examination, &generation).await;
                    } else {
                        // It is closed already, but where a sentence was taken back.
                        set(&requests, GateState::Closed).await;
                    }
                    next = asked.recv().await;
                }
                Err(failure) => {
                    tracing::error!(target: "alert", "no entries yet: {failure}; it is tried again");
                    next = tokio::select! {
                        newer = asked.recv() => newer,
                        () = pause(AGAIN) => Some(examination),
                    };
                }
            }
        }
    }
}

/// Opens the gate, unless other settings have come meanwhile.
async fn open(
    requests: &mpsc::Sender<Request>,
    examination: &Examination,
    generation: &Generation,
) {
    let is_newest = || generation.load(Ordering::SeqCst) == examination.generation;
    if !is_newest() {
        return;
    }
    set(requests, GateState::Open).await;
    if !is_newest() {
        // They closed it before it was opened for these.
        set(requests, GateState::Closed).await;
    }
}

async fn set(requests: &mpsc::Sender<Request>, state: GateState) {
    let (done, is_done) = oneshot::channel();
    let command = Command::SetGate(Gate::LiveGate, state);
    // It ends with the order thread's loop, which looks at the gate at every start.
    if requests.send(Request { command, done }).await.is_ok() {
        drop(is_done.await);
    }
}

impl Judged {
    fn add(&mut self, trader: &ChangeableTrader, sentence: Option<&str>, verdict: &Verdict) {
        let (symbol, interval) = trader.name;
        let reasons: Vec<_> =
            verdict.objections().iter().map(|one| verdict.explain(*one)).collect();
        let net = verdict.net_percent();
        let overridden = sentence.is_some_and(|sentence| sentence.contains(&net));
        let mut told = reasons.clone();
        if !reasons.is_empty() && !overridden {
            told.push(format!(
                "to trade nevertheless: in heikin.toml, live_gate_override of this trader, a sentence \
                 with {symbol}, {interval} and {net}; then SIGHUP or a restart"
            ));
        }
        self.verdicts.push(LiveGateVerdict {
            trader: Trader { symbol, interval },
            at: verdict.span.1,
            objections: told,
            net: verdict.net,
            trades: u32::try_from(verdict.trades).unwrap_or(u32::MAX),
            overridden,
        });
        if reasons.is_empty() {
            return;
        }
        if overridden {
            tracing::warn!(
                target: "alert",
                "{symbol} {interval}: the live gate refuses these settings ({verdict}); overridden \
                 in heikin.toml",
            );
            return;
        }
        self.objections.push(format!(
            "{symbol} {interval}: on its own history these settings have not earned real money: \
             {}. Change them, trade on paper, or set live_gate_override of this trader to a \
             sentence that names the symbol, the interval and `{net}`",
            reasons.join("; "),
        ));
    }
}

#[expect(clippy::disallowed_methods, reason = "it waits beside the order thread's loop")]
async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}
