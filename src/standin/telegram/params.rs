//! The parameters of a request, however they came: in the query, as a form, as JSON, or as the parts
//! of a multipart body, where files come along (`core.telegram.org/bots/api#making-requests`).
//!
//! Only JSON has types; everywhere else a number is its digits and a structure is JSON in a text. So
//! everything is read from both.

use std::collections::BTreeMap;
use std::convert::Infallible;

use axum::body::Bytes;
use axum::http::header;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::server::Received;
use super::error::{ApiError, Result};

/// A file that came with a request.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) bytes: Bytes,
}

/// The parameters of a request.
#[derive(Debug, Default)]
pub(super) struct Params {
    fields: BTreeMap<String, Value>,
    files: BTreeMap<String, Upload>,
}

impl Params {
    /// Reads them all; those of the body win.
    pub(super) async fn read(received: &Received) -> Result<Self> {
        let mut params = Self::default();
        params.add_form(received.query.as_bytes());
        let kind = received.header(header::CONTENT_TYPE).unwrap_or_default();
        if received.is_json() {
            if !received.body.is_empty() {
                let object = serde_json::from_slice(&received.body).ok();
                let Some(Value::Object(object)) = object else {
                    return Err(ApiError::bad_request("object expected as JSON body"));
                };
                params.fields.extend(object.into_iter().filter(|(_, value)| !value.is_null()));
            }
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            params.add_form(&received.body);
        } else if kind.starts_with("multipart/form-data") {
            params.add_parts(kind, received.body.clone()).await?;
        }
        Ok(params)
    }

    fn add_form(&mut self, form: &[u8]) {
        for (name, value) in form_urlencoded::parse(form) {
            self.fields.insert(name.into_owned(), Value::String(value.into_owned()));
        }
    }

    async fn add_parts(&mut self, kind: &str, body: Bytes) -> Result<()> {
        let broken = |error: multer::Error| {
            ApiError::bad_request(format!("can't parse multipart body: {error}"))
        };
        let boundary = multer::parse_boundary(kind).map_err(broken)?;
        let stream = futures_util::stream::iter([Ok::<_, Infallible>(body)]);
        let mut parts = multer::Multipart::new(stream, boundary);
        while let Some(part) = parts.next_field().await.map_err(broken)? {
            let Some(name) = part.name().map(str::to_owned) else { continue };
            let file = part.file_name().map(str::to_owned);
            let kind = part.content_type().map(ToString::to_string).unwrap_or_default();
            let bytes = part.bytes().await.map_err(broken)?;
            if let Some(file) = file {
                self.files.insert(name, Upload { name: file, kind, bytes });
            } else {
                let text = String::from_utf8(bytes.to_vec());
                let text = text
                    .map_err(|_bytes| ApiError::bad_request("strings must be encoded in UTF-8"));
                self.fields.insert(name, Value::String(text?));
            }
        }
        Ok(())
    }

    /// A text. What is empty counts as absent.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        let text = match self.fields.get(name)? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        (!text.is_empty()).then_some(text)
    }

    /// A whole number; what is none counts as absent, as it does there.
    pub(super) fn integer(&self, name: &str) -> Option<i64> {
        match self.fields.get(name)? {
            Value::String(text) => text.trim().parse().ok(),
            other => other.as_i64(),
        }
    }

    /// Yes or no; no where absent.
    pub(super) fn flag(&self, name: &str) -> bool {
        match self.fields.get(name) {
            Some(Value::String(text)) => matches!(text.to_ascii_lowercase().as_str(), "true" | "1"),
            Some(Value::Bool(flag)) => *flag,
            Some(other) => other.as_i64() == Some(1),
            None => false,
        }
    }

    /// A structure, as itself or as JSON in a text.
    pub(super) fn structure<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let broken = |error: serde_json::Error| {
            ApiError::bad_request(format!("can't parse {name} JSON object: {error}"))
        };
        match self.fields.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Ok(None),
            Some(Value::String(text)) => serde_json::from_str(text).map(Some).map_err(broken),
            Some(other) => serde_json::from_value(other.clone()).map(Some).map_err(broken),
        }
    }

    /// The same files with other fields: those of a structure that names the files.
    pub(super) fn with_fields(&self, fields: serde_json::Map<String, Value>) -> Self {
        Self { fields: fields.into_iter().collect(), files: self.files.clone() }
    }

    /// A file, by the name of its part.
    pub(super) fn file(&self, name: &str) -> Option<&Upload> {
        self.files.get(name)
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, Method};

    use super::*;

    fn read(kind: &'static str, query: &str, body: &'static [u8]) -> Result<Params> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        let (query, body) = (query.to_owned(), Bytes::from_static(body));
        let received = Received { method: Method::POST, path: String::new(), query, headers, body };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(Params::read(&received))
    }

    #[test]
    fn the_same_is_read_from_every_kind_of_body() {
        let multipart = b"--x\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n7\r\n\
            --x\r\nContent-Disposition: form-data; name=\"silent\"\r\n\r\nTrue\r\n\
            --x\r\nContent-Disposition: form-data; name=\"list\"\r\n\r\n[1,2]\r\n--x--\r\n";
        for params in [
            read("application/json", "", br#"{"chat_id":7,"silent":true,"list":[1,2],"no":null}"#),
            read("application/json", "", br#"{"chat_id":"7","silent":"true","list":"[1,2]"}"#),
            read(
                "application/x-www-form-urlencoded",
                "chat_id=1",
                b"chat_id=7&silent=1&list=%5B1%2C2%5D",
            ),
            read("text/plain", "chat_id=7&silent=true&list=[1,2]", b""),
            read("multipart/form-data; boundary=x", "", multipart),
        ] {
            let params = params.unwrap();
            assert_eq!(params.integer("chat_id"), Some(7));
            assert!(params.flag("silent") && !params.flag("no"));
            assert_eq!(params.structure::<Vec<i64>>("list").unwrap(), Some(vec![1, 2]));
            assert_eq!(params.text("no"), None);
        }
    }

    #[test]
    fn files_come_in_parts() {
        let body = b"--x\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.png\"\r\n\
            Content-Type: image/png\r\n\r\n\x89PNG\r\n--x--\r\n";
        let params = read("multipart/form-data; boundary=x", "", body).unwrap();
        let file = params.file("photo").unwrap();
        assert_eq!((file.name.as_str(), file.kind.as_str()), ("a.png", "image/png"));
        assert_eq!(&file.bytes[..], b"\x89PNG");
        assert!(params.text("photo").is_none());
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for (kind, body) in [
            ("application/json", &b"[1]"[..]),
            ("application/json", b"{"),
            ("multipart/form-data", b"--x--"),
            ("multipart/form-data; boundary=x", b"--x\r\nno"),
        ] {
            assert_eq!(read(kind, "", body).unwrap_err().code, 400);
        }
        let params = read("text/plain", "list=[1,", b"").unwrap();
        assert!(params.structure::<Vec<i64>>("list").is_err());
    }
}
