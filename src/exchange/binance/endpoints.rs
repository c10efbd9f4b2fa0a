//! The hosts of production, testnet and demo mode, as data (`rest-api.md`, `web-socket-streams.md`,
//! `web-socket-api.md`, `testnet/general-info.md`, `demo-mode/general-info.md`).

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// Which of Binance's exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Real money.
    Production,
    /// Its own book and prices; wiped about once a month, without notice.
    Testnet,
    /// Prices like those of production, play money.
    Demo,
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Production => "production",
            Self::Testnet => "testnet",
            Self::Demo => "demo mode",
        })
    }
}

/// Whether `/sapi` (the Wallet API, which tells what a key may do) is served beside `/api`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WalletApi {
    /// It is.
    Served,
    /// It is not, or not documented to be.
    Absent,
}

/// Where an exchange is reached. The addresses end without a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// REST: paths such as `/api/v3/order` follow.
    pub rest: String,
    /// Other hosts of the same interface, for when no connection to `rest` is to be had.
    pub rest_others: Vec<String>,
    /// Market streams: `/ws` or `/stream` follows.
    pub streams: String,
    /// The WebSocket API, whole.
    pub websocket_api: String,
    /// Whether the Wallet API is served at `rest`.
    pub wallet_api: WalletApi,
}

/// An address that is none of an exchange on this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Not one of the schemes that this address may have.
    #[error("`{address}` does not begin with `{scheme}://`")]
    Scheme {
        /// The address.
        address: String,
        /// The scheme that it should have.
        scheme: &'static str,
    },
    /// Another machine: orders would go there unencrypted.
    #[error("`{0}` is not on loopback: only a simulator on this machine is reached by address")]
    NotLoopback(String),
    /// Neither over TLS nor on this machine.
    #[error(
        "`{0}` is no address to read market data from: begin it with https://, or with http:// for a \
         simulator on this machine"
    )]
    InTheClear(String),
}

/// The hosts that the documents name beside `api.binance.com` (`rest-api.md`, General API
/// information). The numbered ones are said to be quicker, and less stable: they come last.
const PRODUCTION_OTHERS: [&str; 5] = [
    "https://api-gcp.binance.com",
    "https://api1.binance.com",
    "https://api2.binance.com",
    "https://api3.binance.com",
    "https://api4.binance.com",
];

impl Endpoints {
    /// The addresses of one of Binance's exchanges.
    pub fn of(environment: Environment) -> Self {
        let (rest, streams, websocket_api, wallet_api) = match environment {
            Environment::Production => (
                "https://api.binance.com",
                "wss://stream.binance.com:9443",
                "wss://ws-api.binance.com:443/ws-api/v3",
                WalletApi::Served,
            ),
            Environment::Testnet => (
                "https://testnet.binance.vision",
                "wss://stream.testnet.binance.vision",
                "wss://ws-api.testnet.binance.vision/ws-api/v3",
                WalletApi::Absent,
            ),
            Environment::Demo => (
                "https://demo-api.binance.com",
                "wss://demo-stream.binance.com",
                "wss://demo-ws-api.binance.com/ws-api/v3",
                WalletApi::Absent,
            ),
        };
        let others: &[&str] = match environment {
            Environment::Production => &PRODUCTION_OTHERS,
            Environment::Testnet | Environment::Demo => &[],
        };
        Self {
            rest: rest.to_owned(),
            rest_others: others.iter().map(|&address| address.to_owned()).collect(),
            streams: streams.to_owned(),
            websocket_api: websocket_api.to_owned(),
            wallet_api,
        }
    }

    /// Where production's public market data is read, without a key (`rest-api.md`, General API
    /// information); the hosts that trade have it too.
    pub fn market_data() -> Self {
        let production = Self::of(Environment::Production);
        let others = std::iter::once(production.rest).chain(production.rest_others).collect();
        Self {
            rest: "https://data-api.binance.vision".to_owned(),
            rest_others: others,
            wallet_api: WalletApi::Absent,
            ..production
        }
    }

    /// Public market data at one address, and no other.
    ///
    /// # Errors
    ///
    /// Where it would be read in the clear from another machine.
    pub fn market_data_at(rest: &str) -> Result<Self, AddressError> {
        Ok(Self { rest: public(rest)?, rest_others: Vec::new(), ..Self::market_data() })
    }

    /// The addresses of a simulator on this machine, which serves the Wallet API too.
    ///
    /// # Errors
    ///
    /// Where one of them is on another machine, or of another scheme.
    pub fn on_loopback(
        rest: &str,
        streams: &str,
        websocket_api: &str,
    ) -> Result<Self, AddressError> {
        Ok(Self {
            rest: loopback(rest, "http")?,
            rest_others: Vec::new(),
            streams: loopback(streams, "ws")?,
            websocket_api: loopback(websocket_api, "ws")?,
            wallet_api: WalletApi::Served,
        })
    }
}

/// An address that public data may be read from: over TLS, or in the clear on this machine. Without
/// the slash at its end.
///
/// # Errors
///
/// Where it is neither.
pub fn public(address: &str) -> Result<String, AddressError> {
    let is_encrypted = address.strip_prefix("https://").is_some_and(|host| !host.is_empty());
    if is_encrypted {
        return Ok(address.trim_end_matches('/').to_owned());
    }
    loopback(address, "http").map_err(|_why| AddressError::InTheClear(address.to_owned()))
}

fn loopback(address: &str, scheme: &'static str) -> Result<String, AddressError> {
    let rest = address
        .strip_prefix(scheme)
        .and_then(|rest| rest.strip_prefix("://"))
        .ok_or_else(|| AddressError::Scheme { address: address.to_owned(), scheme })?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let is_loopback =
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    // What stands before an `@` is no host, whatever it looks like.
    if !is_loopback || authority.contains('@') {
        return Err(AddressError::NotLoopback(address.to_owned()));
    }
    Ok(address.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_simulator_is_on_this_machine() {
        let endpoints = Endpoints::on_loopback(
            "http://127.0.0.1:8081/",
            "ws://[::1]:8082",
            "ws://localhost:8083/ws-api/v3",
        )
        .unwrap();
        assert_eq!(endpoints.rest, "http://127.0.0.1:8081");
        assert_eq!(endpoints.streams, "ws://[::1]:8082");
        for elsewhere in [
            "http://10.0.0.1:80",
            "http://127.0.0.1.example.com",
            "http://localhost@example.com",
            "http://127.0.0.1:80@example.com/",
            "http://",
            "http://[::2]",
        ] {
            let error = loopback(elsewhere, "http").unwrap_err();
            assert_eq!(error, AddressError::NotLoopback(elsewhere.to_owned()), "{elsewhere}");
        }
        assert!(matches!(loopback("https://127.0.0.1", "http"), Err(AddressError::Scheme { .. })));
    }

    #[test]
    fn public_data_is_read_over_tls_or_from_this_machine() {
        let at = |address| Endpoints::market_data_at(address).map(|endpoints| endpoints.rest);
        assert_eq!(at("https://data.example.com/"), Ok("https://data.example.com".to_owned()));
        assert_eq!(at("http://127.0.0.1:8081"), Ok("http://127.0.0.1:8081".to_owned()));
        for address in
            ["http://data.example.com", "https://", "ftp://127.0.0.1", "data.example.com"]
        {
            assert_eq!(at(address), Err(AddressError::InTheClear(address.to_owned())));
        }
        assert!(Endpoints::market_data_at("http://[::1]:1").unwrap().rest_others.is_empty());
        let hosts = Endpoints::market_data();
        assert!(hosts.rest_others.iter().all(|other| *other != hosts.rest));
    }

    #[test]
    fn only_production_tells_what_a_key_may_do() {
        for environment in [Environment::Production, Environment::Testnet, Environment::Demo] {
            let endpoints = Endpoints::of(environment);
            assert!(endpoints.rest.starts_with("https://"), "{environment}");
            assert!(endpoints.rest_others.iter().all(|it| it.starts_with("https://")));
            assert!(endpoints.streams.starts_with("wss://"), "{environment}");
            assert!(endpoints.websocket_api.ends_with("/ws-api/v3"), "{environment}");
            let served = endpoints.wallet_api == WalletApi::Served;
            assert_eq!(served, environment == Environment::Production, "{environment}");
        }
    }
}
