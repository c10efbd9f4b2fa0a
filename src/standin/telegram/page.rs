//! The page that shows a chat as a person sees it. All of it is in the program.

use axum::body::Body;
use axum::http::Response;

use super::super::server::page_file;

/// A file of the page.
pub(super) fn file(path: &str) -> Option<Response<Body>> {
    Some(match path {
        "/" => page_file("text/html; charset=utf-8", include_str!("page/page.html")),
        "/page.css" => page_file("text/css; charset=utf-8", include_str!("page/page.css")),
        "/page.js" => page_file("text/javascript; charset=utf-8", include_str!("page/page.js")),
        _ => return None,
    })
}
