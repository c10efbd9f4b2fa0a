//! What comes of a download when all goes well.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::scene::{
    CLOSED, FEBRUARY, JANUARY, START, Scene, Times, day, json, message, names, packed, rows,
};

const HOUR: i64 = 3_600_000;

/// An archive as it is on 2024-03-05: January as a month; February, for whose month it is too early, as
/// days but for the 10th; of March what has been, but for yesterday.
fn scene() -> Scene {
    let scene = Scene::new();
    for number in (1..=29).filter(|day| *day != 10) {
        let (path, hours) = day(2, number);
        scene.put(&path, hours, Times::Micros);
    }
    for number in 1..=3 {
        let (path, hours) = day(3, number);
        scene.put(&path, hours, Times::Micros);
    }
    scene
}

#[test]
fn months_days_and_the_exchange_make_one_series() {
    let scene = scene();
    let told = json(&scene.download("btcusdt 1h --json"));
    let last_open = START + (i64::try_from(CLOSED).unwrap() - 1) * HOUR;
    assert_eq!(
        told,
        json!({
            "symbol": "BTCUSDT", "interval": "1h", "folder": "candles/BTCUSDT-1h",
            "from": "2024-01-01", "to": "2024-03-05",
            "files": { "kept": 0, "archive": 1 + 28 + 3, "exchange": 1 + 2 },
            "candles": CLOSED, "first_open": START, "last_open": last_open,
            "gaps": 0, "missing": 0, "first_gaps": [], "notes": [],
        })
    );
    let names = scene.names();
    assert!(names.contains(&"BTCUSDT-1h-2024-01.zip".to_owned()), "{names:?}");
    assert!(names.contains(&"BTCUSDT-1h-2024-02-10.csv".to_owned()), "{names:?}");
    assert!(names.contains(&"BTCUSDT-1h-2024-03-05.csv".to_owned()), "{names:?}");
    assert!(names.iter().all(|name| !name.contains(".part")), "{names:?}");
    // Twelve columns, closed hours alone.
    let today = fs::read_to_string(scene.path("candles/BTCUSDT-1h/BTCUSDT-1h-2024-03-05.csv"));
    let today = today.unwrap();
    assert_eq!(today.lines().count(), 12);
    assert!(today.lines().all(|line| line.split(',').count() == 12), "{today}");

    fs::write(scene.path("BTCUSDT-1h.csv"), rows(0..CLOSED, Times::Millis)).unwrap();
    let (downloaded, source) =
        (scene.backtest("candles/BTCUSDT-1h"), scene.backtest("BTCUSDT-1h.csv"));
    assert!(source["trades"].as_u64().unwrap() > 10, "{source}");
    assert_eq!(downloaded, source);
}

#[test]
fn run_again_it_asks_for_what_is_new_alone() {
    let scene = scene();
    json(&scene.download("BTCUSDT 1h --json"));
    let asked = scene.archive.seen().len();
    // A checksum and a zip each; three that the archive does not have.
    assert_eq!(asked, 2 * 32 + 3);
    let told = json(&scene.download("BTCUSDT 1h --json"));
    assert_eq!(told["files"], json!({ "kept": 1 + 29 + 4, "archive": 0, "exchange": 1 }));
    assert_eq!(told["candles"], CLOSED);
    assert_eq!(scene.archive.seen(), [(format!("{FEBRUARY}.CHECKSUM"), None)]);

    // The month takes the place of its days.
    scene.put(FEBRUARY, 31 * 24..60 * 24, Times::Micros);
    let told = json(&scene.download("BTCUSDT 1h --json"));
    assert_eq!(told["files"], json!({ "kept": 1 + 4, "archive": 1, "exchange": 1 }));
    assert_eq!(told["candles"], CLOSED);
    assert!(scene.names().iter().all(|name| !name.contains("-02-")), "{:?}", scene.names());
}

#[test]
fn a_span_is_kept_to_and_a_month_holds_its_days() {
    let scene = scene();
    for number in 30..=31 {
        let (path, hours) = day(1, number);
        scene.put(&path, hours, Times::Millis);
    }
    let told = json(&scene.download("BTCUSDT 1h --from 2024-01-30 --to 2024-02-02 --json"));
    assert_eq!(told["files"], json!({ "kept": 0, "archive": 4, "exchange": 0 }));
    assert_eq!((&told["candles"], &told["from"]), (&json!(4 * 24), &json!("2024-01-30")));
    json(&scene.january());
    scene.archive.seen();
    let told = json(&scene.download("BTCUSDT 1h --from 2024-01-30 --to 2024-02-02 --json"));
    assert_eq!(told["files"], json!({ "kept": 4, "archive": 0, "exchange": 0 }));
    assert_eq!(scene.archive.seen(), []);
    assert_eq!(told["candles"], 33 * 24);
}

#[test]
fn an_old_month_that_the_archive_lacks_is_asked_of_the_exchange() {
    let scene = Scene::new();
    scene.archive.remove(JANUARY);
    let told = json(&scene.january());
    assert_eq!(told["files"], json!({ "kept": 0, "archive": 0, "exchange": 1 }));
    assert_eq!(
        (&told["candles"], scene.names()),
        (&json!(744), vec!["BTCUSDT-1h-2024-01.csv".to_owned()])
    );
    assert_eq!(json(&scene.january())["files"]["kept"], 1);
}

#[test]
fn other_intervals_are_made_of_the_same_market() {
    let scene = Scene::new();
    let told = json(&scene.download("BTCUSDT 1d --into days --json"));
    // January and the days up to yesterday; of February no month yet.
    assert_eq!((&told["candles"], &told["gaps"]), (&json!(64), &json!(0)));
    let asked: Vec<_> = scene.archive.seen().into_iter().map(|(path, _)| path).collect();
    assert!(asked[0].starts_with("monthly/klines/BTCUSDT/1d/BTCUSDT-1d-2024-01.zip"), "{asked:?}");
    assert!(names(&scene.path("days")).iter().all(|name| name.starts_with("BTCUSDT-1d-2024-")));
}

#[test]
fn people_are_told_what_there_is_and_what_is_missing() {
    let scene = Scene::new();
    let holed = rows(0..100, Times::Millis) + &rows(103..744, Times::Millis);
    scene.archive.put(JANUARY, packed(JANUARY, &holed));
    let output = scene.download("BTCUSDT 1h --from 2024-01-01 --to 2024-01-31 --into here");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "BTCUSDT-1h, 2024-01-01 to 2024-01-31: 1 file in here\n\
         files: 0 kept, 1 from the archive, 0 from the exchange\n\
         candles: 741, opening 2024-01-01 00:00 to 2024-01-31 23:00 UTC\n\
         gaps: 1, 3 candles missing\n  \
           2024-01-05 04:00 to 2024-01-05 07:00: 3 missing\n\
         next: heikin backtest --params FILE --candles here\n"
    );
}

#[test]
fn what_was_verified_can_be_verified_by_others_and_is_again() {
    let scene = Scene::new();
    json(&scene.january());
    let folder = scene.path("candles/BTCUSDT-1h");
    let checked = Command::new("sha256sum")
        .args(["-c", "BTCUSDT-1h-2024-01.zip.CHECKSUM"])
        .current_dir(&folder)
        .output();
    // Where there is such a program.
    assert!(checked.is_err() || checked.is_ok_and(|output| output.status.success()));
    let zip = folder.join("BTCUSDT-1h-2024-01.zip");
    let mut damaged = fs::read(&zip).unwrap();
    damaged[1_000] ^= 1;
    fs::write(&zip, damaged).unwrap();
    assert_eq!(json(&scene.january())["files"]["archive"], 1);
    assert_eq!(json(&scene.january())["files"]["kept"], 1);
}

#[test]
fn an_exchange_without_an_archive_is_enough() {
    let scene = Scene::new();
    let output = scene.download("ETHUSDT 1h");
    assert!(message(&output, 2).starts_with("the exchange has no symbol ETHUSDT"));
    // The simulator answers what it does not know with 404, as an archive without the file does.
    let mut command = Command::new(env!("CARGO_BIN_EXE_heikin"));
    let rest = scene.exchange.rest();
    let output = command
        .args(["download", "BTCUSDT", "1h", "--archive", &rest, "--base-url", &rest, "--json"])
        .args(["--from", "2024-03-01"])
        .current_dir(scene.path(""))
        .output()
        .unwrap();
    let told = json(&output);
    assert_eq!((&told["files"]["exchange"], &told["candles"]), (&json!(5), &json!(4 * 24 + 12)));
}
