//! Secrets: from the environment, from `.env`, or from files that either names. Never from TOML.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use super::Paths;
use super::fault::{ConfigFaults, Fault, Place};
use super::load;
use super::sections::TokenRole;
use super::variables::{self, EnvFile, SECRETS, Variables};

/// The largest file that is read as a secret.
const LARGEST: u64 = 64 * 1024;
/// A shorter token of the API could be guessed.
const SHORTEST_TOKEN: usize = 32;
/// The variable of the PIN.
const CHAT_PIN: &str = "HEIKIN_CHAT_PIN";
/// The variable of the address that is pinged.
const PING_URL: &str = "HEIKIN_PING_URL";
/// Where containers and units of systemd are handed secrets: they look readable by others, and are
/// not, since nobody else sees the folder.
const HANDED_OVER: [&str; 2] = ["/run/secrets", "/run/credentials"];

/// A key of the exchange and its secret. Neither is shown.
#[derive(Debug, Clone)]
pub struct Keys {
    /// The key, which the exchange knows.
    pub key: SecretString,
    /// The secret, which signs.
    pub secret: SecretString,
}

/// A token of the API. Its `Debug` does not show it.
#[derive(Debug, Clone)]
pub struct ApiToken {
    /// What it is called, in the log and in the record of who did what.
    pub name: String,
    /// What it may do.
    pub role: TokenRole,
    /// The token.
    pub secret: SecretString,
}

/// Every secret that was given, whether the mode uses it or not.
#[derive(Debug, Clone, Default)]
pub struct Secrets {
    /// The key for production.
    pub binance: Option<Keys>,
    /// The key for testnet or demo mode.
    pub binance_testnet: Option<Keys>,
    /// The Telegram bot's token.
    pub telegram_bot_token: Option<SecretString>,
    /// Razorpay's key, its secret, and what its webhooks are signed with.
    pub razorpay: Razorpay,
    /// What signals on `/webhook` carry.
    pub webhook_secret_key: Option<SecretString>,
    /// The dashboard's password.
    pub dashboard_password: Option<SecretString>,
    /// What is asked for, in a chat or over the API, before what raises the risk.
    pub chat_pin: Option<SecretString>,
    /// The token of a heikin elsewhere, for a chat that is attached to it.
    pub backend_token: Option<SecretString>,
    /// What is asked for while heikin is well: over TLS, or on this machine.
    pub ping_url: Option<SecretString>,
    /// The tokens of the API, by name.
    pub api_tokens: Vec<ApiToken>,
}

/// The secrets of the payment provider.
#[derive(Debug, Clone, Default)]
pub struct Razorpay {
    /// The id of the key.
    pub key_id: Option<SecretString>,
    /// Its secret.
    pub key_secret: Option<SecretString>,
    /// What webhooks are signed with.
    pub webhook_secret: Option<SecretString>,
    /// What they were signed with before that.
    pub previous_webhook_secret: Option<SecretString>,
}

impl Secrets {
    /// Those of a process that trades nothing, such as a chat elsewhere: what the environment says, and
    /// the `.env` beside the file that others have.
    ///
    /// # Errors
    ///
    /// All faults at once.
    pub fn alone(paths: &Paths, variables: &Variables) -> Result<Self, ConfigFaults> {
        load::secrets(paths, variables)
    }

    /// Each of them, for the filter of the logs; but for the PIN, which is as short as a price: a
    /// filter would find it everywhere, and give it away. No line of a log holds what was typed.
    pub fn all(&self) -> impl Iterator<Item = &SecretString> {
        let pairs = [&self.binance, &self.binance_testnet].into_iter().flatten();
        let single = [
            &self.telegram_bot_token,
            &self.razorpay.key_id,
            &self.razorpay.key_secret,
            &self.razorpay.webhook_secret,
            &self.razorpay.previous_webhook_secret,
            &self.webhook_secret_key,
            &self.dashboard_password,
            &self.backend_token,
            &self.ping_url,
        ];
        let tokens = self.api_tokens.iter().map(|token| &token.secret);
        pairs
            .flat_map(|keys| [&keys.key, &keys.secret])
            .chain(single.into_iter().flatten())
            .chain(tokens)
    }
}

/// What gathers secrets, and what it notices.
pub(super) struct Gather<'a> {
    pub(super) variables: &'a Variables,
    pub(super) dotenv: &'a EnvFile,
    /// `.env` as it was named.
    pub(super) dotenv_name: &'a str,
    /// Paths in `NAME_FILE` of `.env` are relative to here.
    pub(super) folder: &'a Path,
    pub(super) faults: Vec<Fault>,
    pub(super) warnings: Vec<String>,
}

/// A variable with its place.
struct Found<'a> {
    value: &'a str,
    place: Place,
}

impl Gather<'_> {
    /// All of them.
    pub(super) fn secrets(&mut self) -> Secrets {
        let [
            key,
            secret,
            test_key,
            test_secret,
            telegram,
            id,
            key_secret,
            webhook,
            previous_webhook,
            signal,
            password,
            chat_pin,
            backend,
            ping,
        ] = SECRETS.map(|name| self.secret(name));
        let [n_key, n_secret, n_test_key, n_test_secret, ..] = SECRETS;
        Secrets {
            binance: self.pair((n_key, key), (n_secret, secret)),
            binance_testnet: self.pair((n_test_key, test_key), (n_test_secret, test_secret)),
            telegram_bot_token: telegram,
            razorpay: Razorpay {
                key_id: id,
                key_secret,
                webhook_secret: webhook,
                previous_webhook_secret: previous_webhook,
            },
            webhook_secret_key: signal,
            dashboard_password: password,
            chat_pin,
            backend_token: backend,
            ping_url: ping,
            api_tokens: Vec::new(),
        }
    }

    /// The environment goes before `.env`.
    fn find(&self, name: &str) -> Option<Found<'_>> {
        if let Some(value) = self.variables.get(name) {
            return Some(Found { value, place: Place::Environment });
        }
        let line = self.dotenv.lines.get(name).filter(|line| !line.value.trim().is_empty())?;
        let file = self.dotenv_name.to_owned();
        let place = Place::File { file, line: Some(line.line) };
        Some(Found { value: &line.value, place })
    }

    fn secret(&mut self, name: &str) -> Option<SecretString> {
        let by_file = format!("{name}_FILE");
        let fault = |place: Place, key: &str, value: Option<String>, what: String, remedy: &str| {
            Fault { place, key: key.to_owned(), value, what, remedy: remedy.to_owned() }
        };
        let (value, place) = match (self.find(name), self.find(&by_file)) {
            (None, None) => return None,
            (Some(_), Some(found)) => {
                let what = format!("is there, and so is {name}");
                let fault = fault(found.place, &by_file, None, what, "Leave one of the two out.");
                self.faults.push(fault);
                return None;
            }
            (Some(found), None) => (SecretString::from(found.value.to_owned()), found.place),
            (None, Some(found)) => {
                let path = self.folder.join(found.value);
                let place = found.place.clone();
                match read(&path) {
                    Ok(text) => {
                        self.check_permissions(&path);
                        (text, place)
                    }
                    Err(what) => {
                        let shown = Some(path.display().to_string());
                        let remedy =
                            "Give the path of a file that holds the secret and nothing else.";
                        self.faults.push(fault(place, &by_file, shown, what, remedy));
                        return None;
                    }
                }
            }
        };
        if let Some(what) = flaw(name, value.expose_secret()) {
            let remedy = "Copy it again: the value alone, without quotes or spaces.";
            let hidden = Some("[hidden]".to_owned());
            self.faults.push(fault(place, name, hidden, what.to_owned(), remedy));
            return None;
        }
        Some(value)
    }

    /// The API's tokens, one for each name.
    pub(super) fn api_tokens(&mut self, named: &BTreeMap<String, TokenRole>) -> Vec<ApiToken> {
        let mut tokens: Vec<ApiToken> = Vec::new();
        for (name, &role) in named {
            let variable = variables::of_token(name);
            let faults = self.faults.len();
            let Some(secret) = self.secret(&variable) else {
                if self.faults.len() == faults {
                    let what = format!("is missing, although http.tokens has the name {name}");
                    self.token_fault(variable, what);
                }
                continue;
            };
            let text = secret.expose_secret();
            if text.len() < SHORTEST_TOKEN {
                let what =
                    format!("is shorter than {SHORTEST_TOKEN} characters: it could be guessed");
                self.token_fault(variable, what);
            } else if let Some(other) =
                tokens.iter().find(|token| token.secret.expose_secret() == text)
            {
                let what =
                    format!("is the token of {} too: who asks would not be known", other.name);
                self.token_fault(variable, what);
            } else {
                tokens.push(ApiToken { name: name.clone(), role, secret });
            }
        }
        self.strays(named);
        tokens
    }

    fn token_fault(&mut self, key: String, what: String) {
        let place = self.find(&key).map_or(Place::Environment, |found| found.place);
        let remedy = "Make a new one for it, such as with: openssl rand -hex 32".to_owned();
        self.faults.push(Fault { place, key, value: None, what, remedy });
    }

    /// Warns of tokens without a name in `http.tokens`: nobody can use them.
    fn strays(&mut self, named: &BTreeMap<String, TokenRole>) {
        let known: BTreeSet<_> = named.keys().map(|name| variables::of_token(name)).collect();
        let given = self.dotenv.lines.keys().map(String::as_str).chain(self.variables.of_tokens());
        let stray: BTreeSet<_> = given
            .filter(|name| variables::is_of_token(name))
            .filter(|name| !known.contains(name.strip_suffix("_FILE").unwrap_or(name)))
            .collect();
        self.warnings.extend(stray.into_iter().map(|name| {
            format!("{name} is there, and http.tokens has no name for it: it is not used")
        }));
    }

    fn pair(
        &mut self,
        (key_name, key): (&str, Option<SecretString>),
        (secret_name, secret): (&str, Option<SecretString>),
    ) -> Option<Keys> {
        let (there, missing) = match (key, secret) {
            (Some(key), Some(secret)) => return Some(Keys { key, secret }),
            (None, None) => return None,
            (Some(_), None) => (key_name, secret_name),
            (None, Some(_)) => (secret_name, key_name),
        };
        // What could not be read is told already.
        if !self.faults.iter().any(|fault| fault.key.starts_with(missing)) {
            let place = self.find(there).map_or(Place::Environment, |found| found.place);
            self.faults.push(Fault {
                place,
                key: missing.to_owned(),
                value: None,
                what: format!("is missing, although {there} is there"),
                remedy: format!("Give both, or neither: a line {missing}=… in .env."),
            });
        }
        None
    }

    /// Warns where others on this machine can read a file.
    pub(super) fn check_permissions(&mut self, path: &Path) {
        if HANDED_OVER.iter().any(|folder| path.starts_with(folder)) {
            return;
        }
        self.warnings.extend(readable_by_others(path));
    }
}

/// What to say where others on this machine can read a file.
pub fn readable_by_others(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        let path = path.display();
        format!(
            "{path} holds secrets and others on this machine can read or change it (mode \
             {mode:03o}). Run: chmod 600 {path}"
        )
    })
}

fn read(path: &PathBuf) -> Result<SecretString, String> {
    let size = fs::metadata(path).map_err(|error| unreadable(&error))?.len();
    if size > LARGEST {
        return Err("is larger than a secret can be".to_owned());
    }
    let text = fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    Ok(SecretString::from(text.trim().to_owned()))
}

fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "names a file that does not exist".to_owned(),
        _ => format!("names a file that cannot be read ({error})"),
    }
}

/// What is wrong with a secret, without showing it.
fn flaw(name: &str, text: &str) -> Option<&'static str> {
    if text.trim().is_empty() {
        return Some("is empty");
    }
    if name == CHAT_PIN {
        let length = text.chars().count();
        let is_pin = (6..=64).contains(&length) && text.bytes().all(|byte| byte.is_ascii_graphic());
        return (!is_pin).then_some("is no PIN: 6 to 64 digits, letters or signs, no space");
    }
    if name == PING_URL {
        return (!is_address(text))
            .then_some("is neither an https address, nor an http one on this machine");
    }
    // People choose passwords; all the others are copied.
    let is_chosen = name == "DASHBOARD_PASSWORD" || name == "WEBHOOK_SECRET_KEY";
    if is_chosen {
        return text.contains(char::is_control).then_some("has a control character");
    }
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"'&=".contains(&byte));
    (!is_plain).then_some("has a character that keys do not have: was more copied than the key?")
}

/// Whether a secret address may be asked for: nobody on the way may read it.
fn is_address(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    is_plain
        && text.parse::<reqwest::Url>().is_ok_and(|url| {
            let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
            let is_here = host == "localhost"
                || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
            url.scheme() == "https" || url.scheme() == "http" && is_here
        })
}
