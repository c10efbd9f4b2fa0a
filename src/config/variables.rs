//! The environment of the process, and the file `.env` beside `heikin.toml`.
//!
//! `.env` holds lines `NAME=value`, `NAME="value"` or `NAME='value'`, with or without `export`,
//! and comments on lines of their own. Nothing is expanded: a `$` in a password is a `$`.

use std::collections::BTreeMap;

use super::fault::{Fault, Place};
use super::given::{Given, nearest};

/// The variables that are no secrets.
pub(super) const PLAIN: [&str; 2] = ["MODE", "HEIKIN_LOG"];

/// The variables that are. Each may also be given as `NAME_FILE`, the path of a file that holds it.
pub(super) const SECRETS: [&str; 14] = [
    "BINANCE_API_KEY",
    "BINANCE_API_SECRET",
    "BINANCE_TESTNET_API_KEY",
    "BINANCE_TESTNET_API_SECRET",
    "TELEGRAM_BOT_TOKEN",
    "RAZORPAY_KEY_ID",
    "RAZORPAY_KEY_SECRET",
    "RAZORPAY_WEBHOOK_SECRET",
    "RAZORPAY_WEBHOOK_SECRET_PREVIOUS",
    "WEBHOOK_SECRET_KEY",
    "DASHBOARD_PASSWORD",
    "HEIKIN_CHAT_PIN",
    "HEIKIN_BACKEND_TOKEN",
    "HEIKIN_PING_URL",
];

/// How the variable of an API token begins; its name in capitals follows, with `_` for `-`. It may
/// be given as `…_FILE` as well.
pub(super) const API_TOKEN: &str = "HEIKIN_API_TOKEN_";

/// The variable of an API token.
pub(super) fn of_token(name: &str) -> String {
    format!("{API_TOKEN}{}", name.to_ascii_uppercase().replace('-', "_"))
}

/// Whether a name is that of an API token's variable, or of its file.
pub(super) fn is_of_token(name: &str) -> bool {
    name.strip_prefix(API_TOKEN).is_some_and(|rest| !rest.is_empty())
}

/// Every name that heikin reads, but for those of API tokens.
pub(super) fn names() -> impl Iterator<Item = String> {
    let files = SECRETS.iter().map(|name| format!("{name}_FILE"));
    PLAIN.iter().chain(&SECRETS).map(|name| (*name).to_owned()).chain(files)
}

/// What the environment says, of what heikin reads; taken once, at the start.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The environment of this process.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .filter(|(name, _)| is_of_token(name) || names().any(|known| known == *name))
            .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
            .collect()
    }

    /// The names of API tokens' variables.
    pub(super) fn of_tokens(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str).filter(|name| is_of_token(name))
    }

    /// The value of a variable; an empty one is as good as none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// Values are not shown: most of them are secrets.
impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// One variable of `.env`.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) value: String,
    pub(super) line: usize,
}

/// What `.env` says.
#[derive(Debug, Default)]
pub(super) struct EnvFile {
    pub(super) lines: BTreeMap<String, Line>,
    /// Names that heikin does not read.
    pub(super) unknown: Vec<String>,
}

/// Reads the text of `.env`. No value is ever part of a fault.
pub(super) fn parse(text: &str, file: &str) -> (EnvFile, Vec<Fault>) {
    let mut found = EnvFile::default();
    let mut faults = Vec::new();
    for (index, raw) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let line = index + 1;
        let trimmed = raw.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let mut fault = |key: &str, what: String, remedy: &str| {
            let place = Place::File { file: file.to_owned(), line: Some(line) };
            let (key, remedy) = (key.to_owned(), remedy.to_owned());
            faults.push(Fault { place, key, value: None, what, remedy });
        };
        let (name, value) = match assignment(trimmed) {
            Ok(pair) => pair,
            Err((key, what)) => {
                fault(key, what.to_owned(), "Write NAME=value, one on a line.");
                continue;
            }
        };
        if is_of_token(name) || names().any(|known| known == name) {
            if let Some(before) = found.lines.get(name) {
                let what = format!("is there already, on line {}", before.line);
                fault(name, what, "Leave one out.");
                continue;
            }
            found.lines.insert(name.to_owned(), Line { value: value.to_owned(), line });
        } else if let Some(meant) = meant(name) {
            let what = format!("is no name that heikin reads; did you mean \"{meant}\"?");
            fault(name, what, "Correct the name, or leave the line out.");
        } else {
            found.unknown.push(name.to_owned());
        }
    }
    (found, faults)
}

/// The name that was probably meant: much alike, and not a name of something else.
fn meant(name: &str) -> Option<String> {
    let upper = name.to_ascii_uppercase();
    if let Some(known) = names().find(|known| *known == upper) {
        return Some(known);
    }
    let all: Vec<String> = names().collect();
    let lower: Vec<String> = all.iter().map(|name| name.to_ascii_lowercase()).collect();
    let found = nearest(name, lower.iter().map(String::as_str))?.to_owned();
    (strsim::damerau_levenshtein(&found, &name.to_ascii_lowercase()) <= 3)
        .then(|| found.to_ascii_uppercase())
}

type Refused<'a> = (&'a str, &'static str);

/// The name and the value of a line.
fn assignment(line: &str) -> Result<(&str, &str), Refused<'_>> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let Some((name, value)) = line.split_once('=') else {
        return Err(("this line", "has no `=`"));
    };
    let name = name.trim();
    let is_name = |name: &str| {
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && !name.is_empty()
    };
    if !is_name(name) || name.len() > 60 {
        return Err(("this line", "does not begin with a name"));
    }
    let value = value.trim();
    if value.contains(char::is_control) {
        return Err((name, "has a control character in its value"));
    }
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote) {
            return match inner.strip_suffix(quote) {
                Some(inner) if !inner.contains(quote) => Ok((name, inner)),
                Some(_) => Err((name, "has quotes inside quotes")),
                None => Err((name, "has a quote that is not closed at the end of its line")),
            };
        }
    }
    // ` #` behind a value is a comment for some readers and part of the value for others.
    if value.contains(" #") || value.contains("\t#") {
        return Err((name, "has ` #` behind its value, which may be a comment or part of it"));
    }
    Ok((name, value))
}

/// A value of the environment, to be read as one of `heikin.toml` is.
pub(super) fn given(value: &str) -> Given<'_> {
    Given::Text(value.trim().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_they_stand() {
        let text = "\u{feff}# comment\n\nMODE=paper\nexport BINANCE_API_KEY = \"a b$c\"\n\
                    DASHBOARD_PASSWORD='p#w=1'\nSOMETHING_ELSE=1\nHEIKIN_LOG=\n";
        let (found, faults) = parse(text, ".env");
        assert_eq!(faults, []);
        let values: Vec<_> =
            found.lines.iter().map(|(name, line)| (name.as_str(), &*line.value)).collect();
        assert_eq!(
            values,
            [
                ("BINANCE_API_KEY", "a b$c"),
                ("DASHBOARD_PASSWORD", "p#w=1"),
                ("HEIKIN_LOG", ""),
                ("MODE", "paper"),
            ]
        );
        assert_eq!(found.unknown, ["SOMETHING_ELSE"]);
    }

    #[test]
    fn what_is_no_assignment_is_refused_without_its_value() {
        for (text, key) in [
            ("hunter2hunter2", "this line"),
            ("=hunter2", "this line"),
            ("A B=hunter2", "this line"),
            ("MODE=\"hunter2", "MODE"),
            ("MODE='hunter2' x", "MODE"),
            ("MODE='hun'ter2'", "MODE"),
            ("MODE=hunter2 # live", "MODE"),
            ("MODE=paper\nMODE=hunter2", "MODE"),
            ("BINANCE_API_SECERT=hunter2", "BINANCE_API_SECERT"),
            ("mode=hunter2", "mode"),
        ] {
            let (_, faults) = parse(text, ".env");
            assert_eq!(faults.len(), 1, "{text}");
            let told = faults[0].to_string();
            assert!(told.contains(key) && !told.contains("hunter2"), "{told}");
        }
    }
}
