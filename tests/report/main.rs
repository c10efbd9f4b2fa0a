#![cfg(test)]
//! Whole pages: their size, and files to open in a browser (`report-*.html` in Cargo's `tmp`).

mod sample;
mod words;

use std::fs;
use std::path::Path;

use heikin::analysis::report::{self, Report, Series};
use sample::Shape;

/// The page of `report`, also left on disk for people to look at.
fn page(name: &str, report: &Report) -> String {
    let mut page = Vec::new();
    report::write(report, &mut page).unwrap();
    fs::write(Path::new(env!("CARGO_TARGET_TMPDIR")).join(name), &page).unwrap();
    String::from_utf8(page).unwrap()
}

#[test]
fn five_years_of_half_days_stay_under_a_megabyte() {
    let shape = Shape { candles: 3_650, seconds: 43_200, looseness: 2.5 };
    let report = sample::report(shape);
    assert!(report.trades.len() > 40, "{} trades", report.trades.len());
    assert!(page("report-sample.html", &report).len() < 1_000_000);
}

#[test]
fn the_largest_report_stays_under_six_megabytes() {
    let shape = Shape { candles: 20_000, seconds: 900, looseness: -0.8 };
    let mut report = sample::report(shape);
    report.series.condensed = Some("Drawn from 20,000 candles of 15 minutes.".to_owned());
    assert!(report.trades.len() > 5_000, "{} trades", report.trades.len());
    let size = page("report-large.html", &report).len();
    assert!(size < 6_000_000, "{size} bytes");
}

#[test]
fn a_report_of_one_candle_is_a_page() {
    let report = sample::report(Shape { candles: 1, seconds: 43_200, looseness: 2.5 });
    let page = page("report-one-candle.html", &report);
    assert!(page.contains("No trade was closed."));
}

#[test]
fn an_account_without_candles_is_a_page() {
    let mut report = sample::report(Shape { candles: 400, seconds: 86_400, looseness: 1.0 });
    report.series = Series { equity: report.series.equity, ..Series::default() };
    page("report-no-candles.html", &report);
}

#[test]
fn nothing_at_all_is_a_page() {
    let page = page("report-empty.html", &Report::default());
    assert!(page.contains("No candles."));
    assert!(page.ends_with("</html>\n"));
}

#[test]
fn hostile_text_stays_text_wherever_it_stands() {
    let hostile = "</title></script><!--<img src=x onerror=alert(1)>\u{2028}\"'&";
    let mut report = sample::report(Shape { candles: 300, seconds: 43_200, looseness: 0.5 });
    report.title = hostile.to_owned();
    report.subtitle = hostile.to_owned();
    report.generated_by = hostile.to_owned();
    report.quote_asset = hostile.to_owned();
    report.base_asset = hostile.to_owned();
    report.verdicts[0].text = hostile.to_owned();
    report.groups[0].name = hostile.to_owned();
    report.groups[0].rows[0].label = hostile.to_owned();
    report.groups[0].rows[0].value = hostile.to_owned();
    report.groups[0].rows[0].note = Some(hostile.to_owned());
    report.settings[0] = (hostile.to_owned(), hostile.to_owned());
    report.assumptions[0] = hostile.to_owned();
    report.series.condensed = Some(hostile.to_owned());
    report.series.marks[0].label = hostile.to_owned();
    let trade = &mut report.trades[0];
    for text in [
        &mut trade.entry_price,
        &mut trade.exit_price,
        &mut trade.quantity,
        &mut trade.net,
        &mut trade.fee,
        &mut trade.kind,
    ] {
        *text = hostile.to_owned();
    }
    let page = page("report-hostile.html", &report);
    assert!(!page.contains("<img") && !page.contains("<!--"));
    assert_eq!(page.matches("</title>").count(), 1);
    assert_eq!(page.matches("<script").count(), page.matches("</script>").count());
}
