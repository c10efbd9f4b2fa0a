//! The end of the log. It never holds a secret: what writes it takes them out.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use heikin_bot::backend::{BackendError, LogLevel, LogLine, Logs};
use heikin_core::time::Timestamp;

use crate::config::{LogFormat, LogSettings};

/// So much of the end of the file is looked through.
const WINDOW: u64 = 512 << 10;
/// What is longer is cut: a line is shown on a phone.
const LONGEST: usize = 300;

pub(super) fn logs(
    settings: &LogSettings,
    lines: u16,
    level: LogLevel,
) -> Result<Logs, BackendError> {
    let path = settings.folder.join("heikin.log");
    let text = match end_of(&path) {
        Ok(text) => text,
        // Nothing was logged yet.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => {
            let what = format!("log that can be read: {}: {error}", path.display());
            return Err(BackendError::NotFound { what });
        }
    };
    let read: fn(&str) -> Option<LogLine> = match settings.format {
        LogFormat::Text => of_text,
        LogFormat::Json => of_json,
    };
    let mut last = VecDeque::new();
    for line in text.lines().filter_map(read).filter(|line| line.level >= level) {
        last.push_back(line);
        if last.len() > usize::from(lines) {
            last.pop_front();
        }
    }
    Ok(Logs { lines: last.into() })
}

/// The last whole lines of a file.
fn end_of(path: &Path) -> std::io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let from = length.saturating_sub(WINDOW);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(WINDOW).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    // The first line may be cut in the middle.
    let begin = if from == 0 { 0 } else { text.find('\n').map_or(text.len(), |end| end + 1) };
    Ok(text.get(begin..).unwrap_or_default().to_owned())
}

fn level(word: &str) -> Option<LogLevel> {
    match word {
        "ERROR" => Some(LogLevel::Error),
        "WARN" => Some(LogLevel::Warn),
        "INFO" => Some(LogLevel::Info),
        _ => None,
    }
}

fn time(word: &str) -> Option<Timestamp> {
    let at: jiff::Timestamp = word.parse().ok()?;
    Some(Timestamp::from_millis(at.as_millisecond()))
}

fn cut(message: &str) -> String {
    match message.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()),
        None => message.to_owned(),
    }
}

/// `2026-01-05T22:45:00.123456Z  INFO alert: started`
fn of_text(line: &str) -> Option<LogLine> {
    let (at, rest) = line.trim_start().split_once(' ')?;
    let (word, message) = rest.trim_start().split_once(' ')?;
    Some(LogLine { at: time(at)?, level: level(word)?, message: cut(message.trim()) })
}

fn of_json(line: &str) -> Option<LogLine> {
    let event: serde_json::Value = serde_json::from_str(line).ok()?;
    let field = |name: &str| event.get(name).and_then(serde_json::Value::as_str);
    let message = field("message").unwrap_or_default();
    let message =
        field("who").map_or_else(|| message.to_owned(), |who| format!("{who}: {message}"));
    Some(LogLine {
        at: time(field("timestamp")?)?,
        level: level(field("level")?)?,
        message: cut(&message),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let text = of_text("2026-01-05T22:45:00.123456Z  WARN engine: who=\"BTCUSDT 1h\" denied");
        let json = of_json(
            r#"{"timestamp":"2026-01-05T22:45:00.123456Z","level":"WARN","message":"denied","who":"BTCUSDT 1h"}"#,
        );
        let (text, json) = (text.unwrap(), json.unwrap());
        assert_eq!(text.at, Timestamp::from_millis(1_767_653_100_123));
        assert_eq!((text.at, text.level), (json.at, LogLevel::Warn));
        assert_eq!(text.message, "engine: who=\"BTCUSDT 1h\" denied");
        assert_eq!(json.message, "BTCUSDT 1h: denied");
        assert_eq!(of_text("  a line of a panic, without a head"), None);
    }
}
