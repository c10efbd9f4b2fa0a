//! The tokens of the API: names and roles in the file, the tokens themselves never.

use heikin::config::TokenRole;
use secrecy::ExposeSecret;

use crate::files::Folder;

const OPS: &str = "operator-operator-operator-00003";
const CHAT: &str = "front-end-front-end-front-end-05";

fn folder(tokens: &str) -> Folder {
    let text = format!("mode = \"demo\"\n[http.tokens]\n{tokens}\n");
    Folder::new().with("heikin.toml", text)
}

#[test]
fn names_and_roles_are_in_the_file_and_tokens_elsewhere() {
    let folder = folder("ops = \"operator\"\nmy-chat = \"front_end\"")
        .with(".env", format!("HEIKIN_API_TOKEN_OPS={OPS}\n"))
        .with("chat.token", format!("{CHAT}\n"));
    let config = folder.load(&[("HEIKIN_API_TOKEN_MY_CHAT_FILE", "chat.token")]).unwrap();
    let tokens: Vec<_> = config
        .secrets
        .api_tokens
        .iter()
        .map(|token| (token.name.as_str(), token.role, token.secret.expose_secret()))
        .collect();
    assert_eq!(tokens, [("my-chat", TokenRole::FrontEnd, CHAT), ("ops", TokenRole::Operator, OPS)]);
    let all: Vec<_> = config.secrets.all().map(ExposeSecret::expose_secret).collect();
    assert!(all.contains(&OPS) && all.contains(&CHAT), "the log leaves them out");
    let told = format!("{config:?}");
    assert!(!told.contains(OPS) && !told.contains(CHAT), "{told}");
}

#[test]
fn a_token_that_is_missing_short_or_shared_is_told() {
    let one = folder("ops = \"operator\"");
    let told = one.fault(&[]);
    assert!(told.contains("HEIKIN_API_TOKEN_OPS") && told.contains("is missing"), "{told}");
    let told = one.fault(&[("HEIKIN_API_TOKEN_OPS", &OPS[1..])]);
    assert!(told.contains("shorter than 32") && !told.contains(&OPS[1..]), "{told}");
    let two = folder("ops = \"operator\"\nother = \"viewer\"");
    let told = two.fault(&[("HEIKIN_API_TOKEN_OPS", OPS), ("HEIKIN_API_TOKEN_OTHER", OPS)]);
    assert!(told.contains("the token of ops too") && !told.contains(OPS), "{told}");
}

#[test]
fn a_name_or_role_that_is_none_is_told() {
    for (line, word) in [
        ("Ops = \"operator\"", "http.tokens.Ops"),
        ("a_b = \"operator\"", "http.tokens.a_b"),
        ("ops-file = \"operator\"", "-file"),
        ("abcdefghijklmnopqrstu = \"operator\"", "20 small letters"),
        ("ops = \"guest\"", "front_end"),
        ("ops = 7", "front_end"),
    ] {
        let told = folder(line).fault(&[]);
        assert!(told.contains(word), "{line}: {told}");
    }
}

#[test]
fn a_token_without_a_name_is_warned_of() {
    let folder = folder("").with(".env", format!("HEIKIN_API_TOKEN_OPS={OPS}\n"));
    let config = folder.load(&[("HEIKIN_API_TOKEN_CHAT_FILE", "nowhere")]).unwrap();
    assert!(config.secrets.api_tokens.is_empty());
    for name in ["HEIKIN_API_TOKEN_OPS ", "HEIKIN_API_TOKEN_CHAT_FILE "] {
        let warned = config.warnings.iter().any(|warning| warning.contains(name));
        assert!(warned, "{name}: {:?}", config.warnings);
    }
}
