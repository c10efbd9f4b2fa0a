//! The rules that hold for everybody, for those who trade without an account.

use std::time::Duration;

use heikin_core::engine::Input;
use heikin_core::market::SymbolRules;
use tokio::sync::mpsc;

use super::arrival::{AccountEvent, Arrivals};
use super::exchange_time::pause;
use super::rest::Rest;

/// How old rules may get: a filter that changes, or a market that halts, is otherwise known only from
/// a refusal.
pub(super) const RULES_AGE: Duration = Duration::from_mins(10);

/// Reads the rules of these markets again and again, and tells where they have changed. Ends when
/// nobody listens any more.
pub async fn keep(rest: Rest, mut known: Vec<SymbolRules>, listener: mpsc::Sender<AccountEvent>) {
    let arrivals = Arrivals::new(rest.time().clone(), listener);
    let symbols: Vec<_> = known.iter().map(|rules| rules.symbol).collect();
    loop {
        pause(RULES_AGE).await;
        let info = match rest.exchange_info(&symbols).await {
            Ok(info) => info,
            Err(error) => {
                tracing::warn!(target: "api", %error, "no rules");
                continue;
            }
        };
        for known in &mut known {
            let symbol = known.symbol;
            let rules = match info.rules(symbol.as_str(), None) {
                Ok(Some(rules)) => rules,
                Ok(None) => {
                    tracing::error!(target: "api", %symbol, "the exchange does not list it");
                    continue;
                }
                Err(error) => {
                    tracing::error!(target: "api", %symbol, %error, "the rules do not fit");
                    continue;
                }
            };
            if rules == *known {
                continue;
            }
            tracing::warn!(target: "api", %symbol, "the exchange has changed its rules");
            known.clone_from(&rules);
            if arrivals.deliver(Input::Rules(Box::new(rules))).await.is_err() {
                return;
            }
        }
    }
}
