#![cfg(test)]
//! The directions between modules, the dependencies of the pure crates, and the order of the house.
//!
//! The tables below are the rules. A check that no longer finds what it guards fails, so that a
//! rename cannot switch it off.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A module, and the top-level modules of its crate that it may name.
type Rule = (&'static str, &'static [&'static str]);

/// The modules of the root package. An adapter names none of the others; `runtime`, `control`,
/// `cli` and `main` put them together. `config` is vocabulary rather than an adapter: settings are
/// handed on in its types. `exchange` and `standin` are crates of their own, named here as modules.
const ROOT: &[Rule] = &[
    // Plans and payment keys are handed on in the types of what sells access.
    ("config", &["subscription"]),
    ("subscription", &[]),
    // The simulation puts engine and store together, as the runtime does.
    ("analysis", &["store"]),
    // What it downloads has to be what a backtest reads: the exchange's candles, read as it does.
    ("history", &["analysis", "exchange"]),
    ("http", &["config"]),
    ("store", &[]),
    ("telemetry", &["config"]),
    ("runtime", &["config", "exchange", "store"]),
    // What front ends may ask and do: it reads what the order thread has recorded, and asks it.
    ("control", &["config", "http", "runtime", "store", "subscription"]),
    (
        "cli",
        &[
            "analysis",
            "config",
            "control",
            "exchange",
            "history",
            "http",
            "runtime",
            "standin",
            "store",
            "telemetry",
        ],
    ),
];

/// The exchanges: each stands alone.
const EXCHANGES: &[Rule] = &[("binance", &[]), ("simulator", &[])];

/// The stand-ins: each stands alone, on what they share.
const STANDINS: &[Rule] = &[
    ("broken", &[]),
    ("clock", &[]),
    ("rules", &[]),
    ("server", &[]),
    ("object", &[]),
    ("control", &["server"]),
    ("telegram", &["broken", "clock", "rules", "server", "object", "control"]),
    ("razorpay", &["broken", "clock", "rules", "server", "object", "control"]),
];

/// The modules of the Binance adapter: each uses only what stands above it.
const BINANCE: &[Rule] = &[
    ("signing", &[]),
    ("endpoints", &[]),
    ("clock", &[]),
    ("wire", &[]),
    ("limits", &["wire"]),
    ("requests", &["limits", "signing"]),
    ("classify", &["wire", "requests"]),
    ("counters", &[]),
    ("exchange_time", &["clock"]),
    (
        "rest",
        &[
            "signing",
            "endpoints",
            "clock",
            "wire",
            "limits",
            "requests",
            "classify",
            "counters",
            "exchange_time",
        ],
    ),
    ("time_sync", &["clock", "exchange_time", "rest"]),
    ("lockstep", &["rest"]),
    ("link", &["counters"]),
    ("arrival", &["exchange_time"]),
    ("public_rules", &["exchange_time", "rest", "arrival"]),
    (
        "gateway",
        &[
            "wire",
            "limits",
            "requests",
            "classify",
            "exchange_time",
            "rest",
            "arrival",
            "public_rules",
        ],
    ),
    (
        "user_events",
        &["endpoints", "wire", "limits", "requests", "classify", "rest", "link", "arrival"],
    ),
    ("market_streams", &["endpoints", "wire", "requests", "exchange_time", "rest", "link"]),
];

/// The modules of subscriptions: the pure ones know neither the provider nor a disk.
const SUBSCRIPTION: &[Rule] = &[
    ("hex", &[]),
    ("paise", &[]),
    ("ids", &[]),
    ("bill", &["paise"]),
    ("plan", &["bill", "ids", "paise"]),
    ("provider", &["ids", "paise"]),
    ("standing", &["ids", "paise"]),
    ("event", &["bill", "ids", "paise", "plan", "provider", "standing"]),
    ("account", &["event", "ids", "paise", "provider"]),
    ("view", &["account", "event", "standing"]),
    ("access", &["account", "standing"]),
    ("matching", &["account", "event", "ids", "paise", "provider"]),
    ("schedule", &[]),
    ("books", &["event", "ids", "schedule"]),
    ("statement", &["account", "bill", "ids", "paise", "provider"]),
    (
        "desk",
        &[
            "account", "event", "ids", "matching", "plan", "provider", "schedule", "standing",
            "view",
        ],
    ),
    ("history", &["account", "event", "ids", "statement"]),
    ("contact", &[]),
    ("razorpay", &["contact", "desk", "event", "hex", "ids", "matching", "paise", "provider"]),
];

/// What the pure modules of subscriptions never name: clocks, chance, disks, sockets.
const IMPURE: &[&str] =
    &["fs", "jiff", "rand", "reqwest", "tokio", "Instant", "SystemTime", "TcpStream"];
/// The modules there that may.
const SUBSCRIPTION_ADAPTERS: &[&str] = &["razorpay"];

/// The modules of the core: each uses only what stands above it.
const CORE: &[Rule] = &[
    ("num", &[]),
    ("time", &[]),
    ("market", &["num", "time"]),
    ("order", &["num", "time", "market"]),
    ("ledger", &["num", "time", "market", "order"]),
    ("strategy", &["num", "time", "market", "order", "ledger"]),
    ("risk", &["num", "time", "market", "order", "strategy"]),
    ("reconcile", &["num", "time", "order"]),
    ("engine", &["num", "time", "market", "order", "ledger", "strategy", "risk", "reconcile"]),
    // How types look in JSON; with the feature of that name.
    ("schema", &["num", "time", "market"]),
    // The fee rates that the model takes are the strategy's.
    ("matching", &["num", "time", "market", "order", "strategy"]),
    // Runs an engine against the model: the one place that knows both.
    ("matching::embedded", &["num", "time", "market", "order", "ledger", "engine"]),
];

/// The modules of the front end: each uses only what stands above it.
const BOT: &[Rule] = &[
    ("backend", &[]),
    ("wire", &["backend"]),
    ("remote", &["backend", "wire"]),
    ("conformance", &["backend"]),
    ("local_time", &["backend"]),
    ("message", &["backend"]),
    ("commands", &["backend", "message"]),
    ("chart", &["backend", "local_time"]),
    ("view", &["backend", "local_time", "message", "commands", "chart"]),
    ("chat", &["backend", "local_time", "message", "commands", "chart", "view"]),
    ("telegram", &["backend", "message", "commands", "chat", "view"]),
    ("terminal", &["backend", "message", "chat"]),
];

/// What the core is built from: no runtime, no I/O, no clock, no randomness. `schemars` comes only
/// with the feature that describes types.
const CORE_DEPENDENCIES: &[&str] =
    &["arrayvec", "rust_decimal", "schemars", "serde", "serde_json", "smallvec", "thiserror"];
/// What the front end is built from: it knows nothing of the engine's surroundings. `schemars`
/// comes only with the feature that describes types.
const BOT_DEPENDENCIES: &[&str] = &[
    "ab_glyph",
    "futures-util",
    "heikin-core",
    "jiff",
    "png",
    "reqwest",
    "schemars",
    "secrecy",
    "serde",
    "serde_json",
    "strsim",
    "teloxide",
    "thiserror",
    "tiny-skia",
    "tokio",
];

/// What may lie at the top of the repository.
const TOP_LEVEL: &[&str] = &[
    ".ci",
    ".dockerignore",
    ".env.example",
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "Dockerfile.backend",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "benches",
    "bot",
    "build.rs",
    "clippy.toml",
    "data",
    "deny.toml",
    "docker-compose.yml",
    "docs",
    "examples",
    "logs",
    "pyproject-free.md",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "src",
    "tests",
];

const LONGEST_FILE: usize = 700;
const SOURCES: &[&str] = &["rs", "js", "css", "html", "sh"];
/// How the names of files begin that others wrote.
const VENDORED: &[&str] = &["lightweight-charts"];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn root_modules_keep_apart() {
    check_directions("src", "ROOT", ROOT);
}

#[test]
fn exchanges_keep_apart_and_their_modules_in_order() {
    check_directions("src/exchange", "EXCHANGES", EXCHANGES);
    check_directions("src/exchange/binance", "BINANCE", BINANCE);
}

#[test]
fn standins_keep_apart() {
    check_directions("src/standin", "STANDINS", STANDINS);
}

#[test]
fn subscription_modules_use_only_what_stands_above_them() {
    check_directions("src/subscription", "SUBSCRIPTION", SUBSCRIPTION);
}

#[test]
fn what_decides_on_access_is_pure() {
    let folder = repository().join("src/subscription");
    let mut seen = 0;
    for path in files(&folder) {
        let module = module_of(path.strip_prefix(&folder).unwrap());
        if module.first().is_some_and(|own| SUBSCRIPTION_ADAPTERS.contains(&own.as_str())) {
            continue;
        }
        let source: TokenStream = fs::read_to_string(&path).unwrap().parse().unwrap();
        let impure = IMPURE.iter().find(|word| mentions(source.clone(), word));
        assert_eq!(impure, None, "{} is to be pure", path.display());
        seen += 1;
    }
    assert!(seen > 10, "{seen} files");
}

fn mentions(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => mentions(group.stream(), word),
        TokenTree::Ident(name) => name == word,
        _ => false,
    })
}

#[test]
fn core_modules_use_only_what_stands_above_them() {
    check_directions("src/core", "CORE", CORE);
    check_order("CORE", CORE);
}

#[test]
fn front_end_modules_use_only_what_stands_above_them() {
    check_directions("bot/src", "BOT", BOT);
    check_order("BOT", BOT);
}

/// The order of a table is that of the directions, so there are no circles.
fn check_order(table: &str, rules: &[Rule]) {
    for (place, (module, allowed)) in rules.iter().enumerate() {
        for name in *allowed {
            let above = rules[..place].iter().any(|(other, _)| other == name);
            assert!(above, "{name} does not stand above {module} in the table {table}");
        }
    }
}

#[test]
fn the_pure_crates_have_the_dependencies_they_may_have() {
    for (manifest, allowed, table) in [
        ("src/core/Cargo.toml", CORE_DEPENDENCIES, "CORE_DEPENDENCIES"),
        ("bot/Cargo.toml", BOT_DEPENDENCIES, "BOT_DEPENDENCIES"),
    ] {
        let text = fs::read_to_string(repository().join(manifest)).unwrap();
        let allowed: BTreeSet<_> = allowed.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(
            dependencies(&text),
            allowed,
            "the dependencies in {manifest} (left) are not those of {table} in \
             tests/structure.rs (right)"
        );
    }
}

#[test]
fn the_outside_knows_nothing_of_heikin_but_its_core() {
    for manifest in ["src/exchange/Cargo.toml", "src/standin/Cargo.toml"] {
        let text = fs::read_to_string(repository().join(manifest)).unwrap();
        let ours: Vec<_> =
            dependencies(&text).into_iter().filter(|name| name.starts_with("heikin")).collect();
        assert_eq!(ours, ["heikin-core"], "{manifest}");
    }
}

#[test]
fn the_top_of_the_repository_holds_nothing_unknown() {
    // What git does not know is the developer's own; without git, there is nothing to ask.
    let git = Command::new("git").arg("ls-files").current_dir(repository()).output();
    let Ok(listed) = git else { return };
    for path in String::from_utf8(listed.stdout).unwrap().lines() {
        let name = path.split('/').next().unwrap_or(path);
        assert!(
            TOP_LEVEL.contains(&name),
            "{name} is at the top of the repository, but not in TOP_LEVEL in tests/structure.rs: \
             move it to where it belongs, or add it there"
        );
    }
}

#[test]
fn no_file_is_longer_than_it_should_be() {
    let mut seen = 0;
    for folder in ["src", "bot", "tests", "benches"] {
        for path in files(&repository().join(folder)) {
            let name = path.file_name().unwrap().to_str().unwrap();
            let is_source =
                path.extension().is_some_and(|known| SOURCES.iter().any(|own| known == *own));
            if !is_source || VENDORED.iter().any(|vendored| name.starts_with(vendored)) {
                continue;
            }
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(
                lines <= LONGEST_FILE,
                "{} has {lines} lines, more than {LONGEST_FILE}: split it by what it does",
                path.display()
            );
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen} files");
}

/// Every module is in the table and the other way round, and names only what it may.
fn check_directions(folder: &str, table: &str, rules: &[Rule]) {
    let source = repository().join(folder);
    let guarded: BTreeMap<_, _> = rules.iter().copied().collect();
    assert_eq!(guarded.len(), rules.len(), "the table {table} lists a module twice");
    for (module, _) in rules {
        let path = source.join(module.replace("::", "/"));
        assert!(
            path.join("mod.rs").is_file() || path.with_extension("rs").is_file(),
            "{folder} has no module {module}: take it from the table {table} in \
             tests/structure.rs, or give the new name there"
        );
    }
    for path in files(&source) {
        let inside = path.strip_prefix(&source).unwrap();
        let module = module_of(inside);
        // The root of the crate, and crates that lie within: they have rules of their own.
        let Some(own) = module.first().filter(|own| is_module(&source, own)) else { continue };
        if inside.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let Some(allowed) = (1..=module.len())
            .rev()
            .find_map(|length| guarded.get(module[..length].join("::").as_str()))
        else {
            panic!(
                "{folder} has a module {own} without a rule: add it, with the modules that it may \
                 name, to the table {table} in tests/structure.rs"
            );
        };
        for name in names(&fs::read_to_string(&path).unwrap(), &module) {
            assert!(
                name == *own || allowed.contains(&name.as_str()),
                "{} names `{name}` of its crate, which {own} may not (table {table} in \
                 tests/structure.rs): what it needs belongs into a module it may name, or is handed \
                 to it by the one that puts both together",
                path.display()
            );
        }
    }
}

fn is_module(source: &Path, name: &str) -> bool {
    source.join(name).join("mod.rs").is_file() || source.join(format!("{name}.rs")).is_file()
}

/// The path of the module in a file; none for the crate's root.
fn module_of(file: &Path) -> Vec<String> {
    let path = file.with_extension("");
    let mut module: Vec<_> =
        path.iter().map(|part| part.to_str().expect("a name in ASCII").to_owned()).collect();
    if module.last().is_some_and(|last| last == "mod")
        || (module.len() == 1 && (module[0] == "lib" || module[0] == "main"))
    {
        module.pop();
    }
    module
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of the repository") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The names right under the crate's root that the source of a module mentions, through `crate`
/// or `super`, in macros too. A glob over the root is the name `*`.
fn names(source: &str, module: &[String]) -> BTreeSet<String> {
    let tokens: TokenStream = source.parse().expect("source that compiles");
    let mut names = BTreeSet::new();
    scan(tokens, module, &mut names);
    names
}

fn scan(tokens: TokenStream, module: &[String], names: &mut BTreeSet<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut rest = &tokens[..];
    while let [token, behind @ ..] = rest {
        rest = behind;
        match (token, behind) {
            (TokenTree::Ident(word), [TokenTree::Ident(name), TokenTree::Group(body), ..])
                if word == "mod" && body.delimiter() == Delimiter::Brace =>
            {
                let inner = [module, &[name.to_string()]].concat();
                scan(body.stream(), &inner, names);
                rest = &behind[2..];
            }
            (TokenTree::Ident(word), _) if word == "crate" => follow(&[], behind, names),
            (TokenTree::Ident(word), _) if word == "super" => {
                follow(&module[..module.len().saturating_sub(1)], behind, names);
                // The rest of `super::super::…` is told.
                while let Some(behind) = behind_colons(rest)
                    && let [TokenTree::Ident(word), behind @ ..] = behind
                    && word == "super"
                {
                    rest = behind;
                }
            }
            (TokenTree::Group(group), _) => scan(group.stream(), module, names),
            _ => {}
        }
    }
}

/// Notes what stands behind a path that has come to `base`.
fn follow(base: &[String], tokens: &[TokenTree], names: &mut BTreeSet<String>) {
    match behind_colons(tokens) {
        Some(behind) => segment(base, behind, names),
        // `use crate as other` would hide all that comes after it.
        None => match tokens {
            [TokenTree::Ident(word), ..] if word == "as" && base.is_empty() => {
                names.insert("*".to_owned());
            }
            _ => {}
        },
    }
}

fn segment(base: &[String], tokens: &[TokenTree], names: &mut BTreeSet<String>) {
    match tokens {
        [TokenTree::Ident(word), behind @ ..] if word == "super" => {
            follow(&base[..base.len().saturating_sub(1)], behind, names);
        }
        [TokenTree::Ident(word), behind @ ..] if word == "self" => follow(base, behind, names),
        [TokenTree::Group(group), ..] => {
            let tokens: Vec<_> = group.stream().into_iter().collect();
            let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ',');
            for item in tokens.split(is_comma) {
                segment(base, item, names);
            }
        }
        [TokenTree::Ident(name), ..] if base.is_empty() => {
            names.insert(name.to_string());
        }
        [TokenTree::Punct(mark), ..] if base.is_empty() && mark.as_char() == '*' => {
            names.insert("*".to_owned());
        }
        _ => {}
    }
}

fn behind_colons(tokens: &[TokenTree]) -> Option<&[TokenTree]> {
    match tokens {
        [TokenTree::Punct(first), TokenTree::Punct(second), behind @ ..]
            if first.as_char() == ':' && second.as_char() == ':' =>
        {
            Some(behind)
        }
        _ => None,
    }
}

#[test]
fn names_are_found_wherever_they_stand() {
    let module = ["engine".to_owned(), "apply".to_owned()];
    for (source, expected) in [
        ("use crate::order::Slot;", &["order"][..]),
        ("use crate::{market, num::{Money, Price}, risk::*};", &["market", "num", "risk"]),
        ("use crate::*;", &["*"]),
        ("use crate as all;", &["*"]),
        ("use super::{self, Engine};", &[]),
        ("use super::super::matching::Model;", &["matching"]),
        ("use super::{super::{matching, order::Slot}, Engine};", &["matching", "order"]),
        ("use self::super::super::risk;", &["risk"]),
        ("use super::super::super::none;", &["none"]),
        (
            "fn f(x: &crate::time::Span) -> super::super::num::Price { g::<crate::risk::A>() }",
            &["num", "risk", "time"],
        ),
        ("macro_rules! m { () => { $crate::ledger::A } }", &["ledger"]),
        ("fn f() { println!(\"{}\", crate::strategy::NAME) }", &["strategy"]),
        (
            "mod tests { use super::*; use super::super::Engine; use super::super::super::risk; }",
            &["risk"],
        ),
        ("pub(crate) struct A; pub(super) fn f() {} pub(in crate::engine) fn g() {}", &["engine"]),
        (
            "//! Not [`crate::risk`].\n/// Nor `super::super::order`.\nfn f() {} // crate::market",
            &[],
        ),
        ("fn f() { \"crate::risk::A\"; }", &[]),
    ] {
        let found = names(source, &module);
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), expected, "{source}");
    }
}

/// The dependencies in a manifest, those for tests only left out.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut in_table = false;
    for line in manifest.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        if let Some(header) = line.strip_prefix('[') {
            let header = header.split(']').next().unwrap_or_default();
            let is_kind = |name: &str| name == "dependencies" || name == "build-dependencies";
            let parts: Vec<_> = header.split('.').collect();
            in_table = parts.last().copied().is_some_and(is_kind);
            // `[dependencies.name]` is a table of one dependency.
            if let [.., kind, name] = parts[..]
                && is_kind(kind)
            {
                found.insert(name.to_owned());
            }
        } else if in_table && let Some((name, _)) = line.split_once('=') {
            let name = name.split('.').next().unwrap_or_default();
            found.insert(name.trim().trim_matches('"').to_owned());
        }
    }
    found
}

#[test]
fn dependencies_are_found_however_they_are_written() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\n# a = 1\nb = \"1\"\nc.workspace = true\n\
                    [dependencies.d]\nversion = \"1\"\n[target.'cfg(unix)'.dependencies]\n\"e\" = {}\n\
                    [build-dependencies]\nf = \"1\"\n[dev-dependencies]\ng = \"1\"\n";
    let found = dependencies(manifest);
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["b", "c", "d", "e", "f"]);
}
