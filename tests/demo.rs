//! The demo as a process: what it prints, how it ends, and that a seed decides it.

#![cfg(test)]

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

fn heikin(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_heikin"));
    command.args(arguments);
    command
}

fn output(arguments: &[&str]) -> Output {
    heikin(arguments).output().unwrap()
}

/// What a run that succeeds prints.
fn printed(arguments: &[&str]) -> String {
    let output = output(arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    assert!(output.stderr.is_empty(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn events<'a>(text: &'a str, tag: &str) -> Vec<&'a str> {
    let tag = format!("  {tag} ");
    text.lines().filter(|line| line.contains(&tag)).collect()
}

#[test]
fn a_seed_gives_the_same_lines_and_another_one_others() {
    let first = printed(&["--seed", "3", "--candles", "120"]);
    assert_eq!(first, printed(&["--seed", "3", "--candles", "120"]));
    assert_eq!(first, printed(&["demo", "--seed", "3", "--candles", "120"]));
    assert_eq!(first, printed(&["--seed", "3", "--candles", "120", "--plain"]));
    assert_ne!(first, printed(&["--seed", "4", "--candles", "120"]));
}

#[test]
fn the_speed_changes_nothing() {
    let slow = printed(&["--candles", "30", "--speed", "60"]);
    assert_eq!(slow, printed(&["--candles", "30", "--speed", "max"]));
    assert!(!events(&slow, "bought").is_empty() && !events(&slow, "sold").is_empty(), "{slow}");
}

#[test]
fn without_a_terminal_it_ends_by_itself_with_a_summary() {
    let text = printed(&[]);
    assert!(text.contains("heikin demo: 300 candles of BTCUSDT 1h"), "{text}");
    for word in ["trades", "realized", "fees", "equity", "hold", "position", "open order"] {
        assert!(text.contains(&format!("\n  {word}")), "{word}: {text}");
    }
    assert!(text.contains("The market is made up"), "{text}");
    assert!(!events(&text, "won").is_empty() && !events(&text, "lost").is_empty(), "{text}");
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "control codes");
    let five = printed(&["--candles", "5"]);
    assert!(five.contains("heikin demo: 5 candles"), "{five}");
}

/// A long run is a short one that went on.
#[test]
fn fewer_candles_are_the_beginning_of_more() {
    let (short, long) = (printed(&["--candles", "50"]), printed(&["--candles", "100"]));
    let (log, _summary) = short.split_once("\n\n").unwrap();
    assert!(long.starts_with(log));
}

#[test]
fn signals_end_it_with_the_summary() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut child = heikin(&["--speed", "20", "--candles", "1000000"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        // The handler stands before the first line is out.
        lines.read_line(&mut text).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        lines.read_to_string(&mut text).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal:?}: {text}");
        assert!(text.contains("\n  equity"), "{signal:?}: {text}");
        assert!(text.contains("The market is made up"), "{signal:?}: {text}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let mut child = heikin(&["--candles", "100000"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{output:?}");
}

#[test]
fn bad_arguments_are_refused_with_what_would_do() {
    for (arguments, hint) in [
        (["--speed", "fast"], "`max`"),
        (["--speed", "-1"], "`max`"),
        (["--speed", "0"], "a whole number from 1 to 10000, or `max`"),
        (["--seed", "-1"], "--seed"),
        (["--candles", "0"], "not in 1.."),
        (["--seed", "x"], "invalid digit"),
        (["--sede", "1"], "--seed"),
        (["demo", "--candles"], "--candles"),
    ] {
        let output = output(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(hint), "{arguments:?}: {message}");
    }
}

#[test]
fn nothing_is_written_to_disk() {
    let folder = tempfile::tempdir().unwrap();
    let run = heikin(&["--candles", "50"]).current_dir(folder.path()).output().unwrap();
    assert!(run.status.success());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
