//! The rows of the view, and how each lies in it: one byte of version, a checksum over key and all
//! else, and JSON.

use heikin_core::engine::{Alert, Sequence};
use heikin_core::ledger::Trade;
use heikin_core::order::{Fill, NewOrder, OrderState, Refusal};
use heikin_core::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The version of the rows that this build writes. Others are not read: the view is built anew.
const VERSION: u8 = 1;
/// Larger rows would make sled write files of their own, which it never syncs.
pub(super) const MOST: usize = 4096;

const HEAD: usize = 5;

/// An order that was decided, and what the exchange has said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRow {
    /// The record of the intent.
    pub seq: Sequence,
    /// The input that caused it.
    pub cause: Sequence,
    /// When it was decided.
    pub at: Timestamp,
    /// What was asked.
    pub order: NewOrder,
    /// What came of sending it, as far as it was answered.
    pub answer: Option<Answer>,
    /// How it stands; one for each leg of a bracket.
    pub states: Vec<OrderState>,
}

/// What came of sending an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It was taken in.
    Placed,
    /// It was refused.
    Refused(Refusal),
    /// It was never sent.
    NotSent,
    /// No usable answer came.
    Unknown,
}

/// An execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillRow {
    /// The record that first told of it.
    pub seq: Sequence,
    /// The order, or the leg of it, as the exchange calls it.
    pub order: heikin_core::order::ClientOrderId,
    /// What was executed.
    pub fill: Fill,
}

/// A trade that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeRow {
    /// The record that told of it.
    pub seq: Sequence,
    /// The trade.
    pub trade: Trade,
}

/// Something that people are told: a row of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRow {
    /// Its record.
    pub seq: Sequence,
    /// The input that caused it.
    pub cause: Sequence,
    /// When.
    pub at: Timestamp,
    /// What.
    pub alert: Alert,
}

/// What the view says of itself. It is written in one batch with the rows that it speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Meta {
    /// The last record that is in the view, and its checksum: of which journal.
    pub(super) applied: Sequence,
    pub(super) checksum: u32,
    /// How many rows there are, and the sum of their checksums: sled can lose some unnoticed.
    pub(super) rows: u64,
    pub(super) sum: u64,
}

/// A kind of row; it is the first byte of its keys.
pub trait Row: Serialize + DeserializeOwned {
    /// That byte.
    const FAMILY: u8;
}

impl Row for OrderRow {
    const FAMILY: u8 = b'o';
}

impl Row for FillRow {
    const FAMILY: u8 = b'f';
}

impl Row for TradeRow {
    const FAMILY: u8 = b't';
}

impl Row for AlertRow {
    const FAMILY: u8 = b'a';
}

/// By client order id, the record of the intent.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Index(pub(super) Sequence);

impl Row for Index {
    const FAMILY: u8 = b'i';
}

impl Row for Meta {
    const FAMILY: u8 = b'm';
}

/// The key of a row: its kind, and numbers so that they sort.
pub(super) fn key<R: Row>(parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![R::FAMILY];
    for part in parts {
        key.extend_from_slice(part);
    }
    key
}

pub(super) fn encode<R: Row>(key: &[u8], row: &R) -> Result<Vec<u8>, String> {
    let mut bytes = vec![0; HEAD];
    serde_json::to_writer(&mut bytes, row).map_err(|error| error.to_string())?;
    if bytes.len() > MOST {
        return Err(format!("a row has {} bytes; one may have {MOST}", bytes.len()));
    }
    if let Some(version) = bytes.first_mut() {
        *version = VERSION;
    }
    let checksum = checksum(key, &bytes);
    if let Some(place) = bytes.get_mut(1..HEAD) {
        place.copy_from_slice(&checksum.to_le_bytes());
    }
    Ok(bytes)
}

/// The checksum of a row that is good.
pub(super) fn check(key: &[u8], bytes: &[u8]) -> Result<u32, String> {
    match bytes.first() {
        Some(&VERSION) => {}
        Some(other) => return Err(format!("a row has version {other}, not {VERSION}")),
        None => return Err("a row is empty".to_owned()),
    }
    let found = bytes.get(1..).and_then(|rest| rest.first_chunk()).copied();
    let right = checksum(key, bytes);
    if found.map(u32::from_le_bytes) == Some(right) {
        Ok(right)
    } else {
        Err("the checksum of a row is wrong".to_owned())
    }
}

pub(super) fn decode<R: Row>(key: &[u8], bytes: &[u8]) -> Result<R, String> {
    check(key, bytes)?;
    let content = bytes.get(HEAD..).unwrap_or_default();
    serde_json::from_slice(content).map_err(|error| format!("a row is not understood: {error}"))
}

fn checksum(key: &[u8], bytes: &[u8]) -> u32 {
    let (version, content) = (bytes.get(..1), bytes.get(HEAD..));
    let head = crc32c::crc32c_append(crc32c::crc32c(key), version.unwrap_or_default());
    crc32c::crc32c_append(head, content.unwrap_or_default())
}
