//! `heikin health`: whether the heikin that is configured here is well, asked where it serves HTTP.
//!
//! A container without a shell has no other way to ask. Health and readiness are two things: who
//! restarts a heikin that merely may not enter leaves its positions alone meanwhile.

use std::error::Error as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use super::failure::Failure;
use super::tell::tell;
use crate::config::{Config, Mode, Paths, Variables};

/// Less than the ten seconds after which a silent loop counts as dead.
const PATIENCE: Duration = Duration::from_secs(3);
/// More than heikin ever answers; somebody else may listen there.
const ANSWER_BYTES: usize = 64 * 1024;

/// Ask the heikin that runs here whether it is well, and whether it may enter.
///
/// Ends with 0 where /health says so, with 1 where it does not or nobody answers, and with 2 where the
/// configuration, which names the address, cannot be used. That no entries may be placed is told, and
/// counts with --ready alone: stops are guarded all the same, and nobody should restart heikin for it.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration that names the address [default: heikin.toml in this folder].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// End with 1 also where no entries may be placed.
    #[arg(long)]
    ready: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What it said of itself.
#[derive(Debug)]
struct Told {
    is_alive: bool,
    /// Empty where entries may be placed.
    reasons: Vec<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let paths = Paths::given(arguments.config.as_deref());
    let config = Config::load(&paths, &Variables::of_process()).map_err(Failure::bad_input)?;
    if matches!(config.mode, Mode::Demo) {
        return Err(Failure::bad_input(
            "the demo serves nothing that could be asked. In the folder of a heikin.toml, or with \
             --config FILE, this asks the heikin that runs with it",
        ));
    }
    let address = near(config.http.listen)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::failed(format!("no runtime: {error}")))?;
    let told = runtime.block_on(ask(address))?;
    show(arguments, &told);
    verdict(arguments, &told)
}

/// Where this machine reaches what listens there.
fn near(listen: SocketAddr) -> Result<SocketAddr, Failure> {
    if listen.port() == 0 {
        return Err(Failure::bad_input(
            "http.listen has port 0, which takes a free one: give it a port, so that it can be asked",
        ));
    }
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    Ok(SocketAddr::new(ip, listen.port()))
}

async fn ask(address: SocketAddr) -> Result<Told, Failure> {
    let client = Client::builder().no_proxy().timeout(PATIENCE).build().map_err(Failure::failed)?;
    let (health, _) = get(&client, address, "health").await?;
    let (ready, body) = get(&client, address, "ready").await?;
    let reasons = match (ready, body.get("reasons").and_then(Value::as_array)) {
        (StatusCode::OK, _) => Vec::new(),
        (_, Some(reasons)) => {
            reasons.iter().filter_map(|reason| Some(reason.as_str()?.to_owned())).collect()
        }
        (other, None) => vec![format!("/ready answers {other}")],
    };
    Ok(Told { is_alive: health == StatusCode::OK, reasons })
}

async fn get(
    client: &Client,
    address: SocketAddr,
    path: &str,
) -> Result<(StatusCode, Value), Failure> {
    let url = format!("http://{address}/{path}");
    let silent = |error: reqwest::Error| {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        Failure::failed(format!("{url} gives no answer{cause}. Is heikin running?"))
    };
    let mut response = client.get(&url).send().await.map_err(silent)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(silent)? {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_BYTES {
            return Err(Failure::failed(format!("{url} is no heikin's: its answer has no end")));
        }
    }
    let told = serde_json::from_slice(&body).map_err(|_not_json| {
        Failure::failed(format!("{url} is no heikin's: it answers with no JSON"))
    })?;
    Ok((response.status(), told))
}

fn show(arguments: &Arguments, told: &Told) {
    if arguments.json {
        let ready = told.reasons.is_empty();
        let told = json!({ "alive": told.is_alive, "ready": ready, "reasons": told.reasons });
        return tell(&told.to_string());
    }
    let alive = if told.is_alive { "alive" } else { "not alive: the order thread is stuck" };
    tell(&format!("health   {alive}"));
    if told.reasons.is_empty() {
        return tell("ready    entries may be placed");
    }
    for reason in &told.reasons {
        tell(&format!("ready    not: {reason}"));
    }
}

fn verdict(arguments: &Arguments, told: &Told) -> Result<(), Failure> {
    if !told.is_alive {
        return Err(Failure::failed("heikin is not well: restart it. Its start is a recovery"));
    }
    if arguments.ready && !told.reasons.is_empty() {
        return Err(Failure::failed(
            "no entries may be placed. docs/running.md says what ends each reason",
        ));
    }
    Ok(())
}
