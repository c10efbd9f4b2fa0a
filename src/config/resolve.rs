//! What only shows when everything is known: the mode, and what it needs.

use super::fault::Fault;
use super::load::Parts;
use super::read::Reader;
use super::sections::{CONSENT_ALONE, CONSENT_SHARED, ModeName, PlayMoney};
use super::trader::{Draft, TraderConfig};
use super::{AccountUse, Mode, Simulator, SimulatorClock, Venue};

/// What paper trading without a file trades.
const PAPER_SYMBOL: &str = "BTCUSDT";

impl Reader {
    /// What only shows when everything is known: the mode and what it needs.
    pub(super) fn resolve(&mut self, parts: &mut Parts) -> Option<(Mode, Venue)> {
        let listen = parts.sections.http.listen;
        if !listen.ip().is_loopback() && !parts.sections.allow_remote {
            self.faults.push(Fault {
                place: self.place(None),
                key: "http.listen".to_owned(),
                value: Some(format!("\"{listen}\"")),
                what: "can be reached from other machines, and nothing served there is encrypted: \
                       whoever is on the way reads along, tokens of the API too"
                    .to_owned(),
                remedy: "Give \"127.0.0.1:8080\", or say http.allow_remote = true.".to_owned(),
            });
        }
        let name = self.mode_name(parts)?;
        self.chat_clock(name, parts);
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

    /// Real money is watched in real time.
    fn chat_clock(&mut self, name: ModeName, parts: &Parts) {
        let telegram = &parts.sections.telegram;
        if telegram.speed.get() == 1 {
            return;
        }
        let remedy = "Leave it out; only the time of a stand-in can go faster.";
        if name == ModeName::Live {
            self.fault(None, "telegram.speed", "is above 1 in mode \"live\"", remedy);
        } else if !telegram.api_url.starts_with("http://") {
            self.fault(None, "telegram.speed", "is above 1 without a stand-in", remedy);
        } else if telegram.speed_since.is_none() {
            let what = "is missing, although telegram.speed is above 1";
            let remedy = "Say when the stand-in was started, the same at each start of heikin.";
            self.fault(None, "telegram.speed_since", what, remedy);
        }
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
        if exchange.speed.get() > 1 && (given == 0 || exchange.lockstep) {
            let what = "is above 1 without a simulator whose clock runs";
            let remedy = "Leave it out; only a simulator's time can go faster.";
            self.fault(None, "exchange.speed", what, remedy);
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
            let clock = if exchange.lockstep {
                SimulatorClock::Lockstep
            } else {
                SimulatorClock::Free(exchange.speed)
            };
            let (rest, streams) = (rest.clone(), streams.clone());
            let websocket_api = websocket_api.clone();
            return Some(Venue::Simulator(Simulator { rest, streams, websocket_api, clock }));
        }
        if given > 0 {
            let names = ["exchange.rest", "exchange.streams", "exchange.websocket_api"];
            for (key, _) in names.iter().zip(addresses).filter(|(_, address)| address.is_none()) {
                // What was refused is told already.
                if self.faults.iter().any(|fault| fault.key == **key) {
                    continue;
                }
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
