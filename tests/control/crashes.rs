//! The front office's store on a disk that dies between any two of its steps.

use std::collections::BTreeSet;
use std::path::Path;

use heikin::control::front::Ledger;
use heikin::control::front::ledger::Rooms;
use heikin::control::front::record::{Addressee, Event, Queued};
use heikin::store::disk::{Fault, MemoryDisk, Survives};
use heikin_bot::backend::{
    Alert, ChatId, Command, Cursor, Delivery, InboxRow, Intake, Lane, Loudness, MessageId, Nonce,
    Presser, Receipt, Role, StateVersion, Take, Ticket, UpdateId, UserId,
};
use heikin_core::time::Timestamp;

/// What was answered, so that it must be so after any crash.
#[derive(Debug, Default, Clone)]
struct Promised {
    received: u64,
    handled: u64,
    queued: BTreeSet<u64>,
    acknowledged: BTreeSet<u64>,
    /// Acknowledgements that were asked for: each may have been stored though nobody was told.
    asked: BTreeSet<u64>,
    tickets_taken: BTreeSet<u64>,
    granted: i64,
    has_kept: bool,
}

/// A ticket that nobody takes.
const KEPT: u64 = 1 << 40;

fn at(step: u64) -> Timestamp {
    Timestamp::from_millis(1_000_000 + i64::try_from(step).unwrap())
}

fn row(update: u64) -> InboxRow {
    InboxRow { update: UpdateId(update), received_at: at(update), raw: format!("text {update}") }
}

fn presser(number: u64) -> Presser {
    let number = i64::try_from(number).unwrap();
    Presser { user: UserId(1), chat: ChatId(1), message: MessageId(number) }
}

fn ticket(number: u64) -> Ticket {
    Ticket {
        presser: presser(number),
        command: Command::Panic,
        version: StateVersion(1),
        expires_at: at(1_000_000),
    }
}

fn queued(number: u64) -> Event {
    let to = Addressee { chat: ChatId(1), loudness: Loudness::Loud, zone: "UTC".to_owned() };
    Event::Queued(Box::new(Queued {
        at: at(number),
        lane: Lane::Info,
        thread: None,
        by: None,
        replaces: Vec::new(),
        to: vec![to],
        alert: Alert::Broadcast { text: format!("alert {number}") },
    }))
}

/// One round of all that the front office does; each promise is made after its sync.
fn work(ledger: &mut Ledger<MemoryDisk>, promised: &mut Promised) -> Option<()> {
    let next = promised.received + 1;
    let taken = ledger.receive(&row(next)).ok()?;
    ledger.sync().ok()?;
    assert!(taken.is_some());
    promised.received = next;

    ledger.record(at(next), vec![queued(next), Event::Tailed { through: next }]).ok()?;
    ledger.sync().ok()?;
    promised.queued.insert(next);

    ledger.put_ticket(Nonce::from_bits(next.into()), &ticket(next), at(next)).ok()?;
    ledger.sync().ok()?;

    ledger.put_ticket(Nonce::from_bits(KEPT.into()), &ticket(KEPT), at(next)).ok()?;
    ledger.sync().ok()?;
    promised.has_kept = true;

    let user = UserId(promised.granted + 1);
    let granted = Event::Granted { user, role: Role::Viewer, until: None };
    let seen = ledger.seal_name(user, &format!("name {user}")).ok()?;
    ledger.record(at(next), vec![granted, seen]).ok()?;
    ledger.sync().ok()?;
    promised.granted = user.0;

    let taken = ledger.take_ticket(Nonce::from_bits(next.into()), presser(next), at(next)).ok()?;
    ledger.sync().ok()?;
    assert!(matches!(taken, Take::Taken(_)));
    promised.tickets_taken.insert(next);

    let handed = ledger.hand_out(Cursor::START, 1);
    let sending: Vec<Cursor> = handed.iter().map(|(envelope, _)| envelope.cursor).collect();
    ledger.sending(&sending, at(next)).ok()?;
    ledger.sync().ok()?;
    for (envelope, _) in handed {
        let delivery = Delivery::Delivered { message: MessageId(1) };
        let receipt = Receipt { cursor: envelope.cursor, at: at(next), delivery };
        promised.asked.insert(number_of(&envelope.alert));
        ledger.acknowledge(vec![receipt], at(next)).ok()?;
        ledger.sync().ok()?;
        promised.acknowledged.insert(number_of(&envelope.alert));
    }
    ledger.handled(UpdateId(next), at(next)).ok()?;
    ledger.sync().ok()?;
    promised.handled = next;
    ledger.tend().ok()
}

fn number_of(alert: &Alert) -> u64 {
    let Alert::Broadcast { text } = alert else { panic!("{alert:?}") };
    text.strip_prefix("alert ").unwrap().parse().unwrap()
}

fn check(ledger: &mut Ledger<MemoryDisk>, promised: &Promised, when: &str) {
    for waiting in ledger.inbox() {
        assert_eq!(waiting, row(waiting.update.0), "{when}");
        assert!(waiting.update.0 > promised.handled, "{when}: it is handled again");
    }
    for update in 1..=promised.received {
        let taken = ledger.receive(&row(update)).unwrap();
        assert_eq!(taken, Some(Intake::Seen), "{when}: update {update} is lost");
    }
    let last = promised.queued.last().copied().unwrap_or(0);
    assert!(ledger.state().tailed() >= last, "{when}: the mark went back");
    let alerts = ledger.state().outbox().behind(Cursor::START, 10_000);
    let waiting: Vec<u64> = alerts.iter().map(|(it, _)| number_of(&it.alert)).collect();
    for number in promised.queued.difference(&promised.acknowledged) {
        let count = waiting.iter().filter(|it| *it == number).count();
        let is_in_doubt = promised.asked.contains(number);
        assert!(count == 1 || is_in_doubt && count == 0, "{when}: {number}: {waiting:?}");
    }
    let again = waiting.iter().find(|it| promised.acknowledged.contains(it));
    assert_eq!(again, None, "{when}: it is told again");
    for number in &promised.tickets_taken {
        let nonce = Nonce::from_bits((*number).into());
        let take = ledger.take_ticket(nonce, presser(*number), at(1)).unwrap();
        assert_eq!(take, Take::Unknown, "{when}: ticket {number} is taken twice");
    }
    for id in 1..=promised.granted {
        assert_eq!(ledger.name(UserId(id)), Some(format!("name {id}")), "{when}");
    }
    if promised.has_kept {
        let stranger = Presser { user: UserId(2), ..presser(KEPT) };
        let take = ledger.take_ticket(Nonce::from_bits(KEPT.into()), stranger, at(1)).unwrap();
        assert_eq!(take, Take::NotYours, "{when}: a button that nobody pressed is gone");
    }
}

fn open(disk: &MemoryDisk) -> Ledger<MemoryDisk> {
    Ledger::open(disk.clone(), &Rooms::below(Path::new("data"))).unwrap()
}

/// After so many changes to the disk the process is dead; then the machine keeps all, nothing, or
/// some of what was not synced.
#[test]
fn nothing_that_was_answered_is_lost_between_any_two_steps() {
    let mut deaths = 0;
    for kept in [Survives::Everything, Survives::Nothing, Survives::Some(0x9e37_79b9_7f4a_7c15)] {
        let mut disk = MemoryDisk::default();
        let mut promised = Promised::default();
        for steps in (0..120).rev() {
            let mut ledger = open(&disk);
            check(&mut ledger, &promised, &format!("{kept:?}, before {steps}"));
            // What happened though nobody was told goes on from there.
            promised.received +=
                u64::from(ledger.state().has_seen(UpdateId(promised.received + 1)));
            for update in promised.handled + 1..=promised.received {
                ledger.handled(UpdateId(update), at(update)).unwrap();
            }
            ledger.sync().unwrap();
            promised.handled = promised.received;
            disk.fail(Fault::StopsAfter(steps));
            while work(&mut ledger, &mut promised).is_some() {}
            deaths += 1;
            drop(ledger);
            disk = disk.crashed(kept);
        }
        assert!(promised.handled > 50, "{promised:?}");
    }
    assert_eq!(deaths, 360);
}

#[test]
fn a_long_time_leaves_a_short_journal() {
    let disk = MemoryDisk::default();
    let mut ledger = open(&disk);
    let mut promised = Promised::default();
    for _ in 0..1_500 {
        work(&mut ledger, &mut promised).unwrap();
    }
    ledger.close().unwrap();
    let segments = heikin::store::disk::Disk::list(&disk, Path::new("data/front/journal")).unwrap();
    let segments = segments.iter().filter(|name| name.ends_with(".segment")).count();
    assert!(segments <= 4, "{segments} segments");
    let keys = heikin::store::disk::Disk::list(&disk, Path::new("data/front/keys")).unwrap();
    let texts = keys.iter().filter(|name| name.starts_with("texts-")).count();
    assert!(texts <= 1, "{texts} keys: the old ones of messages are destroyed");
    let mut ledger = open(&disk);
    check(&mut ledger, &promised, "after a long time");
}
