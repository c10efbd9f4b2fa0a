//! What moves money is done once, by whoever asked, on that message, for that state, in time.

use heikin_bot::backend::{Command, MessageId, Nonce, StateVersion, UserId};
use heikin_bot::message::{Press, Step};
use heikin_core::time::Span;

use crate::fixtures::NOW;
use crate::world::{OPERATOR, OWNER, Shown, Talk, World};

fn data(shown: &Shown, label: &str) -> String {
    match &shown.button(label).press {
        Press::Data(data) => data.clone(),
        Press::Url(url) => panic!("{url}"),
    }
}

#[test]
fn a_confirmation_acts_once_and_says_who_and_when() {
    let mut talk = Talk::of(OWNER, World::default());
    let recap = talk.ask("/close BTCUSDT 1h");
    assert_eq!(talk.world().done(), []);
    let answered = talk.press(&recap, "Sell 0.0143 BTC");
    assert!(matches!(talk.world().done()[..], [Command::Close { .. }]));
    assert_eq!(answered.one().number, recap.number, "the result stands where the recap stood");
    assert!(answered.one().text().contains("by Asha 14:05:12 UTC"));
    let again = talk.press(&recap, "Sell 0.0143 BTC");
    assert!(again.toast.unwrap().starts_with("Used already"));
    assert_eq!(again.steps, [Step::Disarm(recap.number)]);
    assert_eq!(talk.world().done().len(), 1);
}

#[test]
fn every_confirmation_can_be_cancelled() {
    for line in ["/panic", "/close all", "/resume", "/stop_bot", "/revoke 5", "/set_mode live"] {
        let mut talk = Talk::of(OWNER, World::default());
        let recap = talk.ask(line);
        let confirm = recap.buttons().next().unwrap().label.clone();
        assert!(talk.press(&recap, "Cancel").one().text().starts_with("Cancelled"), "{line}");
        assert!(talk.press(&recap, &confirm).toast.unwrap().starts_with("Used"), "{line}");
        assert_eq!(talk.world().done(), [], "{line}");
    }
}

#[test]
fn only_whoever_asked_can_press_and_only_there() {
    let mut talk = Talk::of(OWNER, World::default());
    let recap = talk.ask("/panic");
    talk.user = OPERATOR;
    let theirs = talk.press(&recap, "PANIC now");
    assert_eq!(theirs.toast.as_deref(), Some("Only whoever asked can press this."));
    assert!(theirs.steps.is_empty(), "the buttons stay for whoever asked");
    talk.user = OWNER;
    let elsewhere = talk.press_data(MessageId(9_999), &data(&recap, "PANIC now"));
    assert!(elsewhere.toast.is_some());
    assert_eq!(talk.world().done(), []);
    talk.press(&recap, "PANIC now");
    assert_eq!(talk.world().done(), [Command::Panic], "nobody has used it up");
}

#[test]
fn sixty_seconds_and_no_longer() {
    for (seconds, acts) in [(59, true), (60, false), (7_200, false)] {
        let mut talk = Talk::of(OWNER, World::default());
        let recap = talk.ask("/panic");
        talk.now = NOW + Span::from_secs(seconds);
        let answered = talk.press(&recap, "PANIC now");
        assert_eq!(talk.world().done().len(), usize::from(acts), "{seconds} s: {answered:#?}");
    }
}

#[test]
fn if_the_state_has_moved_the_new_recap_is_shown_instead() {
    let mut talk = Talk::of(OWNER, World::default());
    let recap = talk.ask("/close all");
    talk.world().state.lock().unwrap().version += 1;
    let moved = talk.press(&recap, "Sell");
    assert!(moved.one().text().starts_with("Things have moved: nothing was done."));
    assert_eq!(talk.world().done(), []);
    talk.press(moved.one(), "Sell");
    assert_eq!(talk.world().done().len(), 1, "the new one holds");
}

#[test]
fn a_right_that_was_taken_away_confirms_nothing() {
    let mut talk = Talk::of(OPERATOR, World::default());
    let recap = talk.ask("/panic");
    talk.world().state.lock().unwrap().roles.remove(&OPERATOR);
    assert!(talk.press(&recap, "PANIC now").toast.is_some());
    assert_eq!(talk.world().done(), []);
}

#[test]
fn a_pin_is_asked_for_deleted_and_never_kept() {
    let mut talk = Talk::of(OWNER, World { pin: Some("4711"), ..World::default() });
    let recap = talk.ask("/panic");
    let asked = talk.press(&recap, "PANIC now");
    assert!(asked.one().text().starts_with("Type your PIN"));
    assert_eq!(talk.world().done(), []);
    let event = talk.message_event("1234");
    let update = talk.update(event);
    let wrong = talk.run(&update);
    assert!(matches!(wrong.steps[0], Step::Delete(_)), "{wrong:#?}");
    assert!(wrong.one().text().starts_with("Wrong PIN. Tries left: 4."));
    assert_eq!(talk.world().done(), []);

    let recap = talk.ask("/panic");
    talk.press(&recap, "PANIC now");
    let event = talk.message_event("4711");
    let update = talk.update(event);
    let right = talk.run(&update);
    assert!(matches!(right.steps[0], Step::Delete(_)));
    assert_eq!(talk.world().done(), [Command::Panic]);
    let state = talk.world().state.lock().unwrap();
    assert!(!format!("{:?} {:?}", state, talk.bot).contains("4711"), "a PIN does not print");
}

#[test]
fn pausing_is_one_tap_and_works_from_an_old_message() {
    let mut talk = Talk::of(OPERATOR, World::default());
    let card = talk.ask("/status");
    talk.now = NOW + Span::DAY;
    talk.press(&card, "Pause");
    assert!(matches!(talk.world().done()[..], [Command::Pause { .. }]));
}

#[test]
fn the_same_update_twice_is_one_command() {
    let mut talk = Talk::of(OPERATOR, World::default());
    let event = talk.message_event("/pause");
    let update = talk.update(event);
    talk.run(&update);
    talk.run(&update);
    assert_eq!(talk.world().done().len(), 1);
}

#[test]
fn ten_thousand_forged_and_replayed_presses_do_nothing() {
    let mut talk = Talk::of(OWNER, World::default());
    let mut used = Vec::new();
    for line in ["/panic", "/close all", "/resume", "/grant 42 operator"] {
        let recap = talk.ask(line);
        let confirm = recap.buttons().next().unwrap().clone();
        let Press::Data(confirm) = confirm.press else { panic!("{recap:#?}") };
        talk.press_data(recap.number, &confirm);
        used.push((recap.number, confirm));
    }
    let open = talk.ask("/panic");
    let open_data = data(&open, "PANIC now");
    let before = talk.world().done();
    assert_eq!(before.len(), 4);
    let version = talk.world().state.lock().unwrap().version;
    let mut seed = 7_u128;
    for round in 0..10_000_usize {
        seed = seed.wrapping_mul(0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645).wrapping_add(1);
        let (message, replayed) = &used[round % used.len()];
        let (user, place, press) = match round % 8 {
            0 => (OWNER, *message, replayed.clone()),
            1 => (OPERATOR, open.number, open_data.clone()),
            2 => (OWNER, MessageId(77), open_data.clone()),
            3 => (OWNER, open.number, format!("+{}", Nonce::from_bits(seed))),
            4 => (OWNER, open.number, format!("-{}", Nonce::from_bits(seed))),
            5 => (UserId(i64::try_from(round).unwrap()), open.number, open_data.clone()),
            6 => (OWNER, open.number, format!("+{seed:x}")),
            _ => (OWNER, open.number, String::from_utf8_lossy(&seed.to_le_bytes()).into_owned()),
        };
        talk.user = user;
        talk.press_data(place, &press);
    }
    assert_eq!(talk.world().done(), before);
    let state = talk.world().state.lock().unwrap();
    assert_eq!((state.version, state.tickets.len()), (version, 1), "the open one is still whole");
    let ticket = state.tickets.values().next().unwrap();
    assert_eq!(ticket.version, StateVersion(version));
}
