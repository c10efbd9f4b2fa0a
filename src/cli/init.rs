//! `heikin init`: the few questions behind a configuration, and the files that come of the answers.

use std::fs::{self, File};
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use tempfile::NamedTempFile;

use super::failure::Failure;
use super::tell::{ask, tell};
use crate::analysis::backtest::MarketName;
use crate::config::form::{Decided, toml};
use crate::config::{
    Config, ENV_FILE, FILE, Fault, Paths, Place, Variables, installation_tag, interval_warning,
};

/// What `.env` holds at first: names without values.
const ENV: &str = include_str!("../../.env.example");

/// Write heikin.toml and .env: what is traded, how much, in which mode.
///
/// Every question is also an option. Real money is not a choice here: it needs a sentence in
/// heikin.toml that is written by hand.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Where the files are written.
    #[arg(long, value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// paper (real prices, simulated fills, no keys), testnet (play money, keys of testnet) or demo (a
    /// made-up market).
    #[arg(long)]
    mode: Option<String>,
    /// What is traded, such as BTCUSDT.
    #[arg(long)]
    symbol: Option<String>,
    /// How long a candle is: 12h, or 4h.
    #[arg(long)]
    interval: Option<String>,
    /// product (chosen on real candles) or classic (the ancestor's rule).
    #[arg(long)]
    preset: Option<String>,
    /// How much of the free balance an entry spends, in percent.
    #[arg(long)]
    percent: Option<String>,
    /// What a paper account starts with, in the asset that the symbol is paid in.
    #[arg(long, value_name = "AMOUNT ASSET")]
    balance: Option<String>,
    /// Take the default for every question that no option answers.
    #[arg(long)]
    yes: bool,
    /// Write although there is a heikin.toml; the old one is kept beside it.
    #[arg(long)]
    replace: bool,
}

/// One question.
struct Question<'a> {
    flag: &'static str,
    text: &'static str,
    default: &'a str,
    given: &'a Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let paths = Paths::in_folder(&arguments.folder);
    if paths.file.exists() && !arguments.replace {
        return Err(Failure::bad_input(format!(
            "{} is there already and was left as it is. Change it by hand, or say --replace: the \
             old one is kept beside it",
            paths.file.display()
        )));
    }
    let decided = decide(arguments)?;
    let text = toml(&decided);
    check(&text)?;

    let fails = |what: &Path, error: &io::Error| {
        Failure::bad_input(format!(
            "{} was not written: {error}. Give a folder that you may write in, with room, as --folder",
            what.display()
        ))
    };
    fs::create_dir_all(&arguments.folder).map_err(|error| fails(&arguments.folder, &error))?;
    if let Some(kept) = keep_old(&paths.file).map_err(|error| fails(&paths.file, &error))? {
        tell(&format!("the old one is now {}", kept.display()));
    }
    write(&paths.file, &text, 0o644).map_err(|error| fails(&paths.file, &error))?;
    tell(&format!("wrote {}", paths.file.display()));
    let env = paths.env_file();
    if env.exists() {
        tell(&format!("left {} as it is", env.display()));
    } else {
        write(&env, ENV, 0o600).map_err(|error| fails(&env, &error))?;
        tell(&format!("wrote {} for secrets, readable by you alone", env.display()));
    }
    let tag = installation_tag(&arguments.folder.join("data")).map_err(Failure::bad_input)?;
    tell(&format!("installation {tag}: part of the name of every order"));
    tell(&format!("next: heikin check --config {}", paths.file.display()));
    Ok(())
}

fn decide(arguments: &Arguments) -> Result<Decided, Failure> {
    let open = if arguments.yes { Open::Default } else { Open::Ask };
    let questions = [
        Question {
            flag: "mode",
            text: "Trade on what: paper (real prices, simulated fills) or testnet",
            default: "paper",
            given: &arguments.mode,
        },
        Question {
            flag: "symbol",
            text: "Which symbol",
            default: "BTCUSDT",
            given: &arguments.symbol,
        },
        Question {
            flag: "interval",
            text: "Candles of how long (12h is what the settings were chosen on, 4h the alternative)",
            default: "12h",
            given: &arguments.interval,
        },
        Question {
            flag: "preset",
            text: "Which settings: product (chosen on real candles) or classic (the ancestor's rule)",
            default: "product",
            given: &arguments.preset,
        },
        Question {
            flag: "percent",
            text: "How much of the free balance does an entry spend, in percent",
            default: "50",
            given: &arguments.percent,
        },
    ];
    let [mode, symbol, interval, preset, percent] = answers(&questions, open)?;
    if mode == "live" {
        return Err(Failure::bad_input(
            "real money is not a choice here. Run on paper first; then write mode = \"live\" and the \
             sentence of live.consent into heikin.toml by hand (docs/configuration.md)",
        ));
    }
    if let Some(warning) = interval.parse().ok().and_then(interval_warning) {
        tell(&format!("{interval}: {warning}"));
    }
    let usual = usual_balance(&symbol);
    let [balance] = answers(
        &[Question {
            flag: "balance",
            text: "What does a paper account start with",
            default: &usual,
            given: &arguments.balance,
        }],
        open,
    )?;
    let Some((amount, asset)) = balance.split_once(char::is_whitespace) else {
        return Err(Failure::bad_input(format!(
            "--balance {balance} is no amount and asset. Give both, such as \"10000 USDT\""
        )));
    };
    let balances = format!("{{ {} = {} }}", quoted(asset.trim()), quoted(amount));
    Ok(Decided {
        sections: vec![("mode", quoted(&mode)), ("paper.balances", balances)],
        traders: vec![vec![
            ("symbol", quoted(&symbol)),
            ("interval", quoted(&interval)),
            ("preset", quoted(&preset)),
            ("percent", quoted(&percent)),
        ]],
    })
}

/// An amount that is worth something like 10 000 dollars, of what the symbol is paid with.
fn usual_balance(symbol: &str) -> String {
    let market = symbol.parse().ok().and_then(MarketName::of_symbol);
    match market.map(|market| market.quote) {
        Some(quote) if quote.as_str() == "BTC" => "0.1 BTC".to_owned(),
        Some(quote) if quote.as_str() == "ETH" => "4 ETH".to_owned(),
        Some(quote) if quote.as_str() == "BNB" => "15 BNB".to_owned(),
        Some(quote) => format!("10000 {quote}"),
        None => "10000 USDT".to_owned(),
    }
}

/// What becomes of a question that no option answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Open {
    /// It is asked.
    Ask,
    /// It has its default.
    Default,
}

/// The answers, by option, by default or from the terminal.
fn answers<const N: usize>(
    questions: &[Question<'_>; N],
    open: Open,
) -> Result<[String; N], Failure> {
    let missing: Vec<_> = questions.iter().filter(|question| question.given.is_none()).collect();
    if !missing.is_empty() && open == Open::Ask && !io::stdin().is_terminal() {
        let flags =
            missing.iter().map(|question| format!("--{}", question.flag)).collect::<Vec<_>>();
        return Err(Failure::bad_input(format!(
            "there is no terminal to ask at. Give {}, or --yes for the defaults",
            flags.join(", ")
        )));
    }
    let mut answers = [const { String::new() }; N];
    for (answer, question) in answers.iter_mut().zip(questions) {
        *answer = match question.given {
            Some(given) => given.trim().to_owned(),
            None if open == Open::Default => question.default.to_owned(),
            None => answer_to(question).map_err(Failure::failed)?,
        };
    }
    Ok(answers)
}

fn answer_to(question: &Question<'_>) -> io::Result<String> {
    ask(&format!("{} [{}]: ", question.text, question.default));
    let mut line = String::new();
    if io::stdin().lock().read_line(&mut line)? == 0 {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the answers ended; nothing was written",
        ));
    }
    let line = line.trim();
    Ok(if line.is_empty() { question.default } else { line }.to_owned())
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// What is about to be written is read as it would be, without the secrets of whoever asks.
fn check(text: &str) -> Result<(), Failure> {
    let folder = tempfile::tempdir().map_err(Failure::failed)?;
    fs::write(folder.path().join(FILE), text).map_err(Failure::failed)?;
    let stand_in = [("BINANCE_TESTNET_API_KEY", "none"), ("BINANCE_TESTNET_API_SECRET", "none")];
    let stand_in: Variables =
        stand_in.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    match Config::load(&Paths::in_folder(folder.path()), &stand_in) {
        Ok(_) => Ok(()),
        Err(faults) => {
            // Where in the file it would stand is of no use to whoever answered.
            let faults = faults.0.into_iter().map(|fault| {
                let value = Some(fault.value.unwrap_or_default());
                Fault { place: Place::Request, value, ..fault }.to_string()
            });
            let told = faults.collect::<Vec<_>>().join("\n  ");
            Err(Failure::bad_input(format!("nothing was written:\n  {told}")))
        }
    }
}

/// Copies what is there to a name of its own.
#[expect(clippy::disallowed_methods, reason = "when it was replaced names what is kept")]
fn keep_old(file: &Path) -> io::Result<Option<PathBuf>> {
    if !file.exists() {
        return Ok(None);
    }
    let second = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    for number in 0_u32.. {
        let dot = if number == 0 { String::new() } else { format!(".{number}") };
        let kept = file.with_file_name(format!("{FILE}.{second}{dot}.bak"));
        match File::create_new(&kept) {
            Ok(_) => {
                fs::copy(file, &kept)?;
                return Ok(Some(kept));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Whole or not at all.
fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(fs::Permissions::from_mode(mode))?;
    file.as_file().sync_all()?;
    let is_secret = path.file_name().is_some_and(|name| name == ENV_FILE);
    let written = if is_secret { file.persist_noclobber(path) } else { file.persist(path) };
    written.map(drop).map_err(|error| error.error)
}
