#![cfg(test)]
//! Weight: a week of trading, with everything that asks the exchange for something, stays far from its
//! limits. Counted by the exchange, in its own minutes.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use heikin::exchange::binance::endpoints::Endpoints;
use heikin::exchange::binance::exchange_time::ExchangeTime;
use heikin::exchange::binance::rest::Rest;
use heikin::exchange::binance::signing::Credentials;
use heikin::exchange::simulator::market::MarketSettings;
use heikin::exchange::simulator::{
    AccountSettings, CandleSource, Distance, Grid, KeyPermissions, ListedMarket, RateLimits,
    Settings, Simulator, usual_rules,
};
use heikin::runtime::assembly::{Assembly, Fills, Streams};
use heikin::runtime::runner::Runner;
use heikin::runtime::start::{MarketFacts, TraderPlan, first_inputs, recovered};
use heikin_core::engine::{EngineConfig, Gate, Standing};
use heikin_core::market::Symbol;
use heikin_core::order::InstallationTag;
use heikin_core::strategy::{FeeRates, HeikinAshiSettings, Sizing};
use heikin_core::time::{Interval, Span, Timestamp};
use secrecy::SecretString;
use tokio::task::LocalSet;

const MARKETS: [(&str, &str, &str); 2] = [("BTCUSDT", "BTC", "60000"), ("ETHUSDT", "ETH", "3000")];
/// Entries and stops are priced anew at each close.
const TRADED: Interval = Interval::M15;
/// The market's own candles: time goes on by a quarter of one at most.
const MADE_OF: Interval = Interval::M5;
const DAYS: u64 = 7;
/// As `heikin run` has it.
const RESYNC_EVERY: Span = Span::from_secs(300);
/// What the exchange's time is asked for in a minute: in lockstep it is not.
const CLOCK: u64 = 10;

#[test]
#[expect(clippy::print_stdout, reason = "with --nocapture it is a measurement")]
fn a_week_of_trading_is_never_pushed_back() {
    let simulator = simulator();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = LocalSet::new();
    let (mut runner, _streams, rest) = local.block_on(&runtime, start(&simulator));
    let began = simulator.standing().clock;
    for day in 0..DAYS {
        local.block_on(&runtime, until_connected(&mut runner, day + 1));
        let candles = Span::DAY.millis() / MADE_OF.span().millis();
        let candles = u64::try_from(candles).unwrap() * MARKETS.len() as u64;
        let stepped = runner.run(simulator.stepped(Distance::Candles(candles)));
        local.block_on(&runtime, stepped).unwrap().unwrap();
        // Once a day every connection is cut: all is asked for again.
        cut_connections(&simulator);
    }
    local.block_on(&runtime, until_connected(&mut runner, DAYS + 1));

    let passed = simulator.standing().clock - began;
    assert!(passed + MADE_OF.span().millis() >= Span::DAY.millis() * 7, "{passed}");
    let state = simulator.state();
    let counters = &state["counters"];
    let orders = state["accounts"][0]["orders"].as_array().unwrap().len();
    let fills = state["accounts"][0]["fills"].as_array().unwrap().len();
    let told = format!("{counters}, {orders} orders, {fills} fills, {:?}", rest.counters());
    // It has traded, and the account was fetched every few minutes: five requests and more each.
    assert!(orders > 500 && fills > 50, "{told}");
    assert!(counters["requests"]["200"].as_u64().unwrap() > 7 * 24 * 12 * 5, "{told}");
    assert_eq!(counters["rate_limited"], 0, "{told}");
    assert_eq!(counters["requests"].get("418"), None, "{told}");
    assert_eq!(rest.counters().pushed_back, 0, "{told}");
    let peak = counters["weight_peak"].as_u64().unwrap() + CLOCK;
    assert!(peak < u64::from(RateLimits::default().weight) / 4, "{told}");
    println!("{told}");
}

fn facts() -> Vec<MarketFacts> {
    let of = |(symbol, base, _price): (&str, &str, &str)| {
        let grid = Grid {
            tick: "0.01".parse().unwrap(),
            step: "0.00001".parse().unwrap(),
            min_notional: "5".parse().unwrap(),
        };
        let assets = (base.parse().unwrap(), "USDT".parse().unwrap());
        let rules = usual_rules(symbol.parse().unwrap(), assets, grid);
        MarketFacts { rules, fees: FeeRates::flat("0.001".parse().unwrap()) }
    };
    MARKETS.map(of).into()
}

fn simulator() -> Simulator {
    let listed = |((facts, (_, _, price)), seed): ((MarketFacts, _), u64)| ListedMarket {
        candles: CandleSource::Generated {
            settings: MarketSettings {
                seed,
                start: Timestamp::from_millis(1_704_067_200_000),
                price: str::parse(price).unwrap(),
                tick: facts.rules.tick,
                volume: "8".parse().unwrap(),
                step: facts.rules.lot.step,
                pace: Interval::H1,
            },
            interval: MADE_OF,
            history: 100,
        },
        rules: facts.rules,
        fees: facts.fees,
    };
    Simulator::start(Settings {
        markets: facts().into_iter().zip(MARKETS).zip(1..).map(listed).collect(),
        accounts: vec![AccountSettings {
            key: SecretString::from("key"),
            secret: SecretString::from("secret"),
            balances: vec![("USDT".parse().unwrap(), "10000".parse().unwrap())],
            permissions: KeyPermissions::TRADING_ONLY,
        }],
        ..Settings::lockstep()
    })
    .unwrap()
}

/// The product, as `heikin run` puts it together.
async fn start(simulator: &Simulator) -> (Runner, Streams, Rest) {
    let (address, streams) = (simulator.rest(), simulator.streams());
    let endpoints = Endpoints::on_loopback(&address, &streams, &simulator.websocket_api()).unwrap();
    let [key, secret] = ["key", "secret"].map(SecretString::from);
    let credentials = Credentials::new(key, secret).unwrap();
    let rest = Rest::new(&endpoints, Some(credentials), ExchangeTime::lockstep()).unwrap();
    rest.time().observe(rest.server_time().await.unwrap().server);
    let facts = facts();
    let symbols: Vec<Symbol> = facts.iter().map(|facts| facts.rules.symbol).collect();
    // It tells the limits, too.
    rest.exchange_info(&symbols).await.unwrap();
    let sizing = Sizing::Quote("1000".parse().unwrap());
    let plan = |symbol: &Symbol| TraderPlan {
        symbol: *symbol,
        interval: TRADED,
        settings: HeikinAshiSettings { sizing, ..HeikinAshiSettings::OFF },
        seed_after: None,
        standing: Standing::Active,
    };
    let plans: Vec<_> = symbols.iter().map(plan).collect();
    let tag = InstallationTag::BACKTEST;
    let config = EngineConfig { tag, resync_every: Some(RESYNC_EVERY), ..EngineConfig::UNLIMITED };
    let recovered = recovered(config, &facts, &plans, None).unwrap();
    let assembly = Assembly {
        rest: &rest,
        endpoints: &endpoints,
        facts: &facts,
        tag,
        plans: &plans,
        fills: Fills::Exchange,
        layout: None,
        observer: Box::new(()),
    };
    let (mut runner, streams) = assembly.run_with(recovered);
    let closed = [Gate::StaleMarketData, Gate::UserStreamDown];
    let inputs = first_inputs(runner.account().engine(), &facts, &closed);
    runner.begin(inputs).unwrap();
    (runner, streams, rest)
}

/// Until it is connected for the `time`th time, and may trade.
async fn until_connected(runner: &mut Runner, time: u64) {
    let mut status = runner.status();
    let ready = status.wait_for(|status| {
        // One of market streams, and one of user events.
        status.exchange.connections >= 2 * time
            && status.reconciled
            && status.entries_off.is_empty()
    });
    runner.run(async { ready.await.is_ok() }).await.unwrap();
}

fn cut_connections(simulator: &Simulator) {
    let address = simulator.rest();
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let body = r#"{"kind":"disconnect"}"#;
    write!(
        stream,
        "POST /simulator/faults HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}
