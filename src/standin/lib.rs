//! Stand-ins: the outside services besides the exchange, served on the loopback as they are on the
//! wire, so that a whole system runs on one machine: in tests, in the demo, and by hand.
//!
//! | module | holds |
//! |---|---|
//! | [`telegram`] | the Bot API, with people who write and press buttons, and a page that shows the chat |
//! | [`razorpay`] | payment links, payments, refunds, signed webhooks, and a page to pay on |
//! | `server` | a listener on a thread of its own, whose connections may break without an answer |
//! | `clock` | time that can be hurried, held and moved |
//! | `broken`, `rules` | faults: answers that are not given; how often |
//! | `object` | JSON that grows field by field |
//! | `control` | what those ask for who run a stand-in, below `/standin` |
//!
//! Each keeps what it knows in memory and forgets it when it ends. Nothing here is real, so nothing
//! here is secret: tokens and keys are made up. Requests under another name than this machine's are
//! refused, and so are orders that are not JSON: no page of the Web can give any.

mod broken;
mod clock;
mod control;
mod object;
pub mod razorpay;
mod rules;
mod server;
pub mod telegram;

pub use self::clock::ClockRequest;
pub use self::server::StartError;
