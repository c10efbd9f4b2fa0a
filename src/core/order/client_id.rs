//! Deterministic client order ids.
//!
//! `hk1` + installation tag + `-` trader `-` slot and generation `-` attempt and part, as in
//! `hk17gk2-3-E1042-1`: at most 36 characters of `[a-zA-Z0-9-_]`, the legal alphabet on Binance Spot.
//! The generation counts the decisions of the slot in the engine's own state and the attempt its
//! sends; neither chance nor a clock is in them, so a replay gives the same ids. On the exchange an
//! id is unique only among *open* orders: it is the key that joins, not a guarantee.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

const PREFIX: &str = "hk1";

/// Four characters drawn once when heikin is installed, so that two installations on one account
/// know their orders apart.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstallationTag([u8; 4]);

impl InstallationTag {
    /// The tag of backtests and simulations.
    pub const BACKTEST: Self = Self(*b"0000");

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for InstallationTag {
    type Err = ClientOrderIdError;

    fn from_str(text: &str) -> Result<Self, ClientOrderIdError> {
        match text.as_bytes().try_into() {
            Ok(bytes) if text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()) => {
                Ok(Self(bytes))
            }
            _ => Err(ClientOrderIdError),
        }
    }
}

impl fmt::Display for InstallationTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for InstallationTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The number of a trader within its account.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct TraderId(pub u16);

impl fmt::Display for TraderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A named place for at most one live order of a trader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Slot {
    /// Opens the position.
    Entry,
    /// Protects and closes the position.
    Exit,
    /// One of several orders of the same kind, such as a level of a grid.
    Level(u8),
}

impl Slot {
    /// Its place in a trader's list of slots.
    #[inline]
    pub const fn index(self) -> usize {
        match self {
            Self::Entry => 0,
            Self::Exit => 1,
            Self::Level(level) => 2 + level as usize,
        }
    }

    /// The slot at this place in a trader's list of slots.
    const fn at(index: usize) -> Self {
        match index {
            0 => Self::Entry,
            1 => Self::Exit,
            #[expect(clippy::cast_possible_truncation, reason = "an index of a slot: at most 257")]
            level => Self::Level((level - 2) as u8),
        }
    }

    /// All slots up to this one, in their order.
    pub fn up_to_here(self) -> impl Iterator<Item = Self> {
        (0..=self.index()).map(Self::at)
    }

    const fn letter(self) -> char {
        match self {
            Self::Entry => 'E',
            Self::Exit => 'X',
            Self::Level(_) => 'L',
        }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry => f.pad("entry"),
            Self::Exit => f.pad("exit"),
            Self::Level(level) => write!(f, "level {level}"),
        }
    }
}

/// Which of the ids that belong to one attempt this is. Every leg of a list and every cancel gets
/// its id from us; otherwise the exchange would invent one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum Part {
    /// The order itself, or the list of a bracket.
    #[default]
    Order,
    /// The stop leg of a bracket.
    StopLeg,
    /// The take-profit leg of a bracket.
    TargetLeg,
    /// The cancellation.
    Cancel,
}

impl Part {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Order => "",
            Self::StopLeg => "s",
            Self::TargetLeg => "t",
            Self::Cancel => "c",
        }
    }
}

/// The parts of a [`ClientOrderId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientOrderIdParts {
    /// Whose installation.
    pub tag: InstallationTag,
    /// Which trader.
    pub trader: TraderId,
    /// Which of its slots.
    pub slot: Slot,
    /// Which decision of the slot, counting from 1.
    pub generation: u32,
    /// Which send of the decision, counting from 1.
    pub attempt: u16,
    /// The order, one of its legs, or its cancellation.
    pub part: Part,
}

/// A client order id of ours, packed: it is compared for every report and copied into every order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientOrderId {
    /// Generation, attempt, trader, from the highest bit down.
    send: u64,
    /// Tag, part, slot.
    place: u64,
}

impl ClientOrderId {
    /// The id of these parts.
    #[inline]
    pub const fn new(parts: ClientOrderIdParts) -> Self {
        let ClientOrderIdParts { tag, trader, slot, generation, attempt, part } = parts;
        let send = (generation as u64) << 32 | (attempt as u64) << 16 | trader.0 as u64;
        let place =
            (u32::from_be_bytes(tag.0) as u64) << 32 | (part as u64) << 16 | slot.index() as u64;
        Self { send, place }
    }

    /// Its parts.
    pub const fn parts(self) -> ClientOrderIdParts {
        ClientOrderIdParts {
            tag: self.tag(),
            trader: self.trader(),
            slot: self.slot(),
            generation: self.generation(),
            attempt: self.attempt(),
            part: self.part(),
        }
    }

    /// Whose installation.
    #[inline]
    pub const fn tag(self) -> InstallationTag {
        InstallationTag(low_u32(self.place >> 32).to_be_bytes())
    }

    /// Which trader.
    #[inline]
    pub const fn trader(self) -> TraderId {
        TraderId(low_u16(self.send))
    }

    /// Which of its slots.
    #[inline]
    pub const fn slot(self) -> Slot {
        Slot::at(low_u16(self.place) as usize)
    }

    /// Which decision of the slot, counting from 1.
    #[inline]
    pub const fn generation(self) -> u32 {
        low_u32(self.send >> 32)
    }

    /// Which send of the decision, counting from 1.
    #[inline]
    pub const fn attempt(self) -> u16 {
        low_u16(self.send >> 16)
    }

    /// The order, one of its legs, or its cancellation.
    pub const fn part(self) -> Part {
        match low_u16(self.place >> 16) {
            0 => Part::Order,
            1 => Part::StopLeg,
            2 => Part::TargetLeg,
            _ => Part::Cancel,
        }
    }

    /// Whether the two ids belong to the same attempt of the same decision of one trader.
    #[inline]
    pub const fn is_same_send(self, other: Self) -> bool {
        self.send == other.send
    }

    /// The id of another part of the same attempt.
    #[must_use]
    pub const fn with_part(self, part: Part) -> Self {
        let place = self.place & !0xffff_0000 | (part as u64) << 16;
        Self { place, ..self }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
const fn low_u16(bits: u64) -> u16 {
    bits as u16
}

#[expect(clippy::cast_possible_truncation, reason = "the low bits are what is asked for")]
const fn low_u32(bits: u64) -> u32 {
    bits as u32
}

impl fmt::Display for ClientOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.parts();
        write!(f, "{PREFIX}{}-{}-{}", id.tag, id.trader, id.slot.letter())?;
        if let Slot::Level(level) = id.slot {
            write!(f, "{level}_")?;
        }
        write!(f, "{}-{}{}", id.generation, id.attempt, id.part.suffix())
    }
}

impl fmt::Debug for ClientOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A text that is no client order id of heikin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a client order id of heikin")]
pub struct ClientOrderIdError;

impl FromStr for ClientOrderId {
    type Err = ClientOrderIdError;

    fn from_str(text: &str) -> Result<Self, ClientOrderIdError> {
        parse(text).filter(|id| id.to_string() == text).ok_or(ClientOrderIdError)
    }
}

/// Reads the parts; the caller compares with the canonical text, so leniency here is harmless.
fn parse(text: &str) -> Option<ClientOrderId> {
    let (tag, rest) = text.strip_prefix(PREFIX)?.split_once('-')?;
    let mut parts = rest.split('-');
    let (trader, decision, attempt) = (parts.next()?, parts.next()?, parts.next()?);
    let (slot, generation) = match decision.split_at_checked(1)? {
        ("E", generation) => (Slot::Entry, generation),
        ("X", generation) => (Slot::Exit, generation),
        ("L", rest) => {
            let (level, generation) = rest.split_once('_')?;
            (Slot::Level(level.parse().ok()?), generation)
        }
        _ => return None,
    };
    let digits = attempt.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let part = [Part::Order, Part::StopLeg, Part::TargetLeg, Part::Cancel]
        .into_iter()
        .find(|part| attempt.strip_prefix(digits) == Some(part.suffix()))?;
    Some(ClientOrderId::new(ClientOrderIdParts {
        tag: tag.parse().ok()?,
        trader: TraderId(trader.parse().ok()?),
        slot,
        generation: generation.parse().ok()?,
        attempt: digits.parse().ok()?,
        part,
    }))
}

/// Who made an order. No strategy may react to a SYSTEM fill as if it were MANUAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Origin {
    /// This installation.
    System,
    /// Another installation of heikin on the same account.
    OtherInstallation,
    /// The user, or another program.
    Manual,
}

impl Origin {
    /// Who made the order with this client id, seen from the installation `ours`.
    pub fn of(client_id: &str, ours: InstallationTag) -> Self {
        match client_id.parse::<ClientOrderId>() {
            Ok(id) if id.tag() == ours => Self::System,
            Ok(_) => Self::OtherInstallation,
            Err(_) => Self::Manual,
        }
    }
}

macro_rules! serde_as_text {
    ($type:ty) => {
        impl Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

serde_as_text!(InstallationTag);
serde_as_text!(ClientOrderId);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_id() -> impl Strategy<Value = ClientOrderId> {
        let slot =
            prop_oneof![Just(Slot::Entry), Just(Slot::Exit), any::<u8>().prop_map(Slot::Level)];
        let part = prop_oneof![
            Just(Part::Order),
            Just(Part::StopLeg),
            Just(Part::TargetLeg),
            Just(Part::Cancel)
        ];
        ("[a-z0-9]{4}", any::<u16>(), slot, any::<u32>(), any::<u16>(), part).prop_map(
            |(tag, trader, slot, generation, attempt, part)| {
                ClientOrderId::new(ClientOrderIdParts {
                    tag: tag.parse().unwrap(),
                    trader: TraderId(trader),
                    slot,
                    generation,
                    attempt,
                    part,
                })
            },
        )
    }

    proptest! {
        #[test]
        fn every_id_is_legal_on_the_exchange_and_reads_back(id in any_id()) {
            let text = id.to_string();
            prop_assert!(text.len() <= 36, "{text}");
            prop_assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'));
            prop_assert_eq!(text.parse(), Ok(id));
            prop_assert_eq!(ClientOrderId::new(id.parts()), id);
            prop_assert_eq!(id.with_part(Part::Cancel).with_part(id.part()), id);
        }

        #[test]
        fn no_other_text_is_taken_for_an_id(text in "hk1[a-z0-9]{3,5}-[0-9]{0,3}-[EXLZ][0-9_]{0,4}-[0-9]{0,2}[a-z]{0,2}") {
            if let Ok(id) = text.parse::<ClientOrderId>() {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }

    #[test]
    fn origin_follows_prefix_and_tag() {
        let ours = "7gk2".parse().unwrap();
        assert_eq!(Origin::of("hk17gk2-3-E1042-1", ours), Origin::System);
        assert_eq!(Origin::of("hk19999-3-X7-2c", ours), Origin::OtherInstallation);
        for manual in ["web_5f3a", "", "hk1", "hk17gk2-3-E1042-01", "hk17gk2-3-E1042-1-"] {
            assert_eq!(Origin::of(manual, ours), Origin::Manual, "{manual}");
        }
    }
}
