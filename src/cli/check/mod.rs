//! `heikin check`: what must be right before heikin trades, each with what mends it.
//!
//! | module | holds |
//! |---|---|
//! | `machine` | what this machine can say: files, folders, store, lock |
//! | [`exchange`] | what only the exchange can: clock, symbols, the rights of the key |
//! | `binance` | who asks it |
//! | `telegram` | whether Telegram knows the bot |

mod binance;
pub mod exchange;
mod machine;
mod telegram;

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use serde_json::json;

use super::failure::Failure;
use super::tell::tell;
use crate::config::{Config, FILE, Paths, Variables};

/// Check the configuration and what it needs, and say what mends what is wrong.
///
/// Ends with 0 where heikin can run, 1 where something fails, 2 where the configuration cannot be
/// used.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The configuration; .env is beside it [default: heikin.toml in this folder].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Ask nobody outside this machine.
    #[arg(long)]
    offline: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// heikin runs, and this should be known.
    Warn,
    /// heikin does not run, or not safely.
    Fail,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How it came out.
    pub verdict: Verdict,
    /// What was seen.
    pub told: String,
    /// What mends it; none where nothing needs to.
    pub remedy: Option<String>,
}

impl Finding {
    fn ok(check: &'static str, told: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, told: told.into(), remedy: None }
    }

    fn warn(check: &'static str, told: impl Into<String>, remedy: &str) -> Self {
        let remedy = (!remedy.is_empty()).then(|| remedy.to_owned());
        Self { check, verdict: Verdict::Warn, told: told.into(), remedy }
    }

    fn fail(check: &'static str, told: impl Into<String>, remedy: &str) -> Self {
        let remedy = Some(remedy.to_owned());
        Self { check, verdict: Verdict::Fail, told: told.into(), remedy }
    }
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let paths = Paths::given(arguments.config.as_deref());
    let config = match Config::load(&paths, &Variables::of_process()) {
        Ok(config) => config,
        Err(faults) => {
            if arguments.json {
                let told: Vec<_> = faults.0.iter().map(ToString::to_string).collect();
                tell(&json!({ "ok": false, "faults": told }).to_string());
            }
            return Err(Failure::bad_input(faults));
        }
    };
    let mut findings = configuration(&config);
    findings.extend(machine::findings(&config));
    findings.extend(exchange::stops(&config));
    if !arguments.offline {
        findings.extend(binance::findings(&config)?);
        findings.extend(telegram::finding(&config)?);
    }
    if arguments.json {
        tell_json(&findings);
    } else {
        tell_each(&findings);
    }
    let failed = findings.iter().filter(|finding| finding.verdict == Verdict::Fail).count();
    match failed {
        0 => Ok(()),
        1 => Err(Failure::failed("one check failed: see above")),
        many => Err(Failure::failed(format!("{many} checks failed: see above"))),
    }
}

fn configuration(config: &Config) -> Vec<Finding> {
    let from = match &config.file {
        Some(file) => file.display().to_string(),
        None => format!("defaults: there is no {FILE}"),
    };
    let (mode, traders) = (config.mode.name(), config.traders.len());
    let noun = if traders == 1 { "trader" } else { "traders" };
    let told = format!("{from}; mode {mode}, {traders} {noun}");
    let mut findings = vec![Finding::ok("configuration", told)];
    findings.extend(config.warnings.iter().map(|note| Finding::warn("configuration", note, "")));
    let secrets = &config.secrets;
    if secrets.telegram_bot_token.is_none() {
        findings.push(Finding::ok(telegram::CHECK, "not configured: off"));
    }
    let is_sold = secrets.razorpay.key_id.is_some();
    let told = if is_sold { "its secret is there; not asked" } else { "not configured: off" };
    findings.push(Finding::ok("razorpay", told));
    findings
}

fn tell_json(findings: &[Finding]) {
    let is_ok = findings.iter().all(|finding| finding.verdict != Verdict::Fail);
    tell(&json!({ "ok": is_ok, "checks": findings }).to_string());
}

fn tell_each(findings: &[Finding]) {
    for finding in findings {
        let verdict = match finding.verdict {
            Verdict::Ok => "ok  ",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
        };
        tell(&format!("{verdict}  {:<14} {}", finding.check, finding.told));
        if let Some(remedy) = &finding.remedy {
            tell(&format!("{:21}→ {remedy}", ""));
        }
    }
}
