//! The order thread as `heikin run` has it: streams, loop, gateway, journal, log.

use std::io;
use std::rc::Rc;
use std::sync::Arc;

use futures_util::{SinkExt as _, StreamExt as _};
use heikin::config::{LogFormat, LogLevel, LogSettings};
use heikin::exchange::binance::endpoints::Endpoints;
use heikin::exchange::binance::exchange_time::ExchangeTime;
use heikin::exchange::binance::gateway::Gateway;
use heikin::exchange::binance::market_streams::{MarketStreams, Subscription};
use heikin::exchange::binance::rest::Rest;
use heikin::exchange::binance::signing::Credentials;
use heikin::exchange::simulator::{Grid, usual_rules};
use heikin::runtime::account::{Account, Observer};
use heikin::runtime::keeper::Keeper;
use heikin::runtime::runner::{Runner, Sources, Upkeep};
use heikin::runtime::start::{MarketFacts, TraderPlan, first_inputs, recovered};
use heikin::runtime::venue::Venue;
use heikin::store::Layout;
use heikin::telemetry;
use heikin_core::engine::{Effect, Engine, EngineConfig, Gate, Standing};
use heikin_core::order::InstallationTag;
use heikin_core::strategy::{FeeRates, HeikinAshiSettings};
use heikin_core::time::{Interval, Timestamp};
use secrecy::SecretString;
use tokio::runtime::LocalOptions;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::connect_async_with_config;

use super::exchange::BEGIN;
use super::wake::Wake;
use super::{Failed, Journal, pin};

const QUEUE: usize = 1_024;

/// Where the product is to go, and where its records are.
pub(crate) struct Product {
    pub(crate) addresses: (String, String),
    pub(crate) journal: Journal,
    pub(crate) wake: Arc<Wake>,
}

/// As little as an order thread can do: what comes goes back, until the other side has seen enough.
pub(crate) fn echo(streams: &str, wake: Arc<Wake>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_unpark(move || wake.note())
        .build()?;
    pin(0)?;
    runtime.block_on(async {
        let (mut socket, _) = connect_async_with_config(streams, None, true).await?;
        while let Some(Ok(message)) = socket.next().await {
            socket.send(message).await?;
        }
        Ok(())
    })
}

/// Tells of an order what `heikin run` tells of it, in the log.
#[derive(Debug)]
struct Narrator;

impl Observer for Narrator {
    fn effect(&mut self, _at: Timestamp, effect: &Effect, _engine: &Engine) {
        if let Effect::Submit(order) | Effect::Replace { submit: order, .. } = effect {
            let terms = &order.terms;
            let who = format!("{} 1m", order.symbol);
            let trigger = terms.kind.trigger().map(|it| it.to_string()).unwrap_or_default();
            let what = format!("buy {} stop-limit at {trigger} (breakout)", terms.quantity);
            tracing::info!(target: "engine", who, "{what}");
        }
    }
}

impl Product {
    /// Trades until the other side has seen enough.
    pub(crate) fn trade(self, enough: oneshot::Receiver<()>) -> Result<(), Failed> {
        let folder = tempfile::tempdir()?;
        let logs = LogSettings {
            folder: folder.path().join("logs"),
            level: LogLevel::Info,
            format: LogFormat::Json,
            max_bytes: 10 << 20,
            keep: 1,
        };
        let (log, _written) = telemetry::open(&logs, [])?;
        let wake = Arc::clone(&self.wake);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .on_thread_unpark(move || wake.note())
            .build_local(LocalOptions::default())?;
        let layout = Layout::new(folder.path());
        let _logged = tracing::dispatcher::set_default(&log);
        runtime.block_on(self.run(&layout, enough))
    }

    async fn run(self, layout: &Layout, enough: oneshot::Receiver<()>) -> Result<(), Failed> {
        let (mut runner, streams) = self.assemble(layout)?;
        // Threads that work beside are born where they like.
        pin(0)?;
        // Somebody always looks on.
        let _status = runner.status();
        let facts = facts()?;
        let inputs = first_inputs(runner.account().engine(), &facts, &[Gate::StaleMarketData]);
        runner.begin(inputs)?;
        runner.run(enough).await?.map_err(io::Error::other)?;
        drop(streams);
        Ok(())
    }

    fn assemble(&self, layout: &Layout) -> Result<(Runner, Rc<MarketStreams>), Failed> {
        let (rest, streams) = &self.addresses;
        let endpoints = Endpoints::on_loopback(rest, streams, streams)?;
        let [key, secret] = ["key-of-the-bench", "secret-of-the-bench"].map(SecretString::from);
        // The frames tell the time: a candle closes as often as the other side likes.
        let time = ExchangeTime::lockstep();
        time.observe(BEGIN);
        let rest = Rest::new(&endpoints, Some(Credentials::new(key, secret)?), time.clone())?;
        let facts = facts()?;
        let plan = TraderPlan {
            symbol: "BTCUSDT".parse()?,
            interval: Interval::M1,
            settings: HeikinAshiSettings::OFF,
            seed_after: None,
            standing: Standing::Active,
        };
        let files = (self.journal == Journal::Files).then_some(layout);
        let recovered = recovered(EngineConfig::UNLIMITED, &facts, &[plan], files)?;
        let (market_sender, market) = mpsc::channel(QUEUE);
        let (account_sender, account) = mpsc::channel(QUEUE);
        let (_, requests) = mpsc::channel(QUEUE);
        let wanted = [Subscription { symbol: plan.symbol, interval: plan.interval, after: None }];
        let streams = MarketStreams::spawn(&rest, &endpoints, &wanted, &market_sender);
        let gateway =
            Gateway::new(rest.clone(), InstallationTag::BACKTEST, &[plan.symbol], account_sender);
        for facts in facts {
            gateway.set_rules(facts.rules);
        }
        let upkeep = files.map(|layout| Upkeep {
            keeper: Keeper::start(layout.clone(), (0, 0), BEGIN),
            panic_file: layout.panic(),
        });
        let sources = Sources {
            rest,
            market,
            connections: streams.connections(),
            quotes: streams.quotes().clone(),
            account,
            requests,
        };
        let venue = Venue::Binance(gateway);
        let account = Account::new(recovered.engine, recovered.journal, venue, Box::new(Narrator));
        Ok((Runner::new(account, time, sources, upkeep), Rc::new(streams)))
    }
}

fn facts() -> Result<Vec<MarketFacts>, Failed> {
    let grid = Grid { tick: "0.01".parse()?, step: "0.00001".parse()?, min_notional: "5".parse()? };
    let rules = usual_rules("BTCUSDT".parse()?, ("BTC".parse()?, "USDT".parse()?), grid);
    Ok(vec![MarketFacts { rules, fees: FeeRates::flat("0.001".parse()?) }])
}
