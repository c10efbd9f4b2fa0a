//! Names of the exchange (`enums.md`). Lists of names grow without notice, so each has `Other`.

use std::fmt;

use heikin_core::market::OrderType;
use heikin_core::order::{ExpiryReason, VenueStatus};
use serde::de::{self, Deserialize, Deserializer, Visitor};

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is the exchange's name in Rust's spelling")]
        pub enum $type {
            $($variant,)+
            /// A name that this version does not know.
            Other(Box<str>),
        }

        impl $type {
            /// The exchange's spelling.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $name,)+
                    Self::Other(name) => name,
                }
            }
        }

        impl From<&str> for $type {
            fn from(name: &str) -> Self {
                match name {
                    $($name => Self::$variant,)+
                    other => Self::Other(other.into()),
                }
            }
        }

        impl Default for $type {
            fn default() -> Self {
                Self::Other("".into())
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Name;
                impl Visitor<'_> for Name {
                    type Value = $type;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("a name")
                    }

                    fn visit_str<E: de::Error>(self, name: &str) -> Result<$type, E> {
                        Ok(<$type>::from(name))
                    }
                }
                deserializer.deserialize_str(Name)
            }
        }
    };
}

names! {
    /// The state of an order.
    OrderStatusName {
        New = "NEW",
        PendingNew = "PENDING_NEW",
        PartiallyFilled = "PARTIALLY_FILLED",
        Filled = "FILLED",
        Canceled = "CANCELED",
        PendingCancel = "PENDING_CANCEL",
        Rejected = "REJECTED",
        Expired = "EXPIRED",
        ExpiredInMatch = "EXPIRED_IN_MATCH",
    }
}

names! {
    /// Why the exchange ended an order (`expiryReason`, `eR`; since 2026-03).
    ExpiryReasonName {
        None = "NONE",
        Rejected = "REJECTED",
        ExchangeCanceled = "EXCHANGE_CANCELED",
        OcoTrigger = "OCO_TRIGGER",
        OtoPhaseOneExpired = "OTO_PHASE_ONE_EXPIRED",
        UnfilledIocQuantityExpired = "UNFILLED_IOC_QUANTITY_EXPIRED",
        UnfilledFokOrderExpired = "UNFILLED_FOK_ORDER_EXPIRED",
        InsufficientLiquidity = "INSUFFICIENT_LIQUIDITY",
        ExecutionRulePriceRangeExceeded = "EXECUTION_RULE_PRICE_RANGE_EXCEEDED",
    }
}

names! {
    /// The type of an order.
    OrderTypeName {
        Limit = "LIMIT",
        LimitMaker = "LIMIT_MAKER",
        Market = "MARKET",
        StopLoss = "STOP_LOSS",
        StopLossLimit = "STOP_LOSS_LIMIT",
        TakeProfit = "TAKE_PROFIT",
        TakeProfitLimit = "TAKE_PROFIT_LIMIT",
    }
}

names! {
    /// Which way an order trades.
    OrderSideName { Buy = "BUY", Sell = "SELL" }
}

names! {
    /// What an execution report tells of.
    ExecutionName {
        New = "NEW",
        Canceled = "CANCELED",
        Replaced = "REPLACED",
        Rejected = "REJECTED",
        Trade = "TRADE",
        Expired = "EXPIRED",
        TradePrevention = "TRADE_PREVENTION",
    }
}

names! {
    /// What a list of orders is.
    ContingencyName { Oco = "OCO", Oto = "OTO" }
}

names! {
    /// What has happened to a list of orders.
    ListStatusName {
        Response = "RESPONSE",
        ExecStarted = "EXEC_STARTED",
        Updated = "UPDATED",
        AllDone = "ALL_DONE",
    }
}

names! {
    /// The state of a list of orders.
    ListOrderStatus { Executing = "EXECUTING", AllDone = "ALL_DONE", Reject = "REJECT" }
}

names! {
    /// How one half of `cancelReplace` went.
    HalfResult { Success = "SUCCESS", Failure = "FAILURE", NotAttempted = "NOT_ATTEMPTED" }
}

names! {
    /// What a rate limit counts.
    RateLimitName {
        RequestWeight = "REQUEST_WEIGHT",
        RawRequests = "RAW_REQUESTS",
        Orders = "ORDERS",
        Connections = "CONNECTIONS",
    }
}

names! {
    /// The unit of a rate limit's window.
    IntervalName { Second = "SECOND", Minute = "MINUTE", Hour = "HOUR", Day = "DAY" }
}

impl OrderTypeName {
    /// The engine's type of that name.
    pub const fn order_type(&self) -> Option<OrderType> {
        Some(match self {
            Self::Limit => OrderType::Limit,
            Self::LimitMaker => OrderType::LimitMaker,
            Self::Market => OrderType::Market,
            Self::StopLoss => OrderType::StopLoss,
            Self::StopLossLimit => OrderType::StopLossLimit,
            Self::TakeProfit => OrderType::TakeProfit,
            Self::TakeProfitLimit => OrderType::TakeProfitLimit,
            Self::Other(_) => return None,
        })
    }

    /// Whether an order of this type counts against MAX_NUM_ALGO_ORDERS.
    pub const fn is_algo(&self) -> bool {
        matches!(
            self,
            Self::StopLoss | Self::StopLossLimit | Self::TakeProfit | Self::TakeProfitLimit
        )
    }
}

impl ExpiryReasonName {
    /// The engine's reason.
    const fn reason(&self) -> ExpiryReason {
        match self {
            Self::Rejected => ExpiryReason::Rejected,
            Self::ExchangeCanceled => ExpiryReason::ExchangeCanceled,
            Self::OcoTrigger => ExpiryReason::OcoTrigger,
            Self::OtoPhaseOneExpired => ExpiryReason::OtoPhaseOneExpired,
            Self::UnfilledIocQuantityExpired => ExpiryReason::UnfilledIocQuantityExpired,
            Self::UnfilledFokOrderExpired => ExpiryReason::UnfilledFokOrderExpired,
            Self::InsufficientLiquidity => ExpiryReason::InsufficientLiquidity,
            Self::ExecutionRulePriceRangeExceeded => ExpiryReason::ExecutionRulePriceRangeExceeded,
            Self::None | Self::Other(_) => ExpiryReason::Unknown,
        }
    }
}

impl OrderStatusName {
    /// The state for the engine. A name that is not known counts as open: what may still trade must
    /// not be taken for ended.
    pub fn venue_status(&self, reason: Option<&ExpiryReasonName>) -> VenueStatus {
        match self {
            Self::New
            | Self::PendingNew
            | Self::PartiallyFilled
            | Self::PendingCancel
            | Self::Other(_) => VenueStatus::Open,
            Self::Filled => VenueStatus::Filled,
            Self::Canceled => VenueStatus::Canceled,
            Self::Rejected => VenueStatus::Rejected,
            Self::Expired => {
                VenueStatus::Expired(reason.map_or(ExpiryReason::Unknown, ExpiryReasonName::reason))
            }
            Self::ExpiredInMatch => VenueStatus::Expired(ExpiryReason::SelfTradePrevention),
        }
    }
}
