//! How heikin gets its owner, and how people are forgotten.

use heikin_bot::backend::{
    Answer, Backend as _, ChatId, Command, Done, InboxRow, Intake, MessageId, Nonce, Outcome, Page,
    Presser, Query, Refusal, Role, Take, Ticket, UpdateId, UserId,
};
use heikin_core::time::Timestamp;

use crate::world::{NO_VERSION, OWNER, World, confirmed, grant, person, request, terminal};

#[test]
fn the_code_makes_one_owner_once() {
    let world = World::new();
    let mut product = world.start();
    let control = product.control.clone();
    world.run(&mut product, async {
        let first = control.claim_code().await.unwrap().unwrap();
        let code = control.claim_code().await.unwrap().unwrap();
        assert_ne!(first, code);
        assert!(control.is_claimable(&code).await.unwrap(), "it is printed at every connection");
        assert!(!control.is_claimable(&first).await.unwrap());
        let claim = async |id: &str, user: i64, code: &str| {
            let command = Command::Claim { code: code.to_owned() };
            control.command(request(id), person(UserId(user), "A"), command, None).await.unwrap()
        };
        let old = claim("old", 41, &first).await;
        assert!(matches!(old, Outcome::Refused(Refusal::Invalid { .. })), "{old:?}");
        let done = claim("new", 41, &format!(" {} ", code.to_lowercase())).await;
        assert_eq!(done, Outcome::Done(Done::Claimed));
        assert!(!control.is_claimable(&code).await.unwrap(), "nobody is to read it any more");
        let second = claim("late", 42, &code).await;
        assert!(matches!(second, Outcome::Refused(Refusal::Rule { .. })), "{second:?}");
        assert_eq!(control.claim_code().await.unwrap(), None, "there is an owner");
        let Answer::Member(member) =
            control.query(Query::Member { user: UserId(41) }).await.unwrap()
        else {
            panic!()
        };
        assert_eq!((member.role, member.is_claimed), (Role::Owner, true));
        // The last owner stays.
        let revoke = Command::Revoke { user: UserId(41) };
        let refused = confirmed(&control, "last", terminal(), revoke).await;
        assert!(matches!(refused, Outcome::Refused(Refusal::Rule { .. })), "{refused:?}");
        // What the configuration gives, the configuration takes.
        let revoke = Command::Revoke { user: OWNER };
        let refused = confirmed(&control, "configured", terminal(), revoke).await;
        assert!(matches!(refused, Outcome::Refused(Refusal::Rule { .. })), "{refused:?}");
    });
    world.stop(product);
    let folder = world.folder.path().join("data/front");
    assert_eq!(occurrences(&folder, b"CLAIM"), 0);
}

/// What somebody wrote is sealed under the key of the time, with what others write: it goes when they
/// are forgotten, and takes nothing of the others along.
#[test]
fn what_the_forgotten_wrote_can_be_read_by_nobody_as_soon_as_it_is_dealt_with() {
    let world = World::new();
    let mut product = world.start();
    let control = product.control.clone();
    let (user, other) = (UserId(51), UserId(52));
    let front = world.folder.path().join("data/front");
    let now = Timestamp::from_millis(crate::world::BEGIN);
    let row = |update, from: UserId| InboxRow {
        update: UpdateId(update),
        received_at: now,
        raw: format!(r#"{{"message":{{"from":{{"id":{from},"username":"canary"}}}}}}"#),
    };
    let presser = |user: UserId| Presser { user, chat: ChatId(user.0), message: MessageId(7) };
    let ticket = |user| Ticket {
        presser: presser(user),
        command: Command::Broadcast { text: "canary".to_owned() },
        version: NO_VERSION,
        expires_at: now + Ticket::LIFE,
    };
    let keys = || {
        let listed = std::fs::read_dir(front.join("keys")).unwrap();
        let names = listed.map(|it| it.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("texts-")).collect::<Vec<_>>()
    };
    world.run(&mut product, async {
        control.inbox(row(1, user)).await.unwrap();
        control.put_ticket(Nonce::from_bits(1), ticket(user)).await.unwrap();
        control.put_ticket(Nonce::from_bits(2), ticket(other)).await.unwrap();
        let before = keys();
        assert_eq!(before.len(), 1);
        // The press that asks for it is an update too.
        control.inbox(row(2, user)).await.unwrap();
        let gone = confirmed(&control, "d", person(user, "canary"), Command::DeleteMe).await;
        assert_eq!(gone, Outcome::Done(Done::Deleted));
        assert_eq!(keys(), before, "their message still waits");
        control.inbox(row(3, other)).await.unwrap();
        control.inbox_done(UpdateId(2)).await.unwrap();
        control.inbox_done(UpdateId(1)).await.unwrap();
        let after = keys();
        assert!(after.len() == 1 && after != before, "{before:?} {after:?}");
        let theirs = control.take_ticket(Nonce::from_bits(1), presser(user), now).await.unwrap();
        assert_eq!(theirs, Take::Unknown);
        let rest = control.inbox_pending(10).await.unwrap();
        assert_eq!(rest, [row(3, other)]);
    });
    drop(control);
    // Also where nobody took leave.
    world.kill(product);
    assert_eq!(occurrences(&front, b"canary"), 0);
    let mut product = world.start();
    let control = product.control.clone();
    world.run(&mut product, async {
        assert_eq!(control.inbox_pending(10).await.unwrap(), [row(3, other)]);
        let kept = control.take_ticket(Nonce::from_bits(2), presser(other), now).await.unwrap();
        assert_eq!(kept, Take::Taken(Box::new(ticket(other))), "others' buttons stay");
        assert_eq!(control.inbox(row(1, user)).await.unwrap(), Intake::Seen);
    });
    drop(control);
    world.stop(product);
}

#[test]
fn who_is_forgotten_leaves_no_name() {
    let world = World::new();
    let mut product = world.start();
    let control = product.control.clone();
    let user = UserId(51);
    let name = "Rumpelstilzchen";
    world.run(&mut product, async {
        grant(&control, user, Role::Viewer).await;
        let mute = Command::Mute {
            thread: "x".to_owned(),
            until: heikin_core::time::Timestamp::from_millis(i64::MAX / 2),
        };
        let muted = control.command(request("m"), person(user, name), mute, None).await.unwrap();
        assert!(matches!(muted, Outcome::Done(Done::Muted { .. })), "{muted:?}");
        let page = Page { skip: 0, take: 100 };
        let Answer::Users(users) = control.query(Query::Users { page }).await.unwrap() else {
            panic!()
        };
        assert!(users.items.iter().any(|line| line.name == name));
        let Answer::Audit(audit) = control.query(Query::Audit { page }).await.unwrap() else {
            panic!()
        };
        assert_eq!(audit.items[0].name, name);
    });
    drop(control);
    // A snapshot is taken at the end: the name is sealed in it as well.
    world.stop(product);
    let folder = world.folder.path().join("data/front");
    assert_eq!(occurrences(&folder, name.as_bytes()), 0, "the name is on the disk in clear");
    let mut product = world.start();
    let control = product.control.clone();
    world.run(&mut product, async {
        let page = Page { skip: 0, take: 100 };
        let Answer::Users(users) = control.query(Query::Users { page }).await.unwrap() else {
            panic!()
        };
        assert!(users.items.iter().any(|line| line.name == name), "it is known over a restart");
        let gone = confirmed(&control, "d", person(user, name), Command::DeleteMe).await;
        assert_eq!(gone, Outcome::Done(Done::Deleted));
        let Answer::Users(users) = control.query(Query::Users { page }).await.unwrap() else {
            panic!()
        };
        assert!(users.items.iter().all(|line| line.user != user));
        assert!(!folder.join(format!("keys/person-{user}.key")).exists());
    });
    drop(control);
    world.stop(product);
    assert_eq!(occurrences(&folder, name.as_bytes()), 0, "the name is still on the disk");
}

/// How many files below a folder hold these bytes.
fn occurrences(folder: &std::path::Path, bytes: &[u8]) -> usize {
    let mut found = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found += occurrences(&path, bytes);
        } else {
            let content = std::fs::read(&path).unwrap();
            found += usize::from(content.windows(bytes.len()).any(|part| part == bytes));
        }
    }
    found
}
