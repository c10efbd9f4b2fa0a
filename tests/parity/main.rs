#![cfg(test)]
//! Parity: the same candles through real sockets and `heikin run`, in lockstep, give exactly the
//! trades of a backtest; and what was recorded is decided once more in the same way.

mod cases;
mod free_running;
mod lockstep;
#[path = "../kill/machine.rs"]
mod machine;
#[expect(dead_code, reason = "another test kills it")]
#[path = "../kill/product.rs"]
mod product;
mod ready;
#[expect(dead_code, reason = "another test asks for more")]
#[path = "../kill/told.rs"]
mod told;
mod toml;
#[expect(dead_code, reason = "another test asks for more")]
#[path = "../kill/truth.rs"]
mod truth;
