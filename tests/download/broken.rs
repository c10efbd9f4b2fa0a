//! What goes wrong on the way.

use std::fs;

use serde_json::json;

use crate::archive::{Fault, digest};
use crate::scene::{JANUARY, Scene, Times, day, json, message, packed, rows, until};

const PART: &str = "candles/BTCUSDT-1h/BTCUSDT-1h-2024-01.zip.part";

fn january_is_whole(scene: &Scene) {
    let names = scene.names();
    assert_eq!(names, ["BTCUSDT-1h-2024-01.zip", "BTCUSDT-1h-2024-01.zip.CHECKSUM"]);
    let zip = fs::read(scene.path("candles/BTCUSDT-1h/BTCUSDT-1h-2024-01.zip")).unwrap();
    assert_eq!(digest(&zip), digest(&packed(JANUARY, &rows(0..744, Times::Millis))));
}

fn zips_asked_for(scene: &Scene) -> Vec<Option<usize>> {
    let seen = scene.archive.seen().into_iter();
    seen.filter(|(path, _)| path == JANUARY).map(|(_, range)| range).collect()
}

#[test]
fn what_breaks_off_is_continued_where_it_stopped() {
    let scene = Scene::new();
    scene.archive.fault(JANUARY, Fault::Cut(1_000));
    scene.archive.fault(JANUARY, Fault::Cut(2_000));
    assert_eq!(json(&scene.january())["candles"], 744);
    january_is_whole(&scene);
    assert_eq!(zips_asked_for(&scene), [None, Some(1_000), Some(3_000)]);
}

#[test]
fn a_server_that_knows_no_ranges_is_read_from_the_beginning() {
    let scene = Scene::new();
    scene.archive.fault(JANUARY, Fault::Cut(1_000));
    scene.archive.fault(JANUARY, Fault::IgnoreRange);
    json(&scene.january());
    january_is_whole(&scene);
    assert_eq!(zips_asked_for(&scene), [None, Some(1_000)]);
}

#[test]
fn a_killed_download_is_continued_by_the_next_one() {
    let scene = Scene::new();
    scene.archive.fault(JANUARY, Fault::Hang(1_500));
    let mut child = scene.begin("BTCUSDT 1h --from 2024-01-01 --to 2024-01-31 --json");
    until(|| fs::metadata(scene.path(PART)).is_ok_and(|half| half.len() == 1_500));
    // While it runs, nobody else writes there.
    let told = message(&scene.january(), 2);
    assert!(told.starts_with("another heikin downloads into candles/BTCUSDT-1h."), "{told}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(scene.names(), ["BTCUSDT-1h-2024-01.zip.part"]);
    // Half a file is none that a backtest would read.
    assert_eq!(json(&scene.january())["candles"], 744);
    january_is_whole(&scene);
    assert_eq!(zips_asked_for(&scene), [None, Some(1_500)]);
}

#[test]
fn where_nothing_more_can_be_written_it_goes_on_once_there_is_room() {
    let scene = Scene::new();
    let arguments = "BTCUSDT 1h --from 2024-01-01 --to 2024-01-31 --json";
    let told = message(&scene.download_onto_little(4, arguments), 1);
    assert!(told.starts_with(&format!("{PART}: ")) && told.contains("(ulimit -f)"), "{told}");
    assert_eq!(scene.names(), ["BTCUSDT-1h-2024-01.zip.part"]);
    assert_eq!(json(&scene.january())["candles"], 744);
    january_is_whole(&scene);
    assert_eq!(zips_asked_for(&scene), [None, Some(4_096)]);
}

#[test]
fn a_half_file_of_something_else_is_replaced() {
    let scene = Scene::new();
    fs::create_dir_all(scene.path("candles/BTCUSDT-1h")).unwrap();
    for length in [10, 10_000_000] {
        fs::write(scene.path(PART), vec![7; length]).unwrap();
        json(&scene.january());
        january_is_whole(&scene);
        assert_eq!(zips_asked_for(&scene), [Some(length), None]);
        fs::remove_file(scene.path("candles/BTCUSDT-1h/BTCUSDT-1h-2024-01.zip")).unwrap();
    }
}

#[test]
fn a_wrong_checksum_is_asked_for_once_more_and_then_told() {
    let scene = Scene::new();
    let wrong = format!("{}  BTCUSDT-1h-2024-01.zip\n", digest(b"another file"));
    scene.archive.put_checksum(JANUARY, &wrong);
    let told = message(&scene.january(), 1);
    let url = format!("{}/data/spot/{JANUARY}", scene.archive.url());
    assert!(told.starts_with(&format!("{url} does not have the checksum")), "{told}");
    assert_eq!(zips_asked_for(&scene), [None, None]);
    // Nothing is left that looks like candles.
    assert_eq!(scene.names(), Vec::<String>::new());
}

#[test]
fn a_busy_archive_is_waited_for() {
    let scene = Scene::new();
    let checksum = format!("{JANUARY}.CHECKSUM");
    scene.archive.fault(&checksum, Fault::Status(503, None));
    scene.archive.fault(JANUARY, Fault::Status(429, Some(1)));
    scene.archive.fault(JANUARY, Fault::Status(500, Some(0)));
    json(&scene.january());
    january_is_whole(&scene);
    assert_eq!(zips_asked_for(&scene).len(), 3);
}

#[test]
fn a_pause_that_nobody_waits_for_and_a_refusal_are_told_with_what_is_kept() {
    let scene = Scene::new();
    let (first, hours) = day(2, 1);
    scene.put(&first, hours, Times::Millis);
    for (fault, expected) in [
        (Fault::Status(429, Some(3_600)), "asks for a pause of 3600 s before "),
        (Fault::Status(403, None), "the archive answers 403 for "),
    ] {
        scene.archive.fault(&first, fault);
        let told = message(&scene.download("BTCUSDT 1h --from 2024-01-01 --to 2024-02-01"), 1);
        assert!(told.contains(expected), "{told}");
        let kept = "\n1 file is in candles/BTCUSDT-1h whole and kept. Run the same command again to \
                    go on from there.";
        assert!(told.ends_with(kept), "{told}");
    }
    let told = json(&scene.download("BTCUSDT 1h --from 2024-01-01 --to 2024-02-01 --json"));
    assert_eq!(told["files"], json!({ "kept": 1, "archive": 1, "exchange": 0 }));
}

#[test]
fn a_network_that_goes_away_is_told_and_the_rest_is_got_later() {
    let scene = Scene::new();
    let (first, hours) = day(2, 1);
    scene.put(&first, hours, Times::Millis);
    for _ in 0..6 {
        scene.archive.fault(&first, Fault::Cut(0));
    }
    let arguments = "BTCUSDT 1h --from 2024-01-01 --to 2024-02-01 --json";
    let told = message(&scene.download(arguments), 1);
    assert!(told.starts_with("the archive does not give http://127.0.0.1:"), "{told}");
    assert!(told.contains("Is this machine online?\n1 file is in"), "{told}");
    assert_eq!(json(&scene.download(arguments))["candles"], 32 * 24);
}

#[test]
fn a_file_of_the_archive_that_is_no_candles_is_made_up_for_by_the_exchange() {
    let scene = Scene::new();
    for csv in ["not,candles\n".to_owned(), rows(0..745, Times::Millis)] {
        scene.archive.put(JANUARY, packed(JANUARY, &csv));
        let told = json(&scene.january());
        assert_eq!(told["files"], json!({ "kept": 0, "archive": 0, "exchange": 1 }));
        assert_eq!(told["candles"], 744);
        let note = told["notes"][0].as_str().unwrap();
        assert!(note.contains("cannot be used") && note.contains(JANUARY), "{note}");
        fs::remove_file(scene.path("candles/BTCUSDT-1h/BTCUSDT-1h-2024-01.csv")).unwrap();
    }
    // A zip without a checksum is none.
    scene.archive.put_checksum(JANUARY, "<html>");
    assert_eq!(json(&scene.january())["files"]["exchange"], 1);
}

#[test]
fn an_exchange_that_asks_for_fewer_requests_is_obeyed() {
    let scene = Scene::new();
    for fault in [
        json!({ "kind": "too_many_requests", "operation": "klines", "seconds": 1 }),
        json!({ "kind": "lost_before", "operation": "klines" }),
        json!({ "kind": "html_before", "operation": "klines" }),
    ] {
        scene.exchange_fault(&fault);
        let told = json(&scene.download("BTCUSDT 1h --from 2024-03-05 --json"));
        assert_eq!((&told["candles"], &told["files"]["exchange"]), (&json!(12), &json!(1)));
    }
}

#[test]
fn a_long_ban_is_told_and_not_waited_for() {
    let scene = Scene::new();
    scene.exchange_fault(&json!({ "kind": "ban", "operation": "klines", "seconds": 3_600 }));
    let told = message(&scene.download("BTCUSDT 1h --from 2024-03-05"), 1);
    assert!(
        told.starts_with("the exchange has banned this address until 2024-03-05 13:0"),
        "{told}"
    );
    // Also where the first question is met by it.
    scene.exchange_fault(&json!({ "kind": "ban", "operation": "time", "seconds": 3_600 }));
    let told = message(&scene.download("BTCUSDT 1h --from 2024-03-05"), 1);
    assert!(told.starts_with("the exchange has banned this address until "), "{told}");
}
