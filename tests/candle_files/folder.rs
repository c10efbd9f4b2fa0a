//! A folder with candle files, and what reading them gives.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use heikin::analysis::candle_file::{CandleFileError, CandleFiles, Summary};
use heikin_core::market::Candle;

pub(crate) struct Folder(tempfile::TempDir);

/// All candles of a run, and its end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) candles: Vec<Candle>,
    pub(crate) summary: Summary,
    pub(crate) error: Option<String>,
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// A folder with `candles.csv` in it.
    pub(crate) fn with_csv(content: impl AsRef<[u8]>) -> Self {
        Self::new().and("candles.csv", content)
    }

    pub(crate) fn and(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a new folder");
        fs::write(path, content).expect("room for a small file");
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Reads files that must be good.
    pub(crate) fn read(&self, names: &[&str]) -> (Vec<Candle>, Summary) {
        let Run { candles, summary, error } = self.run(names).expect("files that open");
        assert_eq!(error, None);
        (candles, summary)
    }

    /// What is wrong with files that must not be good, with paths from this folder on.
    pub(crate) fn refusal(&self, names: &[&str]) -> String {
        self.run(names).map_or_else(|error| error, |run| run.error.expect("a fault"))
    }

    /// Everything up to the end or the first fault; an error where not even a first candle is.
    pub(crate) fn run(&self, names: &[&str]) -> Result<Run, String> {
        let paths: Vec<_> = names.iter().map(|name| self.path(name)).collect();
        match CandleFiles::open(&paths) {
            Ok(candles) => Ok(run(candles, self.0.path())),
            Err(error) => Err(told(&error, self.0.path())),
        }
    }
}

/// Takes everything from an iterator over candles.
pub(crate) fn run(mut files: CandleFiles, root: &Path) -> Run {
    let mut candles = Vec::new();
    let mut error = None;
    for candle in &mut files {
        match candle {
            Ok(candle) => candles.push(candle),
            Err(fault) => error = Some(told(&fault, root)),
        }
    }
    assert!(files.next().is_none(), "nothing comes after the end");
    Run { candles, summary: files.summary().clone(), error }
}

fn told(error: &CandleFileError, root: &Path) -> String {
    let text = error.to_string();
    assert!(!text.contains('\n'), "one line: {text}");
    text.replace(&format!("{}/", root.display()), "")
}

pub(crate) fn gzip(content: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content.as_ref()).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// A zip archive with some files in it.
pub(crate) fn zip(files: &[(&str, &str)], method: zip::CompressionMethod) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(method);
    for (name, content) in files {
        archive.start_file(*name, options).expect("memory takes it");
        archive.write_all(content.as_bytes()).expect("memory takes it");
    }
    archive.finish().expect("memory takes it").into_inner()
}
