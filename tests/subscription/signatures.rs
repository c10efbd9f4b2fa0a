//! Signatures of webhooks and callbacks: vectors, and everything around them.

use heikin::subscription::razorpay::{
    ApiKeys, CallbackParameters, KeyKind, PREVIOUS_SECRET_LIFE, WebhookSecrets, receive,
};
use heikin_core::time::{Span, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const BODY: &str = r#"{"entity":"event","event":"payment_link.paid","payload":{"payment_link":{"entity":{"id":"plink_HeikinTest0001","reference_id":"sub-42-2026-01","amount":49900,"amount_paid":49900,"currency":"INR","status":"paid"}},"payment":{"entity":{"id":"pay_HeikinTest0001","amount":49900,"currency":"INR","status":"captured","captured":true}}},"created_at":1767225600}"#;
const SIGNATURE: &str = "8e991c1bd6da9251059767f1167bb19e5321e88bdf470f8d24078314b5338ad7";
/// Over the same JSON with spaces.
const OTHER: &str = "d1f489797e27d05a7a16712e9cd975d90eb914b441962510fc4433ff1f2953ae";

fn secrets() -> WebhookSecrets {
    WebhookSecrets::new("heikin_webhook_secret_v1".into())
}

/// The same JSON as another library writes it.
fn with_spaces(body: &str) -> String {
    body.replace(':', ": ").replace(',', ", ")
}

#[test]
fn a_webhook_is_verified_over_its_raw_body() {
    assert_eq!(BODY.len(), 355);
    secrets().verify(BODY.as_bytes(), SIGNATURE, NOW).unwrap();
    let respelled = with_spaces(BODY);
    secrets().verify(respelled.as_bytes(), SIGNATURE, NOW).unwrap_err();
    secrets().verify(BODY.as_bytes(), OTHER, NOW).unwrap_err();
    // It is the same event in other bytes, and its own signature is over those.
    secrets().verify(respelled.as_bytes(), OTHER, NOW).unwrap();
    let sorted = serde_json::from_str::<serde_json::Value>(BODY).unwrap();
    let spelled = format!("{sorted:#}");
    secrets().verify(spelled.as_bytes(), SIGNATURE, NOW).unwrap_err();
}

#[test]
fn every_flipped_bit_is_seen() {
    for place in 0..BODY.len() {
        for bit in 0..8 {
            let mut body = BODY.as_bytes().to_vec();
            body[place] ^= 1 << bit;
            assert!(secrets().verify(&body, SIGNATURE, NOW).is_err(), "{place} {bit}");
        }
    }
    for place in 0..SIGNATURE.len() {
        for digit in "0123456789abcdefgG\u{0}".chars() {
            let mut signature: Vec<char> = SIGNATURE.chars().collect();
            if signature[place] == digit {
                continue;
            }
            signature[place] = digit;
            let signature: String = signature.into_iter().collect();
            assert!(secrets().verify(BODY.as_bytes(), &signature, NOW).is_err(), "{signature}");
        }
    }
    let upper = SIGNATURE.to_ascii_uppercase();
    for signature in
        ["", "0", &SIGNATURE[..62], &SIGNATURE[..63], &format!("{SIGNATURE}00"), &upper, "é"]
    {
        assert!(secrets().verify(BODY.as_bytes(), signature, NOW).is_err(), "{signature}");
    }
}

#[test]
fn the_secret_before_is_good_for_48_hours() {
    let changed = NOW;
    let rotated =
        WebhookSecrets::new("new".into()).with_previous("heikin_webhook_secret_v1".into(), changed);
    let verify = |now| rotated.verify(BODY.as_bytes(), SIGNATURE, now);
    assert!(verify(changed).is_ok());
    assert!(verify(changed + PREVIOUS_SECRET_LIFE - Span::from_millis(1)).is_ok());
    assert!(verify(changed + PREVIOUS_SECRET_LIFE).is_err());
    assert!(!format!("{rotated:?}").contains("heikin_webhook"));
}

#[test]
fn nothing_of_the_body_is_kept_but_what_it_is_about() {
    let body = BODY.replace("\"captured\":true", "\"email\":\"canary@example.com\"");
    assert!(receive(&secrets(), SIGNATURE, Some("evt_1"), body.as_bytes(), NOW).is_err());
    let delivery = receive(&secrets(), SIGNATURE, Some("evt_1"), BODY.as_bytes(), NOW).unwrap();
    assert_eq!(
        serde_json::to_string(&delivery).unwrap(),
        r#"{"id":"evt_1","at":1767225600000,"hint":{"link":"plink_HeikinTest0001"}}"#
    );
    // Without an id the body is its own.
    let unnamed = |id| receive(&secrets(), SIGNATURE, id, BODY.as_bytes(), NOW).unwrap().id;
    assert_eq!(unnamed(None), unnamed(Some("not an id")));
    assert_eq!(unnamed(None).as_str().len(), 64);
}

#[test]
fn callbacks_are_verified_with_the_key() {
    let keys =
        |secret: &str| ApiKeys::new("rzp_test_1".into(), secret.into(), KeyKind::Test).unwrap();
    for (secret, link, reference, payment, signature) in [
        (
            "heikin_key_secret_v1",
            "plink_HeikinTest0001",
            "sub-42-2026-01",
            "pay_HeikinTest0001",
            "66ba78bfb539fba564f2c5eb2aa8f762aff6fade0e89bdfe0beb64a8176752c8",
        ),
        (
            "heikin_key_secret_v1",
            "plink_HeikinTest0001",
            "",
            "pay_HeikinTest0001",
            "1c6c890cb20a442fdf951c9f3315347aa38c7f282032176787f4aec85017e762",
        ),
        (
            "EnLs21M47BllR3X8PSFtjtbd",
            "plink_IH3cNucfVEgV68",
            "TSsd1989",
            "pay_IH3d0ara9bSsjQ",
            "07ae18789e35093e51d0a491eb9922646f3f82773547e5b0f67ee3f2d3bf7d5b",
        ),
    ] {
        let query = format!(
            "razorpay_payment_id={payment}&razorpay_payment_link_id={link}&\
             razorpay_payment_link_reference_id={reference}&razorpay_payment_link_status=paid&\
             razorpay_signature={signature}&more=1"
        );
        let given = CallbackParameters::parse(&query);
        given.verify(&keys(secret)).unwrap();
        given.verify(&keys("another")).unwrap_err();
        for (from, to) in [("=paid", "=expired"), (link, "plink_X"), (payment, "pay_X")] {
            let changed = CallbackParameters::parse(&query.replace(from, to));
            changed.verify(&keys(secret)).unwrap_err();
        }
    }
    CallbackParameters::parse("").verify(&keys("s")).unwrap_err();
}
