//! The file as `heikin init` writes it, and the reference of all keys: both from the tables that
//! the reader uses.

use std::fmt::Write as _;

use serde_json::Value;

use super::key::Key;
use super::plan::{self, PlanDraft};
use super::sections::{self, BALANCE, CONSENT_ALONE, CONSENT_SHARED, Sections, TOKEN};
use super::trader::{self, Draft, interval_warning};

/// `http.tokens` is a table of its own, as `paper.balances` is.
const TOKENS_MEANING: &str = "Who may ask /api/v1, by name, and what each may do. The token itself is HEIKIN_API_TOKEN_OPS in the environment or .env for the name ops, or in the file that HEIKIN_API_TOKEN_OPS_FILE names.";

/// Comments are wrapped at this many characters.
const WIDTH: usize = 96;

/// What was decided: the full name of a key (`exit.on_red` of a trader without `trader.`), and its
/// value as TOML.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decided {
    /// Keys of the sections.
    pub sections: Vec<(&'static str, String)>,
    /// Keys of each trader.
    pub traders: Vec<Vec<(&'static str, String)>>,
}

/// One key as it is told.
struct Told {
    name: &'static str,
    meaning: &'static str,
    allowed: &'static str,
    default: Option<Value>,
}

fn told<'a, T>(keys: impl IntoIterator<Item = &'a Key<T>>, defaults: &T) -> Vec<Told>
where
    T: 'static,
{
    let one = |key: &Key<T>| Told {
        name: key.name,
        meaning: key.meaning,
        allowed: key.allowed,
        default: (key.write)(defaults),
    };
    keys.into_iter().map(one).collect()
}

fn section_keys() -> Vec<Told> {
    told(&sections::KEYS, &Sections::default())
}

/// A trader's own keys, those of the strategy, and between them nothing that has a default although
/// it must be given.
fn trader_keys(draft: &Draft) -> Vec<Told> {
    let mut keys = told(&trader::KEYS, draft);
    keys.extend(told(trader::settings(), &draft.settings).into_iter().map(|mut key| {
        if super::strategy::SIZING.iter().any(|sizing| sizing.name == key.name) {
            key.default = None;
        }
        key
    }));
    keys
}

/// A whole, commented `heikin.toml`: what was decided stands as a setting, everything else as a
/// comment with its default.
pub fn toml(decided: &Decided) -> String {
    let mut out = String::new();
    comment(
        &mut out,
        "heikin's settings. Written by `heikin init`; all of it may be changed by hand, and \
         `heikin check` says whether it is right. What is commented out is the default. Secrets \
         are not here: they belong into .env, or into the environment.",
    );
    write_keys(&mut out, "", &section_keys(), &decided.sections);
    for trader in &decided.traders {
        out.push_str("\n[[trader]]\n");
        let preset = trader.iter().find(|(name, _)| *name == trader::PRESET);
        let preset = preset.map_or("", |(_, value)| value.trim_matches('"'));
        write_keys(&mut out, "trader.", &trader_keys(&Draft::of(preset)), trader);
    }
    out.push('\n');
    comment(
        &mut out,
        "Access that people pay for through Razorpay: a section like this for each plan.",
    );
    out.push_str("#   [[plan]]\n");
    for key in plan_keys() {
        let value = key.default.unwrap_or_else(|| "".into());
        let _infallible = writeln!(out, "#   {} = {value}", key.name);
    }
    out
}

fn plan_keys() -> Vec<Told> {
    told(&plan::KEYS, &PlanDraft::default())
}

fn write_keys(out: &mut String, above: &str, keys: &[Told], decided: &[(&'static str, String)]) {
    let mut table = "";
    // What stands behind a `[table]` belongs to it: keys without one come first.
    let (plain, within): (Vec<_>, Vec<_>) = keys.iter().partition(|key| !key.name.contains('.'));
    for key in plain.into_iter().chain(within) {
        let (section, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if section != table {
            table = section;
            let _infallible = write!(out, "\n[{above}{section}]\n");
        }
        out.push('\n');
        comment(out, &format!("{} Give {}.", key.meaning, key.allowed));
        if key.name == "live.consent" {
            let _infallible = writeln!(out, "#   {CONSENT_ALONE}\n#   {CONSENT_SHARED}");
        }
        let chosen = decided.iter().find(|(name, _)| *name == key.name).map(|(_, value)| value);
        let _infallible = match (chosen, &key.default) {
            (Some(value), _) => writeln!(out, "{name} = {value}"),
            (None, Some(default)) => writeln!(out, "# {name} = {default}"),
            (None, None) => writeln!(out, "# {name} ="),
        };
        let warning = chosen
            .filter(|_| key.name == "interval")
            .and_then(|value| interval_warning(value.trim_matches('"').parse().ok()?));
        if let Some(warning) = warning {
            comment(out, &format!("Warning: {warning}."));
        }
        if key.name == "http.hosts" {
            out.push('\n');
            comment(out, &format!("{TOKENS_MEANING} Give {TOKEN}."));
            out.push_str("# tokens = { ops = \"operator\" }\n");
        }
        if key.name == "paper.taker_fee_pct" {
            out.push('\n');
            comment(out, &format!("What a paper account starts with. Give {BALANCE}."));
            let balance = decided.iter().find(|(name, _)| *name == "paper.balances");
            let _infallible = match balance {
                Some((_, value)) => writeln!(out, "balances = {value}"),
                None => writeln!(out, "# balances = {{ USDT = \"10000\" }}"),
            };
        }
    }
}

/// Lines of a comment.
fn comment(out: &mut String, text: &str) {
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line = String::from("#");
        }
        line.push(' ');
        line.push_str(word);
    }
    out.push_str(&line);
    out.push('\n');
}

/// All keys as tables in Markdown: what `docs/configuration.md` holds.
pub fn reference() -> String {
    let mut out = String::new();
    let mut section = None;
    for key in section_keys() {
        let (above, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if section != Some(above) {
            let title = if above.is_empty() {
                "Before the sections".to_owned()
            } else {
                format!("`[{above}]`")
            };
            head(&mut out, &title);
            section = Some(above);
        }
        row(&mut out, name, &key);
        if key.name == "http.hosts" {
            let (name, meaning, allowed) = ("tokens", TOKENS_MEANING, TOKEN);
            row(&mut out, name, &Told { name, meaning, allowed, default: None });
        }
        if key.name == "paper.taker_fee_pct" {
            let balances = Told {
                name: "balances",
                meaning: "What a paper account starts with.",
                allowed: BALANCE,
                default: Some(Value::String("{ USDT = \"10000\" }".to_owned())),
            };
            row(&mut out, "balances", &balances);
        }
    }
    head(&mut out, "`[[trader]]`");
    for key in trader_keys(&Draft::default()) {
        row(&mut out, key.name, &key);
    }
    head(&mut out, "`[[plan]]`");
    for key in plan_keys() {
        row(&mut out, key.name, &key);
    }
    out
}

fn head(out: &mut String, title: &str) {
    let _infallible =
        write!(out, "\n### {title}\n\n| key | meaning | default | may be |\n|---|---|---|---|\n");
}

fn row(out: &mut String, name: &str, key: &Told) {
    let default = match &key.default {
        Some(Value::String(text)) if text.is_empty() => "none".to_owned(),
        Some(Value::String(text)) if text.starts_with('{') => format!("`{text}`"),
        Some(value) => format!("`{value}`"),
        None => "–".to_owned(),
    };
    let _infallible = writeln!(out, "| `{name}` | {} | {default} | {} |", key.meaning, key.allowed);
}
