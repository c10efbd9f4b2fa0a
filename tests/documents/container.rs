//! The image holds nothing but heikin, and the composition lets it do nothing but its work.

use heikin::config::{Config, Paths, Variables};
use yaml_rust2::{Yaml, YamlLoader};

use crate::{root, text};

/// The instructions of a Dockerfile: continued lines joined, comments left out.
fn instructions(dockerfile: &str) -> Vec<(String, String)> {
    let lines = dockerfile.lines().filter(|line| !line.trim_start().starts_with('#'));
    let joined = lines.fold(String::new(), |text, line| match line.strip_suffix('\\') {
        Some(begun) => text + begun,
        None => text + line + "\n",
    });
    let found = joined.lines().filter_map(|line| line.trim().split_once(' '));
    found.map(|(word, rest)| (word.to_owned(), rest.trim().to_owned())).collect()
}

/// The items of `["a", "b"]`.
fn exec_form(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text} is no exec form: {error}"))
}

fn parses(words: &[String]) {
    let whole = [&["heikin".to_owned()], words].concat();
    if let Err(error) = heikin::cli::command().try_get_matches_from(&whole) {
        panic!("{whole:?} is not understood:\n{error}");
    }
}

#[test]
fn the_image_is_heikin_alone_without_root_or_shell() {
    let dockerfile = instructions(&text("Dockerfile.backend"));
    let stages: Vec<_> = (0..dockerfile.len()).filter(|&at| dockerfile[at].0 == "FROM").collect();
    assert!(stages.len() > 1, "it is built in stages");
    let last = &dockerfile[*stages.last().unwrap()..];
    assert_eq!(last[0].1, "scratch");
    let all = |word: &str| -> Vec<&str> {
        last.iter().filter(|(own, _)| own == word).map(|(_, rest)| rest.as_str()).collect()
    };
    assert!(all("RUN").is_empty(), "there is nothing that could run");
    assert_eq!(all("COPY"), ["--from=build --chown=65532:65532 /rootfs/ /"]);
    assert_eq!(all("USER"), ["65532:65532"]);
    assert_eq!(exec_form(all("VOLUME")[0]), ["/data", "/logs"]);
    assert_eq!(exec_form(all("ENTRYPOINT")[0]), ["/heikin"]);
    parses(&exec_form(all("CMD")[0]));
    let (_, asked) = all("HEALTHCHECK")[0].split_once("CMD ").unwrap();
    let asked = exec_form(asked);
    assert_eq!(asked, ["/heikin", "health"]);
    parses(&asked[1..]);
}

#[test]
fn dependencies_are_a_layer_below_the_sources() {
    let dockerfile = instructions(&text("Dockerfile.backend"));
    let at = |word: &str, begin: &str| {
        let found =
            dockerfile.iter().rposition(|(own, rest)| own == word && rest.starts_with(begin));
        found.unwrap_or_else(|| panic!("no {word} {begin}"))
    };
    let manifests = at("COPY", "--from=manifests");
    let dependencies = at("RUN", "cargo build --release --locked");
    let sources = at("COPY", ". .");
    let whole = at("RUN", "find . -name '*.rs' -exec touch");
    assert!(manifests < dependencies && dependencies < sources && sources < whole);
    // Otherwise the empty program would count as up to date; `version` shows that it is not.
    assert!(dockerfile[whole].1.contains("/rootfs/heikin version"));
    // What it trades with by itself is what the composition shows.
    assert!(dockerfile[whole].1.contains("cp docs/operations/container.toml /rootfs/heikin.toml"));
    // Secrets and data never come near the build.
    let ignored = text(".dockerignore");
    assert!(ignored.lines().any(|line| line == "*"));
    for kept_out in ["!.env", "!data", "!logs", "!.git", "!heikin.toml"] {
        assert!(!ignored.lines().any(|line| line.trim_end_matches('/') == kept_out), "{kept_out}");
    }
}

fn composition() -> Yaml {
    let documents = YamlLoader::load_from_str(&text("docker-compose.yml")).unwrap();
    assert_eq!(documents.len(), 1);
    documents.into_iter().next().unwrap()
}

/// A key of a service, which may come from what it is merged with.
fn key<'a>(service: &'a Yaml, name: &str) -> &'a Yaml {
    let own = &service[name];
    if own.is_badvalue() { &service["<<"][name] } else { own }
}

fn strings(list: &Yaml) -> Vec<String> {
    let list = list.as_vec().unwrap_or_else(|| panic!("{list:?} is no list"));
    list.iter().map(|item| item.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_service_is_confined() {
    let composition = composition();
    let services = composition["services"].as_hash().unwrap();
    assert_eq!(services.len(), 2);
    for (name, service) in services {
        let of = |wanted: &str| key(service, wanted);
        assert_eq!(of("read_only").as_bool(), Some(true), "{name:?}");
        assert_eq!(strings(of("cap_drop")), ["ALL"], "{name:?}");
        assert_eq!(strings(of("security_opt")), ["no-new-privileges:true"], "{name:?}");
        assert_eq!(of("user").as_str(), Some("65532:65532"), "{name:?}");
        assert_eq!(of("restart").as_str(), Some("unless-stopped"), "{name:?}");
        // A graceful stop takes up to eight seconds.
        let grace = of("stop_grace_period").as_str().unwrap().trim_end_matches('s');
        assert!(grace.parse::<u32>().unwrap() > 8, "{name:?}");
        for forbidden in ["privileged", "cap_add", "devices", "pid"] {
            assert!(of(forbidden).is_badvalue(), "{name:?}: {forbidden}");
        }
    }
}

#[test]
fn what_trades_keeps_its_data_and_listens_for_this_machine_alone() {
    let composition = composition();
    let service = &composition["services"]["heikin"];
    parses(&strings(&service["command"]));
    let asked = strings(&service["healthcheck"]["test"]);
    assert_eq!(asked[..2], ["CMD", "/heikin"]);
    parses(&asked[2..]);
    for port in strings(&service["ports"]) {
        assert!(port.starts_with("127.0.0.1:"), "{port} is open to others");
    }
    let mounted = service["volumes"].as_vec().unwrap();
    let named: Vec<_> = mounted.iter().filter_map(Yaml::as_str).collect();
    assert_eq!(named, ["data:/data", "logs:/logs"]);
    for volume in ["data", "logs"] {
        assert!(!composition["volumes"][volume].is_badvalue(), "{volume} is declared");
    }
    let settings = mounted.iter().find(|mount| mount["target"].as_str() == Some("/heikin.toml"));
    let settings = settings.unwrap();
    assert_eq!(settings["read_only"].as_bool(), Some(true));
    assert_eq!(settings["bind"]["create_host_path"].as_bool(), Some(false));
    let usual = settings["source"].as_str().unwrap();
    let usual = usual.strip_prefix("${HEIKIN_CONFIG:-./").unwrap().trim_end_matches('}');
    let config = Config::load(&Paths::named(&root().join(usual)), &Variables::default()).unwrap();
    assert_eq!(config.mode.name(), "paper");
    assert!(config.http.listen.ip().is_unspecified(), "the published port would lead nowhere");
    // Secrets are in no file of the repository: they come from the environment, or from files.
    let secrets = &service["env_file"].as_vec().unwrap()[0];
    assert_eq!(secrets["path"].as_str(), Some(".env"));
    assert_eq!(secrets["required"].as_bool(), Some(false));
    assert!(service["environment"].is_badvalue());
}

#[test]
fn the_front_end_is_a_service_of_its_own_for_those_who_ask_for_it() {
    let composition = composition();
    let service = &composition["services"]["front-end"];
    assert_eq!(strings(&service["profiles"]), ["front-end"]);
    let command = strings(&service["command"]);
    assert_eq!(command, ["bot", "--backend", "http://127.0.0.1:8080"]);
    // Without encryption a token goes to this machine alone: it shares the other's loopback.
    assert_eq!(service["network_mode"].as_str(), Some("service:heikin"));
    assert!(service["ports"].is_badvalue() && service["volumes"].is_badvalue());
    // The token of the bot is not that of what trades: one bot, one process.
    assert_eq!(service["env_file"].as_vec().unwrap()[0]["path"].as_str(), Some("front-end.env"));
    assert_eq!(service["depends_on"]["heikin"]["condition"].as_str(), Some("service_healthy"));
}
