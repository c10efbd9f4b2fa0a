//! The page from top to bottom. All that people read is in the markup itself, but for the trade
//! list and the charts, which the scripts draw from the payload.

use std::io;

use super::data::{Level, MetricGroup, Report, Verdict};
use super::escape::Text;
use super::{assets, months, payload};

/// Nothing is fetched, framed, submitted or evaluated from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
                      img-src data:; base-uri 'none'; form-action 'none'";

/// Writes the whole page.
pub(super) fn write(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    head(report, out)?;
    header(report, out)?;
    out.write_all(b"<main>\n")?;
    verdicts(&report.verdicts, out)?;
    figures(&report.groups, out)?;
    chart(report, out)?;
    monthly(report, out)?;
    trades(report, out)?;
    assumptions(&report.assumptions, out)?;
    settings(&report.settings, out)?;
    out.write_all(b"</main>\n")?;
    footer(report, out)?;
    scripts(report, out)
}

fn head(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n",
        Text(&report.title)
    )?;
    writeln!(out, "<style>\n{}</style>", assets::STYLE)?;
    write!(out, "<script>\n{}</script>\n", assets::THEME)?;
    out.write_all(
        b"<noscript><style>.tools, .legend, .canvas, #trades .scroll { display: none }</style></noscript>\n\
          </head>\n<body>\n",
    )
}

fn header(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    write!(
        out,
        "<header class=\"top\">\n<div class=\"heading\"><h1>{}</h1>\n<p class=\"subtitle\">{}</p></div>\n\
         <button type=\"button\" id=\"theme\" class=\"quiet\" hidden>Dark</button>\n",
        Text(&report.title),
        Text(&report.subtitle)
    )?;
    out.write_all(b"<nav aria-label=\"Sections\">")?;
    for (id, name) in [
        ("figures", "Key figures"),
        ("chart", "Charts"),
        ("months", "Months"),
        ("trades", "Trades"),
        ("assumptions", "Assumptions"),
        ("settings", "Settings"),
    ] {
        write!(out, "<a href=\"#{id}\">{name}</a>")?;
    }
    out.write_all(b"</nav>\n</header>\n")
}

fn verdicts(verdicts: &[Verdict], out: &mut impl io::Write) -> io::Result<()> {
    if verdicts.is_empty() {
        return Ok(());
    }
    out.write_all(b"<section id=\"verdicts\" aria-label=\"Verdict\">\n<ul class=\"verdicts\">\n")?;
    for verdict in verdicts {
        let (class, word) = match verdict.level {
            Level::Good => ("good", "Good"),
            Level::Caution => ("caution", "Caution"),
            Level::Bad => ("bad", "Bad"),
        };
        let text = Text(&verdict.text);
        writeln!(out, "<li class=\"{class}\"><b>{word}</b> <span>{text}</span></li>")?;
    }
    out.write_all(b"</ul>\n</section>\n")
}

fn figures(groups: &[MetricGroup], out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(b"<section id=\"figures\">\n<h2>Key figures</h2>\n")?;
    if groups.is_empty() {
        out.write_all(b"<p class=\"none\">No figures.</p>\n")?;
    }
    out.write_all(b"<div class=\"groups\">\n")?;
    for group in groups {
        writeln!(out, "<div class=\"card\"><h3>{}</h3>\n<dl>", Text(&group.name))?;
        for row in &group.rows {
            write!(out, "<div><dt>{}</dt><dd>{}</dd>", Text(&row.label), Text(&row.value))?;
            if let Some(note) = &row.note {
                write!(out, "<dd class=\"note\">{}</dd>", Text(note))?;
            }
            out.write_all(b"</div>\n")?;
        }
        out.write_all(b"</dl></div>\n")?;
    }
    out.write_all(b"</div>\n</section>\n")
}

fn chart(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(b"<section id=\"chart\">\n<h2>Charts <small>times in UTC</small></h2>\n")?;
    if report.series.candles.is_empty() && report.series.equity.is_empty() {
        out.write_all(b"<p class=\"none\">No candles.</p>\n")?;
    } else {
        out.write_all(assets::CHART.as_bytes())?;
    }
    if let Some(condensed) = &report.series.condensed {
        writeln!(out, "<p class=\"hint\">{}</p>", Text(condensed))?;
    }
    out.write_all(b"</section>\n")
}

fn monthly(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(b"<section id=\"months\">\n<h2>Monthly returns <small>percent</small></h2>\n")?;
    if report.months.is_empty() {
        out.write_all(b"<p class=\"none\">No month to show.</p>\n")?;
    } else {
        months::write(&report.months, out)?;
    }
    out.write_all(b"</section>\n")
}

fn trades(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(b"<section id=\"trades\">\n<h2>Trades <small>times in UTC</small></h2>\n")?;
    if report.trades.is_empty() {
        out.write_all(b"<p class=\"none\">No trade was closed.</p>\n")?;
    } else {
        out.write_all(assets::TRADES.as_bytes())?;
    }
    out.write_all(b"</section>\n")
}

fn assumptions(assumptions: &[String], out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(b"<section id=\"assumptions\">\n<h2>Assumptions</h2>\n")?;
    if assumptions.is_empty() {
        out.write_all(b"<p class=\"none\">None were stated.</p>\n")?;
    } else {
        out.write_all(b"<ol class=\"assumptions\">\n")?;
        for assumption in assumptions {
            writeln!(out, "<li>{}</li>", Text(assumption))?;
        }
        out.write_all(b"</ol>\n")?;
    }
    out.write_all(b"</section>\n")
}

fn settings(settings: &[(String, String)], out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(b"<section id=\"settings\">\n<h2>Settings</h2>\n")?;
    if settings.is_empty() {
        out.write_all(b"<p class=\"none\">None were stated.</p>\n")?;
    } else {
        out.write_all(b"<dl class=\"settings\">\n")?;
        for (name, value) in settings {
            writeln!(out, "<div><dt>{}</dt><dd>{}</dd></div>", Text(name), Text(value))?;
        }
        out.write_all(b"</dl>\n")?;
    }
    out.write_all(b"</section>\n")
}

/// Ends with what the chart library's licence asks for: notice, link and the licence itself.
fn footer(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    write!(
        out,
        "<footer>\n<p>Made by {}. A backtest is a model of the past, not a promise. This file is \
         complete in itself and fetches nothing.</p>\n\
         <details><summary>Charts by <a href=\"https://www.tradingview.com/\" rel=\"noopener \
         noreferrer\" target=\"_blank\">TradingView</a> Lightweight Charts: notice and licence\
         </summary>\n<pre>{}\n{}</pre></details>\n</footer>\n",
        Text(&report.generated_by),
        Text(assets::LIBRARY_NOTICE),
        Text(assets::LIBRARY_LICENSE)
    )
}

fn scripts(report: &Report, out: &mut impl io::Write) -> io::Result<()> {
    out.write_all(b"<script type=\"application/json\" id=\"data\">")?;
    payload::write(report, &mut *out)?;
    writeln!(out, "</script>\n<script>{}</script>", assets::LIBRARY)?;
    for script in assets::SCRIPTS {
        write!(out, "<script>\n{script}</script>\n")?;
    }
    out.write_all(b"</body>\n</html>\n")
}
