//! `heikin run` serves its own front office: the tokens of its configuration are known to it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use heikin::exchange::simulator::{
    AccountSettings, CandleSource, KeyPermissions, ListedMarket, Settings, Simulator,
};
use heikin_core::market::{Candle, Ohlc, SymbolRules};
use heikin_core::num::{Money, Price};
use heikin_core::strategy::FeeRates;
use heikin_core::time::{Interval, Span, Timestamp};
use reqwest::{Client, Method, StatusCode};
use serde_json::json;

use crate::running::{problem, secret, value, with_json};

const INTERVAL: Interval = Interval::H1;
const HISTORY: usize = 30;

#[tokio::test]
async fn the_product_answers_its_tokens_and_knows_their_roles() {
    let simulator = exchange();
    let folder = tempfile::tempdir().unwrap();
    configure(folder.path(), &simulator);
    let product = Product::start(folder.path());
    let client = Client::builder().no_proxy().build().unwrap();
    let request = |method: Method, path: &str| {
        client.request(method, format!("{}/api/v1{path}", product.address))
    };
    let of =
        |name: &str, method: Method, path: &str| request(method, path).bearer_auth(secret(name));

    let nobody = request(Method::GET, "/status").send().await.unwrap();
    problem(nobody, StatusCode::UNAUTHORIZED).await;
    let status = value(of("viewer", Method::GET, "/status").send().await.unwrap()).await;
    assert_eq!(status["mode"], "testnet", "{status}");

    // That the viewer may not is said before the front office is asked; that ops may is said there.
    let everything = json!({ "target": "all" });
    let pause = async |name: &str| {
        let request = of(name, Method::POST, "/control/pause").header("Idempotency-Key", "1");
        with_json(request, &everything).send().await.unwrap()
    };
    problem(pause("viewer").await, StatusCode::FORBIDDEN).await;
    let paused = value(pause("ops").await).await;
    assert_eq!(paused["what"], "paused", "{paused}");
    let audit = value(of("ops", Method::GET, "/audit").send().await.unwrap()).await;
    let by = &audit["items"][0]["by"];
    assert_eq!(by, &json!({ "kind": "token", "name": "ops" }), "{audit}");
    product.stop();
}

/// An exchange whose clock stands still, with a market that rises.
fn exchange() -> Simulator {
    let candle = |k: i64| {
        let of = |offset: i64| Price::from_units((10_000 + 50 * k + offset) * 1_000_000).unwrap();
        let open = Timestamp::from_millis(1_704_067_200_000) + INTERVAL.span().times(k);
        let close = open + INTERVAL.span() - Span::from_millis(1);
        let ohlc = Ohlc::new(of(0), of(70), of(-20), of(50)).unwrap();
        Candle::new(open, close, ohlc, Money::parse("5").unwrap()).unwrap()
    };
    let (base, quote) = ("BTC".parse().unwrap(), "USDT".parse().unwrap());
    let tick = "0.01".parse().unwrap();
    let mut rules = SymbolRules::unrestricted("BTCUSDT".parse().unwrap(), base, quote, tick);
    rules.lot.min = "0.00001".parse().unwrap();
    rules.lot.step = "0.00001".parse().unwrap();
    Simulator::start(Settings {
        markets: vec![ListedMarket {
            rules,
            fees: FeeRates::flat("0.001".parse().unwrap()),
            candles: CandleSource::Given {
                candles: (0..60).map(candle).collect(),
                history: HISTORY,
            },
        }],
        accounts: vec![AccountSettings {
            key: "key".to_owned().into(),
            secret: "secret".to_owned().into(),
            balances: vec![(quote, Money::parse("10000").unwrap())],
            permissions: KeyPermissions::TRADING_ONLY,
        }],
        ..Settings::lockstep()
    })
    .unwrap()
}

fn configure(folder: &Path, simulator: &Simulator) {
    let text = format!(
        r#"mode = "testnet"
[exchange]
rest = "{}"
streams = "{}"
websocket_api = "{}"
lockstep = true
[http]
listen = "127.0.0.1:0"
[http.tokens]
viewer = "viewer"
ops = "operator"
[[trader]]
symbol = "BTCUSDT"
interval = "{INTERVAL}"
seed_candles = {HISTORY}
percent = 50
"#,
        simulator.rest(),
        simulator.streams(),
        simulator.websocket_api(),
    );
    fs::write(folder.join("heikin.toml"), text).unwrap();
}

/// `heikin run`, in a folder with its configuration.
struct Product {
    process: Child,
    address: String,
}

impl Product {
    /// Starts it, and waits until it serves HTTP.
    fn start(folder: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_heikin"))
            .arg("run")
            .current_dir(folder)
            .env_clear()
            .env("BINANCE_TESTNET_API_KEY", "key")
            .env("BINANCE_TESTNET_API_SECRET", "secret")
            .env("HEIKIN_API_TOKEN_VIEWER", secret("viewer"))
            .env("HEIKIN_API_TOKEN_OPS", secret("ops"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let (_, address) = line.trim().split_once("http://").unwrap();
        let address = format!("http://{}", address.trim_end_matches("/status"));
        Self { process, address }
    }

    /// Ends it as an operator does.
    fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(self.process.wait().unwrap().success());
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        // It has ended, but where the test failed before.
        if self.process.kill().is_ok() {
            self.process.wait().unwrap();
        }
    }
}
