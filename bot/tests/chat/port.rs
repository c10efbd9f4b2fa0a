//! The schema of the API: every type survives the wire, money as exact decimals in strings, times as
//! milliseconds.

use std::fmt::Debug;

use heikin_bot::backend::*;
use heikin_core::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::fixtures::{self, btc};
use crate::sent::every_alert;

fn survives<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) -> String {
    let json = serde_json::to_string(value).unwrap();
    let back: T = serde_json::from_str(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
    assert_eq!(&back, value, "{json}");
    json
}

fn queries() -> Vec<Query> {
    let (range, page) =
        (Range { from: Some(Timestamp::EPOCH), to: None }, Page { skip: 0, take: 10 });
    let (trader, user, symbol) = (btc(), UserId(5), Some(btc().symbol));
    vec![
        Query::Status,
        Query::Positions,
        Query::Orders,
        Query::Fills { symbol, page },
        Query::Trades { symbol: None, page },
        Query::Profit { range },
        Query::Balance,
        Query::Chart { trader, candles: 30 },
        Query::Equity { range },
        Query::Performance { range },
        Query::Why { subject: Subject::Trader { trader } },
        Query::Why { subject: Subject::Order { order: OrderNumber(4) } },
        Query::Why { subject: Subject::Trade { trade: TradeNumber(4) } },
        Query::Settings,
        Query::Mode,
        Query::Health,
        Query::Logs { lines: 5, level: LogLevel::Warn },
        Query::Users { page },
        Query::Audit { page },
        Query::Plans,
        Query::Cards,
        Query::Bill { plan: "monthly".to_owned() },
        Query::Payments { user, page },
        Query::Revenue { range },
    ]
}

#[test]
fn queries_and_answers_survive() {
    for query in queries() {
        survives(&query);
        survives(&fixtures::answer(&query, "Asha"));
    }
}

#[test]
fn commands_recaps_and_outcomes_survive() {
    let change = Change { key: "a".to_owned(), trader: Some(btc()), value: String::new() };
    let form = ClassicForm {
        interval: btc().interval,
        symbol: btc().symbol,
        spend: fixtures::money("10"),
        entry_offset: fixtures::money("10"),
        exit_offset: fixtures::money("10"),
    };
    let commands = [
        Command::StartBot,
        Command::StopBot,
        Command::Pause { target: Target::All },
        Command::Resume { target: Target::Symbol { symbol: btc().symbol } },
        Command::Close { target: Target::Trader { trader: btc() } },
        Command::Panic,
        Command::Set { changes: vec![change] },
        Command::SetFromForm { form },
        Command::SetMode { mode: Mode::Live },
        Command::SetNotify {
            preferences: NotifyPreferences {
                kinds: [(AlertKind::Fill, Loudness::Off)].into(),
                ..NotifyPreferences::default()
            },
        },
        Command::Mute { thread: "t".to_owned(), until: fixtures::NOW },
        Command::SetCard { chat: ChatId(1), message: None },
        Command::Grant { user: UserId(1), role: Role::Viewer, days: Some(3) },
        Command::Revoke { user: UserId(1) },
        Command::Claim { code: "right".to_owned() },
        Command::Subscribe { plan: "monthly".to_owned(), payer: Payer::default() },
        Command::VerifyPayment,
        Command::CancelPayment,
        Command::Broadcast { text: "hi".to_owned() },
        Command::CancelBroadcast,
        Command::DeleteMe,
    ];
    for command in commands {
        survives(&command);
        survives(&fixtures::outcome_of(&command, "Asha"));
        if let Some(topic) = fixtures::recap_of(&command, "Asha") {
            let recap = Recap {
                version: StateVersion(3),
                mode: Mode::Live,
                topic,
                consequences: Vec::new(),
                needs_pin: true,
            };
            survives(&Outcome::Confirm(Box::new(recap)));
        }
    }
    for refusal in [Refusal::NotAllowed, Refusal::WrongPin { left: 1 }, Refusal::BillingOff] {
        survives(&Outcome::Refused(refusal));
    }
    for error in [BackendError::Forbidden, BackendError::NotFound { what: "x".to_owned() }] {
        survives(&error);
    }
}

#[test]
fn alerts_in_their_envelopes_survive() {
    for (_, alert) in every_alert("Asha") {
        survives(&crate::alerts::envelope(alert, fixtures::NOW));
    }
}

#[test]
fn money_is_exact_text_and_time_is_milliseconds() {
    let json = survives(&fixtures::answer(&Query::Profit { range: Range::ALL }, "Asha"));
    assert!(json.contains("\"net\":\"88.1\""), "{json}");
    let json = survives(&fixtures::trade(17));
    assert!(json.contains("\"exited_at\":1795269852000"), "{json}");
    assert!(json.contains("\"trader\":{\"symbol\":\"BTCUSDT\",\"interval\":\"1h\"}"), "{json}");
}

#[test]
fn what_is_secret_or_personal_does_not_print() {
    let actor = Actor {
        identity: Identity::Terminal,
        name: "x".to_owned(),
        pin: Some(Pin::new("4711".to_owned())),
    };
    let payer = Payer { email: Some("asha@example.com".to_owned()), ..Payer::default() };
    let row = InboxRow {
        update: UpdateId(1),
        received_at: fixtures::NOW,
        raw: "asha@example.com".to_owned(),
    };
    let command = Command::Subscribe { plan: "monthly".to_owned(), payer };
    let printed = format!("{actor:?} {command:?} {row:?}");
    assert!(!printed.contains("4711") && !printed.contains("asha@"), "{printed}");
    let back: Actor = serde_json::from_str(&serde_json::to_string(&actor).unwrap()).unwrap();
    assert_eq!(back.pin.unwrap().expose(), "4711", "it reaches the backend all the same");
}

#[test]
fn a_nonce_is_32_digits_and_nothing_else() {
    let nonce = Nonce::from_bits(0xabc);
    assert_eq!(Nonce::parse(&nonce.to_string()), Some(nonce));
    survives(&nonce);
    for text in ["", "abc", &"A".repeat(32), &"+".repeat(32), &"0".repeat(33)] {
        assert_eq!(Nonce::parse(text), None, "{text}");
    }
}
