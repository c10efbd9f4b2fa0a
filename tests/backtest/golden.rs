//! Small cases worked out by hand, one for each rule: see `tests/golden/backtest`.

use std::fs;
use std::path::Path;

use heikin::analysis::backtest::{Backtest, ExitKind, MarketName, Observer, Params};
use heikin::analysis::candle_file::CandleFiles;
use heikin_core::ledger::Trade;

use crate::candles::{HOUR, START, csv};

/// The lines of a section, without its column names.
fn section<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (_, after) = text.split_once(&format!("[{name}]\n")).expect("the section");
    let section = after.split("\n[").next().expect("its end");
    section.lines().skip(1).map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// The candles, one hour each; `gap n` leaves n of them out.
fn candles(text: &str) -> String {
    let mut number = 0;
    let mut rows = Vec::new();
    for line in section(text, "candles") {
        if let Some(missing) = line.strip_prefix("gap ") {
            number += missing.parse::<u64>().expect("a count");
            continue;
        }
        let prices: Vec<String> = line.split(' ').map(str::to_owned).collect();
        rows.push((number, prices.try_into().expect("four prices")));
        number += 1;
    }
    csv(rows)
}

#[derive(Default)]
struct Trades(Vec<String>);

impl Observer for Trades {
    fn closed_trade(&mut self, trade: &Trade, kind: ExitKind) {
        let number =
            |time: heikin_core::time::Timestamp| (time.millis().unsigned_abs() - START) / HOUR + 1;
        let row = [
            number(trade.entry_candle).to_string(),
            trade.entry_price().expect("a price").to_string(),
            trade.bought.to_string(),
            number(trade.exit_candle).to_string(),
            trade.exit_price().expect("a price").to_string(),
            trade.sold.to_string(),
            trade.net_quote().to_string(),
            kind.to_string(),
        ];
        self.0.push(row.join(" "));
    }
}

#[test]
fn every_rule_gives_what_was_worked_out_by_hand() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/backtest");
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the cases") {
        let path = entry.expect("a readable folder").path();
        let text = fs::read_to_string(&path).expect("a file");
        let case = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let (_, params) = text.split_once("[params]\n").expect("parameters");
        let params = params.split("\n[").next().expect("their end");
        let params = Params::parse(params).expect("good parameters");
        let rows = std::io::Cursor::new(candles(&text));
        let mut candles = CandleFiles::from_reader(rows).expect("good candles");
        let market = MarketName::unknown().expect("a name");
        let mut backtest = Backtest::new(&params, market, candles.interval());
        let mut trades = Trades::default();
        backtest.run(&mut candles, None, &mut trades).expect("a whole run");

        assert_eq!(trades.0, section(&text, "trades"), "{case}: trades");
        let (quote, base) = (backtest.quote().total(), backtest.base().total());
        let end = format!("{} {quote} {base}", backtest.state().as_str());
        assert_eq!([end.as_str()], section(&text, "end").as_slice(), "{case}: end");
        count += 1;
    }
    assert!(count >= 12, "{count} cases");
}
