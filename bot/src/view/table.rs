//! Tables of fixed width that fit a phone.

/// The widest line that a phone shows unbroken.
pub const WIDTH: usize = 34;

/// Rows of cells in columns: the first to the left, the others to the right. Cells of the first
/// column are cut where a line would be wider than a phone.
pub(super) fn table<const COLUMNS: usize>(rows: &[[String; COLUMNS]]) -> String {
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| length(cell)).max().unwrap_or(0)
    };
    let widths: [usize; COLUMNS] = std::array::from_fn(width);
    let others: usize = widths.iter().skip(1).map(|width| width + 1).sum();
    let first = widths.first().map_or(0, |first| (*first).min(WIDTH.saturating_sub(others).max(4)));
    let mut lines = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            if line.is_empty() {
                let cell = cut(cell, first);
                line = format!("{cell}{}", " ".repeat(first - length(&cell)));
            } else {
                let gap = (width + 1).saturating_sub(length(cell));
                line = format!("{line}{}{cell}", " ".repeat(gap));
            }
        }
        lines.push_str(cut(&line, WIDTH).trim_end());
        lines.push('\n');
    }
    lines
}

/// The text in at most `width` characters, the last one a `…` where some were cut.
pub(super) fn cut(text: &str, width: usize) -> String {
    if length(text) <= width {
        return text.to_owned();
    }
    let head: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{head}…")
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_fit() {
        let row = |a: &str, b: &str| [a.to_owned(), b.to_owned()];
        assert_eq!(table(&[row("BTC", "1.5"), row("USDT", "10")]), "BTC  1.5\nUSDT  10\n");
        let wide = table(&[row(&"x".repeat(60), &"9".repeat(12))]);
        assert_eq!(wide.trim_end().chars().count(), WIDTH);
        assert!(wide.contains('…') && wide.contains(&"9".repeat(12)));
        for line in table(&[row(&"x".repeat(60), &"9".repeat(60))]).lines() {
            assert!(line.chars().count() <= WIDTH);
        }
    }
}
