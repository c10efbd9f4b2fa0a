//! How the types that go into JSON look there (JSON Schema 2020-12), for the description of the API.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::market::{Asset, Symbol};
use crate::num::{Money, Price, Quantity};
use crate::time::{Interval, Timestamp};

macro_rules! schema {
    ($($type:ident { $($key:literal: $value:expr),* $(,)? })*) => {
        $(impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ $($key: $value),* })
            }
        })*
    };
}

schema! {
    Price {
        "type": "string",
        "pattern": r"^[0-9]+(\.[0-9]{1,8})?$",
        "description": "A price: an exact decimal with at most 8 places.",
        "examples": ["69812.4"],
    }
    Quantity {
        "type": "string",
        "pattern": r"^[0-9]+(\.[0-9]{1,8})?$",
        "description": "A quantity: an exact decimal with at most 8 places.",
        "examples": ["0.0143"],
    }
    Money {
        "type": "string",
        "pattern": r"^-?[0-9]+(\.[0-9]+)?$",
        "description": "An amount: an exact decimal, below zero for a loss.",
        "examples": ["-12.5"],
    }
    Timestamp {
        "type": "integer",
        "format": "int64",
        "description": "Milliseconds since 1970-01-01T00:00:00Z.",
        "examples": [1_767_225_600_000_i64],
    }
    Symbol {
        "type": "string",
        "description": "A symbol as Binance writes it.",
        "examples": ["BTCUSDT"],
    }
    Asset {
        "type": "string",
        "description": "An asset as Binance writes it.",
        "examples": ["USDT"],
    }
    Interval {
        "type": "string",
        "pattern": "^[0-9]+[smhdwM]$",
        "description": "The interval of candles, as Binance writes it.",
        "examples": ["1h"],
    }
}
