#![cfg(test)]
//! What those hear who watch over a heikin that runs: the service manager by its socket, and whoever
//! serves the address of the dead man's switch.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use heikin::exchange::simulator::{
    AccountSettings, CandleSource, Grid, KeyPermissions, ListedMarket, Pace, Settings, Simulator,
    usual_rules,
};
use heikin_core::market::{Candle, Ohlc};
use heikin_core::num::Price;
use heikin_core::strategy::FeeRates;
use heikin_core::time::Timestamp;

const HOUR: i64 = 3_600_000;
const HISTORY: usize = 500;
/// Nothing here takes so long.
const PATIENCE: Duration = Duration::from_mins(1);
/// What is in the address that is pinged, and nowhere else.
const TOKEN: &str = "a1b2c3d4-not-to-be-told";

/// An exchange whose clock runs, and a folder with a heikin that trades there.
struct Scene {
    /// It ends with this.
    _exchange: Simulator,
    folder: tempfile::TempDir,
    manager: UnixDatagram,
}

/// A process, killed where a test forgets it.
struct Product {
    child: Child,
    address: String,
}

impl Scene {
    fn new() -> Self {
        let exchange = Simulator::start(exchange()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "mode = \"testnet\"\n[exchange]\nrest = \"{}\"\nstreams = \"{}\"\nwebsocket_api = \"{}\"\n\
             [http]\nlisten = \"127.0.0.1:0\"\n[ping]\nevery_seconds = 10\n[[trader]]\n\
             symbol = \"BTCUSDT\"\ninterval = \"1h\"\npreset = \"classic\"\nquote = \"1000\"\n",
            exchange.rest(),
            exchange.streams(),
            exchange.websocket_api(),
        );
        fs::write(folder.path().join("heikin.toml"), text).unwrap();
        let manager = UnixDatagram::bind(folder.path().join("notify")).unwrap();
        manager.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { _exchange: exchange, folder, manager }
    }

    fn run(&self, variables: &[(&str, &str)]) -> Product {
        let mut child = Command::new(env!("CARGO_BIN_EXE_heikin"))
            .arg("run")
            .current_dir(self.folder.path())
            .env_clear()
            .env("BINANCE_TESTNET_API_KEY", "key")
            .env("BINANCE_TESTNET_API_SECRET", "secret")
            .env("NOTIFY_SOCKET", self.folder.path().join("notify"))
            .env("WATCHDOG_USEC", "10000000")
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().split("http://").nth(1).unwrap_or_default();
        Product { child, address: address.trim_end_matches("/status").to_owned() }
    }

    /// What the service manager hears next.
    fn heard(&self) -> Vec<String> {
        let mut datagram = [0; 4096];
        let length = self.manager.recv(&mut datagram).expect("it is told");
        let text = String::from_utf8(datagram[..length].to_vec()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// Listens until it hears this.
    fn hears(&self, words: &str) {
        while !self.heard().iter().any(|line| line == words) {}
    }

    fn log(&self) -> String {
        let folder = fs::read_dir(self.folder.path().join("logs")).unwrap();
        folder.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap()).collect()
    }
}

impl Product {
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Looks until `/metrics` has this line.
    fn counts(&self, line: &str) {
        for _ in 0..2_000 {
            if self.get("/metrics").lines().any(|told| told == line) {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        panic!("no {line}: {}", self.get("/metrics"));
    }

    fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        // It may have ended.
        drop(self.child.kill());
        self.child.wait().unwrap();
    }
}

/// Serves the address of a dead man's switch, with these answers one after the other; which paths were
/// asked for.
fn switch(answers: &'static [&'static str]) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/{TOKEN}", listener.local_addr().unwrap());
    let (tell, asked) = channel();
    std::thread::spawn(move || {
        for (stream, answer) in listener.incoming().zip(answers) {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            let mut request = BufReader::new(stream.try_clone().unwrap());
            request.read_line(&mut line).unwrap();
            let answer = format!(
                "HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\
                Connection: close\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).unwrap();
            // The test may have seen enough.
            if tell.send(line.trim().to_owned()).is_err() {
                return;
            }
        }
    });
    (url, asked)
}

#[test]
fn a_data_folder_is_of_one_mode() {
    let scene = Scene::new();
    let mut product = scene.run(&[]);
    product.terminate();
    assert!(product.child.wait().unwrap().success());
    let heikin = |command: &str| {
        Command::new(env!("CARGO_BIN_EXE_heikin"))
            .arg(command)
            .current_dir(scene.folder.path())
            .env_clear()
            .env("MODE", "paper")
            .output()
            .unwrap()
    };
    let refused = heikin("run");
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("data is of mode testnet") && told.contains("data-paper"), "{told}");
    let told = String::from_utf8(heikin("check").stdout).unwrap();
    assert!(told.contains("FAIL  installation   data is of mode testnet"), "{told}");
    // Nothing happened to it.
    let mut again = scene.run(&[]);
    again.terminate();
    assert!(again.child.wait().unwrap().success());
}

#[test]
fn where_the_port_is_taken_nothing_begins() {
    let scene = Scene::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let file = scene.folder.path().join("heikin.toml");
    let text = fs::read_to_string(&file).unwrap();
    let listen = |port: u16| text.replace("127.0.0.1:0\"", &format!("127.0.0.1:{port}\""));
    fs::write(&file, listen(taken.local_addr().unwrap().port())).unwrap();
    let refused = Command::new(env!("CARGO_BIN_EXE_heikin"))
        .arg("run")
        .current_dir(scene.folder.path())
        .env_clear()
        .env("BINANCE_TESTNET_API_KEY", "key")
        .env("BINANCE_TESTNET_API_SECRET", "secret")
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("http.listen"), "{told}");
    assert!(!scene.folder.path().join("data/journal").exists(), "the account has begun");
    // With a free one it begins.
    fs::write(&file, listen(0)).unwrap();
    let mut product = scene.run(&[]);
    product.terminate();
    assert!(product.child.wait().unwrap().success());
}

#[test]
fn the_service_manager_is_told_of_start_life_and_end() {
    let scene = Scene::new();
    let mut product = scene.run(&[]);
    assert_eq!(scene.heard(), ["STATUS=waiting for the exchange"]);
    let (mut told, mut beats) = (Vec::new(), 0);
    while beats < 3 || !told.contains(&"STATUS=trading".to_owned()) {
        let news = scene.heard();
        beats += usize::from(news.contains(&"WATCHDOG=1".to_owned()));
        told.extend(news);
    }
    assert_eq!(told.iter().filter(|line| *line == "READY=1").count(), 1, "{told:?}");
    product.terminate();
    scene.hears("STOPPING=1");
    assert!(product.child.wait().unwrap().success());
}

#[test]
fn a_service_manager_that_is_gone_harms_nothing() {
    let scene = Scene::new();
    let gone = scene.folder.path().join("gone");
    let mut product = scene.run(&[("NOTIFY_SOCKET", gone.to_str().unwrap())]);
    assert!(product.get("/health").starts_with("HTTP/1.1 200"));
    product.terminate();
    assert!(product.child.wait().unwrap().success());
    assert!(scene.log().contains("the service manager cannot be told"));
}

#[test]
fn a_switch_is_told_that_heikin_is_well_and_its_address_nobody() {
    let scene = Scene::new();
    let (url, asked) = switch(&["200 OK"]);
    let mut product = scene.run(&[("HEIKIN_PING_URL", &url)]);
    assert_eq!(asked.recv_timeout(PATIENCE).unwrap(), format!("GET /{TOKEN} HTTP/1.1"));
    product.counts("heikin_pings_total{outcome=\"arrived\"} 1");
    product.counts("heikin_pings_total{outcome=\"failed\"} 0");
    product.terminate();
    product.child.wait().unwrap();
    assert!(!scene.log().contains(TOKEN));
}

#[test]
fn a_ping_that_fails_is_counted_and_logged_and_harms_nothing() {
    let scene = Scene::new();
    let (url, asked) = switch(&["500 Oh", "302 Elsewhere"]);
    let mut product = scene.run(&[("HEIKIN_PING_URL", &url)]);
    asked.recv_timeout(PATIENCE).unwrap();
    product.counts("heikin_pings_total{outcome=\"failed\"} 1");
    assert!(product.get("/ready").starts_with("HTTP/1.1 200"));
    // It is tried again, and a redirection is not followed.
    asked.recv_timeout(PATIENCE).unwrap();
    product.counts("heikin_pings_total{outcome=\"failed\"} 2");
    product.terminate();
    assert!(product.child.wait().unwrap().success());
    let log = scene.log();
    assert!(log.contains("the ping of HEIKIN_PING_URL does not arrive: it is answered with 500"));
    assert!(!log.contains(TOKEN), "{log}");
}

#[test]
fn a_heikin_that_may_not_enter_keeps_its_switch_silent() {
    let scene = Scene::new();
    fs::create_dir_all(scene.folder.path().join("data")).unwrap();
    fs::write(scene.folder.path().join("data/PANIC"), "").unwrap();
    let (url, asked) = switch(&["200 OK"]);
    let product = scene.run(&[("HEIKIN_PING_URL", &url)]);
    // It is up, says why it does not enter, and time passes.
    scene.hears("READY=1");
    for _ in 0..3 {
        scene.hears("WATCHDOG=1");
    }
    assert!(product.get("/ready").starts_with("HTTP/1.1 503"));
    assert!(asked.try_recv().is_err());
    product.counts("heikin_pings_total{outcome=\"arrived\"} 0");
}

#[test]
fn an_address_that_others_could_read_is_refused() {
    let scene = Scene::new();
    for url in ["http://hc.example.com/token-of-mine", "hc.example.com/token-of-mine"] {
        let output = Command::new(env!("CARGO_BIN_EXE_heikin"))
            .arg("run")
            .current_dir(scene.folder.path())
            .env_clear()
            .env("BINANCE_TESTNET_API_KEY", "key")
            .env("BINANCE_TESTNET_API_SECRET", "secret")
            .env("HEIKIN_PING_URL", url)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("HEIKIN_PING_URL") && told.contains("https"), "{told}");
        assert!(!told.contains("token-of-mine"), "{told}");
    }
}

fn exchange() -> Settings {
    let grid = Grid {
        tick: "0.01".parse().unwrap(),
        step: "0.00001".parse().unwrap(),
        min_notional: "5".parse().unwrap(),
    };
    let assets = ("BTC".parse().unwrap(), "USDT".parse().unwrap());
    let mut settings = Settings::lockstep();
    settings.pace = Pace::Scaled(1.try_into().unwrap());
    settings.markets.push(ListedMarket {
        rules: usual_rules("BTCUSDT".parse().unwrap(), assets, grid),
        fees: FeeRates::flat("0.001".parse().unwrap()),
        candles: CandleSource::Given {
            candles: (0..).map(candle).take(HISTORY + 24).collect(),
            history: HISTORY,
        },
    });
    settings.accounts.push(AccountSettings {
        key: "key".into(),
        secret: "secret".into(),
        balances: vec![(assets.1, "10000".parse().unwrap())],
        permissions: KeyPermissions::TRADING_ONLY,
    });
    settings
}

fn candle(hour: i64) -> Candle {
    let price = |cents: i64| Price::from_units(cents * 1_000_000).unwrap();
    let (open, close) = (6_000_000 + hour % 7 * 1_000, 6_000_000 + (hour + 1) % 7 * 1_000);
    let (high, low) = (open.max(close) + 500, open.min(close) - 500);
    let prices = Ohlc::new(price(open), price(high), price(low), price(close)).unwrap();
    let opens = Timestamp::from_millis(1_704_067_200_000 + hour * HOUR);
    let closes = Timestamp::from_millis(opens.millis() + HOUR - 1);
    Candle::new(opens, closes, prices, "12".parse().unwrap()).unwrap()
}
