//! What was decided does not depend on what came after.

use std::fs;

use heikin::analysis::backtest::Params;
use proptest::prelude::*;
use proptest::strategy::ValueTree;

use crate::candles::{Hashes, run, walk};

/// Settings that trade often on walks of a few cents.
fn settings() -> impl Strategy<Value = Params> {
    let offset = prop::sample::select(vec!["0", "0.05", "2 ticks", "0.1%", "0.2 atr"]);
    let flags = (any::<bool>(), any::<bool>(), 0_u8..3);
    (offset.clone(), offset, flags).prop_map(|(entry, exit, (red, market, rearm))| {
        let resort = if market { "market" } else { "hold" };
        Params::parse(&format!(
            r#"{{"tick": "0.01", "step": "0.001", "fee": "0.001", "cash": "1000", "percent": "90",
            "entry_trigger_offset": "{entry}", "entry_limit_offset": "0.1",
            "exit_trigger_offset": "{exit}", "exit_limit_offset": "0.05", "exit_on_red": {red},
            "rescue_offset": "0.1", "max_slippage_pct": "1", "last_resort": "{resort}",
            "rearm_after": {rearm}, "slippage_pct": "0.05", "ma_filter": 3}}"#
        ))
        .expect("good parameters")
    })
}

fn moves(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<[i16; 4]>> {
    prop::collection::vec([-30_i16..30, 0..60, 0..60, -80..90], count)
}

/// The rows before a cut.
fn before(text: &str, cut: usize) -> String {
    text.lines().take(cut).flat_map(|line| [line, "\n"]).collect()
}

fn agrees_up_to(whole: &Hashes, other: &Hashes, cut: usize) -> bool {
    whole.at_closes[..cut] == other.at_closes[..cut]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_cut_changes_nothing_before_it(
        params in settings(), moves in moves(20..120), cut in 0.0..1.0,
    ) {
        let text = walk(10_000, &moves);
        let cut = share_of(moves.len(), cut);
        let whole = run(&params, text.clone());
        let part = run(&params, before(&text, cut));
        prop_assert_eq!(part.at_closes.len(), cut);
        prop_assert!(agrees_up_to(&whole, &part, cut));
    }

    #[test]
    fn another_future_changes_nothing_before_it(
        params in settings(), moves in moves(20..80), others in moves(20..80), cut in 0.0..1.0,
    ) {
        let cut = share_of(moves.len(), cut);
        let mut changed = moves.clone();
        changed.truncate(cut);
        changed.extend(others);
        let whole = run(&params, walk(10_000, &moves));
        let changed = run(&params, walk(10_000, &changed));
        prop_assert!(agrees_up_to(&whole, &changed, cut));
    }
}

/// At least one, at most all.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place in a short list"
)]
fn share_of(count: usize, share: f64) -> usize {
    ((count as f64 * share) as usize).clamp(1, count)
}

#[test]
fn the_walks_trade() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let trades: usize = (0..20)
        .map(|_| {
            let strategy = (settings(), moves(100..120));
            let (params, moves) = strategy.new_tree(&mut runner).expect("a case").current();
            run(&params, walk(10_000, &moves)).trades
        })
        .sum();
    assert!(trades > 100, "{trades} trades: the property would be empty");
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn a_cut_of_real_candles_changes_nothing_before_it() {
    let folder = crate::shared::folder().join("golden/backtest");
    for case in [
        "btcusdt-12h-2017-2020-f",
        "ethusdt-4h-2017-2020-g",
        "solusdc-1h-2024-09-i",
        "solusdt-gappy-l",
    ] {
        let params = Params::read(&folder.join(format!("{case}.params.json"))).expect("parameters");
        let file = case.replace("gappy-l", "gappy-e");
        let text = fs::read_to_string(folder.join(format!("{file}.candles.csv"))).expect("candles");
        let text: String = text
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_digit()))
            .flat_map(|line| [line, "\n"])
            .collect();
        let whole = run(&params, text.clone());
        let count = whole.at_closes.len();
        assert!(whole.trades > 40, "{case}: {} trades", whole.trades);
        // Cuts all over the series, and every candle somewhere in it.
        for cut in (1..count).step_by(count / 12).chain(count / 2..count / 2 + 8) {
            let part = run(&params, before(&text, cut));
            assert!(agrees_up_to(&whole, &part, cut), "{case}: cut after candle {cut}");
        }
    }
}
