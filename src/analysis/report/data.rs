//! What a report is made of: plain values, nothing computed.

/// Everything one page shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// The headline, such as `BTCUSDT 12h`.
    pub title: String,
    /// The line under it: period, strategy, source of the candles.
    pub subtitle: String,
    /// Program and version, such as `heikin 0.1.0`.
    pub generated_by: String,
    /// What the figures mean, in sentences; shown before any figure.
    pub verdicts: Vec<Verdict>,
    /// The key figures, in groups.
    pub groups: Vec<MetricGroup>,
    /// Every setting of the run, name and value.
    pub settings: Vec<(String, String)>,
    /// Every assumption of the model, one sentence each.
    pub assumptions: Vec<String>,
    /// What the charts draw.
    pub series: Series,
    /// Monthly returns, one row per calendar year, in order.
    pub months: Vec<YearRow>,
    /// The closed trades, in order.
    pub trades: Vec<TradeRow>,
    /// Decimals of a price of this symbol.
    pub price_decimals: u8,
    /// What prices and results are counted in, such as `USDT`.
    pub quote_asset: String,
    /// What is bought and sold, such as `BTC`.
    pub base_asset: String,
}

/// One sentence about the result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How the reader should take it.
    pub level: Level,
    /// The sentence, such as `Fees took 83 % of the gross profit.`
    pub text: String,
}

/// How a verdict is to be taken. The page says it in a word, not by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Speaks for the settings.
    Good,
    /// Worth knowing before they are used.
    Caution,
    /// Speaks against them.
    Bad,
}

/// Key figures that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricGroup {
    /// What they are about, such as `Return`.
    pub name: String,
    /// The figures.
    pub rows: Vec<Metric>,
}

/// One key figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metric {
    /// What it is.
    pub label: String,
    /// Its value, formatted, with its unit.
    pub value: String,
    /// What a stranger needs to read it.
    pub note: Option<String>,
}

/// One calendar year of returns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct YearRow {
    /// The year.
    pub year: i32,
    /// Each month's return in percent; none where the run does not touch the month.
    pub months: [Option<f64>; 12],
    /// The year's return in percent.
    pub total: f64,
}

/// What the charts draw. Times are seconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// The candles, oldest first.
    pub candles: Vec<CandlePoint>,
    /// Entries and exits, oldest first.
    pub marks: Vec<Mark>,
    /// The account's value over time, oldest first.
    pub equity: Vec<EquityPoint>,
    /// Where candles were merged because there were too many: the sentence that says so.
    pub condensed: Option<String>,
}

/// One candle, real and Heikin-Ashi, and the orders that worked while it formed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CandlePoint {
    /// When it opened.
    pub time: i64,
    /// First price.
    pub open: f64,
    /// Highest price.
    pub high: f64,
    /// Lowest price.
    pub low: f64,
    /// Last price.
    pub close: f64,
    /// Heikin-Ashi open.
    pub ha_open: f64,
    /// Heikin-Ashi high.
    pub ha_high: f64,
    /// Heikin-Ashi low.
    pub ha_low: f64,
    /// Heikin-Ashi close.
    pub ha_close: f64,
    /// Stop price of the entry order that worked during this candle.
    pub entry_trigger: Option<f64>,
    /// Stop price of the protective order that worked during this candle.
    pub stop: Option<f64>,
}

/// One fill, drawn on the candle that contains its time.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// When it happened.
    pub time: i64,
    /// Into the position or out of it.
    pub kind: MarkKind,
    /// One word for the chart; for an exit its kind, such as `stop` or `red`.
    pub label: String,
    /// At what price.
    pub price: f64,
    /// The trade's result after fees; none for an entry.
    pub net: Option<f64>,
    /// The trade it belongs to: [`TradeRow::n`].
    pub trade: u64,
}

/// Which way a fill went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MarkKind {
    /// Into the position.
    Entry,
    /// Out of it.
    Exit,
}

/// The account at the close of one candle.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct EquityPoint {
    /// When that candle *opened*, so that it stands under it on the chart.
    pub time: i64,
    /// Balance and marked position, in the quote asset.
    pub equity: f64,
    /// What the same money would be worth had it bought and held.
    pub hold: f64,
    /// Percent below the highest equity so far: 0 or negative.
    pub drawdown: f64,
}

/// One closed trade, as the list prints it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TradeRow {
    /// Its number, counted from 1.
    pub n: u64,
    /// When it was entered, in seconds.
    pub entry_time: i64,
    /// When it was left, in seconds.
    pub exit_time: i64,
    /// Average entry price.
    pub entry_price: String,
    /// Average exit price.
    pub exit_price: String,
    /// Quantity sold.
    pub quantity: String,
    /// Result after fees, with its sign.
    pub net: String,
    /// Both fees, in the quote asset.
    pub fee: String,
    /// How it was left, such as `stop` or `red`.
    pub kind: String,
    /// The result again, for colour and order.
    pub net_value: f64,
    /// How many candles it was held.
    pub bars: u64,
}
