use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use heikin::config::form::{Decided, reference, toml};
use heikin::config::{ConfigFaults, LogFormat, LogLevel, Mode, Preset, SimulatorClock, Venue};
use heikin_core::strategy::{AlreadyThroughRule, LastResort, Patience, Sizing};
use secrecy::ExposeSecret as _;

use crate::files::{CANARY, FULL, Folder};

#[test]
fn every_key_is_read() {
    let config = Folder::new().with("heikin.toml", FULL).load(&[]).unwrap();
    assert!(matches!(config.mode, Mode::Paper));
    let Venue::Simulator(simulator) = &config.venue else { panic!("{:?}", config.venue) };
    assert_eq!(simulator.clock, SimulatorClock::Lockstep);
    assert_eq!(simulator.websocket_api, "ws://127.0.0.1:8083/ws-api/v3");
    let limits = config.limits;
    assert_eq!(limits.max_trade, Some("2500.5".parse().unwrap()));
    assert_eq!((limits.min_confidence, limits.max_open_trades), (50, Some(3)));
    assert_eq!(limits.cooldown.millis(), 3_600_000);
    assert_eq!(limits.max_drawdown, Some("0.25".parse().unwrap()));
    assert_eq!(config.paper.fees.maker, "0.00075".parse().unwrap());
    assert_eq!(config.paper.balances.len(), 2);
    assert_eq!(config.http.listen.port(), 8090);
    assert_eq!(config.http.hosts, ["trader.example.org"]);
    assert_eq!((config.log.level, config.log.format), (LogLevel::Debug, LogFormat::Json));
    assert_eq!((config.log.max_bytes, config.log.keep), (50_000_000, 7));
    assert!(config.data.is_absolute(), "relative to the file: {:?}", config.data);
    assert_eq!(config.notify.operators, [123_456_789]);
    assert_eq!(config.ping.every.as_secs(), 90);

    let [first, second] = &config.traders[..] else { panic!("{:?}", config.traders) };
    assert_eq!(first.settings.sizing, Sizing::Percent("0.5".parse().unwrap()));
    assert_eq!((first.settings.rearm_after, first.settings.warmup), (2, 3));
    let (entry, exit) = (&first.settings.entry, &first.settings.exit);
    assert_eq!(entry.trigger_offset, "1 atr".parse().unwrap());
    assert_eq!(entry.on_already_through, AlreadyThroughRule::Skip);
    assert_eq!(entry.ma_filter.unwrap().get(), 50);
    assert_eq!(exit.trigger_offset, "3 ticks".parse().unwrap());
    assert_eq!(exit.rescue_offset, "1.5".parse().unwrap());
    assert_eq!((exit.rescue_after, exit.last_resort), (Patience::CandleClose, LastResort::Hold));
    assert_eq!(second.preset, Preset::Classic);
    assert_eq!(second.settings.entry.trigger_offset, "0".parse().unwrap());
    assert!(!second.settings.exit.on_red && second.settings.entry.ma_filter.is_none());
}

#[test]
fn the_defaults_are_those_that_were_chosen() {
    let folder =
        Folder::new().with("heikin.toml", "[[trader]]\nsymbol = \"BTCUSDT\"\npercent = 100");
    let config = folder.load(&[]).unwrap();
    let trader = &config.traders[0];
    let (entry, exit) = (&trader.settings.entry, &trader.settings.exit);
    assert_eq!(trader.interval.as_str(), "12h");
    let offsets = [
        entry.trigger_offset,
        entry.limit_offset,
        exit.trigger_offset,
        exit.limit_offset,
        exit.rescue_offset,
    ];
    assert_eq!(offsets.map(|offset| offset.to_string()), ["1 atr", "0.2%", "3 atr", "1%", "0.1%"]);
    assert!(exit.on_red && exit.take_profit.is_zero());
    assert_eq!(entry.ma_filter.unwrap().get(), 100);
    assert_eq!((trader.settings.rearm_after, trader.seed_candles), (1, 1_000));
    assert_eq!(exit.max_slippage.percent().to_string(), "5");
    assert_eq!(exit.last_resort, LastResort::Market);
    let seconds = |patience| match patience {
        Patience::For(span) => span.millis() / 1_000,
        Patience::CandleClose => 0,
    };
    assert_eq!((seconds(exit.rescue_after), seconds(exit.last_resort_after)), (5, 60));
    assert_eq!(config.paper.fees.taker.percent().to_string(), "0.1");
    assert!(config.http.listen.ip().is_loopback());
}

#[test]
fn all_faults_are_told_at_once_in_the_order_of_the_file() {
    let text = "mode = \"papier\"\n[acount]\nmax_trade = 1\n[log]\nlevel = \"loud\"\n[[trader]]\n\
                symbol = \"btcusdt\"\ninterval = \"12x\"\npercent = 101\n[trader.exit]\n\
                trigger_ofset = 1\n";
    let ConfigFaults(faults) = Folder::new().with("heikin.toml", text).load(&[]).unwrap_err();
    let keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "mode",
            "acount.max_trade",
            "log.level",
            "trader.symbol",
            "trader.interval",
            "trader.percent",
            "trader.exit.trigger_ofset"
        ]
    );
    let told = ConfigFaults(faults).to_string();
    for part in [
        "7 faults",
        "line 1: mode = \"papier\" is none of its words; did you mean \"paper\"?",
        "did you mean account.max_trade?",
        "did you mean \"BTCUSDT\"?",
        "did you mean trader.exit.trigger_offset?",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
}

#[test]
fn the_environment_goes_before_the_env_file_and_that_before_the_toml() {
    let folder = Folder::new()
        .with("heikin.toml", FULL)
        .with(".env", "HEIKIN_LOG=warn\nTELEGRAM_BOT_TOKEN=1:from-file\nWEBHOOK_SECRET_KEY=x y\n");
    let level = |variables: &[_]| folder.load(variables).unwrap().log.level;
    assert_eq!(level(&[]), LogLevel::Warn);
    assert_eq!(level(&[("HEIKIN_LOG", "trace")]), LogLevel::Trace);
    assert_eq!(level(&[("HEIKIN_LOG", " ")]), LogLevel::Warn, "an empty variable says nothing");
    let secrets = folder.load(&[("TELEGRAM_BOT_TOKEN", "1:from-env")]).unwrap().secrets;
    assert_eq!(secrets.telegram_bot_token.unwrap().expose_secret(), "1:from-env");
    assert_eq!(secrets.webhook_secret_key.unwrap().expose_secret(), "x y");
}

#[test]
fn a_secret_may_be_in_a_file_and_is_shown_nowhere() {
    let folder = Folder::new()
        .with("heikin.toml", FULL)
        .with("key", format!("{CANARY}\n"))
        .with(".env", "BINANCE_API_KEY_FILE=key\n");
    let secret = folder.path("key").display().to_string();
    let config = folder.load(&[("BINANCE_API_SECRET_FILE", &secret)]).unwrap();
    assert_eq!(config.secrets.all().count(), 2);
    assert!(config.secrets.all().all(|secret| secret.expose_secret() == CANARY));
    assert!(!format!("{config:?}").contains(CANARY));
    assert!(
        config.warnings.iter().all(|warning| !warning.contains("chmod")),
        "{:?}",
        config.warnings
    );

    fs::set_permissions(folder.path("key"), fs::Permissions::from_mode(0o644)).unwrap();
    let config = folder.load(&[("BINANCE_API_SECRET_FILE", &secret)]).unwrap();
    assert!(config.warnings.iter().any(|warning| warning.contains("chmod 600")));
}

#[test]
fn a_secret_in_the_toml_is_refused_and_not_repeated() {
    for (key, belongs) in [
        ("api_secret", "BINANCE_API_SECRET"),
        ("exchange.testnet_api_key", "BINANCE_TESTNET_API_KEY"),
        ("notify.telegram_bot_token", "TELEGRAM_BOT_TOKEN"),
        ("http.dashboard_password", "DASHBOARD_PASSWORD"),
    ] {
        let folder =
            Folder::new().with("heikin.toml", format!("{key} = \"hunter2\"\n{FULL}").as_bytes());
        // A dotted key before a section of the same name: TOML refuses the section, so leave it out.
        let folder = if key.contains('.') {
            let text =
                format!("{key} = \"hunter2\"\n[[trader]]\nsymbol = \"BTCUSDT\"\nquote = 100\n");
            folder.with("heikin.toml", text)
        } else {
            folder
        };
        let told = folder.fault(&[]);
        assert!(
            told.contains(key) && told.contains(belongs) && !told.contains("hunter2"),
            "{told}"
        );
    }
    // Nor in a value that belongs elsewhere, nor where it is not even TOML.
    for text in
        [format!("mode = \"{CANARY}\""), format!("mode = {CANARY}"), format!("mode = \"{CANARY}")]
    {
        let told = Folder::new().with("heikin.toml", &text).load(&[]).unwrap_err().to_string();
        assert!(!told.contains(CANARY), "{told}");
    }
}

#[test]
fn what_init_writes_is_read_and_says_what_was_decided() {
    let decided = Decided {
        sections: vec![
            ("mode", "\"paper\"".to_owned()),
            ("paper.balances", "{ USDC = \"7\" }".to_owned()),
        ],
        traders: vec![vec![
            ("symbol", "\"SOLUSDC\"".to_owned()),
            ("interval", "\"5m\"".to_owned()),
            ("preset", "\"classic\"".to_owned()),
            ("quote", "\"25\"".to_owned()),
        ]],
    };
    let text = toml(&decided);
    let config = Folder::new().with("heikin.toml", &text).load(&[]).unwrap();
    assert_eq!(config.traders[0].symbol.as_str(), "SOLUSDC");
    assert_eq!(config.paper.balances.len(), 1);
    assert!(text.contains("# Warning: at this interval fees take everything"), "{text}");

    // Every default that stands there as a comment is what is used without it.
    let uncommented: String = text
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest)
                if rest.split_once(" = ").is_some_and(|(key, _)| {
                    key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
                }) && !["balances", "tokens"].iter().any(|table| rest.starts_with(table)) =>
            {
                format!("{rest}\n")
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let all = Folder::new().with("heikin.toml", &uncommented).load(&[]).unwrap();
    assert_eq!(all.traders, config.traders);
    assert_eq!(
        (all.limits, &all.http, all.log.level),
        (config.limits, &config.http, config.log.level)
    );
}

#[test]
fn the_reference_in_the_documents_is_that_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md");
    let text = fs::read_to_string(path).unwrap();
    let (_, behind) = text.split_once("<!-- keys -->\n").expect("the mark <!-- keys -->");
    let (keys, _) =
        behind.split_once("\n<!-- end of keys -->").expect("the mark <!-- end of keys -->");
    let reference = reference();
    assert!(
        keys.trim() == reference.trim(),
        "docs/configuration.md is not what the code says; between its marks belongs:\n{reference}"
    );
    let names: BTreeSet<_> = reference.lines().filter(|line| line.starts_with("| `")).collect();
    assert!(names.len() > 50, "{} keys", names.len());
}
