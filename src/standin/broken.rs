//! Answers that are not given: the faults that every service over HTTP has.

use std::time::Duration;

use axum::http::StatusCode;

/// What a request gets instead of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instead {
    /// The connection breaks.
    Lost,
    /// It breaks after so long, really.
    Silence(Duration),
    /// The service's error of this status.
    Status(u16),
    /// A page of HTML with this status, from a machine in front of the service.
    Html(u16),
}

/// Whether the request is carried out nevertheless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    Before,
    After,
}

/// The kinds of faults that are read here, for errors.
pub(super) const KINDS: &str = "lost_before, lost_after, timeout_before, timeout_after, \
    error_before, error_after, html_before, html_after";

/// Reads a fault of these kinds; none where `kind` is another.
pub(super) fn of_kind(
    kind: &str,
    status: Option<u16>,
    seconds: Option<u32>,
) -> Result<Option<(When, Instead)>, String> {
    let Some((what, when)) = kind.rsplit_once('_') else { return Ok(None) };
    let when = match when {
        "before" => When::Before,
        "after" => When::After,
        _ => return Ok(None),
    };
    if let Some(status) = status
        && (status < 300 || StatusCode::from_u16(status).is_err())
    {
        return Err(format!("{status} is not the status of an error"));
    }
    let instead = match what {
        "lost" => Instead::Lost,
        "timeout" => Instead::Silence(Duration::from_secs(u64::from(seconds.unwrap_or(60)))),
        "error" => Instead::Status(status.unwrap_or(500)),
        "html" => Instead::Html(status.unwrap_or(502)),
        _ => return Ok(None),
    };
    Ok(Some((when, instead)))
}

/// Waits for so long, really.
pub(super) async fn silence(length: Duration) {
    // That the time is over is what is waited for.
    drop(tokio::time::timeout(length, std::future::pending::<()>()).await);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_read_with_what_they_need() {
        let of = |kind| of_kind(kind, None, None).unwrap();
        assert_eq!(of("lost_after"), Some((When::After, Instead::Lost)));
        assert_eq!(of("html_before"), Some((When::Before, Instead::Html(502))));
        assert_eq!(of("error_before"), Some((When::Before, Instead::Status(500))));
        assert_eq!((of("fire_before"), of("clear"), of("lost_never")), (None, None, None));
        assert!(of_kind("error_before", Some(200), None).is_err());
        assert!(of_kind("error_before", Some(99), None).is_err());
        for kind in KINDS.split(", ") {
            assert!(of(kind).is_some(), "{kind}");
        }
    }
}
