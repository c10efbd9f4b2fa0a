//! Plans, and the keys that they are paid with.

use heikin::config::ConfigFaults;
use heikin::subscription::Paise;
use heikin_core::time::Span;

use crate::files::{CANARY, Folder};

const PLAN: &str = "mode = \"paper\"\n[[trader]]\nsymbol = \"BTCUSDT\"\npercent = 50\n[[plan]]\n\
                    id = \"monthly\"\nname = \"Monthly alerts\"\nserver = \"499\"\n";
const KEYS: [(&str, &str); 2] =
    [("RAZORPAY_KEY_ID", "rzp_test_1"), ("RAZORPAY_KEY_SECRET", "secret")];

fn with(text: &str) -> Folder {
    Folder::new().with("heikin.toml", text)
}

#[test]
fn nothing_is_sold_unless_there_is_a_plan() {
    let text = PLAN.split("[[plan]]").next().unwrap();
    assert!(with(text).load(&KEYS).unwrap().subscription.is_none());
    let subscription = with(PLAN).load(&KEYS).unwrap().subscription.unwrap();
    let [plan] = &subscription.plans[..] else { panic!("{:?}", subscription.plans) };
    let terms = plan.terms();
    assert_eq!((terms.cycle, terms.grace), (Span::DAY.times(28), Span::DAY));
    assert_eq!(terms.reminders, [Span::DAY.times(3), Span::DAY]);
    assert_eq!(plan.bill().total(), Paise::new(51_078));
    assert_eq!((subscription.link_life, subscription.webhook.is_some()), (Span::DAY, false));
}

#[test]
fn every_key_of_a_plan_is_read() {
    let text = format!(
        "{PLAN}messages = 100\nsupport = 0.5\nother = \"1.25\"\nprocessing_pct = 3\ngst_pct = \"12.5\"\n\
         cycle_days = 90\ngrace_days = 0\nreminder_days = [1, 7, 7]\n[[plan]]\nid = \"b\"\n\
         name = \"B\"\nother = 1\n"
    );
    let plans = with(&text).load(&KEYS).unwrap().subscription.unwrap().plans;
    assert_eq!(plans.len(), 2);
    let terms = plans[0].terms();
    let prices: Vec<_> = terms.prices.iter().map(|(_, amount)| amount.get()).collect();
    assert_eq!(prices, [49_900, 10_000, 50, 125]);
    assert_eq!(terms.processing.percent().to_string(), "3");
    assert_eq!((terms.cycle, terms.grace), (Span::DAY.times(90), Span::ZERO));
    assert_eq!(terms.reminders, [Span::DAY.times(7), Span::DAY]);
}

#[test]
fn a_key_of_the_other_kind_is_refused_at_start() {
    let live = [("RAZORPAY_KEY_ID", "rzp_live_1"), ("RAZORPAY_KEY_SECRET", CANARY)];
    let told = with(PLAN).fault(&live);
    assert!(told.contains("is a live key") && !told.contains("rzp_live_1"), "{told}");
    assert!(with(PLAN).fault(&[("RAZORPAY_KEY_ID", "key"), KEYS[1]]).contains("is no key id"));
    let text = PLAN.replace("paper", "live").replace(
        "[[trader]]",
        "[live]\nconsent = \"heikin may trade with real money on my Binance account, which it has to \
         itself\"\n[[trader]]",
    );
    let binance = [("BINANCE_API_KEY", "k"), ("BINANCE_API_SECRET", "s")];
    let told = with(&text).fault(&[KEYS[0], KEYS[1], binance[0], binance[1]]);
    assert!(told.contains("is a test key, and in mode \"live\""), "{told}");
    let config = with(&text).load(&[live[0], live[1], binance[0], binance[1]]).unwrap();
    let shown = format!("{config:?}");
    assert!(config.subscription.is_some() && !shown.contains(CANARY), "{shown}");
    let ConfigFaults(faults) = with(PLAN).load(&[]).unwrap_err();
    let keys: Vec<_> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["RAZORPAY_KEY_ID", "RAZORPAY_KEY_SECRET"]);
}

#[test]
fn the_secret_before_needs_the_time_of_the_change() {
    let secrets = [
        KEYS[0],
        KEYS[1],
        ("RAZORPAY_WEBHOOK_SECRET", "new"),
        ("RAZORPAY_WEBHOOK_SECRET_PREVIOUS", "old"),
    ];
    assert!(with(PLAN).fault(&secrets).contains("subscription.webhook_changed"));
    let text = format!("{PLAN}[subscription]\nwebhook_changed = \"2026-11-20T10:00:00+05:30\"\n");
    assert!(with(&text).load(&secrets).unwrap().subscription.unwrap().webhook.is_some());
}

#[test]
fn bad_plans_are_told_with_key_value_and_remedy() {
    for (line, key, part) in [
        ("server = \"-1\"", "plan.server", "is negative"),
        ("server = \"1.005\"", "plan.server", "below a paisa"),
        ("server = \"$5\"", "plan.server", "is no amount of rupees"),
        ("server = 99999999999", "plan.server", "is more than"),
        ("server = 0", "plan", "costs less than"),
        ("id = \"a b\"", "plan.id", "is no plan"),
        ("name = \"\"", "plan.name", "is empty"),
        ("name = \"a\\u0007\"", "plan.name", "control character"),
        ("processing_pct = 101", "plan.processing_pct", "is too large"),
        ("gst_pct = \"-18\"", "plan.gst_pct", "must not be negative"),
        ("cycle_days = 0", "plan.cycle_days", "out of range"),
        ("cycle_days = 400", "plan.cycle_days", "out of range"),
        ("cycle_days = 1", "plan", "has a grace as long"),
        ("reminder_days = [28]", "plan", "has a reminder"),
        ("reminder_days = [0]", "plan.reminder_days", "out of range"),
        ("price = 5", "plan.price", "is no key"),
        ("currency = \"USD\"", "plan.currency", "is no key"),
    ] {
        let name = line.split(' ').next().unwrap();
        let kept = PLAN.lines().filter(|known| !known.starts_with(&format!("{name} =")));
        let text = kept.chain([line]).collect::<Vec<_>>().join("\n");
        let ConfigFaults(faults) = with(&text).load(&KEYS).expect_err(line);
        assert_eq!(faults.len(), 1, "{line}: {faults:?}");
        let told = faults[0].to_string();
        assert!(faults[0].key == key && told.contains(part), "{line}: {told}");
    }
    let twice = format!("{PLAN}[[plan]]\nid = \"monthly\"\nname = \"B\"\nother = 1\n");
    assert!(with(&twice).fault(&KEYS).contains("another plan's already"));
    let none = PLAN.replace("id = \"monthly\"\nname = \"Monthly alerts\"\n", "");
    assert_eq!(with(&none).load(&KEYS).unwrap_err().0.len(), 2);
    let single = PLAN.replace("[[plan]]", "[plan]");
    let ConfigFaults(faults) = with(&single).load(&KEYS).unwrap_err();
    assert!(faults.iter().all(|fault| fault.what == "belongs to no plan"), "{faults:?}");
    for address in ["http://a.example/x", "https://", "https://u@h/x", "https://h/x?y=1", "here"] {
        let text = format!("{PLAN}[subscription]\ncallback_url = \"{address}\"\n");
        assert!(with(&text).fault(&KEYS).contains("subscription.callback_url"), "{address}");
    }
}
