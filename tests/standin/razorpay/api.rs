//! Links, payments and refunds, and what is refused.

use heikin::standin::razorpay::{Hook, RazorpayStandin, Settings};
use heikin::standin::{ClockRequest, StartError};
use serde_json::{Value, json};

use super::{KEY_ID, Merchant};
use crate::client::{client, json as request, send};

/// Seconds on the stand-in's clock.
fn now(merchant: &Merchant) -> i64 {
    merchant.standin.state()["now"].as_i64().unwrap() / 1_000
}

fn wait(merchant: &Merchant, seconds: u32) {
    let request = ClockRequest { advance_seconds: Some(seconds), ..Default::default() };
    merchant.standin.set_clock(request).unwrap();
}

#[tokio::test]
async fn a_link_is_found_by_its_id_and_its_reference() {
    let merchant = Merchant::new();
    let id = merchant.link("sub-1").await;
    merchant.link("sub-2").await;
    let link = merchant.get(&format!("payment_links/{id}")).await;
    assert_eq!((&link["status"], &link["payments"]), (&json!("created"), &Value::Null));
    let found = merchant.get("payment_links?reference_id=sub-1").await;
    assert_eq!(found, json!({ "payment_links": [link] }));
    assert_eq!(merchant.get("payment_links").await["payment_links"][0]["reference_id"], "sub-2");
    let none = merchant.get("payment_links?reference_id=sub-3").await;
    assert_eq!(none, json!({ "payment_links": [] }));
    let told = merchant.ask("POST", &format!("payment_links/{id}/notify_by/sms"), &json!({})).await;
    assert_eq!(told, json!({ "success": true }));
}

#[tokio::test]
async fn what_cannot_be_made_is_refused() {
    let merchant = Merchant::new();
    merchant.link("taken").await;
    let now = now(&merchant);
    for (link, expected) in [
        (json!({}), "The amount field is required."),
        (json!({ "amount": "499.00" }), "The amount must be an integer."),
        (json!({ "amount": 99 }), "The amount must be atleast INR 1.00"),
        (json!({ "amount": 100, "currency": "rupees" }), "Currency is not supported"),
        (
            json!({ "amount": 100, "reference_id": "taken" }),
            "payment link creation with reference ID already attempted",
        ),
        (
            json!({ "amount": 100, "reference_id": "x".repeat(41) }),
            "reference_id: the length must be no more than 40.",
        ),
        (
            json!({ "amount": 100, "expire_by": now + 899 }),
            "expire_by: timestamp must be atleast 15 minutes in future",
        ),
        (
            json!({ "amount": 100, "expire_by": now + 200 * 86_400 }),
            "expire_by: timestamp must be within 6 months",
        ),
        (json!({ "amount": 100, "callback_url": "example.com" }), "The callback_url is invalid"),
        (
            json!({ "amount": 100, "callback_url": "http://127.0.0.1/" }),
            "callback_method: must be get where callback_url is given",
        ),
        (
            json!({ "amount": 100, "notes": { "a": "x".repeat(256) } }),
            "value: the length must not be greater than 255.",
        ),
        (
            json!({ "amount": 100, "upi_link": true }),
            "UPI Payment Links is not supported in Test Mode",
        ),
    ] {
        assert_eq!(merchant.refusal("POST", "payment_links", &link).await, expected, "{link}");
    }
    let soonest = json!({ "amount": 100, "expire_by": now + 900 });
    merchant.ask("POST", "payment_links", &soonest).await;
    let unreadable = merchant.refusal("POST", "payment_links", &json!([1])).await;
    assert!(unreadable.starts_with("The request body is invalid"), "{unreadable}");
    let nowhere = merchant.refusal("POST", "subscriptions", &json!({})).await;
    assert_eq!(nowhere, "The requested URL was not found on the server.");
}

#[tokio::test]
async fn only_an_open_link_is_cancelled() {
    let merchant = Merchant::new();
    let cancel = |id: &str| format!("payment_links/{id}/cancel");
    let open = merchant.link("open").await;
    let link = merchant.ask("POST", &cancel(&open), &json!({})).await;
    assert_eq!(link["status"], "cancelled");
    assert_eq!(link["cancelled_at"], now(&merchant));
    let again = merchant.refusal("POST", &cancel(&open), &json!({})).await;
    assert_eq!(again, "cannot cancel or expire an expired link");
    let paid = merchant.link("paid").await;
    merchant.paid(&paid);
    let refusal = merchant.refusal("POST", &cancel(&paid), &json!({})).await;
    assert_eq!(refusal, "cannot cancel or expire an already paid/partially paid link");
    let nothing = merchant.refusal("POST", &cancel("plink_none"), &json!({})).await;
    assert_eq!(nothing, "The id provided does not exist");
}

#[tokio::test]
async fn a_link_expires_by_the_clock_and_a_late_payment_still_counts() {
    let merchant = Merchant::new();
    let link = json!({ "amount": 10_000, "expire_by": now(&merchant) + 900 });
    let id = merchant.ask("POST", "payment_links", &link).await["id"].as_str().unwrap().to_owned();
    let late = json!({ "do": "pay", "link": id, "outcome": { "late": { "seconds": 1_000 } } });
    let payment = merchant.order("do", &late).await["payment"].as_str().unwrap().to_owned();
    assert_eq!(merchant.get(&format!("payments/{payment}")).await["status"], "failed");
    wait(&merchant, 899);
    let at = format!("payment_links/{id}");
    assert_eq!(merchant.get(&at).await["status"], "created");
    wait(&merchant, 1);
    let expired = merchant.get(&at).await;
    assert_eq!((&expired["status"], &expired["amount_paid"]), (&json!("expired"), &json!(0)));
    wait(&merchant, 100);
    assert_eq!(merchant.get(&format!("payments/{payment}")).await["status"], "captured");
    assert_eq!(merchant.get(&at).await["status"], "paid");
}

#[tokio::test]
async fn money_goes_back_once_and_never_more_than_came() {
    let merchant = Merchant::new();
    let link = merchant.link("back").await;
    let payment = merchant.paid(&link);
    let path = format!("payments/{payment}/refund");
    let url = format!("{}/v1/{path}", merchant.standin.api_url());
    let with_key = |body: &Value| {
        let request = request(reqwest::Method::POST, &url, body);
        let request = request.basic_auth(KEY_ID, Some(super::KEY_SECRET));
        send(request.header("x-refund-idempotency", "refund-0001"))
    };
    let part = json!({ "amount": 9_900 });
    let first = with_key(&part).await.unwrap().json();
    assert_eq!((&first["amount"], &first["status"]), (&json!(9_900), &json!("processed")));
    assert_eq!(with_key(&part).await.unwrap().json(), first);
    assert_eq!(with_key(&json!({ "amount": 9_901 })).await.unwrap().status, 400);
    let shown = merchant.get(&format!("payments/{payment}")).await;
    assert_eq!(
        (&shown["amount_refunded"], &shown["refund_status"]),
        (&json!(9_900), &json!("partial"))
    );
    let much = merchant.refusal("POST", &path, &json!({ "amount": 40_001 })).await;
    assert_eq!(much, "The total refund amount is greater than the refund payment amount");
    merchant.ask("POST", &path, &json!({})).await;
    assert_eq!(merchant.get(&format!("payments/{payment}")).await["status"], "refunded");
    let more = merchant.refusal("POST", &path, &json!({})).await;
    assert_eq!(more, "The payment has been fully refunded already");
    assert_eq!(merchant.get(&format!("{path}s")).await["count"], 2);
    let id = first["id"].as_str().unwrap();
    assert_eq!(merchant.get(&format!("refunds/{id}")).await, first);
}

#[tokio::test]
async fn only_the_key_opens() {
    let merchant = Merchant::new();
    let url = format!("{}/v1/payment_links", merchant.standin.api_url());
    let nobody = send(client().get(&url)).await.unwrap();
    let wrong = send(client().get(&url).basic_auth(KEY_ID, Some("wrong"))).await.unwrap();
    for answer in [nobody, wrong] {
        assert_eq!(answer.status, 401);
        assert_eq!(answer.json()["error"]["description"], "The api key provided is invalid");
    }
}

#[tokio::test]
async fn what_goes_wrong_goes_wrong_as_told() {
    let merchant = Merchant::new();
    merchant
        .order(
            "faults",
            &json!([
                { "kind": "lost_after", "operation": "create" },
                { "kind": "error_before", "operation": "find", "status": 502 },
                { "kind": "html_after", "operation": "find" },
            ]),
        )
        .await;
    let link = json!({ "amount": 100, "reference_id": "lost" });
    assert!(merchant.try_ask("POST", "payment_links", &link).await.is_none());
    let path = "payment_links?reference_id=lost";
    let error = merchant.try_ask("GET", path, &json!({})).await.unwrap();
    assert_eq!((error.status, &error.json()["error"]["code"]), (502, &json!("GATEWAY_ERROR")));
    let page = merchant.try_ask("GET", path, &json!({})).await.unwrap();
    assert!(page.text.starts_with("<html>"), "{}", page.text);
    assert_eq!(merchant.get(path).await["payment_links"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_link_may_lag_behind_its_payment() {
    let merchant = Merchant::new();
    merchant.order("faults", &json!({ "kind": "link_lag", "seconds": 60 })).await;
    let id = merchant.link("slow").await;
    let payment = merchant.paid(&id);
    let at = format!("payment_links/{id}");
    assert_eq!(merchant.get(&format!("payments/{payment}")).await["status"], "captured");
    assert_eq!(merchant.get(&at).await["status"], "created");
    wait(&merchant, 60);
    assert_eq!(merchant.get(&at).await["status"], "paid");
}

#[test]
fn events_go_to_this_machine_alone() {
    for url in ["https://example.com/hook", "http://10.0.0.1/", "nonsense", "https://127.0.0.1/"] {
        let hook = Some(Hook { url: url.to_owned(), secret: "s".into() });
        let refused =
            RazorpayStandin::start(&Settings { hook, ..Settings::default() }).unwrap_err();
        assert!(matches!(refused, StartError::Setting(_)), "{url}: {refused}");
    }
    let elsewhere = Settings { listen: ([192, 0, 2, 1], 0).into(), ..Settings::default() };
    let refused = RazorpayStandin::start(&elsewhere).unwrap_err();
    assert!(matches!(refused, StartError::NotLoopback(_)), "{refused}");
}
