//! What only the exchange can say, asked through [`ExchangeProbe`]; and what would become of each
//! stop if heikin were switched off.

use heikin_core::market::{Symbol, SymbolRules};
use heikin_core::strategy::{ExitOrder, Sizing};

use super::Finding;
use crate::config::{Config, TraderConfig};

/// Further off than this, requests are refused or orders come too late.
const WORST_OFFSET_MS: i64 = 1_000;

/// What an exchange is asked. Each answer is what it said, or why it did not, as a sentence.
pub trait ExchangeProbe {
    /// How far this machine's clock is ahead of the exchange's, in milliseconds.
    fn clock_offset_ms(&self) -> Result<i64, String>;
    /// The rules of a symbol; none where it is not listed.
    fn rules(&self, symbol: Symbol) -> Result<Option<SymbolRules>, String>;
    /// What the key may do; none where the exchange does not tell (testnet, demo mode).
    fn key_rights(&self) -> Result<Option<KeyRights>, String>;
    /// Whether the account may trade, by a signed request: the proof that key and secret are good.
    fn may_trade(&self) -> Result<bool, String>;
}

/// A right that a key has or lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// It has it.
    Has,
    /// It lacks it.
    Lacks,
}

/// What a key may do (`GET /sapi/v1/account/apiRestrictions`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyRights {
    /// Spot and margin trading.
    pub trade: Right,
    /// Withdrawals.
    pub withdraw: Right,
    /// Internal or universal transfers.
    pub transfer: Right,
    /// Margin loans or futures.
    pub leverage: Right,
    /// Only from listed addresses. `Has` is the restriction.
    pub ip_restricted: Right,
}

/// Asks the exchange.
pub fn findings(probe: &dyn ExchangeProbe, config: &Config) -> Vec<Finding> {
    let mut findings = vec![match probe.clock_offset_ms() {
        Ok(ms) if ms.abs() <= WORST_OFFSET_MS => Finding::ok("clock", offset(ms)),
        Ok(ms) => Finding::fail("clock", offset(ms), "Let NTP set this machine's clock."),
        Err(why) => {
            let remedy = "Check the network and https://www.binance.com; nothing else was asked.";
            return vec![Finding::fail("exchange", why, remedy)];
        }
    }];
    findings.extend(config.traders.iter().map(|trader| symbol(probe, trader)));
    if config.mode.keys().is_some() {
        findings.extend(key(probe));
    }
    findings
}

fn offset(ms: i64) -> String {
    let side = if ms < 0 { "behind" } else { "ahead of" };
    format!("{} ms {side} the exchange's", ms.unsigned_abs())
}

fn symbol(probe: &dyn ExchangeProbe, trader: &TraderConfig) -> Finding {
    let name = trader.symbol;
    match probe.rules(name) {
        Err(why) => Finding::fail("symbol", format!("{name}: {why}"), "Try again."),
        Ok(None) => {
            let remedy = "Correct trader.symbol: a name as Binance writes it, such as BTCUSDT.";
            Finding::fail("symbol", format!("{name} is not traded there"), remedy)
        }
        Ok(Some(rules)) => {
            let least = rules.notional.map(|rule| rule.min);
            match (trader.settings.sizing, least) {
                (Sizing::Quote(value), Some(least)) if value < least => {
                    let told = format!("{name}: an entry of {value} is below the least, {least}");
                    Finding::fail("symbol", told, "Raise trader.quote to well above it.")
                }
                (_, Some(least)) => Finding::ok("symbol", format!("{name}: least order {least}")),
                (_, None) => Finding::ok("symbol", format!("{name}: no least order")),
            }
        }
    }
}

fn key(probe: &dyn ExchangeProbe) -> Vec<Finding> {
    let renew = "Check key and secret in .env, and that the key is of this exchange.";
    let mut findings = vec![match probe.may_trade() {
        Ok(true) => Finding::ok("key", "good; the account may trade"),
        Ok(false) => Finding::fail(
            "key",
            "good, but the account may not trade",
            "See Binance's notices on the account.",
        ),
        Err(why) => return vec![Finding::fail("key", why, renew)],
    }];
    let rights = match probe.key_rights() {
        Ok(Some(rights)) => rights,
        Ok(None) => {
            findings.push(Finding::ok(
                "key rights",
                "not told by this exchange, where nothing can be lost",
            ));
            return findings;
        }
        Err(why) => {
            findings.push(Finding::fail(
                "key rights",
                why,
                "Try again: without them nothing is bought.",
            ));
            return findings;
        }
    };
    let at_binance = "Change the key's restrictions at Binance, API Management.";
    for (right, name) in [
        (rights.withdraw, "withdraw"),
        (rights.transfer, "transfer"),
        (rights.leverage, "use margin or futures"),
    ] {
        let finding = match right {
            Right::Has => Finding::fail(
                "key rights",
                format!("the key may {name}: heikin refuses it"),
                at_binance,
            ),
            Right::Lacks => Finding::ok("key rights", format!("the key may not {name}")),
        };
        findings.push(finding);
    }
    if rights.trade == Right::Lacks {
        findings.push(Finding::fail("key rights", "the key may not trade", at_binance));
    }
    if rights.ip_restricted == Right::Lacks {
        let told = "the key works from any address";
        findings.push(Finding::warn("key rights", told, "Restrict it to this machine's address."));
    }
    findings
}

/// What each stop would do if heikin were switched off now.
pub(super) fn stops(config: &Config) -> Vec<Finding> {
    let one = |trader: &TraderConfig| {
        let exit = &trader.settings.exit;
        let who = format!("{} {}", trader.symbol, trader.interval);
        if config.mode.keys().is_none() {
            let told = "without heikin nothing happens on paper: prices between its end and its next start \
                        fill nothing";
            return Finding::ok("stop", format!("{who}: {told}"));
        }
        match exit.order {
            ExitOrder::StopMarket => Finding::ok(
                "stop",
                format!(
                    "{who}: without heikin it sells at market when it triggers, where the symbol allows that"
                ),
            ),
            ExitOrder::StopLimit => Finding::warn(
                "stop",
                format!(
                    "{who}: without heikin it rests on the exchange and sells down to {} below its \
                     trigger; if the price jumps over that it strands, and nobody rescues it",
                    exit.limit_offset
                ),
                "Keep heikin running; a wider exit.limit_offset or exit.order = \"stop_market\" strands less.",
            ),
        }
    };
    config.traders.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::check::Verdict;
    use crate::config::{Paths, Variables};
    use heikin_core::market::{FilterName, NotionalRule};

    struct Says {
        offset: Result<i64, String>,
        listed: bool,
        rights: Option<KeyRights>,
    }

    impl ExchangeProbe for Says {
        fn clock_offset_ms(&self) -> Result<i64, String> {
            self.offset.clone()
        }
        fn rules(&self, symbol: Symbol) -> Result<Option<SymbolRules>, String> {
            let name = |text: &str| text.parse().unwrap();
            let tick = "0.01".parse().unwrap();
            let mut rules = SymbolRules::unrestricted(symbol, name("BTC"), name("USDT"), tick);
            rules.notional = Some(NotionalRule {
                name: FilterName::Notional,
                min: "5".parse().unwrap(),
                min_applies_to_market: false,
                max: None,
                max_applies_to_market: false,
            });
            Ok(self.listed.then_some(rules))
        }
        fn key_rights(&self) -> Result<Option<KeyRights>, String> {
            Ok(self.rights)
        }
        fn may_trade(&self) -> Result<bool, String> {
            Ok(true)
        }
    }

    const GOOD: KeyRights = KeyRights {
        trade: Right::Has,
        withdraw: Right::Lacks,
        transfer: Right::Lacks,
        leverage: Right::Lacks,
        ip_restricted: Right::Has,
    };

    fn good() -> Says {
        Says { offset: Ok(3), listed: true, rights: Some(GOOD) }
    }

    /// Everything that is not as it should be.
    fn told(says: &Says, quote: &str) -> Vec<(Verdict, String)> {
        let folder = tempfile::TempDir::new().unwrap();
        let text =
            format!("mode = \"testnet\"\n[[trader]]\nsymbol = \"BTCUSDT\"\nquote = {quote}\n");
        std::fs::write(folder.path().join("heikin.toml"), text).unwrap();
        let keys = ["BINANCE_TESTNET_API_KEY", "BINANCE_TESTNET_API_SECRET"];
        let keys: Variables =
            keys.map(|name| (name.to_owned(), "x".to_owned())).into_iter().collect();
        let config = Config::load(&Paths::in_folder(folder.path()), &keys).unwrap();
        let is_bad = |finding: &Finding| finding.verdict != Verdict::Ok;
        let findings = findings(says, &config);
        findings.into_iter().filter(is_bad).map(|bad| (bad.verdict, bad.told)).collect()
    }

    #[test]
    fn what_the_exchange_says_is_judged() {
        assert_eq!(told(&good(), "100"), []);
        let fails = |says: Says, quote: &str, part: &str| {
            let told = told(&says, quote);
            assert!(
                matches!(&told[..], [(Verdict::Fail, text)] if text.contains(part)),
                "{part}: {told:?}"
            );
        };
        fails(Says { offset: Ok(-1_001), ..good() }, "100", "1001 ms behind the");
        fails(Says { offset: Err("no route".to_owned()), ..good() }, "100", "no route");
        fails(Says { listed: false, ..good() }, "100", "not traded");
        fails(good(), "4.99", "below the least");
        for (rights, part) in [
            (KeyRights { withdraw: Right::Has, ..GOOD }, "may withdraw"),
            (KeyRights { transfer: Right::Has, ..GOOD }, "may transfer"),
            (KeyRights { leverage: Right::Has, ..GOOD }, "margin or futures"),
            (KeyRights { trade: Right::Lacks, ..GOOD }, "may not trade"),
        ] {
            fails(Says { rights: Some(rights), ..good() }, "100", part);
        }
        let open = KeyRights { ip_restricted: Right::Lacks, ..GOOD };
        let told = told(&Says { rights: Some(open), ..good() }, "100");
        assert!(matches!(&told[..], [(Verdict::Warn, _)]), "{told:?}");
    }
}
