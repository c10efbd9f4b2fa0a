//! Words from outside are words: never markup, never too long, whatever they are.

use heikin_bot::message::{Style, Text};
use proptest::prelude::*;

use crate::alerts::{envelope, shown};
use crate::fixtures::NOW;
use crate::sent::every_alert;
use crate::texts::check_limits;
use crate::world::{OWNER, SUBSCRIBER, Shown, Talk, World};

/// Markup as Telegram's parser takes it: known tags, closed in order; every `<`, `>` and `&` escaped.
fn check_html(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '>', '&']) {
        let tail = &rest[at..];
        if let Some(entity) = tail.strip_prefix('&') {
            let known = ["amp;", "lt;", "gt;", "quot;"];
            assert!(known.iter().any(|name| entity.starts_with(name)), "a stray & in {html}");
            rest = entity;
            continue;
        }
        assert!(tail.starts_with('<'), "a stray > in {html}");
        let end = tail.find('>').expect("a tag that ends");
        let tag = &tail[1..end];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{html}");
        } else {
            let name = tag.split(' ').next().unwrap();
            assert!(["b", "i", "code", "pre", "a"].contains(&name), "a tag {tag} in {html}");
            open.push(name);
        }
        rest = &tail[end + 1..];
    }
    assert_eq!(open, Vec::<&str>::new(), "{html}");
}

fn check(shown: &Shown) {
    check_limits(shown);
    let text = match &shown.message.body {
        heikin_bot::message::Body::Text(text) | heikin_bot::message::Body::Picture(_, text) => text,
    };
    check_html(&text.to_html());
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[<>&\"'/a-z_*`\\[\\](){}#+=|.!~-]{0,80}",
        Just("</b><script>alert(1)</script>&amp;&lt;".to_owned()),
        Just("<".repeat(6_000)),
        Just("\u{202e}txet desrever\u{0}\u{7}".to_owned()),
    ]
}

const LINES: [&str; 22] = [
    "/status",
    "/orders",
    "/why BTCUSDT",
    "/why #17",
    "/health",
    "/logs",
    "/users",
    "/audit",
    "/mode",
    "/settings",
    "/settings entry",
    "/set on_red",
    "/set exit.on_red off",
    "/panic",
    "/broadcast <b>",
    "/plans",
    "/payments",
    "/subscription",
    "/position",
    "/revenue",
    "/grant 42 viewer",
    "/balance",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn hostile_words_in_every_view(words in words()) {
        for user in [OWNER, SUBSCRIBER] {
            let mut talk = Talk::of(user, World { words: words.clone(), ..World::default() });
            for line in LINES {
                talk.say(line).iter().for_each(check);
            }
        }
    }

    #[test]
    fn hostile_words_in_every_alert(words in words()) {
        for (_, alert) in every_alert(&words) {
            shown(&envelope(alert, NOW), NOW).iter().for_each(check);
        }
    }

    #[test]
    fn hostile_words_typed_and_pressed(line in words(), rest in words()) {
        let mut talk = Talk::of(OWNER, World::default());
        for typed in [line.clone(), format!("/{line}"), format!("/chart {rest}"), format!("/set {rest}"),
            format!("/why {rest}"), format!("/notify {rest}"), format!("/grant {rest}")]
        {
            talk.say(&typed).iter().for_each(check);
        }
        talk.press_data(heikin_bot::backend::MessageId(4), &line);
        talk.press_data(heikin_bot::backend::MessageId(4), &format!("+{rest}"));
        prop_assert_eq!(talk.world().done(), []);
    }

    #[test]
    fn a_split_text_loses_nothing(
        spans in prop::collection::vec(("\\PC{0,120}\n?", 0_u8..4), 0..40),
        limit in 8_usize..300,
    ) {
        let mut text = Text::new();
        for (words, style) in &spans {
            text = match style {
                0 => text.plain(words.clone()),
                1 => text.bold(words.clone()),
                2 => text.code(words.clone()),
                _ => text.table(words.clone()),
            };
        }
        let parts = text.split(limit);
        let joined: String = parts.iter().map(Text::to_plain).collect();
        prop_assert_eq!(joined, text.to_plain());
        for part in &parts {
            prop_assert!(part.units() <= limit && !part.is_empty());
            check_html(&part.to_html());
        }
    }
}

#[test]
fn a_link_keeps_its_address_and_no_more() {
    let text = Text::new().link("<here>", "https://example.com/?a=1&b=\"><i>");
    assert_eq!(
        text.to_html(),
        "<a href=\"https://example.com/?a=1&amp;b=&quot;&gt;&lt;i&gt;\">&lt;here&gt;</a>"
    );
    assert_eq!(text.spans()[0].style, Style::Link("https://example.com/?a=1&b=\"><i>".to_owned()));
    check_html(&text.to_html());
}
