//! Alerts: their texts, the stamp of late ones, what goes first, what can be silenced.

use heikin_bot::backend::{
    Alert, AlertKind, ChatId, Cursor, Envelope, Lane, Loudness, MessageId, NotifyPreferences,
    QuietHours, Role,
};
use heikin_bot::chat::split;
use heikin_bot::commands::Verb;
use heikin_bot::message::Press;
use heikin_bot::view::{LINES, Missed, alert, is_line, missed};
use heikin_core::time::{Span, Timestamp};

use crate::fixtures::NOW;
use crate::sent::every_alert;
use crate::texts::check_limits;
use crate::world::Shown;

pub(crate) fn envelope(alert: Alert, at: Timestamp) -> Envelope {
    Envelope {
        cursor: Cursor(1),
        chat: ChatId(1),
        lane: alert.lane(),
        loudness: alert.kind().default_loudness(),
        thread: Some("t17".to_owned()),
        role: Role::Operator,
        reply_to: Some(MessageId(9)),
        zone: "Asia/Kolkata".to_owned(),
        at,
        maybe_repeated: false,
        alert,
    }
}

pub(crate) fn shown(envelope: &Envelope, now: Timestamp) -> Vec<Shown> {
    alert(envelope, now)
        .into_iter()
        .map(|message| Shown { number: MessageId(1), message })
        .collect()
}

#[test]
fn every_alert_reads_well() {
    let mut lines = Vec::new();
    for (name, alert) in every_alert("Asha") {
        lines.push(format!("──── {name} ({:?}, {:?})", alert.kind(), alert.lane()));
        for shown in shown(&envelope(alert, NOW), NOW) {
            check_limits(&shown);
            lines.push(shown.picture());
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_fill_reads_at_a_glance_on_a_lock_screen() {
    let (_, fill) = every_alert("Asha").swap_remove(1);
    let text = shown(&envelope(fill, NOW), NOW)[0].text().replace('\u{a0}', " ");
    let lines: Vec<_> = text.lines().take(2).collect();
    assert_eq!(
        lines,
        ["🟢 LONG BTCUSDT  0.0143 @ 69 812.40", "stop 69 105.10 (−1.01 %)   1h · paper"]
    );
}

#[test]
fn a_late_alert_says_so_and_a_repeat_too() {
    let (_, fill) = every_alert("Asha").swap_remove(1);
    let late = NOW - Span::HOUR.times(3);
    let told = |at, maybe_repeated| {
        let envelope = Envelope { maybe_repeated, ..envelope(fill.clone(), at) };
        let shown = &shown(&envelope, NOW)[0];
        assert_eq!(shown.message.reply_to, Some(MessageId(9)));
        shown.text().lines().next().unwrap().to_owned()
    };
    assert_eq!(told(late, false), "⏱ 3 h late: of 16:35 IST");
    assert!(told(NOW - Span::MINUTE, false).starts_with("🟢 LONG"));
    assert_eq!(told(NOW, true), "Perhaps a repeat: sending was interrupted.");
}

#[test]
fn a_long_alert_comes_in_parts_with_its_buttons_at_the_end() {
    let text = "A line of a long message.\n".repeat(400);
    let parts = shown(&envelope(Alert::Broadcast { text: text.clone() }, NOW), NOW);
    assert_eq!(parts.len(), 3);
    parts.iter().for_each(check_limits);
    let whole: String = parts.iter().map(Shown::text).collect();
    assert!(whole.ends_with(&text), "nothing is lost");
    assert!(parts.iter().all(|part| part.text().ends_with(".\n")), "cut at the ends of lines");
}

#[test]
fn an_alert_has_only_buttons_that_its_reader_may_press() {
    let mut seen = 0;
    for (name, alert) in every_alert("Asha") {
        for role in Role::ALL {
            let envelope = Envelope { role, ..envelope(alert.clone(), NOW) };
            for shown in shown(&envelope, NOW) {
                for button in shown.buttons() {
                    let Press::Data(data) = &button.press else { continue };
                    // A new message answers: the alert itself stays.
                    let (verb, _) = split(data.strip_prefix('*').unwrap()).unwrap();
                    let right = Verb::named(verb).unwrap().entry().right;
                    assert!(right.is_of(role), "{name}: {role:?} has {data}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 150, "{seen}");
}

#[test]
fn faults_go_first_and_cannot_be_silenced() {
    let quiet = NotifyPreferences {
        on: false,
        quiet: Some(QuietHours { from: 22 * 60, to: 7 * 60 }),
        kinds: AlertKind::ALL.map(|kind| (kind, Loudness::Off)).into(),
        ..NotifyPreferences::default()
    };
    for (name, alert) in every_alert("Asha") {
        let is_fault = alert.lane() == Lane::Fault;
        assert_eq!(is_fault, alert.kind() == AlertKind::Fault, "{name}");
        let loudness = quiet.loudness(alert.kind(), 23 * 60);
        let is_told = is_fault || alert.kind() == AlertKind::Subscription;
        assert_eq!(loudness == Loudness::Loud, is_told, "{name}");
        if is_fault {
            let shown = shown(&envelope(alert, NOW), NOW);
            assert!(shown[0].button("Mute 10 min").label.ends_with("min"), "{name}");
        }
    }
}

#[test]
fn quiet_hours_pass_midnight_and_only_lower_the_voice() {
    let mut preferences = NotifyPreferences {
        quiet: Some(QuietHours { from: 22 * 60, to: 7 * 60 }),
        ..NotifyPreferences::default()
    };
    let fill =
        |preferences: &NotifyPreferences, minute| preferences.loudness(AlertKind::Fill, minute);
    assert_eq!(fill(&preferences, 12 * 60), Loudness::Loud);
    assert_eq!(fill(&preferences, 22 * 60), Loudness::Silent);
    assert_eq!(fill(&preferences, 6 * 60 + 59), Loudness::Silent);
    assert_eq!(fill(&preferences, 7 * 60), Loudness::Loud);
    preferences.kinds.insert(AlertKind::Fill, Loudness::Off);
    assert_eq!(fill(&preferences, 23 * 60), Loudness::Off);
}

#[test]
fn missed_alerts_are_numbered_lines_of_one_message_whatever_they_say() {
    let words = "<b>&\u{1F600}".repeat(40);
    let mut count = 0;
    for (name, alert) in every_alert(&words) {
        let line = is_line(&alert);
        assert!(!line || alert.lane() != Lane::Fault, "{name}");
        if !line {
            continue;
        }
        count += 1;
        let at = NOW - Span::HOUR.times(30);
        let one = envelope(alert, at);
        let numbers = (4_000_000_000..).take(LINES);
        let alerts: Vec<_> =
            numbers.map(|number| Envelope { cursor: Cursor(number), ..one.clone() }).collect();
        let kinds = AlertKind::ALL.map(|kind| (kind, 4_000)).into();
        let overview = Missed { kinds, since: at, is_at_least: true };
        let message = missed(&alerts, Some(&overview), NOW);
        let shown = Shown { number: MessageId(1), message };
        check_limits(&shown);
        let text = shown.text();
        assert!(text.starts_with("⏱ Missed in 1 d 6 h: at least 44000 alerts\n"), "{name}: {text}");
        assert!(text.contains("\nNumbers are those of alerts, not of trades.\n"), "{name}: {text}");
        let lines = text.lines().filter(|line| line.starts_with("#40000000"));
        assert_eq!(lines.count(), LINES, "{name}: {text}");
    }
    assert!(count > 12, "{count}");
}
