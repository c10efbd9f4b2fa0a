//! Waiting until a heikin may enter: until then a market in lockstep goes on without it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How often it is asked.
const LOOK: Duration = Duration::from_millis(5);
/// So long a start may take, on a machine that is busy with other things.
const LOOKS: usize = 24_000;

/// Where a heikin serves HTTP, by the line that it begins with.
pub(crate) fn address(line: &str) -> String {
    assert!(line.starts_with("heikin testnet: "), "{line}");
    line.trim().split("http://").nth(1).unwrap().trim_end_matches("/status").to_owned()
}

/// Returns when the heikin there says that it may enter.
pub(crate) fn until_ready(address: &str) {
    let mut told = String::new();
    for _ in 0..LOOKS {
        told = ask(address);
        if told.starts_with("HTTP/1.1 200") {
            return;
        }
        std::thread::park_timeout(LOOK);
    }
    panic!("it never may enter: {told}");
}

fn ask(address: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
