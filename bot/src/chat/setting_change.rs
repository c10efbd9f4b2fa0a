//! Settings: found by name, asked for, changed.

use super::Wish;
use super::ask::{answer, no_such_trader};
use super::bot::{Bot, Turn};
use super::forms::Form;
use super::read::{Misread, Pick, shortened};
use crate::backend::{Answer, Backend, BackendError, Change, Command, Query, Setting, Trader};
use crate::message::Reply;
use crate::view;

impl<B: Backend> Bot<B> {
    pub(super) async fn settings(
        &self,
        turn: &Turn<'_>,
        wish: Wish,
    ) -> Result<Reply, BackendError> {
        let settings = answer!(self, Query::Settings, Settings);
        let (pick, key, value) = match wish {
            Wish::AskSetting { pick, key } => (pick, key, None),
            Wish::Set { pick, key, value } => (pick, key, Some(value)),
            Wish::Settings { group } => {
                let shown = view::settings(&settings, group.as_deref(), &turn.reader);
                return Ok(turn.show(shown));
            }
            _ => return Err(super::ask::mismatch()),
        };
        let found = find(&settings.items, pick, &key);
        let setting = match found.as_slice() {
            [] => {
                if pick.symbol.is_some() || pick.interval.is_some() {
                    let all = self.traders().await?;
                    if !all.iter().any(|trader| pick.fits(*trader)) {
                        return Ok(Reply::from(no_such_trader(pick, &all)));
                    }
                }
                return Ok(Reply::from(no_such_setting(&settings.items, &key)));
            }
            [one] => *one,
            several if value.is_none() => return Ok(turn.show(view::which_setting(several))),
            several => return Ok(Reply::from(name_a_trader(several, &key))),
        };
        if setting.changes.is_none() {
            return Ok(Reply::from(Misread(format!(
                "{} changes only in heikin.toml, with a restart.",
                setting.key
            ))));
        }
        let (key, trader) = (setting.key.clone(), setting.trader);
        if let Some(value) = value {
            return self.set(turn, key, trader, &value).await;
        }
        self.begin_form(turn, Form::Value { key, trader });
        Ok(turn.show(view::ask_setting(setting)))
    }

    /// `none` leaves a setting out.
    pub(super) async fn set(
        &self,
        turn: &Turn<'_>,
        key: String,
        trader: Option<Trader>,
        value: &str,
    ) -> Result<Reply, BackendError> {
        let value = if value.eq_ignore_ascii_case("none") { "" } else { value };
        let change = Change { key, trader, value: value.to_owned() };
        self.act(turn, Command::Set { changes: vec![change] }, None).await
    }
}

/// The settings of this name; where the whole name fits none, those that end in it.
fn find<'a>(settings: &'a [Setting], pick: Pick, key: &str) -> Vec<&'a Setting> {
    let fits = |setting: &&Setting| setting.trader.is_none_or(|trader| pick.fits(trader));
    let whole: Vec<_> = settings.iter().filter(fits).filter(|one| one.key == key).collect();
    if !whole.is_empty() {
        return whole;
    }
    let ending = format!(".{key}");
    settings.iter().filter(fits).filter(|one| one.key.ends_with(&ending)).collect()
}

fn name_a_trader(settings: &[&Setting], key: &str) -> Misread {
    let example = settings.first().and_then(|setting| setting.trader);
    let example = example.map_or(String::new(), |trader| format!("{trader} "));
    Misread(format!("Several traders have {key}: name one. Example: /set {example}{key} value"))
}

fn no_such_setting(settings: &[Setting], key: &str) -> Misread {
    let near = settings
        .iter()
        .map(|setting| (strsim::jaro_winkler(key, &setting.key), setting.key.as_str()))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(one, _), (other, _)| one.total_cmp(other));
    let key = shortened(key);
    Misread(match near {
        Some((_, meant)) => format!("There is no setting {key}. Did you mean {meant}?"),
        None => format!("There is no setting {key}; /settings lists them."),
    })
}
