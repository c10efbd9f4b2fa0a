//! Data as texts and buttons. Pure: the same data, read by the same person at the same time, give
//! the same message.
//!
//! Every view begins with what matters most, says whose money it is about, and carries the buttons
//! of what comes next. Tables are at most 34 characters wide; figures never break.

mod alerts;
mod billing;
pub(crate) mod buttons;
mod denied;
pub mod figures;
mod guide;
mod health;
mod notify;
mod orders;
mod outcome;
mod people;
mod pictures;
mod positions;
mod recap;
mod results;
mod settings;
mod status;
mod table;
mod why;
pub mod words;

use crate::backend::Role;
use crate::commands::{Entry, Right, Verb};
use crate::local_time::LocalTime;
use crate::message::{Message, Press};

pub use alerts::{LATE, LINES, Missed, alert, heading, is_line, missed};
pub use billing::{bill, payments, plans, subscription};
pub use denied::denied;
pub use guide::{about, help, menu, unclaimed, welcome};
pub use health::{health, logs};
pub use notify::notify;
pub use orders::{fills, open_orders};
pub use outcome::{done, refused};
pub use people::{audit, revenue, users};
pub use pictures::{chart, equity};
pub use positions::{choose_position, positions};
pub use recap::recap;
pub use results::{balance, performance, profit, trades};
pub use settings::{ask_setting, mode, settings, which_setting};
pub use status::status;
pub use table::WIDTH;
pub use why::why;

/// Who reads.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Now, and their zone.
    pub time: LocalTime,
    /// What they may do.
    pub role: Role,
    /// Whether subscriptions are sold here.
    pub is_billing: bool,
}

impl Reader {
    /// Whether they steer the trading.
    pub fn steers(&self) -> bool {
        self.role >= Role::Operator
    }

    /// Whether a command is for them, here.
    pub fn is_offered(&self, entry: &Entry) -> bool {
        entry.right.is_of(self.role) && (self.is_billing || entry.right != Right::Payer)
    }

    /// The message without the buttons that its reader may not press.
    pub fn permit(&self, mut message: Message) -> Message {
        for row in &mut message.buttons {
            row.retain(|button| match &button.press {
                Press::Data(data) => self.may_press(data),
                Press::Url(_) => true,
            });
        }
        message.buttons.retain(|row| !row.is_empty());
        message
    }

    fn may_press(&self, data: &str) -> bool {
        let line = data.strip_prefix(buttons::ANEW).unwrap_or(data);
        let name = line.strip_prefix('/').and_then(|line| line.split(' ').next());
        // What confirms or cancels was made for this reader.
        name.is_none_or(|name| Verb::named(name).is_some_and(|verb| self.is_offered(verb.entry())))
    }

    /// Whether they see all of the trading.
    pub fn views(&self) -> bool {
        self.role >= Role::Viewer
    }
}
