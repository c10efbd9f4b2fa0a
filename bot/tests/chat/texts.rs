//! Every text, kept in files to be read as people see them, and within what a phone can show.

use heikin_bot::backend::UserId;
use heikin_bot::message::{Body, Press, Style, Text};
use heikin_bot::view::WIDTH;

use crate::world::{
    EVERYBODY, GUEST, LAPSED, OPERATOR, OWNER, SUBSCRIBER, Shown, Talk, VIEWER, World,
};

/// Within the limits of Telegram and of a phone.
pub(crate) fn check_limits(shown: &Shown) {
    let (text, most) = match &shown.message.body {
        Body::Text(text) => (text, Text::MESSAGE_UNITS),
        Body::Picture(_, text) => (text, Text::CAPTION_UNITS),
    };
    assert!(!text.is_empty(), "{shown:#?}");
    assert!(text.units() <= most, "{} units: {shown:#?}", text.units());
    for span in text.spans().iter().filter(|span| span.style == Style::Table) {
        for line in span.words.lines() {
            assert!(line.chars().count() <= WIDTH, "too wide: {line}");
        }
    }
    for button in shown.buttons() {
        assert!(!button.label.is_empty() && button.label.chars().count() <= 64, "{button:?}");
        if let Press::Data(data) = &button.press {
            assert!((1..=64).contains(&data.len()), "{data}");
        }
    }
}

/// What a person is shown for each of these lines.
fn told(user: UserId, world: World, lines: &[&str]) -> String {
    let mut talk = Talk::of(user, world);
    let mut out = Vec::new();
    for line in lines {
        out.push(format!("──── {line}"));
        for shown in talk.say(line) {
            check_limits(&shown);
            out.push(shown.picture());
        }
    }
    out.join("\n") + "\n"
}

#[test]
fn what_can_be_seen() {
    let lines = [
        "/status",
        "/position",
        "/orders",
        "/history",
        "/trades BTCUSDT",
        "/profit 7",
        "/profit 2026-11-01 2026-11-20",
        "/performance",
        "/balance",
        "/chart BTCUSDT 30",
        "/equity",
        "/why BTCUSDT",
        "/why #17",
        "/why o214",
        "/health",
        "/logs",
        "/audit",
        "/mode",
    ];
    insta::assert_snapshot!(told(OWNER, World::default(), &lines));
}

#[test]
fn what_can_be_done() {
    let lines = [
        "/pause",
        "/pause BTCUSDT",
        "/resume",
        "/close",
        "/close BTCUSDT 1h",
        "/close all",
        "/panic",
        "/stop_bot",
        "/start_bot",
        "/settings",
        "/settings entry",
        "/set on_red",
        "/set trigger_offset",
        "/set BTCUSDT entry.trigger_offset 2 atr",
        "1h,BTCUSDT,10$,10,10",
        "/set_mode live",
        "/notify",
        "/notify stop off",
        "/stop_notify",
        "/users",
        "/grant 42 viewer",
        "/revoke 1004",
        "/broadcast",
        "Maintenance <tonight>",
        "/revenue",
        "/card",
    ];
    insta::assert_snapshot!(told(OWNER, World::default(), &lines));
}

#[test]
fn what_leads_there() {
    let mut out = Vec::new();
    for user in EVERYBODY {
        out.push(format!("════ {user}\n"));
        out.push(told(user, World::default(), &["/start", "/menu more", "/help", "/about"]));
    }
    out.push(told(GUEST, World { billing: false, ..World::default() }, &["/start", "/help"]));
    out.push(told(OPERATOR, World::default(), &["/help chart", "/help close"]));
    insta::assert_snapshot!(out.concat());
}

#[test]
fn what_subscribers_are_told() {
    let lines = [
        "/plans",
        "/subscription",
        "/subscribe",
        "Asha Rao",
        "/skip",
        "+91 98123 45678",
        "/pay_now",
        "/subscription",
        "/verify",
        "/payments",
        "/cancel",
        "/cancel",
        "/delete_me",
    ];
    let mut out = told(SUBSCRIBER, World::default(), &lines);
    out.push_str(&told(LAPSED, World::default(), &["/subscription", "/status", "/panic"]));
    insta::assert_snapshot!(out);
}

#[test]
fn what_is_told_before_anything_has_happened() {
    let world = World { is_empty: true, ..World::default() };
    let lines = [
        "/status",
        "/position",
        "/orders",
        "/history",
        "/trades",
        "/performance",
        "/logs",
        "/chart ETHUSDT",
        "/equity",
        "/close",
    ];
    insta::assert_snapshot!(told(
        VIEWER,
        World { is_empty: true, ..World::default() },
        &lines[..9]
    ));
    assert!(told(OWNER, world, &lines[9..]).contains("Nothing to close"));
}
