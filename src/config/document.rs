//! A TOML text as a list of keys, each with its place: tables are told by the names of their keys,
//! `[trader.entry]` with `limit_offset` as `entry.limit_offset` of that trader.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Fault, Place};
use super::given::Given;

/// The tables that may be there several times.
const TRADER: &str = "trader";
const PLAN: &str = "plan";

/// A table of which there may be several: the line where it begins, and what it holds.
type Repeated<'a> = (usize, Vec<Entry<'a>>);

/// One key and its value.
#[derive(Debug, Clone)]
pub(super) struct Entry<'a> {
    pub(super) name: String,
    pub(super) given: Given<'a>,
    pub(super) line: usize,
}

/// What a text holds.
#[derive(Debug, Default)]
pub(super) struct Document<'a> {
    /// Every key but those of traders and plans.
    pub(super) entries: Vec<Entry<'a>>,
    /// The traders, each with the line where it begins.
    pub(super) traders: Vec<Repeated<'a>>,
    /// The plans, likewise.
    pub(super) plans: Vec<Repeated<'a>>,
}

impl<'a> Document<'a> {
    /// Reads a text. What cannot be read as TOML is told line by line; then nothing else is, for
    /// it would be told of what was not meant.
    pub(super) fn parse(text: &'a str, file: &str) -> Result<Self, Vec<Fault>> {
        let (table, errors) = DeTable::parse_recoverable(text);
        let lines = Lines(text);
        let mut faults: Vec<Fault> =
            errors.iter().map(|error| not_toml(error, &lines, file)).collect();
        faults.dedup_by(|next, first| next.place == first.place);
        if !faults.is_empty() {
            return Err(faults);
        }
        let mut document = Self::default();
        for (key, value) in table.get_ref() {
            match value.get_ref() {
                DeValue::Array(traders) if key.get_ref() == TRADER => {
                    for trader in traders {
                        let read = document.repeated(TRADER, trader, &lines);
                        document.traders.extend(read);
                    }
                }
                DeValue::Array(plans) if key.get_ref() == PLAN => {
                    for plan in plans {
                        let read = document.repeated(PLAN, plan, &lines);
                        document.plans.extend(read);
                    }
                }
                _ => walk("", key, value, &lines, &mut document.entries),
            }
        }
        document.entries.sort_by_key(|entry| entry.line);
        Ok(document)
    }

    /// A table of which there may be several; anything else is noted as a key of that name.
    fn repeated(
        &mut self,
        name: &str,
        value: &Spanned<DeValue<'a>>,
        lines: &Lines<'a>,
    ) -> Option<Repeated<'a>> {
        let line = lines.at(value.span().start);
        let DeValue::Table(table) = value.get_ref() else {
            let given = Given::from_toml(value.get_ref());
            self.entries.push(Entry { name: name.to_owned(), given, line });
            return None;
        };
        let mut entries = Vec::new();
        for (key, value) in table {
            walk("", key, value, lines, &mut entries);
        }
        entries.sort_by_key(|entry| entry.line);
        Some((line, entries))
    }
}

fn walk<'a>(
    above: &str,
    key: &Spanned<std::borrow::Cow<'a, str>>,
    value: &Spanned<DeValue<'a>>,
    lines: &Lines<'a>,
    entries: &mut Vec<Entry<'a>>,
) {
    let dot = if above.is_empty() { "" } else { "." };
    let name = format!("{above}{dot}{}", key.get_ref());
    match value.get_ref() {
        DeValue::Table(table) if !table.is_empty() => {
            for (key, value) in table {
                walk(&name, key, value, lines, entries);
            }
        }
        // An empty section says nothing, and is no fault where the section is known.
        plain => {
            let line = lines.at(key.span().start);
            entries.push(Entry { name, given: Given::from_toml(plain), line });
        }
    }
}

fn not_toml(error: &toml::de::Error, lines: &Lines<'_>, file: &str) -> Fault {
    let line = error.span().map(|span| lines.at(span.start));
    let text = line.map_or("", |line| lines.text(line)).trim();
    // Only what stands before the `=`: behind it there may be a secret.
    let (key, value) = match text.split_once('=') {
        Some((key, value)) => (key.trim(), value.trim()),
        None => (text, ""),
    };
    let is_key = |key: &str| !key.is_empty() && key.len() <= 60 && !key.contains(char::is_control);
    let hidden = Given::Text(value.trim_matches(['"', '\'']).into()).shown();
    let what = error.message().lines().next().unwrap_or_default().trim().to_owned();
    let remedy = if what.contains("duplicate") {
        "It is there already. Leave one out."
    } else {
        "Mend the line: key = \"text\", key = 1.5 or key = true, below a [section]."
    };
    Fault {
        place: Place::File { file: file.to_owned(), line },
        key: if is_key(key) { key.to_owned() } else { "this line".to_owned() },
        value: (!value.is_empty()).then_some(hidden),
        what: format!("is not TOML ({what})"),
        remedy: remedy.to_owned(),
    }
}

/// Where the lines of a text are.
pub(super) struct Lines<'a>(pub(super) &'a str);

impl<'a> Lines<'a> {
    /// The line of a byte, counted from 1.
    pub(super) fn at(&self, offset: usize) -> usize {
        1 + self.0.bytes().take(offset).filter(|&byte| byte == b'\n').count()
    }

    fn text(&self, line: usize) -> &'a str {
        self.0.lines().nth(line.saturating_sub(1)).unwrap_or_default()
    }
}
