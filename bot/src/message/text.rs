//! Words with a little style. What is put in is never markup: escaping is a matter of the one place
//! that writes HTML.

use std::fmt::Write as _;

/// How some words look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Style {
    /// As they are.
    Plain,
    /// Bold.
    Bold,
    /// Italic.
    Italic,
    /// Of fixed width, copied by a tap.
    Code,
    /// Lines of fixed width: a table.
    Table,
    /// A link to this address.
    Link(String),
}

/// Some words that look the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// How they look.
    pub style: Style,
    /// The words, unescaped.
    pub words: String,
}

/// Words with a little style.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    spans: Vec<Span>,
}

impl Text {
    /// The most that one message may hold, in UTF-16 units once parsed.
    pub const MESSAGE_UNITS: usize = 4_096;
    /// The most that the words under a picture may hold.
    pub const CAPTION_UNITS: usize = 1_024;

    /// No words.
    pub const fn new() -> Self {
        Self { spans: Vec::new() }
    }

    /// The spans, in order.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Whether there are no words.
    pub fn is_empty(&self) -> bool {
        self.spans.iter().all(|span| span.words.is_empty())
    }

    /// Adds plain words.
    pub fn plain(self, words: impl Into<String>) -> Self {
        self.with(Style::Plain, words)
    }

    /// Adds bold words.
    pub fn bold(self, words: impl Into<String>) -> Self {
        self.with(Style::Bold, words)
    }

    /// Adds italic words.
    pub fn italic(self, words: impl Into<String>) -> Self {
        self.with(Style::Italic, words)
    }

    /// Adds words of fixed width.
    pub fn code(self, words: impl Into<String>) -> Self {
        self.with(Style::Code, words)
    }

    /// Adds lines of fixed width.
    pub fn table(self, lines: impl Into<String>) -> Self {
        self.with(Style::Table, lines)
    }

    /// Adds a link.
    pub fn link(self, words: impl Into<String>, address: impl Into<String>) -> Self {
        self.with(Style::Link(address.into()), words)
    }

    /// Ends the line.
    pub fn end(self) -> Self {
        self.plain("\n")
    }

    /// Adds another text.
    pub fn then(mut self, other: Self) -> Self {
        for Span { style, words } in other.spans {
            self = self.with(style, words);
        }
        self
    }

    fn with(mut self, style: Style, words: impl Into<String>) -> Self {
        let words = words.into();
        if words.is_empty() {
            return self;
        }
        match self.spans.last_mut() {
            Some(last) if last.style == style && style != Style::Table => {
                last.words.push_str(&words);
            }
            _ => self.spans.push(Span { style, words }),
        }
        self
    }

    /// How long it is as Telegram counts: UTF-16 units, markup not included.
    pub fn units(&self) -> usize {
        self.spans.iter().map(|span| units(&span.words)).sum()
    }

    /// As HTML for Telegram's `parse_mode`.
    pub fn to_html(&self) -> String {
        let mut html = String::new();
        for Span { style, words } in &self.spans {
            let words = escaped(words);
            let written = match style {
                Style::Plain => write!(html, "{words}"),
                Style::Bold => write!(html, "<b>{words}</b>"),
                Style::Italic => write!(html, "<i>{words}</i>"),
                Style::Code => write!(html, "<code>{words}</code>"),
                Style::Table => write!(html, "<pre>{words}</pre>"),
                Style::Link(address) => {
                    write!(html, "<a href=\"{}\">{words}</a>", escaped(address))
                }
            };
            debug_assert!(written.is_ok(), "a string takes everything");
        }
        html
    }

    /// Without any markup; an address stands behind its words.
    pub fn to_plain(&self) -> String {
        let mut plain = String::new();
        for Span { style, words } in &self.spans {
            plain.push_str(words);
            if let Style::Link(address) = style {
                plain.push_str(" (");
                plain.push_str(address);
                plain.push(')');
            }
        }
        plain
    }

    /// The same words in parts of at most `limit` units, cut at the ends of lines where there are
    /// any, within a line where it is longer than that.
    pub fn split(&self, limit: usize) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut part = Self::new();
        let mut room = limit;
        for Span { style, words } in &self.spans {
            for line in words.split_inclusive('\n') {
                let mut line = line;
                if units(line) > room && !part.is_empty() {
                    parts.push(std::mem::take(&mut part));
                    room = limit;
                }
                while units(line) > limit {
                    let (head, tail) = line.split_at(prefix(line, limit));
                    parts.push(Self::new().with(style.clone(), head));
                    line = tail;
                }
                room = room.saturating_sub(units(line));
                // Lines of one table belong to one block.
                match part.spans.last_mut() {
                    Some(last) if last.style == *style => last.words.push_str(line),
                    _ => part = part.with(style.clone(), line),
                }
            }
        }
        if !part.is_empty() {
            parts.push(part);
        }
        parts
    }
}

fn units(words: &str) -> usize {
    words.encode_utf16().count()
}

/// The longest prefix of at most `limit` units, in bytes; at least one character.
fn prefix(words: &str, limit: usize) -> usize {
    let mut count = 0;
    for (at, c) in words.char_indices() {
        count += c.len_utf16();
        if count > limit && at > 0 {
            return at;
        }
    }
    words.len()
}

fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out
}
