//! Files that the bot has sent, for as long as there is room for them.

use std::collections::VecDeque;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::error::{ApiError, Result};
use super::params::Upload;

/// So many bytes of files are kept; the oldest go first.
const ROOM: usize = 256 << 20;
/// Telegram's own limit for pictures that are uploaded.
const LARGEST_PHOTO: usize = 10 << 20;
/// Width and height together (`sendPhoto`).
const WIDEST_PHOTO: u32 = 10_000;

/// A picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    pub(super) file: String,
    width: u32,
    height: u32,
    bytes: usize,
}

impl Picture {
    /// As an array of `PhotoSize`, the smallest first. All sizes are the same file: nothing is scaled.
    pub(super) fn sizes(&self) -> Value {
        let scaled = |side: u32| {
            let longest = self.width.max(self.height).max(1);
            let scale = |it: u32| (u64::from(it) * u64::from(side) / u64::from(longest)).max(1);
            (scale(self.width), scale(self.height))
        };
        let size = |suffix: &str, (width, height): (u64, u64)| {
            json!({
                "file_id": format!("{}{suffix}", self.file),
                "file_unique_id": format!("u{}{suffix}", self.file),
                "file_size": self.bytes, "width": width, "height": height,
            })
        };
        let sides = [("-s", 90), ("-m", 320), ("-x", 800)];
        let longest = self.width.max(self.height);
        let mut sizes: Vec<_> = sides
            .into_iter()
            .filter(|(_, side)| *side < longest)
            .map(|(suffix, side)| size(suffix, scaled(side)))
            .collect();
        sizes.push(size("", (u64::from(self.width), u64::from(self.height))));
        Value::Array(sizes)
    }
}

#[derive(Debug)]
struct File {
    id: String,
    upload: Upload,
}

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Files {
    kept: VecDeque<File>,
    bytes: usize,
    count: u64,
}

impl Files {
    fn keep(&mut self, prefix: &str, upload: &Upload) -> String {
        self.count += 1;
        let id = format!("{prefix}{:08}", self.count);
        self.bytes += upload.bytes.len();
        self.kept.push_back(File { id: id.clone(), upload: upload.clone() });
        while self.bytes > ROOM && self.kept.len() > 1 {
            let gone = self.kept.pop_front().map_or(0, |it| it.upload.bytes.len());
            self.bytes -= gone;
        }
        id
    }

    /// Keeps a picture that was uploaded.
    pub(super) fn photo(&mut self, upload: &Upload) -> Result<Picture> {
        if upload.bytes.is_empty() {
            return Err(ApiError::bad_request("file must be non-empty"));
        }
        if upload.bytes.len() > LARGEST_PHOTO {
            return Err(ApiError::bad_request("file is too big"));
        }
        let failed = || ApiError::bad_request("IMAGE_PROCESS_FAILED");
        let (width, height) = dimensions(&upload.bytes).ok_or_else(failed)?;
        let ratio = width.max(height) / width.min(height).max(1);
        if width == 0 || height == 0 || width.saturating_add(height) > WIDEST_PHOTO || ratio > 20 {
            return Err(ApiError::bad_request("PHOTO_INVALID_DIMENSIONS"));
        }
        let bytes = upload.bytes.len();
        Ok(Picture { file: self.keep("AgAC-photo-", upload), width, height, bytes })
    }

    /// Keeps a file that was uploaded. As `Document`.
    pub(super) fn document(&mut self, upload: &Upload) -> Result<Value> {
        if upload.bytes.is_empty() {
            return Err(ApiError::bad_request("file must be non-empty"));
        }
        let id = self.keep("BQAC-file-", upload);
        let kind = if upload.kind.is_empty() { "application/octet-stream" } else { &upload.kind };
        Ok(json!({
            "file_id": id, "file_unique_id": format!("u{id}"), "file_name": upload.name,
            "mime_type": kind, "file_size": upload.bytes.len(),
        }))
    }

    /// A file, by its id or that of one of its sizes.
    pub(super) fn find(&self, id: &str) -> Option<&Upload> {
        let id = id.trim_end_matches("-s").trim_end_matches("-m").trim_end_matches("-x");
        self.kept.iter().find(|it| it.id == id).map(|it| &it.upload)
    }

    /// A picture that was sent before, by its id.
    pub(super) fn photo_again(&self, id: &str) -> Option<Picture> {
        let upload = self.find(id)?;
        let (width, height) = dimensions(&upload.bytes)?;
        Some(Picture { file: id.to_owned(), width, height, bytes: upload.bytes.len() })
    }

    /// As `File`.
    pub(super) fn described(&self, id: &str) -> Option<Value> {
        let upload = self.find(id)?;
        Some(json!({
            "file_id": id, "file_unique_id": format!("u{id}"),
            "file_size": upload.bytes.len(), "file_path": format!("files/{id}"),
        }))
    }
}

/// The kind of a picture's bytes, for a browser.
pub(super) fn kind_of(bytes: &Bytes) -> &'static str {
    if bytes.starts_with(b"\x89PNG") {
        "image/png"
    } else if bytes.starts_with(b"\xff\xd8") {
        "image/jpeg"
    } else {
        "application/octet-stream"
    }
}

/// Width and height of a PNG or a JPEG.
fn dimensions(bytes: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize, length: usize| {
        let digits = bytes.get(at..at + length)?;
        Some(digits.iter().fold(0_u32, |number, digit| (number << 8) | u32::from(*digit)))
    };
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some((number(16, 4)?, number(20, 4)?));
    }
    if !bytes.starts_with(b"\xff\xd8") {
        return None;
    }
    // A JPEG: segment after segment, until one that begins a frame.
    let mut at = 2;
    loop {
        let marker = number(at, 2)?;
        if matches!(marker, 0xffc0..=0xffcf) && !matches!(marker, 0xffc4 | 0xffc8 | 0xffcc) {
            return Some((number(at + 7, 2)?, number(at + 5, 2)?));
        }
        at += 2 + usize::try_from(number(at + 2, 2)?).ok()?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(bytes: &[u8]) -> Upload {
        let bytes = Bytes::copy_from_slice(bytes);
        Upload { name: "a.png".to_owned(), kind: String::new(), bytes }
    }

    fn png(width: u32, height: u32) -> Upload {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        upload(&bytes)
    }

    #[test]
    fn a_picture_has_sizes_of_which_the_last_is_itself() {
        let mut files = Files::default();
        let picture = files.photo(&png(1_000, 500)).unwrap();
        let sizes = picture.sizes();
        assert_eq!(sizes.as_array().unwrap().len(), 4);
        assert_eq!((&sizes[1]["width"], &sizes[1]["height"]), (&json!(320), &json!(160)));
        assert_eq!((&sizes[3]["width"], &sizes[3]["height"]), (&json!(1_000), &json!(500)));
        let small = sizes[0]["file_id"].as_str().unwrap();
        assert_eq!(files.find(small).unwrap().bytes, png(1_000, 500).bytes);
        assert_eq!(files.photo_again(&picture.file).unwrap(), picture);
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let mut files = Files::default();
        for (file, expected) in [
            (upload(b""), "file must be non-empty"),
            (upload(b"hello"), "IMAGE_PROCESS_FAILED"),
            (upload(b"\xff\xd8\xff\xe0\0"), "IMAGE_PROCESS_FAILED"),
            (png(9_000, 1_001), "PHOTO_INVALID_DIMENSIONS"),
            (png(2_100, 100), "PHOTO_INVALID_DIMENSIONS"),
            (png(0, 100), "PHOTO_INVALID_DIMENSIONS"),
        ] {
            assert!(files.photo(&file).unwrap_err().description.ends_with(expected));
        }
    }

    #[test]
    fn a_jpeg_tells_its_size_in_its_frame() {
        let bytes = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x20\x00\x40";
        assert_eq!(dimensions(bytes), Some((64, 32)));
    }
}
