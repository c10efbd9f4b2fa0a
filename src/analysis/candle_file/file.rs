//! The candles of one file, in its order.

use std::io;

use heikin_core::market::Candle;
use heikin_core::time::Timestamp;

use super::content::{Content, Opened};
use super::error::{CandleFileError, FileName, Problem};
use super::lines::{Lines, Next};
use super::{row, usual};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A candle and the line it stands on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) candle: Candle,
    pub(super) line: u64,
}

/// Reads one file. Its times do not go backwards.
pub(super) struct CandleFile {
    name: FileName,
    content: Content,
    size: Option<u64>,
    lines: Lines,
    /// Lines taken so far.
    line: u64,
    candles: u64,
    has_header: bool,
    /// Opening time and line of the last candle.
    last: (Timestamp, u64),
    /// Whether the stream has failed; told when what came before is used up.
    failure: Option<io::Error>,
}

impl CandleFile {
    /// What was opened, with a buffer of so many bytes.
    pub(super) fn new(opened: Opened, buffer: usize) -> Self {
        let Opened { name, content, size } = opened;
        Self {
            name,
            content,
            size,
            lines: Lines::with_capacity(buffer),
            line: 0,
            candles: 0,
            has_header: false,
            last: (Timestamp::EPOCH, 0),
            failure: None,
        }
    }

    pub(super) fn name(&self) -> &FileName {
        &self.name
    }

    /// Bytes on disk; none for a stream.
    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    /// Bytes read so far, as they are on disk.
    pub(super) fn bytes_read(&self) -> u64 {
        self.content.bytes_read()
    }

    /// The first candle, which every file has.
    pub(super) fn first_row(&mut self) -> Result<Row, CandleFileError> {
        if let Some(row) = self.next_row()? {
            return Ok(row);
        }
        let nothing = if self.has_header { Problem::HeaderOnly } else { Problem::Empty };
        Err(CandleFileError::in_file(&self.name, nothing))
    }

    /// The next candle; none after the last.
    #[inline]
    pub(super) fn next_row(&mut self) -> Result<Option<Row>, CandleFileError> {
        let Some((candle, length)) = self.lines.window().and_then(usual::parse) else {
            return self.next_unusual_row();
        };
        self.lines.advance(length);
        self.line += 1;
        self.accept(candle).map(Some)
    }

    #[inline]
    fn accept(&mut self, candle: Candle) -> Result<Row, CandleFileError> {
        let (previous_open, previous_line) = self.last;
        let open = candle.open_time();
        if open < previous_open {
            return Err(self.in_line(Problem::Backwards { open, previous_open, previous_line }));
        }
        self.last = (open, self.line);
        self.candles += 1;
        Ok(Row { candle, line: self.line })
    }

    /// Everything but a complete row of the usual shape: the text's beginning and end, a refill of
    /// the buffer, other rows, faults.
    #[cold]
    fn next_unusual_row(&mut self) -> Result<Option<Row>, CandleFileError> {
        loop {
            let line = match self.lines.next() {
                Next::Line(line) => line,
                Next::TooLong(beginning) => {
                    self.line += 1;
                    let binary = row::is_binary(beginning);
                    let problem = if binary { Problem::NotText } else { Problem::LineTooLong };
                    return Err(self.in_line(problem));
                }
                Next::NeedsMore => {
                    if let Some(error) = self.failure.take() {
                        let problem = self.content.problem(error, self.candles);
                        return Err(CandleFileError::in_file(&self.name, problem));
                    }
                    self.failure = self.lines.fill(&mut self.content).err();
                    continue;
                }
                Next::End => return Ok(None),
            };
            self.line += 1;
            let line = match self.line {
                1 => line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line),
                _ => line,
            };
            if line.is_empty() {
                continue;
            }
            match row::parse(line) {
                Ok(candle) => return self.accept(candle).map(Some),
                Err(_) if self.candles == 0 && !self.has_header && row::is_header(line) => {
                    self.has_header = true;
                }
                Err(_) if row::is_binary(line) => return Err(self.in_line(Problem::NotText)),
                Err(problem) => return Err(self.in_line(problem)),
            }
        }
    }

    #[cold]
    fn in_line(&self, problem: Problem) -> CandleFileError {
        CandleFileError::in_line(&self.name, self.line, problem)
    }
}
