use super::fault::{ConfigFaults, Fault, Place};
use super::notes::notes;
use super::read::Reader;
use super::secrets::{Gather, Secrets};
use super::sections::{self, Sections};
use super::trader::TraderConfig;
use super::variables::{self, EnvFile, Variables};
use super::{Config, Paths};

/// What a paper account starts with where nothing is said.
const PAPER_BALANCE: (&str, &str) = ("USDT", "10000");

pub(super) fn load(paths: &Paths, variables: &Variables) -> Result<Config, ConfigFaults> {
    let mut reader = Reader { file: paths.file.display().to_string(), faults: Vec::new() };
    let text = reader.text(&paths.file, paths.presence);
    let is_there = text.is_some();
    let (mut sections, traders) = match &text {
        Some(text) => reader.document(text),
        None => (Sections::default(), Vec::new()),
    };

    let env_path = paths.env_file();
    let env_name = env_path.display().to_string();
    let env_text = Reader { file: env_name.clone(), faults: Vec::new() };
    let env_text = reader.beside(env_text, &env_path);
    let (dotenv, faults) =
        env_text.as_deref().map_or_else(Default::default, |text| variables::parse(text, &env_name));
    reader.faults.extend(faults);
    reader.overrides(&mut sections, variables, &dotenv, &env_name);

    let mut gather = Gather {
        variables,
        dotenv: &dotenv,
        dotenv_name: &env_name,
        folder: paths.folder(),
        faults: Vec::new(),
        warnings: Vec::new(),
    };
    let mut secrets = gather.secrets();
    secrets.api_tokens = gather.api_tokens(&sections.http.tokens);
    if env_text.is_some() {
        gather.check_permissions(&env_path);
    }
    reader.faults.append(&mut gather.faults);
    let mut warnings = gather.warnings;
    if !dotenv.unknown.is_empty() {
        let names = dotenv.unknown.join(", ");
        warnings.push(format!("{env_name} has names that heikin does not read: {names}"));
    }

    let mut parts = Parts { sections, traders, secrets, is_there };
    let resolved = reader.resolve(&mut parts);
    let subscription = reader.selling(&parts, resolved.as_ref().map(|(mode, _)| mode));
    let Some((mode, venue)) = resolved.filter(|_| reader.faults.is_empty()) else {
        reader.faults.sort_by_key(|fault| fault.place.order());
        return Err(ConfigFaults(reader.faults));
    };
    let Parts { mut sections, traders, secrets, .. } = parts;
    if sections.paper.balances.is_empty()
        && let (Ok(asset), Ok(amount)) = (PAPER_BALANCE.0.parse(), PAPER_BALANCE.1.parse())
    {
        sections.paper.balances.insert(asset, amount);
    }
    let folder = paths.folder();
    sections.log.folder = folder.join(&sections.log.folder);
    let mut config = Config {
        mode,
        venue,
        limits: sections.limits,
        traders,
        paper: sections.paper,
        http: sections.http,
        log: sections.log,
        data: folder.join(&sections.data),
        notify: sections.notify,
        telegram: sections.telegram,
        ping: sections.ping,
        subscription,
        secrets,
        warnings: Vec::new(),
        file: is_there.then(|| paths.file.clone()),
    };
    warnings.extend(notes(&config));
    config.warnings = warnings;
    Ok(config)
}
/// The secrets of a process that trades nothing: what the environment and `.env` say, without a file.
pub(super) fn secrets(paths: &Paths, variables: &Variables) -> Result<Secrets, ConfigFaults> {
    let env_path = paths.env_file();
    let env_name = env_path.display().to_string();
    let mut reader = Reader { file: env_name.clone(), faults: Vec::new() };
    let beside = Reader { file: env_name.clone(), faults: Vec::new() };
    let text = reader.beside(beside, &env_path);
    let (dotenv, faults) =
        text.as_deref().map_or_else(Default::default, |text| variables::parse(text, &env_name));
    let mut gather = Gather {
        variables,
        dotenv: &dotenv,
        dotenv_name: &env_name,
        folder: paths.folder(),
        faults,
        warnings: Vec::new(),
    };
    let secrets = gather.secrets();
    reader.faults.append(&mut gather.faults);
    if reader.faults.is_empty() { Ok(secrets) } else { Err(ConfigFaults(reader.faults)) }
}

/// What was read, before it is known to fit together.
pub(super) struct Parts {
    pub(super) sections: Sections,
    pub(super) traders: Vec<TraderConfig>,
    pub(super) secrets: Secrets,
    pub(super) is_there: bool,
}
impl Reader {
    /// What the environment and `.env` say of what the file may say too.
    fn overrides(
        &mut self,
        sections: &mut Sections,
        variables: &Variables,
        dotenv: &EnvFile,
        env_name: &str,
    ) {
        for (name, key) in [("MODE", "mode"), ("HEIKIN_LOG", "log.level")] {
            let own = variables.get(name).map(|value| (value, Place::Environment));
            let beside = || {
                let line = dotenv.lines.get(name).filter(|line| !line.value.trim().is_empty())?;
                let place = Place::File { file: env_name.to_owned(), line: Some(line.line) };
                Some((line.value.as_str(), place))
            };
            let Some((value, place)) = own.or_else(beside) else { continue };
            let Some(key) = sections::KEYS.iter().find(|known| known.name == key) else { continue };
            let given = variables::given(value);
            if let Err(what) = (key.read)(sections, &given) {
                let remedy = format!("Give {}.", key.allowed);
                let (key, value) = (name.to_owned(), Some(given.shown()));
                self.faults.push(Fault { place, key, value, what, remedy });
            }
        }
    }
}
