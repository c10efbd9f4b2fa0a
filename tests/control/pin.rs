//! The PIN: asked for what raises the risk, locked after five wrong ones, and nowhere on the disk.

use std::path::Path;
use std::sync::atomic::Ordering;

use heikin_bot::backend::{
    Actor, Alert, Backend as _, Command, Done, InboxRow, Intake, Outcome, Pin, Refusal, Role,
    StateVersion, SystemAlert, Target, UpdateId, UserId,
};
use heikin_core::time::Timestamp;

use crate::settings::{done, set};
use crate::world::{OWNER, Product, World, alerts, grant, person, request};

const OTHER: UserId = UserId(12);
const PIN: &str = "canary-739104";
const WRONG: &str = "canary-000000";

fn operator(pin: Option<&str>) -> Actor {
    Actor { pin: pin.map(|typed| Pin::new(typed.to_owned())), ..person(OWNER, "Asha") }
}

/// Gives a command with what was typed, confirmed for the state of now.
fn typed(
    world: &World,
    product: &mut Product,
    (id, typed): (&str, Option<&str>),
    command: Command,
) -> Outcome {
    let control = product.control.clone();
    let first = world.run(product, {
        let (control, command, id) = (control.clone(), command.clone(), request(&format!("{id}?")));
        async move { control.command(id, operator(None), command, None).await.unwrap() }
    });
    let version: Option<StateVersion> = match first {
        Outcome::Confirm(recap) => {
            assert!(recap.needs_pin, "{recap:?}");
            Some(recap.version)
        }
        other => panic!("{other:?}"),
    };
    let id = request(id);
    world.run(product, async move {
        control.command(id, operator(typed), command, version).await.unwrap()
    })
}

fn looser() -> Command {
    set(&[("account.max_trade", "500")])
}

#[test]
fn what_raises_the_risk_takes_the_pin_and_nothing_else_does() {
    let world = World::configured("", &[("HEIKIN_CHAT_PIN", PIN)]);
    let mut product = world.start();
    let tighter = done(&world, &mut product, "p0", set(&[("account.max_trade", "100")]));
    assert!(matches!(tighter, Outcome::Done(_)), "whoever sits there may read it: {tighter:?}");
    let asked = typed(&world, &mut product, ("p1", None), looser());
    assert_eq!(asked, Outcome::PinNeeded);
    let wrong = typed(&world, &mut product, ("p2", Some(WRONG)), looser());
    assert_eq!(wrong, Outcome::Refused(Refusal::WrongPin { left: 4 }));
    let right = typed(&world, &mut product, ("p3", Some(PIN)), looser());
    assert!(matches!(right, Outcome::Done(Done::Changed { .. })), "{right:?}");

    let panic = typed(&world, &mut product, ("p4", Some(PIN)), Command::Panic);
    assert!(matches!(panic, Outcome::Done(Done::Panicked { .. })), "{panic:?}");
    let resume = || Command::Resume { target: Target::All };
    assert_eq!(typed(&world, &mut product, ("p5", None), resume()), Outcome::PinNeeded);
    let resumed = typed(&world, &mut product, ("p6", Some(PIN)), resume());
    assert!(matches!(resumed, Outcome::Done(Done::Resumed { .. })), "{resumed:?}");
    let pause = Command::Pause { target: Target::All };
    let control = product.control.clone();
    let paused = world.run(&mut product, async {
        control.command(request("p7"), operator(None), pause, None).await.unwrap()
    });
    assert!(matches!(paused, Outcome::Done(Done::Paused { .. })), "less risk is quick");
    world.stop(product);
}

#[test]
fn five_wrong_ones_lock_for_a_quarter_of_an_hour_also_over_a_restart() {
    let world = World::configured("", &[("HEIKIN_CHAT_PIN", PIN)]);
    let mut product = world.start();
    let control = product.control.clone();
    world.run(&mut product, grant(&control, OTHER, Role::Owner));
    drop(control);
    done(&world, &mut product, "l0", set(&[("account.max_trade", "100")]));
    for left in (1..5).rev() {
        let id = format!("l{left}");
        let wrong = typed(&world, &mut product, (&id, Some(WRONG)), looser());
        assert_eq!(wrong, Outcome::Refused(Refusal::WrongPin { left }));
    }
    let fifth = typed(&world, &mut product, ("l5", Some(WRONG)), looser());
    let Outcome::Refused(Refusal::Locked { until }) = fifth else { panic!("{fifth:?}") };
    world.kill(product);
    let mut product = world.start();
    let right = typed(&world, &mut product, ("l6", Some(PIN)), looser());
    assert_eq!(right, Outcome::Refused(Refusal::Locked { until }), "the right one is too late");
    let control = product.control.clone();
    let told = world.run(&mut product, alerts(&control));
    let is_lock = |alert: &Alert| matches!(alert, Alert::System(SystemAlert::PinLocked { user, .. }) if *user == OWNER);
    let locks = |user: UserId| {
        told.get(&user.0).into_iter().flatten().filter(|it| is_lock(&it.alert)).count()
    };
    assert_eq!(locks(OTHER), 1);
    assert_eq!(locks(OWNER), 0, "who typed them has read the answer");
    world.clock.store(u64::try_from(until.millis()).unwrap(), Ordering::Relaxed);
    let right = typed(&world, &mut product, ("l7", Some(PIN)), looser());
    assert!(matches!(right, Outcome::Done(_)), "{right:?}");
    world.stop(product);
}

#[test]
fn neither_a_right_nor_a_wrong_one_is_anywhere_on_the_disk() {
    let world = World::configured("", &[("HEIKIN_CHAT_PIN", PIN)]);
    let mut product = world.start();
    done(&world, &mut product, "d0", set(&[("account.max_trade", "100")]));
    for (number, pin) in [WRONG, PIN].into_iter().enumerate() {
        let control = product.control.clone();
        let update = UpdateId(u64::try_from(number).unwrap() + 1);
        let raw = format!("{{\"message\":{{\"text\":\"{pin}\"}}}}");
        let row = InboxRow { update, received_at: Timestamp::EPOCH, raw };
        let intake = world.run(&mut product, control.inbox(row)).unwrap();
        assert_eq!(intake, Intake::Fresh);
        typed(&world, &mut product, (&format!("d{number}-typed"), Some(pin)), looser());
    }
    assert_eq!(found(world.folder.path()), [] as [String; 0], "while it runs");
    world.kill(product);
    assert_eq!(found(world.folder.path()), [] as [String; 0]);
    let product = world.start();
    world.stop(product);
    assert_eq!(found(world.folder.path()), [] as [String; 0], "nor in what is saved at the end");
    // What looks is able to find.
    std::fs::write(world.folder.path().join("data/planted"), format!("x{PIN}x")).unwrap();
    assert_eq!(found(world.folder.path()).len(), 1);
}

/// The files below a folder that hold either of them.
fn found(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(found(&path));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let has = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        if has(PIN) || has(WRONG) {
            files.push(path.display().to_string());
        }
    }
    files
}

#[test]
fn one_persons_wrong_ones_lock_nobody_else() {
    let world = World::configured("", &[("HEIKIN_CHAT_PIN", PIN)]);
    let mut product = world.start();
    let control = product.control.clone();
    let other = UserId(12);
    world.run(&mut product, async {
        crate::world::grant(&control, other, heikin_bot::backend::Role::Operator).await;
    });
    done(&world, &mut product, "o0", set(&[("account.max_trade", "100")]));
    for number in 0..5 {
        typed(&world, &mut product, (&format!("o{number}-wrong"), Some(WRONG)), looser());
    }
    let control = product.control.clone();
    let outcome = world.run(&mut product, async {
        let actor = |pin: Option<&str>| Actor {
            pin: pin.map(|typed| Pin::new(typed.to_owned())),
            ..person(other, "Bela")
        };
        let asked = control.command(request("o6"), actor(None), looser(), None).await.unwrap();
        let Outcome::Confirm(recap) = asked else { panic!("{asked:?}") };
        let version = Some(recap.version);
        control.command(request("o7"), actor(Some(PIN)), looser(), version).await.unwrap()
    });
    assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    world.stop(product);
}
