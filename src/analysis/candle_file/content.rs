//! The text of a candle file, unpacked on the way where it is compressed.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use super::error::{CandleFileError, FileName, Problem};
use super::zip_entry::ZipEntry;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];
/// How a zip archive begins: with a file, without any, or as a part of several.
const ZIP_MAGICS: [[u8; 4]; 3] = [*b"PK\x03\x04", *b"PK\x05\x06", *b"PK\x07\x08"];
/// Compressed bytes read at a time.
const PACKED_CHUNK: usize = 64 * 1024;

/// The text in a file or stream, whatever it is packed in. What it is shows in its first bytes,
/// not in its name.
pub(super) struct Content(Format);

enum Format {
    Plain(Raw),
    Gzip(Box<MultiGzDecoder<BufReader<Raw>>>),
    Zip(Box<ZipEntry>),
}

/// A file that was opened: what it is called, and what is in it.
pub(super) struct Opened {
    pub(super) name: FileName,
    pub(super) content: Content,
    /// Bytes on disk; unknown for what is not a file on disk, and cannot be opened again.
    pub(super) size: Option<u64>,
}

impl Opened {
    /// Opens a path that is not a folder.
    pub(super) fn path(path: &Path) -> Result<Self, CandleFileError> {
        let name = FileName::of_path(path);
        let fails = |error: io::Error| CandleFileError::in_file(&name, unreadable(error));
        let mut file = File::open(path).map_err(fails)?;
        let metadata = file.metadata().map_err(fails)?;
        let size = metadata.is_file().then_some(metadata.len());
        let magic = magic(&mut file).map_err(fails)?;
        if size.is_some() && is_zip(&magic) {
            return match ZipEntry::open(file) {
                Ok((entry, inside)) => {
                    let content = Content(Format::Zip(Box::new(entry)));
                    Ok(Self { name: name.with_inside(inside), content, size })
                }
                Err(problem) => Err(CandleFileError::in_file(&name, problem)),
            };
        }
        match Content::unpack(magic, file) {
            Ok(content) => Ok(Self { name, content, size }),
            Err(problem) => Err(CandleFileError::in_file(&name, problem)),
        }
    }

    /// Takes a stream for standard input.
    pub(super) fn stream(mut stream: impl Read + Send + 'static) -> Result<Self, CandleFileError> {
        let name = FileName::standard_input();
        magic(&mut stream)
            .map_err(unreadable)
            .and_then(|magic| Content::unpack(magic, stream))
            .map_err(|problem| CandleFileError::in_file(&name, problem))
            .map(|content| Self { name: name.clone(), content, size: None })
    }
}

impl Content {
    fn unpack(magic: Vec<u8>, rest: impl Read + Send + 'static) -> Result<Self, Problem> {
        if is_zip(&magic) {
            return Err(Problem::ZipStream);
        }
        let is_gzip = magic.starts_with(&GZIP_MAGIC);
        let raw = Raw { bytes: Box::new(Cursor::new(magic).chain(rest)), count: 0 };
        Ok(Self(if is_gzip {
            let buffered = BufReader::with_capacity(PACKED_CHUNK, raw);
            Format::Gzip(Box::new(MultiGzDecoder::new(buffered)))
        } else {
            Format::Plain(raw)
        }))
    }

    /// Bytes read so far, as they are on disk.
    pub(super) fn bytes_read(&self) -> u64 {
        match &self.0 {
            Format::Plain(raw) => raw.count,
            Format::Gzip(decoder) => decoder.get_ref().get_ref().count,
            Format::Zip(entry) => entry.bytes_read(),
        }
    }

    /// What it means that reading failed after so many candles.
    pub(super) fn problem(&self, error: io::Error, candles: u64) -> Problem {
        use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
        // These three are what the decoders answer; the operating system has others.
        let damaged = matches!(error.kind(), InvalidData | InvalidInput | UnexpectedEof);
        match &self.0 {
            Format::Gzip(_) if damaged => Problem::GzipDamaged { candles, error },
            Format::Zip(_) if damaged => Problem::ZipDamaged { candles, error },
            _ => unreadable(error),
        }
    }
}

impl Read for Content {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.0 {
            Format::Plain(raw) => raw.read(buffer),
            Format::Gzip(decoder) => decoder.read(buffer),
            Format::Zip(entry) => entry.read(buffer),
        }
    }
}

/// Bytes as they come from the operating system, counted.
struct Raw {
    bytes: Box<dyn Read + Send>,
    count: u64,
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.count += count as u64;
        Ok(count)
    }
}

/// The first four bytes, or fewer where there are fewer.
fn magic(stream: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut magic = Vec::with_capacity(4);
    stream.take(4).read_to_end(&mut magic)?;
    Ok(magic)
}

fn is_zip(magic: &[u8]) -> bool {
    ZIP_MAGICS.iter().any(|zip| zip == magic)
}

pub(super) fn unreadable(error: io::Error) -> Problem {
    match error.kind() {
        io::ErrorKind::NotFound => Problem::NotFound,
        _ => Problem::Unreadable(error),
    }
}
