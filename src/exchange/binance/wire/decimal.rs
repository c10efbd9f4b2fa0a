//! Decimals in strings, read exactly or refused.

use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

use heikin_core::num::Price;
use serde::de::{self, Deserialize, Deserializer, Visitor};

struct Text<T>(PhantomData<T>);

impl<T: FromStr<Err: Display>> Visitor<'_> for Text<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal in a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(|error| E::custom(format_args!("`{text}` {error}")))
    }
}

/// A value of the engine's that is text on the wire. Unlike their own `Deserialize` it borrows the
/// text.
pub(super) fn exact<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    deserializer.deserialize_str(Text(PhantomData))
}

/// [`exact`], inside an option.
struct Exact<T>(T);

impl<'de, T: FromStr<Err: Display>> Deserialize<'de> for Exact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        exact(deserializer).map(Self)
    }
}

/// A value that may be absent or null.
pub(super) fn exact_option<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    Ok(Option::<Exact<T>>::deserialize(deserializer)?.map(|exact| exact.0))
}

/// A price, or the zero that the exchange writes where there is none.
struct PriceOrZero(Option<Price>);

impl FromStr for PriceOrZero {
    type Err = heikin_core::num::NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Price::parse(text) {
            Ok(price) => Ok(Self(Some(price))),
            Err(heikin_core::num::NumberError::NotPositive) => Ok(Self(None)),
            Err(error) => Err(error),
        }
    }
}

/// A price; none where it is zero, absent or null.
pub(super) fn price_option<'de, D>(deserializer: D) -> Result<Option<Price>, D::Error>
where
    D: Deserializer<'de>,
{
    let price: Option<PriceOrZero> = exact_option(deserializer)?;
    Ok(price.and_then(|price| price.0))
}
