//! A bounded buffer over a stream of text: the lines in it, one after another.

use std::io::{self, Read};

use super::MAX_LINE;
use super::usual::{WINDOW, Window};

/// The next thing in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<'a> {
    /// A line, without its end.
    Line(&'a [u8]),
    /// The beginning of a line that is too long to be one.
    TooLong(&'a [u8]),
    /// Nothing more can be said before [`Lines::fill`].
    NeedsMore,
    /// The text is over.
    End,
}

/// Lines of a text of any length, in a buffer of fixed size.
#[derive(Debug)]
pub(super) struct Lines {
    /// `start..end` is text; behind it are zeros for at least one window.
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    complete: bool,
}

impl Lines {
    /// At most `capacity` bytes are held at a time, but always enough for the longest line.
    pub(super) fn with_capacity(capacity: usize) -> Self {
        let capacity = capacity.max(MAX_LINE + 1);
        Self { bytes: vec![0; capacity + WINDOW], start: 0, end: 0, complete: false }
    }

    /// The text from here on, with zeros behind its end.
    #[inline]
    pub(super) fn window(&self) -> Option<&Window> {
        self.bytes.get(self.start..)?.first_chunk()
    }

    /// Steps over `length` bytes of the window.
    #[inline]
    pub(super) fn advance(&mut self, length: usize) {
        self.start = (self.start + length).min(self.end);
    }

    /// Takes the next line.
    pub(super) fn next(&mut self) -> Next<'_> {
        let text = self.bytes.get(self.start..self.end).unwrap_or_default();
        let near = text.get(..=MAX_LINE).unwrap_or(text);
        let (line, length) = match memchr::memchr(b'\n', near) {
            Some(end) => (near.get(..end).unwrap_or_default(), end + 1),
            None if near.len() > MAX_LINE => return Next::TooLong(near),
            None if !self.complete => return Next::NeedsMore,
            None if text.is_empty() => return Next::End,
            None => (text, text.len()),
        };
        self.start += length;
        Next::Line(line.strip_suffix(b"\r").unwrap_or(line))
    }

    /// Drops what was taken and reads until the buffer is full or the stream ends.
    ///
    /// After an error the text ends where the stream failed, at its last complete line.
    pub(super) fn fill(&mut self, stream: &mut impl Read) -> io::Result<()> {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        let result = self.read(stream);
        let behind = self.bytes.get_mut(self.end..).unwrap_or_default();
        let (zeros, _) = behind.split_at_mut(WINDOW.min(behind.len()));
        zeros.fill(0);
        result
    }

    fn read(&mut self, stream: &mut impl Read) -> io::Result<()> {
        let capacity = self.bytes.len() - WINDOW;
        while let Some(free) =
            self.bytes.get_mut(self.end..capacity).filter(|free| !free.is_empty())
        {
            match stream.read(free) {
                Ok(0) => {
                    self.complete = true;
                    break;
                }
                Ok(count) => self.end += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
