//! heikin as a process: started, asked, killed.

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::machine::FairTime;
use crate::told::Told;

/// How often a process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);
const SIGKILL: i32 = 9;

/// A process, from its start to its end.
pub(crate) struct Product {
    child: Child,
    reader: Option<JoinHandle<()>>,
    lines: Receiver<String>,
    address: Option<String>,
    /// When it was started.
    pub(crate) started: Instant,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Killed,
    Exited(ExitStatus),
}

impl Product {
    /// Starts it in a folder; `crash_at` names a crash point and a count.
    pub(crate) fn start(folder: &Path, crash_at: Option<&str>) -> Self {
        // So many kills would look like a process that ends by itself again and again.
        match fs::remove_file(folder.join("data/starts.json")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
        let errors = OpenOptions::new().create(true).append(true).open(errors(folder)).unwrap();
        let mut command = heikin(folder);
        command.arg("run").stdout(Stdio::piped()).stderr(errors);
        command.env("BINANCE_TESTNET_API_KEY", "key").env("BINANCE_TESTNET_API_SECRET", "secret");
        if let Some(place) = crash_at {
            command.env("HEIKIN_CRASH_AT", place);
        }
        let started = now();
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        let reader = std::thread::spawn(move || {
            for line in output.lines() {
                // Whoever listens may have seen enough; the pipe is emptied all the same.
                if let Ok(line) = line
                    && sender.send(line).is_err()
                {}
            }
        });
        Self { child, reader: Some(reader), lines, address: None, started }
    }

    /// Its number at the operating system.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has come so far as to say where it can be asked.
    pub(crate) fn has_started(&mut self) -> bool {
        let line = self.lines.try_iter().find(|line| line.starts_with("heikin testnet: "));
        if let Some(line) = line {
            let address = line.split("http://").nth(1).unwrap().trim_end_matches("/status");
            self.address = Some(address.to_owned());
        }
        self.address.is_some()
    }

    /// What it says of itself now; none while it does not answer.
    pub(crate) fn told(&mut self) -> Option<Told> {
        if !self.has_started() {
            return None;
        }
        let mut stream = TcpStream::connect(self.address.as_ref()?).ok()?;
        let request = "GET /status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (_, body) = answer.split_once("\r\n\r\n")?;
        serde_json::from_str(body).ok()
    }

    /// Whether it has ended, and how.
    pub(crate) fn ending(&mut self) -> Option<Ending> {
        self.child.try_wait().unwrap().map(ending)
    }

    /// Kills it so long after now, where it does not end before.
    pub(crate) fn kill_after(&mut self, wait: Duration) -> Ending {
        let due = now() + wait;
        while now() < due {
            if let Some(ending) = self.ending() {
                return ending;
            }
            pause((due.saturating_duration_since(now())).min(LOOK_EVERY));
        }
        self.child.kill().unwrap();
        ending(self.child.wait().unwrap())
    }

    /// Asks it to end as an operator does.
    pub(crate) fn ask_to_end(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits for its end; none where it takes longer.
    pub(crate) fn end_within(&mut self, patience: Duration) -> Option<Ending> {
        let asked = FairTime::of(self.id());
        loop {
            match self.ending() {
                None if asked.passed() < patience => pause(LOOK_EVERY),
                ending => return ending,
            }
        }
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        // It has ended, but where a trial failed before.
        if self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
    }
}

fn ending(status: ExitStatus) -> Ending {
    if status.signal() == Some(SIGKILL) { Ending::Killed } else { Ending::Exited(status) }
}

/// The command, in a folder, without the environment of the machine.
fn heikin(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heikin"));
    command.current_dir(folder).env_clear();
    command
}

/// Whether what is stored is good: `heikin store verify`.
pub(crate) fn verify(folder: &Path) -> Result<(), String> {
    let output = heikin(folder).args(["store", "verify"]).output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(format!("store verify: {}", String::from_utf8_lossy(&output.stderr)))
}

/// The last records of the journal, for whoever looks for a cause.
pub(crate) fn last_records(folder: &Path, count: usize) -> String {
    let output = heikin(folder).args(["store", "export"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// The end of what it wrote to standard error.
pub(crate) fn last_errors(folder: &Path) -> String {
    let mut text = String::new();
    if let Ok(mut file) = File::open(errors(folder)) {
        file.read_to_string(&mut text).unwrap();
    }
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}

fn errors(folder: &Path) -> std::path::PathBuf {
    folder.join("stderr.txt")
}

/// Makes a folder to run in.
pub(crate) fn configure(folder: &Path, configuration: &str) {
    fs::write(folder.join("heikin.toml"), configuration).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "real processes live in real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "the instant of a kill is drawn, looks have pauses")]
pub(crate) fn pause(length: Duration) {
    std::thread::sleep(length);
}
