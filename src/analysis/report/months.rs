//! The table of monthly returns: every cell a number with its sign, the colour only beside it.

use std::fmt;
use std::io;

use super::data::YearRow;
use super::payload::rounded;

const NAMES: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The strongest tint, in percent of the full colour: dark text stays readable on it.
const TINT_MAX: f64 = 58.0;

/// Writes the table.
pub(super) fn write(years: &[YearRow], out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(
        b"<div class=\"scroll\"><table class=\"months\">\n<thead><tr><th scope=\"col\">Year</th>",
    )?;
    for name in NAMES {
        write!(out, "<th scope=\"col\">{name}</th>")?;
    }
    out.write_all(b"<th scope=\"col\">Total</th></tr></thead>\n<tbody>\n")?;
    let months = || years.iter().flat_map(|row| row.months).flatten();
    let month_scale = largest(months());
    let year_scale = largest(years.iter().map(|row| row.total));
    for row in years {
        write!(out, "<tr><th scope=\"row\">{}</th>", row.year)?;
        for (name, value) in NAMES.iter().zip(row.months) {
            match value {
                Some(value) => cell(out, name, (value, month_scale))?,
                None => write!(out, "<td class=\"none\" data-of=\"{name}\"></td>")?,
            }
        }
        cell(out, "Total", (row.total, year_scale))?;
        out.write_all(b"</tr>\n")?;
    }
    out.write_all(b"</tbody></table></div>\n")
}

fn cell(out: &mut impl io::Write, of: &str, (value, scale): (f64, f64)) -> io::Result<()> {
    let percent = Percent(value);
    let class = percent.class();
    let tint = tint(value, scale);
    write!(out, "<td class=\"{class}\" data-of=\"{of}\" style=\"--tint:{tint:.0}%\">{percent}</td>")
}

/// The largest finite size, for the strongest tint.
fn largest(values: impl Iterator<Item = f64>) -> f64 {
    values.filter(|value| value.is_finite()).map(f64::abs).fold(0.0, f64::max)
}

/// The root spreads the small months: one wild month does not wash out the others.
fn tint(value: f64, scale: f64) -> f64 {
    let share = if scale > 0.0 { (value.abs() / scale).sqrt() } else { 0.0 };
    if share.is_finite() { share.min(1.0) * TINT_MAX } else { 0.0 }
}

/// A return with one decimal and its sign.
#[derive(Debug, Clone, Copy)]
pub(super) struct Percent(pub(super) f64);

impl Percent {
    /// Zero is neither, after rounding.
    fn class(self) -> &'static str {
        let shown = rounded(self.0, 1);
        if shown > 0.0 {
            "up"
        } else if shown < 0.0 {
            "down"
        } else {
            "flat"
        }
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = rounded(self.0, 1);
        if !shown.is_finite() {
            return f.write_str("n/a");
        }
        if self.class() == "flat" { f.write_str("0.0") } else { write!(f, "{shown:+.1}") }
    }
}
