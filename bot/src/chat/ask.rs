//! Wishes: what is only looked at goes to a query and its view, the rest on to what acts.

use heikin_core::market::Symbol;

use super::Wish;
use super::bot::{Bot, Turn};
use super::forms::Form;
use super::read::{Misread, Pick};
use crate::backend::{Answer, Backend, BackendError, Command, Query, Subject, Target, Trader};
use crate::commands::Verb;
use crate::message::{Message, Reply, Text};
use crate::view;

/// A backend that answers another question than was asked is at fault, and says no more.
pub(super) fn mismatch() -> BackendError {
    BackendError::Internal { reference: "an answer to another question".to_owned() }
}

/// Takes the answer of one kind out of [`Answer`].
macro_rules! answer {
    ($bot:expr, $query:expr, $kind:ident) => {
        match $bot.backend.query($query).await? {
            Answer::$kind(data) => data,
            _ => return Err(super::ask::mismatch()),
        }
    };
}
pub(super) use answer;

impl<B: Backend> Bot<B> {
    pub(super) async fn grant_wish(
        &self,
        turn: &Turn<'_>,
        message: crate::backend::MessageId,
        wish: Wish,
    ) -> Result<Reply, BackendError> {
        if !matches!(wish, Wish::Plain(Verb::Skip | Verb::Pay | Verb::Cancel)) {
            // Whoever asks for something else is done with the form that was open.
            self.take_form(turn);
        }
        match wish {
            Wish::Plain(verb) => self.plain(turn, verb).await,
            Wish::Start { code } => self.start(turn, message, code).await,
            Wish::Help { topic } => Ok(turn.show(view::help(topic.map(Verb::entry), &turn.reader))),
            Wish::Menu { page } => Ok(turn.show(view::menu(page.as_deref(), &turn.reader))),
            Wish::Chart { pick, candles, style, theme } => {
                let trader = match self.one_trader(turn, pick, Verb::Chart).await? {
                    Ok(trader) => trader,
                    Err(reply) => return Ok(reply),
                };
                let data = answer!(self, Query::Chart { trader, candles }, Chart);
                Ok(turn.show(view::chart(&data, style, theme, &turn.reader)))
            }
            Wish::Why { pick } => match self.one_trader(turn, pick, Verb::Why).await? {
                Ok(trader) => self.why(turn, Subject::Trader { trader }).await,
                Err(reply) => Ok(reply),
            },
            Wish::WhyTrade { trade } => self.why(turn, Subject::Trade { trade }).await,
            Wish::WhyOrder { order } => self.why(turn, Subject::Order { order }).await,
            Wish::Settings { .. } | Wish::AskSetting { .. } | Wish::Set { .. } => {
                self.settings(turn, wish).await
            }
            Wish::Notify { edits } => self.notify(turn, edits.as_deref()).await,
            Wish::Subscribe { plan } => self.subscribe(turn, plan).await,
            Wish::AskBroadcast => {
                self.begin_form(turn, Form::Broadcast);
                let text = Text::new()
                    .bold("Type the message")
                    .plain(", or /cancel. You see it, and to how many it goes, before it is sent.");
                Ok(turn.say(text))
            }
            Wish::Pause { .. }
            | Wish::Resume { .. }
            | Wish::Close { .. }
            | Wish::SetMode { .. }
            | Wish::Mute { .. }
            | Wish::Grant { .. }
            | Wish::Revoke { .. }
            | Wish::Broadcast { .. } => self.steer(turn, wish).await,
            looked_at => self.look(turn, looked_at).await,
        }
    }

    /// Commands without arguments.
    async fn plain(&self, turn: &Turn<'_>, verb: Verb) -> Result<Reply, BackendError> {
        let reader = &turn.reader;
        let message = match verb {
            Verb::Status => view::status(&*answer!(self, Query::Status, Status), reader),
            Verb::Card => {
                let status = answer!(self, Query::Status, Status);
                let mut card = view::status(&status, reader);
                card.is_card = true;
                card.loudness = crate::backend::Loudness::Silent;
                return Ok(Reply::send(card));
            }
            Verb::Position => view::positions(&answer!(self, Query::Positions, Positions), reader),
            Verb::Orders => view::open_orders(&answer!(self, Query::Orders, Orders), reader),
            Verb::Balance => view::balance(&answer!(self, Query::Balance, Balance), reader),
            Verb::Health => view::health(&answer!(self, Query::Health, Health), reader),
            Verb::Mode => view::mode(&answer!(self, Query::Mode, Mode), reader),
            Verb::Plans => view::plans(&answer!(self, Query::Plans, Plans)),
            Verb::Subscription => {
                let query = Query::Subscription { user: turn.user.id };
                view::subscription(&*answer!(self, query, Subscription), reader)
            }
            Verb::About => view::about(turn.user.id, reader),
            Verb::StopNotify => return self.notify(turn, Some("off")).await,
            Verb::Cancel => return self.cancel(turn).await,
            Verb::Skip => return self.skip(turn).await,
            Verb::Pay => return self.pay(turn).await,
            Verb::StartBot => return self.act(turn, Command::StartBot, None).await,
            Verb::StopBot => return self.act(turn, Command::StopBot, None).await,
            Verb::Panic => return self.act(turn, Command::Panic, None).await,
            Verb::Verify => return self.act(turn, Command::VerifyPayment, None).await,
            Verb::StopBroadcast => return self.act(turn, Command::CancelBroadcast, None).await,
            Verb::DeleteMe => return self.act(turn, Command::DeleteMe, None).await,
            _ => view::menu(None, reader),
        };
        Ok(turn.show(message))
    }

    /// Lists and results.
    async fn look(&self, turn: &Turn<'_>, wish: Wish) -> Result<Reply, BackendError> {
        let reader = &turn.reader;
        let message = match wish {
            Wish::History { symbol, page } => {
                let fills = answer!(self, Query::Fills { symbol, page }, Fills);
                if let Some(none) = self.nobody_trades(symbol, fills.total).await? {
                    return Ok(none);
                }
                view::fills(&fills, &with_symbol("/history", symbol), reader)
            }
            Wish::Trades { symbol, page } => {
                let trades = answer!(self, Query::Trades { symbol, page }, Trades);
                if let Some(none) = self.nobody_trades(symbol, trades.total).await? {
                    return Ok(none);
                }
                view::trades(&trades, &with_symbol("/trades", symbol), reader)
            }
            Wish::Profit { range } => {
                view::profit(&*answer!(self, Query::Profit { range }, Profit), reader)
            }
            Wish::Performance { range } => {
                view::performance(&answer!(self, Query::Performance { range }, Performance), reader)
            }
            Wish::Revenue { range } => {
                view::revenue(&answer!(self, Query::Revenue { range }, Revenue), reader)
            }
            Wish::Equity { range, theme } => {
                view::equity(&answer!(self, Query::Equity { range }, Equity), theme, reader)
            }
            Wish::Logs { lines, level } => {
                view::logs(&answer!(self, Query::Logs { lines, level }, Logs), reader)
            }
            Wish::Users { page } => {
                view::users(&answer!(self, Query::Users { page }, Users), reader)
            }
            Wish::Audit { page } => {
                view::audit(&answer!(self, Query::Audit { page }, Audit), reader)
            }
            Wish::Payments { page } => {
                let query = Query::Payments { user: turn.user.id, page };
                view::payments(&answer!(self, query, Payments), reader)
            }
            _ => view::menu(None, reader),
        };
        Ok(turn.show(message))
    }

    async fn why(&self, turn: &Turn<'_>, subject: Subject) -> Result<Reply, BackendError> {
        let why = answer!(self, Query::Why { subject }, Why);
        Ok(turn.show(view::why(&why, &turn.reader)))
    }

    /// The traders that there are.
    pub(super) async fn traders(&self) -> Result<Vec<Trader>, BackendError> {
        let status = answer!(self, Query::Status, Status);
        Ok(status.traders.iter().map(|trader| trader.trader).collect())
    }

    /// What is said where a list is empty because nobody trades that symbol here.
    async fn nobody_trades(
        &self,
        symbol: Option<Symbol>,
        total: u32,
    ) -> Result<Option<Reply>, BackendError> {
        if symbol.is_none() || total > 0 {
            return Ok(None);
        }
        let (pick, all) = (Pick { symbol, interval: None }, self.traders().await?);
        let is_traded = all.iter().any(|trader| pick.fits(*trader));
        Ok((!is_traded).then(|| Reply::from(no_such_trader(pick, &all))))
    }

    /// The one trader that is meant, or the reply that asks which.
    async fn one_trader(
        &self,
        turn: &Turn<'_>,
        pick: Pick,
        verb: Verb,
    ) -> Result<Result<Trader, Reply>, BackendError> {
        let all = self.traders().await?;
        let meant: Vec<_> = all.iter().copied().filter(|trader| pick.fits(*trader)).collect();
        Ok(match meant.as_slice() {
            [one] => Ok(*one),
            [] => Err(Reply::from(no_such_trader(pick, &all))),
            several => {
                let mut message = Message::text(Text::new().bold("Which one?"));
                for trader in several.iter().take(12) {
                    let line = format!("/{} {trader}", verb.entry().name);
                    message =
                        message.row([crate::view::buttons::command(trader.to_string(), line)]);
                }
                Err(turn.show(message))
            }
        })
    }

    /// What a command is about, if there is such a trader.
    pub(super) async fn target(&self, pick: Pick) -> Result<Result<Target, Misread>, BackendError> {
        let Some(symbol) = pick.symbol else { return Ok(Ok(Target::All)) };
        let all = self.traders().await?;
        if !all.iter().any(|trader| pick.fits(*trader)) {
            return Ok(Err(no_such_trader(pick, &all)));
        }
        Ok(Ok(match pick.interval {
            Some(interval) => Target::Trader { trader: Trader { symbol, interval } },
            None => Target::Symbol { symbol },
        }))
    }
}

impl Pick {
    pub(super) fn fits(self, trader: Trader) -> bool {
        self.symbol.is_none_or(|symbol| symbol == trader.symbol)
            && self.interval.is_none_or(|interval| interval == trader.interval)
    }
}

pub(super) fn no_such_trader(pick: Pick, all: &[Trader]) -> Misread {
    let wanted = match (pick.symbol, pick.interval) {
        (Some(symbol), Some(interval)) => format!("{symbol} {interval}"),
        (Some(symbol), None) => symbol.to_string(),
        (None, Some(interval)) => interval.to_string(),
        (None, None) => "at all".to_owned(),
    };
    let names: Vec<_> = all.iter().take(8).map(Trader::to_string).collect();
    Misread(if names.is_empty() {
        "No trader is configured: see heikin.toml.".to_owned()
    } else {
        format!("No trader {wanted} here. There are: {}.", names.join(", "))
    })
}

fn with_symbol(line: &str, symbol: Option<Symbol>) -> String {
    symbol.map_or(line.to_owned(), |symbol| format!("{line} {symbol}"))
}
