//! The examples of `docs/api.md`, in the order in which a reader comes to them.

use reqwest::Method;

use crate::running::{Running, secret};

const PAGE: &str = include_str!("../../docs/api.md");

/// The words of a command, as a shell takes it apart; `$TOKEN` is the only variable.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, ' ') => words.push(String::new()),
            (_, c) => words.last_mut().unwrap().push(c),
        }
    }
    words.iter().map(|word| word.replace("$TOKEN", &secret("ops"))).collect()
}

#[tokio::test]
async fn the_examples_answer_as_the_page_says() {
    let running = Running::start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let lines: Vec<_> = PAGE.lines().collect();
    let mut ran = 0;
    for pair in lines.windows(2) {
        let (Some(status), true) = (pair[0].strip_prefix("# "), pair[1].starts_with("curl "))
        else {
            continue;
        };
        let mut words = words(pair[1]).into_iter().skip(1);
        let (mut method, mut headers, mut body, mut url) = (Method::GET, Vec::new(), None, None);
        while let Some(word) = words.next() {
            match word.as_str() {
                "-X" => method = words.next().unwrap().parse().unwrap(),
                "-H" => headers.push(words.next().unwrap()),
                "-d" => body = words.next(),
                _ => url = Some(word),
            }
        }
        let url = url.unwrap().replace("http://127.0.0.1:8080", &running.address());
        let mut request = client.request(method, url);
        for header in &headers {
            let (name, value) = header.split_once(": ").unwrap();
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_str(), status, "{}", pair[1]);
        ran += 1;
    }
    assert_eq!(ran, PAGE.matches("\ncurl ").count(), "an example says no status");
    assert!(ran >= 10, "{ran}");
}
