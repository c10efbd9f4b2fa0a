//! A market that takes no orders any more, or takes them again: what that means for what is held.

use heikin_bot::backend::SystemAlert;
use heikin_core::engine::{Engine, Trader};
use heikin_core::market::{Symbol, SymbolRules, SymbolStatus};

/// What there is to tell of a status that was another one before.
pub(super) fn told(
    engine: &Engine,
    rules: &SymbolRules,
    before: SymbolStatus,
) -> Option<SystemAlert> {
    let symbol = rules.symbol;
    if rules.status == before {
        return None;
    }
    let what = match rules.status {
        SymbolStatus::Trading => {
            let what = format!("{symbol} takes orders again; stops follow the market again");
            return Some(SystemAlert::FaultOver { what });
        }
        SymbolStatus::CancelOnly => format!(
            "{symbol} is CANCEL_ONLY at Binance: orders there can be cancelled, and none is taken"
        ),
        SymbolStatus::Halted => format!("{symbol} does not trade at Binance: no order is taken"),
    };
    Some(SystemAlert::Fault {
        what,
        doing: doing(engine, symbol),
        remedy:
            "nothing has to be done: heikin goes on by itself when Binance takes orders again. \
                 Whether a resting stop is carried out before that is Binance's to say: see its \
                 announcements"
                .to_owned(),
    })
}

/// What heikin can do on a symbol that takes no orders, and what it cannot.
fn doing(engine: &Engine, symbol: Symbol) -> String {
    let is_its = |trader: &&Trader| {
        engine.market_of(trader).is_some_and(|market| market.rules().symbol == symbol)
    };
    let held = engine.traders().iter().filter(is_its);
    let held: Vec<_> = held.filter_map(|trader| trader.position().open.as_ref()).collect();
    let bare = held.iter().filter(|open| open.unprotected_since.is_some()).count();
    let until = "until it takes orders again";
    match (held.len(), bare) {
        (0, _) => {
            format!("nothing is held there; entries are cancelled, and none is placed {until}")
        }
        (_, 0) => format!(
            "the stop that rests there stays as it is: it is neither raised nor replaced {until}. \
             What is held cannot be sold before: /close and /panic take effect then"
        ),
        _ => format!(
            "something is held there WITHOUT A STOP, and none can be placed {until}: that is tried \
             again every minute. /close and /panic take effect then"
        ),
    }
}
