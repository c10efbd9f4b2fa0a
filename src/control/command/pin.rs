//! The PIN: asked for what raises the risk, compared in constant time, locked after five wrong ones.

use heikin_bot::backend::{Alert, BackendError, Identity, Outcome, Refusal, SystemAlert};
use heikin_core::time::Timestamp;
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::{Commander, Conclusion, concluded};
use crate::control::Control;
use crate::control::addressees::user_of;
use crate::control::front::record::Event;

/// What a try came to.
enum Try {
    Right,
    Wrong { left: u8 },
    Locked { until: Timestamp, is_new: bool },
}

/// Whether the PIN is asked of somebody. Whoever sits at this machine reads it in `.env` anyway.
pub(super) fn is_asked_of(control: &Control, commander: &Commander) -> bool {
    control.shared.config.secrets.chat_pin.is_some() && commander.by != Identity::Terminal
}

/// None where the command may go on; else how it ended.
pub(super) async fn admit(
    control: &Control,
    commander: &Commander,
    what: &str,
) -> Result<Option<Outcome>, BackendError> {
    let Some(pin) = control.shared.config.secrets.chat_pin.as_ref() else { return Ok(None) };
    if !is_asked_of(control, commander) {
        return Ok(None);
    }
    let is_right = commander.pin.as_ref().map(|typed| {
        // Digests are of one length: how long it takes says nothing of either.
        let digest = |text: &str| Sha256::digest(text.as_bytes());
        bool::from(digest(typed.expose()).ct_eq(&digest(pin.expose_secret())))
    });
    let (commander, what) = (commander.clone(), format!("{what}: PIN"));
    control
        .front(move |ledger| {
            let Commander { by, now, .. } = &commander;
            let locked = ledger.state().pins().locked_until(by, *now);
            let tried = match (locked, is_right) {
                (Some(until), _) => Try::Locked { until, is_new: false },
                (None, None) => return Ok(Some(Outcome::PinNeeded)),
                (None, Some(true)) => Try::Right,
                (None, Some(false)) => {
                    ledger.record(*now, vec![Event::PinWrong { by: by.clone() }])?;
                    match ledger.state().pins().locked_until(by, *now) {
                        Some(until) => Try::Locked { until, is_new: true },
                        None => Try::Wrong { left: ledger.state().pins().left(by) },
                    }
                }
            };
            let conclusion = match tried {
                Try::Right => {
                    if ledger.state().pins().has_failed(by) {
                        ledger.record(*now, vec![Event::PinRight { by: by.clone() }])?;
                    }
                    return Ok(None);
                }
                Try::Wrong { left } => Conclusion::refused(what, Refusal::WrongPin { left }),
                Try::Locked { until, is_new } => {
                    let refused = Conclusion::refused(what, Refusal::Locked { until });
                    if is_new { refused.telling(Some("pin"), alert(by, until)) } else { refused }
                }
            };
            concluded(ledger, &commander, conclusion).map(Some)
        })
        .await
}

fn alert(by: &Identity, until: Timestamp) -> Alert {
    Alert::System(match (user_of(by), by) {
        (Some(user), _) => SystemAlert::PinLocked { user, until },
        (None, Identity::Token { name }) => SystemAlert::Fault {
            what: format!("five wrong PINs with the API's token {name}"),
            doing: "what takes a PIN is refused to it for 15 minutes".to_owned(),
            remedy: "if that was not you, take the token out of heikin.toml and restart".to_owned(),
        },
        (None, _) => SystemAlert::FaultOver { what: "a wrong PIN".to_owned() },
    })
}
