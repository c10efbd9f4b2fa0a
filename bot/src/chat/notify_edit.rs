//! What somebody is told, changed word by word.

use super::ask::answer;
use super::bot::{Bot, Turn};
use super::read::Misread;
use crate::backend::{
    AlertKind, Answer, Backend, BackendError, Command, Loudness, NotifyPreferences, Query,
    QuietHours,
};
use crate::commands::Verb;
use crate::local_time::known_zone;
use crate::message::Reply;
use crate::view::{self, words};

impl<B: Backend> Bot<B> {
    pub(super) async fn notify(
        &self,
        turn: &Turn<'_>,
        edits: Option<&str>,
    ) -> Result<Reply, BackendError> {
        let preferences = answer!(self, Query::Notify { user: turn.user.id }, Notify);
        let Some(edits) = edits else { return Ok(turn.show(view::notify(&preferences))) };
        match edited(preferences, edits) {
            Ok(preferences) => self.act(turn, Command::SetNotify { preferences }, None).await,
            Err(misread) => Ok(Reply::from(misread)),
        }
    }
}

const LOUDNESSES: [Loudness; 3] = [Loudness::Off, Loudness::Silent, Loudness::Loud];

/// The preferences after `edits`: `on`, `off`, `stop silent`, `quiet 22:00-07:00`,
/// `zone Asia/Kolkata`, `digest 08:00`.
fn edited(mut preferences: NotifyPreferences, edits: &str) -> Result<NotifyPreferences, Misread> {
    let words: Vec<_> = edits.split_whitespace().collect();
    match words.as_slice() {
        ["on"] => preferences.on = true,
        ["off"] => preferences.on = false,
        ["quiet", "off"] => preferences.quiet = None,
        ["quiet", hours] => {
            let (from, to) = hours.split_once('-').unwrap_or((hours, ""));
            preferences.quiet = match (minute(from), minute(to)) {
                (Some(from), Some(to)) if from != to => Some(QuietHours { from, to }),
                _ => return Err(misread("Quiet hours are two times such as 22:00-07:00, or off")),
            };
        }
        ["digest", "off"] => preferences.digest_at = None,
        ["digest", time] => {
            let at = minute(time);
            preferences.digest_at =
                Some(at.ok_or_else(|| misread("The digest's time is one such as 08:00, or off"))?);
        }
        ["zone", zone] => {
            preferences.zone = known_zone(zone)
                .ok_or_else(|| misread("A zone is a name such as Asia/Kolkata or Europe/Berlin"))?;
        }
        [kind, loudness] => {
            let kind =
                AlertKind::ALL.into_iter().find(|known| words::alert_kind(*known).0 == *kind);
            let loudness =
                LOUDNESSES.into_iter().find(|known| words::loudness(*known) == *loudness);
            match (kind, loudness) {
                (Some(kind), _) if !kind.is_choosable() => {
                    return Err(misread("Faults and your subscription are always told"));
                }
                (Some(kind), Some(loudness)) => drop(preferences.kinds.insert(kind, loudness)),
                _ => return Err(misread("Say a kind and loud, silent or off")),
            }
        }
        _ => return Err(misread("Say what to change")),
    }
    Ok(preferences)
}

fn misread(problem: &str) -> Misread {
    Misread(format!("{problem}. Example: {}", Verb::Notify.entry().example))
}

/// `07:00` as minutes of the day.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}
