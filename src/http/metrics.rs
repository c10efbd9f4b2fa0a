//! Numbers in the text format of Prometheus (exposition format 0.0.4). Names carry their unit:
//! `heikin_data_age_seconds`; counters end in `_total`.

use std::fmt::{self, Write as _};

/// What a number does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, and begins anew when the process does.
    Counter,
    /// It goes up and down.
    Gauge,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
        })
    }
}

/// One number.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What it is of.
    pub labels: Vec<(&'static str, String)>,
    /// How much; the format knows nothing but floats.
    pub value: f64,
}

/// Numbers of the same meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct Family {
    /// Its name, with the unit.
    pub name: &'static str,
    /// What it means: a sentence.
    pub help: &'static str,
    /// What its numbers do.
    pub kind: Kind,
    /// Each of them.
    pub samples: Vec<Sample>,
}

impl Family {
    /// A family of one number without labels.
    pub fn single(name: &'static str, help: &'static str, kind: Kind, value: f64) -> Self {
        Self { name, help, kind, samples: vec![Sample { labels: Vec::new(), value }] }
    }
}

/// The text of all families.
pub(super) fn text(families: &[Family]) -> String {
    let mut out = String::new();
    for Family { name, help, kind, samples } in families {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _infallible = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for sample in samples {
            out.push_str(name);
            for (place, (label, value)) in sample.labels.iter().enumerate() {
                let before = if place == 0 { '{' } else { ',' };
                let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
                let _infallible = write!(out, "{before}{label}=\"{value}\"");
            }
            if !sample.labels.is_empty() {
                out.push('}');
            }
            let _infallible = writeln!(out, " {}", number(sample.value));
        }
    }
    out
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_as_the_format_has_it() {
        let labels = vec![("symbol", "BTC\"USDT\\\n".to_owned()), ("state", "LONG".to_owned())];
        let families = [
            Family::single("heikin_fills_total", "Fills.\nAll of them.", Kind::Counter, 3.0),
            Family {
                name: "heikin_stop_distance_ratio",
                help: "Share.",
                kind: Kind::Gauge,
                samples: vec![
                    Sample { labels, value: 0.25 },
                    Sample { labels: Vec::new(), value: f64::NEG_INFINITY },
                ],
            },
        ];
        assert_eq!(
            text(&families),
            "# HELP heikin_fills_total Fills.\\nAll of them.\n# TYPE heikin_fills_total counter\n\
             heikin_fills_total 3\n# HELP heikin_stop_distance_ratio Share.\n\
             # TYPE heikin_stop_distance_ratio gauge\n\
             heikin_stop_distance_ratio{symbol=\"BTC\\\"USDT\\\\\\n\",state=\"LONG\"} 0.25\n\
             heikin_stop_distance_ratio -Inf\n"
        );
        assert_eq!(number(f64::NAN), "NaN");
    }
}
