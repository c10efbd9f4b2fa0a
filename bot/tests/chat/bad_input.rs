//! Whatever is typed gets one helpful line, and nothing changes.

use heikin_bot::backend::{BackendError, MessageId};
use heikin_bot::message::{Content, Event, Origin};

use crate::world::{EVERYBODY, OWNER, Talk, World};

#[test]
fn wrong_arguments_get_one_line_with_an_example() {
    let lines = [
        "/chart BTC$USDT",
        "/chart BTCUSDT 9",
        "/chart BTCUSDT 99999999999999999999",
        "/profit yesterday",
        "/profit 0",
        "/profit -5",
        "/profit 1e9",
        "/profit 2026-02-30",
        "/profit 2026-11-20 2026-11-01",
        "/profit 2030-01-01",
        "/profit 7 8",
        "/logs 0",
        "/logs many",
        "/history !",
        "/history BTCUSDT 0",
        "/why !!",
        "/set_mode",
        "/set_mode real",
        "/grant",
        "/grant bob viewer",
        "/grant 42",
        "/grant 42 emperor",
        "/grant 42 subscriber 0",
        "/grant -7 viewer",
        "/revoke @bob",
        "/revoke",
        "/status now",
        "/panic now",
        "/equity 0",
        "/users 0",
        "/set",
        "/notify x",
        "/mute",
        "/health 🩺",
        "/close BTC!USDT",
        "/performance x",
        "/revenue 5000",
    ];
    for line in lines {
        let mut talk = Talk::of(OWNER, World::default());
        let text = talk.ask(line).text();
        assert!(text.contains("Example: /"), "{line}: {text}");
        assert_eq!(text.lines().count(), 1, "{line}: {text}");
        assert!(text.len() < 220, "{line}: {text}");
        assert_eq!(talk.world().done(), [], "{line}");
    }
}

#[test]
fn what_is_not_there_is_named_with_what_is() {
    let mut talk = Talk::of(OWNER, World::default());
    let lines = [
        "/chart DOGEUSDT",
        "/close DOGEUSDT",
        "/pause BTCUSDT 5m",
        "/why DOGEUSDT",
        "/history DOGEUSDT",
        "/set BTCUSDT 12h exit.on_red on",
    ];
    for line in lines {
        let text = talk.ask(line).text();
        assert!(text.ends_with("There are: BTCUSDT 1h, ETHUSDT 12h."), "{line}: {text}");
    }
    assert_eq!(talk.world().done(), []);
    // Several fit: it is asked which.
    let which = talk.ask("/chart");
    assert_eq!(which.buttons().count(), 2);
    assert!(talk.press(&which, "ETHUSDT 12h").one().text().starts_with("ETHUSDT 12h"));
}

#[test]
fn an_unknown_command_gets_a_suggestion() {
    let mut talk = Talk::of(OWNER, World::default());
    for (typed, meant) in [
        ("/staus", "/status"),
        ("/ballance", "/balance"),
        ("/panik", "/panic"),
        ("/setings", "/settings"),
        ("/Positon", "/position"),
        ("/orderz", "/orders"),
    ] {
        let shown = talk.ask(typed);
        assert!(shown.text().contains(&format!("Did you mean {meant}")), "{}", shown.text());
        assert_eq!(shown.buttons().count(), 1);
    }
    assert!(talk.ask("/xyzzy").text().contains("There is no /xyzzy. /status shows"));
    assert!(talk.ask("/").text().contains("/help lists"));
    let mut guest = Talk::of(crate::world::GUEST, World::default());
    assert!(!guest.ask("/panik").text().contains("panic"), "what is not theirs is not suggested");
}

#[test]
fn stickers_other_languages_and_long_words_get_a_hint() {
    for user in EVERYBODY {
        let mut talk = Talk::of(user, World::default());
        let long = "ж".repeat(4_000);
        for line in ["hello", "स्थिति दिखाओ", "👍", "", "   ", long.as_str(), "buy buy buy", "0"]
        {
            let text = talk.ask(line).text();
            assert!(text.starts_with("I act on commands. /"), "{line}: {text}");
            assert!(text.len() < 200);
        }
        for what in ["a sticker", "a photo", "a voice message"] {
            let event = Event::Message {
                id: MessageId(1),
                content: Content::Other(what),
                origin: Origin::Typed,
            };
            let update = talk.update(event);
            let answered = talk.run(&update);
            assert!(answered.one().text().starts_with(&format!("I cannot read {what}. /")));
        }
        assert_eq!(talk.world().done(), []);
    }
    let mut talk = Talk::of(OWNER, World::default());
    let long = format!("/{}", "x".repeat(4_000));
    assert!(talk.ask(&long).text().chars().count() < 200, "long words are not said back whole");
}

#[test]
fn an_old_button_or_a_message_without_a_number_is_told() {
    let mut talk = Talk::of(OWNER, World::default());
    for data in ["", "x", "/nothing", "/chart ! !", "+", "-", "*", "+zz"] {
        let answered = talk.press_data(MessageId(5), data);
        assert!(answered.steps.is_empty() && answered.toast.is_some(), "{data}: {answered:#?}");
    }
    let event =
        Event::Press { callback: "cb".to_owned(), message: None, data: "/status".to_owned() };
    let update = talk.update(event);
    assert!(talk.run(&update).toast.unwrap().contains("too old"));
}

#[test]
fn a_backend_that_fails_is_told_and_a_lost_answer_too() {
    let lost = BackendError::Unreachable { reason: "no answer in 5 s".to_owned() };
    let mut talk = Talk::of(OWNER, World { fails: Some(lost), ..World::default() });
    for line in ["/status", "/pause", "/panic"] {
        let text = talk.ask(line).text();
        assert!(text.contains("may or may not have happened"), "{line}: {text}");
    }
    let fault = BackendError::Internal { reference: "e-77".to_owned() };
    let mut talk = Talk::of(OWNER, World { fails: Some(fault), ..World::default() });
    assert!(talk.ask("/status").text().contains("e-77"));
}
