//! The command as a user meets it: what it prints, what it writes, and what it does with bad input.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use heikin::analysis::backtest::params::MINIMAL;
use serde_json::Value;

use crate::candles::{HOUR, START, csv};

/// A folder with a good parameters file, and files of these names and contents.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("p.json"), MINIMAL).expect("room");
    for (name, content) in files {
        fs::write(folder.path().join(name), content).expect("room");
    }
    folder
}

fn heikin(folder: &Path, arguments: &str, input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_heikin"))
        .arg("backtest")
        .args(arguments.split_whitespace())
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // Where the arguments are wrong already, nobody reads.
    drop(child.stdin.take().expect("a pipe").write_all(input));
    child.wait_with_output().expect("the program ends")
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Bad input: exit code 2, this one message, nothing printed, nothing written.
fn refused_in(folder: &Path, arguments: &str) -> String {
    let before = names(folder);
    let output = heikin(folder, arguments, b"");
    assert_eq!(output.status.code(), Some(2), "{arguments}: {output:?}");
    assert!(output.stdout.is_empty(), "{arguments}: {output:?}");
    assert_eq!(names(folder), before, "{arguments}");
    let message = String::from_utf8(output.stderr).expect("text");
    message.strip_prefix("heikin: ").expect("one message").trim_end().to_owned()
}

/// Bad candles in a file of this name.
fn refused(name: &str, content: &[u8]) -> String {
    let folder = folder(&[(name, content)]);
    let out = "--params p.json --trades t.csv --report r.html";
    refused_in(folder.path(), &format!("{out} --candles {name}"))
}

fn rows(rows: &[(u64, [&str; 4])]) -> Vec<u8> {
    csv(rows.iter().map(|(number, prices)| (*number, prices.map(str::to_owned)))).into_bytes()
}

fn first(prices: [&str; 4]) -> Vec<u8> {
    rows(&[(0, prices)])
}

const HEADER: &str = "open_time,open,high,low,close,volume,close_time,quote_volume,count,\
                      taker_buy_volume,taker_buy_quote_volume,ignore\n";

#[test]
fn files_without_candles() {
    assert_eq!(
        refused("a.csv", b""),
        "a.csv: the file is empty. Download it again, or leave it out."
    );
    assert_eq!(
        refused("a.csv", HEADER.as_bytes()),
        "a.csv: there is a header but no candle. Download the file again, or leave it out."
    );
}

#[test]
fn lines_that_are_no_candles() {
    assert_eq!(
        refused("a.csv", b"1704067200000,1,2,1,1,1,1704070799999\n"),
        "a.csv, line 1: the line has 7 columns, not the 12 of Binance's candles (open_time to \
         ignore). If the file was cut off, download it again; if it comes from another program, \
         export all 12 columns."
    );
    for (prices, fault) in [
        (["1", "abc", "1", "1"], "high `abc` is not a plain decimal number."),
        (["NaN", "2", "1", "1"], "open `NaN` is not a plain decimal number."),
        (["1", "2", "-1", "1"], "low `-1` must not be negative."),
        (["1", "2", "0", "1"], "low `0` must be above zero."),
        (["1", "1", "2", "1"], "the high 1 is below the low 2."),
    ] {
        let mut content = HEADER.as_bytes().to_vec();
        content.extend(rows(&[(0, ["1", "2", "1", "1"]), (1, prices)]));
        let message = refused("a.csv", &content);
        let start = format!("a.csv, line 3: {fault} ");
        assert!(message.starts_with(&start), "{message}");
        assert!(message.len() > start.len() + 10, "no remedy: {message}");
    }
}

#[test]
fn candles_that_are_no_series() {
    let flat = ["1", "2", "1", "1"];
    assert_eq!(
        refused("a.csv", &rows(&[(1, flat), (0, flat)])),
        "a.csv, line 2: times go backwards: the candle opens at 2024-01-01T00:00:00Z, the one \
         on line 1 at 2024-01-01T01:00:00Z. Sort the file by open_time."
    );
    let message = refused("a.csv", &rows(&[(0, flat), (0, ["1", "3", "1", "1"])]));
    assert!(message.starts_with("a.csv, line 2: "), "{message}");
    assert!(message.contains("a.csv, line 1"), "{message}");
    let mut mixed = first(flat);
    let (open, close) = (START + HOUR, START + HOUR + 299_999);
    mixed.extend(format!("{open},1,2,1,1,1,{close},0,0,0,0,0\n").bytes());
    assert_eq!(
        refused("a.csv", &mixed),
        "a.csv, line 2: mixed intervals: the candle lasts 5m, the run's first one 1h. Give files \
         of one interval only."
    );
}

#[test]
fn packed_files_that_are_damaged_or_unclear() {
    let text = csv((0..2_000).map(|at| {
        (at, [format!("1.{}", at * 7_919 % 997), "2".to_owned(), "1".to_owned(), "1".to_owned()])
    }));
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).expect("memory");
    let packed = packed.finish().expect("memory");
    let message = refused("a.csv.gz", &packed[..packed.len() / 2]);
    assert!(
        message.starts_with("a.csv.gz: the gzip file is damaged or cut off after "),
        "{message}"
    );
    assert!(message.ends_with("Download it again."), "{message}");

    let mut two = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["a.csv", "b.csv"] {
        two.start_file(name, zip::write::SimpleFileOptions::default()).expect("memory");
        two.write_all(&first(["1", "2", "1", "1"])).expect("memory");
    }
    assert_eq!(
        refused("two.zip", two.finish().expect("memory").get_ref()),
        "two.zip: 2 CSV files are in the zip file: a.csv, b.csv. Unpack it, and give the folder or \
         one of the files."
    );
}

#[test]
fn paths_that_lead_nowhere() {
    let folder = folder(&[("a.csv", &first(["1", "2", "1", "1"]))]);
    for (arguments, message) in [
        (
            "--params p.json --candles b.csv",
            "b.csv: there is no such file or folder. Check the path.",
        ),
        ("--params q.json --candles a.csv", "q.json: there is no such file. Check the path."),
        (
            "--params p.json --candles a.csv --trades no/t.csv",
            "--trades no/t.csv: its folder is not there. Make it first.",
        ),
        (
            "--params p.json --candles a.csv --report .",
            "--report .: this is a folder. Name a file in it.",
        ),
        (
            "--params p.json --candles a.csv --report x --trades ./x",
            "--trades and --report name the same file. Name two.",
        ),
        (
            "--params p.json --candles a.csv --trades ./a.csv",
            "--trades would overwrite a.csv, which is read. Name another file.",
        ),
        (
            "--params p.json --candles . --report a.csv",
            "--report would overwrite ., which is read. Name another file.",
        ),
        (
            "--params p.json --candles a.csv --trades p.json",
            "--trades would overwrite p.json, which is read. Name another file.",
        ),
        (
            "--params p.json",
            "--candles FILE is missing. Name candle files, folders, or - for standard input.",
        ),
        (
            "--params p.json --candles a.csv --finer a.csv",
            "the finer candles are of 1h, which does not divide the candles' 1h. Give finer \
             candles of a shorter interval.",
        ),
    ] {
        assert_eq!(refused_in(folder.path(), arguments), message);
    }
    let message = refused_in(folder.path(), "--candles a.csv");
    assert_eq!(message, format!("--params FILE is missing. A file that is complete:\n{MINIMAL}"));
}

#[test]
fn all_faults_of_the_parameters_at_once() {
    let text = MINIMAL.replace("\"fee\": \"0.001\"", "\"fe\": 2,\n  \"warmup\": -1");
    let folder = folder(&[("a.csv", &first(["1", "2", "1", "1"])), ("q.json", text.as_bytes())]);
    assert_eq!(
        refused_in(folder.path(), "--params q.json --candles a.csv --trades t.csv"),
        "q.json has 3 faults:\n  \
         line 4: there is no key \"fe\"; did you mean \"fee\"?\n  \
         line 5: warmup -1 is not a whole number. Give the number of a candle, from 0 to \
         1000000000.\n  \
         fee is missing. Give a share from 0 to 0.1; 0.1 % is \"0.001\"."
    );
}

#[test]
fn bad_input_leaves_an_older_file_as_it_was() {
    let bad = rows(&[(1, ["1", "2", "1", "1"]), (0, ["1", "2", "1", "1"])]);
    let folder = folder(&[("a.csv", &bad), ("t.csv", b"old"), ("r.html", b"old")]);
    refused_in(folder.path(), "--params p.json --candles a.csv --trades t.csv --report r.html");
    for name in ["t.csv", "r.html"] {
        assert_eq!(fs::read(folder.path().join(name)).expect("the old file"), b"old");
    }
}

/// Ups and downs that trade, with one candle twice and three missing.
fn good() -> Vec<u8> {
    let mut candles = Vec::new();
    for at in 0..200_u64 {
        let around = 10_000 + (at * at * 37) % 400;
        let cents = |value: u64| format!("{}.{:02}", value / 100, value % 100);
        let prices = [around, around + 150, around - 150, around + 80 - (at * 53) % 160].map(cents);
        if !(50..53).contains(&at) {
            candles.push((at, prices.clone()));
        }
        if at == 100 {
            candles.push((at, prices));
        }
    }
    csv(candles).into_bytes()
}

#[test]
fn a_good_run_writes_whole_files_and_tells_the_same_everywhere() {
    let folder = folder(&[("BTCUSDT-1h.csv", &good())]);
    let arguments = "--params p.json --candles BTCUSDT-1h.csv --trades t.csv --report r.html";
    let told = heikin(folder.path(), arguments, b"");
    assert_eq!(told.status.code(), Some(0), "{told:?}");
    assert!(told.stderr.is_empty(), "{told:?}");
    assert_eq!(names(folder.path()), ["BTCUSDT-1h.csv", "p.json", "r.html", "t.csv"]);
    let text = String::from_utf8(told.stdout).expect("text");
    assert!(
        text.starts_with("BTCUSDT 1h, 2024-01-01 00:00 to 2024-01-09 07:59 UTC, 197 candles\n")
    );
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("3 candles missing from 2024-01-03 02:00 on"), "{text}");
    let page = fs::read_to_string(folder.path().join("r.html")).expect("a report");
    assert!(page.ends_with("</html>\n"));

    let json = heikin(folder.path(), &format!("{arguments} --json"), b"");
    let json: Value = serde_json::from_slice(&json.stdout).expect("nothing but JSON");
    assert_eq!(json["candles"], 197);
    assert_eq!(json["data"]["duplicates"], 1);
    assert_eq!(json["data"]["missing"], 3);
    let trades = fs::read_to_string(folder.path().join("t.csv")).expect("trades");
    let count = trades.lines().count() - 1;
    assert!(count > 10, "{count} trades");
    assert_eq!(json["trades"], count);
    let last = trades.lines().last().expect("a trade");
    if json["state"] != "LONG" {
        assert_eq!(last.split(',').nth(10), json["quote"].as_str());
    }
}

#[test]
fn standard_input_and_a_folder_give_the_same_as_a_file() {
    let folder = folder(&[]);
    let whole = good();
    let middle = whole.iter().skip(2_000).position(|&byte| byte == b'\n').expect("a line");
    let (one, two) = whole.split_at(2_000 + middle + 1);
    fs::create_dir(folder.path().join("months")).expect("room");
    fs::write(folder.path().join("months/1.csv"), one).expect("room");
    fs::write(folder.path().join("months/2.csv"), two).expect("room");
    let stdin = heikin(folder.path(), "--params p.json --candles - --json", &good());
    let files = heikin(folder.path(), "--params p.json --candles months --json", b"");
    assert_eq!(stdin.status.code(), Some(0), "{stdin:?}");
    assert_eq!(stdin.stdout, files.stdout);
}

#[test]
fn finer_candles_refine_the_path_and_must_fit() {
    // One hour, twice: as it is, and in four quarters that reach the low first.
    let hour = |at: u64| (at, ["100", "110", "95", "105"]);
    let hours = rows(&[hour(0), hour(1)]);
    let quarter = |at: u64, prices: [&str; 4]| {
        let open = START + at * HOUR / 4;
        let [o, h, l, c] = prices;
        format!("{open},{o},{h},{l},{c},1,{},0,0,0,0,0\n", open + HOUR / 4 - 1)
    };
    let path = [
        ["100", "101", "95", "96"],
        ["96", "97", "96", "97"],
        ["97", "110", "97", "109"],
        ["109", "109", "105", "105"],
    ];
    let mut quarters = String::new();
    for at in 0..4 {
        quarters += &quarter(at, path[usize::try_from(at).expect("small")]);
    }
    let wrong = quarters.replace("110", "111");
    let elsewhen = quarter(400, path[0]);
    let folder = folder(&[
        ("h.csv", &hours),
        ("q.csv", quarters.as_bytes()),
        ("w.csv", wrong.as_bytes()),
        ("e.csv", elsewhen.as_bytes()),
    ]);
    let fine = heikin(folder.path(), "--params p.json --candles h.csv --finer q.csv --json", b"");
    let json: Value = serde_json::from_slice(&fine.stdout).expect("JSON");
    assert_eq!(json["data"]["finer"], serde_json::json!({ "interval": "15m", "refined": 1 }));
    assert!(fine.stderr.is_empty(), "{fine:?}");
    let none = heikin(folder.path(), "--params p.json --candles h.csv --finer e.csv --json", b"");
    assert!(none.status.success(), "{none:?}");
    let told = String::from_utf8(none.stderr).expect("text");
    assert!(
        told.starts_with("heikin: --finer: these candles make up none of the traded ones"),
        "{told}"
    );
    assert_eq!(
        refused_in(folder.path(), "--params p.json --candles h.csv --finer w.csv"),
        "the finer candles from 2024-01-01T00:00:00Z on make up the high 111, but the candle has \
         110. Give finer candles of the same symbol."
    );
}

#[test]
fn candles_of_two_symbols_are_no_series() {
    let one = first(["1", "2", "1", "1"]);
    let folder =
        folder(&[("AAAUSDT-1h-2024-01.csv", &one), ("BBBUSDT.csv", &one), ("c.csv", &one)]);
    let at = folder.path();
    fs::create_dir(at.join("BBBUSDT-1h")).expect("room");
    fs::write(at.join("BBBUSDT-1h/2024.csv"), &one).expect("room");
    let refused = |candles: &str| refused_in(at, &format!("--params p.json --candles {candles}"));
    for candles in [
        "AAAUSDT-1h-2024-01.csv BBBUSDT.csv",
        "c.csv AAAUSDT-1h-2024-01.csv BBBUSDT-1h",
        "AAAUSDT-1h-2024-01.csv --finer BBBUSDT.csv",
    ] {
        let told = refused(candles);
        assert!(
            told.starts_with(
                "by their names, AAAUSDT-1h-2024-01.csv has candles of AAAUSDT, and BBB"
            ),
            "{candles}: {told}"
        );
    }
    fs::write(at.join("p.json"), MINIMAL.replacen('{', "{ \"symbol\": \"AAAUSDT\",", 1))
        .expect("room");
    // A name proves nothing: the run goes on.
    let other = heikin(at, "--params p.json --candles BBBUSDT-1h c.csv --json", b"");
    let told = String::from_utf8(other.stderr).expect("text");
    assert!(other.status.success(), "{told}");
    assert!(
        told.contains(
            "the parameters are of AAAUSDT, but by its name BBBUSDT-1h/2024.csv has candles of BBBUSDT"
        ),
        "{told}"
    );
    let good = heikin(at, "--params p.json --candles AAAUSDT-1h-2024-01.csv c.csv --json", b"");
    assert!(good.status.success() && good.stderr.is_empty(), "{good:?}");
}
