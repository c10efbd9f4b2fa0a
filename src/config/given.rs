//! A value as it is written: numbers stay text, so that no decimal ever passes through binary
//! floating point.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use heikin_core::num::Rate;
use toml::de::DeValue;

/// A value longer than this is cut in a fault.
const SHOWN: usize = 40;
/// A text without a space that is longer than this may be a key that was pasted into the wrong
/// place: it is not shown.
const SECRET: usize = 32;

/// What stands behind a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given<'a> {
    /// A text, without its quotes.
    Text(Cow<'a, str>),
    /// A number, as it is written.
    Number(Cow<'a, str>),
    /// True or false.
    Flag(bool),
    /// Several values.
    List(Vec<Given<'a>>),
    /// Anything else, by its kind: `a table`, `a date`.
    Other(&'static str),
}

impl<'a> Given<'a> {
    /// A value of a TOML document.
    pub(super) fn from_toml(value: &DeValue<'a>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text.clone()),
            DeValue::Integer(number) => Self::Number(Cow::Owned(number.to_string())),
            DeValue::Float(number) => Self::Number(Cow::Owned(number.as_str().to_owned())),
            DeValue::Boolean(flag) => Self::Flag(*flag),
            DeValue::Datetime(_) => Self::Other("a date"),
            DeValue::Array(values) => {
                Self::List(values.iter().map(|value| Self::from_toml(value.get_ref())).collect())
            }
            DeValue::Table(_) => Self::Other("a table"),
        }
    }

    /// The value, short enough for a sentence, and never one that may be a secret.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) if may_be_secret(text) => "[hidden]".to_owned(),
            Self::Text(text) => serde_json::Value::from(cut(text)).to_string(),
            Self::Number(text) => cut(text).into_owned(),
            Self::Flag(flag) => flag.to_string(),
            Self::List(values) => {
                let shown: Vec<_> = values.iter().take(3).map(Self::shown).collect();
                let more = if values.len() > 3 { ", …" } else { "" };
                format!("[{}{more}]", shown.join(", "))
            }
            Self::Other(kind) => (*kind).to_owned(),
        }
    }

    /// A text, or a number as it is written.
    pub fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) | Self::Number(text) => Ok(text),
            _ => Err("is neither a number nor a text".to_owned()),
        }
    }

    /// A decimal number, or something else that has a text form.
    pub fn number<T>(&self) -> Result<T, String>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        self.text()?.trim().parse().map_err(|error: T::Err| error.to_string())
    }

    /// A whole number.
    pub fn count<T>(&self, range: RangeInclusive<u64>) -> Result<T, String>
    where
        T: TryFrom<u64>,
    {
        let text = self.text()?.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("is not a whole number".to_owned());
        }
        let outside = || "is out of range".to_owned();
        let count: u64 = text.parse().map_err(|_too_long| outside())?;
        if !range.contains(&count) {
            return Err(outside());
        }
        T::try_from(count).map_err(|_too_large| outside())
    }

    /// A percentage up to `most`.
    pub fn percent(&self, most: i64) -> Result<Rate, String> {
        let rate = Rate::from_percent(self.text()?.trim()).map_err(|error| error.to_string())?;
        if rate.units() > Rate::ONE.units() / 100 * most {
            return Err("is out of range".to_owned());
        }
        Ok(rate)
    }

    /// True or false.
    pub fn flag(&self) -> Result<bool, String> {
        match self {
            Self::Flag(flag) => Ok(*flag),
            _ => Err("is neither true nor false".to_owned()),
        }
    }

    /// One of some words.
    pub fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, String> {
        let given = self.text()?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == given) {
            return Ok(*value);
        }
        Err(match nearest(given, words.iter().map(|(word, _)| *word)) {
            Some(word) => format!("is none of its words; did you mean \"{word}\"?"),
            None => "is none of its words".to_owned(),
        })
    }

    /// Several values; a single one is a list of one.
    pub(super) fn list(&self) -> &[Self] {
        match self {
            Self::List(values) => values,
            value => std::slice::from_ref(value),
        }
    }
}

fn may_be_secret(text: &str) -> bool {
    text.len() >= SECRET && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn cut(text: &str) -> Cow<'_, str> {
    if text.chars().count() <= SHOWN {
        return Cow::Borrowed(text);
    }
    let start: String = text.chars().take(SHOWN).collect();
    Cow::Owned(format!("{start}…"))
}

/// The word that was probably meant.
pub fn nearest<'a>(given: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |word: &str| strsim::jaro_winkler(&given.to_ascii_lowercase(), word);
    words
        .map(|word| (word, likeness(word)))
        .filter(|(_, likeness)| *likeness > 0.8)
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(word, _)| word)
}
