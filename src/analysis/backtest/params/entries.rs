//! The entries of the JSON object, as they are written: numbers stay text, so that no decimal ever
//! passes through binary floating point, and a key that is there twice is there twice.

use std::borrow::Cow;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use heikin_core::num::Rate;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::fault::Fault;

/// A value longer than this is cut in a fault.
const SHOWN: usize = 40;

/// One key and its value.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: String,
    /// The value as it is written.
    pub(super) raw: &'a str,
    /// Where the value stands, counted from 1.
    pub(super) line: usize,
}

/// Every entry, in the order of the text.
pub(super) fn entries(text: &str) -> Result<Vec<Entry<'_>>, Fault> {
    if text.trim().is_empty() {
        return Err(Fault::absent("the file is empty. It must hold a JSON object.".to_owned()));
    }
    let Entries(entries) = serde_json::from_str(text).map_err(|error| not_json(&error))?;
    // The values borrow from `text`, so the place of one is the distance of the two.
    let line_of = |raw: &str| {
        let offset = raw.as_ptr().addr() - text.as_ptr().addr();
        1 + text.bytes().take(offset).filter(|&byte| byte == b'\n').count()
    };
    let entry = |key, raw| Entry { key, raw, line: line_of(raw) };
    Ok(entries.into_iter().map(|(key, raw)| entry(key, raw.get())).collect())
}

fn not_json(error: &serde_json::Error) -> Fault {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let text = if error.is_data() {
        format!("this is no JSON object ({what}). Write {{ \"key\": value, … }}.")
    } else {
        format!("column {}: this is not JSON ({what}). Mend it there.", error.column())
    };
    Fault::at(error.line(), text)
}

struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object)
    }
}

struct Object;

impl<'de> Visitor<'de> for Object {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

impl Entry<'_> {
    /// The value, short enough for a sentence.
    pub(super) fn shown(&self) -> Cow<'_, str> {
        if self.raw.chars().count() <= SHOWN {
            return Cow::Borrowed(self.raw);
        }
        let start: String = self.raw.chars().take(SHOWN).collect();
        Cow::Owned(format!("{start}…"))
    }

    /// A text, or a number as it is written.
    pub(super) fn text(&self) -> Result<Cow<'_, str>, String> {
        match self.raw.bytes().next() {
            Some(b'"') => {
                serde_json::from_str(self.raw).map(Cow::Owned).map_err(|error| error.to_string())
            }
            Some(b'-' | b'0'..=b'9') => Ok(Cow::Borrowed(self.raw)),
            _ => Err("is neither a number nor a text".to_owned()),
        }
    }

    /// A decimal number.
    pub(super) fn number<T>(&self) -> Result<T, String>
    where
        T: FromStr,
        T::Err: fmt::Display,
    {
        self.text()?.trim().parse().map_err(|error: T::Err| error.to_string())
    }

    /// A whole number.
    pub(super) fn count<T>(&self, range: RangeInclusive<u64>) -> Result<T, String>
    where
        T: TryFrom<u64>,
    {
        let text = self.text()?;
        let text = text.trim();
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
    pub(super) fn percent(&self, most: i64) -> Result<Rate, String> {
        let rate = Rate::from_percent(self.text()?.trim()).map_err(|error| error.to_string())?;
        if rate.units() > Rate::ONE.units() / 100 * most {
            return Err("is out of range".to_owned());
        }
        Ok(rate)
    }

    /// True or false.
    pub(super) fn flag(&self) -> Result<bool, String> {
        match self.raw {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err("is neither true nor false".to_owned()),
        }
    }

    /// One of some words.
    pub(super) fn word<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, String> {
        let given = self.text()?;
        if let Some((_, value)) = words.iter().find(|(word, _)| *word == given) {
            return Ok(*value);
        }
        Err(match nearest(&given, words.iter().map(|(word, _)| *word)) {
            Some(word) => format!("is none of its words; did you mean \"{word}\"?"),
            None => "is none of its words".to_owned(),
        })
    }
}

/// The word that was probably meant.
pub(super) fn nearest<'a>(given: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness = |word: &str| strsim::jaro_winkler(&given.to_ascii_lowercase(), word);
    words
        .map(|word| (word, likeness(word)))
        .filter(|(_, likeness)| *likeness > 0.8)
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
        .map(|(word, _)| word)
}
