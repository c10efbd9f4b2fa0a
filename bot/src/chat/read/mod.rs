//! A line of words as a typed request, or one line that says how it is written.

mod arguments;
mod classic_form;

use heikin_core::market::Symbol;
use heikin_core::time::Interval;

use super::wish::Wish;
use crate::backend::{
    ChartStyle, ClassicForm, LogLevel, Mode, OrderNumber, Page, Range, Role, TradeNumber, UserId,
};
use crate::chart::Theme;
use crate::commands::Verb;
use crate::local_time::LocalTime;
use crate::message::{Message, Reply, Text};
use crate::view::buttons::PAGE;
use arguments::Arguments;

pub(super) use arguments::shortened;
pub(super) use classic_form::classic_form;

/// How a line cannot be understood: one sentence that says what would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misread(pub String);

impl From<Misread> for Reply {
    fn from(Misread(line): Misread) -> Self {
        Self::send(Message::text(Text::new().plain(line)))
    }
}

/// The longest line that is read at all, in bytes; longer words are answered, not read.
pub(super) const LONGEST_LINE: usize = 4_096;
/// The most candles on a chart.
const MOST_CANDLES: u16 = 200;

/// The command's name and what comes after it; none where the line is not a command. A name may
/// carry the bot's own: `/status@heikin_bot`.
pub fn split(line: &str) -> Option<(&str, &str)> {
    let line = line.trim().strip_prefix('/')?;
    let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let name = name.split_once('@').map_or(name, |(name, _bot)| name);
    Some((name, rest.trim()))
}

/// Reads the arguments of a command.
pub fn arguments(verb: Verb, rest: &str, time: &LocalTime) -> Result<Wish, Misread> {
    let mut words = Arguments::new(verb, rest);
    let wish = match verb {
        Verb::Start => {
            return Ok(Wish::Start { code: (!rest.is_empty()).then(|| rest.to_owned()) });
        }
        Verb::Broadcast => return Ok(broadcast(rest)),
        Verb::Help => Wish::Help {
            topic: words.next().and_then(|word| Verb::named(word.trim_start_matches('/'))),
        },
        Verb::Menu => Wish::Menu { page: words.next().map(str::to_owned) },
        Verb::Set => return set(&mut words),
        Verb::Settings => Wish::Settings { group: words.rest() },
        Verb::Notify => Wish::Notify { edits: words.rest() },
        Verb::Profit => Wish::Profit { range: words.range(time)? },
        Verb::Performance => Wish::Performance { range: words.range_or(time, Range::ALL)? },
        Verb::Revenue => Wish::Revenue { range: words.range_or(time, time.last_days(30))? },
        Verb::Equity => equity(&mut words, time)?,
        Verb::Chart => chart(&mut words)?,
        Verb::Why => why(&mut words)?,
        Verb::History => Wish::History { symbol: words.optional_symbol()?, page: words.page()? },
        Verb::Trades => Wish::Trades { symbol: words.optional_symbol()?, page: words.page()? },
        Verb::Users => Wish::Users { page: words.page()? },
        Verb::Audit => Wish::Audit { page: words.page()? },
        Verb::Payments => Wish::Payments { page: words.page()? },
        Verb::Logs => logs(&mut words)?,
        Verb::Pause => Wish::Pause { pick: words.pick()? },
        Verb::Resume => Wish::Resume { pick: words.pick()? },
        Verb::Close => close(&mut words)?,
        Verb::SetMode => Wish::SetMode { mode: words.choice(&MODES)? },
        Verb::Grant => grant(&mut words)?,
        Verb::Revoke => Wish::Revoke { user: words.user()? },
        Verb::Mute => Wish::Mute { thread: words.needed("what to mute")?.to_owned() },
        Verb::Subscribe => Wish::Subscribe { plan: words.next().map(str::to_owned) },
        Verb::About
        | Verb::Plans
        | Verb::Skip
        | Verb::Pay
        | Verb::Subscription
        | Verb::Verify
        | Verb::Cancel
        | Verb::DeleteMe
        | Verb::Status
        | Verb::Card
        | Verb::Position
        | Verb::Orders
        | Verb::StopNotify
        | Verb::Balance
        | Verb::Health
        | Verb::Mode
        | Verb::StartBot
        | Verb::StopBot
        | Verb::Panic
        | Verb::StopBroadcast => Wish::Plain(verb),
    };
    words.end()?;
    Ok(wish)
}

const MODES: [(&str, Mode); 4] = [
    ("demo", Mode::Demo),
    ("paper", Mode::Paper),
    ("testnet", Mode::Testnet),
    ("live", Mode::Live),
];
const ROLES: [(&str, Role); 4] = [
    ("subscriber", Role::Subscriber),
    ("viewer", Role::Viewer),
    ("operator", Role::Operator),
    ("owner", Role::Owner),
];
const LEVELS: [(&str, LogLevel); 3] =
    [("info", LogLevel::Info), ("warn", LogLevel::Warn), ("error", LogLevel::Error)];

fn chart(words: &mut Arguments<'_>) -> Result<Wish, Misread> {
    let mut pick = Pick::default();
    let (mut candles, mut style, mut theme) = (60, ChartStyle::HeikinAshi, Theme::Dark);
    while let Some(word) = words.next() {
        match word.to_ascii_lowercase().as_str() {
            "raw" | "candles" => style = ChartStyle::Candles,
            "ha" => style = ChartStyle::HeikinAshi,
            "light" => theme = Theme::Light,
            "dark" => theme = Theme::Dark,
            number if number.bytes().all(|b| b.is_ascii_digit()) => {
                candles = words.within(word, 10..=MOST_CANDLES, "candles")?;
            }
            _ => words.pick_with(word, &mut pick)?,
        }
    }
    Ok(Wish::Chart { pick, candles, style, theme })
}

fn equity(words: &mut Arguments<'_>, time: &LocalTime) -> Result<Wish, Misread> {
    let (mut range, mut theme) = (time.last_days(30), Theme::Dark);
    while let Some(word) = words.next() {
        match word.to_ascii_lowercase().as_str() {
            "light" => theme = Theme::Light,
            "dark" => theme = Theme::Dark,
            "all" => range = Range::ALL,
            _ => range = time.last_days(words.within(word, 1..=3_650, "days")?),
        }
    }
    Ok(Wish::Equity { range, theme })
}

fn why(words: &mut Arguments<'_>) -> Result<Wish, Misread> {
    let numbered = |word: &str, sign: char| {
        word.strip_prefix(sign).and_then(|digits| digits.parse::<u64>().ok())
    };
    let Some(word) = words.next() else { return Ok(Wish::Why { pick: Pick::default() }) };
    let lower = word.to_ascii_lowercase();
    if let Some(number) = numbered(&lower, '#') {
        return Ok(Wish::WhyTrade { trade: TradeNumber(number) });
    }
    if let Some(number) = numbered(&lower, 'o') {
        return Ok(Wish::WhyOrder { order: OrderNumber(number) });
    }
    let mut pick = Pick::default();
    words.pick_with(word, &mut pick)?;
    if let Some(word) = words.next() {
        words.pick_with(word, &mut pick)?;
    }
    Ok(Wish::Why { pick })
}

fn close(words: &mut Arguments<'_>) -> Result<Wish, Misread> {
    let is_all = words.peek().is_some_and(|word| word.eq_ignore_ascii_case("all"));
    if is_all {
        words.next();
        return Ok(Wish::Close { pick: Some(Pick::default()) });
    }
    let pick = words.pick()?;
    Ok(Wish::Close { pick: pick.symbol.is_some().then_some(pick) })
}

fn logs(words: &mut Arguments<'_>) -> Result<Wish, Misread> {
    let (mut lines, mut level) = (20, LogLevel::Info);
    while let Some(word) = words.next() {
        match LEVELS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name)) {
            Some((_, known)) => level = *known,
            None => lines = words.within(word, 1..=100, "lines")?,
        }
    }
    Ok(Wish::Logs { lines, level })
}

fn grant(words: &mut Arguments<'_>) -> Result<Wish, Misread> {
    let user = words.user()?;
    let role = words.choice(&ROLES)?;
    let days = match words.next() {
        Some(word) => Some(u32::from(words.within(word, 1..=3_650, "days")?)),
        None => None,
    };
    Ok(Wish::Grant { user, role, days })
}

fn set(words: &mut Arguments<'_>) -> Result<Wish, Misread> {
    let mut pick = Pick::default();
    while let Some(word) = words.peek() {
        // A setting's name has a dot or an underscore and is in small letters; a symbol is not.
        if word.parse::<Interval>().is_ok() || word.bytes().any(|b| b.is_ascii_uppercase()) {
            words.next();
            words.pick_with(word, &mut pick)?;
        } else {
            break;
        }
    }
    let key = words.needed("which setting")?.to_ascii_lowercase();
    let value = words.rest();
    Ok(match value {
        Some(value) => Wish::Set { pick, key, value },
        None => Wish::AskSetting { pick, key },
    })
}

fn broadcast(rest: &str) -> Wish {
    match rest {
        "" => Wish::AskBroadcast,
        text => Wish::Broadcast { text: text.to_owned() },
    }
}

/// A trader by what somebody typed of it: which one is settled against those that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pick {
    /// Its symbol.
    pub symbol: Option<Symbol>,
    /// Its interval.
    pub interval: Option<Interval>,
}
