//! The product as a process, and plain HTTP to it and to the simulator.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// Status and body of an answer.
fn ask(address: &str, method: &str, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// Has the simulator do something; what it answers.
pub(crate) fn post(address: &str, path: &str, body: &Value) -> Value {
    let (status, text) = ask(address, "POST", path, &body.to_string());
    assert_eq!(status, 200, "{path} {body}: {text}");
    serde_json::from_str(&text).unwrap()
}

fn command(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heikin"));
    command.arg(name).current_dir(folder).env_clear();
    command.env("BINANCE_TESTNET_API_KEY", "key").env("BINANCE_TESTNET_API_SECRET", "secret");
    command
}

/// What `heikin emergency-close` ends with, in that folder, and what it says.
pub(crate) fn emergency_close(folder: &Path, options: &str) -> (i32, String) {
    let mut command = command(folder, "emergency-close");
    let output = command.args(options.split_whitespace()).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(told).unwrap())
}

/// `heikin run`, in a folder with its configuration.
#[derive(Debug)]
pub(crate) struct Product {
    process: Child,
    address: String,
}

impl Product {
    /// Starts it, and waits until it serves HTTP.
    pub(crate) fn start(folder: &Path) -> Self {
        let mut process = command(folder, "run").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("heikin testnet: "), "{line}");
        let address = line.trim().split("http://").nth(1).unwrap();
        Self { process, address: address.trim_end_matches("/status").to_owned() }
    }

    /// What it says where it ends at once with exit code 2.
    pub(crate) fn refusal(folder: &Path) -> String {
        let output = command(folder, "run").output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Whether it may enter.
    pub(crate) fn is_ready(&self) -> bool {
        ask(&self.address, "GET", "/ready", "").0 == 200
    }

    /// What it says of itself.
    pub(crate) fn status(&self) -> Value {
        let (status, text) = ask(&self.address, "GET", "/status", "");
        assert_eq!(status, 200, "{text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Ends it as an operator does; what it says then.
    pub(crate) fn stop(mut self) -> String {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let mut told = String::new();
        self.process.stdout.as_mut().unwrap().read_to_string(&mut told).unwrap();
        assert!(self.process.wait().unwrap().success());
        told
    }
}

impl Drop for Product {
    fn drop(&mut self) {
        // It has ended, but where a test failed before.
        if self.process.kill().is_ok() {
            self.process.wait().unwrap();
        }
    }
}
