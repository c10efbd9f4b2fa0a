//! The rows of a journal in memory: for an export, while the view belongs to a heikin that runs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use heikin_core::engine::Record;

use super::project::{Rows, project};
use super::row::{self, Row};
use crate::store::error::StoreError;

/// All rows that the records make. They take as much memory as there are orders.
#[derive(Debug, Default)]
pub struct Tables(BTreeMap<Vec<u8>, Vec<u8>>);

impl Tables {
    /// The rows of these records, in their order.
    ///
    /// # Errors
    ///
    /// Where a record cannot be read, or a row not be made of it.
    pub fn of(
        records: impl IntoIterator<Item = Result<Record, StoreError>>,
    ) -> Result<Self, StoreError> {
        let mut tables = Self::default();
        for record in records {
            project(&mut tables, &record?).map_err(unreadable)?;
        }
        Ok(tables)
    }

    /// The rows of one kind, in the order of their keys.
    pub fn rows<R: Row>(&self) -> impl Iterator<Item = Result<R, StoreError>> {
        let family = vec![R::FAMILY]..vec![R::FAMILY + 1];
        self.0.range(family).map(|(key, bytes)| row::decode(key, bytes).map_err(unreadable))
    }
}

impl Rows for Tables {
    fn get<R: Row>(&self, key: &[u8]) -> Result<Option<R>, String> {
        self.0.get(key).map(|bytes| row::decode(key, bytes)).transpose()
    }

    fn put<R: Row>(&mut self, key: &[u8], row: &R) -> Result<(), String> {
        self.0.insert(key.to_owned(), row::encode(key, row)?);
        Ok(())
    }
}

fn unreadable(what: String) -> StoreError {
    StoreError::View { path: PathBuf::from("the rows of the journal"), what }
}
