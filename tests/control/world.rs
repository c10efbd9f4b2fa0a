//! The product with its front office, on a simulated exchange, in one thread.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use heikin::config::{Config, Paths, Variables};
use heikin::control::live_gate::LiveGate;
use heikin::control::wake::Wake;
use heikin::control::{Control, Setup};
use heikin::exchange::binance::endpoints::Endpoints;
use heikin::exchange::binance::exchange_time::ExchangeTime;
use heikin::exchange::binance::rest::Rest;
use heikin::exchange::binance::signing::Credentials;
use heikin::exchange::simulator::{
    AccountSettings, CandleSource, Distance, KeyPermissions, ListedMarket, Settings, Simulator,
};
use heikin::runtime::assembly::{Assembly, Fills, Streams};
use heikin::runtime::runner::Runner;
use heikin::runtime::start::{MarketFacts, TraderPlan, first_inputs, recovered, set_up};
use heikin::store::Layout;
use heikin_bot::backend::{
    Actor, Answer, Backend, Command, Cursor, Envelope, Identity, Mode, Outcome, Query, RequestId,
    Role, StateVersion, Status, Trader, UserId,
};
use heikin_core::engine::{EngineConfig, Gate, Input, Standing};
use heikin_core::market::{Candle, Ohlc, Symbol, SymbolRules, SymbolStatus};
use heikin_core::num::{Money, Price};
use heikin_core::order::InstallationTag;
use heikin_core::strategy::{FeeRates, HeikinAshiSettings, Sizing};
use heikin_core::time::{Interval, Timestamp};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::{JoinHandle, LocalSet};

pub(crate) const INTERVAL: Interval = Interval::H1;
pub(crate) const OWNER: UserId = UserId(11);
/// Candles that have closed when trading begins.
const HISTORY: u16 = 30;
/// A Monday.
pub(crate) const BEGIN: i64 = 1_704_067_200_000;

pub(crate) fn symbol() -> Symbol {
    "BTCUSDT".parse().unwrap()
}

pub(crate) fn trader() -> Trader {
    Trader { symbol: symbol(), interval: INTERVAL }
}

/// A market that rises candle by candle: it is entered at once, and the stop rises with it.
fn rising() -> Vec<Candle> {
    let candle = |k: i64| {
        let of = |offset: i64| Price::from_units((10_000 + 50 * k + offset) * 1_000_000).unwrap();
        let open = Timestamp::from_millis(BEGIN) + INTERVAL.span().times(k);
        let close = open + INTERVAL.span() - heikin_core::time::Span::from_millis(1);
        let ohlc = Ohlc::new(of(0), of(70), of(-20), of(50)).unwrap();
        Candle::new(open, close, ohlc, Money::parse("5").unwrap()).unwrap()
    };
    (0..400).map(candle).collect()
}

/// An exchange, and the folder of a product that trades on it.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) simulator: Simulator,
    facts: MarketFacts,
    runtime: Runtime,
    local: LocalSet,
    config: Arc<Config>,
    live_gate: LiveGate,
    /// The journal is not looked at before so much time has passed.
    reads_after: Duration,
    /// What people's clocks show, in milliseconds.
    pub(crate) clock: Arc<AtomicU64>,
}

/// A product that runs, as long as [`World::run`] is in it.
pub(crate) struct Product {
    runner: Runner,
    _streams: Streams,
    pub(crate) control: Control,
    stop: watch::Sender<()>,
    following: JoinHandle<()>,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::configured("", &[])
    }

    /// With more in `heikin.toml`, and more variables.
    pub(crate) fn configured(more: &str, variables: &[(&str, &str)]) -> Self {
        let mut rules = SymbolRules::unrestricted(
            symbol(),
            "BTC".parse().unwrap(),
            "USDT".parse().unwrap(),
            "0.01".parse().unwrap(),
        );
        rules.lot.min = "0.00001".parse().unwrap();
        rules.lot.step = "0.00001".parse().unwrap();
        let facts = MarketFacts { rules, fees: FeeRates::flat("0.001".parse().unwrap()) };
        let settings = Settings {
            markets: vec![ListedMarket {
                rules: facts.rules.clone(),
                fees: facts.fees,
                candles: CandleSource::Given { candles: rising(), history: usize::from(HISTORY) },
            }],
            accounts: vec![AccountSettings {
                key: "key".to_owned().into(),
                secret: "secret".to_owned().into(),
                balances: vec![("USDT".parse().unwrap(), Money::parse("10000").unwrap())],
                permissions: KeyPermissions::TRADING_ONLY,
            }],
            ..Settings::lockstep()
        };
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "mode = \"paper\"\n[http]\nlisten = \"127.0.0.1:0\"\n[notify]\noperators = [{OWNER}]\n\
             [[trader]]\nsymbol = \"BTCUSDT\"\ninterval = \"1h\"\npercent = 50\n\
             {more}"
        );
        std::fs::write(folder.path().join("heikin.toml"), text).unwrap();
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let variables: Variables = variables.iter().map(owned).collect();
        let config = Config::load(&Paths::in_folder(folder.path()), &variables).unwrap();
        Self {
            simulator: Simulator::start(settings).unwrap(),
            facts,
            runtime: Builder::new_current_thread().enable_all().build().unwrap(),
            local: LocalSet::new(),
            config: Arc::new(config),
            live_gate: LiveGate::none(),
            reads_after: Duration::ZERO,
            clock: Arc::new(AtomicU64::new(u64::try_from(BEGIN).unwrap())),
            folder,
        }
    }

    /// As if there was real money.
    pub(crate) fn guarded_by(self, live_gate: LiveGate) -> Self {
        Self { live_gate, ..self }
    }

    /// What reads the account's journal on is late.
    pub(crate) fn with_a_slow_reader(self) -> Self {
        Self { reads_after: Duration::from_millis(300), ..self }
    }

    fn layout(&self) -> Layout {
        Layout::new(&self.folder.path().join("data"))
    }

    /// Starts the product, as it does at every start.
    pub(crate) fn start(&self) -> Product {
        let (mut product, mut status) = self.local.block_on(&self.runtime, self.started());
        // Panicked or stopped, entries stay off; every gate opens all the same.
        let is_ready = |status: &heikin::runtime::status::Status| {
            let mut off = status.entries_off.iter();
            status.reconciled && off.all(|name| matches!(*name, "panic" | "stopped"))
        };
        let ready = async move { status.wait_for(is_ready).await.is_ok() };
        assert!(self.run(&mut product, ready));
        product
    }

    async fn started(&self) -> (Product, watch::Receiver<heikin::runtime::status::Status>) {
        let (rest, streams) = (self.simulator.rest(), self.simulator.streams());
        let endpoints =
            Endpoints::on_loopback(&rest, &streams, &self.simulator.websocket_api()).unwrap();
        let credentials = Credentials::new("key".to_owned().into(), "secret".to_owned().into());
        let time = ExchangeTime::lockstep();
        let rest = Rest::new(&endpoints, Some(credentials.unwrap()), time).unwrap();
        rest.time().observe(rest.server_time().await.unwrap().server);
        let tag: InstallationTag = "test".parse().unwrap();
        let config = EngineConfig { tag, ..EngineConfig::UNLIMITED };
        let facts = std::slice::from_ref(&self.facts);
        let before = rest.before_the_last((symbol(), INTERVAL), HISTORY).await.unwrap();
        let plan = TraderPlan {
            symbol: symbol(),
            interval: INTERVAL,
            settings: settings(),
            seed_after: before,
            standing: Standing::Active,
        };
        let plans = std::slice::from_ref(&plan);
        let layout = self.layout();
        std::fs::create_dir_all(layout.data()).unwrap();
        let recovered = recovered(config, facts, plans, Some(&layout)).unwrap();
        let (engine, wake) = (set_up(config, facts, plans), Wake::default());
        let assembly = Assembly {
            rest: &rest,
            endpoints: &endpoints,
            facts,
            tag,
            plans,
            fills: Fills::Exchange,
            layout: Some(layout.clone()),
            observer: wake.beside(Box::new(())),
        };
        let (mut runner, streams) = assembly.run_with(recovered);
        let closed = [Gate::StaleMarketData, Gate::UserStreamDown];
        let inputs = first_inputs(runner.account().engine(), facts, &closed);
        runner.begin(inputs).unwrap();
        let clock = Arc::clone(&self.clock);
        let now = move || {
            let millis = i64::try_from(clock.load(Ordering::Relaxed)).unwrap();
            Timestamp::from_millis(millis)
        };
        let (control, following) = Control::open(Setup {
            layout,
            config: Arc::clone(&self.config),
            mode: Mode::Testnet,
            engine,
            requests: streams.requests.clone(),
            status: runner.status(),
            heartbeat: runner.heartbeat(),
            live_gate: self.live_gate.clone(),
            clock: Arc::new(now),
        })
        .unwrap();
        let (stop, stopped) = watch::channel(());
        let mut stopped = stopped;
        let reads_after = self.reads_after;
        let following = tokio::task::spawn_local(async move {
            let late = tokio::time::timeout(reads_after, std::future::pending::<()>());
            assert!(late.await.is_err());
            following.run(wake, async move { while stopped.changed().await.is_ok() {} }).await;
        });
        let status = runner.status();
        let product = Product { runner, _streams: streams, control, stop, following };
        (product, status)
    }

    /// Runs the order thread's loop until something is done.
    pub(crate) fn run<T>(&self, product: &mut Product, until: impl Future<Output = T>) -> T {
        self.local.block_on(&self.runtime, product.runner.run(until)).unwrap()
    }

    /// The market goes on by so many candles.
    pub(crate) fn advance(&self, product: &mut Product, candles: u64) {
        for _ in 0..candles {
            let standing = self.run(product, self.simulator.stepped(Distance::Candles(1)));
            assert!(standing.is_some());
        }
        let control = product.control.clone();
        let through = product.runner.account().last_sequence();
        self.run(product, control.caught_up(through));
    }

    /// The exchange has changed what a market may be used for, and heikin has read that.
    pub(crate) fn read_status(&self, product: &mut Product, status: SymbolStatus) {
        let engine = product.runner.account().engine();
        let rules = SymbolRules { status, ..engine.markets()[0].rules().clone() };
        let read = async { product.runner.input(Input::Rules(Box::new(rules))) };
        self.local.block_on(&self.runtime, read).unwrap();
    }

    /// The process ends in good order.
    pub(crate) fn stop(&self, product: Product) {
        let Product { runner, _streams, control, stop, following } = product;
        self.local.block_on(&self.runtime, async {
            let patience = Duration::from_secs(5);
            runner.stop(patience).await.unwrap();
            drop(stop);
            following.await.unwrap();
        });
        drop(control);
    }

    /// The process dies: nobody takes leave.
    pub(crate) fn kill(&self, product: Product) {
        let Product { runner, _streams, control, stop: _stop, following } = product;
        self.local.block_on(&self.runtime, async {
            following.abort();
            drop(following.await);
        });
        drop(runner);
        drop(control);
    }
}

impl Product {
    pub(crate) fn is_panicked(&self) -> bool {
        self.runner.account().engine().is_panicked()
    }
}

fn settings() -> HeikinAshiSettings {
    let classic = heikin::config::strategy::classic();
    let half = Sizing::Percent("0.5".parse().unwrap());
    HeikinAshiSettings { sizing: half, warmup: u64::from(HISTORY), ..classic }
}

pub(crate) fn terminal() -> Actor {
    Actor { identity: Identity::Terminal, name: "terminal".to_owned(), pin: None }
}

pub(crate) fn person(user: UserId, name: &str) -> Actor {
    Actor { identity: Identity::Telegram { user }, name: name.to_owned(), pin: None }
}

pub(crate) fn request(id: &str) -> RequestId {
    RequestId(id.to_owned())
}

/// Gives a command, and confirms it where that is asked for.
pub(crate) async fn confirmed<B: Backend>(
    backend: &B,
    id: &str,
    actor: Actor,
    command: Command,
) -> Outcome {
    let first = backend.command(request(id), actor.clone(), command.clone(), None).await.unwrap();
    match first {
        Outcome::Confirm(recap) => {
            let again = request(&format!("{id}-confirmed"));
            backend.command(again, actor, command, Some(recap.version)).await.unwrap()
        }
        outcome => outcome,
    }
}

/// Makes somebody something.
pub(crate) async fn grant<B: Backend>(backend: &B, user: UserId, role: Role) {
    let command = Command::Grant { user, role, days: None };
    let outcome = confirmed(backend, &format!("grant-{user}"), terminal(), command).await;
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
}

pub(crate) async fn status<B: Backend>(backend: &B) -> Status {
    match backend.query(Query::Status).await.unwrap() {
        Answer::Status(status) => *status,
        other => panic!("{other:?}"),
    }
}

/// All alerts that wait, by chat.
pub(crate) async fn alerts<B: Backend>(backend: &B) -> BTreeMap<i64, Vec<Envelope>> {
    let mut by_chat: BTreeMap<i64, Vec<Envelope>> = BTreeMap::new();
    let mut after = Cursor::START;
    loop {
        let some = backend.outbox(after, 50).await.unwrap();
        let Some(last) = some.last() else { return by_chat };
        assert!(last.cursor > after);
        after = last.cursor;
        for envelope in some {
            by_chat.entry(envelope.chat.0).or_default().push(envelope);
        }
    }
}

/// No state has this version.
pub(crate) const NO_VERSION: StateVersion = StateVersion(0);
