//! The answers.
//!
//! | module | holds |
//! |---|---|
//! | `status` | how things are: mode, traders, positions, risk, orders, balance |
//! | `results` | profit, performance, equity, trades, fills |
//! | `why` | a decision, and what it was made from |
//! | `chart` | candles with what was done on them |
//! | `settings` | what is configured |
//! | `health` | how heikin itself is |
//! | `logs` | the end of the log |
//! | `people` | who there is, and what they did |
//! | `billing` | plans, bills, subscriptions, payments, revenue |
//!
//! All of the account is answered from the copy of its engine, at one moment; people and payments from
//! what the front office remembers.

mod billing;
mod chart;
mod health;
mod logs;
mod people;
mod results;
mod settings;
mod status;
mod why;

use heikin_bot::backend::{Answer, BackendError, Page, Paged, Query};

pub(super) use self::results::{holds, profit};
pub(super) use self::status::positions;
use super::Control;

/// The largest page.
const MOST_ON_A_PAGE: u16 = 200;

pub(super) async fn answer(control: &Control, query: Query) -> Result<Answer, BackendError> {
    match query {
        Query::Health => Ok(Answer::Health(health::health(control).await)),
        Query::Logs { lines, level } => {
            logs::logs(&control.shared.config.log, lines.min(MOST_ON_A_PAGE), level)
                .map(Answer::Logs)
        }
        Query::Users { page } => people::users(control, page).await,
        Query::Audit { page } => people::audit(control, page).await,
        Query::Member { user } => people::member(control, user).await,
        Query::Cards => people::cards(control).await,
        Query::Notify { user } => people::notify(control, user).await,
        Query::Plans
        | Query::Bill { .. }
        | Query::Subscription { .. }
        | Query::Payments { .. }
        | Query::Revenue { .. } => billing::billing(control, query).await,
        _ => of_the_account(control, &query),
    }
}

fn of_the_account(control: &Control, query: &Query) -> Result<Answer, BackendError> {
    let replica = control.replica();
    match *query {
        Query::Status => status::status(control, &replica).map(|it| Answer::Status(Box::new(it))),
        Query::Positions => Ok(Answer::Positions(status::positions(&replica))),
        Query::Orders => Ok(Answer::Orders(status::orders(&replica))),
        Query::Balance => status::balance(&replica).map(Answer::Balance),
        Query::Mode => Ok(Answer::Mode(settings::mode(control, &replica))),
        Query::Settings => Ok(Answer::Settings(settings::settings(control, &replica))),
        Query::Fills { symbol, page } => {
            let fills = replica.model().fills().iter().rev();
            let fills = fills.filter(|it| symbol.is_none_or(|only| it.trader.symbol == only));
            Ok(Answer::Fills(paged(fills, page)))
        }
        Query::Trades { symbol, page } => {
            let trades = replica.model().trades().iter().rev();
            let trades = trades.filter(|it| symbol.is_none_or(|only| it.trader.symbol == only));
            Ok(Answer::Trades(paged(trades, page)))
        }
        Query::Profit { range } => {
            results::profit(&replica, range).map(|it| Answer::Profit(Box::new(it)))
        }
        Query::Performance { range } => {
            results::performance(&replica, range).map(Answer::Performance)
        }
        Query::Equity { range } => results::equity(&replica, range).map(Answer::Equity),
        Query::Chart { trader, candles } => {
            chart::chart(&replica, trader, candles).map(|it| Answer::Chart(Box::new(it)))
        }
        Query::Why { subject } => why::why(&replica, subject).map(|it| Answer::Why(Box::new(it))),
        _ => Err(BackendError::Invalid { reason: "this is not asked of the account".to_owned() }),
    }
}

/// One page of a list that is newest first.
fn paged<'a, T: Clone + 'a>(all: impl Iterator<Item = &'a T>, page: Page) -> Paged<T> {
    let take = usize::from(page.take.min(MOST_ON_A_PAGE));
    let skip = usize::try_from(page.skip).unwrap_or(usize::MAX);
    let mut items = Vec::new();
    let mut total = 0_u32;
    for (index, item) in all.enumerate() {
        if index >= skip && items.len() < take {
            items.push(item.clone());
        }
        total = total.saturating_add(1);
    }
    Paged { items, skip: page.skip, total }
}
