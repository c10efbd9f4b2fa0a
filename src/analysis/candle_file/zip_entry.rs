//! The one CSV file in a zip archive, unpacked as it is read.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};

use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use zip::read::ZipArchive;
use zip::{CompressionMethod, result::ZipError};

use super::error::Problem;

/// The file inside an archive.
///
/// The crate's own reader of an entry borrows the archive and so cannot be kept beside it; this
/// one takes the place and the checksum from the archive's directory and unpacks the bytes there.
pub(super) struct ZipEntry {
    data: Data,
    packed_size: u64,
    size: u64,
    expected_crc: u32,
    /// Of what was unpacked so far.
    crc: Crc,
    unpacked: u64,
}

enum Data {
    Stored(Take<BufReader<File>>),
    Deflated(DeflateDecoder<Take<BufReader<File>>>),
}

impl ZipEntry {
    /// The CSV file in the archive, and its name.
    pub(super) fn open(file: File) -> Result<(Self, String), Problem> {
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(archive_problem)?;
        let name = only_csv(&archive)?;
        let index = archive.index_for_name(&name).ok_or_else(|| absent(&name))?;
        let entry = archive.by_index_raw(index).map_err(archive_problem)?;
        if entry.encrypted() {
            return Err(Problem::ZipEncrypted);
        }
        let (method, start) = (entry.compression(), entry.data_start());
        let start = start.ok_or_else(|| absent(&name))?;
        let (packed_size, size, expected_crc) =
            (entry.compressed_size(), entry.size(), entry.crc32());
        drop(entry);
        let mut file = archive.into_inner();
        file.seek(SeekFrom::Start(start)).map_err(Problem::Unreadable)?;
        let packed = file.take(packed_size);
        let data = match method {
            CompressionMethod::Stored => Data::Stored(packed),
            CompressionMethod::Deflated => Data::Deflated(DeflateDecoder::new(packed)),
            other => return Err(Problem::ZipMethod(other)),
        };
        let crc = Crc::new();
        Ok((Self { data, packed_size, size, expected_crc, crc, unpacked: 0 }, name))
    }

    /// Packed bytes read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        let left = match &self.data {
            Data::Stored(packed) => packed.limit(),
            Data::Deflated(decoder) => decoder.get_ref().limit(),
        };
        self.packed_size - left
    }

    fn check_end(&self) -> io::Result<()> {
        if self.unpacked < self.size {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ends too early"));
        }
        if self.unpacked != self.size || self.crc.sum() != self.expected_crc {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "its checksum is wrong"));
        }
        Ok(())
    }
}

impl Read for ZipEntry {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.data {
            Data::Stored(packed) => packed.read(buffer)?,
            Data::Deflated(decoder) => decoder.read(buffer)?,
        };
        if count == 0 && !buffer.is_empty() {
            self.check_end()?;
        }
        self.crc.update(buffer.get(..count).unwrap_or_default());
        self.unpacked += count as u64;
        Ok(count)
    }
}

/// The name of the only CSV file; other files beside it do not matter.
fn only_csv<R>(archive: &ZipArchive<R>) -> Result<String, Problem>
where
    R: Read + Seek,
{
    // macOS packs a second file of the same name with the first one's attributes.
    let files = archive.file_names().filter(|name| !name.ends_with('/'));
    let files = files.filter(|name| !name.starts_with("__MACOSX/"));
    let (csv, other): (Vec<_>, Vec<_>) =
        files.map(str::to_owned).partition(|name| name.to_ascii_lowercase().ends_with(".csv"));
    match <[String; 1]>::try_from(csv) {
        Ok([name]) => Ok(name),
        Err(none) if none.is_empty() => Err(Problem::ZipWithoutCsv(other)),
        Err(several) => Err(Problem::ZipWithSeveral(several)),
    }
}

fn archive_problem(error: ZipError) -> Problem {
    match error {
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
            Problem::Unreadable(error)
        }
        error => Problem::ZipUnreadable(error),
    }
}

fn absent(name: &str) -> Problem {
    Problem::ZipUnreadable(ZipError::InvalidArchive(format!("{name} is not in it").into()))
}
