use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use heikin_core::time::Timestamp;
use tempfile::NamedTempFile;

use super::{Finding, Verdict};
use crate::config::{Config, check_mode, installation_tag};
use crate::control::front::backup as front;
use crate::http::look_for_room;
use crate::runtime::free_space::{LOW, free};
use crate::store::disk::RealDisk;
use crate::store::journal::{Verify, verify};
use crate::store::{DataLock, Layout, StoreError};

/// Below this it should not start; below what heikin tells of while it runs, it warns.
const TOO_LOW: u64 = 100_000_000;
const LOCK: &str = "lock";

pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let mut findings = folder("data folder", &config.data);
    findings.extend(folder("log folder", &config.log.folder));
    if config.data.is_dir() {
        findings.push(installation(&config.data, config.mode.name()));
        findings.push(lock(&config.data));
        findings.push(store(&config.data));
        findings.extend(chat_store(&config.data));
    }
    findings.push(address(config, &findings));
    findings
}

/// While a heikin runs, as the lock has told, it is taken, as it should be.
fn address(config: &Config, findings: &[Finding]) -> Finding {
    let is_running = findings.iter().any(|it| it.check == LOCK && it.verdict == Verdict::Warn);
    let listen = config.http.listen;
    match look_for_room(&config.http) {
        Ok(()) => Finding::ok("http", format!("{listen} is free")),
        Err(_taken) if is_running => {
            Finding::ok("http", format!("{listen} is taken: a heikin runs on the data folder"))
        }
        Err(error) => {
            let remedy = "Give another address as http.listen, or stop what listens there.";
            Finding::fail("http", error.to_string(), remedy)
        }
    }
}

fn folder(check: &'static str, path: &Path) -> Vec<Finding> {
    let shown = path.display();
    match NamedTempFile::new_in(path) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return vec![to_be_made(check, path)];
        }
        Err(error) => {
            let remedy =
                "Give heikin's user the right to write there, or configure another folder.";
            return vec![Finding::fail(check, format!("{shown}: {error}"), remedy)];
        }
    }
    let Some(free) = free(path) else {
        return vec![Finding::ok(check, format!("{shown} can be written to"))];
    };
    let told = format!("{shown} can be written to; {} MB free", free / 1_000_000);
    let remedy = "Make room: journal and logs grow.";
    vec![match free {
        ..TOO_LOW => Finding::fail(check, told, remedy),
        TOO_LOW..LOW => Finding::warn(check, told, remedy),
        _ => Finding::ok(check, told),
    }]
}

/// A folder that is not there is made in the nearest one that is.
fn to_be_made(check: &'static str, path: &Path) -> Finding {
    let shown = path.display();
    let mut parents = path
        .ancestors()
        .skip(1)
        .map(|parent| if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
    let nearest = parents.find(|parent| parent.exists()).unwrap_or(Path::new("/"));
    match NamedTempFile::new_in(nearest) {
        Ok(_) => {
            Finding::ok(check, format!("{shown} does not exist yet: it is made at the first start"))
        }
        Err(error) => Finding::fail(
            check,
            format!("{shown} does not exist, and cannot be made in {}: {error}", nearest.display()),
            "Give heikin's user the right to write there, or configure another folder.",
        ),
    }
}

fn installation(data: &Path, mode: &'static str) -> Finding {
    match check_mode(data, mode).and_then(|()| installation_tag(data)) {
        Ok(tag) => Finding::ok("installation", format!("tag {tag}")),
        Err(error) => Finding::fail("installation", error.to_string(), "As it says."),
    }
}

fn lock(data: &Path) -> Finding {
    match DataLock::take(data, now()) {
        Ok(_released) => Finding::ok(LOCK, "no other heikin uses the data folder"),
        Err(StoreError::InUse { holder, .. }) => {
            let told = format!("a heikin runs on the data folder: {holder}");
            Finding::warn(LOCK, told, "Nothing, if that is meant. A second one will not start.")
        }
        Err(error) => Finding::fail(LOCK, error.to_string(), "Check the folder's permissions."),
    }
}

fn store(data: &Path) -> Finding {
    match verify(&RealDisk, &Layout::new(data).journal(), Verify::Everything) {
        Ok(opened) if opened.segments == 0 => {
            Finding::ok("store", "empty: the first start begins it")
        }
        Ok(opened) => {
            Finding::ok("store", format!("records {} to {}: all good", opened.first, opened.last))
        }
        Err(error) => {
            let remedy =
                "See `heikin store verify`; a backup is put back by `heikin store restore`.";
            Finding::fail("store", error.to_string(), remedy)
        }
    }
}

/// What the chat remembers, where there is a chat.
fn chat_store(data: &Path) -> Option<Finding> {
    match front::durable(data) {
        Ok(through) => {
            through.map(|last| Finding::ok("chat store", format!("records up to {last}: all good")))
        }
        Err(error) => Some(Finding::fail("chat store", error.to_string(), front::REMEDY)),
    }
}

#[expect(clippy::disallowed_methods, reason = "since when this process holds the lock, for others")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
