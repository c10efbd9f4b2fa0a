//! Every error of the documents has a meaning that is written down here.

use heikin::exchange::binance::classify::Meaning;
use heikin::exchange::binance::wire::decode;
use heikin_core::market::FilterName;
use heikin_core::order::Refusal;
use serde::Deserialize;

use crate::payload;

#[derive(Deserialize)]
struct Catalogue {
    codes: Vec<Code>,
    message_tables: Vec<Table>,
}

#[derive(Deserialize)]
struct Code {
    code: i32,
    messages: Vec<String>,
}

#[derive(Deserialize)]
struct Table {
    section: String,
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    msg: String,
}

/// What may have been done all the same.
const UNKNOWN: &[i32] = &[-1000, -1001, -1006, -1007, -1008, -1016];
/// Codes that no request of heikin's can bring about: FIX sessions, SBE, subscriptions, market data
/// that is not asked for. On an order they are not understood, and leave it unknown.
const FOREIGN: &[i32] = &[
    -1033, -1035, -1152, -1153, -1155, -1161, -1169, -1170, -1171, -1172, -1173, -1174, -1175,
    -1176, -1177, -1178, -1179, -1180, -1181, -1183, -1184, -1185, -1186, -1187, -1188, -1189,
    -1190, -1191, -1221, -2016, -2035, -2036, -2042, -2043,
];
const PARAMETERS: &[i32] = &[
    -1014, -1100, -1101, -1102, -1103, -1104, -1105, -1106, -1108, -1112, -1114, -1115, -1116,
    -1117, -1118, -1119, -1120, -1121, -1122, -1125, -1127, -1128, -1130, -1134, -1135, -1139,
    -1145, -1151, -1158, -1160, -1168, -1182, -1194, -1210, -1211, -1220, -1222, -1223, -1224,
    -1225, -2039,
];
const PRICES_OF_A_LIST: &[i32] = &[-1165, -1166, -1196, -1197, -1198, -1199];

fn expected(code: i32) -> Option<Meaning> {
    let is_in = |codes: &[i32]| codes.contains(&code);
    Some(match code {
        -1002 | -1022 | -2014 | -2015 => Meaning::Refused(Refusal::KeyRejected),
        -1003 | -1015 | -1034 => Meaning::Refused(Refusal::RateLimited),
        -1020 => Meaning::Refused(Refusal::NotPermitted),
        -1021 => Meaning::Refused(Refusal::ClockSkew),
        -1111 => Meaning::Refused(Refusal::Filter(None)),
        -2013 => Meaning::NoSuchOrder,
        -2026 => Meaning::Archived,
        // Their texts say what they mean; without one that is known, this is left.
        -1013 | -2010 => Meaning::Refused(Refusal::Other(code)),
        -2011 => Meaning::NotOpen,
        _ if is_in(UNKNOWN) || is_in(FOREIGN) => Meaning::Unknown,
        _ if is_in(PARAMETERS) => Meaning::Refused(Refusal::Other(code)),
        _ if is_in(PRICES_OF_A_LIST) => Meaning::Refused(Refusal::PriceRelation),
        _ => return None,
    })
}

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn every_code_of_the_documents_has_a_meaning() {
    let json = payload("rest/error_catalogue__doc.json");
    let catalogue: Catalogue = decode(&json).expect("a catalogue");
    assert!(catalogue.codes.len() > 100, "{} codes", catalogue.codes.len());
    for Code { code, messages } in &catalogue.codes {
        let expected = expected(*code).unwrap_or_else(|| panic!("{code} is in none of the lists"));
        for message in messages {
            for status in [400, 401, 403, 409, 418, 429] {
                let meaning = Meaning::of(status, Some((*code, message)));
                assert_eq!(meaning, expected, "{status} {code} {message}");
            }
            assert_eq!(Meaning::of(503, Some((*code, message))), Meaning::Unknown);
        }
    }
}

/// Texts of `-2010` that say more than that the order was refused.
const TEXTS: &[(&str, Meaning)] = &[
    ("Unknown order sent.", Meaning::NotOpen),
    ("Duplicate order sent.", Meaning::Duplicate),
    ("Market is closed.", Meaning::Refused(Refusal::MarketClosed)),
    (
        "Account has insufficient balance for requested action.",
        Meaning::Refused(Refusal::InsufficientBalance),
    ),
    ("Price * QTY is zero or less.", Meaning::Refused(Refusal::Filter(None))),
    ("Order would trigger immediately.", Meaning::Refused(Refusal::WouldTriggerImmediately)),
    ("Order would immediately match and take.", Meaning::Refused(Refusal::WouldTakeImmediately)),
    (
        "The relationship of the prices for the orders is not correct.",
        Meaning::Refused(Refusal::PriceRelation),
    ),
    ("Order was not canceled due to cancel restrictions.", Meaning::Refused(Refusal::PartlyFilled)),
    ("This action is disabled on this account.", Meaning::Refused(Refusal::NotPermitted)),
    ("This account may not place or cancel orders.", Meaning::Refused(Refusal::NotPermitted)),
    ("This symbol is not permitted for this account.", Meaning::Refused(Refusal::NotPermitted)),
    ("This symbol is restricted for this account.", Meaning::Refused(Refusal::NotPermitted)),
];

#[test]
#[cfg_attr(not(heikin_shared_data), ignore = "set HEIKIN_SHARED_DATA")]
fn every_text_of_the_documents_has_a_meaning() {
    let json = payload("rest/error_catalogue__doc.json");
    let catalogue: Catalogue = decode(&json).expect("a catalogue");
    let [orders, filters] = &catalogue.message_tables[..] else { panic!("two tables") };
    assert!(orders.section.contains("-2010") && filters.section.contains("Filter"));
    let mut told_apart = 0;
    for Message { msg } in &orders.messages {
        let known = TEXTS.iter().find(|(text, _)| text == msg).map(|(_, meaning)| *meaning);
        told_apart += usize::from(known.is_some());
        let not_for_it = msg.contains("supported for this symbol")
            || msg.contains("support for this symbol")
            || msg.contains("trading is not enabled");
        let rest = if not_for_it { Refusal::NotPermitted } else { Refusal::Other(-2_010) };
        let meaning = Meaning::of_error(-2_010, msg);
        assert_eq!(meaning, known.unwrap_or(Meaning::Refused(rest)), "{msg}");
        // A text of these is as definite under the code that says least.
        assert_ne!(Meaning::of_error(-1_010, msg), Meaning::Unknown, "{msg}");
    }
    assert_eq!(told_apart, TEXTS.len(), "a text is not in the documents any more");
    for Message { msg } in &filters.messages {
        let name = msg.strip_prefix("Filter failure: ").expect("a filter");
        let filter = FilterName::ALL.into_iter().find(|filter| filter.as_str() == name);
        assert!(filter.is_some(), "{msg}");
        let meaning = Meaning::of_error(-1_013, msg);
        assert_eq!(meaning, Meaning::Refused(Refusal::Filter(filter)), "{msg}");
    }
}
