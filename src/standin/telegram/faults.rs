//! Faults, switched on by whoever tests a bot.

use heikin_core::time::{Span, Timestamp};
use serde::Deserialize;

use super::super::broken::{self, Instead, When};
use super::super::rules::{HowOften, Rules};

/// An element of `POST /standin/faults`.
///
/// `kind` says what; the other fields belong to some kinds. A rule holds `times` times (once, where
/// nothing is said), or in `per_10000` of ten thousand cases until `clear`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultRequest {
    /// See the table in [`super`].
    pub kind: String,
    /// Which method; every one where absent.
    pub method: Option<String>,
    /// For which chat; every one where absent.
    pub chat: Option<i64>,
    /// How often.
    pub times: Option<u32>,
    /// How probable.
    pub per_10000: Option<u32>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// How long: on the stand-in's clock for `too_many_requests`, really for the `timeout_` kinds.
    pub seconds: Option<u32>,
}

/// Which requests.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Which {
    method: Option<String>,
    chat: Option<i64>,
}

impl Which {
    fn concerns(&self, method: &str, chat: Option<i64>) -> bool {
        self.method.as_deref().is_none_or(|it| it == method)
            && self.chat.is_none_or(|it| Some(it) == chat)
    }
}

/// The faults that are on.
#[derive(Debug)]
pub(super) struct Faults {
    answers: Rules<(Which, When, Instead)>,
    again: Rules<()>,
    /// Until then, such requests are too many.
    floods: Vec<(Which, Timestamp)>,
    /// Requests that came before a `retry_after` had passed.
    pub(super) impatient: u64,
}

impl Faults {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            answers: Rules::new(seed),
            again: Rules::new(seed ^ 1),
            floods: Vec::new(),
            impatient: 0,
        }
    }

    /// What happens to a request; `method` in lower case.
    pub(super) fn strike(&mut self, method: &str, chat: Option<i64>) -> Option<(When, Instead)> {
        let struck = self.answers.strike(|(which, ..)| which.concerns(method, chat));
        struck.map(|(_, when, instead)| (when, instead))
    }

    /// For how many seconds such a request is still too many.
    pub(super) fn flooded(
        &mut self,
        method: &str,
        chat: Option<i64>,
        now: Timestamp,
    ) -> Option<i64> {
        self.floods.retain(|(_, until)| *until > now);
        let is_polling = method == "getupdates" || method == "getme";
        let until = self
            .floods
            .iter()
            .filter(|(which, _)| which.concerns(method, chat))
            .filter(|(which, _)| !is_polling || which.method.is_some())
            .map(|(_, until)| *until)
            .max()?;
        self.impatient += 1;
        Some((until.since(now).millis() + 999) / 1_000)
    }

    /// Whether an update that was confirmed is told once more.
    pub(super) fn is_told_again(&mut self) -> bool {
        self.again.strike(|()| true).is_some()
    }

    /// Switches a fault on.
    pub(super) fn apply(&mut self, request: &FaultRequest, now: Timestamp) -> Result<(), String> {
        let method = request.method.as_deref().map(str::to_ascii_lowercase);
        let mut which = Which { method, chat: request.chat };
        let how_often = HowOften::of(request.times, request.per_10000)?;
        match request.kind.as_str() {
            "clear" => {
                self.answers.clear();
                self.again.clear();
                self.floods.clear();
                return Ok(());
            }
            "too_many_requests" => {
                let seconds = request.seconds.ok_or("too_many_requests needs seconds")?;
                self.floods.push((which, now + Span::from_secs(seconds)));
                return Ok(());
            }
            "updates_again" => {
                self.again.add((), how_often);
                return Ok(());
            }
            "conflict" => {
                which.method = Some("getupdates".to_owned());
                self.answers.add((which, When::Before, Instead::Status(409)), how_often);
                return Ok(());
            }
            _ => {}
        }
        let (kind, status) = (request.kind.as_str(), request.status);
        let (when, instead) = broken::of_kind(kind, status, request.seconds)?.ok_or_else(|| {
            format!(
                "there is no fault {kind:?}: it is one of {}, conflict, too_many_requests, \
                 updates_again, clear",
                broken::KINDS
            )
        })?;
        self.answers.add((which, when, instead), how_often);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(0);

    fn request(kind: &str) -> FaultRequest {
        FaultRequest { kind: kind.to_owned(), ..Default::default() }
    }

    #[test]
    fn a_rule_strikes_the_method_and_the_chat_it_names() {
        let mut faults = Faults::new(1);
        let rule = FaultRequest {
            method: Some("sendMessage".to_owned()),
            chat: Some(7),
            ..request("lost_after")
        };
        faults.apply(&rule, NOW).unwrap();
        assert_eq!(faults.strike("sendmessage", Some(8)), None);
        assert_eq!(faults.strike("sendphoto", Some(7)), None);
        assert_eq!(faults.strike("sendmessage", Some(7)), Some((When::After, Instead::Lost)));
        assert_eq!(faults.strike("sendmessage", Some(7)), None);
    }

    #[test]
    fn a_flood_lasts_and_tells_how_long_and_spares_polling() {
        let mut faults = Faults::new(1);
        let flood = FaultRequest { seconds: Some(30), ..request("too_many_requests") };
        faults.apply(&flood, NOW).unwrap();
        let later = NOW + Span::from_millis(500);
        assert_eq!(faults.flooded("sendmessage", Some(1), later), Some(30));
        assert_eq!(faults.flooded("getupdates", None, later), None);
        assert_eq!(faults.flooded("sendmessage", Some(1), NOW + Span::from_secs(30)), None);
        assert_eq!(faults.impatient, 1);
    }

    #[test]
    fn what_is_no_fault_is_refused() {
        let mut faults = Faults::new(1);
        assert!(faults.apply(&request("fire"), NOW).unwrap_err().contains("lost_before"));
        assert!(faults.apply(&request("too_many_requests"), NOW).is_err());
        let fine = FaultRequest { status: Some(200), ..request("error_before") };
        assert!(faults.apply(&fine, NOW).is_err());
    }
}
