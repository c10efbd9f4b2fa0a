//! Razorpay: payment links, webhooks, and what both mean (`reliability.md` of the product's notes has
//! the facts; the API's own pages are at razorpay.com/docs/api).
//!
//! | module | holds |
//! |---|---|
//! | `keys` | the API key, and that it is a test or a live one as the mode asks |
//! | `signature` | HMAC over raw webhook bodies and over the callback's parameters |
//! | `webhook` | a delivery: verified, then read for what it is about, and nothing else kept |
//! | `wire` | what Razorpay sends and is sent |
//! | `client` | one request, one answer, and what that means |
//! | `perform` | the desk's effects carried out |
//!
//! A request is sent once. What became of one without an answer is looked up by our reference, which
//! Razorpay takes only once. Card and bank data are in no type here, so they are never kept.

mod client;
mod keys;
mod perform;
mod signature;
mod webhook;
mod wire;

pub use client::{ApiError, Client, ClientError, Medium, PRODUCTION};
pub use keys::{ApiKeys, ApiKeysError, KeyKind};
pub use perform::perform;
pub use signature::{CallbackParameters, Forged, PREVIOUS_SECRET_LIFE, WebhookSecrets};
pub use webhook::{Deliveries, Delivery, Inbox, InboxError, LARGEST_WEBHOOK, receive};
pub use wire::{WireError, dispute, link, links, payment};
