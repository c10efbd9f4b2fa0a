//! A configuration that says every setting, so that no default of the product comes in.

use std::fmt::Write as _;

use heikin::exchange::simulator::Simulator;
use heikin_core::market::Symbol;
use heikin_core::strategy::{ExitOrder, HeikinAshiSettings, LastResort, Sizing};
use heikin_core::time::Interval;

pub(crate) fn configuration(
    simulator: &Simulator,
    (symbol, interval): (Symbol, Interval),
    settings: &HeikinAshiSettings,
    seed: usize,
) -> String {
    let (entry, exit) = (&settings.entry, &settings.exit);
    let Sizing::Percent(percent) = settings.sizing else { panic!("every case is in percent") };
    let mut text = format!(
        r#"mode = "testnet"
[exchange]
rest = "{}"
streams = "{}"
websocket_api = "{}"
lockstep = true
[http]
listen = "127.0.0.1:0"
[[trader]]
symbol = "{symbol}"
interval = "{interval}"
seed_candles = {seed}
percent = "{}"
rearm_after = {}
warmup = {}
"#,
        simulator.rest(),
        simulator.streams(),
        simulator.websocket_api(),
        percent.percent(),
        settings.rearm_after,
        settings.warmup,
    );
    let last_resort = match exit.last_resort {
        LastResort::Hold => "hold",
        LastResort::Market => "market",
    };
    assert_eq!(exit.order, ExitOrder::StopLimit);
    let lines = [
        ("entry.trigger_offset", format!("\"{}\"", entry.trigger_offset)),
        ("entry.limit_offset", format!("\"{}\"", entry.limit_offset)),
        ("entry.green_only", entry.green_only.to_string()),
        ("entry.min_body_pct", format!("\"{}\"", entry.min_body.percent())),
        ("entry.no_lower_wick", entry.no_lower_wick.to_string()),
        ("entry.ma_filter", entry.ma_filter.map_or(0, u16::from).to_string()),
        ("exit.trigger_offset", format!("\"{}\"", exit.trigger_offset)),
        ("exit.limit_offset", format!("\"{}\"", exit.limit_offset)),
        ("exit.on_red", exit.on_red.to_string()),
        ("exit.take_profit_pct", format!("\"{}\"", exit.take_profit.percent())),
        ("exit.rescue_after", "\"close\"".to_owned()),
        ("exit.rescue_offset", format!("\"{}\"", exit.rescue_offset)),
        ("exit.max_slippage_pct", format!("\"{}\"", exit.max_slippage.percent())),
        ("exit.last_resort", format!("\"{last_resort}\"")),
        ("exit.last_resort_after", "\"close\"".to_owned()),
        ("exit.replace_min_ticks", exit.replace_min_ticks.to_string()),
    ];
    for (key, value) in lines {
        writeln!(text, "{key} = {value}").unwrap();
    }
    text
}
