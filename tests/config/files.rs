//! A folder with a configuration.

use std::fs;
use std::path::PathBuf;

use heikin::config::{Config, ConfigFaults, Paths, Variables};
use tempfile::TempDir;

pub(crate) const FULL: &str = include_str!("full.toml");

/// A canary: no message may ever hold it.
pub(crate) const CANARY: &str = "canary0canary1canary2canary3canary4canary5canary6";

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    /// A file in it.
    pub(crate) fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.path(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn load(&self, variables: &[(&str, &str)]) -> Result<Config, ConfigFaults> {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let variables: Variables = variables.iter().map(own).collect();
        Config::load(&Paths::in_folder(self.0.path()), &variables)
    }

    /// The text of the only fault.
    pub(crate) fn fault(&self, variables: &[(&str, &str)]) -> String {
        let ConfigFaults(faults) = self.load(variables).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:#?}");
        faults[0].to_string()
    }
}
