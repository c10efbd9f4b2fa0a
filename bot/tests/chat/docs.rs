//! The page about the chat lists the commands as the table has them.

use heikin_bot::commands::{Right, TABLE};

#[test]
fn the_page_lists_every_command() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/chat.md");
    let page = std::fs::read_to_string(path).unwrap();
    let listed: Vec<_> = page.lines().filter(|line| line.starts_with("| `/")).collect();
    let rows: Vec<_> = TABLE
        .iter()
        .filter(|entry| !entry.about.is_empty())
        .map(|entry| {
            let right = match entry.right {
                Right::Anyone => "everybody",
                Right::Payer => "guests, subscribers",
                Right::Reader => "subscribers up",
                Right::Viewer => "viewers up",
                Right::Operator => "operators up",
                Right::Owner => "the owner",
            };
            let aliases: Vec<_> = entry.aliases.iter().map(|alias| format!("`/{alias}`")).collect();
            let arguments = entry.arguments.replace('|', "\\|");
            let line = format!("/{} {arguments}", entry.name);
            format!("| `{}` | {} | {right} | {} |", line.trim_end(), entry.about, aliases.join(" "))
        })
        .collect();
    assert_eq!(listed, rows, "the table in docs/chat.md should read:\n{}", rows.join("\n"));
}
