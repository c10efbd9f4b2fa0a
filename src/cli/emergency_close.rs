//! `heikin emergency-close`: cancels and sells what heikin holds, with nothing but keys and network.

use std::collections::BTreeMap;
use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use heikin_core::market::{Symbol, SymbolRules};
use heikin_core::num::Quantity;
use heikin_core::order::Refusal;
use heikin_core::time::Timestamp;
use tokio::task::LocalSet;

use super::failure::Failure;
use super::run::exchange::{client, set_clock};
use super::tell::{ask, tell};
use super::words::refusal;
use crate::config::{Config, Paths, Variables};
use crate::exchange::binance::classify::ReadError;
use crate::exchange::binance::rest::Rest;
use crate::runtime::emergency::{Plan, Trouble, carry_out, plan, sellable};
use crate::store::{DataLock, Layout, StoreError};

/// What the exchange says to a symbol that it does not have, or that no symbol looks like (`errors.md`).
const BAD_SYMBOL: i32 = -1_121;
const BAD_CHARACTERS: i32 = -1_100;
/// How long a running heikin is given to leave everything itself.
const OWN_ATTEMPT: Duration = Duration::from_secs(20);
/// It looks for the latch once a second: after so many looks without anything open it has seen it.
const EMPTY_LOOKS: u32 = 6;
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Cancel all of heikin's orders and sell what they held, at market, now.
///
/// It needs the keys and the network; neither the store nor a running heikin. It latches first: the
/// file PANIC in the data folder keeps every heikin that sees it out of the market until
/// `heikin run --resume`. Coins that no order of heikin's had locked are left alone, unless --also-sell names them.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration [default: heikin.toml in this folder].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Show what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask.
    #[arg(long)]
    yes: bool,
    /// Sell this much besides, as in BTCUSDT=0.5: the position of a trader whose stop is gone.
    #[arg(long, value_name = "SYMBOL=QUANTITY", value_parser = named_quantity)]
    also_sell: Vec<(Symbol, Quantity)>,
    /// Act at once although a heikin is running: for one that hangs.
    #[arg(long)]
    although_running: bool,
}

fn named_quantity(text: &str) -> Result<(Symbol, Quantity), String> {
    let shape = || "give SYMBOL=QUANTITY, such as BTCUSDT=0.5".to_owned();
    let (symbol, quantity) = text.split_once('=').ok_or_else(shape)?;
    let upper = symbol.to_ascii_uppercase();
    if upper != symbol {
        return Err(format!("{symbol} is in small letters; did you mean {upper}={quantity}?"));
    }
    let symbol = symbol.parse().map_err(|error| format!("{error}; {}", shape()))?;
    let quantity = Quantity::parse(quantity).map_err(|error| format!("{error}; {}", shape()))?;
    if quantity.is_zero() {
        return Err(format!("there is nothing to sell; {}", shape()));
    }
    Ok((symbol, quantity))
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let paths = Paths::given(arguments.config.as_deref());
    let config = Config::load(&paths, &Variables::of_process()).map_err(Failure::bad_input)?;
    if config.mode.keys().is_none() {
        return Err(Failure::bad_input(format!(
            "mode {} has no orders on an exchange: there is nothing to close",
            config.mode.name()
        )));
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("no runtime: {error}")))?;
    LocalSet::new().block_on(&runtime, close(arguments, &config))
}

async fn close(arguments: &Arguments, config: &Config) -> Result<(), Failure> {
    let (rest, _) = client(config)?;
    set_clock(&rest).await.map_err(unreachable)?;
    let also = added_up(&arguments.also_sell)?;
    let mut rules = rules_of_named(&rest, &also).await?;
    let mut planned = plan(&rest, &also).await.map_err(unreachable)?;
    learn_rules(&rest, &planned, &mut rules).await.map_err(unreachable)?;
    show(&planned, &rules);
    if arguments.dry_run {
        return Ok(());
    }
    if !arguments.yes && !is_confirmed()? {
        return Err(Failure::failed("nothing was done"));
    }
    latch(&config.data);
    if !arguments.although_running && is_running(&config.data) {
        tell("a heikin is running: it sees the latch within a second and leaves everything itself");
        wait_for_it(&rest).await?;
        planned = plan(&rest, &also).await.map_err(lost_sight)?;
        learn_rules(&rest, &planned, &mut rules).await.map_err(lost_sight)?;
    }
    if planned.is_empty() {
        tell("nothing of heikin's is open any more");
        return Ok(());
    }
    let mut failures = 0_u32;
    carry_out(&rest, &planned, &rules, |done| match done.failure {
        None => tell(&format!("done    {}", done.what)),
        Some(why) => {
            failures += 1;
            tell(&format!("FAILED  {}: {}", done.what, trouble(why)));
        }
    })
    .await;
    let left = plan(&rest, &BTreeMap::new()).await.map_err(lost_sight)?;
    tell(&format!("left open: {} of heikin's orders, {} of others", left.cancel.len(), left.left));
    if failures > 0 || !left.is_empty() {
        return Err(Failure::failed("not everything worked: run this again"));
    }
    Ok(())
}

fn trouble(trouble: Trouble) -> String {
    match trouble {
        Trouble::Refused(no) => format!("the exchange refuses: {}", refusal(no)),
        Trouble::Other(words) => words,
    }
}

fn in_words(error: ReadError) -> String {
    match error {
        ReadError::Refused(no, _) => format!("it refuses: {}", refusal(no)),
        other => other.to_string(),
    }
}

/// It cannot be planned.
fn unreachable(error: ReadError) -> Failure {
    Failure::failed(format!(
        "the exchange does not tell what is open: {}. Nothing was done; close by hand at the exchange \
         if this goes on",
        in_words(error)
    ))
}

/// It has begun.
fn lost_sight(error: ReadError) -> Failure {
    Failure::failed(format!(
        "the exchange does not tell what is open now: {}. What was done is told above: run this again, \
         and close by hand at the exchange if this goes on",
        in_words(error)
    ))
}

fn show(plan: &Plan, rules: &BTreeMap<Symbol, SymbolRules>) {
    for order in &plan.cancel {
        tell(&format!("cancel  {} {}", order.row.symbol, order.row.client_order_id));
    }
    for (symbol, quantity) in &plan.sell {
        let sold = rules.get(symbol).map_or(*quantity, |rules| sellable(*quantity, rules));
        let rest = quantity.saturating_minus(sold);
        if !sold.is_zero() {
            tell(&format!("sell    {sold} of {symbol} at market"));
        }
        if !rest.is_zero() {
            tell(&format!("leave   {rest} of {symbol}: no order may be of that"));
        }
    }
    tell(&format!("leave   {} open orders that are not heikin's", plan.left));
}

/// What is named more than once is sold as often.
fn added_up(named: &[(Symbol, Quantity)]) -> Result<BTreeMap<Symbol, Quantity>, Failure> {
    let mut sums = BTreeMap::<Symbol, Quantity>::new();
    for (symbol, quantity) in named {
        let sum = sums.entry(*symbol).or_default();
        *sum = sum.plus(*quantity).ok_or_else(|| {
            Failure::bad_input(format!(
                "--also-sell {symbol}: that is too much in all. Nothing was done"
            ))
        })?;
    }
    Ok(sums)
}

/// The rules of what was named. A name that is none is told before anything is done: later it would
/// stand in the way of the rest.
async fn rules_of_named(
    rest: &Rest,
    also: &BTreeMap<Symbol, Quantity>,
) -> Result<BTreeMap<Symbol, SymbolRules>, Failure> {
    let mut known = BTreeMap::new();
    for (symbol, quantity) in also {
        let option = format!("--also-sell {symbol}={quantity}");
        let none = || {
            Failure::bad_input(format!(
                "{option}: the exchange has no symbol {symbol}. Nothing was done: give a symbol of \
                 that exchange, such as BTCUSDT, or leave it out"
            ))
        };
        let info = match rest.exchange_info(&[*symbol]).await {
            Err(ReadError::Refused(Refusal::Other(BAD_SYMBOL | BAD_CHARACTERS), _)) => {
                return Err(none());
            }
            info => info.map_err(unreachable)?,
        };
        let rules = info.rules(symbol.as_str(), None).map_err(|error| {
            Failure::failed(format!(
                "{option}: the symbol's trading rules cannot be read: {error}. Nothing was done: leave \
                 it out, and sell it at the exchange"
            ))
        })?;
        known.insert(*symbol, rules.ok_or_else(none)?);
    }
    Ok(known)
}

fn is_confirmed() -> Result<bool, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::bad_input("nobody is there to ask: give --yes, or --dry-run to look"));
    }
    ask("Do this now? Type `close` and press Enter: ");
    let mut line = String::new();
    io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| Failure::failed(format!("the answer cannot be read: {error}")))?;
    Ok(line.trim() == "close")
}

/// Keeps every heikin on this data folder out of the market. Where the disk does not let it, the
/// orders are closed all the same.
fn latch(data: &Path) {
    let path = Layout::new(data).panic();
    let written = std::fs::create_dir_all(data)
        .and_then(|()| std::fs::write(&path, "written by heikin emergency-close\n"));
    match written {
        Ok(()) => tell(&format!("latched {} (`heikin run --resume` lifts it)", path.display())),
        Err(error) => tell(&format!(
            "FAILED  {}: {error}; stop heikin by hand, or it may enter again",
            path.display()
        )),
    }
}

fn is_running(data: &Path) -> bool {
    matches!(DataLock::take(data, Timestamp::EPOCH), Err(StoreError::InUse { .. }))
}

/// A heikin that runs sells its positions by its own books; two who sell the same coins would sell
/// the user's own besides. What is left after its attempt is ours to do, and so is what was named
/// besides: of that it knows nothing.
async fn wait_for_it(rest: &Rest) -> Result<(), Failure> {
    let attempt = async {
        // Between an exit and the next entry nothing is open for a moment either.
        let mut empty_looks = 0;
        loop {
            pause(LOOK_EVERY).await;
            let planned = plan(rest, &BTreeMap::new()).await.map_err(lost_sight)?;
            empty_looks = if planned.is_empty() { empty_looks + 1 } else { 0 };
            if empty_looks == EMPTY_LOOKS {
                return Ok(());
            }
        }
    };
    match tokio::time::timeout(OWN_ATTEMPT, attempt).await {
        Ok(left) => left,
        Err(_elapsed) => Err(Failure::failed(
            "the running heikin has not left everything in time. If it hangs, end its process and \
             run this again; or give --although-running",
        )),
    }
}

/// Asks for the rules of what is planned to be sold, where they are not known yet.
async fn learn_rules(
    rest: &Rest,
    plan: &Plan,
    known: &mut BTreeMap<Symbol, SymbolRules>,
) -> Result<(), ReadError> {
    let missing: Vec<_> =
        plan.sell.keys().copied().filter(|symbol| !known.contains_key(symbol)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let info = rest.exchange_info(&missing).await?;
    known.extend(missing.into_iter().filter_map(|symbol| {
        let rules = info.rules(symbol.as_str(), None).ok().flatten()?;
        Some((symbol, rules))
    }));
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "it waits for another process")]
async fn pause(pause: Duration) {
    tokio::time::sleep(pause).await;
}
