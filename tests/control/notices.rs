//! What operators are told of other people's money.

use heikin::control::Control;
use heikin::standin::razorpay::{Hands, Pay};
use heikin_bot::backend::{
    Access, Alert, AlertKind, Answer, Backend as _, Paise, Query, Role, SubscriptionAlert,
    SystemAlert, UserId,
};

use crate::billing::{ASHA, Shop, is_active, is_told, link, member, run, stands, verify};
use crate::world::{OWNER, alerts, grant};

const VIEWER: UserId = UserId(12);

/// What somebody is told of payments beside their own.
async fn told(control: &Control, user: UserId) -> Vec<SystemAlert> {
    let mine = alerts(control).await.remove(&user.0).unwrap_or_default();
    let system = mine.into_iter().filter_map(|envelope| match envelope.alert {
        Alert::System(alert) => Some(alert),
        _ => None,
    });
    let is_about_money = |alert: &SystemAlert| match alert {
        SystemAlert::Fault { what, .. } => what.contains("payment") || what.contains("dispute"),
        SystemAlert::Acted { name, .. } => name == "Razorpay",
        _ => false,
    };
    system.filter(is_about_money).collect()
}

async fn is_disputed(control: &Control) -> bool {
    match control.query(Query::Subscription { user: ASHA }).await.unwrap() {
        Answer::Subscription(view) => view.is_disputed,
        other => panic!("{other:?}"),
    }
}

fn is_fault(alert: &SystemAlert, words: &str) -> bool {
    let is_loud = Alert::System(alert.clone()).kind() == AlertKind::Fault;
    is_loud && matches!(alert, SystemAlert::Fault { what, .. } if what.contains(words))
}

#[test]
fn a_payment_that_does_not_match_is_told_to_operators_once() {
    let shop = Shop::new();
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        grant(control, VIEWER, Role::Viewer).await;
        let url = link(control).await;
        let amount = Some(99_999_999);
        let pay = Pay { link: shop.link_of(&url), amount, ..Pay::default() };
        shop.razorpay.act(Hands::Pay(pay)).unwrap();
        for number in 0..3 {
            let access = verify(control, &format!("verify-{number}")).await;
            assert!(matches!(access, Access::Pending { .. }), "{access:?}");
        }
        let [mismatch] = &told(control, OWNER).await[..] else {
            panic!("{:?}", told(control, OWNER).await)
        };
        assert!(is_fault(mismatch, "of person 61 does not match: the amount"), "{mismatch:?}");
        assert_eq!(told(control, VIEWER).await, [], "it is no reader's business");
    });
    shop.world.stop(product);
}

#[test]
fn refunds_and_disputes_are_told_to_operators() {
    let shop = Shop::new();
    let mut product = shop.world.start();
    run(&shop, &mut product, async |control| {
        shop.open_door(control).await;
        let url = link(control).await;
        shop.pay(&url);
        stands(control, is_active).await;
        let payment = shop.razorpay.state()["payments"][0]["id"].as_str().unwrap().to_owned();
        let dispute =
            |status: &str| Hands::Dispute { payment: payment.clone(), status: status.to_owned() };
        shop.razorpay.act(dispute("open")).unwrap();
        stands(control, |access| matches!(access, Access::Suspended { .. })).await;
        assert!(is_disputed(control).await);
        let amount = Paise(51_078);
        let is_said = |alert: &SubscriptionAlert| matches!(alert, SubscriptionAlert::Disputed { amount: of, .. } if *of == amount);
        is_told(control, is_said).await;
        shop.razorpay.act(dispute("won")).unwrap();
        let access = stands(control, is_active).await;
        assert!(!is_disputed(control).await);
        let over = SubscriptionAlert::DisputeOver { amount, access };
        is_told(control, |alert| *alert == over).await;
        let ended = |alert: &SubscriptionAlert| *alert == SubscriptionAlert::Ended;
        assert!(!crate::billing::told(control).await.iter().any(ended), "it only rests");
        let part = Hands::Refund { payment: payment.clone(), amount: Some(1_000) };
        shop.razorpay.act(part).unwrap();
        let waited = async { while told(control, OWNER).await.len() < 3 {} };
        tokio::time::timeout(crate::billing::PATIENCE, waited).await.unwrap();
        let told = told(control, OWNER).await;
        assert!(is_fault(&told[0], "claims ₹510.78 of payment"), "{told:?}");
        let is_deed = |alert: &SystemAlert, words: &str| matches!(alert, SystemAlert::Acted { what, .. } if what.contains(words));
        assert!(is_deed(&told[1], "for you: ₹510.78 of person 61 stays"), "{told:?}");
        assert!(is_deed(&told[2], "has paid ₹10.00 of payment"), "{told:?}");
        assert!(is_active(member(control).await.access), "a part that goes back takes nothing");
    });
    shop.world.stop(product);
}
