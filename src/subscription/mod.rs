//! Access that people pay for. Off unless plans are configured.
//!
//! The idea: everything that is known of a person is a set of recorded events, and access is worked
//! out from that set and the time, in one place. A webhook, a poll and `/verify` are only reasons to
//! ask the payment provider how a link stands; what it answers is compared with what was asked, to
//! the paisa, and recorded once. So it does not matter which of them comes first, how often, or in
//! which order.
//!
//! ```text
//!          asked for a link          captured, matches            time             time
//!  None ────────────────▶ Pending ────────────────▶ Active ──────────▶ Grace ──────────▶ Suspended
//!                                                     │ refund, charge-back lost
//!                         (an operator: Granted)      └─────────────▶ Refunded
//! ```
//!
//! | module | holds |
//! |---|---|
//! | `paise`, `plan`, `bill`, `ids` | money, what is on offer, what it costs, names |
//! | [`event`] | what is recorded |
//! | [`account`], `view` | the fold of a person's events; what follows from it at a moment |
//! | [`standing`], [`access`] | the states and what may follow on what; whether access is open |
//! | [`provider`], [`matching`] | what a provider says; what that is worth |
//! | [`schedule`] | when the provider is asked |
//! | [`desk`] | all of it together: questions in, events and effects out |
//! | [`books`] | what is kept of the record, and for how long |
//! | [`statement`] | what a person paid and got back, adding up to the paisa |
//! | [`history`] | a person's purchases, and how far each has come |
//! | [`contact`] | name, email and phone: validated |
//! | [`razorpay`] | the provider: client, webhooks, wire |
//!
//! All but `razorpay` is pure: no clock, no chance, no I/O.
//!
//! What holds, and is tested:
//! - Access is open only by a captured payment that matches what was asked and did not go back, or by
//!   a recorded grant.
//! - A payment is good for one cycle, once. A link's end never undoes a payment.
//! - A transition is an event with its cause.
//! - A clock that is set back opens nothing.
//! - Nothing here reaches an order or a position.

pub mod access;
pub mod account;
mod bill;
pub mod books;
pub mod contact;
pub mod desk;
pub mod event;
mod hex;
pub mod history;
mod ids;
pub mod matching;
mod paise;
mod plan;
pub mod provider;
pub mod razorpay;
pub mod schedule;
pub mod standing;
pub mod statement;
mod view;

pub use bill::{Bill, BillLine, Item};
pub use ids::{
    DeliveryId, DisputeId, GrantId, IdError, LinkId, PaymentId, PersonId, PlanId, Reference,
};
pub use paise::{Paise, PaiseError};
pub use plan::{Plan, PlanError, PlanTerms, Terms};
pub use view::DueReminder;
