//! Razorpay's payment links on the loopback (`razorpay.com/docs/api/payments/payment-links`), and the
//! people who pay.
//!
//! [`RazorpayStandin`] serves payment links, payments and refunds below `/v1` to whoever has the key;
//! a page for each link, with a button to pay; and signed events to whoever listens. A payer who has
//! paid is sent to the link's `callback_url` with a signature in the address.
//!
//! | module | holds |
//! |---|---|
//! | `world` | everything it knows, and what money does to it |
//! | `link`, `payment` | what there is, as it is on the wire |
//! | `api` | what a merchant's side may ask |
//! | `webhooks` | events, and how often they are sent |
//! | `signature`, `error` | HMAC and ids; what is refused |
//! | `hands` | what people do |
//! | `faults` | what goes wrong |
//! | `service`, `page` | the wire, and what a payer's browser shows |
//!
//! # Orders (JSON; `content-type: application/json`)
//!
//! | request | what it does |
//! |---|---|
//! | `POST /standin/do` | what a person does: a [`Hands`], such as `{"do":"pay","link":"plink_…"}` |
//! | `POST /standin/faults` | switches faults on: a [`FaultRequest`] or several |
//! | `POST /standin/clock` | hurries, holds or moves the clock: a [`ClockRequest`] |
//! | `GET /standin/state` | links, payments, refunds, events with every delivery, counters; it waits for news with `after=<revision>&wait=<seconds>` |
//! | `GET /standin/events/<id>` | the body of an event |
//!
//! # Faults
//!
//! | kind | what happens |
//! |---|---|
//! | `lost_before`, `lost_after` | the connection breaks before, or after, the request is carried out |
//! | `timeout_before`, `timeout_after` | it breaks after `seconds` (60) of silence |
//! | `error_before`, `error_after` | an error with `status` (500) is answered instead |
//! | `html_before`, `html_after` | a page of HTML with `status` (502) |
//! | `link_lag` | for `seconds` after a payment, its link does not show it |
//! | `events_lost`, `events_again` | an event never arrives; it arrives twice |
//! | `events_late`, `events_reordered` | up to `seconds` later; after the next one |
//! | `events_forged` | something like it comes first from somebody who does not know the secret |
//! | `clear` | all of these are off |
//!
//! # Two kinds of time
//!
//! Expiry, late payments and tries of deliveries go by the stand-in's clock. Connections live in real
//! time: an event must be answered within five real seconds.
//!
//! # What it does not do
//!
//! UPI links, subscriptions, settlements, changing a link (`PATCH`). Events go to one listener, on
//! this machine. It keeps all links and payments for as long as it runs.

mod api;
mod error;
mod faults;
mod hands;
mod link;
mod page;
mod payment;
mod service;
mod signature;
mod webhooks;
mod world;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use secrecy::SecretString;
use serde_json::Value;

pub use self::faults::FaultRequest;
pub use self::hands::{Hands, Outcome, Pay};
pub use self::payment::Method;
pub use self::webhooks::Hook;

use self::service::Shared;
use self::world::World;
use super::clock::ClockRequest;
use super::server::{Server, StartError};

/// Everything that a stand-in is made of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where it listens: an address of the loopback. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// The id of the only key; it begins with `rzp_test_`, unless live keys are to be tried.
    pub key_id: String,
    /// Its secret.
    pub key_secret: SecretString,
    /// Who listens to events.
    pub hook: Option<Hook>,
    /// What the merchant is called.
    pub merchant: String,
    /// So many seconds of its clock pass in a real one; 0 holds it.
    pub speed: u32,
    /// Where ids and the chance of faults come from.
    pub seed: u64,
}

impl Default for Settings {
    /// A test key, on a free port; nobody listens.
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            key_id: "rzp_test_Standin00000001".to_owned(),
            key_secret: "a-secret-of-the-stand-in".into(),
            hook: None,
            merchant: "heikin".to_owned(),
            speed: 1,
            seed: 1,
        }
    }
}

/// Events are sent to this machine alone.
fn check_hook(hook: &Hook) -> Result<(), String> {
    let url = Url::parse(&hook.url).map_err(|error| format!("{}: {error}", hook.url))?;
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() == "http" && is_here {
        return Ok(());
    }
    Err(format!(
        "{}: events are sent to this machine alone, such as http://127.0.0.1:8080/",
        hook.url
    ))
}

/// A stand-in that accepts connections, on a thread of its own. It ends when this is dropped.
#[derive(Debug)]
pub struct RazorpayStandin {
    server: Server,
    shared: Arc<Shared>,
}

impl RazorpayStandin {
    /// Starts a stand-in. It accepts connections when this returns.
    ///
    /// # Errors
    ///
    /// Where the address is not of the loopback or cannot be listened on, or the listener is not on
    /// this machine.
    pub fn start(settings: &Settings) -> Result<Self, StartError> {
        settings.hook.as_ref().map_or(Ok(()), check_hook).map_err(StartError::Setting)?;
        // No redirect is followed and no proxy asked: events are for one address.
        let client = Client::builder().no_proxy().redirect(Policy::none()).build();
        let client = client.map_err(|error| StartError::Setting(error.to_string()))?;
        let mut shared = None;
        let server = Server::start("razorpay-standin", settings.listen, |address| {
            let world = World::new(settings, format!("http://{address}"));
            Arc::clone(shared.insert(Arc::new(Shared::new(world, client))))
        })?;
        let gone = || StartError::Setting("it has not started".to_owned());
        Ok(Self { server, shared: shared.ok_or_else(gone)? })
    }

    /// The base address of the API: what stands before `/v1`.
    pub fn api_url(&self) -> String {
        self.server.url()
    }

    /// The address of the list of links.
    pub fn page(&self) -> String {
        format!("{}/", self.server.url())
    }

    /// Does what a person does. What it answers is what `POST /standin/do` answers.
    ///
    /// # Errors
    ///
    /// Where that cannot be done, such as paying a link that there is not.
    pub fn act(&self, hands: Hands) -> Result<Value, String> {
        self.shared.change(|world| world.use_hands(hands))
    }

    /// Switches faults on.
    ///
    /// # Errors
    ///
    /// Where one of them is none.
    pub fn fault(&self, faults: &[FaultRequest]) -> Result<(), String> {
        self.shared.change(|world| world.apply_faults(faults))
    }

    /// Hurries, holds or moves the clock; what is due then has happened when this returns.
    ///
    /// # Errors
    ///
    /// Where the speed is beyond reason.
    pub fn set_clock(&self, request: ClockRequest) -> Result<(), String> {
        self.shared.set_clock(request)
    }

    /// Links, payments, refunds, events, counters, as `GET /standin/state` tells them.
    pub fn state(&self) -> Value {
        self.shared.change_silently(|world| world.state())
    }

    /// Waits until the state is as wanted, and returns it; none where it is not after so long.
    pub async fn state_when(
        &self,
        longest: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Option<Value> {
        let waiting = async {
            loop {
                let state = self.state();
                if wanted(&state) {
                    return state;
                }
                let seen = state.get("revision").and_then(Value::as_u64).unwrap_or(0);
                self.shared.newer_than(seen).await;
            }
        };
        tokio::time::timeout(longest, waiting).await.ok()
    }
}
