//! The heikin that is watched: `heikin run` as a process of its own, asked over HTTP and by `/proc`.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use reqwest::Client;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::exchange::{ENVIRONMENT, pause};
use super::rules::Sample;
use crate::cli::Failure;

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// It ends within eight seconds, and a machine that is busy is slower.
const LOOKS_FOR_END: u32 = 400;
const LOOK: Duration = Duration::from_millis(50);
/// Where it writes what went wrong.
const ERRORS: &str = "stderr.txt";

/// `heikin run`, in a folder of its own.
#[derive(Debug)]
pub(super) struct Product {
    child: Child,
    address: String,
    client: Client,
    folder: PathBuf,
}

/// This program, in a folder, with nothing of our environment.
fn heikin(folder: &Path) -> Result<Command, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::failed(format!("where this program is: {error}")))?;
    let mut command = Command::new(program);
    command.current_dir(folder).env_clear().stdin(Stdio::null());
    Ok(command)
}

/// Another command of heikin's on the same data: its last line, or why it failed.
pub(super) fn verdict_of(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let run = || -> Result<_, Failure> {
        // The traders are the same on paper, and need no keys.
        let output = heikin(folder)?.args(arguments).env("MODE", "paper").output();
        output.map_err(Failure::failed)
    };
    let output = run().map_err(|failure| failure.message)?;
    let last = |bytes: &[u8]| {
        String::from_utf8_lossy(bytes).trim_end().lines().last().unwrap_or_default().to_owned()
    };
    if output.status.success() {
        return Ok(last(&output.stdout));
    }
    Err(format!("{} ({})", last(&output.stderr), last(&output.stdout)))
}

impl Product {
    /// Starts it, and waits until it says where it can be asked.
    pub(super) fn start(folder: &Path, configuration: &str) -> Result<Self, Failure> {
        if !Path::new("/proc/self/status").exists() {
            return Err(Failure::bad_input(
                "there is no /proc here, by which a process is measured: run this on Linux",
            ));
        }
        let file = |name: &str| folder.join(name);
        let failed = |error| Failure::failed(format!("{}: {error}", folder.display()));
        fs::write(file("heikin.toml"), configuration).map_err(failed)?;
        let errors = File::create(file(ERRORS)).map_err(failed)?;
        let mut command = heikin(folder)?;
        command.arg("run").envs(ENVIRONMENT).stdout(Stdio::piped()).stderr(errors);
        let child = command.spawn().map_err(Failure::failed)?;
        let client = Client::builder().no_proxy().timeout(PATIENCE).build();
        let client = client.map_err(Failure::failed)?;
        let folder = folder.to_owned();
        let mut product = Self { child, address: String::new(), client, folder };
        let mut line = String::new();
        if let Some(output) = product.child.stdout.as_mut() {
            // All else that it prints, a few lines at its end, has room in the pipe.
            BufReader::new(output).read_line(&mut line).map_err(Failure::failed)?;
        }
        let address = line.split_once("http://").map(|(_, rest)| rest.trim());
        let Some(address) = address.and_then(|it| it.strip_suffix("/status")) else {
            return Err(product.has_ended("did not start"));
        };
        product.address = address.to_owned();
        Ok(product)
    }

    /// Why nothing can be asked of it any more.
    fn has_ended(&self, what: &str) -> Failure {
        let errors = fs::read_to_string(self.folder.join(ERRORS)).unwrap_or_default();
        let lines: Vec<_> = errors.lines().rev().take(5).collect();
        let told: Vec<_> = lines.into_iter().rev().collect();
        Failure::failed(format!("heikin {what}: {}", told.join("\n")))
    }

    async fn ask(&self, path: &str) -> Result<(bool, String), Failure> {
        let url = format!("http://{}/{path}", self.address);
        let ended = |error: reqwest::Error| self.has_ended(&format!("does not answer ({error})"));
        let answer = self.client.get(url).send().await.map_err(ended)?;
        let is_good = answer.status().is_success();
        Ok((is_good, answer.text().await.map_err(ended)?))
    }

    /// What keeps entries off; none where nothing does.
    pub(super) async fn unready(&self) -> Result<Option<String>, Failure> {
        let (is_ready, told) = self.ask("ready").await?;
        Ok((!is_ready).then_some(told))
    }

    /// What it says of the account.
    pub(super) async fn status(&self) -> Result<Value, Failure> {
        let (_, text) = self.ask("status").await?;
        serde_json::from_str(&text).map_err(Failure::failed)
    }

    /// How it stands now.
    pub(super) async fn measure(&self, hour: u32) -> Result<Sample, Failure> {
        let (_, metrics) = self.ask("metrics").await?;
        let total = |name: &str| metrics.lines().filter_map(|line| value(line, name)).sum();
        let process = PathBuf::from(format!("/proc/{}", self.child.id()));
        let gone = |error| self.has_ended(&format!("is gone ({error})"));
        let status = fs::read_to_string(process.join("status")).map_err(gone)?;
        let field = |name: &str| status.lines().find_map(|line| value(line, name)).unwrap_or(0);
        Ok(Sample {
            hour,
            resident_kib: field("VmRSS:"),
            own_kib: field("RssAnon:"),
            descriptors: fs::read_dir(process.join("fd")).map_err(gone)?.count() as u64,
            threads: field("Threads:"),
            tasks: total("heikin_tasks"),
            queued: total("heikin_queue_length"),
            records: total("heikin_journal_records_total"),
            journal_bytes: size_of(&self.folder.join("data/journal")),
        })
    }

    /// The most memory that it ever took, in KiB.
    pub(super) fn peak_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        status.lines().find_map(|line| value(line, "VmHWM:")).unwrap_or(0)
    }

    /// Ends it as an operator does.
    pub(super) async fn stop(mut self) -> Result<(), Failure> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)
            .map_err(|error| self.has_ended(&format!("cannot be ended ({error})")))?;
        for _ in 0..LOOKS_FOR_END {
            match self.child.try_wait().map_err(Failure::failed)? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(self.has_ended(&ending(status))),
                None => pause(LOOK).await,
            }
        }
        Err(Failure::failed("heikin does not end when it is told to"))
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        // It has ended, but where something failed before.
        if self.child.kill().is_ok() && self.child.wait().is_err() {}
    }
}

fn ending(status: ExitStatus) -> String {
    format!("did not end in good order ({status})")
}

/// The number of a line that begins with this name: of `/metrics`, where labels follow it, or of
/// `/proc/…/status`.
fn value(line: &str, name: &str) -> Option<u64> {
    let rest = line.strip_prefix(name)?;
    if !rest.starts_with(['{', ' ', '\t']) {
        return None;
    }
    let number = rest.trim_end_matches("kB").split_whitespace().last()?;
    number.parse().ok()
}

/// The bytes of all files in a folder and below it.
fn size_of(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size_of(&entry.path()),
        Ok(metadata) => metadata.len(),
        // It was put into the archive, or removed.
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_metrics_and_of_proc_have_a_number() {
        assert_eq!(value("heikin_tasks{thread=\"orders\"} 12", "heikin_tasks"), Some(12));
        assert_eq!(
            value("heikin_journal_records_total 7", "heikin_journal_records_total"),
            Some(7)
        );
        assert_eq!(value("heikin_tasks_of_others 12", "heikin_tasks"), None);
        assert_eq!(value("# TYPE heikin_tasks gauge", "heikin_tasks"), None);
        assert_eq!(value("VmRSS:\t   30468 kB", "VmRSS:"), Some(30_468));
        assert_eq!(value("Threads:\t6", "Threads:"), Some(6));
    }

    #[test]
    fn a_folder_is_as_large_as_its_files() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("below")).unwrap();
        fs::write(folder.path().join("one"), [0; 10]).unwrap();
        fs::write(folder.path().join("below/two"), [0; 20]).unwrap();
        assert_eq!(size_of(folder.path()), 30);
        assert_eq!(size_of(&folder.path().join("none")), 0);
    }
}
