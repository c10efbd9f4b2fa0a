//! Questions: answered by name, within bounds, and without a trace.

use heikin_core::market::Symbol;
use heikin_core::time::Interval;

use super::{Bench, Broken, Subject, broken, hold};
use crate::backend::{
    Answer, Backend as _, BackendError, LogLevel, Page, Paged, Query, Range, Role, Subject as Of,
    Trader,
};

/// What a backend gives at most on a page, in a log, in a chart, of equity.
const PAGE: usize = 200;
const LINES: usize = 200;
const CANDLES: usize = 500;
const POINTS: usize = 1_000;

pub(super) async fn all<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    plain(subject).await?;
    bounds(subject).await?;
    lists(subject).await?;
    traders(subject).await?;
    people(subject).await?;
    what_is_not_there(subject).await
}

async fn plain<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    let range = Range::ALL;
    for query in [
        Query::Status,
        Query::Positions,
        Query::Orders,
        Query::Profit { range },
        Query::Balance,
        Query::Equity { range },
        Query::Performance { range },
        Query::Settings,
        Query::Cards,
        Query::Mode,
        Query::Health,
        Query::Plans,
        Query::Revenue { range },
    ] {
        subject.ask(query).await?;
    }
    Ok(())
}

async fn bounds<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    if let Answer::Equity(series) = subject.ask(Query::Equity { range: Range::ALL }).await? {
        let rule = "equity has at most 1,000 points, oldest first";
        let is_in_order = series.points.is_sorted_by_key(|point| point.at);
        hold(rule, series.points.len() <= POINTS && is_in_order, &series.points.len())?;
    }
    for (lines, most) in [(0, 0), (1, 1), (u16::MAX, LINES)] {
        let answer = subject.ask(Query::Logs { lines, level: LogLevel::Info }).await?;
        if let Answer::Logs(logs) = answer {
            let rule = "of the log there are no more lines than asked for, and than 200";
            hold(rule, logs.lines.len() <= most, &(lines, logs.lines.len()))?;
        }
    }
    let answer = subject.ask(Query::Logs { lines: 50, level: LogLevel::Error }).await?;
    if let Answer::Logs(logs) = answer {
        let rule = "of the log there are lines of the level asked for and above";
        hold(rule, logs.lines.iter().all(|line| line.level >= LogLevel::Error), &logs)?;
    }
    Ok(())
}

async fn lists<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    let fills = |page| Query::Fills { symbol: None, page };
    let trades = |page| Query::Trades { symbol: None, page };
    list(subject, fills, |answer| if let Answer::Fills(page) = answer { Some(page) } else { None })
        .await?;
    list(
        subject,
        trades,
        |answer| if let Answer::Trades(page) = answer { Some(page) } else { None },
    )
    .await?;
    list(
        subject,
        |page| Query::Users { page },
        |answer| if let Answer::Users(page) = answer { Some(page) } else { None },
    )
    .await?;
    list(
        subject,
        |page| Query::Audit { page },
        |answer| if let Answer::Audit(page) = answer { Some(page) } else { None },
    )
    .await
}

async fn list<B: Bench, T: std::fmt::Debug>(
    subject: &Subject<'_, B>,
    query: impl Fn(Page) -> Query,
    read: impl Fn(Answer) -> Option<Paged<T>>,
) -> Result<(), Broken> {
    for (skip, take) in [(0, 1), (1, 2), (0, u16::MAX), (u32::MAX, 10), (0, 0)] {
        let rule = "a list is answered by a page of it";
        let answer = subject.ask(query(Page { skip, take })).await?;
        let page = read(answer).ok_or_else(|| broken(rule, &(skip, take)))?;
        let most = usize::from(take).min(PAGE);
        let left = usize::try_from(page.total.saturating_sub(skip)).unwrap_or(usize::MAX);
        let seen = (skip, take, page.skip, page.total, page.items.len());
        let rule = "a page holds as many entries as were asked for, there are, and 200 at most";
        hold(rule, page.items.len() == most.min(left), &seen)?;
        hold("a page says where it begins", page.skip == skip, &seen)?;
    }
    Ok(())
}

async fn traders<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    let Answer::Status(status) = subject.ask(Query::Status).await? else { return Ok(()) };
    for trader in status.traders.iter().map(|status| status.trader) {
        for (candles, most) in [(1, 1), (u16::MAX, CANDLES)] {
            let answer = subject.ask(Query::Chart { trader, candles }).await?;
            let Answer::Chart(chart) = answer else { continue };
            let rule = "a chart has as many candles as asked for, 500 at most, oldest first";
            let is_in_order = chart.bars.is_sorted_by_key(|bar| bar.opened_at);
            hold(rule, chart.bars.len() <= most && is_in_order, &(candles, chart.bars.len()))?;
            hold("a chart is of the trader asked for", chart.trader == trader, &chart.trader)?;
        }
        // Before the first candle closes there is nothing to explain.
        let why = subject.backend().query(Query::Why { subject: Of::Trader { trader } }).await;
        let rule = "why is answered for every trader, or there is nothing yet";
        let is_answered = match &why {
            Ok(Answer::Why(why)) => why.trader == trader,
            Err(BackendError::NotFound { .. }) => true,
            _ => false,
        };
        hold(rule, is_answered, &why)?;
    }
    Ok(())
}

async fn people<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    for (user, role) in
        [(subject.bench.owner(), Role::Owner), (subject.bench.stranger(), Role::Guest)]
    {
        let answer = subject.ask(Query::Member { user }).await?;
        if let Answer::Member(member) = answer {
            let rule = "everybody has a role; somebody never seen is a guest";
            hold(rule, (member.user, member.role) == (user, role), &member)?;
        }
        subject.ask(Query::Notify { user }).await?;
        subject.ask(Query::Subscription { user }).await?;
        let page = Page { skip: 0, take: 5 };
        subject.ask(Query::Payments { user, page }).await?;
    }
    Ok(())
}

async fn what_is_not_there<B: Bench>(subject: &Subject<'_, B>) -> Result<(), Broken> {
    let rule = "what does not exist is told to be missing";
    let Ok(symbol) = "NOSUCHPAIR".parse::<Symbol>() else { return Ok(()) };
    let trader = Trader { symbol, interval: Interval::D1 };
    let number = crate::backend::TradeNumber(u64::MAX >> 12);
    for query in [
        Query::Chart { trader, candles: 10 },
        Query::Why { subject: Of::Trader { trader } },
        Query::Why { subject: Of::Trade { trade: number } },
        Query::Bill { plan: "no-such-plan".to_owned() },
    ] {
        let answer = subject.backend().query(query.clone()).await;
        hold(rule, matches!(answer, Err(BackendError::NotFound { .. })), &(query, answer))?;
    }
    Ok(())
}
