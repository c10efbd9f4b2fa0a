//! Somebody pays: the chat, the bill, Razorpay's page, the webhook, the receipt; and the process dies
//! at every step of it.

use std::path::{Path, PathBuf};

use heikin::standin::razorpay::{Hands, Hook, RazorpayStandin, Settings};

use crate::market::Market;
use crate::phone::{Phone, RAVI, Read};
use crate::product::{Product, TOKEN};

const SECRET: &str = "a-secret-of-the-webhook";
/// ₹499, ₹9.98 for processing, ₹1.80 GST on that.
const PRICE: &str = "₹510.78";
const RECEIPT: &str = "Paid, thank you: ₹510.78";

/// A heikin that sells, its owner, and somebody who buys.
struct Shop {
    folder: tempfile::TempDir,
    _market: Market,
    razorpay: RazorpayStandin,
    asha: Phone,
    ravi: Phone,
}

impl Shop {
    fn open() -> Self {
        let (market, asha) = (Market::open(), Phone::new());
        let razorpay = RazorpayStandin::start(&Settings::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let selling = format!(
            "[[plan]]\nid = \"monthly\"\nname = \"Monthly alerts\"\nserver = \"499\"\n\
             [subscription]\napi = \"{}\"\n{}",
            razorpay.api_url(),
            asha.on_telegram()
        );
        market.configure(folder.path(), "paper", &selling);
        let ravi = asha.of(RAVI);
        Self { folder, _market: market, razorpay, asha, ravi }
    }

    fn start(&self) -> Product {
        self.start_with(&[])
    }

    fn start_with(&self, more: &[(&str, &str)]) -> Product {
        let (token, usual) = (Phone::token(), Settings::default());
        let key_secret = "a-secret-of-the-stand-in";
        let mut variables = vec![
            (TOKEN, token.as_str()),
            ("RAZORPAY_KEY_ID", usual.key_id.as_str()),
            ("RAZORPAY_KEY_SECRET", key_secret),
            ("RAZORPAY_WEBHOOK_SECRET", SECRET),
        ];
        variables.extend(more);
        Product::start(self.folder.path(), &variables)
    }

    /// Razorpay sends its events to a process from now on.
    fn knocks_at(&self, product: &Product) {
        let url = format!("http://{}/razorpay/webhook", product.address);
        let hook = Some(Hook { url, secret: SECRET.into() });
        self.razorpay.act(Hands::Listen { hook }).unwrap();
    }

    /// Ravi has gone through the form: the bill.
    async fn bill(&mut self) -> Read {
        self.ravi.write("/subscribe monthly");
        self.ravi.reads("Which name").await;
        self.ravi.write("Ravi Kumar");
        self.ravi.reads("To which email").await;
        self.ravi.write("ravi@example.com");
        self.ravi.reads("Which phone number").await;
        self.ravi.write("/skip");
        self.ravi.reads("Pay opens Razorpay's page").await
    }

    /// Ravi presses the button under the bill: the link.
    async fn link(&self, bill: &Read) -> String {
        let told = self.ravi.presses(bill, "Pay ₹", "Access begins by itself").await;
        told.address("Pay ₹").to_owned()
    }

    /// How many of something Razorpay knows.
    fn count(&self, what: &str) -> usize {
        self.razorpay.state()[what].as_array().unwrap().len()
    }
}

/// Opens a link's page in a browser, and presses its button.
async fn pay(url: &str) {
    let browser = reqwest::Client::builder().no_proxy().build().unwrap();
    let page = browser.get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains(PRICE) && page.contains("Ravi Kumar"), "{page}");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let pressed = browser.post(url).header(form.0, form.1).body("choice=pay&method=upi");
    let page = pressed.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<b>Paid</b>"), "{page}");
}

#[tokio::test]
async fn a_guest_pays_and_has_access_and_a_receipt() {
    let mut shop = Shop::open();
    let product = shop.start();
    let code = product.claim_code();
    shop.asha.write(&format!("/start {code}"));
    shop.asha.reads("You are the owner.").await;
    shop.knocks_at(&product);

    shop.ravi.write("/status");
    shop.ravi.reads("That is for subscribers").await;
    let bill = shop.bill().await;
    assert!(bill.text.contains("9.98") && bill.text.contains("1.80"), "{}", bill.text);
    let url = shop.link(&bill).await;
    pay(&url).await;
    let receipt = shop.ravi.reads(RECEIPT).await;
    assert!(receipt.text.contains("Access till"), "{}", receipt.text);
    for _ in 0..10 {
        shop.ravi.write("/verify");
        shop.ravi.reads("active ·").await;
    }
    shop.ravi.write("/payments");
    let payments = shop.ravi.reads("Payments").await;
    assert_eq!(payments.text.matches(PRICE).count(), 1, "{}", payments.text);
    shop.ravi.write("/status");
    shop.ravi.reads("heikin · paper").await;
    assert_eq!((shop.ravi.count(RECEIPT), shop.count("payments")), (1, 1));

    shop.asha.write("/revenue all");
    let revenue = shop.asha.reads("Revenue ₹510.78").await;
    assert!(revenue.text.contains("with access, paid"), "{}", revenue.text);
    shop.asha.write("/users");
    let users = shop.asha.reads("People · 2").await;
    assert!(users.text.contains("Ravi") && users.text.contains("subscriber"), "{}", users.text);
    product.stop();
}

/// Nothing takes leave here: each death is a SIGKILL.
#[tokio::test]
async fn killed_after_every_step_it_gives_what_was_paid_for_and_once() {
    let mut shop = Shop::open();
    let product = shop.start();
    shop.bill().await;
    drop(product);

    // A form that was half filled in is begun anew: nothing was asked of anybody.
    let product = shop.start();
    let bill = shop.bill().await;
    let url = shop.link(&bill).await;
    drop(product);

    let product = shop.start();
    shop.ravi.write("/subscription");
    let standing = shop.ravi.reads("waiting for payment").await;
    assert_eq!(standing.address("Pay ₹"), url, "the link that can be paid is kept");
    drop(product);
    pay(&url).await;

    let product = shop.start();
    shop.ravi.write("/verify");
    shop.ravi.reads(RECEIPT).await;
    drop(product);

    let product = shop.start();
    shop.knocks_at(&product);
    let events = shop.razorpay.state()["hook"]["events"].as_array().cloned().unwrap_or_default();
    for event in &events {
        let event = event["id"].as_str().unwrap().to_owned();
        shop.razorpay.act(Hands::Replay { event }).unwrap();
    }
    shop.ravi.write("/subscription");
    shop.ravi.reads("active ·").await;
    shop.ravi.write("/payments");
    let payments = shop.ravi.reads("Payments").await;
    assert_eq!(payments.text.matches(PRICE).count(), 1, "{}", payments.text);
    // A receipt whose sending was cut off comes again, and says so.
    let again = shop.ravi.count("Perhaps a repeat");
    assert_eq!((shop.ravi.count(RECEIPT), shop.count("payments")), (1 + again, 1));

    shop.ravi.write("/delete_me");
    let recap = shop.ravi.reads("Delete what is known of you?").await;
    shop.ravi.presses(&recap, "Delete", "Nothing personal of you is left here").await;
    product.stop();
    for canary in ["Ravi Kumar", "ravi@example.com"] {
        let holding = holding(shop.folder.path(), canary.as_bytes());
        assert_eq!(holding, Vec::<PathBuf>::new(), "{canary} in journal, view, snapshots or logs");
    }
}

/// The files below a folder that hold these bytes.
fn holding(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let holds = |path: PathBuf| {
        if path.is_dir() {
            return holding(&path, bytes);
        }
        let is_held = std::fs::read(&path).unwrap().windows(bytes.len()).any(|it| it == bytes);
        if is_held { vec![path] } else { Vec::new() }
    };
    entries.flat_map(holds).collect()
}

/// Between what is asked, answered, recorded and told, at the named places.
#[cfg(feature = "crash-points")]
#[tokio::test]
async fn killed_between_any_two_steps_of_the_till_it_gives_what_was_paid_for_and_once() {
    use heikin::runtime::crash_point::CrashPoint;

    for point in CrashPoint::SELLING {
        for nth in [1, 2] {
            let mut shop = Shop::open();
            let place = format!("{}:{nth}", point.name());
            let mut product = shop.start_with(&[("HEIKIN_CRASH_AT", &place)]);
            shop.knocks_at(&product);
            let bill = shop.bill().await;
            shop.ravi.touches(&bill, "Pay ₹");
            let mut deaths = 0;
            let url = tokio::select! {
                told = shop.ravi.shows("Access begins by itself") => told.address("Pay ₹").to_owned(),
                () = product.death() => {
                    deaths += 1;
                    product = shop.start();
                    shop.knocks_at(&product);
                    // The same purchase: nothing is asked for twice.
                    let bill = shop.bill().await;
                    shop.link(&bill).await
                }
            };
            pay(&url).await;
            let is_dead = tokio::select! {
                _ = shop.ravi.reads(RECEIPT) => false,
                () = product.death() => true,
            };
            if is_dead {
                deaths += 1;
                product = shop.start();
                shop.ravi.write("/verify");
                shop.ravi.reads(RECEIPT).await;
            }
            let again = shop.ravi.count("Perhaps a repeat");
            let (receipts, links) = (shop.ravi.count(RECEIPT), shop.count("links"));
            assert_eq!((receipts, links, shop.count("payments")), (1 + again, 1, 1), "{place}");
            assert!(nth > 1 || deaths == 1, "{place} was never passed");
            drop(product);
        }
    }
}
