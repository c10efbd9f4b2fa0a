//! The result on a terminal of 80 columns.

use std::time::Duration;

use crate::analysis::backtest::{Outcome, assumptions, headline, key_figures, verdicts};
use crate::analysis::report::{Level, Metric};

/// Columns that are used at most.
const WIDTH: usize = 80;
/// Columns of a figure's label and of its value; its note follows.
const LABEL: usize = 22;
const VALUE: usize = 22;

/// The whole text.
pub(super) fn text(outcome: &Outcome, took: Duration) -> String {
    let mut out = headline(outcome) + "\n\n";
    for verdict in verdicts(outcome) {
        let mark = match verdict.level {
            Level::Good => "+  ",
            Level::Caution => "!  ",
            Level::Bad => "!! ",
        };
        wrap(&mut out, mark, &verdict.text);
    }
    for group in key_figures(outcome) {
        out += "\n";
        out += &group.name;
        out += "\n";
        for row in &group.rows {
            figure(&mut out, row);
        }
    }
    out += "\nAssumptions\n";
    for assumption in assumptions(outcome) {
        wrap(&mut out, "  - ", &assumption);
    }
    out + &format!("\nIt took {:.2} s.\n", took.as_secs_f64())
}

fn figure(out: &mut String, row: &Metric) {
    let Metric { label, value, note } = row;
    let start = format!("  {label:<LABEL$}{value:>VALUE$}  ");
    wrap(out, &start, note.as_deref().unwrap_or_default());
}

/// A paragraph behind `start`, its further lines below its beginning.
fn wrap(out: &mut String, start: &str, text: &str) {
    let indent = start.chars().count();
    let mut line = start.to_owned();
    let mut used = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        let gap = usize::from(used > indent);
        if gap == 1 && used + gap + length > WIDTH {
            *out += line.trim_end();
            *out += "\n";
            line = " ".repeat(indent) + word;
            used = indent + length;
            continue;
        }
        line += if gap == 1 { " " } else { "" };
        line += word;
        used += gap + length;
    }
    *out += line.trim_end();
    *out += "\n";
}
