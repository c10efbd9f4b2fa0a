//! What must hold once nothing goes wrong any more.

use heikin_core::engine::{Engine, Trader};
use heikin_core::market::{Asset, Side};
use heikin_core::num::Money;
use heikin_core::order::{Order, OrderReport, Phase, Slot, SlotState};

use super::check::{TraderTruth, Violation, violated};
use super::world::World;

/// What dust amounts to at most, over all the positions that left some: a few of the coarsest steps.
pub(super) const DUST: Money = Money::from_units(5_000_000_000_000_000);

/// In one schedule of so many, by chance, the journal is read back from its beginning.
const READ_BACK_EVERY: u64 = 16;

/// Whether everything has settled: the engine's books and the exchange's record agree, nothing is
/// unknown, everything is protected, everybody was told.
pub(super) fn check(world: &World) -> Result<(), Violation> {
    let Some(engine) = world.bot.engine() else {
        return violated("not settled", "the process is down");
    };
    if !engine.is_ready() {
        return violated("not settled", "the process is still starting");
    }
    check_orders(world, engine)?;
    check_balances(world, engine)?;
    for ((number, trader), truth) in engine.traders().iter().enumerate().zip(&world.checks.traders)
    {
        check_trader(world, engine, (number, trader, truth))?;
    }
    world.check_fold()?;
    // Reading all of it takes as long as the schedule itself.
    if world.inputs().is_multiple_of(READ_BACK_EVERY) { world.bot.check_content() } else { Ok(()) }
}

/// What the engine takes for open is open, and nothing else of ours is.
fn check_orders(world: &World, engine: &Engine) -> Result<(), Violation> {
    let slots = || engine.traders().iter().flat_map(Trader::slots);
    for order in slots().flat_map(SlotState::orders) {
        if order.phase == Phase::Unresolved || !order.is_settled() {
            return violated("L1 unresolved", format!("{}: {:?}", order.id, order.phase));
        }
    }
    let live = |order: &&Order| order.is_live();
    for market in &world.scenario.markets {
        let Some(index) = world.venue.market(market.rules.symbol) else { continue };
        for open in world.venue.open(index) {
            if open.id.tag() != world.scenario.config.tag {
                continue;
            }
            let known = slots().flat_map(SlotState::orders).filter(live);
            let mut same = known.filter(|order| {
                order.id.is_same_send(open.id) && order.id.slot() == open.id.slot()
            });
            let fits = same.next().is_some_and(|order| order.remaining() == open.remaining);
            if !fits {
                return violated("L2 open unknown", format!("{} of {}", open.id, open.remaining));
            }
        }
    }
    for order in slots().flat_map(SlotState::orders).filter(live) {
        let trader = usize::from(order.id.trader().0);
        let market = world.scenario.traders.get(trader).map(|(market, _)| *market);
        let symbol = market.and_then(|market| world.scenario.markets.get(market));
        let index = symbol.and_then(|market| world.venue.market(market.rules.symbol));
        let open = |open: &super::venue::OpenOrder| {
            open.id.is_same_send(order.id) && open.id.slot() == order.id.slot()
        };
        if !index.is_some_and(|index| world.venue.open(index).any(|it| open(&it))) {
            return violated("L2 believed open", order.id.to_string());
        }
    }
    Ok(())
}

/// Our count of every asset is the exchange's, and so is what came and went without us.
fn check_balances(world: &World, engine: &Engine) -> Result<(), Violation> {
    for balance in engine.balances().assets() {
        let asset = balance.asset;
        let total = world.venue.total(asset);
        if balance.total != total {
            let what = format!("{asset}: {} counted, {total} there", balance.total);
            return violated("P1 balance", what);
        }
        let opening = world.scenario.balances.iter().find(|(name, _)| *name == asset);
        let opening = opening.map_or(Money::ZERO, |(_, amount)| *amount);
        let traded = world.venue.fills().iter().filter(|report| is_ours(world, report));
        let traded: Money = traded.map(|report| change(world, report, asset)).sum();
        let external = total - opening - traded;
        // What came before the process first looked is part of its opening balance.
        let opened = balance.total - balance.external - traded;
        if balance.external != external && opened == opening {
            let what = format!("{asset}: {} counted, {external} it was", balance.external);
            return violated("P1 external", what);
        }
    }
    Ok(())
}

fn is_ours(world: &World, report: &OrderReport) -> bool {
    report.state.id.tag() == world.scenario.config.tag
}

/// What a fill changed of an asset.
fn change(world: &World, report: &OrderReport, asset: Asset) -> Money {
    let Some(fill) = report.fill else { return Money::ZERO };
    let trader = usize::from(report.state.id.trader().0);
    let market = world
        .scenario
        .traders
        .get(trader)
        .and_then(|(market, _)| world.scenario.markets.get(*market));
    let Some(market) = market else { return Money::ZERO };
    let buys = report.state.id.slot() == Slot::Entry;
    let (amount, worth) = (fill.quantity.to_money(), fill.price.times(fill.quantity));
    let mut change = Money::ZERO;
    if asset == market.rules.base {
        change += if buys { amount } else { -amount };
    }
    if asset == market.rules.quote {
        change += if buys { -worth } else { worth };
    }
    if asset == fill.commission_asset {
        change -= fill.commission.to_money();
    }
    change
}

fn check_trader(
    world: &World,
    engine: &Engine,
    (number, trader, truth): (usize, &Trader, &TraderTruth),
) -> Result<(), Violation> {
    let held = trader.position().held.to_money();
    // Dust that somebody takes away is nobody's position: it goes without an alert.
    let gone = truth.net - truth.lost - held;
    let dust = gone <= DUST && -gone <= truth.taken;
    if held != truth.net - truth.lost && !(dust && world.checks.others_acted()) {
        let what =
            format!("trader {number} counts {held}, bought {} net, lost {}", truth.net, truth.lost);
        return violated("P1 position", what);
    }
    if truth.fills != truth.told {
        let what = format!("trader {number}: {} fills, {} alerts", truth.fills, truth.told);
        return violated("N1 alerts", what);
    }
    let Some(feed) = world.feeds.get(truth.market) else { return Ok(()) };
    let closed = u64::try_from(feed.told).unwrap_or_default();
    if trader.candles_closed() != closed {
        let what = format!("trader {number} had {} of {closed} candles", trader.candles_closed());
        return violated("T1 candles", what);
    }
    let Some(market) = engine.market_of(trader) else { return Ok(()) };
    let Some(open) = &trader.position().open else { return Ok(()) };
    if engine.entries_off() && truth.alarmed {
        return Ok(());
    }
    if open.unprotected_since.is_some() && !truth.alarmed {
        return violated("L3 unprotected", format!("trader {number} holds {held}"));
    }
    let exit = trader.slot(Slot::Exit).and_then(SlotState::current);
    let covers = exit.is_some_and(|order| order.is_live() && order.terms.side == Side::Sell);
    let worth = market.quote().is_some_and(|quote| {
        market.rules().reaches_min_notional(quote.bid, trader.position().held)
    });
    if !covers
        && worth
        && market.rules().floor_lot(trader.position().held).is_some()
        && !truth.alarmed
    {
        return violated("L3 unprotected", format!("trader {number} holds {held}"));
    }
    Ok(())
}
