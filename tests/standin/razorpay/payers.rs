//! The page of a link, and where a payer is sent.

use serde_json::{Value, json};

use super::{KEY_SECRET, Merchant};
use crate::client::{client, get, hmac};

/// A link with a way back, or one that takes parts; its id and its address.
async fn link(merchant: &Merchant, more: &Value) -> (String, String) {
    let mut link = json!({
        "amount": 1_234_500, "reference_id": "sub-42", "description": "Gold <plan>",
        "notes": { "GST 18 %": "₹1,883.14" },
    });
    link.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let link = merchant.ask("POST", "payment_links", &link).await;
    (link["id"].as_str().unwrap().to_owned(), link["short_url"].as_str().unwrap().to_owned())
}

fn with_way_back() -> Value {
    json!({ "callback_url": "http://127.0.0.1:9/razorpay/callback?a=b", "callback_method": "get" })
}

fn in_parts() -> Value {
    json!({ "accept_partial": true })
}

async fn press(url: &str, choice: &str) -> String {
    let form = client().post(url).header("content-type", "application/x-www-form-urlencoded");
    let answer = form.body(format!("method=upi&choice={choice}")).send().await.unwrap();
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_page_shows_the_bill_and_nothing_in_it_is_markup() {
    let merchant = Merchant::new();
    let (_, url) = link(&merchant, &with_way_back()).await;
    let page = get(&url).await.text;
    for expected in ["₹12,345.00", "Gold &lt;plan&gt;", "sub-42", "GST 18 %", "₹1,883.14"] {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    assert!(!page.contains("Pay half"), "{page}");
    let list = get(&merchant.standin.page()).await.text;
    assert!(list.contains("Gold &lt;plan&gt;") && list.contains("created"), "{list}");
}

#[tokio::test]
async fn whoever_has_paid_is_sent_back_with_a_signature() {
    let merchant = Merchant::new();
    let (id, url) = link(&merchant, &with_way_back()).await;
    let place = press(&url, "pay").await;
    let query = place.strip_prefix("http://127.0.0.1:9/razorpay/callback?a=b&").unwrap();
    let of = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).unwrap().1.to_owned()
    };
    assert_eq!(of("razorpay_payment_link_id"), id);
    assert_eq!(of("razorpay_payment_link_status"), "paid");
    let payment = of("razorpay_payment_id");
    let expected = hmac(KEY_SECRET, &format!("{id}|sub-42|paid|{payment}"));
    assert_eq!(of("razorpay_signature"), expected);
    assert!(get(&url).await.text.contains("Thank you"));
    // A link that is paid takes nothing more.
    assert!(press(&url, "pay").await.starts_with("/i/"));
    assert_eq!(merchant.standin.state()["payments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_bank_may_say_no_and_a_part_may_be_paid() {
    let merchant = Merchant::new();
    let (id, url) = link(&merchant, &in_parts()).await;
    assert!(press(&url, "fail").await.ends_with("?failed=false"));
    assert!(press(&url, "late").await.ends_with("?failed=true"));
    let at = format!("payment_links/{id}");
    assert_eq!(merchant.get(&at).await["amount_paid"], 0);
    press(&url, "part").await;
    let link = merchant.get(&at).await;
    assert_eq!(
        (&link["status"], &link["amount_paid"]),
        (&json!("partially_paid"), &json!(617_250))
    );
    assert!(get(&url).await.text.contains("Pay ₹6,172.50"));
    press(&url, "pay").await;
    assert_eq!(merchant.get(&at).await["status"], "paid");
}

#[tokio::test]
async fn somebody_may_pay_twice() {
    let merchant = Merchant::new();
    let (id, url) = link(&merchant, &in_parts()).await;
    press(&url, "twice").await;
    let link = merchant.get(&format!("payment_links/{id}")).await;
    assert_eq!(link["payments"].as_array().unwrap().len(), 2);
    assert_eq!((&link["status"], &link["amount_paid"]), (&json!("paid"), &json!(2_469_000)));
}
