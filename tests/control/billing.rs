//! Access that people buy: from the bill to the receipt, on a stand-in of Razorpay.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use heikin::config::Http;
use heikin::control::{Control, machine_clock};
use heikin::http::metrics::Family;
use heikin::http::{Beat, Readiness, Server, Source};
use heikin::standin::razorpay::{Hands, Hook, Pay, RazorpayStandin, Settings};
use heikin_bot::backend::{
    Access, Alert, Answer, Backend as _, Command, Done, Member, Outcome, Page, Paise, Payer,
    PaymentPhase, Payments, Query, Range, Refusal, Role, SubscriptionAlert, SystemAlert, UserId,
};
use heikin_core::time::{Span, Timestamp};

use crate::world::{OWNER, Product, World, alerts, confirmed, person, request, terminal};

pub(crate) const ASHA: UserId = UserId(61);
pub(crate) const SECRET: &str = "a-secret-of-the-webhook";
/// ₹499, ₹9.98 for processing, ₹1.80 GST on that.
const PRICE: Paise = Paise(51_078);
pub(crate) const CYCLE: Span = Span::DAY.times(28);
const FIRST_LOOK: Span = Span::from_secs(61);
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A product that sells, and the provider.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) razorpay: RazorpayStandin,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let razorpay = RazorpayStandin::start(&Settings::default()).unwrap();
        let selling = format!(
            "[[plan]]\nid = \"monthly\"\nname = \"Monthly alerts\"\nserver = \"499\"\n\
             [subscription]\napi = \"{}\"\n",
            razorpay.api_url()
        );
        let keys = [
            ("RAZORPAY_KEY_ID", "rzp_test_Standin00000001"),
            ("RAZORPAY_KEY_SECRET", "a-secret-of-the-stand-in"),
            ("RAZORPAY_WEBHOOK_SECRET", SECRET),
        ];
        let world = World::configured(&selling, &keys);
        // The provider lives in our time.
        set_clock(&world, machine_clock()());
        Self { world, razorpay }
    }

    /// Opens the door, and has the provider send its events there.
    pub(crate) async fn open_door(&self, control: &Control) {
        let url = self.open_quiet_door(control).await;
        let hook = Some(Hook { url, secret: SECRET.into() });
        self.razorpay.act(Hands::Listen { hook }).unwrap();
    }

    /// Opens the door; the provider is not told where it is.
    pub(crate) async fn open_quiet_door(&self, control: &Control) -> String {
        let settings = Http {
            listen: "127.0.0.1:0".parse().unwrap(),
            hosts: Vec::new(),
            tokens: BTreeMap::new(),
        };
        let server = Server::bind(&settings, Arc::new(Nothing)).await.unwrap();
        let server = server.with_payments(control.payments().unwrap());
        let url = format!("http://{}/razorpay/webhook", server.local_addr().unwrap());
        tokio::task::spawn_local(server.run(std::future::pending()));
        url
    }

    /// Pays a link, as its page does.
    pub(crate) fn pay(&self, url: &str) {
        let link = self.link_of(url);
        self.razorpay.act(Hands::Pay(Pay { link, ..Pay::default() })).unwrap();
    }

    /// The id of the link that is paid at an address.
    pub(crate) fn link_of(&self, url: &str) -> String {
        let link = url.rsplit('/').next().unwrap().to_owned();
        let state = self.razorpay.state();
        let links = state["links"].as_array().unwrap();
        let is_it = |it: &&serde_json::Value| {
            it["short_url"] == url || it["id"].as_str() == Some(link.as_str())
        };
        links.iter().find(is_it).unwrap()["id"].as_str().unwrap().to_owned()
    }

    fn pass(&self, span: Span) {
        set_clock(&self.world, self.now() + span);
    }

    pub(crate) fn now(&self) -> Timestamp {
        let millis = self.world.clock.load(Ordering::Relaxed);
        Timestamp::from_millis(i64::try_from(millis).unwrap())
    }
}

fn set_clock(world: &World, now: Timestamp) {
    world.clock.store(u64::try_from(now.millis()).unwrap(), Ordering::Relaxed);
}

/// A server's source that has nothing to tell.
#[derive(Debug)]
pub(crate) struct Nothing;

impl Source for Nothing {
    fn health(&self) -> Vec<Beat> {
        Vec::new()
    }
    fn readiness(&self) -> Readiness {
        Readiness::Ready
    }
    fn status(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
    fn metrics(&self) -> Vec<Family> {
        Vec::new()
    }
}

pub(crate) async fn member(control: &Control) -> Member {
    match control.query(Query::Member { user: ASHA }).await.unwrap() {
        Answer::Member(member) => member,
        other => panic!("{other:?}"),
    }
}

async fn payments(control: &Control) -> Payments {
    let page = Page { skip: 0, take: 10 };
    match control.query(Query::Payments { user: ASHA, page }).await.unwrap() {
        Answer::Payments(payments) => payments,
        other => panic!("{other:?}"),
    }
}

/// Waits until access is as wanted.
pub(crate) async fn stands(control: &Control, wanted: impl Fn(Access) -> bool) -> Access {
    let waited = async {
        loop {
            let access = member(control).await.access;
            if wanted(access) {
                return access;
            }
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.expect("access is not as wanted")
}

/// Waits until somebody is told something.
pub(crate) async fn is_told(control: &Control, wanted: impl Fn(&SubscriptionAlert) -> bool) {
    let waited = async { while !told(control).await.iter().any(&wanted) {} };
    tokio::time::timeout(PATIENCE, waited).await.expect("nobody is told");
}

pub(crate) async fn told(control: &Control) -> Vec<SubscriptionAlert> {
    let mine = alerts(control).await.remove(&ASHA.0).unwrap_or_default();
    let is_mine = |alert| match alert {
        Alert::Subscription(alert) => Some(alert),
        _ => None,
    };
    mine.into_iter().filter_map(|envelope| is_mine(envelope.alert)).collect()
}

async fn subscribe(control: &Control, id: &str, payer: Payer) -> Outcome {
    let command = Command::Subscribe { plan: "monthly".to_owned(), payer };
    control.command(request(id), person(ASHA, "Asha"), command, None).await.unwrap()
}

pub(crate) async fn link(control: &Control) -> String {
    match subscribe(control, "subscribe", Payer::default()).await {
        Outcome::Done(Done::PaymentLink { url, bill, .. }) => {
            assert_eq!(bill.total, PRICE);
            url
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn verify(control: &Control, id: &str) -> Access {
    let asked = control.command(request(id), person(ASHA, "Asha"), Command::VerifyPayment, None);
    match asked.await.unwrap() {
        Outcome::Done(Done::Verified { access }) => access,
        other => panic!("{other:?}"),
    }
}

pub(crate) fn is_active(access: Access) -> bool {
    matches!(access, Access::Active { .. })
}

fn receipts(told: &[SubscriptionAlert]) -> usize {
    told.iter().filter(|alert| matches!(alert, SubscriptionAlert::Paid { .. })).count()
}

pub(crate) fn run(shop: &Shop, product: &mut Product, script: impl AsyncFnOnce(&Control)) {
    let control = product.control.clone();
    shop.world.run(product, script(&control));
}

#[test]
fn a_guest_pays_and_a_webhook_opens_access() {
    let shop = Shop::new();
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        shop.open_door(control).await;
        let guest = member(control).await;
        assert_eq!((guest.role, guest.billing), (Role::Guest, true));
        let Answer::Bill(bill) =
            control.query(Query::Bill { plan: "monthly".to_owned() }).await.unwrap()
        else {
            panic!()
        };
        assert_eq!((bill.total, bill.days, bill.lines.len()), (PRICE, 28, 3));
        let url = link(control).await;
        assert!(matches!(member(control).await.access, Access::Pending { .. }));
        assert_eq!(link(control).await, url, "a link that can be paid is used again");
        shop.pay(&url);
        let access = stands(control, is_active).await;
        assert_eq!(access, Access::Active { until: shop.now() + CYCLE });
        assert_eq!(member(control).await.role, Role::Subscriber);
        let told = told(control).await;
        let [SubscriptionAlert::Paid { bill, until, is_again, .. }] = &told[..] else {
            panic!("{told:?}")
        };
        assert_eq!((bill.total, *until, *is_again), (PRICE, shop.now() + CYCLE, false));
        let paid = payments(control).await;
        assert_eq!((paid.total, paid.items[0].phase), (1, PaymentPhase::Paid));
        let range = Range { from: None, to: None };
        let Answer::Revenue(revenue) = control.query(Query::Revenue { range }).await.unwrap()
        else {
            panic!()
        };
        assert_eq!((revenue.net, revenue.payments, revenue.active), (PRICE, 1, 1));
    });
    shop.world.stop(product);
}

#[test]
fn a_webhook_that_is_lost_is_made_up_for_within_fifteen_minutes() {
    let shop = Shop::new();
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        let url = link(control).await;
        shop.pay(&url);
        assert!(matches!(member(control).await.access, Access::Pending { .. }));
        shop.pass(FIRST_LOOK);
        let access = stands(control, is_active).await;
        assert_eq!(access, Access::Active { until: shop.now() + CYCLE });
        assert_eq!(receipts(&told(control).await), 1);
    });
    shop.world.stop(product);
}

#[test]
fn webhook_poll_and_ten_questions_are_one_extension() {
    let shop = Shop::new();
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        shop.open_door(control).await;
        let url = link(control).await;
        let until = shop.now() + CYCLE;
        shop.pay(&url);
        for number in 0..10 {
            let access = verify(control, &format!("verify-{number}")).await;
            assert_eq!(access, Access::Active { until });
        }
        shop.pass(FIRST_LOOK);
        let settled = |state: &serde_json::Value| {
            let events = state["hook"]["events"].as_array().unwrap();
            let has_come = |it: &serde_json::Value| {
                it["deliveries"].as_array().is_some_and(|notes| !notes.is_empty())
            };
            !events.is_empty() && events.iter().all(has_come)
        };
        assert!(shop.razorpay.state_when(PATIENCE, settled).await.is_some());
        assert_eq!(verify(control, "verify-last").await, Access::Active { until });
        assert_eq!(receipts(&told(control).await), 1);
        assert_eq!(payments(control).await.total, 1);
    });
    shop.world.stop(product);
}

#[test]
fn what_is_paid_while_heikin_is_dead_is_found_at_the_next_start() {
    let shop = Shop::new();
    let mut product = shop.world.start();
    let mut url = String::new();
    run(&shop, &mut product, async |control| url = link(control).await);
    shop.world.kill(product);
    shop.pay(&url);
    shop.pass(FIRST_LOOK);
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        stands(control, is_active).await;
        assert_eq!(receipts(&told(control).await), 1);
    });
    shop.world.stop(product);
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        assert_eq!(member(control).await.role, Role::Subscriber, "over a snapshot");
        assert_eq!(receipts(&told(control).await), 1);
    });
    shop.world.stop(product);
}

#[test]
fn who_does_not_renew_is_a_guest_after_the_grace() {
    let shop = Shop::new();
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        let url = link(control).await;
        shop.pay(&url);
        assert!(is_active(verify(control, "verify").await));
        let mute = || Command::Mute { thread: "x".to_owned(), until: shop.now() };
        let muted = control.command(request("m"), person(ASHA, "Asha"), mute(), None).await;
        assert!(matches!(muted.unwrap(), Outcome::Done(Done::Muted { .. })));
        shop.pass(CYCLE);
        assert!(matches!(member(control).await.access, Access::Grace { .. }));
        assert_eq!(member(control).await.role, Role::Subscriber);
        is_told(control, |it| matches!(it, SubscriptionAlert::Grace { .. })).await;
        shop.pass(Span::DAY);
        let lapsed = member(control).await;
        assert!(lapsed.has_lapsed() && lapsed.role == Role::Guest, "{lapsed:?}");
        is_told(control, |it| *it == SubscriptionAlert::Ended).await;
        let refused = control.command(request("m2"), person(ASHA, "Asha"), mute(), None).await;
        assert_eq!(refused.unwrap(), Outcome::Refused(Refusal::NotAllowed));
        let ended = told(control).await;
        let ended = ended.iter().filter(|it| **it == SubscriptionAlert::Ended);
        assert_eq!(ended.count(), 1);
    });
    shop.world.stop(product);
}

#[test]
fn an_operator_grants_and_takes_back_but_not_what_was_paid() {
    let shop = Shop::new();
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        let grant = Command::Grant { user: ASHA, role: Role::Subscriber, days: Some(7) };
        let until = shop.now() + Span::DAY.times(7);
        let granted = confirmed(control, "grant", terminal(), grant).await;
        let wanted = Done::Granted { user: ASHA, role: Role::Subscriber, until: Some(until) };
        assert_eq!(granted, Outcome::Done(wanted));
        let access = Access::Granted { until: Some(until) };
        assert_eq!(
            (member(control).await.role, member(control).await.access),
            (Role::Subscriber, access)
        );
        let first = told(control).await;
        assert_eq!(first, [SubscriptionAlert::Granted { until: Some(until) }]);
        let revoke = || Command::Revoke { user: ASHA };
        let revoked = confirmed(control, "revoke", person(OWNER, "O"), revoke()).await;
        assert_eq!(revoked, Outcome::Done(Done::Revoked { user: ASHA, keeps: None }));
        assert_eq!(member(control).await.role, Role::Guest);
        // What was not sent by then would be wrong by now.
        assert_eq!(told(control).await, [SubscriptionAlert::Revoked { keeps: None }]);
        let url = link(control).await;
        shop.pay(&url);
        assert!(is_active(verify(control, "verify").await));
        let refused = confirmed(control, "again", terminal(), revoke()).await;
        assert!(matches!(refused, Outcome::Refused(Refusal::Rule { .. })), "{refused:?}");
        assert_eq!(member(control).await.role, Role::Subscriber);
    });
    shop.world.stop(product);
}

#[test]
fn what_was_given_beside_what_was_paid_is_taken_back_and_the_paid_part_stays() {
    let shop = Shop::new();
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        let url = link(control).await;
        shop.pay(&url);
        let paid = verify(control, "verify").await;
        assert!(is_active(paid));
        for role in [Role::Subscriber, Role::Viewer] {
            let grant = Command::Grant { user: ASHA, role, days: None };
            let granted = confirmed(control, &format!("grant {role:?}"), terminal(), grant).await;
            assert!(matches!(granted, Outcome::Done(_)), "{granted:?}");
            let revoke = Command::Revoke { user: ASHA };
            let id = format!("revoke {role:?}");
            let asked = control.command(request(&id), terminal(), revoke.clone(), None).await;
            let Ok(Outcome::Confirm(recap)) = asked else { panic!("{asked:?}") };
            assert!(recap.consequences[0].contains("paid for stays"), "{recap:?}");
            let revoked = confirmed(control, &id, terminal(), revoke).await;
            let keeps = Some(paid);
            assert_eq!(revoked, Outcome::Done(Done::Revoked { user: ASHA, keeps }), "{role:?}");
            let now = member(control).await;
            assert_eq!((now.role, now.access), (Role::Subscriber, paid));
            let of_owner = alerts(control).await.remove(&OWNER.0).unwrap_or_default();
            let last = of_owner.last().map(|envelope| envelope.alert.clone());
            let Some(Alert::System(SystemAlert::RoleChanged { role: said, .. })) = last else {
                panic!("{last:?}")
            };
            assert_eq!(said, Role::Subscriber, "{role:?}");
            if role == Role::Subscriber {
                assert_eq!(told(control).await, [SubscriptionAlert::Revoked { keeps }]);
            }
        }
        let nothing = Command::Revoke { user: ASHA };
        let refused = confirmed(control, "nothing", terminal(), nothing).await;
        assert!(matches!(refused, Outcome::Refused(Refusal::Rule { .. })), "{refused:?}");
    });
    shop.world.stop(product);
}

#[test]
fn a_clock_that_was_set_back_is_no_riddle_to_who_wants_to_pay() {
    let shop = Shop::new();
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        link(control).await;
        let back = Timestamp::from_millis(shop.now().millis() - Span::DAY.millis());
        set_clock(&shop.world, back);
        let refused = subscribe(control, "back", Payer::default()).await;
        let Outcome::Refused(Refusal::Rule { reason }) = refused else { panic!("{refused:?}") };
        assert!(reason.starts_with("heikin's clock is wrong"), "{reason}");
        assert!(!reason.contains(" ms") && !reason.contains("NTP"), "{reason}");
    });
    shop.world.stop(product);
}

#[test]
fn a_link_is_withdrawn_and_wrong_fields_are_refused() {
    let shop = Shop::new();
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        let email = Some("no address".to_owned());
        let refused = subscribe(control, "bad", Payer { email, ..Payer::default() }).await;
        assert!(matches!(refused, Outcome::Refused(Refusal::Invalid { .. })), "{refused:?}");
        let end = async |id: &str| {
            let command = Command::CancelPayment;
            control.command(request(id), person(ASHA, "Asha"), command, None).await.unwrap()
        };
        let none = end("none").await;
        assert!(matches!(none, Outcome::Refused(Refusal::AlreadySo { .. })), "{none:?}");
        link(control).await;
        assert_eq!(end("end").await, Outcome::Done(Done::PaymentCanceled));
        assert_eq!(member(control).await.access, Access::None);
        assert_eq!(payments(control).await.items[0].phase, PaymentPhase::Canceled);
    });
    shop.world.stop(product);
}

#[test]
fn where_nothing_is_sold_nothing_of_it_shows() {
    let world = World::new();
    let mut product = world.start();
    let control = product.control.clone();
    world.run(&mut product, async {
        assert!(control.payments().is_none(), "there is no door");
        assert!(!member(&control).await.billing);
        let Answer::Plans(plans) = control.query(Query::Plans).await.unwrap() else { panic!() };
        assert!(plans.plans.is_empty());
        let refused = subscribe(&control, "s", Payer::default()).await;
        assert_eq!(refused, Outcome::Refused(Refusal::BillingOff));
    });
    drop(control);
    world.stop(product);
}

#[test]
fn of_who_is_deleted_nothing_is_left_that_anybody_can_read() {
    let shop = Shop::new();
    let mut product = shop.world.start();
    let front = shop.world.folder.path().join("data/front");
    let key = front.join("keys/person-61.key");
    run(&shop, &mut product, async |control| {
        shop.open_door(control).await;
        let payer = Payer {
            name: Some("Canary Devi".to_owned()),
            email: Some("canary@example.com".to_owned()),
            phone: Some("+919876512345".to_owned()),
        };
        let made = subscribe(control, "subscribe", payer).await;
        let Outcome::Done(Done::PaymentLink { url, .. }) = made else { panic!("{made:?}") };
        let sent = shop.razorpay.state()["links"].to_string();
        assert!(sent.contains("canary@example.com"), "it goes to the provider: {sent}");
        shop.pay(&url);
        stands(control, is_active).await;
        assert!(key.exists());
        for secret in ["anary", "98765"] {
            let folder = shop.world.folder.path();
            assert_eq!(holding(folder, secret.as_bytes()), Vec::<String>::new(), "it is sealed");
        }
        let gone = confirmed(control, "delete", person(ASHA, "Canary Devi"), Command::DeleteMe);
        assert_eq!(gone.await, Outcome::Done(Done::Deleted));
        assert!(!key.exists(), "the key is destroyed");
        assert_eq!(member(control).await.role, Role::Subscriber, "what was paid for stays");
    });
    shop.world.stop(product);
    store(&shop, &["backup", "backup"]);
    for secret in ["anary", "98765"] {
        assert_eq!(holding(shop.world.folder.path(), secret.as_bytes()), Vec::<String>::new());
    }
}

#[test]
fn a_backup_has_what_was_paid_and_no_names_and_can_be_put_back() {
    let shop = Shop::new();
    let folder = shop.world.folder.path();
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        let name = Some("Canary Devi".to_owned());
        let payer = Payer { name, ..Payer::default() };
        let command = Command::Subscribe { plan: "monthly".to_owned(), payer };
        let asked = control.command(request("s"), person(ASHA, "Canary"), command, None);
        let Outcome::Done(Done::PaymentLink { url, .. }) = asked.await.unwrap() else { panic!() };
        shop.pay(&url);
        let asked =
            control.command(request("v"), person(ASHA, "Canary"), Command::VerifyPayment, None);
        asked.await.unwrap();
    });
    shop.world.stop(product);
    let mut product = shop.world.start();
    // While it runs.
    run(&shop, &mut product, async |_| store(&shop, &["backup", "backup"]));
    assert!(holding(&folder.join("backup/front/journal"), b"requested").len() == 1);
    assert!(!folder.join("backup/front/keys").exists(), "without the keys");
    assert_eq!(holding(&folder.join("data"), b"anary"), Vec::<String>::new(), "it is sealed");
    assert_eq!(holding(&folder.join("backup"), b"anary"), Vec::<String>::new());
    run(&shop, &mut product, async |control| {
        let gone = confirmed(control, "delete", person(ASHA, "Canary"), Command::DeleteMe).await;
        assert_eq!(gone, Outcome::Done(Done::Deleted));
    });
    shop.world.stop(product);

    let refused = heikin(&shop, &["restore", "backup"]);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    store(&shop, &["restore", "backup", "--replace"]);
    assert_eq!(holding(folder, b"anary"), Vec::<String>::new(), "the quarantine has none either");
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        assert!(is_active(member(control).await.access));
        assert_eq!(payments(control).await.total, 1);
        assert!(is_active(verify(control, "again").await));
        assert_eq!(receipts(&told(control).await), 1);
    });
    shop.world.stop(product);
}

fn heikin(shop: &Shop, arguments: &[&str]) -> std::process::Output {
    let mut heikin = std::process::Command::new(env!("CARGO_BIN_EXE_heikin"));
    heikin.arg("store").args(arguments).current_dir(shop.world.folder.path()).output().unwrap()
}

fn store(shop: &Shop, arguments: &[&str]) {
    let output = heikin(shop, arguments);
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

/// The files below a folder that hold these bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, bytes));
        } else if std::fs::read(&path).unwrap().windows(bytes.len()).any(|part| part == bytes) {
            found.push(path.display().to_string());
        }
    }
    found
}
