//! The table.

use heikin_core::market::FilterName;
use heikin_core::order::Refusal;

/// What an answer other than a success says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Meaning {
    /// A definite no: nothing was done.
    Refused(Refusal),
    /// "Duplicate order sent": an open order has this id.
    Duplicate,
    /// The order to be cancelled is not open: filled, ended, or never there.
    NotOpen,
    /// "Order does not exist", from a copy that may lag.
    NoSuchOrder,
    /// "Order was archived": it ended without an execution more than 90 days ago.
    Archived,
    /// `cancelReplace` failed in whole or in part: the halves are in the body.
    Halves,
    /// It may have been done or not: a timeout of the exchange's own, an internal error, or words
    /// that this version does not know.
    Unknown,
}

use Meaning::{Archived, Duplicate, Halves, NoSuchOrder, NotOpen, Refused, Unknown};

/// Codes that say it all. Those of FIX sessions and SBE are not here: they cannot come, and if they
/// did, would not be understood.
const CODES: &[(i32, Meaning)] = &[
    // Restricted location: comes with 451, and not from the API itself.
    (0, Refused(Refusal::NotPermitted)),
    (-1_000, Unknown),
    (-1_001, Unknown),
    (-1_002, Refused(Refusal::KeyRejected)),
    (-1_003, Refused(Refusal::RateLimited)),
    (-1_006, Unknown),
    (-1_007, Unknown),
    // An overloaded server was once seen to have taken the order in all the same.
    (-1_008, Unknown),
    (-1_014, Refused(Refusal::Other(-1_014))),
    (-1_015, Refused(Refusal::RateLimited)),
    // Said by a server on its way down: nobody knows what it still did.
    (-1_016, Unknown),
    (-1_020, Refused(Refusal::NotPermitted)),
    (-1_021, Refused(Refusal::ClockSkew)),
    (-1_022, Refused(Refusal::KeyRejected)),
    (-1_034, Refused(Refusal::RateLimited)),
    // More decimals than the asset has: our rules are not today's.
    (-1_111, Refused(Refusal::Filter(None))),
    // The prices of a list.
    (-1_165, Refused(Refusal::PriceRelation)),
    (-1_166, Refused(Refusal::PriceRelation)),
    (-1_196, Refused(Refusal::PriceRelation)),
    (-1_197, Refused(Refusal::PriceRelation)),
    (-1_198, Refused(Refusal::PriceRelation)),
    (-1_199, Refused(Refusal::PriceRelation)),
    (-2_013, NoSuchOrder),
    (-2_014, Refused(Refusal::KeyRejected)),
    (-2_015, Refused(Refusal::KeyRejected)),
    (-2_021, Halves),
    (-2_022, Halves),
    (-2_026, Archived),
    (-2_039, Refused(Refusal::Other(-2_039))),
];

/// Faults in the parameters, found before anything is done: `-1100` to `-1131`, and single ones.
const PARAMETER_FAULTS: std::ops::RangeInclusive<i32> = -1_131..=-1_100;
const MORE_PARAMETER_FAULTS: &[i32] = &[
    -1_134, -1_135, -1_139, -1_145, -1_151, -1_158, -1_160, -1_168, -1_182, -1_194, -1_210, -1_211,
    -1_220, -1_222, -1_223, -1_224, -1_225,
];

/// Codes under which the engine gives its reasons as text.
const WORDED: &[i32] = &[-1_010, -1_013, -2_010, -2_011, -2_038];

/// What is characteristic of a text, in lowercase, and what it says. The first that fits holds.
const TEXTS: &[(&str, Meaning)] = &[
    ("duplicate", Duplicate),
    ("unknown order", NotOpen),
    // As the exchange said it before 2019.
    ("unknown_order", NotOpen),
    ("due to cancel restrictions", Refused(Refusal::PartlyFilled)),
    ("insufficient balance", Refused(Refusal::InsufficientBalance)),
    ("would trigger immediately", Refused(Refusal::WouldTriggerImmediately)),
    ("would immediately match", Refused(Refusal::WouldTakeImmediately)),
    ("relationship of the prices", Refused(Refusal::PriceRelation)),
    ("market is closed", Refused(Refusal::MarketClosed)),
    ("trading phase", Refused(Refusal::MarketClosed)),
    ("for this phase", Refused(Refusal::MarketClosed)),
    ("not permitted for this account", Refused(Refusal::NotPermitted)),
    ("restricted for this account", Refused(Refusal::NotPermitted)),
    ("disabled on this account", Refused(Refusal::NotPermitted)),
    ("may not place or cancel orders", Refused(Refusal::NotPermitted)),
    ("trading is not enabled", Refused(Refusal::NotPermitted)),
    // "… orders are not supported for this symbol"; one of them is spelled "support".
    ("for this symbol", Refused(Refusal::NotPermitted)),
    ("qty is zero or less", Refused(Refusal::Filter(None))),
];

/// The texts of errors that leave nothing open but are not told apart.
const REFUSING_TEXTS: &[&str] = &[
    "unsupported order combination",
    "icebergqty exceeds qty",
    "check origclordid and orderid",
    "order book liquidity",
    "order amend",
    "would change no state",
    "pegged price",
    "price peg",
    "self-trade prevention mode",
];

impl Meaning {
    /// What a status with the code and text of its body says; `error` is none where the body is no
    /// error of the API.
    pub fn of(status: u16, error: Option<(i32, &str)>) -> Self {
        match (status, error) {
            // Whatever it says: the order may have gone through.
            (500.., _) => Unknown,
            (451, _) => Refused(Refusal::NotPermitted),
            (400..500, Some((code, text))) => Self::of_error(code, text),
            // A page of a proxy or a firewall, a redirect, a success that is none.
            _ => Unknown,
        }
    }

    /// What a code with its text says: of a whole answer, or of one half of `cancelReplace`.
    pub fn of_error(code: i32, text: &str) -> Self {
        if let Some((_, meaning)) = CODES.iter().find(|(known, _)| *known == code) {
            return *meaning;
        }
        if WORDED.contains(&code) {
            return Self::of_text(code, text);
        }
        if PARAMETER_FAULTS.contains(&code) || MORE_PARAMETER_FAULTS.contains(&code) {
            return Refused(Refusal::Other(code));
        }
        Unknown
    }

    fn of_text(code: i32, text: &str) -> Self {
        if let Some(name) = text.strip_prefix("Filter failure: ") {
            let name = name.trim_end_matches('.');
            let filter = FilterName::ALL.into_iter().find(|filter| filter.as_str() == name);
            return Refused(Refusal::Filter(filter));
        }
        let lowercase = text.to_ascii_lowercase();
        let known = TEXTS.iter().find(|(characteristic, _)| lowercase.contains(characteristic));
        if let Some((_, meaning)) = known {
            return *meaning;
        }
        let is_refusal = REFUSING_TEXTS.iter().any(|known| lowercase.contains(known));
        match code {
            // The code alone says that the cancellation did not happen. Why is to be asked.
            -2_011 if !is_refusal => NotOpen,
            // "Error message received": of what, only the text says.
            -1_010 if !is_refusal => Unknown,
            _ => Refused(Refusal::Other(code)),
        }
    }
}
