//! Who may do what, where: every command, typed and pressed, by every kind of sender in every kind of
//! chat.

use heikin_bot::backend::{MessageId, Role, UserId};
use heikin_bot::commands::{TABLE, Verb, Weight};
use heikin_bot::message::{Chat, ChatKind, Content, Event, Origin, Sender, User};
use heikin_core::time::Span;

use crate::fixtures::NOW;
use crate::world::{EVERYBODY, GUEST, LAPSED, OPERATOR, OWNER, SUBSCRIBER, Talk, VIEWER, World};

/// By hand, from SPEC 7: who may (g guest, s subscriber, v viewer, o operator, O owner), and `+`
/// where it may be asked for in a group, `!` where an old message is refused.
const MATRIX: &[(&str, &str)] = &[
    ("status", "svoO+"),
    ("position", "svoO+"),
    ("orders", "svoO+"),
    ("profit", "svoO+"),
    ("history", "svoO+"),
    ("trades", "svoO+"),
    ("chart", "svoO+"),
    ("equity", "svoO+"),
    ("performance", "svoO+"),
    ("why", "svoO+"),
    ("balance", "voO"),
    ("pause", "oO"),
    ("resume", "oO!"),
    ("close", "oO!"),
    ("panic", "oO!"),
    ("stop_bot", "oO!"),
    ("start_bot", "oO!"),
    ("settings", "voO"),
    ("set", "oO!"),
    ("mode", "voO"),
    ("set_mode", "O!"),
    ("notify", "svoO"),
    ("stop_notify", "svoO"),
    ("mute", "oO"),
    ("card", "voO"),
    ("health", "voO"),
    ("logs", "oO"),
    ("audit", "oO"),
    ("users", "oO"),
    ("grant", "oO!"),
    ("revoke", "oO!"),
    ("broadcast", "oO!"),
    ("stop_broadcast", "oO"),
    ("revenue", "oO"),
    ("plans", "gs"),
    ("subscribe", "gs"),
    ("skip", "gs"),
    ("pay_now", "gs"),
    ("subscription", "gs"),
    ("payments", "gs"),
    ("verify", "gs"),
    ("cancel", "gsvoO"),
    ("delete_me", "gsvoO"),
    ("menu", "gsvoO"),
    ("help", "gsvoO+"),
    ("about", "gsvoO+"),
    ("start", "gsvoO"),
];

fn letter(user: UserId) -> char {
    match user {
        OWNER => 'O',
        OPERATOR => 'o',
        VIEWER => 'v',
        SUBSCRIBER => 's',
        _ => 'g',
    }
}

const KINDS: [ChatKind; 4] =
    [ChatKind::Private, ChatKind::Group, ChatKind::Channel, ChatKind::Terminal];
const ORIGINS: [Origin; 4] = [Origin::Typed, Origin::Forwarded, Origin::Edited, Origin::ViaBot];

/// Words that only a refusal holds.
const REFUSALS: [&str; 12] = [
    "Only what you type",
    "are not run",
    "Only in our private chat",
    "Groups are off",
    "has not that right",
    "is for subscribers",
    "somebody's own",
    "Nothing is sold",
    "nothing to pay",
    "so not run",
    "access has ended",
    "cannot tell who",
];

fn expected(user: UserId, kind: ChatKind, name: &str) -> bool {
    let (_, who) = MATRIX.iter().find(|(known, _)| *known == name).unwrap();
    match kind {
        ChatKind::Channel => false,
        // At the terminal everybody is the owner.
        ChatKind::Terminal => who.contains('O'),
        ChatKind::Private => who.contains(letter(user)),
        ChatKind::Group => {
            who.contains('+') && who.contains(letter(user)) && "voO".contains(letter(user))
        }
    }
}

#[test]
fn the_matrix_names_every_command_and_no_other() {
    let mut ours: Vec<_> = MATRIX.iter().map(|(name, _)| *name).collect();
    let mut theirs: Vec<_> = TABLE.iter().map(|entry| entry.name).collect();
    ours.sort_unstable();
    theirs.sort_unstable();
    assert_eq!(ours, theirs);
    for entry in TABLE {
        assert_eq!(entry.verb.entry().name, entry.name);
        let (_, who) = MATRIX.iter().find(|(known, _)| *known == entry.name).unwrap();
        assert_eq!(entry.weight == Weight::Act, who.contains('!'), "{}", entry.name);
        for alias in entry.aliases {
            assert_eq!(Verb::named(alias), Some(entry.verb), "{alias} is taken twice");
        }
        let (name, _) = heikin_bot::chat::split(entry.example).unwrap();
        assert_eq!(Verb::named(name), Some(entry.verb), "the example of {}", entry.name);
    }
}

#[test]
fn every_command_by_everybody_everywhere() {
    let mut cells = 0;
    for entry in TABLE {
        for user in EVERYBODY {
            for kind in KINDS {
                for origin in ORIGINS {
                    cells += 1;
                    let what = format!("{} by {user} in {kind:?}, {origin:?}", entry.name);
                    let mut talk = Talk::of(user, World { groups: true, ..World::default() });
                    talk.chat = Chat { kind, ..talk.chat };
                    let event = Event::Message {
                        id: MessageId(1),
                        content: Content::Text(entry.example.to_owned()),
                        origin,
                    };
                    let update = talk.update(event);
                    let answered = talk.run(&update);
                    let is_refused = answered.shown.is_empty()
                        || answered
                            .shown
                            .iter()
                            .any(|shown| REFUSALS.iter().any(|words| shown.text().contains(words)));
                    let may = expected(user, kind, entry.name) && origin == Origin::Typed;
                    assert_eq!(may, !is_refused, "{what}: {answered:#?}");
                    if !may {
                        assert_eq!(talk.world().done(), [], "{what}");
                        assert!(talk.world().state.lock().unwrap().tickets.is_empty(), "{what}");
                    }
                }
            }
        }
    }
    assert_eq!(cells, 47 * 6 * 4 * 4);
}

#[test]
fn every_button_by_everybody_everywhere() {
    for entry in TABLE {
        for user in EVERYBODY {
            for kind in KINDS {
                let mut talk = Talk::of(user, World { groups: true, ..World::default() });
                talk.chat = Chat { kind, ..talk.chat };
                let answered = talk.press_data(MessageId(5), entry.example);
                let what = format!("{} by {user} in {kind:?}: {answered:#?}", entry.name);
                assert_eq!(expected(user, kind, entry.name), !answered.shown.is_empty(), "{what}");
                if answered.shown.is_empty() {
                    assert_eq!(talk.world().done(), [], "{what}");
                }
                // A plain button never moves money or rights: it asks first.
                if entry.weight == Weight::Act {
                    assert_eq!(talk.world().done(), [], "{what}");
                }
            }
        }
    }
}

#[test]
fn an_old_message_moves_no_money_and_is_told_so() {
    for entry in TABLE {
        let mut talk = Talk::of(OWNER, World::default());
        let event = talk.message_event(entry.example);
        let update = talk.update(event);
        talk.now = NOW + Span::HOUR.times(2);
        let answered = talk.run(&update);
        let is_stale =
            answered.shown.iter().any(|shown| shown.text().contains("Sent 2 h ago, so not run"));
        assert_eq!(is_stale, entry.weight == Weight::Act, "{}: {answered:#?}", entry.name);
    }
}

#[test]
fn nobody_in_particular_may_nothing() {
    let anonymous = [Sender::ANONYMOUS_ADMIN, Sender::CHANNEL_POST, Sender::TELEGRAM];
    for id in anonymous {
        // Even an owner's role for that number gives nobody anything.
        let world = World { groups: true, ..World::default() };
        world.state.lock().unwrap().roles.insert(id, Role::Owner);
        for kind in KINDS {
            let mut talk = Talk::of(OWNER, World { groups: true, ..World::default() });
            talk.chat = Chat { kind, ..talk.chat };
            for entry in TABLE {
                let event = talk.message_event(entry.example);
                let user = User { id, name: "Owner".to_owned() };
                for sender in [Sender::person(user.clone()), Sender::bot(id)] {
                    let mut update = talk.update(event.clone());
                    update.sender = sender;
                    let answered = talk.run(&update);
                    let is_told = answered
                        .shown
                        .iter()
                        .all(|shown| shown.text().starts_with("I cannot tell who you are"));
                    assert!(is_told, "{answered:#?}");
                    assert_eq!(!answered.shown.is_empty(), kind == ChatKind::Group);
                }
            }
            assert_eq!(talk.world().done(), []);
        }
    }
    let mut talk = Talk::of(OWNER, World::default());
    let event = talk.message_event("/panic");
    let mut update = talk.update(event);
    update.sender = Sender::bot(OWNER);
    assert!(talk.run(&update).steps.is_empty(), "another bot is not answered");
}

#[test]
fn groups_are_off_unless_let_in() {
    let mut talk = Talk::of(VIEWER, World::default());
    talk.chat.kind = ChatKind::Group;
    assert!(talk.ask("/status").text().contains("Groups are off"));
    // People may talk there undisturbed.
    for line in ["hello", "1h,BTCUSDT,10$,10,10", "/weather"] {
        assert!(talk.say(line).is_empty(), "{line}");
    }
    let mut stranger = Talk::of(GUEST, World { groups: true, ..World::default() });
    stranger.chat.kind = ChatKind::Group;
    assert!(stranger.say("/status").is_empty());
}

#[test]
fn a_guest_is_not_answered_for_ever_and_holds_nobody_up() {
    let mut talk = Talk::of(LAPSED, World::default());
    let answers = (0..1_000).map(|_| talk.say("/status").len()).sum::<usize>();
    assert_eq!(answers, 20);
    talk.user = OWNER;
    assert!(talk.ask("/panic").text().contains("PANIC"));
}
