//! Binance's public archive (README of `binance-public-data`): zips of months and days over HTTP, with
//! a checksum beside each.
//!
//! What breaks off is continued where it stopped; what the archive is too busy for is asked for again
//! when it says, or after a pause. Whether what came is right is for the checksum to say.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::{Response, StatusCode, header};

use super::period::{Period, Series};
use crate::exchange::binance::endpoints::{AddressError, public};

/// Where it is.
pub const ADDRESS: &str = "https://data.binance.vision";

/// How often something is asked for without getting any further.
const TRIES: u32 = 6;
/// Before the second try; doubled before each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// Longer than this nobody waits because the archive says so.
pub(super) const LONGEST_PAUSE: Duration = Duration::from_mins(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Between two pieces of an answer.
const SILENCE: Duration = Duration::from_secs(30);
/// The largest month of one-second candles has some hundred megabytes.
const LARGEST: u64 = 4 << 30;
/// A digest, two spaces, and a file's name.
const LARGEST_CHECKSUM: usize = 1024;

/// Why the archive does not give what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is not reached over TLS, nor on this machine.
    #[error("--archive: {0}")]
    Address(#[from] AddressError),
    /// The HTTP library cannot be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(reqwest::Error),
    /// It does not answer, or breaks off, again and again.
    #[error("the archive does not give {url}: {why}. Is this machine online?")]
    NoAnswer {
        /// What was asked for.
        url: String,
        /// What happened last.
        why: String,
    },
    /// It answers with a refusal.
    #[error("the archive answers {status} for {url}. Another address of it may do: --archive.")]
    Refused {
        /// What was asked for.
        url: String,
        /// With which status.
        status: u16,
    },
    /// It asks for a longer pause than anybody waits for.
    #[error("the archive asks for a pause of {seconds} s before {url}. Run this again then.")]
    Busy {
        /// What was asked for.
        url: String,
        /// How long.
        seconds: u64,
    },
    /// It gives more than any file of candles has.
    #[error("the archive gives more than {} GiB for {url}: that is no file of candles", LARGEST >> 30)]
    TooLarge {
        /// What was asked for.
        url: String,
    },
    /// What came cannot be written.
    #[error("{}: {source}", .path.display())]
    Disk {
        /// Where.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
}

/// What the archive says that a file's SHA-256 is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    hex: String,
    text: String,
}

impl Checksum {
    /// Reads it as `sha256sum -c` does: digest, two spaces, name.
    pub fn read(text: &str) -> Option<Self> {
        let hex = text.split_whitespace().next()?.to_ascii_lowercase();
        let is_digest = hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_digest.then(|| Self { hex, text: format!("{}\n", text.trim_end()) })
    }

    /// The digest, in lower case.
    pub fn hex(&self) -> &str {
        &self.hex
    }

    /// The line as it came.
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Whether the archive has something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It is there.
    Present,
    /// It is not (404).
    Absent,
}

/// What came of one try.
enum Fault {
    /// Trying again does not help.
    Final(ArchiveError),
    /// It may.
    Passing {
        why: String,
        /// So long, where the archive said so.
        after: Option<Duration>,
        /// Something was got before: the tries begin anew.
        got_further: bool,
    },
}

impl Fault {
    fn passing(why: String) -> Self {
        Self::Passing { why, after: None, got_further: false }
    }
}

/// The archive at an address.
#[derive(Debug)]
pub struct Archive {
    http: reqwest::Client,
    address: String,
}

impl Archive {
    /// A client; nothing is connected yet.
    ///
    /// # Errors
    ///
    /// Where the address is neither encrypted nor on this machine.
    pub fn new(address: &str) -> Result<Self, ArchiveError> {
        let address = public(address)?;
        let http = reqwest::Client::builder()
            .user_agent(concat!("heikin/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .https_only(address.starts_with("https://"))
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(SILENCE)
            .build()
            .map_err(ArchiveError::Client)?;
        Ok(Self { http, address })
    }

    /// Where the zip of a period is.
    pub fn url(&self, series: Series, period: Period) -> String {
        let Self { address, .. } = self;
        let (kind, interval) = (period.folder(), series.interval_name());
        let stem = period.stem(series);
        format!("{address}/data/spot/{kind}/klines/{}/{interval}/{stem}.zip", series.symbol)
    }

    /// The checksum of a period's zip; none where the archive has none, or one that cannot be read.
    ///
    /// # Errors
    ///
    /// Where it does not say.
    pub async fn checksum(
        &self,
        series: Series,
        period: Period,
    ) -> Result<Option<Checksum>, ArchiveError> {
        let url = format!("{}.CHECKSUM", self.url(series, period));
        let text = patiently(&url, async || {
            let Some(mut response) = self.ask(&url, 0).await? else { return Ok(None) };
            let mut text = Vec::new();
            while let Some(chunk) =
                response.chunk().await.map_err(|it| Fault::passing(cause(&it)))?
            {
                text.extend_from_slice(&chunk);
                if text.len() > LARGEST_CHECKSUM {
                    break;
                }
            }
            Ok(Some(text))
        });
        Ok(text.await?.and_then(|text| Checksum::read(&String::from_utf8_lossy(&text))))
    }

    /// Writes a period's zip to `half`, behind what is there already.
    ///
    /// # Errors
    ///
    /// Where it does not come to its end. What did come stays.
    pub async fn fetch(
        &self,
        series: Series,
        period: Period,
        half: &Path,
    ) -> Result<Presence, ArchiveError> {
        let url = self.url(series, period);
        patiently(&url, async || self.fetch_once(&url, half).await).await
    }

    async fn fetch_once(&self, url: &str, half: &Path) -> Result<Presence, Fault> {
        let disk = |source| Fault::Final(ArchiveError::Disk { path: half.to_owned(), source });
        let mut file =
            OpenOptions::new().create(true).truncate(false).write(true).open(half).map_err(disk)?;
        let have = file.seek(SeekFrom::End(0)).map_err(disk)?;
        let Some(mut response) = self.ask(url, have).await? else {
            return Ok(Presence::Absent);
        };
        match response.status() {
            // All of it is there, or more than it has: the checksum says which.
            StatusCode::RANGE_NOT_SATISFIABLE => return Ok(Presence::Present),
            StatusCode::PARTIAL_CONTENT if goes_on_at(&response, have) => {}
            _ => restart(&mut file).map_err(disk)?,
        }
        let begun = file.stream_position().map_err(disk)?;
        let mut length = begun;
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) => {
                    file.write_all(&chunk).map_err(disk)?;
                    length = length.saturating_add(chunk.len() as u64);
                    if length > LARGEST {
                        return Err(Fault::Final(ArchiveError::TooLarge { url: url.to_owned() }));
                    }
                }
                Ok(None) => return Ok(Presence::Present),
                Err(error) => {
                    let (why, got_further) = (cause(&error), length > begun);
                    return Err(Fault::Passing { why, after: None, got_further });
                }
            }
        }
    }

    /// Asks for something, from the byte `from` on; none where the archive does not have it.
    async fn ask(&self, url: &str, from: u64) -> Result<Option<Response>, Fault> {
        let mut request = self.http.get(url);
        if from > 0 {
            request = request.header(header::RANGE, format!("bytes={from}-"));
        }
        let response = request.send().await.map_err(|error| Fault::passing(cause(&error)))?;
        let status = response.status();
        match status.as_u16() {
            404 => Ok(None),
            200 | 206 => Ok(Some(response)),
            416 if from > 0 => Ok(Some(response)),
            408 | 418 | 429 | 500..600 => Err(Fault::Passing {
                why: format!("it answers {status}"),
                after: retry_after(&response),
                got_further: false,
            }),
            status => Err(Fault::Final(ArchiveError::Refused { url: url.to_owned(), status })),
        }
    }
}

/// Tries until something comes of it, or nothing does too often.
async fn patiently<T>(
    url: &str,
    mut once: impl AsyncFnMut() -> Result<T, Fault>,
) -> Result<T, ArchiveError> {
    let (mut tries, mut pause) = (0, FIRST_PAUSE);
    loop {
        let (why, after, got_further) = match once().await {
            Ok(done) => return Ok(done),
            Err(Fault::Final(error)) => return Err(error),
            Err(Fault::Passing { why, after, got_further }) => (why, after, got_further),
        };
        if got_further {
            (tries, pause) = (0, FIRST_PAUSE);
        }
        tries += 1;
        if tries == TRIES {
            return Err(ArchiveError::NoAnswer { url: url.to_owned(), why });
        }
        if let Some(asked) = after.filter(|asked| *asked > LONGEST_PAUSE) {
            return Err(ArchiveError::Busy { url: url.to_owned(), seconds: asked.as_secs() });
        }
        wait(after.unwrap_or(pause)).await;
        pause = pause.saturating_mul(2);
    }
}

/// Empties a half file: what comes is the whole.
fn restart(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0)).map(drop)
}

/// Whether an answer begins with the byte asked for: `Content-Range: bytes 100-199/200`.
fn goes_on_at(response: &Response, from: u64) -> bool {
    let range = response.headers().get(header::CONTENT_RANGE).and_then(|it| it.to_str().ok());
    let first = range.and_then(|it| it.strip_prefix("bytes ")?.split('-').next()?.parse().ok());
    first == Some(from)
}

fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The innermost cause, which says most.
fn cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[expect(clippy::disallowed_methods, reason = "a download waits for who serves it")]
pub(super) async fn wait(pause: Duration) {
    tokio::time::sleep(pause).await;
}
