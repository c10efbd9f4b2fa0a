use std::ops::RangeInclusive;
use std::str::SplitWhitespace;

use heikin_core::market::Symbol;
use heikin_core::time::Interval;

use super::{Misread, PAGE, Page, Pick, Range, UserId};
use crate::commands::Verb;
use crate::local_time::LocalTime;

/// The words behind a command, taken one by one.
pub(super) struct Arguments<'a> {
    verb: Verb,
    words: std::iter::Peekable<SplitWhitespace<'a>>,
}

impl<'a> Arguments<'a> {
    pub(super) fn new(verb: Verb, rest: &'a str) -> Self {
        Self { verb, words: rest.split_whitespace().peekable() }
    }

    /// What is wrong, and a line that works.
    pub(super) fn misread(&self, problem: &str) -> Misread {
        Misread(format!("{problem}. Example: {}", self.verb.entry().example))
    }

    pub(super) fn next(&mut self) -> Option<&'a str> {
        self.words.next()
    }

    pub(super) fn peek(&mut self) -> Option<&'a str> {
        self.words.peek().copied()
    }

    /// All words that are left, with single spaces; none where there are none.
    pub(super) fn rest(&mut self) -> Option<String> {
        let rest = self.words.by_ref().collect::<Vec<_>>().join(" ");
        (!rest.is_empty()).then_some(rest)
    }

    /// Nothing may be left.
    pub(super) fn end(&mut self) -> Result<(), Misread> {
        match self.words.next() {
            Some(word) => {
                let word = shortened(word);
                Err(self.misread(&format!("“{word}” is more than this command takes")))
            }
            None => Ok(()),
        }
    }

    pub(super) fn needed(&mut self, what: &str) -> Result<&'a str, Misread> {
        self.words.next().ok_or_else(|| self.misread(&format!("Say {what}")))
    }

    /// A whole number within bounds.
    pub(super) fn within(
        &self,
        word: &str,
        bounds: RangeInclusive<u16>,
        what: &str,
    ) -> Result<u16, Misread> {
        let number = word.parse().ok().filter(|number| bounds.contains(number));
        number.ok_or_else(|| {
            let (least, most) = (bounds.start(), bounds.end());
            let word = shortened(word);
            self.misread(&format!("“{word}” is not a number of {what} from {least} to {most}"))
        })
    }

    pub(super) fn choice<T: Copy>(&mut self, known: &[(&str, T)]) -> Result<T, Misread> {
        let names = known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let word = self.needed(&format!("one of {names}"))?;
        let found = known.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
        found
            .map(|(_, value)| *value)
            .ok_or_else(|| self.misread(&format!("“{}” is not one of {names}", shortened(word))))
    }

    pub(super) fn user(&mut self) -> Result<UserId, Misread> {
        let word = self.needed("the numeric id of a person (they see it with /about)")?;
        let id = word.parse().ok().filter(|id| (1..=0xFF_FFFF_FFFF_FFFF).contains(id));
        id.map(UserId).ok_or_else(|| {
            let word = shortened(word);
            self.misread(&format!("“{word}” is not a numeric id; names can be taken by anyone"))
        })
    }

    fn symbol(&self, word: &str) -> Result<Symbol, Misread> {
        let name = word.replace(['/', '-'], "").to_uppercase();
        name.parse()
            .map_err(|_not_a_name| self.misread(&format!("“{}” is not a symbol", shortened(word))))
    }

    /// A symbol, where the next word is not a number.
    pub(super) fn optional_symbol(&mut self) -> Result<Option<Symbol>, Misread> {
        match self.peek() {
            Some(word) if !word.bytes().all(|b| b.is_ascii_digit()) => {
                self.words.next();
                self.symbol(word).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Takes a word as a trader's symbol or interval.
    pub(super) fn pick_with(&self, word: &str, pick: &mut Pick) -> Result<(), Misread> {
        // `1M` is a month, `1m` a minute; `1H` is no other than `1h`.
        let interval = word.parse::<Interval>().or_else(|_| word.to_ascii_lowercase().parse());
        match interval {
            Ok(interval) => pick.interval = Some(interval),
            Err(_) => pick.symbol = Some(self.symbol(word)?),
        }
        Ok(())
    }

    /// A symbol and an interval, each if there.
    pub(super) fn pick(&mut self) -> Result<Pick, Misread> {
        let mut pick = Pick::default();
        while let Some(word) = self.words.next() {
            if !word.eq_ignore_ascii_case("all") {
                self.pick_with(word, &mut pick)?;
            }
        }
        Ok(pick)
    }

    /// A page by its number, counting from 1.
    pub(super) fn page(&mut self) -> Result<Page, Misread> {
        let number = match self.words.next() {
            Some(word) => self.within(word, 1..=10_000, "pages")?,
            None => 1,
        };
        Ok(Page { skip: u32::from(number - 1) * u32::from(PAGE), take: PAGE })
    }

    pub(super) fn range(&mut self, time: &LocalTime) -> Result<Range, Misread> {
        self.range_or(time, time.last_days(1))
    }

    /// `7`, `all`, or `2026-11-01 2026-11-20`.
    pub(super) fn range_or(
        &mut self,
        time: &LocalTime,
        otherwise: Range,
    ) -> Result<Range, Misread> {
        let Some(first) = self.words.next() else { return Ok(otherwise) };
        if first.eq_ignore_ascii_case("all") {
            return Ok(Range::ALL);
        }
        if !first.contains('-') {
            return Ok(time.last_days(self.within(first, 1..=3_650, "days")?));
        }
        let from = self.date(first)?;
        let to = match self.words.next() {
            Some(word) => self.date(word)?,
            None => from,
        };
        if to < from {
            return Err(self.misread(&format!("{to} is before {from}")));
        }
        if time.is_future(from) {
            return Err(self.misread(&format!("{from} is still to come")));
        }
        Ok(time.days(from, to))
    }

    fn date(&self, word: &str) -> Result<jiff::civil::Date, Misread> {
        word.parse().map_err(|_not_a_date| {
            let word = shortened(word);
            self.misread(&format!("“{word}” is not a day such as 2026-11-20"))
        })
    }
}

/// What somebody typed, short enough to be said back.
pub(in crate::chat) fn shortened(word: &str) -> String {
    const MOST: usize = 24;
    if word.chars().count() <= MOST {
        return word.to_owned();
    }
    let head: String = word.chars().take(MOST).collect();
    format!("{head}…")
}
