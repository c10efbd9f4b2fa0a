//! The parts of a run, put together: streams, venue, journal, loop.

use heikin_core::engine::Standing;
use heikin_core::market::Asset;
use heikin_core::matching::FillModel;
use heikin_core::num::{Money, Rate};
use heikin_core::order::InstallationTag;
use tokio::sync::mpsc;

use super::account::{Account, Observer};
use super::keeper::Keeper;
use super::lockstep::Step;
use super::paper::Paper;
use super::runner::{Request, Runner, Sources, Upkeep};
use super::start::{MarketFacts, Recovered, TraderPlan, series_after};
use super::venue::Venue;
use crate::exchange::binance::arrival::AccountEvent;
use crate::exchange::binance::endpoints::Endpoints;
use crate::exchange::binance::gateway::Gateway;
use crate::exchange::binance::lockstep::Lockstep;
use crate::exchange::binance::market_streams::{MarketStreams, Subscription};
use crate::exchange::binance::public_rules;
use crate::exchange::binance::rest::Rest;
use crate::exchange::binance::time_sync;
use crate::exchange::binance::user_events::UserEvents;
use crate::store::Layout;

/// What waits in a channel at most. Whoever has more to tell waits.
const QUEUE: usize = 1_024;

/// Where orders go.
#[derive(Debug, Clone)]
pub enum Fills {
    /// To the exchange.
    Exchange,
    /// To the matching model, by an account that begins with these balances.
    Paper(Vec<(Asset, Money)>),
}

/// What a run is made of, besides the engine.
pub struct Assembly<'a> {
    /// The exchange's REST interface, with the clock that holds.
    pub rest: &'a Rest,
    /// Its other addresses.
    pub endpoints: &'a Endpoints,
    /// What it says of the symbols that are traded, or have an order of ours.
    pub facts: &'a [MarketFacts],
    /// Our tag.
    pub tag: InstallationTag,
    /// The traders.
    pub plans: &'a [TraderPlan],
    /// Where orders go.
    pub fills: Fills,
    /// Where what outlives the process is; none where nothing does.
    pub layout: Option<Layout>,
    /// Who looks on.
    pub observer: Box<dyn Observer>,
}

impl std::fmt::Debug for Assembly<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Assembly").field("fills", &self.fills).finish_non_exhaustive()
    }
}

/// What has to live as long as the run.
#[derive(Debug)]
pub struct Streams {
    _market: MarketStreams,
    _user: Option<UserEvents>,
    _account: mpsc::Sender<AccountEvent>,
    /// Where people's commands go.
    pub requests: mpsc::Sender<Request>,
}

impl Assembly<'_> {
    /// Connects, and makes a loop that is ready to be told that it starts.
    ///
    /// To be called within a [`tokio::runtime::LocalRuntime`] or a [`tokio::task::LocalSet`].
    pub fn run_with(self, recovered: Recovered) -> (Runner, Streams) {
        let Self { rest, endpoints, facts, tag, plans, fills, layout, observer } = self;
        let clock = rest.time().clone();
        let now = clock.now();
        tokio::task::spawn_local(time_sync::keep(rest.clone()));
        let (market_sender, market) = mpsc::channel(QUEUE);
        let (account_sender, account) = mpsc::channel(QUEUE);
        let (request_sender, requests) = mpsc::channel(QUEUE);
        let snapshot = recovered.snapshot();
        let Recovered { engine, journal, .. } = recovered;
        let subscription = |(number, plan): (usize, &TraderPlan)| Subscription {
            symbol: plan.symbol,
            interval: plan.interval,
            after: Some(series_after(plan, &engine, number, now)),
        };
        let configured = |(_, plan): &(usize, &TraderPlan)| plan.standing == Standing::Active;
        let subscriptions: Vec<_> =
            plans.iter().enumerate().filter(configured).map(subscription).collect();
        let streams = MarketStreams::spawn(rest, endpoints, &subscriptions, &market_sender);
        let (venue, user) = match fills {
            Fills::Exchange => {
                let symbols: Vec<_> = facts.iter().map(|facts| facts.rules.symbol).collect();
                let gateway = Gateway::new(rest.clone(), tag, &symbols, account_sender.clone());
                for facts in facts {
                    gateway.set_rules(facts.rules.clone());
                }
                if !clock.is_lockstep() {
                    tokio::task::spawn_local(gateway.clone().keep_rules());
                }
                let user = UserEvents::spawn(rest, endpoints, tag, account_sender.clone());
                (Venue::Binance(gateway), Some(user))
            }
            Fills::Paper(balances) => {
                if !clock.is_lockstep() {
                    let rules = facts.iter().map(|facts| facts.rules.clone()).collect();
                    let told = account_sender.clone();
                    tokio::task::spawn_local(public_rules::keep(rest.clone(), rules, told));
                }
                let paper = Paper::new(&engine, paper_model(), &balances, now);
                (Venue::Paper(Box::new(paper)), None)
            }
        };
        let upkeep = layout.map(|layout| Upkeep {
            panic_file: layout.panic(),
            keeper: Keeper::start(layout, (snapshot, journal.1), now),
        });
        let sources = Sources {
            rest: rest.clone(),
            market,
            connections: streams.connections(),
            quotes: streams.quotes().clone(),
            account,
            requests,
        };
        let account = Account::new(engine, journal, venue, observer);
        let mut runner = Runner::new(account, clock.clone(), sources, upkeep);
        if clock.is_lockstep() {
            runner.keep_step(Step::new(Lockstep::new(rest.clone())));
        }
        let streams = Streams {
            _market: streams,
            _user: user,
            _account: account_sender,
            requests: request_sender,
        };
        (runner, streams)
    }
}

/// Paper fills lose what backtests let them lose.
fn paper_model() -> FillModel {
    FillModel { slippage: Rate::from_percent("0.05").unwrap_or(Rate::ZERO), ..FillModel::default() }
}
