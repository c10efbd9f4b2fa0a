use serde::{Deserialize, Serialize};

use super::{
    AuditLine, Balance, Bill, Card, ChartData, EquitySeries, FillLine, Health, Logs, Member,
    ModeView, NotifyPreferences, OpenOrders, Paged, Payments, Performance, Plans, Position, Profit,
    RevenueReport, Settings, Status, SubscriptionView, TradeLine, UserLine, Why,
};

/// The answer to the [`super::Query`] by the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "answer", content = "data", rename_all = "snake_case")]
pub enum Answer {
    /// How things are at a glance.
    Status(Box<Status>),
    /// Open positions.
    Positions(Vec<Position>),
    /// Open orders.
    Orders(OpenOrders),
    /// Fills.
    Fills(Paged<FillLine>),
    /// Closed trades.
    Trades(Paged<TradeLine>),
    /// Results.
    Profit(Box<Profit>),
    /// What the account holds.
    Balance(Balance),
    /// Candles with what was done on them.
    Chart(Box<ChartData>),
    /// Equity over time.
    Equity(EquitySeries),
    /// Results by symbol.
    Performance(Performance),
    /// Why something was done, or not.
    Why(Box<Why>),
    /// The settings.
    Settings(Settings),
    /// The mode.
    Mode(ModeView),
    /// How heikin itself is.
    Health(Health),
    /// Lines of the log.
    Logs(Logs),
    /// People.
    Users(Paged<UserLine>),
    /// Who did what.
    Audit(Paged<AuditLine>),
    /// What one person may do.
    Member(Member),
    /// What one person is told.
    Notify(NotifyPreferences),
    /// The status cards that are kept up to date.
    Cards(Vec<Card>),
    /// What is on offer.
    Plans(Plans),
    /// What a plan costs.
    Bill(Bill),
    /// One person's subscription.
    Subscription(Box<SubscriptionView>),
    /// One person's payments.
    Payments(Payments),
    /// What subscriptions brought in.
    Revenue(RevenueReport),
}

impl Answer {
    /// The name of the query that it answers.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Positions(_) => "positions",
            Self::Orders(_) => "orders",
            Self::Fills(_) => "fills",
            Self::Trades(_) => "trades",
            Self::Profit(_) => "profit",
            Self::Balance(_) => "balance",
            Self::Chart(_) => "chart",
            Self::Equity(_) => "equity",
            Self::Performance(_) => "performance",
            Self::Why(_) => "why",
            Self::Settings(_) => "settings",
            Self::Mode(_) => "mode",
            Self::Health(_) => "health",
            Self::Logs(_) => "logs",
            Self::Users(_) => "users",
            Self::Cards(_) => "cards",
            Self::Audit(_) => "audit",
            Self::Member(_) => "member",
            Self::Notify(_) => "notify",
            Self::Plans(_) => "plans",
            Self::Bill(_) => "bill",
            Self::Subscription(_) => "subscription",
            Self::Payments(_) => "payments",
            Self::Revenue(_) => "revenue",
        }
    }
}
