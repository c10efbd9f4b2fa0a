//! From the text of the file to its sections and traders.

use std::fs;
use std::io;
use std::path::Path;

use super::document::{Document, Entry};
use super::fault::{Fault, Place};
use super::given::{Given, nearest};
use super::sections::{self, BALANCE, BALANCES, Sections, TOKEN, TOKENS};
use super::trader::{self, Draft, TraderConfig};
use super::{Presence, strategy, variables};

/// A larger file is none that somebody wrote.
const LARGEST: u64 = 1024 * 1024;
/// More traders than one account has room for.
const MOST_TRADERS: usize = 100;

pub(super) struct Reader {
    /// The file as it was named.
    pub(super) file: String,
    pub(super) faults: Vec<Fault>,
}
impl Reader {
    pub(super) fn place(&self, line: Option<usize>) -> Place {
        Place::File { file: self.file.clone(), line }
    }

    /// A fault of the file.
    pub(super) fn fault(&mut self, line: Option<usize>, key: &str, what: &str, remedy: &str) {
        let place = self.place(line);
        let (key, what, remedy) = (key.to_owned(), what.to_owned(), remedy.to_owned());
        self.faults.push(Fault { place, key, value: None, what, remedy });
    }

    /// The text of the file, where there is one.
    pub(super) fn text(&mut self, path: &Path, presence: Presence) -> Option<String> {
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
    pub(super) fn beside(&mut self, mut reader: Reader, path: &Path) -> Option<String> {
        let text = reader.text(path, Presence::Optional);
        self.faults.append(&mut reader.faults);
        text
    }

    pub(super) fn document(&mut self, text: &str) -> (Sections, Vec<TraderConfig>) {
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
        self.plans(&mut sections, &document.plans);
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
        } else if let Some(name) = entry.name.strip_prefix(TOKENS) {
            let read = sections::token(&mut all.http.tokens, name, &entry.given);
            self.told(entry, "", TOKEN, read);
        } else if entry.name == TOKENS.trim_end_matches('.') {
            // An empty section says nothing.
            let is_empty = entry.given == Given::Other("a table");
            let read = if is_empty { Ok(()) } else { Err("is no table of names".to_owned()) };
            self.told(entry, "", TOKEN, read);
        } else if let Some(key) = sections::KEYS.iter().find(|key| key.name == entry.name) {
            let read = (key.read)(all, &entry.given);
            self.told(entry, "", key.allowed, read);
        } else if entry.name == "trader" || entry.name.starts_with("trader.") {
            let remedy = "Begin each trader with a line [[trader]], with two brackets.";
            self.fault(Some(entry.line), &entry.name, "belongs to no trader", remedy);
        } else if entry.name == "plan" || entry.name.starts_with("plan.") {
            let remedy = "Begin each plan with a line [[plan]], with two brackets.";
            self.fault(Some(entry.line), &entry.name, "belongs to no plan", remedy);
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
    pub(super) fn told(
        &mut self,
        entry: &Entry<'_>,
        above: &str,
        allowed: &str,
        read: Result<(), String>,
    ) {
        let Err(what) = read else { return };
        self.faults.push(Fault {
            place: self.place(Some(entry.line)),
            key: format!("{above}{}", entry.name),
            value: Some(entry.given.shown()),
            what,
            remedy: format!("Give {allowed}."),
        });
    }

    pub(super) fn unknown(&mut self, entry: &Entry<'_>, above: &str, known: &[&'static str]) {
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
            if entry.given == Given::Other("a table") {
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

/// The key that was probably meant: by its last part, in the same section rather than in another; or
/// by its whole name.
fn meant(name: &str, known: &[&'static str]) -> Option<&'static str> {
    fn parts(name: &str) -> (&str, &str) {
        name.rsplit_once('.').unwrap_or(("", name))
    }
    let (section, last) = parts(name);
    let likeness = |key: &str| {
        let (own, part) = parts(key);
        let likeness = strsim::jaro_winkler(&last.to_ascii_lowercase(), part);
        (likeness > 0.8).then_some(if own == section { likeness + 0.1 } else { likeness })
    };
    known
        .iter()
        .filter_map(|key| Some((*key, likeness(key)?)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(key, _)| key)
        .or_else(|| nearest(name, known.iter().copied()))
}
