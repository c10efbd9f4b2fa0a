//! Alert rules and dashboard name metrics that heikin exports, and the page about them has them all.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use serde_json::Value;
use yaml_rust2::YamlLoader;

use crate::text;

/// What `/metrics` tells of one name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Metric {
    kind: &'static str,
    help: String,
}

/// The text of a literal.
fn literal(token: &TokenTree) -> Option<String> {
    let TokenTree::Literal(literal) = token else { return None };
    let written = literal.to_string();
    Some(written.strip_prefix('"')?.strip_suffix('"')?.replace("\\\"", "\""))
}

/// Every `gauge("name", "help", …)`, `counter(…)` and `family(…, Kind::…, …)` of the source.
fn exported(source: TokenStream, found: &mut BTreeMap<String, Metric>) {
    let tokens: Vec<_> = source.into_iter().collect();
    for (place, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        exported(group.stream(), found);
        let inside: Vec<_> = group.stream().into_iter().collect();
        if group.delimiter() != Delimiter::Parenthesis || inside.len() < 3 || place == 0 {
            continue;
        }
        let (Some(name), Some(help)) = (literal(&inside[0]), literal(&inside[2])) else { continue };
        if !name.starts_with("heikin_") {
            continue;
        }
        let has = |word: &str| inside.iter().any(|token| token.to_string() == word);
        let kind = match tokens[place - 1].to_string().as_str() {
            "counter" => "counter",
            "family" if has("Counter") => "counter",
            "gauge" | "family" => "gauge",
            other => {
                panic!("{name} is made by {other}: tests/documents/metrics.rs does not know it")
            }
        };
        let twice = found.insert(name.clone(), Metric { kind, help });
        assert_eq!(twice, None, "{name} is exported twice");
    }
}

fn metrics() -> BTreeMap<String, Metric> {
    let mut found = BTreeMap::new();
    exported(text("src/cli/run/service.rs").parse().unwrap(), &mut found);
    assert!(found.len() > 15, "{} metrics", found.len());
    found
}

/// The names of heikin's metrics in an expression or a text.
fn names(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    words.filter(|word| word.starts_with("heikin_")).map(str::to_owned).collect()
}

#[test]
fn every_metric_is_named_as_prometheus_would_have_it() {
    for (name, Metric { kind, help }) in metrics() {
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name} is a {kind}");
        assert!(help.ends_with('.') && help.len() > 10, "{name}: {help}");
    }
}

#[test]
fn alert_rules_watch_what_is_exported() {
    let documents = YamlLoader::load_from_str(&text("docs/operations/alerts.yml")).unwrap();
    let known = metrics();
    let mut rules = 0;
    for group in documents[0]["groups"].as_vec().unwrap() {
        for rule in group["rules"].as_vec().unwrap() {
            let name = rule["alert"].as_str().unwrap();
            let expression = rule["expr"].as_str().unwrap();
            let named = names(expression);
            assert!(!named.is_empty() || expression.contains("up{"), "{name} watches nothing");
            for metric in named {
                assert!(
                    known.contains_key(&metric),
                    "{name} watches {metric}, which does not exist"
                );
            }
            let severity = rule["labels"]["severity"].as_str().unwrap();
            assert!(["page", "ticket"].contains(&severity), "{name}: {severity}");
            let told = &rule["annotations"];
            for key in ["summary", "description"] {
                assert!(told[key].as_str().is_some_and(|text| text.len() > 10), "{name}: {key}");
            }
            rules += 1;
        }
    }
    assert!(rules >= 8, "{rules} rules");
}

#[test]
fn the_dashboard_draws_what_is_exported() {
    let board: Value = serde_json::from_str(&text("docs/operations/dashboard.json")).unwrap();
    let known = metrics();
    let mut drawn = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for panel in board["panels"].as_array().unwrap() {
        let title = panel["title"].as_str().unwrap();
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{title}: its id is taken");
        assert!(panel["gridPos"]["w"].as_u64().unwrap() <= 24, "{title}");
        for target in panel["targets"].as_array().unwrap() {
            let named = names(target["expr"].as_str().unwrap());
            assert!(!named.is_empty(), "{title} draws nothing");
            drawn.extend(named);
        }
    }
    for metric in &drawn {
        assert!(known.contains_key(metric), "the dashboard draws {metric}, which does not exist");
    }
    assert!(drawn.len() > 10, "{drawn:?}");
}

#[test]
fn the_page_lists_every_metric() {
    let page = text("docs/monitoring.md");
    let listed: Vec<_> = page.lines().filter(|line| line.starts_with("| `heikin_")).collect();
    let rows: Vec<_> = metrics()
        .iter()
        .map(|(name, Metric { kind, help })| format!("| `{name}` | {kind} | {help} |"))
        .collect();
    assert_eq!(listed, rows, "the table in docs/monitoring.md should read:\n{}", rows.join("\n"));
}
