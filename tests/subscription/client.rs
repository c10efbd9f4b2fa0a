//! The client, against a server with Razorpay's wire whose answers a test chooses.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use heikin::subscription::contact::Contact;
use heikin::subscription::desk::{Answer, Effect, Look};
use heikin::subscription::event::{Cause, Purchase};
use heikin::subscription::provider::LinkStatus;
use heikin::subscription::razorpay::{
    ApiError, ApiKeys, Client, ClientError, KeyKind, Medium, perform,
};
use heikin::subscription::{PersonId, Terms};
use heikin_core::time::Span;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::world::{ASHA, START, plan_id, settings};

/// What the server is to answer, and what it was asked.
#[derive(Debug, Default)]
struct Script {
    answers: VecDeque<(u16, String)>,
    asked: Vec<(String, Value)>,
    keys: Vec<String>,
}

type Shared = Arc<Mutex<Script>>;

async fn answer(State(script): State<Shared>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let bytes = to_bytes(body, 1 << 16).await.unwrap();
    let mut script = script.lock().unwrap();
    let line = format!("{} {}", parts.method, parts.uri);
    script.asked.push((line, serde_json::from_slice(&bytes).unwrap_or_default()));
    let key = parts.headers.get("authorization").unwrap().to_str().unwrap();
    script.keys.push(key.to_owned());
    let (status, body) = script.answers.pop_front().expect("an answer");
    let mut response = Response::builder().status(status);
    if status == 429 {
        response = response.header("retry-after", "7");
    }
    response.body(Body::from(body)).unwrap()
}

struct Server {
    client: Client,
    script: Shared,
}

async fn server<const N: usize>(answers: [(u16, &str); N]) -> Server {
    let own = |(status, body): (u16, &str)| (status, body.to_owned());
    let script = Script { answers: answers.into_iter().map(own).collect(), ..Script::default() };
    let script = Arc::new(Mutex::new(script));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(answer).with_state(Arc::clone(&script));
    tokio::spawn(async move { axum::serve(listener, app).await });
    let keys = ApiKeys::new("rzp_test_id".into(), "secret".into(), KeyKind::Test).unwrap();
    let callback = Some("https://bot.example.org/razorpay/callback".to_owned());
    Server { client: Client::new(&base, keys, callback).unwrap(), script }
}

impl Server {
    fn asked(&self) -> Vec<String> {
        let script = self.script.lock().unwrap();
        assert!(script.answers.is_empty(), "{:?}", script.answers);
        script.asked.iter().map(|(line, _)| line.clone()).collect()
    }
}

fn purchase() -> Purchase {
    let settings = settings();
    let plan = &settings.plans[0];
    Purchase {
        reference: "hk-ab12-42-1".parse().unwrap(),
        plan: plan_id("monthly"),
        name: "Alerts".to_owned(),
        bill: plan.bill(),
        terms: Terms::from(plan),
        expires: START + Span::DAY,
    }
}

fn link(status: &str) -> String {
    json!({
        "id": "plink_1", "reference_id": "hk-ab12-42-1", "amount": 51_078, "amount_paid": 0,
        "currency": "INR", "status": status, "short_url": "https://rzp.io/i/1", "payments": null,
        "a_new_field": { "deep": [1] },
    })
    .to_string()
}

fn list(links: &[&str]) -> String {
    format!(r#"{{"payment_links":[{}]}}"#, links.join(","))
}

const ALREADY: &str = r#"{"error":{"code":"BAD_REQUEST_ERROR","description":"payment link creation with reference ID already attempted"}}"#;
const BY_REFERENCE: &str = "GET /v1/payment_links?reference_id=hk-ab12-42-1";
const CREATE: &str = "POST /v1/payment_links";

#[tokio::test]
async fn a_link_is_asked_for_with_all_that_it_needs() {
    let server = server([(200, &link("created"))]).await;
    let contact = Contact {
        name: Some("Asha Devi".parse().unwrap()),
        phone: Some("9876543210".parse().unwrap()),
        ..Contact::default()
    };
    let made = server.client.create(&purchase(), &contact).await.unwrap();
    assert_eq!((made.link.as_str(), made.url.as_str()), ("plink_1", "https://rzp.io/i/1"));
    let script = server.script.lock().unwrap();
    let expected = json!({
        "amount": 51_078, "currency": "INR", "accept_partial": false,
        "reference_id": "hk-ab12-42-1", "description": "Alerts",
        "expire_by": (START + Span::DAY).millis() / 1_000,
        "customer": { "name": "Asha Devi", "contact": "+919876543210" },
        "notify": { "sms": false, "email": false }, "reminder_enable": false,
        "callback_url": "https://bot.example.org/razorpay/callback", "callback_method": "get",
    });
    assert_eq!(script.asked[0], (CREATE.to_owned(), expected));
    assert_eq!(script.keys, ["Basic cnpwX3Rlc3RfaWQ6c2VjcmV0"]);
}

#[tokio::test]
async fn what_may_have_been_made_is_looked_up_and_taken() {
    let found = list(&[&link("created")]);
    for lost in
        [(500, ""), (502, "<html>"), (200, "{}"), (400, ALREADY), (409, "{}"), (404, "gone")]
    {
        let server = server([lost, (200, &found)]).await;
        let made = server.client.create(&purchase(), &Contact::default()).await;
        assert_eq!(made.unwrap().link.as_str(), "plink_1", "{lost:?}");
        assert_eq!(server.asked(), [CREATE, BY_REFERENCE], "sent once");
    }
    let server = server([(500, ""), (200, &list(&[]))]).await;
    let made = server.client.create(&purchase(), &Contact::default()).await;
    assert!(matches!(made, Err(ApiError::Unknown(_))), "{made:?}");
}

#[tokio::test]
async fn a_list_of_others_links_is_not_ours() {
    let other = link("paid").replace("hk-ab12-42-1", "hk-ab12-7-1");
    let reference = purchase().reference;
    let server = server([(200, &list(&[&other])), (200, &list(&[&other, &link("paid")]))]).await;
    assert_eq!(server.client.fetch_by_reference(&reference).await.unwrap(), None);
    let found = server.client.fetch_by_reference(&reference).await.unwrap().unwrap();
    assert_eq!(found.reference, reference.as_str());
}

#[tokio::test]
async fn every_answer_has_one_meaning() {
    let bad = r#"{"error":{"code":"BAD_REQUEST_ERROR","description":"The amount is invalid","field":"amount"}}"#;
    let key = r#"{"error":{"code":"BAD_REQUEST_ERROR","description":"The api key provided is invalid","source":"NA"}}"#;
    let wait = Some(Span::from_secs(7));
    let refused = ApiError::Refused {
        code: "BAD_REQUEST_ERROR".to_owned(),
        description: "The amount is invalid".to_owned(),
    };
    let payment = "pay_1".parse().unwrap();
    for (answer, expected) in [
        ((400, bad), refused),
        ((400, key), ApiError::Unauthorized),
        ((401, key), ApiError::Unauthorized),
        ((429, "{}"), ApiError::Throttled { wait }),
        ((500, bad), ApiError::Unknown("status 500".to_owned())),
        ((302, ""), ApiError::Unknown("status 302".to_owned())),
        ((404, "<html>"), ApiError::Unknown("status 404".to_owned())),
    ] {
        let server = server([answer]).await;
        assert_eq!(server.client.payment(&payment).await.unwrap_err(), expected, "{answer:?}");
    }
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let keys = ApiKeys::new("rzp_test_id".into(), "secret".into(), KeyKind::Test).unwrap();
    let client = Client::new(&gone, keys, None).unwrap();
    assert_eq!(client.payment(&payment).await.unwrap_err(), ApiError::NotSent);
    let large = "x".repeat(2 << 20);
    let server = server([(200, &large)]).await;
    assert!(matches!(server.client.payment(&payment).await, Err(ApiError::Unknown(_))));
}

#[tokio::test]
async fn cancelling_what_was_paid_tells_that_it_was_paid() {
    let refused = r#"{"error":{"code":"BAD_REQUEST_ERROR","description":"Payment Link cannot be cancelled"}}"#;
    let server = server([
        (200, &link("cancelled")),
        (400, refused),
        (200, &link("paid")),
        (200, r#"{"success":true}"#),
    ])
    .await;
    let id = "plink_1".parse().unwrap();
    assert_eq!(server.client.cancel(&id).await.unwrap().status, LinkStatus::Cancelled);
    assert_eq!(server.client.cancel(&id).await.unwrap().status, LinkStatus::Paid);
    server.client.notify(&id, Medium::Sms).await.unwrap();
    assert_eq!(
        server.asked(),
        [
            "POST /v1/payment_links/plink_1/cancel",
            "POST /v1/payment_links/plink_1/cancel",
            "GET /v1/payment_links/plink_1",
            "POST /v1/payment_links/plink_1/notify_by/sms"
        ]
    );
}

#[tokio::test]
async fn effects_are_carried_out_and_answered_with_their_cause() {
    let bad = r#"{"error":{"code":"BAD_REQUEST_ERROR","description":"amount exceeds maximum"}}"#;
    let payment = r#"{"id":"pay_1","amount":51078,"currency":"INR","status":"refunded","amount_refunded":51078}"#;
    let paid = link("paid");
    let server = server([
        (400, bad),
        (200, &list(&[])),
        (200, &list(&[&paid])),
        (200, payment),
        (400, bad),
        (401, ""),
    ])
    .await;
    let nobody = Contact::default();
    let reference = purchase().reference;
    let do_it = async |effect: Effect| perform(&server.client, &effect, &nobody).await;
    let look = |at| Effect::Look { at, cause: Cause::Poll };
    let (answer, cause) =
        do_it(Effect::Create { person: ASHA, purchase: purchase() }).await.unwrap();
    let why = "amount exceeds maximum (BAD_REQUEST_ERROR)".to_owned();
    assert_eq!((answer, cause), (Answer::Refused(reference.clone(), why), Cause::Answer));
    let (answer, cause) = do_it(look(Look::Reference(reference.clone()))).await.unwrap();
    assert_eq!((answer, cause), (Answer::NoLink(reference), Cause::Poll));
    let (answer, _) = do_it(look(Look::LinkOf("pay_1".parse().unwrap()))).await.unwrap();
    assert!(matches!(answer, Answer::Link(_)));
    let (answer, _) = do_it(look(Look::Payment("pay_1".parse().unwrap()))).await.unwrap();
    assert!(matches!(answer, Answer::Payment(seen) if seen.refunded == seen.amount));
    let (answer, _) = do_it(look(Look::Dispute("disp_1".parse().unwrap()))).await.unwrap();
    assert_eq!(answer, Answer::Nothing);
    let error = do_it(look(Look::Link("plink_1".parse().unwrap()))).await.unwrap_err();
    assert_eq!(error, ApiError::Unauthorized);
}

#[test]
fn keys_never_go_over_a_wire_in_the_clear() {
    let keys = || ApiKeys::new("rzp_test_canary".into(), "canary".into(), KeyKind::Test).unwrap();
    for base in
        ["http://example.org", "http://127.0.0.1:80@example.org", "ftp://127.0.0.1:1", "127.0.0.1"]
    {
        let refused = Client::new(base, keys(), None);
        assert!(matches!(refused, Err(ClientError::InTheClear(_))), "{base}");
    }
    let client = Client::new("https://api.razorpay.com/", keys(), None).unwrap();
    assert!(!format!("{client:?}").contains("canary"));
    assert_eq!(PersonId(42), ASHA);
}
