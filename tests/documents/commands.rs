//! Every command line that a reader may copy is one that heikin understands.

use clap::error::ErrorKind;

use crate::{pages, text};

/// The words of a command, as a shell takes it apart, up to a redirection, pipe or comment.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => break,
            (None, '|' | '>' | ';' | '&') => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// What heikin is given in a command line; none where it is somebody else's.
fn arguments(line: &str) -> Option<Vec<String>> {
    let mut words = words(line.trim().trim_start_matches("$ "));
    let is_variable = |word: &String| {
        word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        })
    };
    while words.first().is_some_and(is_variable) {
        words.remove(0);
    }
    let program = words.first()?.clone();
    if program == "docker" {
        return in_a_container(&words);
    }
    if program == "heikin" || program.ends_with("/heikin") {
        return Some(words);
    }
    let place = words.iter().position(|word| word == "--")?;
    let is_cargo = program == "cargo" && words.get(1).is_some_and(|word| word == "run");
    is_cargo.then(|| [vec!["heikin".to_owned()], words[place + 1..].to_vec()].concat())
}

/// What heikin is given there: behind `exec … /heikin`, or as the command of `compose run … heikin`.
fn in_a_container(words: &[String]) -> Option<Vec<String>> {
    let is_run = words.get(1..3).is_some_and(|words| words == ["compose", "run"]);
    let program = if is_run { "heikin" } else { "/heikin" };
    let place = words.iter().position(|word| word == program)?;
    Some(words[place..].to_vec())
}

/// The lines between ```sh and ```, those that end in a backslash joined with the next.
fn shell_lines(page: &str) -> Vec<String> {
    let (mut lines, mut is_shell, mut open) = (Vec::new(), false, String::new());
    for line in page.lines() {
        if let Some(kind) = line.trim().strip_prefix("```") {
            is_shell = !is_shell && kind == "sh";
        } else if is_shell {
            open.push_str(line.trim_end_matches('\\'));
            if !line.ends_with('\\') {
                lines.push(std::mem::take(&mut open));
            }
        }
    }
    lines
}

/// What stands between two backticks on one line, outside of blocks.
fn spans(page: &str) -> Vec<&str> {
    let mut is_block = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            is_block = !is_block;
        } else if !is_block {
            found.extend(line.split('`').skip(1).step_by(2));
        }
    }
    found
}

fn understood(words: &[String]) -> Result<(), clap::Error> {
    match heikin::cli::command().try_get_matches_from(words) {
        Ok(_) => Ok(()),
        Err(error)
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            Ok(())
        }
        Err(error) => Err(error),
    }
}

#[test]
fn every_command_line_in_the_documents_is_understood() {
    let mut seen = 0;
    for page in pages() {
        for line in shell_lines(&text(page.to_str().unwrap())) {
            let Some(words) = arguments(&line) else { continue };
            if let Err(error) = understood(&words) {
                panic!("{}: `{line}` is not understood:\n{error}", page.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen} command lines");
}

#[test]
fn every_command_that_a_sentence_names_exists() {
    let mut seen = 0;
    for page in pages() {
        let text = text(page.to_str().unwrap());
        for span in spans(&text) {
            // What heikin says begins like this too: `heikin paper: …`.
            if !span.starts_with("heikin ") || span.contains(": ") || span.contains('…') {
                continue;
            }
            let Err(error) = understood(&arguments(span).unwrap()) else {
                seen += 1;
                continue;
            };
            // A sentence need not say everything.
            let is_partial = matches!(
                error.kind(),
                ErrorKind::MissingRequiredArgument
                    | ErrorKind::MissingSubcommand
                    | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            );
            assert!(is_partial, "{}: `{span}`:\n{error}", page.display());
            seen += 1;
        }
    }
    assert!(seen > 30, "{seen} commands");
}

#[test]
fn every_command_has_a_page_of_help_whose_examples_are_understood() {
    let whole = heikin::cli::command();
    let listed = text("docs/commands.md");
    for command in whole.get_subcommands() {
        let name = command.get_name();
        let page = command.get_after_long_help();
        let page = page.unwrap_or_else(|| panic!("`heikin {name} --help` has no examples"));
        let examples: Vec<_> = page.to_string().lines().filter_map(arguments).collect();
        assert!(!examples.is_empty(), "`heikin {name} --help` has no examples");
        for words in examples {
            let own = words.get(1).unwrap();
            assert_eq!(own, name, "an example of another command: {words:?}");
            if let Err(error) = understood(&words) {
                panic!("`heikin {name} --help`: {words:?} is not understood:\n{error}");
            }
        }
        assert!(listed.contains(&format!("`{name}`")), "docs/commands.md does not list {name}");
    }
    let page = whole.get_after_long_help().unwrap().to_string();
    for code in ["0", "1", "2"] {
        assert!(page.contains(&format!("\n  {code}  ")), "the help does not tell exit code {code}");
        assert!(listed.contains(&format!("\n| {code} | ")), "docs/commands.md: exit code {code}");
    }
    let first_steps = page.lines().filter_map(arguments);
    assert_eq!(first_steps.inspect(|words| understood(words).unwrap()).count(), 4);
}

#[test]
fn a_command_line_is_taken_apart_as_a_shell_would() {
    for (line, expected) in [
        ("heikin run  # until Ctrl-C", Some("heikin|run")),
        ("MODE=paper heikin replay --data '../a b'", Some("heikin|replay|--data|../a b")),
        ("cargo run --release -- demo --seed 7", Some("heikin|demo|--seed|7")),
        ("./target/release/heikin init && cd paper", Some("./target/release/heikin|init")),
        ("heikin store export trades > trades.csv", Some("heikin|store|export|trades")),
        ("cargo run --release", None),
        ("docker compose up", None),
        ("docker compose exec heikin /heikin check", Some("/heikin|check")),
        ("docker compose run --rm heikin run --resume", Some("heikin|run|--resume")),
        ("docker run --detach --name heikin heikin", None),
        ("# heikin run", None),
    ] {
        let found = arguments(line).map(|words| words.join("|"));
        assert_eq!(found.as_deref(), expected, "{line}");
    }
}
