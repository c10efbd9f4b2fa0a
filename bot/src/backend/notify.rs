//! What somebody is told, and how loudly.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Whether the phone makes a sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Loudness {
    /// Not sent.
    Off,
    /// Sent without a sound.
    Silent,
    /// Sent with a sound.
    Loud,
}

/// What an alert is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    /// An entry was placed.
    Entry,
    /// An order was filled, completely or in part.
    Fill,
    /// A stop was raised.
    Stop,
    /// A position was closed.
    Exit,
    /// A risk rule closed entries.
    Risk,
    /// The exchange could not be reached, or can be again.
    Connection,
    /// Something is wrong: always loud, cannot be turned off.
    Fault,
    /// The daily digest.
    Digest,
    /// Somebody came, left or acted.
    People,
    /// The person's own subscription: cannot be turned off.
    Subscription,
    /// A message of the operator.
    Broadcast,
}

impl AlertKind {
    /// Every kind, in the order in which they are shown.
    pub const ALL: [Self; 11] = [
        Self::Entry,
        Self::Fill,
        Self::Stop,
        Self::Exit,
        Self::Risk,
        Self::Connection,
        Self::Fault,
        Self::Digest,
        Self::People,
        Self::Subscription,
        Self::Broadcast,
    ];

    /// How loud it is unless somebody says otherwise.
    pub const fn default_loudness(self) -> Loudness {
        match self {
            Self::Entry | Self::Stop | Self::Digest | Self::People => Loudness::Silent,
            Self::Fill
            | Self::Exit
            | Self::Risk
            | Self::Connection
            | Self::Fault
            | Self::Subscription
            | Self::Broadcast => Loudness::Loud,
        }
    }

    /// Whether its loudness can be chosen.
    pub const fn is_choosable(self) -> bool {
        !matches!(self, Self::Fault | Self::Subscription)
    }
}

/// When everything but faults is silent, in minutes of the day in the person's zone. May pass
/// midnight: 22:00 to 07:00.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct QuietHours {
    /// From this minute of the day, 0–1439.
    pub from: u16,
    /// Until this minute of the day, 0–1439.
    pub to: u16,
}

impl QuietHours {
    /// Whether `minute` of the day is within.
    pub const fn holds(self, minute: u16) -> bool {
        if self.from <= self.to {
            self.from <= minute && minute < self.to
        } else {
            self.from <= minute || minute < self.to
        }
    }
}

/// What one person is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NotifyPreferences {
    /// Whether anything is sent at all, faults excepted.
    pub on: bool,
    /// Kinds that differ from their default.
    pub kinds: BTreeMap<AlertKind, Loudness>,
    /// When everything but faults is silent.
    pub quiet: Option<QuietHours>,
    /// The IANA name of the person's time zone.
    pub zone: String,
    /// The minute of the day, 0–1439, of the digest; none for no digest.
    pub digest_at: Option<u16>,
}

impl Default for NotifyPreferences {
    fn default() -> Self {
        Self {
            on: true,
            kinds: BTreeMap::new(),
            quiet: None,
            zone: "UTC".to_owned(),
            digest_at: Some(8 * 60),
        }
    }
}

impl NotifyPreferences {
    /// How loud an alert of this kind is at this minute of the person's day.
    pub fn loudness(&self, kind: AlertKind, minute: u16) -> Loudness {
        if !kind.is_choosable() {
            return Loudness::Loud;
        }
        if !self.on {
            return Loudness::Off;
        }
        let chosen = self.kinds.get(&kind).copied().unwrap_or(kind.default_loudness());
        let is_quiet = self.quiet.is_some_and(|quiet| quiet.holds(minute));
        if is_quiet { chosen.min(Loudness::Silent) } else { chosen }
    }
}
