#![cfg(test)]
//! Faults over real sockets: `heikin run` as a process against the simulator, one class of fault at a
//! time. When the faults are over, both sides have to agree on orders, position and balances, no
//! decision was carried out twice, and what is held is protected.
//!
//! What needs no passing time goes in lockstep, where a run is the same every time. Where somebody
//! has to wait (429, a stalled stream) the simulator's clock runs.
//!
//! | module | holds |
//! |---|---|
//! | `answers`, `key` | requests that are lost, refused, answered wrongly |
//! | `orders`, `hands` | what the exchange, and people, do with what is there |
//! | `streams`, `process` | connections; starts and ends |
//! | `emergency` | `heikin emergency-close` |
//! | `weight` | that the limits are never met |
//! | `table` | that `docs/faults.md` names tests that exist |
//! | `scene`, `control`, `agreement` | product and exchange, and whether they agree |

mod agreement;
mod answers;
mod control;
mod emergency;
mod hands;
mod key;
mod orders;
mod process;
mod scene;
mod streams;
mod table;
mod traders;
mod weight;
