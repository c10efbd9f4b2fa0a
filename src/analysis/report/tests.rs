//! Escaping, the payload's shape, and what the fixed parts may not contain.

use serde_json::{Value, json};

use super::data::{CandlePoint, EquityPoint, Mark, MarkKind, Report, Series, TradeRow, YearRow};
use super::escape::Text;
use super::months::Percent;
use super::payload::rounded;
use super::timeline::Timeline;
use super::{assets, months, payload, write};

const HOSTILE: &str = "</script><!--<script>alert('1')</script>\u{2028}\u{2029}\"&\\\u{7f}\0 ]]>";

fn payload_of(report: &Report) -> String {
    let mut out = Vec::new();
    payload::write(report, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn parsed(report: &Report) -> Value {
    serde_json::from_str(&payload_of(report)).unwrap()
}

fn candle(time: i64, close: f64) -> CandlePoint {
    CandlePoint { time, open: close, high: close, low: close, close, ..CandlePoint::default() }
}

fn equity(time: i64, equity: f64) -> EquityPoint {
    EquityPoint { time, equity, hold: equity, drawdown: 0.0 }
}

#[test]
fn text_cannot_become_markup() {
    assert_eq!(
        Text("a < b & c > 'd' \"e\"").to_string(),
        "a &lt; b &amp; c &gt; &#39;d&#39; &quot;e&quot;"
    );
    assert_eq!(Text("bell\u{7} nul\0 line\n").to_string(), "bell\u{fffd} nul\u{fffd} line\n");
    assert_eq!(Text("₿ 比特币 −1 %").to_string(), "₿ 比特币 −1 %");
}

#[test]
fn json_cannot_leave_its_script_and_means_the_same() {
    let trade = TradeRow { kind: HOSTILE.to_owned(), ..TradeRow::default() };
    let report =
        Report { quote_asset: HOSTILE.to_owned(), trades: vec![trade], ..Report::default() };
    let text = payload_of(&report);
    for forbidden in ["<", ">", "&", "\u{2028}", "\u{2029}", "\u{7f}", "\0"] {
        assert!(!text.contains(forbidden), "{forbidden:?} in {text}");
    }
    let value = parsed(&report);
    assert_eq!(value["quote"], HOSTILE);
    assert_eq!(value["trades"][0][11], HOSTILE);
}

#[test]
fn numbers_are_short_and_never_invalid() {
    let mut strange = candle(60, f64::NAN);
    strange.high = f64::INFINITY;
    strange.stop = Some(-0.001);
    let series = Series { candles: vec![candle(0, 100.0), strange], ..Series::default() };
    let text = payload_of(&Report { series, price_decimals: 2, ..Report::default() });
    assert!(text.contains("\"close\":[100,null]"), "{text}");
    assert!(text.contains("\"high\":[100,null]"), "{text}");
    assert!(text.contains("\"stop\":[null,0]"), "{text}");
    assert!(serde_json::from_str::<Value>(&text).is_ok());
}

#[test]
fn rounding_keeps_what_is_shown() {
    let check = |value, decimals, expected: &str| {
        assert_eq!(rounded(value, decimals).to_string(), expected);
    };
    check(67_234.505_1, 2, "67234.51");
    check(0.000_012_34, 8, "0.00001234");
    check(-0.001, 2, "0");
    check(1e300, 8, &1e300.to_string());
}

#[test]
fn columns_are_aligned_to_the_candles() {
    let series = Series {
        candles: vec![candle(1_000, 1.0), candle(1_060, 2.0), candle(1_120, 3.0)],
        equity: vec![equity(1_000, 500.0), equity(1_119, 501.25), equity(1_120, 502.0)],
        marks: vec![Mark {
            time: 1_070,
            kind: MarkKind::Exit,
            label: "stop".to_owned(),
            price: 1.5,
            net: Some(-0.004),
            trade: 7,
        }],
        condensed: None,
    };
    let trade =
        TradeRow { n: 7, entry_time: 999, exit_time: 2_000, bars: 3, ..TradeRow::default() };
    let value =
        parsed(&Report { series, trades: vec![trade], price_decimals: 2, ..Report::default() });
    assert_eq!(value["time"], json!([1_000, 60, 60]));
    assert_eq!(value["close"], json!([1, 2, 3]));
    assert_eq!(value["equity"], json!([500, 501.25, 502]));
    assert_eq!(value["trigger"], json!([null, null, null]));
    assert_eq!(value["marks"], json!([[1, 1, "stop", 1.5, -0.004, 7]]));
    assert_eq!(
        value["trades"],
        json!([[7, 999, 2_000, 3, 0, 2, "", "", "", "", "", "", 0]]),
        "the places are the first and the last candle"
    );
}

#[test]
fn candles_out_of_order_are_put_in_order() {
    let series = Series {
        candles: vec![candle(120, 3.0), candle(0, 1.0), candle(120, 4.0)],
        ..Series::default()
    };
    let value = parsed(&Report { series, ..Report::default() });
    assert_eq!(value["time"], json!([0, 120]));
    assert_eq!(value["close"], json!([1, 4]));
}

#[test]
fn without_candles_the_account_is_the_time_scale() {
    let series = Series { equity: vec![equity(5, 1.0), equity(9, 2.0)], ..Series::default() };
    let timeline = Timeline::of(&series);
    assert_eq!((timeline.len(), timeline.place(8), timeline.place(-1)), (2, Some(0), Some(0)));
    assert_eq!(Timeline::of(&Series::default()).place(8), None);
    let value = parsed(&Report { series, ..Report::default() });
    assert!(value.get("close").is_none());
    assert_eq!(value["equity"], json!([1, 2]));
}

#[test]
fn small_accounts_get_more_decimals() {
    let decimals = |amount| {
        let series = Series { equity: vec![equity(0, amount)], ..Series::default() };
        parsed(&Report { series, ..Report::default() })["moneyDecimals"].clone()
    };
    assert_eq!(
        [decimals(10_000.0), decimals(12.5), decimals(0.03)],
        [json!(2), json!(4), json!(8)]
    );
    assert_eq!(parsed(&Report::default())["moneyDecimals"], 2);
}

#[test]
fn a_month_is_a_number_with_its_sign() {
    let check = |value, expected: &str| assert_eq!(Percent(value).to_string(), expected);
    check(3.25, "+3.3");
    check(-12.0, "-12.0");
    check(-0.04, "0.0");
    check(1_234.56, "+1234.6");
    check(f64::NAN, "n/a");

    let mut row = YearRow { year: 2024, months: [None; 12], total: 20.0 };
    row.months[0] = Some(20.0);
    row.months[2] = Some(-5.0);
    let mut out = Vec::new();
    months::write(&[row], &mut out).unwrap();
    let table = String::from_utf8(out).unwrap();
    assert!(
        table.contains("<td class=\"up\" data-of=\"Jan\" style=\"--tint:58%\">+20.0</td>"),
        "{table}"
    );
    assert!(table.contains("<td class=\"none\" data-of=\"Feb\"></td>"), "{table}");
    assert!(
        table.contains("<td class=\"down\" data-of=\"Mar\" style=\"--tint:29%\">-5.0</td>"),
        "{table}"
    );
}

#[test]
fn no_fixed_part_ends_its_own_element() {
    for script in assets::SCRIPTS.iter().chain([&assets::THEME, &assets::LIBRARY]) {
        let lower = script.to_ascii_lowercase();
        assert!(
            !lower.contains("</script") && !lower.contains("<!--") && !lower.contains("<script")
        );
    }
    assert!(!assets::STYLE.to_ascii_lowercase().contains("</style"));
}

/// Everything that looks like an address, up to what cannot be part of one.
fn addresses(page: &str) -> impl Iterator<Item = &str> {
    page.match_indices("://").map(|(at, _)| {
        let start = page[..at].rfind(|c: char| !c.is_ascii_alphabetic()).map_or(0, |at| at + 1);
        let rest = &page[start..];
        &rest[..rest.find(['"', '\'', '`', ' ', ')', '\n', '<', '$']).unwrap_or(rest.len())]
    })
}

#[test]
fn the_page_asks_the_network_for_nothing() {
    let mut page = Vec::new();
    write(&Report { generated_by: "heikin 0.1.0".to_owned(), ..Report::default() }, &mut page)
        .unwrap();
    let page = String::from_utf8(page).unwrap();
    let known = [
        "https://www.tradingview.com/",
        "http://www.w3.org/2000/svg",
        "https://www.apache.org/licenses/LICENSE-2.0",
        "http://www.apache.org/licenses/",
    ];
    let found: Vec<&str> = addresses(&page).collect();
    assert!(found.len() >= known.len(), "the search itself must find them: {found:?}");
    for address in found {
        assert!(known.iter().any(|known| address.starts_with(known)), "{address}");
    }

    assert!(page.contains("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';"));
    // The library can draw pictures from addresses; nobody gives it one, and the policy forbids it.
    let page = page.replace(assets::LIBRARY, "");
    for fetching in ["src=", "@import", "url(", "action="] {
        assert!(!page.contains(fetching), "{fetching}");
    }
    let links: Vec<&str> =
        page.match_indices("href=\"").map(|(at, _)| &page[at + 6..at + 12]).collect();
    assert!(links.len() > 6, "{links:?}");
    for link in links {
        assert!(link.starts_with('#') || link.starts_with("data:,") || link == "https:", "{link}");
    }
}

#[test]
fn the_library_s_licence_and_notice_travel_with_it() {
    let mut page = Vec::new();
    write(&Report::default(), &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(page.contains("TradingView Lightweight Charts\nCopyright"));
    assert!(page.contains("Apache License"));
    assert!(page.contains("href=\"https://www.tradingview.com/\""));
}

#[test]
fn what_the_reader_of_the_page_cannot_write_to_fails() {
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let error = write(&Report::default(), Full).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}
