#![cfg(test)]
//! `heikin soak` as a process: a few simulated hours that hold out, and what it refuses.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn soak(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_heikin"));
    command.arg("soak").args(arguments).current_dir(&folder).env_clear();
    command.env("TMPDIR", folder.path()).output().unwrap()
}

/// Every rule but that of memory, which a few minutes of a process that has just begun, unoptimized,
/// say nothing about.
#[test]
fn hours_amidst_faults_hold_out() {
    let output = soak(&["--length", "16h", "--seed", "3", "--json"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let told = String::from_utf8_lossy(&output.stderr);
    let result: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{told}{text}"));
    let verdicts = result["verdicts"].as_array().unwrap();
    let names: Vec<_> = verdicts.iter().map(|it| it["rule"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "memory",
            "descriptors",
            "threads",
            "tasks",
            "queues",
            "account",
            "trades",
            "candles",
            "candles",
            "store",
            "replay"
        ]
    );
    let broken = verdicts.iter().filter(|it| it["holds"] == false && it["rule"] != "memory");
    assert_eq!(broken.collect::<Vec<_>>(), Vec::<&Value>::new(), "{told}");
    let samples = result["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 16);
    for (hour, sample) in (1..).zip(samples) {
        assert_eq!(sample["hour"], hour);
        let measured = ["resident_kib", "descriptors", "threads", "tasks", "records"];
        for name in measured {
            assert!(sample[name].as_u64().unwrap() > 2, "{name}: {sample}");
        }
    }
    assert!(result["orders"].as_u64().unwrap() > 20, "{result}");
    assert!(result["speed"].as_u64().unwrap() > 50, "{result}");
}

#[test]
fn what_makes_no_sense_is_refused_and_nothing_is_left() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).to_str().unwrap();
    let cases: [(&[&str], &str); 5] = [
        (&["--length", "3h"], "at least 4h"),
        (&["--length", "soon"], "30d or 12h"),
        (&["--interval", "1d"], "from 1m to 1h"),
        (&["--symbols", "9"], "9 is not in 1..=5"),
        (&["--folder", here], "is not empty"),
    ];
    for (arguments, why) in cases {
        let output = soak(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains(why), "{arguments:?}: {told}");
        assert!(output.stdout.is_empty());
    }
}
