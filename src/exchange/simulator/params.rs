//! The parameters of a request, from a query, a form or JSON, and the rules that they keep
//! (`errors.md`, 11xx).

use std::collections::BTreeMap;
use std::str::FromStr;

use heikin_core::num::NumberError;
use heikin_core::time::Timestamp;
use serde_json::value::RawValue;

use super::error::{ApiError, Result};

/// What decimals look like on the wire.
const DECIMAL: &str = r"^([0-9]{1,20})(\.[0-9]{1,20})?$";
/// What client order ids look like.
const CLIENT_ID: &str = "^[a-zA-Z0-9-_]{1,36}$";

/// Names and values, each name once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// From a query and a form. A name in both has the query's value.
    pub(super) fn of_text(query: &str, form: &str) -> Result<Self> {
        let mut params = Self::default();
        let in_query = pairs(query)?;
        let in_form = pairs(form)?;
        for (own, others) in [(in_query, false), (in_form, true)] {
            let before = params.0.len();
            for (name, value) in own {
                let place = params.0.iter().position(|(known, _)| *known == name);
                match place {
                    Some(place) if others && place < before => {}
                    Some(_) => {
                        return Err(ApiError::new(
                            -1101,
                            "Duplicate values for a parameter detected.",
                        ));
                    }
                    None => params.0.push((name, value)),
                }
            }
        }
        Ok(params)
    }

    /// From the `params` of the WebSocket API, sorted by name: numbers are text as they stand there.
    pub(super) fn of_json(object: Option<&RawValue>) -> Result<Self> {
        let bad = |_error| ApiError::new(-1135, "Invalid JSON Request");
        let object: BTreeMap<String, &RawValue> = match object {
            Some(raw) if raw.get() != "null" => serde_json::from_str(raw.get()).map_err(bad)?,
            _ => BTreeMap::new(),
        };
        let value = |raw: &RawValue| match raw.get().as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw.get()).map_err(bad),
            _ => Ok(raw.get().to_owned()),
        };
        let params: Result<Vec<_>> =
            object.into_iter().map(|(name, raw)| Ok((name, value(raw)?))).collect();
        params.map(Self)
    }

    /// What is signed over the WebSocket API: everything but the signature, sorted, not encoded.
    pub(super) fn sorted_payload(&self) -> String {
        let mut pairs: Vec<_> = self.0.iter().filter(|(name, _)| name != "signature").collect();
        pairs.sort();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("&")
    }

    /// Refuses names that the endpoint does not read.
    pub(super) fn only(&self, known: &[&[&str]]) -> Result<()> {
        let read = self
            .0
            .iter()
            .filter(|(name, _)| known.iter().any(|names| names.contains(&name.as_str())));
        let (read, sent) = (read.count(), self.0.len());
        if read == sent {
            return Ok(());
        }
        let text = format!(
            "Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'."
        );
        Err(ApiError::new(-1104, text))
    }

    /// All but one.
    pub(super) fn without(&self, name: &str) -> Self {
        Self(self.0.iter().filter(|(known, _)| known != name).cloned().collect())
    }

    /// A parameter that has a value.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A parameter; one that is there must not be empty.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>> {
        match self.get(name) {
            Some("") => Err(ApiError::new(-1105, format!("Parameter '{name}' was empty."))),
            value => Ok(value),
        }
    }

    pub(super) fn required(&self, name: &str) -> Result<&str> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| ApiError::missing(name))
    }

    /// A decimal that fits the exchange's precision.
    pub(super) fn decimal<T: FromStr<Err = NumberError>>(&self, name: &str) -> Result<Option<T>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let mut parts = text.splitn(2, '.');
        let digits = |part: &str| {
            (1..=20).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        };
        if !parts.all(digits) {
            return Err(ApiError::illegal(name, DECIMAL));
        }
        match text.parse() {
            Ok(number) => Ok(Some(number)),
            Err(NumberError::TooPrecise(_)) => {
                let text = format!("Parameter '{name}' has too much precision.");
                Err(ApiError::new(-1111, text))
            }
            Err(NumberError::TooLarge) => {
                Err(ApiError::new(-1108, format!("Parameter '{name}' overflowed.")))
            }
            Err(_zero) => Err(ApiError::new(-1013, format!("Invalid {name}."))),
        }
    }

    /// A whole number.
    pub(super) fn integer(&self, name: &str) -> Result<Option<i64>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number = text.parse();
        number.map(Some).map_err(|_none| ApiError::illegal(name, "^[0-9]{1,20}$"))
    }

    /// A number that is not below zero, such as one of the exchange's ids.
    pub(super) fn id(&self, name: &str) -> Result<Option<u64>> {
        let number = self.integer(name)?;
        number
            .map(|number| u64::try_from(number).map_err(|_below| ApiError::missing(name)))
            .transpose()
    }

    /// Milliseconds, or microseconds where there are that many digits.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>> {
        let Some(number) = self.integer(name)? else { return Ok(None) };
        let millis = if number >= 100_000_000_000_000 { number / 1_000 } else { number };
        Ok(Some(Timestamp::from_millis(millis)))
    }

    /// How many rows: clamped to what the endpoint gives.
    pub(super) fn limit(&self, usual: usize, most: usize) -> Result<usize> {
        let Some(number) = self.integer("limit")? else { return Ok(usual) };
        match usize::try_from(number) {
            Ok(0) | Err(_) => {
                Err(ApiError::new(-1130, "Data sent for parameter 'limit' is not valid."))
            }
            Ok(number) => Ok(number.min(most)),
        }
    }

    /// A client's id for an order or a list.
    pub(super) fn client_id(&self, name: &str) -> Result<Option<String>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let legal = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if text.len() > 36 || !text.bytes().all(legal) {
            return Err(ApiError::illegal(name, CLIENT_ID));
        }
        Ok(Some(text.to_owned()))
    }

    /// Several names in a JSON array.
    pub(super) fn names(&self, name: &str) -> Result<Option<Vec<String>>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let names: Vec<String> = serde_json::from_str(text).map_err(|_error| {
            ApiError::illegal(
                name,
                "^\\[(\"[A-Z0-9-_.]{1,20}\"(,\"[A-Z0-9-_.]{1,20}\"){0,}){0,1}\\]$",
            )
        })?;
        let mut sorted: Vec<_> = names.iter().collect();
        sorted.sort();
        if sorted.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            return Err(ApiError::new(-1151, "Symbol is present multiple times in the list."));
        }
        Ok(Some(names))
    }
}

fn pairs(text: &str) -> Result<Vec<(String, String)>> {
    let filled = text.split('&').filter(|pair| !pair.is_empty());
    filled
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decoded(name)?, decoded(value)?))
        })
        .collect()
}

/// Text that was percent-encoded.
pub(super) fn decoded(text: &str) -> Result<String> {
    let bad = || ApiError::new(-1100, "Illegal characters found in a parameter.");
    let hex =
        |digit: Option<u8>| char::from(digit?).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => {
                let (high, low) = (hex(bytes.next()), hex(bytes.next()));
                let (high, low) = high.zip(low).ok_or_else(bad)?;
                high << 4 | low
            }
            b'+' => b' ',
            other => other,
        });
    }
    String::from_utf8(plain).map_err(|_not_text| bad())
}
