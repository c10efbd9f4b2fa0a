//! Binance Spot on the loopback: what it says on the wire, from candles at hand.
//!
//! [`Simulator`] serves REST below `/api/v3`, market streams, the WebSocket API and user events, as
//! the documents of `binance-spot-api-docs` describe them, to any client. Orders fill by the model of
//! `heikin_core::matching`, the one of backtest and demo. Its price follows candles that it is given,
//! or a [`market`] made up from a seed.
//!
//! | module | holds |
//! |---|---|
//! | `world`, `feed` | markets, accounts, orders; candles and the price that walks along them |
//! | `operation`, `perform` | one table of what can be asked; checks in the exchange's order |
//! | `params`, `requests`, `signature`, `limits`, `error` | what those checks look at |
//! | `placement`, `account`, `market_data`, `rules`, `records` | answers |
//! | `user_events`, `hub`, `stream` | what is told without being asked |
//! | `rest`, `socket`, `market_connection`, `api_connection`, `server` | the wire |
//! | `drive`, `lockstep` | who moves the clock |
//! | `faults`, `control` | what only those ask for who run the simulator, below `/simulator` |
//!
//! # Two kinds of time
//!
//! In [`Pace::Lockstep`] the clock stands still, and moves from one stop of the matching to the next
//! when it is told to. At each it sends frames and then a barrier `{"e":"lockstep","n":…}`, and waits
//! until the client has posted `{"applied":n,"in_flight":0}` to `/simulator/lockstep`. A request that
//! changes orders is answered after its events were applied. So the same candles give the same trades
//! as a backtest, over real sockets. In [`Pace::Scaled`] time runs, and clients that know nothing of
//! all this are served.
//!
//! # Faults (`POST /simulator/faults`)
//!
//! | kind | what happens |
//! |---|---|
//! | `lost_before`, `lost_after` | the connection breaks before, or after, the request is carried out |
//! | `error_before`, `error_after` | an error `code` (with `status`) is answered instead |
//! | `html_before`, `html_after` | a page of HTML with `status` (502) |
//! | `garbled_before`, `garbled_after` | a success whose body is no answer, of `shape` |
//! | `too_many_requests`, `ban`, `too_many_orders` | 429 or 418 for `seconds`; `-1015` |
//! | `clock_skew`, `query_lag` | by `millis`, until changed |
//! | `events_dropped`, `events_duplicated`, `events_late`, `events_reordered` | of accounts |
//! | `stream_stall`, `disconnect`, `server_shutdown`, `malformed_frame` | `connections`, `shape` |
//! | `user_stream_terminated` | the subscriptions of `key` end |
//! | `partial_fill`, `expire` | of `order_id`; `quantity`, `reason` |
//! | `filters`, `symbol_status`, `correct_candle` | of `symbol` |
//! | `commission_asset` | fees are taken in `asset` at `price` |
//! | `new_address` | the request weight used so far counts no more |
//! | `revoke_key`, `restore_key` | of `key` |
//! | `clear` | all rules are off, and what was held back is sent |
//!
//! # What it does not do
//!
//! There is no book: the market takes what an order offers, so icebergs are ordinary orders and
//! accounts never meet each other. Take-profit, trailing and pegged orders, amendments and lists other
//! than OCO are refused with the documented errors. Volumes in quote, numbers of trades and takers'
//! shares are made up: candles do not tell them. Everything it knows of orders it keeps, for as long
//! as it runs.

mod account;
mod api_connection;
mod control;
mod drive;
mod error;
mod faults;
mod feed;
mod hub;
mod limits;
mod lockstep;
pub mod market;
mod market_connection;
mod market_data;
mod operation;
mod params;
mod perform;
mod placement;
mod records;
mod requests;
mod rest;
mod rules;
mod server;
mod settings;
mod signature;
mod socket;
mod stream;
mod user_events;
mod world;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread::JoinHandle;

use heikin_core::market::{Candle, Symbol};
use heikin_core::time::{Interval, Timestamp};
use serde_json::Value;
use tokio::runtime::Builder;
use tokio::sync::{mpsc, oneshot};
use tokio::task::LocalSet;

pub use self::control::Hands;
pub use self::drive::{Distance, Standing};
pub use self::faults::FaultRequest;
pub use self::settings::{
    AccountSettings, CandleSource, Grid, KeyPermissions, ListedMarket, Pace, RateLimits, Settings,
    usual_rules,
};

use self::drive::Shared;
use self::world::World;

/// Why a simulator does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It is for this machine alone.
    #[error("{0} is not an address of the loopback, such as 127.0.0.1:0")]
    NotLoopback(SocketAddr),
    /// The address is taken, or the system has no more of something.
    #[error("{address}: {error}. Give another address; port 0 takes a free one")]
    Io {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
}

/// A simulated exchange that accepts connections, on a thread of its own. It ends when this is
/// dropped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Simulator {
    /// Starts an exchange. It accepts connections when this returns.
    ///
    /// # Errors
    ///
    /// Where the address is not of the loopback, or cannot be listened on.
    pub fn start(settings: Settings) -> Result<Self, StartError> {
        let address = settings.listen;
        if !address.ip().is_loopback() {
            return Err(StartError::NotLoopback(address));
        }
        let fails = |error| StartError::Io { address, error };
        let (steps, wanted) = mpsc::channel(16);
        let listener = server::bind(address).map_err(fails)?;
        let address = listener.local_addr().map_err(fails)?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(fails)?;
        let pace = settings.pace;
        let (stop, stopped) = oneshot::channel();
        let (ready, started) = sync_channel(1);
        let name = "exchange-sim".to_owned();
        let thread = std::thread::Builder::new().name(name).spawn(move || {
            // The clock begins when connections are accepted.
            let shared = {
                let _inside = runtime.enter();
                Arc::new(Shared::new(World::new(settings), steps))
            };
            if ready.send(Arc::clone(&shared)).is_err() {
                return;
            }
            let local = LocalSet::new();
            let driver = Arc::clone(&shared);
            local.spawn_local(async move {
                match pace {
                    Pace::Lockstep => driver.drive_in_lockstep(wanted).await,
                    Pace::Scaled(_) => driver.drive_by_the_clock(wanted).await,
                }
            });
            local.block_on(&runtime, server::serve(listener, shared, stopped));
        });
        let thread = thread.map_err(fails)?;
        let gone = |_| fails(io::Error::other("its thread has ended"));
        let shared = started.recv().map_err(gone)?;
        Ok(Self { address, shared, stop: Some(stop), thread: Some(thread) })
    }

    /// The base address of REST, without a path.
    pub fn rest(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The base address of the market streams, without a path.
    pub fn streams(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// The address of the WebSocket API.
    pub fn websocket_api(&self) -> String {
        format!("ws://{}/ws-api/v3", self.address)
    }

    /// Lets the price go on, in lockstep, and waits until all is at rest there. (Elsewhere nothing
    /// moves by this.) None where the exchange has ended. Not for use within an asynchronous runtime:
    /// it blocks.
    pub fn step(&self, distance: Distance) -> Option<Standing> {
        self.shared.blocking_step(distance)
    }

    /// As [`Simulator::step`], for within an asynchronous runtime.
    pub async fn stepped(&self, distance: Distance) -> Option<Standing> {
        self.shared.stepped(distance).await
    }

    /// Where it stands.
    pub fn standing(&self) -> Standing {
        self.shared.standing()
    }

    /// The candles of a symbol that have closed, from the one on that opened then.
    pub fn closed_candles(
        &self,
        (symbol, interval): (Symbol, Interval),
        from: Timestamp,
    ) -> Vec<Candle> {
        self.shared.world_now().closed_candles((symbol, interval), from)
    }

    /// The truth about every account, as `GET /simulator/state` tells it.
    pub fn state(&self) -> Value {
        self.shared.world_now().state()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        // That the sender is gone is the sign.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {}
    }
}
