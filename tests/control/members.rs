//! How heikin gets its owner, and how people are forgotten.

use heikin_bot::backend::{
    Answer, Backend as _, Command, Done, Outcome, Page, Query, Refusal, Role, UserId,
};

use crate::world::{OWNER, World, confirmed, grant, person, request, terminal};

#[test]
fn the_code_makes_one_owner_once() {
    let world = World::new();
    let mut product = world.start();
    let control = product.control.clone();
    world.run(&mut product, async {
        let first = control.claim_code().await.unwrap().unwrap();
        let code = control.claim_code().await.unwrap().unwrap();
        assert_ne!(first, code);
        let claim = async |id: &str, user: i64, code: &str| {
            let command = Command::Claim { code: code.to_owned() };
            control.command(request(id), person(UserId(user), "A"), command, None).await.unwrap()
        };
        let old = claim("old", 41, &first).await;
        assert!(matches!(old, Outcome::Refused(Refusal::Invalid { .. })), "{old:?}");
        let done = claim("new", 41, &format!(" {} ", code.to_lowercase())).await;
        assert_eq!(done, Outcome::Done(Done::Claimed));
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
        let gone = confirmed(&control, "d", person(user, name), Command::DeleteMe).await;
        assert_eq!(gone, Outcome::Done(Done::Deleted));
        let Answer::Users(users) = control.query(Query::Users { page }).await.unwrap() else {
            panic!()
        };
        assert!(users.items.iter().all(|line| line.user != user));
    });
    drop(control);
    world.stop(product);
    let folder = world.folder.path().join("data/front");
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
