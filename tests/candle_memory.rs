#![cfg(test)]
#![cfg(target_os = "linux")]
//! The memory that reading candles takes does not grow with their number. Alone in its process,
//! whose memory it measures.

use std::fs;
use std::io::{self, Read, Write as _};

use heikin::analysis::candle_file::CandleFiles;

/// Rows without end, each made when it is read.
#[derive(Default)]
struct Endless {
    rows: i64,
    text: Vec<u8>,
    read: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.read == self.text.len() {
            self.text.clear();
            self.read = 0;
            for _ in 0..1_000 {
                let open = 1_672_531_200_000 + self.rows * 60_000;
                let end = open + 59_999;
                writeln!(self.text, "{open},100.5,101,99.5,100.25,7.5,{end},750.25,42,3,300,0")?;
                self.rows += 1;
            }
        }
        let count = (&self.text[self.read..]).read(buffer)?;
        self.read += count;
        Ok(count)
    }
}

/// The most memory this process has had so far, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn memory_does_not_grow_with_the_rows() {
    let mut candles = CandleFiles::from_reader(Endless::default()).unwrap();
    assert_eq!(candles.by_ref().take(20_000).flatten().count(), 20_000);
    let early = peak();
    assert_eq!(candles.by_ref().take(500_000).flatten().count(), 500_000);
    let grown = peak() - early;
    // The text alone would be 30 MB.
    assert!(grown < 1_024, "{grown} KiB more for 500,000 rows");
}
