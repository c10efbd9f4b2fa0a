//! The settings that can be shown and changed.

use serde::{Deserialize, Serialize};

use super::{Effectiveness, Trader};

/// What a setting's text may be, so that a form can offer buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SettingKind {
    /// `on` or `off`.
    Switch,
    /// One of a few words.
    Choice {
        /// The words.
        options: Vec<String>,
    },
    /// Anything that the backend can read; `examples` become buttons.
    Text {
        /// Values that people often choose.
        examples: Vec<String>,
    },
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Setting {
    /// Its name in `heikin.toml`: `entry.trigger_offset`, `limits.max_daily_loss`.
    pub key: String,
    /// The trader that it belongs to; none for the account's own.
    pub trader: Option<Trader>,
    /// The heading that it stands under: `Entry`, `Exit`, `Limits`.
    pub group: String,
    /// What it is called in a sentence: `entry offset`.
    pub label: String,
    /// What it does, in a sentence or two.
    pub meaning: String,
    /// What may be written, as in the documentation of the configuration.
    pub allowed: String,
    /// What it may be.
    pub kind: SettingKind,
    /// As it is now, written as in `heikin.toml` without quotes; empty where it is left out.
    pub value: String,
    /// When a change holds; none where only `heikin.toml` can change it.
    pub changes: Option<Effectiveness>,
}

/// Every setting that can be shown, in the order of the configuration. Secrets are not settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Settings {
    /// The settings.
    pub items: Vec<Setting>,
}
