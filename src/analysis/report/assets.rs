//! The parts of the page that never change.

/// Our style.
pub(super) const STYLE: &str = include_str!("assets/report.css");
/// Chooses dark or light before anything is drawn.
pub(super) const THEME: &str = include_str!("assets/theme.js");
/// The chart's controls and its place.
pub(super) const CHART: &str = include_str!("assets/chart.html");
/// The trade list's controls and its empty table.
pub(super) const TRADES: &str = include_str!("assets/trades.html");

/// The chart library: TradingView Lightweight Charts 5.2.1, Apache-2.0, exactly as its authors
/// publish it (`dist/` of the npm package `lightweight-charts`).
pub(super) const LIBRARY: &str = include_str!("assets/lightweight-charts.standalone.production.js");
/// The notice its licence asks to be shown.
pub(super) const LIBRARY_NOTICE: &str = include_str!("assets/lightweight-charts.NOTICE.txt");
/// Its licence: whoever receives the page receives the library.
pub(super) const LIBRARY_LICENSE: &str = include_str!("assets/lightweight-charts.LICENSE.txt");

/// Our scripts, in the order they need each other.
pub(super) const SCRIPTS: [&str; 6] = [
    include_str!("assets/data.js"),
    include_str!("assets/overlay.js"),
    include_str!("assets/legend.js"),
    include_str!("assets/chart.js"),
    include_str!("assets/trades.js"),
    include_str!("assets/main.js"),
];
