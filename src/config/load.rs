use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use heikin_core::market::Asset;
use heikin_core::num::Quantity;
use heikin_core::strategy::Sizing;

use super::document::{Document, Entry};
use super::fault::{ConfigFaults, Fault, Place};
use super::given::nearest;
use super::key::Key;
use super::secrets::{Gather, Secrets};
use super::sections::{self, BALANCE, BALANCES, CONSENT_ALONE, ModeName, PlayMoney, Sections};
use super::strategy;
use super::trader::{self, Draft, TraderConfig};
use super::variables::{self, EnvFile, Variables};
use super::{
    AccountUse, CONSENT_SHARED, Config, Mode, Paths, Presence, Simulator, SimulatorClock, Venue,
};

/// A larger file is none that somebody wrote.
const LARGEST: u64 = 1024 * 1024;
/// More traders than one account has room for.
const MOST_TRADERS: usize = 100;
/// What a paper account starts with where nothing is said.
const PAPER_BALANCE: (&str, &str) = ("USDT", "10000");
/// What paper trading without a file trades.
const PAPER_SYMBOL: &str = "BTCUSDT";

pub(super) fn load(paths: &Paths, variables: &Variables) -> Result<Config, ConfigFaults> {
    let mut reader = Reader { file: paths.file.display().to_string(), faults: Vec::new() };
    let text = reader.text(&paths.file, paths.presence);
    let is_there = text.is_some();
    let (mut sections, traders) = match &text {
        Some(text) => reader.document(text),
        None => (Sections::default(), Vec::new()),
    };

    let env_path = paths.env_file();
    let env_name = env_path.display().to_string();
    let env_text = Reader { file: env_name.clone(), faults: Vec::new() };
    let env_text = reader.beside(env_text, &env_path);
    let (dotenv, faults) =
        env_text.as_deref().map_or_else(Default::default, |text| variables::parse(text, &env_name));
    reader.faults.extend(faults);
    reader.overrides(&mut sections, variables, &dotenv, &env_name);

    let mut gather = Gather {
        variables,
        dotenv: &dotenv,
        dotenv_name: &env_name,
        folder: paths.folder(),
        faults: Vec::new(),
        warnings: Vec::new(),
    };
    let secrets = gather.secrets();
    if env_text.is_some() {
        gather.check_permissions(&env_path);
    }
    reader.faults.append(&mut gather.faults);
    let mut warnings = gather.warnings;
    if !dotenv.unknown.is_empty() {
        let names = dotenv.unknown.join(", ");
        warnings.push(format!("{env_name} has names that heikin does not read: {names}"));
    }

    let mut parts = Parts { sections, traders, secrets, is_there };
    let resolved = reader.resolve(&mut parts);
    let Some((mode, venue)) = resolved.filter(|_| reader.faults.is_empty()) else {
        reader.faults.sort_by(|a, b| a.place.cmp(&b.place));
        return Err(ConfigFaults(reader.faults));
    };
    let Parts { mut sections, traders, secrets, .. } = parts;
    if sections.paper.balances.is_empty()
        && let (Ok(asset), Ok(amount)) = (PAPER_BALANCE.0.parse(), PAPER_BALANCE.1.parse())
    {
        sections.paper.balances.insert(asset, amount);
    }
    let folder = paths.folder();
    sections.log.folder = folder.join(&sections.log.folder);
    let mut config = Config {
        mode,
        venue,
        limits: sections.limits,
        traders,
        paper: sections.paper,
        http: sections.http,
        log: sections.log,
        data: folder.join(&sections.data),
        notify: sections.notify,
        secrets,
        warnings: Vec::new(),
        file: is_there.then(|| paths.file.clone()),
    };
    warnings.extend(notes(&config));
    config.warnings = warnings;
    Ok(config)
}

/// What was read, before it is known to fit together.
struct Parts {
    sections: Sections,
    traders: Vec<TraderConfig>,
    secrets: Secrets,
    is_there: bool,
}

struct Reader {
    /// The file as it was named.
    file: String,
    faults: Vec<Fault>,
}

impl Reader {
    fn place(&self, line: Option<usize>) -> Place {
        Place::File { file: self.file.clone(), line }
    }

    /// A fault of the file.
    fn fault(&mut self, line: Option<usize>, key: &str, what: &str, remedy: &str) {
        let place = self.place(line);
        let (key, what, remedy) = (key.to_owned(), what.to_owned(), remedy.to_owned());
        self.faults.push(Fault { place, key, value: None, what, remedy });
    }

    /// The text of the file, where there is one.
    fn text(&mut self, path: &Path, presence: Presence) -> Option<String> {
        let read = fs::metadata(path).and_then(|found| {
            if found.len() > LARGEST {
                let larger = "is larger than a megabyte";
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, larger));
            }
            fs::read(path)
        });
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if presence == Presence::Required {
                    let remedy = "Correct the path, or write one with: heikin init";
                    self.fault(None, "the file", "does not exist", remedy);
                }
                return None;
            }
            Err(error) => {
                let what = format!("cannot be read ({error})");
                self.fault(None, "the file", &what, "Check what it is and its permissions.");
                return None;
            }
        };
        match String::from_utf8(bytes) {
            Ok(text) => Some(text),
            Err(error) => {
                let good = error.utf8_error().valid_up_to();
                let lines =
                    error.as_bytes().iter().take(good).filter(|&&byte| byte == b'\n').count();
                let remedy = "Save the file as UTF-8 text.";
                self.fault(Some(lines + 1), "this line", "is not text in UTF-8", remedy);
                None
            }
        }
    }

    /// The text of `.env`, whose faults have their own place.
    fn beside(&mut self, mut reader: Reader, path: &Path) -> Option<String> {
        let text = reader.text(path, Presence::Optional);
        self.faults.append(&mut reader.faults);
        text
    }

    fn document(&mut self, text: &str) -> (Sections, Vec<TraderConfig>) {
        let mut sections = Sections::default();
        let document = match Document::parse(text.trim_start_matches('\u{feff}'), &self.file) {
            Ok(document) => document,
            Err(mut faults) => {
                self.faults.append(&mut faults);
                return (sections, Vec::new());
            }
        };
        for entry in &document.entries {
            self.section(&mut sections, entry);
        }
        if document.traders.len() > MOST_TRADERS {
            let what = format!("is there {} times", document.traders.len());
            self.fault(None, "trader", &what, "Give at most 100.");
        }
        let mut traders: Vec<(usize, TraderConfig)> = Vec::new();
        for (line, entries) in &document.traders {
            let Some(trader) = self.trader(*line, entries) else { continue };
            let same = traders.iter().find(|(_, other)| {
                (other.symbol, other.interval) == (trader.symbol, trader.interval)
            });
            if let Some((first, _)) = same {
                let value = format!("\"{}\", interval = \"{}\"", trader.symbol, trader.interval);
                self.faults.push(Fault {
                    place: self.place(Some(*line)),
                    key: "trader.symbol".to_owned(),
                    value: Some(value),
                    what: format!(
                        "is traded by the trader on line {first} already: symbol and interval are \
                         how a trader finds its own orders and position again"
                    ),
                    remedy: "Leave one out, or give it another symbol or interval.".to_owned(),
                });
            }
            traders.push((*line, trader));
        }
        (sections, traders.into_iter().map(|(_, trader)| trader).collect())
    }

    fn section(&mut self, all: &mut Sections, entry: &Entry<'_>) {
        if let Some(asset) = entry.name.strip_prefix(BALANCES) {
            let read = sections::balance(&mut all.paper.balances, asset, &entry.given);
            self.told(entry, "", BALANCE, read);
        } else if let Some(key) = sections::KEYS.iter().find(|key| key.name == entry.name) {
            let read = (key.read)(all, &entry.given);
            self.told(entry, "", key.allowed, read);
        } else if entry.name == "trader" || entry.name.starts_with("trader.") {
            let remedy = "Begin each trader with a line [[trader]], with two brackets.";
            self.fault(Some(entry.line), &entry.name, "belongs to no trader", remedy);
        } else {
            let known = sections::KEYS.iter().map(|key| key.name).chain(["paper.balances"]);
            self.unknown(entry, "", &known.collect::<Vec<_>>());
        }
    }

    fn trader(&mut self, line: usize, entries: &[Entry<'_>]) -> Option<TraderConfig> {
        const ABOVE: &str = "trader.";
        let before = self.faults.len();
        let mut draft = Draft::default();
        let (preset, rest): (Vec<_>, Vec<_>) =
            entries.iter().partition(|entry| entry.name == trader::PRESET);
        for entry in preset.into_iter().chain(rest) {
            if let Some(key) = trader::KEYS.iter().find(|key| key.name == entry.name) {
                let read = (key.read)(&mut draft, &entry.given);
                self.told(entry, ABOVE, key.allowed, read);
            } else if let Some(key) = trader::settings().find(|key| key.name == entry.name) {
                let read = (key.read)(&mut draft.settings, &entry.given);
                self.told(entry, ABOVE, key.allowed, read);
            } else {
                let known = trader::KEYS.iter().map(|key| key.name);
                let known = known.chain(trader::settings().map(|key| key.name));
                self.unknown(entry, ABOVE, &known.collect::<Vec<_>>());
            }
        }
        let sized = entries
            .iter()
            .filter(|entry| strategy::SIZING.iter().any(|key| key.name == entry.name))
            .map(|entry| entry.name.as_str());
        self.sizing(line, &sized.collect::<Vec<_>>());
        if !entries.iter().any(|entry| entry.name == "symbol") {
            let remedy = "Give a symbol as Binance writes it, such as symbol = \"BTCUSDT\".";
            self.fault(Some(line), "trader.symbol", "is missing", remedy);
        }
        if let Some(what) = strategy::conflict(&draft.settings) {
            let key = "trader.exit.take_profit_pct and trader.exit.order = \"stop_market\"";
            self.fault(Some(line), key, what, "");
        }
        if self.faults.len() > before {
            return None;
        }
        let trader = TraderConfig {
            symbol: draft.symbol?,
            interval: draft.interval,
            preset: draft.preset,
            settings: draft.settings,
            seed_candles: draft.seed_candles,
            live_gate_override: draft.live_gate_override,
        };
        if let Some(what) = trader::override_flaw(&trader) {
            let (symbol, interval) = (trader.symbol, trader.interval);
            let remedy = format!(
                "Give a sentence with {symbol}, {interval} and the net figure that the gate showed."
            );
            let at = entries.iter().find(|entry| entry.name == "live_gate_override");
            let (line, value) = at.map_or((line, None), |at| (at.line, Some(at.given.shown())));
            let key = "trader.live_gate_override".to_owned();
            let place = self.place(Some(line));
            self.faults.push(Fault { place, key, value, what: what.to_owned(), remedy });
        }
        Some(trader)
    }

    fn sizing(&mut self, line: usize, given: &[&str]) {
        match given {
            [_] => {}
            [] => self.fault(
                Some(line),
                "trader.percent",
                "is missing, and so is every other way to say how much is bought",
                "Give percent (of the free balance, such as percent = 50), fixed (a quantity) or \
                 quote (an amount).",
            ),
            several => {
                let keys = several
                    .iter()
                    .map(|key| format!("trader.{key}"))
                    .collect::<Vec<_>>()
                    .join(" and ");
                let what = "exclude each other: each says how much is bought";
                self.fault(Some(line), &keys, what, "Leave one.");
            }
        }
    }

    /// Notes what reading a value came to.
    fn told(&mut self, entry: &Entry<'_>, above: &str, allowed: &str, read: Result<(), String>) {
        let Err(what) = read else { return };
        self.faults.push(Fault {
            place: self.place(Some(entry.line)),
            key: format!("{above}{}", entry.name),
            value: Some(entry.given.shown()),
            what,
            remedy: format!("Give {allowed}."),
        });
    }

    fn unknown(&mut self, entry: &Entry<'_>, above: &str, known: &[&'static str]) {
        let name = &entry.name;
        let inside = format!("{name}.");
        let first = known.iter().find(|key| key.starts_with(&inside));
        let (what, remedy) = if let Some(variable) = secret(name) {
            let what = "is a secret, and secrets are never in this file".to_owned();
            let remedy = format!(
                "Take it out, give it as {variable} in the environment or in .env, and renew it \
                 if this file was shared."
            );
            (what, remedy)
        } else if let Some(first) = first {
            // An empty section says nothing.
            if entry.given == super::given::Given::Other("a table") {
                return;
            }
            let what = "is a section, not a key".to_owned();
            (what, format!("Write [{above}{name}], and below it its keys, such as {first}."))
        } else {
            let what = match meant(name, known) {
                Some(key) => format!("is no key; did you mean {above}{key}?"),
                None => "is no key".to_owned(),
            };
            (what, "Correct it, or leave it out; docs/configuration.md has all keys.".to_owned())
        };
        let is_secret = secret(name).is_some();
        let value = if is_secret { "[hidden]".to_owned() } else { entry.given.shown() };
        let key = format!("{above}{name}");
        self.faults.push(Fault {
            place: self.place(Some(entry.line)),
            key,
            value: Some(value),
            what,
            remedy,
        });
    }

    /// What the environment and `.env` say of what the file may say too.
    fn overrides(
        &mut self,
        sections: &mut Sections,
        variables: &Variables,
        dotenv: &EnvFile,
        env_name: &str,
    ) {
        for (name, key) in [("MODE", "mode"), ("HEIKIN_LOG", "log.level")] {
            let own = variables.get(name).map(|value| (value, Place::Environment));
            let beside = || {
                let line = dotenv.lines.get(name).filter(|line| !line.value.trim().is_empty())?;
                let place = Place::File { file: env_name.to_owned(), line: Some(line.line) };
                Some((line.value.as_str(), place))
            };
            let Some((value, place)) = own.or_else(beside) else { continue };
            let Some(key) = sections::KEYS.iter().find(|known| known.name == key) else { continue };
            let given = variables::given(value);
            if let Err(what) = (key.read)(sections, &given) {
                let remedy = format!("Give {}.", key.allowed);
                let (key, value) = (name.to_owned(), Some(given.shown()));
                self.faults.push(Fault { place, key, value, what, remedy });
            }
        }
    }

    /// What only shows when everything is known: the mode and what it needs.
    fn resolve(&mut self, parts: &mut Parts) -> Option<(Mode, Venue)> {
        let listen = parts.sections.http.listen;
        if !listen.ip().is_loopback() && !parts.sections.allow_remote {
            self.faults.push(Fault {
                place: self.place(None),
                key: "http.listen".to_owned(),
                value: Some(format!("\"{listen}\"")),
                what: "can be reached from other machines, and nothing served there is encrypted \
                       or asks for a password"
                    .to_owned(),
                remedy: "Give \"127.0.0.1:8080\", or say http.allow_remote = true.".to_owned(),
            });
        }
        let name = self.mode_name(parts)?;
        let venue = self.venue(name, parts);
        let mode = self.mode(name, parts);
        if parts.traders.is_empty() && name != ModeName::Demo && self.faults.is_empty() {
            if parts.is_there || name != ModeName::Paper {
                let remedy =
                    "Add a section [[trader]] with symbol and percent, or run: heikin init";
                self.fault(None, "trader", "is missing: there is nothing to trade", remedy);
            } else {
                parts.traders.extend(paper_trader());
            }
        }
        Some((mode?, venue?))
    }

    /// The mode that was asked for, or the harmless one that is implied.
    fn mode_name(&mut self, parts: &Parts) -> Option<ModeName> {
        if let Some(name) = parts.sections.mode {
            return Some(name);
        }
        if !parts.is_there {
            return Some(ModeName::Demo);
        }
        let secrets = &parts.secrets;
        match (&secrets.binance, &secrets.binance_testnet) {
            (None, None) => Some(ModeName::Paper),
            (None, Some(_)) => Some(ModeName::Testnet),
            (Some(_), _) => {
                let what = "is missing, although there are keys for trading with real money";
                let remedy = "Say which is meant: mode = \"paper\" (the keys are not used), \
                              \"testnet\" or \"live\".";
                self.fault(None, "mode", what, remedy);
                None
            }
        }
    }

    fn venue(&mut self, name: ModeName, parts: &Parts) -> Option<Venue> {
        let exchange = &parts.sections.exchange;
        let addresses = [&exchange.rest, &exchange.streams, &exchange.websocket_api];
        let given = addresses.iter().filter(|address| address.is_some()).count();
        if exchange.hosts.is_some() && (name != ModeName::Testnet || given > 0) {
            let what = "is for mode \"testnet\" without addresses of a simulator";
            self.fault(None, "exchange.hosts", what, "Leave it out, or change the mode.");
            return None;
        }
        if exchange.lockstep && given == 0 {
            let what = "is true without a simulator: no exchange waits for heikin";
            let remedy = "Leave it out, or give rest, streams and websocket_api.";
            self.fault(None, "exchange.lockstep", what, remedy);
            return None;
        }
        if given > 0 && name == ModeName::Demo {
            let what = "is for a simulator, and the demo has its own exchange";
            self.fault(None, "exchange.rest", what, "Leave it out, or change the mode.");
            return None;
        }
        if let (Some(rest), Some(streams), Some(websocket_api)) =
            (&exchange.rest, &exchange.streams, &exchange.websocket_api)
        {
            let clock =
                if exchange.lockstep { SimulatorClock::Lockstep } else { SimulatorClock::Free };
            let (rest, streams) = (rest.clone(), streams.clone());
            let websocket_api = websocket_api.clone();
            return Some(Venue::Simulator(Simulator { rest, streams, websocket_api, clock }));
        }
        if given > 0 {
            let names = ["exchange.rest", "exchange.streams", "exchange.websocket_api"];
            for (key, _) in names.iter().zip(addresses).filter(|(_, address)| address.is_none()) {
                let what = "is missing, although another address of a simulator is there";
                self.fault(None, key, what, "Give all three, or none.");
            }
            return None;
        }
        Some(match (name, exchange.hosts) {
            (ModeName::Demo, _) => Venue::Embedded,
            (ModeName::Paper | ModeName::Live, _) => Venue::Production,
            (ModeName::Testnet, Some(PlayMoney::DemoMode)) => Venue::DemoMode,
            (ModeName::Testnet, _) => Venue::Testnet,
        })
    }

    fn mode(&mut self, name: ModeName, parts: &Parts) -> Option<Mode> {
        let (keys, variable) = match name {
            ModeName::Demo => return Some(Mode::Demo),
            ModeName::Paper => return Some(Mode::Paper),
            ModeName::Testnet => (&parts.secrets.binance_testnet, "BINANCE_TESTNET_API"),
            ModeName::Live => (&parts.secrets.binance, "BINANCE_API"),
        };
        let is_told = self.faults.iter().any(|fault| fault.key.starts_with(variable));
        if keys.is_none() && !is_told {
            let key = format!("{variable}_KEY");
            let what = format!("is missing: mode \"{}\" sends orders", name.as_str());
            let remedy = format!(
                "Give {variable}_KEY and {variable}_SECRET in .env, or say mode = \"paper\"."
            );
            self.fault(None, &key, &what, &remedy);
        }
        if name == ModeName::Testnet {
            return keys.clone().map(Mode::Testnet);
        }
        let Some(consent) = &parts.sections.consent else {
            if !self.faults.iter().any(|fault| fault.key == "live.consent") {
                let remedy = format!(
                    "Write it below [live], word for word: consent = \"{CONSENT_ALONE}\", or \
                     \"{CONSENT_SHARED}\"; or say mode = \"testnet\"."
                );
                let what = "is missing: nothing is traded with real money without it";
                self.fault(None, "live.consent", what, &remedy);
            }
            return None;
        };
        let used =
            if consent.starts_with(CONSENT_ALONE) { AccountUse::Alone } else { AccountUse::Shared };
        keys.clone().map(|keys| Mode::Live(keys, used))
    }
}

/// The variable for a key that looks like a secret.
fn secret(name: &str) -> Option<&'static str> {
    let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
    let looks = ["secret", "password", "passwd", "token", "api_key", "apikey", "private", "key_id"]
        .iter()
        .any(|word| last.contains(word))
        || last == "key";
    if !looks {
        return None;
    }
    let whole = name.replace('.', "_").to_ascii_lowercase();
    let likeness = |known: &str| {
        let known = known.to_ascii_lowercase();
        strsim::jaro_winkler(&whole, &known).max(strsim::jaro_winkler(&last, &known))
    };
    variables::SECRETS.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}

/// The key that was probably meant: by its whole name, or by its last part, in another section.
fn meant(name: &str, known: &[&'static str]) -> Option<&'static str> {
    fn last(name: &str) -> &str {
        name.rsplit('.').next().unwrap_or(name)
    }
    let of = |part: &str| known.iter().copied().find(|key| last(key) == part);
    of(last(name))
        .or_else(|| of(nearest(last(name), known.iter().map(|key| last(key)))?))
        .or_else(|| nearest(name, known.iter().copied()))
}

/// What paper trading without a file trades.
fn paper_trader() -> Option<TraderConfig> {
    let draft = Draft::default();
    Some(TraderConfig {
        symbol: PAPER_SYMBOL.parse().ok()?,
        interval: draft.interval,
        preset: draft.preset,
        settings: draft.settings,
        seed_candles: draft.seed_candles,
        live_gate_override: None,
    })
}

/// What is allowed and should be known.
fn notes(config: &Config) -> Vec<String> {
    let mut notes = Vec::new();
    for trader in &config.traders {
        let who = format!("{} {}", trader.symbol, trader.interval);
        if let Some(warning) = trader::interval_warning(trader.interval) {
            notes.push(format!("{who}: {warning}"));
        }
        let closes = trader.settings.entry.ma_filter.map_or(0, std::num::NonZeroU16::get);
        if closes > trader.seed_candles {
            notes.push(format!(
                "{who}: entry.ma_filter = {closes} needs more candles than seed_candles = {}: \
                 nothing is bought until so many have closed",
                trader.seed_candles
            ));
        }
        if matches!(config.mode, Mode::Paper) && !has_quote(&config.paper.balances, trader) {
            notes.push(format!(
                "{who}: paper.balances has no asset that {} is paid in: nothing can be bought",
                trader.symbol
            ));
        }
    }
    let shares = config.traders.iter().filter(
        |t| matches!(t.settings.sizing, Sizing::Percent(share) if share.units() > 500_000_000_000),
    );
    if config.traders.len() > 1 && shares.count() > 0 {
        notes.push(
            "several traders share the account and one of them spends more than half of what is \
             free: whichever enters first leaves little to the others"
                .to_owned(),
        );
    }
    if let (Mode::Live(..), Venue::Simulator(simulator)) = (&config.mode, &config.venue) {
        notes.push(format!(
            "mode is live, but the exchange is a simulator at {}: no real money",
            simulator.rest
        ));
    }
    if !config.http.listen.ip().is_loopback() {
        notes.push(format!(
            "http.listen = \"{}\" can be reached from other machines: nothing served there is \
             encrypted or asks for a password",
            config.http.listen
        ));
    }
    if !config.notify.operators.is_empty() && config.secrets.telegram_bot_token.is_none() {
        notes.push(
            "notify.operators names who is told by Telegram, but there is no TELEGRAM_BOT_TOKEN"
                .to_owned(),
        );
    }
    notes
}

fn has_quote(balances: &BTreeMap<Asset, Quantity>, trader: &TraderConfig) -> bool {
    balances.keys().any(|asset| trader.symbol.as_str().ends_with(asset.as_str()))
}
