//! Settings changed while it runs: shown, confirmed, in force, over restarts; the live gate, the file.

use heikin::config::changeable::Changeable;
use heikin::config::{Config, Paths, Variables};
use heikin::control::live_gate::{Examination, LiveGate};
use heikin_bot::backend::{
    Alert, Answer, Backend as _, Change, ClassicForm, Command, Control as Entries, Done,
    Effectiveness, OrderWork, Outcome, Page, Query, Recap, RecapTopic, Refusal, Setting,
    SettingKind, SystemAlert,
};
use heikin_core::num::Money;
use tokio::sync::mpsc;

use crate::world::{
    NO_VERSION, OWNER, Product, World, alerts, confirmed, request, status, symbol, terminal, trader,
};

pub(crate) fn change(key: &str, value: &str) -> Change {
    let of_trader = (!key.starts_with("account.")).then(trader);
    Change { key: key.to_owned(), trader: of_trader, value: value.to_owned() }
}

pub(crate) fn set(changes: &[(&str, &str)]) -> Command {
    Command::Set { changes: changes.iter().map(|(key, value)| change(key, value)).collect() }
}

pub(crate) fn asked(world: &World, product: &mut Product, id: &str, command: Command) -> Outcome {
    let control = product.control.clone();
    world.run(product, async move {
        control.command(request(id), terminal(), command, None).await.unwrap()
    })
}

pub(crate) fn done(world: &World, product: &mut Product, id: &str, command: Command) -> Outcome {
    let control = product.control.clone();
    world.run(product, async move { confirmed(&control, id, terminal(), command).await })
}

fn recap(outcome: Outcome) -> Recap {
    match outcome {
        Outcome::Confirm(recap) => *recap,
        other => panic!("{other:?}"),
    }
}

fn settings(world: &World, product: &mut Product) -> Vec<Setting> {
    let control = product.control.clone();
    match world.run(product, async move { control.query(Query::Settings).await.unwrap() }) {
        Answer::Settings(settings) => settings.items,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn value(world: &World, product: &mut Product, key: &str) -> String {
    let all = settings(world, product);
    all.into_iter().find(|setting| setting.key == key).unwrap().value
}

/// The trigger of the stop that is open.
fn stop(world: &World, product: &mut Product) -> heikin_core::num::Price {
    let control = product.control.clone();
    match world.run(product, async move { control.query(Query::Orders).await.unwrap() }) {
        Answer::Orders(orders) => match orders.orders[0].work {
            OrderWork::Stop { trigger, .. } => trigger,
            ref other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_is_shown_confirmed_and_holds_from_the_close_on_and_over_restarts() {
    let world = World::new();
    let mut product = world.start();
    world.advance(&mut product, 4);
    let before = stop(&world, &mut product);
    let command = set(&[("exit.trigger_offset", "0.05"), ("account.max_trade", "100")]);
    let recap = recap(asked(&world, &mut product, "s1", command.clone()));
    let RecapTopic::Settings { changes } = &recap.topic else { panic!("{recap:?}") };
    let told: Vec<_> = changes
        .iter()
        .map(|it| (it.key.as_str(), it.old.as_str(), it.new.as_str(), it.effective))
        .collect();
    assert_eq!(
        told,
        [
            ("account.max_trade", "", "100", Effectiveness::Now),
            ("exit.trigger_offset", "0", "0.05", Effectiveness::NextCandle),
        ]
    );
    assert!(changes[1].effect.contains("After the last candle that is"), "{changes:?}");
    assert!(recap.consequences.iter().any(|it| it.contains("never moves down")), "{recap:?}");
    assert!(!recap.needs_pin);
    assert_eq!(value(&world, &mut product, "account.max_trade"), "", "nothing holds yet");

    let outcome = done(&world, &mut product, "s2", command.clone());
    assert!(matches!(&outcome, Outcome::Done(Done::Changed { changes: done }) if done == changes));
    assert_eq!(stop(&world, &mut product), before, "not before the close");
    let again = asked(&world, &mut product, "s3", command);
    assert!(matches!(again, Outcome::Refused(Refusal::AlreadySo { .. })), "{again:?}");
    world.advance(&mut product, 1);
    // Half a unit a candle, less what the change takes away.
    let after = stop(&world, &mut product);
    assert!(after > before);
    for end in [World::kill, World::stop] {
        end(&world, product);
        product = world.start();
        assert_eq!(value(&world, &mut product, "exit.trigger_offset"), "0.05");
        assert_eq!(value(&world, &mut product, "account.max_trade"), "100");
        assert_eq!(stop(&world, &mut product), after);
    }
    let control = product.control.clone();
    let (audit, told) = world.run(&mut product, async {
        let page = Page { skip: 0, take: 20 };
        let Answer::Audit(audit) = control.query(Query::Audit { page }).await.unwrap() else {
            panic!()
        };
        (audit, alerts(&control).await)
    });
    let what = "changed account.max_trade none → 100; BTCUSDT 1h exit.trigger_offset 0 → 0.05";
    assert!(audit.items.iter().any(|line| line.what == what && line.result == "done"), "{audit:?}");
    let is_deed = |alert: &Alert| matches!(alert, Alert::System(SystemAlert::Acted { what: told, .. }) if told == what);
    assert!(told[&OWNER.0].iter().any(|it| is_deed(&it.alert)));
    world.stop(product);
}

#[test]
fn every_fault_is_told_at_once_and_nothing_is_changed() {
    let world = World::new();
    let mut product = world.start();
    let before = settings(&world, &mut product);
    let command = set(&[
        ("exit.on_red", "perhaps"),
        ("exit.triger_offset", "1"),
        ("entry.limit_offset", "1 %%"),
        ("account.max_daily_loss", "-5"),
        ("exit.max_slippage_pct", "5"),
        ("interval", "4h"),
        ("percent", ""),
    ]);
    let Outcome::Refused(Refusal::Invalid { reason }) = asked(&world, &mut product, "f1", command)
    else {
        panic!()
    };
    let lines: Vec<_> = reason.lines().collect();
    assert_eq!(lines.len(), 6, "{reason}");
    for (line, words) in lines.iter().zip([
        "BTCUSDT 1h exit.on_red = \"perhaps\" is neither true nor false. Give true or false.",
        "did you mean exit.trigger_offset?",
        "0.5 atr",
        "account.max_daily_loss = \"-5\"",
        "Change it in heikin.toml, run `heikin check`, then restart.",
        "cannot be left out",
    ]) {
        assert!(line.contains(words), "{line} has not {words}");
    }
    for command in [
        set(&[("percent", "20"), ("quote", "10")]),
        set(&[("exit.take_profit_pct", "3"), ("exit.order", "stop_market")]),
        Command::Set { changes: vec![change("exit.on_red", "on"); 201] },
    ] {
        let outcome = asked(&world, &mut product, &format!("{command:?}")[..40], command);
        assert!(matches!(outcome, Outcome::Refused(Refusal::Invalid { .. })), "{outcome:?}");
    }
    assert_eq!(settings(&world, &mut product), before);
    assert!(before.iter().all(|setting| setting.changes.is_some()));
    let kind = |key: &str| before.iter().find(|it| it.key == key).unwrap().kind.clone();
    assert_eq!(kind("exit.on_red"), SettingKind::Switch);
    let options = vec!["hold".to_owned(), "market".to_owned()];
    assert_eq!(kind("exit.last_resort"), SettingKind::Choice { options });
    world.stop(product);
}

#[test]
fn what_is_done_is_there_for_whoever_looks_however_late_the_journal_is_read() {
    let world = World::new().with_a_slow_reader();
    let mut product = world.start();
    done(&world, &mut product, "w1", set(&[("account.cooldown", "60")]));
    assert_eq!(value(&world, &mut product, "account.cooldown"), "60");
    world.stop(product);
}

#[test]
fn what_was_confirmed_for_other_settings_does_not_hold() {
    let world = World::new();
    let mut product = world.start();
    let one = set(&[("exit.on_red", "on")]);
    let shown = recap(asked(&world, &mut product, "v1", one.clone()));
    done(&world, &mut product, "v2", set(&[("account.cooldown", "60")]));
    let control = product.control.clone();
    let outcome = world.run(&mut product, async {
        let late = Some(shown.version);
        control.command(request("v3"), terminal(), one, late).await.unwrap()
    });
    assert!(recap(outcome).version != shown.version);
    assert_eq!(value(&world, &mut product, "exit.on_red"), "off");
    world.stop(product);
}

#[test]
fn the_form_of_the_ancestor_is_settings_of_a_trader_that_there_is() {
    let world = World::new();
    let mut product = world.start();
    let ten = Money::parse("10").unwrap();
    let form = ClassicForm {
        interval: trader().interval,
        symbol: symbol(),
        spend: ten,
        entry_offset: ten,
        exit_offset: ten,
    };
    let outcome = done(&world, &mut product, "c1", Command::SetFromForm { form });
    let Outcome::Done(Done::Changed { changes }) = outcome else { panic!("{outcome:?}") };
    let told: Vec<_> =
        changes.iter().map(|it| format!("{} {} {}", it.key, it.old, it.new)).collect();
    assert_eq!(
        told,
        ["percent 50 ", "quote  10", "entry.trigger_offset 0 10", "exit.trigger_offset 0 10"]
    );
    let other = ClassicForm { interval: heikin_core::time::Interval::H4, ..form };
    let outcome = asked(&world, &mut product, "c2", Command::SetFromForm { form: other });
    let Outcome::Refused(Refusal::Rule { reason }) = outcome else { panic!("{outcome:?}") };
    assert!(reason.contains("There is no trader BTCUSDT 4h: there is BTCUSDT 1h."), "{reason}");
    world.stop(product);
}

#[test]
fn a_file_that_is_read_again_changes_what_was_changed_in_it_and_keeps_the_rest() {
    let world = World::new();
    let mut product = world.start();
    let changed = set(&[("account.max_trade", "100"), ("account.cooldown", "60")]);
    done(&world, &mut product, "r1", changed);
    let file = world.folder.path().join("heikin.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let read = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let variables: Variables = std::iter::empty::<(String, String)>().collect();
        Config::load(&Paths::in_folder(world.folder.path()), &variables).unwrap()
    };
    let now = |product: &mut Product| {
        ["account.max_trade", "account.cooldown", "account.max_daily_loss", "exit.on_red"]
            .map(|key| value(&world, product, key))
    };
    let limits = format!("{text}[account]\ncooldown = 90\nmax_daily_loss = \"50\"\n");
    for (text, expected) in [
        // The file says nothing new of the first.
        (limits.as_str(), ["100", "90", "50", "off"]),
        (&limits.replace("90", "30"), ["100", "30", "50", "off"]),
        // Other traders are for a restart: nothing of it is taken.
        (&limits.replace("90", "31").replace("1h", "4h"), ["100", "30", "50", "off"]),
    ] {
        let config = read(text);
        let control = product.control.clone();
        world.run(&mut product, control.take_file(&config));
        assert_eq!(now(&mut product), expected);
    }
    world.stop(product);
}

#[test]
fn with_real_money_entries_are_closed_until_the_new_settings_have_passed() {
    let (examiner, mut asked_of_it) = mpsc::channel(4);
    let generation = heikin::control::live_gate::Generation::default();
    let gate = LiveGate { examiner: Some((examiner, generation)), ..LiveGate::none() };
    let world = World::new().guarded_by(gate);
    let mut product = world.start();
    let limits = done(&world, &mut product, "g1", set(&[("account.cooldown", "60")]));
    assert!(matches!(limits, Outcome::Done(_)));
    assert!(asked_of_it.try_recv().is_err(), "limits are not what it looks at");
    let command = set(&[("exit.on_red", "on")]);
    let shown = recap(asked(&world, &mut product, "g2", command.clone()));
    assert!(shown.consequences.iter().any(|it| it.contains("live gate")), "{shown:?}");
    done(&world, &mut product, "g3", command);
    let Examination { settings, generation, .. } = asked_of_it.try_recv().unwrap();
    let Changeable { traders, .. } = settings;
    assert!(traders[0].settings.exit.on_red);
    assert_eq!(generation, 1);
    let control = product.control.clone();
    let after = world.run(&mut product, status(&control));
    assert!(matches!(after.control, Entries::Gated { .. }), "{:?}", after.control);
    world.stop(product);
}

#[test]
fn nobody_is_asked_twice_for_what_was_never_confirmed() {
    let world = World::new();
    let mut product = world.start();
    let control = product.control.clone();
    let command = set(&[("exit.on_red", "on")]);
    let outcome = world.run(&mut product, async {
        control.command(request("n1"), terminal(), command, Some(NO_VERSION)).await.unwrap()
    });
    recap(outcome);
    world.stop(product);
}
