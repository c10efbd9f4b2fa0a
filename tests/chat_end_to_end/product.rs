//! heikin as a process: started, ended, and what it says on standard output.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tokio::sync::watch;

/// Nothing here takes so long.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The variable with the bot's token.
pub(crate) const TOKEN: &str = "TELEGRAM_BOT_TOKEN";

/// A process, killed where a test forgets it.
pub(crate) struct Product {
    child: Child,
    lines: Receiver<String>,
    /// What it said before it traded: the bot may be there earlier.
    early: Vec<String>,
    /// Its end is seen when its output ends.
    alive: watch::Receiver<()>,
    pub(crate) address: String,
}

impl Product {
    /// Starts it in a folder, with these variables beside the exchange's key, and waits until it trades.
    pub(crate) fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        let key = [("BINANCE_TESTNET_API_KEY", "key"), ("BINANCE_TESTNET_API_SECRET", "secret")];
        let mut product = Self::of(folder, &["run"], &[&key[..], variables].concat());
        let line = loop {
            let line = product.line("http://");
            if line.contains("http://") {
                break line;
            }
            product.early.push(line);
        };
        let address = line.split("http://").nth(1).unwrap().trim_end_matches("/status");
        product.address = address.to_owned();
        product
    }

    /// Starts the bot alone, for a heikin and a Telegram, and waits until it is there.
    pub(crate) fn bot(
        folder: &Path,
        [backend, telegram]: [&str; 2],
        variables: &[(&str, &str)],
    ) -> Self {
        let arguments = ["bot", "--backend", backend, "--telegram", telegram];
        let bot = Self::of(folder, &arguments, variables);
        bot.says("is on Telegram");
        bot
    }

    fn of(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_heikin"))
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let ((sender, lines), (lives, alive)) = (channel(), watch::channel(()));
        std::thread::spawn(move || {
            // The pipe is emptied, whoever listens.
            for line in output.lines().map_while(Result::ok) {
                drop(sender.send(line));
            }
            drop(lives);
        });
        Self { child, lines, early: Vec::new(), alive, address: String::new() }
    }

    /// Where it serves HTTP.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it says on standard error when it does not start.
    pub(crate) fn refuses(folder: &Path) -> String {
        let run = Command::new(env!("CARGO_BIN_EXE_heikin"))
            .arg("run")
            .current_dir(folder)
            .env_clear()
            .output()
            .unwrap();
        assert_eq!(run.status.code(), Some(2));
        String::from_utf8(run.stderr).unwrap()
    }

    /// What it says when all that it decided is decided once more.
    pub(crate) fn replays(folder: &Path) -> String {
        let run = Command::new(env!("CARGO_BIN_EXE_heikin"))
            .arg("replay")
            .current_dir(folder)
            .env_clear()
            .env("BINANCE_TESTNET_API_KEY", "key")
            .env("BINANCE_TESTNET_API_SECRET", "secret")
            .output()
            .unwrap();
        let told = [run.stdout, run.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(run.status.success(), "{told:?}");
        told.concat()
    }

    /// What makes whoever sends it the owner, as the next line that has it says.
    pub(crate) fn claim_code(&self) -> String {
        let early = self.early.iter().find(|line| line.contains("?start=")).cloned();
        let line = early.unwrap_or_else(|| self.says("?start="));
        line.split("?start=").nth(1).unwrap().split(' ').next().unwrap().to_owned()
    }

    /// The next line that holds some words.
    pub(crate) fn says(&self, words: &str) -> String {
        loop {
            let line = self.line(words);
            if line.contains(words) {
                return line;
            }
        }
    }

    /// The next line, in the hope of these words.
    fn line(&self, words: &str) -> String {
        let line = self.lines.recv_timeout(PATIENCE);
        line.unwrap_or_else(|_| panic!("it never says {words:?}"))
    }

    /// What it answers to a request: status line, headers and body.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Waits until an answer is as wanted.
    pub(crate) async fn answers(&self, path: &str, words: &str) {
        let waiting = async {
            while !self.get(path).contains(words) {
                tokio::task::yield_now().await;
            }
        };
        let there = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(there.is_ok(), "{path} never says {words:?}: {}", self.get(path));
    }

    /// Waits until it has died.
    #[cfg_attr(not(feature = "crash-points"), expect(dead_code, reason = "only those make it die"))]
    pub(crate) fn death(&self) -> impl Future<Output = ()> + use<> {
        let mut alive = self.alive.clone();
        async move { while alive.changed().await.is_ok() {} }
    }

    /// Has it read its configuration again.
    pub(crate) fn hangs_up(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    }

    /// Ends it as a power cut does.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// Ends it as an operator does.
    pub(crate) fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        if self.child.kill().is_ok() {
            self.child.wait().unwrap();
        }
    }
}
