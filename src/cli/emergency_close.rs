//! `heikin emergency-close`: cancels and sells what heikin holds, with nothing but keys and network.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use heikin_core::market::{Symbol, SymbolRules};
use heikin_core::num::Quantity;
use heikin_core::time::Timestamp;
use tokio::task::LocalSet;

use super::failure::Failure;
use super::run::exchange::{client, set_clock};
use super::tell::{ask, tell};
use super::words::refusal;
use crate::config::{Config, Paths, Variables};
use crate::exchange::binance::classify::ReadError;
use crate::exchange::binance::rest::Rest;
use crate::runtime::emergency::{Plan, carry_out, plan};
use crate::store::{DataLock, Layout, StoreError};

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
    let symbol = symbol.parse().map_err(|error| format!("{error}; {}", shape()))?;
    let quantity = Quantity::parse(quantity).map_err(|error| format!("{error}; {}", shape()))?;
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
    let also: BTreeMap<_, _> = arguments.also_sell.iter().copied().collect();
    let mut planned = plan(&rest, &also).await.map_err(unreachable)?;
    show(&planned);
    if arguments.dry_run {
        return Ok(());
    }
    if !arguments.yes && !is_confirmed()? {
        return Err(Failure::failed("nothing was done"));
    }
    latch(&config.data);
    if !arguments.although_running && is_running(&config.data) {
        tell("a heikin is running: it sees the latch within a second and leaves everything itself");
        planned = wait_for_it(&rest, &also).await?;
    }
    if planned.is_empty() {
        tell("nothing of heikin's is open any more");
        return Ok(());
    }
    let rules = rules(&rest, &planned).await?;
    let mut failures = 0_u32;
    carry_out(&rest, &planned, &rules, |done| match done.failure {
        None => tell(&format!("done    {}", done.what)),
        Some(why) => {
            failures += 1;
            tell(&format!("FAILED  {}: {why}", done.what));
        }
    })
    .await;
    let left = plan(&rest, &BTreeMap::new()).await.map_err(unreachable)?;
    tell(&format!("left open: {} of heikin's orders, {} of others", left.cancel.len(), left.left));
    if failures > 0 || !left.is_empty() {
        return Err(Failure::failed("not everything worked: run this again"));
    }
    Ok(())
}

fn unreachable(error: ReadError) -> Failure {
    let why = match error {
        ReadError::Refused(no, _) => format!("it refuses: {}", refusal(no)),
        other => other.to_string(),
    };
    Failure::failed(format!(
        "the exchange does not tell what is open: {why}. Nothing was done; close by hand at the \
         exchange if this goes on"
    ))
}

fn show(plan: &Plan) {
    for order in &plan.cancel {
        tell(&format!("cancel  {} {}", order.row.symbol, order.row.client_order_id));
    }
    for (symbol, quantity) in &plan.sell {
        tell(&format!("sell    {quantity} of {symbol} at market"));
    }
    tell(&format!("leave   {} open orders that are not heikin's", plan.left));
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
/// the user's own besides. What is left after its attempt is ours to do.
async fn wait_for_it(rest: &Rest, also: &BTreeMap<Symbol, Quantity>) -> Result<Plan, Failure> {
    let attempt = async {
        // Between an exit and the next entry nothing is open for a moment either.
        let mut empty_looks = 0;
        loop {
            pause(LOOK_EVERY).await;
            let planned = plan(rest, also).await.map_err(unreachable)?;
            empty_looks = if planned.is_empty() { empty_looks + 1 } else { 0 };
            if empty_looks == EMPTY_LOOKS {
                return Ok(planned);
            }
        }
    };
    match tokio::time::timeout(OWN_ATTEMPT, attempt).await {
        Ok(planned) => planned,
        Err(_elapsed) => Err(Failure::failed(
            "the running heikin has not left everything in time. If it hangs, end its process and \
             run this again; or give --although-running",
        )),
    }
}

async fn rules(rest: &Rest, plan: &Plan) -> Result<BTreeMap<Symbol, SymbolRules>, Failure> {
    let symbols: BTreeSet<Symbol> = plan.sell.keys().copied().collect();
    let symbols: Vec<_> = symbols.into_iter().collect();
    if symbols.is_empty() {
        return Ok(BTreeMap::new());
    }
    let info = rest.exchange_info(&symbols).await.map_err(unreachable)?;
    let rules = symbols.iter().filter_map(|symbol| {
        let rules = info.rules(symbol.as_str(), None).ok().flatten()?;
        Some((*symbol, rules))
    });
    Ok(rules.collect())
}

#[expect(clippy::disallowed_methods, reason = "it waits for another process")]
async fn pause(pause: Duration) {
    tokio::time::sleep(pause).await;
}
