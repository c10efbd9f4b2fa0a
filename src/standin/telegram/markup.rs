//! Texts with entities: HTML as the Bot API reads it, and commands and links that it finds by itself
//! (`core.telegram.org/bots/api#html-style`).
//!
//! Offsets and lengths of entities count UTF-16 code units; those in errors count bytes.

use serde::{Deserialize, Serialize};

use super::error::{ApiError, Result};

/// A stretch of a text that is more than text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entity {
    #[serde(rename = "type")]
    kind: String,
    offset: usize,
    length: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
}

/// A text as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Formatted {
    pub(super) text: String,
    pub(super) entities: Vec<Entity>,
}

/// How long a text is, as Telegram counts.
pub(super) fn length(text: &str) -> usize {
    text.encode_utf16().count()
}

impl Formatted {
    /// A text without markup.
    pub(super) fn plain(text: &str) -> Self {
        Self { text: text.to_owned(), entities: Vec::new() }.finished()
    }

    /// A text whose entities are given.
    pub(super) fn with_entities(text: &str, entities: Vec<Entity>) -> Self {
        Self { text: text.to_owned(), entities }.finished()
    }

    /// A text in HTML.
    pub(super) fn html(source: &str) -> Result<Self> {
        let parser = Parser { source, at: 0, text: String::new(), offset: 0, entities: vec![] };
        let (text, entities) = parser
            .run()
            .map_err(|what| ApiError::bad_request(format!("can't parse entities: {what}")))?;
        Ok(Self { text, entities }.finished())
    }

    /// Space around it is cut off, and what Telegram finds by itself is found.
    fn finished(mut self) -> Self {
        let leading = length(&self.text) - length(self.text.trim_start());
        let trimmed = self.text.trim();
        let whole = length(trimmed);
        for entity in &mut self.entities {
            let end = (entity.offset + entity.length).saturating_sub(leading).min(whole);
            entity.offset = entity.offset.saturating_sub(leading).min(whole);
            entity.length = end.saturating_sub(entity.offset);
        }
        self.entities.retain(|entity| entity.length > 0);
        self.text = trimmed.to_owned();
        for found in found(&self.text) {
            let is_taken = self.entities.iter().any(|it| {
                matches!(it.kind.as_str(), "code" | "pre" | "text_link" | "bot_command" | "url")
                    && it.offset < found.offset + found.length
                    && found.offset < it.offset + it.length
            });
            if !is_taken {
                self.entities.push(found);
            }
        }
        self.entities.sort_by_key(|it| (it.offset, usize::MAX - it.length));
        self
    }
}

/// Commands and links in a text.
fn found(text: &str) -> Vec<Entity> {
    let mut entities = Vec::new();
    let mut offset = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let shown = word.trim_end();
        let kind = if shown.starts_with("https://") || shown.starts_with("http://") {
            Some(("url", shown.trim_end_matches(['.', ',', ')', '!', '?'])))
        } else {
            command(shown).map(|it| ("bot_command", it))
        };
        if let Some((kind, shown)) = kind {
            let (kind, length) = (kind.to_owned(), length(shown));
            entities.push(Entity { kind, offset, length, url: None, language: None });
        }
        offset += length(word);
    }
    entities
}

/// The command that a word begins with: `/name` or `/name@bot`, of 1 to 32 characters.
fn command(word: &str) -> Option<&str> {
    let name = word.strip_prefix('/')?;
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '@';
    let end = name.find(|it| !is_part(it)).unwrap_or(name.len());
    let (name, behind) = name.split_at(end);
    let bare = name.split('@').next().unwrap_or_default();
    let is_path = behind.starts_with('/');
    (!bare.is_empty() && bare.len() <= 32 && !is_path).then(|| word.get(..=end)).flatten()
}

/// A tag that is open.
struct Open {
    tag: String,
    argument: Option<String>,
    offset: usize,
}

struct Parser<'a> {
    source: &'a str,
    at: usize,
    text: String,
    offset: usize,
    entities: Vec<Entity>,
}

impl Parser<'_> {
    fn run(mut self) -> std::result::Result<(String, Vec<Entity>), String> {
        let mut open: Vec<Open> = Vec::new();
        while let Some(next) = self.peek() {
            match next {
                '<' if self.rest().starts_with("</") => self.close(&mut open)?,
                '<' => {
                    let tag = self.open()?;
                    open.push(tag);
                }
                '&' => {
                    let letter = self.character_reference();
                    self.push(letter);
                }
                letter => {
                    self.at += letter.len_utf8();
                    self.push(letter);
                }
            }
        }
        match open.pop() {
            Some(Open { tag, .. }) => {
                Err(format!("Can't find end tag corresponding to start tag \"{tag}\""))
            }
            None => Ok((self.text, self.entities)),
        }
    }

    fn rest(&self) -> &str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn push(&mut self, letter: char) {
        self.offset += letter.len_utf16();
        self.text.push(letter);
    }

    /// Takes characters for as long as they are wanted.
    fn take(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let rest = self.rest();
        let end = rest.find(|it| !wanted(it)).unwrap_or(rest.len());
        let taken = rest.get(..end).unwrap_or_default().to_owned();
        self.at += end;
        taken
    }

    /// `&lt;` and its like; an ampersand that begins none stands for itself.
    fn character_reference(&mut self) -> char {
        let rest = self.rest();
        let named = [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')];
        if let Some((name, letter)) = named.into_iter().find(|(name, _)| rest.starts_with(name)) {
            self.at += name.len();
            return letter;
        }
        if let Some(digits) = rest.strip_prefix("&#")
            && let Some((digits, _)) = digits.split_once(';')
        {
            let number = match digits.strip_prefix(['x', 'X']) {
                Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok(),
                None => digits.parse().ok(),
            };
            if let Some(letter) = number.and_then(char::from_u32).filter(|it| *it != '\0') {
                self.at += "&#;".len() + digits.len();
                return letter;
            }
        }
        self.at += 1;
        '&'
    }

    fn open(&mut self) -> std::result::Result<Open, String> {
        let begin = self.at;
        self.at += 1;
        let tag = self.take(|it| !it.is_whitespace() && it != '>').to_lowercase();
        if self.rest().is_empty() {
            return Err(format!("Unclosed start tag at byte offset {begin}"));
        }
        if kind_of(&tag, None).is_none() && tag != "span" {
            return Err(format!("Unsupported start tag \"{tag}\" at byte offset {begin}"));
        }
        let mut argument = None;
        loop {
            self.take(char::is_whitespace);
            if self.rest().is_empty() {
                return Err(format!("Unclosed start tag at byte offset {begin}"));
            }
            if self.rest().starts_with('>') {
                self.at += 1;
                break;
            }
            let (name, value) = self.attribute(&tag, begin)?;
            argument = match (tag.as_str(), name.as_str()) {
                ("a", "href") | ("tg-emoji", "emoji-id") => Some(value),
                ("code", "class") => value.strip_prefix("language-").map(str::to_owned),
                ("span", "class") => Some(value),
                ("blockquote", "expandable") => Some(String::new()),
                _ => argument,
            };
        }
        if tag == "span" && argument.as_deref() != Some("tg-spoiler") {
            return Err(format!(
                "Tag \"span\" must have class \"tg-spoiler\" at byte offset {begin}"
            ));
        }
        Ok(Open { tag, argument, offset: self.offset })
    }

    fn attribute(
        &mut self,
        tag: &str,
        begin: usize,
    ) -> std::result::Result<(String, String), String> {
        let name = self.take(|it| !it.is_whitespace() && it != '=' && it != '>').to_lowercase();
        if name.is_empty() {
            return Err(format!(
                "Empty attribute name in the tag \"{tag}\" at byte offset {begin}"
            ));
        }
        self.take(char::is_whitespace);
        if !self.rest().starts_with('=') {
            return Ok((name, String::new()));
        }
        self.at += 1;
        self.take(char::is_whitespace);
        let Some(quote) = self.peek().filter(|it| *it == '"' || *it == '\'') else {
            let token = self.at;
            let value =
                self.take(|it| it.is_ascii_alphanumeric() || it == '.' || it == '-').to_lowercase();
            return match self.peek() {
                None => Err(format!("Unclosed start tag at byte offset {begin}")),
                Some(it) if it.is_whitespace() || it == '>' => Ok((name, value)),
                Some(_) => Err(format!("Unexpected end of name token at byte offset {token}")),
            };
        };
        self.at += 1;
        let mut value = String::new();
        loop {
            match self.peek() {
                None => return Err(format!("Unclosed start tag at byte offset {begin}")),
                Some(it) if it == quote => break,
                Some('&') => value.push(self.character_reference()),
                Some(it) => {
                    self.at += it.len_utf8();
                    value.push(it);
                }
            }
        }
        self.at += 1;
        Ok((name, value))
    }

    fn close(&mut self, open: &mut Vec<Open>) -> std::result::Result<(), String> {
        let begin = self.at;
        let Some(Open { tag, argument, offset }) = open.pop() else {
            return Err(format!("Unexpected end tag at byte offset {begin}"));
        };
        self.at += 2;
        let name = self.take(|it| !it.is_whitespace() && it != '>').to_lowercase();
        self.take(char::is_whitespace);
        if !self.rest().starts_with('>') {
            return Err(format!("Unclosed end tag at byte offset {begin}"));
        }
        self.at += 1;
        if !name.is_empty() && name != tag {
            return Err(format!(
                "Unmatched end tag at byte offset {begin}, expected \"</{tag}>\", found \"</{name}>\""
            ));
        }
        let length = self.offset - offset;
        let Some(kind) = kind_of(&tag, argument.as_deref()).filter(|_| length > 0) else {
            return Ok(());
        };
        // `<pre><code class="language-…">` is one entity.
        if let Some(inner) = self.entities.last_mut()
            && inner.kind == "code"
            && tag == "pre"
            && (inner.offset, inner.length) == (offset, length)
        {
            kind.clone_into(&mut inner.kind);
            return Ok(());
        }
        let url = argument.clone().filter(|_| tag == "a");
        let is_empty_link = tag == "a" && url.as_deref().is_none_or(str::is_empty);
        if !is_empty_link {
            let language = argument.filter(|_| tag == "code");
            self.entities.push(Entity { kind: kind.to_owned(), offset, length, url, language });
        }
        Ok(())
    }
}

/// The entity that a tag stands for.
fn kind_of(tag: &str, argument: Option<&str>) -> Option<&'static str> {
    Some(match tag {
        "b" | "strong" => "bold",
        "i" | "em" => "italic",
        "u" | "ins" => "underline",
        "s" | "strike" | "del" => "strikethrough",
        "tg-spoiler" => "spoiler",
        "span" if argument == Some("tg-spoiler") => "spoiler",
        "a" => "text_link",
        "code" => "code",
        "pre" => "pre",
        "blockquote" if argument.is_some() => "expandable_blockquote",
        "blockquote" => "blockquote",
        "tg-emoji" => "custom_emoji",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entities(source: &str) -> serde_json::Value {
        serde_json::to_value(Formatted::html(source).unwrap().entities).unwrap()
    }

    #[test]
    fn html_becomes_text_and_entities_in_utf_16() {
        let shown =
            Formatted::html("📈 <b>BTC &lt;up&gt; &amp; <i>away</i></b> &nbsp; &#8594; x\n")
                .unwrap();
        assert_eq!(shown.text, "📈 BTC <up> & away &nbsp; → x");
        assert_eq!(
            entities("📈 <b>BTC &lt;up&gt; <i>away</i></b>"),
            json!([
                { "type": "bold", "offset": 3, "length": 13 },
                { "type": "italic", "offset": 12, "length": 4 },
            ])
        );
        assert_eq!(
            entities(
                "<a href=\"https://a/?b=1&amp;c\">x</a> <pre><code class=\"language-rust\">y</code></pre>"
            ),
            json!([
                { "type": "text_link", "offset": 0, "length": 1, "url": "https://a/?b=1&c" },
                { "type": "pre", "offset": 2, "length": 1, "language": "rust" },
            ])
        );
        assert_eq!(
            entities("  <blockquote expandable>q</blockquote><span class=\"tg-spoiler\">s</span>"),
            json!([
                { "type": "expandable_blockquote", "offset": 0, "length": 1 },
                { "type": "spoiler", "offset": 1, "length": 1 },
            ])
        );
    }

    #[test]
    fn commands_and_links_are_found() {
        let shown = Formatted::plain("/status@heikin_bot see https://a.b/c. or /a/b, <b>");
        let found: Vec<_> =
            shown.entities.iter().map(|it| (it.kind.as_str(), it.offset, it.length)).collect();
        assert_eq!(found, [("bot_command", 0, 18), ("url", 23, 13)]);
        assert_eq!(entities("<code>/run</code>")[0]["type"], "code");
    }

    #[test]
    fn broken_html_is_refused_in_telegrams_words() {
        for (source, expected) in [
            ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
            ("a < b", "Unsupported start tag \"\" at byte offset 2"),
            ("a <b", "Unclosed start tag at byte offset 2"),
            ("→<h1>x</h1>", "Unsupported start tag \"h1\" at byte offset 3"),
            ("x</b>", "Unexpected end tag at byte offset 1"),
            ("<b>x</i>", "Unmatched end tag at byte offset 4, expected \"</b>\", found \"</i>\""),
            ("<b>x</b", "Unclosed end tag at byte offset 4"),
            ("<a href=\"x>y", "Unclosed start tag at byte offset 0"),
            ("<a href=x/y>z</a>", "Unexpected end of name token at byte offset 8"),
            ("<a =x>z</a>", "Empty attribute name in the tag \"a\" at byte offset 0"),
            ("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0"),
        ] {
            let error = Formatted::html(source).unwrap_err();
            assert_eq!(
                error.description,
                format!("Bad Request: can't parse entities: {expected}"),
                "{source}"
            );
        }
    }
}
