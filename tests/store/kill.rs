//! A process that writes is killed at random moments, over and over: what it reported as durable is
//! there.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use heikin::store::disk::RealDisk;
use heikin::store::journal::{FileJournal, Verify};
use heikin_core::engine::{Journal as _, Record, Sequence};

use crate::records::{record, records, settings};

const FOLDER_VARIABLE: &str = "HEIKIN_TEST_STORE_CHILD";
const KILLS: u32 = 60;

fn open(folder: &Path) -> FileJournal {
    let settings = settings(20_000);
    FileJournal::open_on(RealDisk, folder, Verify::Everything, settings).unwrap().0
}

/// Not a test: the process that is killed.
#[test]
#[expect(clippy::disallowed_methods, reason = "how the parent tells this process what it is")]
fn child() {
    let Ok(folder) = std::env::var(FOLDER_VARIABLE) else { return };
    let mut journal = open(Path::new(&folder));
    let mut out = std::io::stdout();
    let mut next = journal.last() + 1;
    loop {
        for _ in 0..=next % 4 {
            journal.append(&record(next)).unwrap();
            next += 1;
        }
        journal.sync().unwrap();
        writeln!(out, "durable {}", journal.durable()).unwrap();
        out.flush().unwrap();
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test that kills at a moment waits for it")]
fn what_was_reported_is_there_after_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("journal");
    let mut last: Sequence = 0;
    for kill in 0..KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "kill::child", "--nocapture"])
            .env(FOLDER_VARIABLE, &folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // From during its start to in the midst of a few hundred syncs.
        std::thread::sleep(Duration::from_micros(u64::from(kill * 7_919 % 60_000)));
        child.kill().unwrap();
        let told = BufReader::new(child.stdout.take().unwrap());
        for line in told.lines() {
            let line = line.unwrap();
            if let Some((_, number)) = line.split_once("durable ") {
                // The last line may be cut off.
                last = last.max(number.parse().unwrap_or(0));
            }
        }
        child.wait().unwrap();
        let journal = open(&folder);
        assert!(journal.last() >= last, "kill {kill}: {} of {last}", journal.last());
        let found: Result<Vec<Record>, _> =
            journal.reader().records(0, Sequence::MAX).unwrap().collect();
        assert_eq!(found.unwrap(), records(journal.last()), "kill {kill}");
    }
    assert!(last > 100, "{last}");
}

#[test]
fn a_limit_on_file_sizes_is_met_like_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("journal");
    let mut journal = open(&folder);
    for seq in 1..=20 {
        journal.append(&record(seq)).unwrap();
        journal.sync().unwrap();
    }
    drop(journal);
    // The signal that would end the process is ignored, as it is under a service manager.
    let limited = "trap '' XFSZ; ulimit -f 4; exec \"$0\" --exact kill::child --nocapture";
    let output = Command::new("sh")
        .args(["-c", limited])
        .arg(std::env::current_exe().unwrap())
        .env(FOLDER_VARIABLE, &folder)
        .output()
        .unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.contains("00000001.segment: it cannot be written: "), "{text}");
    assert!(text.contains("ulimit -f"), "{text}");
    assert_eq!(open(&folder).last(), 20);
}
