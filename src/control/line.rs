//! How the line to Telegram stands, for whoever asks how heikin is.

use std::fmt;

use tokio::sync::watch;

use super::Control;

/// How the line to Telegram stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Line {
    /// No bot is configured.
    #[default]
    Off,
    /// Telegram has not answered yet.
    Connecting,
    /// It answers.
    Up {
        /// The bot's name there.
        bot: String,
    },
    /// It does not, or refuses the bot. Trading goes on.
    Down {
        /// What is wrong, and what can be done.
        why: String,
    },
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off: there is no TELEGRAM_BOT_TOKEN"),
            Self::Connecting => f.write_str("no answer yet"),
            Self::Up { bot } => write!(f, "connected as @{bot}"),
            Self::Down { why } => write!(f, "down: {why}"),
        }
    }
}

impl Control {
    /// How the line to Telegram stands.
    pub fn line(&self) -> watch::Receiver<Line> {
        self.shared.line.subscribe()
    }

    /// Notes how the line stands; tells whether that is new.
    pub fn line_is(&self, line: Line) -> bool {
        self.shared.line.send_if_modified(|known| {
            let is_new = *known != line;
            *known = line;
            is_new
        })
    }
}
