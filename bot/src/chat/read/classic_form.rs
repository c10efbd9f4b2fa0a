use heikin_core::num::Money;

use super::ClassicForm;

/// The one line that heikin's ancestor took: interval, symbol, what to spend, and how far beyond the
/// Heikin-Ashi high and low to trigger. None for any other words.
///
/// `1h,BTCUSDT,10$,10,10`
pub(in crate::chat) fn classic_form(line: &str) -> Option<ClassicForm> {
    let fields: Vec<_> = line.trim().split(',').map(str::trim).collect();
    let [interval, symbol, spend, entry, exit] = fields.as_slice() else { return None };
    let amount = |text: &str| {
        let number = text.trim_start_matches('$').trim_end_matches('$').trim();
        Money::parse(number).ok().filter(|amount| !amount.is_negative())
    };
    Some(ClassicForm {
        interval: interval.to_ascii_lowercase().parse().ok()?,
        symbol: symbol.replace(['/', '-'], "").to_uppercase().parse().ok()?,
        spend: amount(spend).filter(|amount| !amount.is_zero())?,
        entry_offset: amount(entry)?,
        exit_offset: amount(exit)?,
    })
}
