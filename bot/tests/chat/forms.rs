//! Forms: settings, subscription, preferences; ended, skipped, filled in wrongly.

use heikin_bot::backend::{AlertKind, Card, Change, Command, Loudness, Payer, QuietHours};

use crate::fixtures::{btc, money};
use crate::world::{GUEST, OPERATOR, OWNER, SUBSCRIBER, Talk, VIEWER, World};

fn last(talk: &Talk) -> Command {
    talk.world().done().last().unwrap().clone()
}

#[test]
fn a_setting_is_asked_for_shown_and_changed() {
    let mut talk = Talk::of(OPERATOR, World::default());
    let group = talk.ask("/settings limits");
    let asked = talk.press(&group, "daily loss · 50");
    assert!(asked.one().text().contains("Type the new value"));
    let recap = talk.ask("75");
    assert!(recap.text().contains("50 → ") || recap.text().contains("1 atr → 75"), "{recap:#?}");
    talk.press(&recap, "Change");
    let change =
        Change { key: "limits.max_daily_loss".to_owned(), trader: None, value: "75".to_owned() };
    assert_eq!(last(&talk), Command::Set { changes: vec![change] });
    // The form is over: words are words again.
    assert!(talk.ask("80").text().starts_with("I act on commands."));
}

#[test]
fn a_button_offers_a_value_and_a_trader_is_asked_for_where_there_are_two() {
    let mut talk = Talk::of(OPERATOR, World::default());
    let which = talk.ask("/set trigger_offset");
    let asked = talk.press(&which, "BTCUSDT 1h");
    let recap = talk.press(asked.one(), "0.5 atr");
    talk.press(recap.one(), "Change");
    let Command::Set { changes } = last(&talk) else { panic!("{:?}", last(&talk)) };
    assert_eq!((changes[0].trader, changes[0].value.as_str()), (Some(btc()), "0.5 atr"));
    assert!(talk.ask("/set trigger_offset 1 atr").text().contains("name one"));
    assert!(talk.ask("/set entry.triger_offset 1").text().contains("Did you mean entry.trigger"));
    assert!(talk.ask("/set http.listen 0.0.0.0").text().contains("only in heikin.toml"));
    talk.say("/set limits.max_daily_loss none");
}

#[test]
fn the_old_form_is_understood_and_shown_before_it_holds() {
    let mut talk = Talk::of(OPERATOR, World::default());
    for line in ["1h,BTCUSDT,10$,10,10", " 1H , btc/usdt, $10 ,10, 10 "] {
        let recap = talk.ask(line);
        assert!(recap.text().starts_with("Change this?"));
        talk.press(&recap, "Change");
        let Command::SetFromForm { form } = last(&talk) else { panic!("{:?}", last(&talk)) };
        assert_eq!((form.symbol, form.interval), (btc().symbol, btc().interval));
        assert_eq!([form.spend, form.entry_offset, form.exit_offset], [money("10"); 3]);
    }
    for line in ["1h,BTCUSDT,0$,10,10", "1h,BTCUSDT,10$,-1,10", "soon,BTCUSDT,1,1,1", "1,2,3"] {
        assert!(talk.ask(line).text().starts_with("I act on commands."), "{line}");
    }
    let mut viewer = Talk::of(VIEWER, World::default());
    assert!(viewer.ask("1h,BTCUSDT,10$,10,10").text().contains("has not that right"));
}

#[test]
fn access_is_asked_for_step_by_step() {
    let mut talk = Talk::of(GUEST, World::default());
    let plans = talk.ask("/plans");
    let name = talk.press(&plans, "Monthly");
    assert!(name.one().text().starts_with("Which name"));
    for name in ["<script>", "Ravi 😎", ".."] {
        assert!(talk.ask(name).text().starts_with("A name is"), "{name}");
    }
    assert!(talk.ask("Asha Rao").text().starts_with("To which email"));
    for email in ["nope", "a@b..c"] {
        assert!(talk.ask(email).text().starts_with("An email looks like"), "{email}");
    }
    assert!(talk.ask("asha@example.com").text().starts_with("Which phone"));
    for phone in ["12", "+0123456789"] {
        assert!(talk.ask(phone).text().starts_with("A number looks like"), "{phone}");
    }
    let bill = talk.ask("98123 45678");
    assert!(bill.text().contains("total"));
    let link = talk.press(&bill, "Pay ₹358.26");
    assert!(matches!(
        &link.one().button("Pay ₹358.26").press,
        heikin_bot::message::Press::Url(url) if url == "https://rzp.io/i/abc"
    ));
    let payer = Payer {
        name: Some("Asha Rao".to_owned()),
        email: Some("asha@example.com".to_owned()),
        phone: Some("+919812345678".to_owned()),
    };
    assert_eq!(last(&talk), Command::Subscribe { plan: "monthly".to_owned(), payer });
    assert!(talk.ask("/pay_now").text().contains("no longer open"), "one link for one bill");
}

#[test]
fn a_form_can_be_skipped_through_and_ended_at_any_step() {
    for steps in 0..4 {
        let mut talk = Talk::of(SUBSCRIBER, World::default());
        talk.say("/pay_razer monthly");
        for _ in 0..steps {
            talk.say("/skip");
        }
        assert!(talk.ask("/cancel").text().starts_with("Ended"), "after {steps}");
        assert!(talk.ask("/pay_now").text().contains("no longer open"));
        assert_eq!(talk.world().done(), []);
    }
    let mut talk = Talk::of(GUEST, World::default());
    for line in ["/subscribe", "/skip", "/skip", "/skip", "/pay_now"] {
        talk.say(line);
    }
    let plan = "monthly".to_owned();
    assert_eq!(last(&talk), Command::Subscribe { plan, payer: Payer::default() });
    // With the form gone, /cancel ends the link; after that there is nothing, and never an order.
    assert!(talk.ask("/cancel").text().contains("link is closed"));
    assert!(talk.ask("/cancel").text().starts_with("Nothing to cancel"));
    let mut owner = Talk::of(OWNER, World::default());
    assert!(owner.ask("/cancel").text().contains("Orders are not cancelled here"));
    assert_eq!(owner.world().done(), []);
}

#[test]
fn aliases_of_the_ancestor_work() {
    let mut talk = Talk::of(GUEST, World::default());
    assert!(talk.ask("/pay_razer").text().starts_with("Which name"));
    assert!(talk.ask("/done").text().contains("No payment yet"));
    assert!(talk.ask("/payments").text().contains("Payments"));
    assert!(talk.ask("/PLANS@heikin_bot").text().contains("What you get"));
}

#[test]
fn preferences_change_word_by_word() {
    let mut talk = Talk::of(SUBSCRIBER, World::default());
    let edits = [
        "/notify fill silent",
        "/notify quiet 22:30-07:00",
        "/notify zone asia/kolkata",
        "/notify digest 21:15",
    ];
    for line in edits {
        talk.say(line);
    }
    let kept = talk.world().state.lock().unwrap().preferences.clone();
    assert_eq!(kept.kinds.get(&AlertKind::Fill), Some(&Loudness::Silent));
    assert_eq!(kept.quiet, Some(QuietHours { from: 1_350, to: 420 }));
    assert_eq!((kept.zone.as_str(), kept.digest_at), ("Asia/Kolkata", Some(1_275)));
    assert!(talk.ask("/status").text().contains("19:35:12 IST"), "times are the person's own");
    let wrong = [
        "/notify fault off",
        "/notify fill louder",
        "/notify quiet 25:00-07:00",
        "/notify zone Mars",
        "/notify quiet 22:00-22:00",
        "/notify digest noon",
        "/notify a b c",
    ];
    for line in wrong {
        assert!(talk.ask(line).text().contains("Example: /notify"), "{line}");
    }
    assert_eq!(talk.world().state.lock().unwrap().preferences, kept);
    talk.say("/stop_notify");
    assert!(!talk.world().state.lock().unwrap().preferences.on);
}

#[test]
fn the_claim_code_makes_an_owner_and_is_deleted_from_the_chat() {
    for (code, said) in [("claim_right", "You are the owner."), ("claim_wrong", "Not done")] {
        let mut talk = Talk::of(GUEST, World::default());
        let event = talk.message_event(&format!("/start {code}"));
        let update = talk.update(event);
        let answered = talk.run(&update);
        assert!(matches!(answered.steps[0], heikin_bot::message::Step::Delete(_)));
        assert!(answered.one().text().contains(said), "{answered:#?}");
    }
}

#[test]
fn the_card_is_pinned_silently_and_its_number_kept() {
    let mut talk = Talk::of(OWNER, World::default());
    let card = talk.ask("/card");
    assert!(card.message.is_card && card.message.loudness == Loudness::Silent);
    assert_eq!(talk.world().state.lock().unwrap().card, Some(card.number));
    let kept = Card { user: OWNER, chat: talk.chat.id, message: card.number };
    let now = crate::world::block_on(talk.bot.card(kept, talk.now)).unwrap();
    assert_eq!(now.body, card.message.body);
    let stranger = Card { user: GUEST, ..kept };
    let theirs = crate::world::block_on(talk.bot.card(stranger, talk.now)).unwrap();
    assert!(theirs.buttons.is_empty() && theirs.body != card.message.body);
}

#[test]
fn any_action_is_at_most_three_taps_away() {
    let mut talk = Talk::of(OWNER, World::default());
    let menu = talk.ask("/menu");
    let mut reached = std::collections::BTreeSet::new();
    let mut level = vec![menu];
    for _ in 0..3 {
        let mut next = Vec::new();
        for shown in level {
            for button in shown.buttons() {
                if let heikin_bot::message::Press::Data(data) = &button.press
                    && !data.starts_with(['+', '-'])
                    && reached.insert(data.trim_matches('*').to_owned())
                {
                    next.extend(talk.press_data(shown.number, data).shown);
                }
            }
        }
        level = next;
    }
    for line in [
        "/panic",
        "/pause",
        "/close",
        "/resume",
        "/stop_bot",
        "/start_bot",
        "/set",
        "/chart",
        "/why",
        "/status",
        "/orders",
        "/profit",
        "/balance",
        "/mode",
        "/set_mode",
        "/logs",
        "/users",
        "/broadcast",
        "/revenue",
        "/notify",
        "/health",
        "/history",
        "/trades",
        "/equity",
        "/audit",
    ] {
        let is_reached = reached.iter().any(|data| data.split(' ').next() == Some(line));
        assert!(is_reached, "{line} is not within three taps of the menu");
    }
}

#[test]
fn every_button_that_is_shown_may_be_pressed() {
    for user in crate::world::EVERYBODY {
        let mut talk = Talk::of(user, World::default());
        for entry in heikin_bot::commands::TABLE {
            for shown in talk.say(entry.example) {
                for button in shown.buttons() {
                    let heikin_bot::message::Press::Data(data) = &button.press else { continue };
                    let Some((name, _)) = heikin_bot::chat::split(data.trim_matches('*')) else {
                        continue;
                    };
                    let verb = heikin_bot::commands::Verb::named(name).unwrap();
                    let role = talk.world().state.lock().unwrap().roles.get(&user).copied();
                    let role = role.unwrap_or(heikin_bot::backend::Role::Guest);
                    assert!(verb.entry().right.is_of(role), "{user} is shown {data}");
                }
            }
        }
    }
}

#[test]
fn another_command_ends_a_form() {
    let mut talk = Talk::of(OPERATOR, World::default());
    talk.say("/broadcast");
    talk.say("/status");
    assert!(talk.ask("not for everybody").text().starts_with("I act on commands."));
}
