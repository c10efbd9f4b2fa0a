//! The pages in a payer's browser: one for each link, and a list of all. Plain forms, no scripts.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Response, header};
use heikin_core::time::Timestamp;
use serde_json::Value;

use super::super::server::{Received, page_file, plain};
use super::hands::{Outcome, Pay};
use super::link::{Link, Status};
use super::payment;
use super::world::World;

/// A late payment is captured after so many seconds.
const LATE: u32 = 300;

/// Answers a payer's browser.
pub(super) fn answer(world: &mut World, received: &Received) -> Option<Response<Body>> {
    let html = "text/html; charset=utf-8";
    match (&received.method, received.path.as_str()) {
        (&Method::GET, "/") => Some(page_file(html, list(world))),
        (&Method::GET, "/page.css") => {
            Some(page_file("text/css; charset=utf-8", include_str!("page/page.css")))
        }
        (method, path) => {
            let code = path.strip_prefix("/i/")?;
            let link = world.links.values().find(|it| it.code == code)?;
            match *method {
                Method::GET => Some(page_file(html, bill(world, link, received))),
                Method::POST => {
                    let id = link.id.clone();
                    Some(pay(world, &id, received))
                }
                _ => None,
            }
        }
    }
}

/// A payer has pressed a button.
fn pay(world: &mut World, id: &str, received: &Received) -> Response<Body> {
    let field = |name: &str| {
        let mut fields = form_urlencoded::parse(&received.body);
        fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let Some(link) = world.links.get(id) else { return plain(404, "") };
    let here = format!("/i/{}", link.code);
    if !link.status.is_open() {
        return see_other(&here);
    }
    let left = link.amount - link.amount_paid;
    let choice = field("choice").unwrap_or_default();
    let method = match field("method").as_deref() {
        Some("netbanking") => payment::Method::Netbanking,
        Some("card") => payment::Method::Card,
        _ => payment::Method::Upi,
    };
    let outcome = match choice.as_str() {
        "fail" => Outcome::Failed,
        "late" => Outcome::Late { seconds: LATE },
        _ => Outcome::Captured,
    };
    let amount = (choice == "part" && link.request.accepts_parts()).then_some((left + 1) / 2);
    let payment = Pay { link: id.to_owned(), amount, method, outcome, ..Pay::default() };
    let done = world.pay(&payment);
    if choice == "twice"
        && let Err(error) = world.pay(&payment)
    {
        return plain(400, error);
    }
    match done {
        Ok(done) => match done.get("callback").and_then(Value::as_str) {
            Some(callback) => see_other(callback),
            None if outcome == Outcome::Captured => see_other(&here),
            None => see_other(&format!("{here}?failed={}", choice == "late")),
        },
        Err(error) => plain(400, error),
    }
}

fn see_other(place: &str) -> Response<Body> {
    let mut response = plain(303, "");
    // Addresses are checked when a link is made, and encoded.
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

/// What a payer sees.
fn bill(world: &World, link: &Link, received: &Received) -> String {
    let amount = |paise: i64| money(&link.currency, paise);
    let left = (link.amount - link.amount_paid).max(0);
    let mut rows = String::new();
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            // Writing to a text does not fail.
            let _infallible = write!(rows, "<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value));
        }
    };
    row("For", link.request.description());
    row("Reference", link.request.reference_id());
    row("Billed to", link.request.customer("name").unwrap_or_default());
    if let Value::Object(notes) = link.request.notes() {
        for (name, value) in &notes {
            row(name, value.as_str().unwrap_or_default());
        }
    }
    row("Pay before", &moment(link.expires));
    if link.amount_paid > 0 {
        row("Total", &amount(link.amount));
        row("Paid", &amount(link.amount_paid));
    }
    let due = if link.status.is_open() { left } else { link.amount };
    let failed = match received.asked("failed").as_deref() {
        Some("true") => {
            "<p class=\"note bad\">The bank said no. (In five minutes of the stand-in's clock it \
             will have taken the money after all.)</p>"
        }
        Some(_) => "<p class=\"note bad\">The bank said no. Nothing was taken; try again.</p>",
        None => "",
    };
    let below = match link.status {
        Status::Created | Status::PartiallyPaid => format!("{failed}{}", form(link, &amount(left))),
        Status::Paid => closed("good", "Paid", "Thank you. You may close this page."),
        Status::Expired => closed("bad", "Expired", "Ask for a new link."),
        Status::Cancelled => closed("bad", "Cancelled", "Ask for a new link."),
    };
    let merchant = escaped(&world.merchant);
    let body = format!(
        "<main class=\"bill\"><header><span class=\"mark\">{}</span><div><h1>{merchant}</h1>\
         <p>Payment link · test</p></div></header>\
         <p class=\"amount\">{}</p><dl>{rows}</dl>{below}</main>\
         <p class=\"foot\">A stand-in for Razorpay on this machine: no money moves. \
         <a href=\"/\">All links</a></p>",
        escaped(&world.merchant.chars().take(1).collect::<String>().to_uppercase()),
        amount(due),
    );
    document(&format!("Pay {}", world.merchant), &body)
}

fn closed(kind: &str, title: &str, text: &str) -> String {
    format!("<p class=\"note {kind}\"><b>{title}</b> {text}</p>")
}

fn form(link: &Link, left: &str) -> String {
    let part = if link.request.accepts_parts() {
        "<button name=\"choice\" value=\"part\">Pay half</button>"
    } else {
        ""
    };
    format!(
        "<form method=\"post\"><fieldset><legend>Pay with</legend>\
         <label><input type=\"radio\" name=\"method\" value=\"upi\" checked><span>UPI</span></label>\
         <label><input type=\"radio\" name=\"method\" value=\"card\"><span>Card</span></label>\
         <label><input type=\"radio\" name=\"method\" value=\"netbanking\"><span>Bank</span></label>\
         </fieldset>\
         <button class=\"pay\" name=\"choice\" value=\"pay\">Pay {left}</button>\
         <details><summary>What else may happen</summary><div>\
         <button name=\"choice\" value=\"fail\">The bank says no</button>\
         <button name=\"choice\" value=\"late\">No, and yes five minutes later</button>{part}\
         <button name=\"choice\" value=\"twice\">Pay twice</button></div></details></form>"
    )
}

/// All links, the newest first.
fn list(world: &World) -> String {
    let mut rows = String::new();
    for link in world.order.iter().rev().take(200).filter_map(|id| world.links.get(id)) {
        let status = link.status.as_str();
        let _infallible = write!(
            rows,
            "<li><a href=\"/i/{}\"><span><b>{}</b><small>{} · {}</small></span>\
             <span class=\"end\"><b>{}</b><small class=\"{status}\">{}</small></span></a></li>",
            escaped(&link.code),
            escaped(or(link.request.description(), "Payment link")),
            escaped(or(link.request.reference_id(), &link.id)),
            moment(link.created),
            money(&link.currency, link.amount),
            status.replace('_', " "),
        );
    }
    if rows.is_empty() {
        rows.push_str("<li class=\"none\">No links yet. The merchant's side makes them.</li>");
    }
    let merchant = escaped(&world.merchant);
    let body = format!(
        "<main><header><span class=\"mark\">₹</span><div><h1>Payment links</h1><p>{merchant} · \
         stand-in for Razorpay on this machine</p></div></header><ul>{rows}</ul></main>"
    );
    document("Payment links", &body)
}

fn or<'a>(text: &'a str, otherwise: &'a str) -> &'a str {
    if text.is_empty() { otherwise } else { text }
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{}</title>\
         <link rel=\"icon\" href=\"data:,\"><link rel=\"stylesheet\" href=\"/page.css\"></head>\
         <body>{body}</body></html>",
        escaped(title)
    )
}

/// A time, in UTC.
fn moment(at: Timestamp) -> String {
    let time = jiff::Timestamp::from_millisecond(at.millis()).unwrap_or_default();
    time.strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// An amount as Indians write it: ₹1,23,456.00.
fn money(currency: &str, paise: i64) -> String {
    let (whole, rest) = ((paise / 100).to_string(), paise % 100);
    let (front, last) = whole.split_at(whole.len().saturating_sub(3));
    let mut grouped = String::new();
    for (place, digit) in front.char_indices() {
        if place > 0 && (front.len() - place) % 2 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !front.is_empty() {
        grouped.push(',');
    }
    let sign = if currency == "INR" { "₹".to_owned() } else { format!("{} ", escaped(currency)) };
    format!("{sign}{grouped}{last}.{rest:02}")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped_as_in_india() {
        for (paise, expected) in [
            (5, "₹0.05"),
            (49_900, "₹499.00"),
            (123_456, "₹1,234.56"),
            (12_345_600, "₹1,23,456.00"),
            (1_234_567_800, "₹1,23,45,678.00"),
        ] {
            assert_eq!(money("INR", paise), expected);
        }
        assert_eq!(money("USD", 100), "USD 1.00");
    }

    #[test]
    fn what_a_merchant_writes_is_no_markup() {
        assert_eq!(escaped("<b a=\"'&"), "&lt;b a=&quot;&#39;&amp;");
    }
}
