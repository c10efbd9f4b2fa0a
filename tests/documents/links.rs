//! Links between documents lead somewhere.

use std::collections::BTreeSet;

use crate::{pages, root, text};

/// The targets of `[…](target)` outside of blocks.
fn targets(page: &str) -> Vec<String> {
    let mut is_block = false;
    let mut found = Vec::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            is_block = !is_block;
        } else if !is_block {
            let behind = line.split("](").skip(1);
            found.extend(behind.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
        }
    }
    found
}

/// The places of a page, as its headings are called in an address.
fn places(page: &str) -> BTreeSet<String> {
    let mut is_block = false;
    let mut found = BTreeSet::new();
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            is_block = !is_block;
        } else if !is_block && let Some(heading) = line.strip_prefix('#') {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            found.insert(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
        }
    }
    found
}

#[test]
fn every_link_leads_somewhere() {
    let mut seen = 0;
    for page in pages() {
        let here = text(page.to_str().unwrap());
        for target in targets(&here) {
            if target.contains("://") {
                continue;
            }
            let (file, place) = target.split_once('#').unwrap_or((&target, ""));
            let path = root().join(page.parent().unwrap()).join(file);
            assert!(file.is_empty() || path.exists(), "{}: {target}", page.display());
            if !place.is_empty() {
                let there =
                    if file.is_empty() { here.clone() } else { text(path.to_str().unwrap()) };
                assert!(
                    places(&there).contains(place),
                    "{}: no such place: {target}",
                    page.display()
                );
            }
            seen += 1;
        }
    }
    assert!(seen > 60, "{seen} links");
}

#[test]
fn a_heading_is_called_as_in_an_address() {
    let places = places("# A, b\n## `PANIC` and on\n```\n# no heading\n```\n");
    assert_eq!(places.iter().map(String::as_str).collect::<Vec<_>>(), ["a-b", "panic-and-on"]);
}
