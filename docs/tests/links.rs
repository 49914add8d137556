//! The built book: every link and anchor in it leads somewhere. So do those of the pages beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use edgehop_tests::tools;
use mdbook_driver::MDBook;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

use crate::{pages, read, root};

/// Builds the book into `target/book`.
fn build() -> PathBuf {
    let mut book = MDBook::load(root().join("docs")).unwrap();
    let built = tools::target().join("book");
    book.config.build.build_dir.clone_from(&built);
    book.build().unwrap();
    built
}

/// The values of an attribute in a page that mdBook wrote, which always quotes them.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!(" {attribute}=\"");
    html.split(&start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

/// A path without its `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            part => plain.push(part),
        }
    }
    plain
}

/// The anchor of a heading, as GitHub and mdBook spell it.
fn anchor(heading: &str) -> String {
    let kept = heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c)).collect::<String>();
    kept.replace(' ', "-")
}

/// Says why an outside address cannot be meant, if so.
fn misshapen(link: &str) -> bool {
    let host = link.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    !link.starts_with("https://") || !host.contains('.') || link.contains(char::is_whitespace)
}

#[test]
fn every_link_of_the_book_leads_somewhere() {
    let built = build();
    let mut pages = BTreeMap::new();
    let mut folders = vec![built.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "html") {
                let html = std::fs::read_to_string(&path).unwrap();
                pages.insert(path, html);
            }
        }
    }
    // 404.html is served at any address, and says where its own links start.
    pages.remove(&built.join("404.html"));
    assert!(pages.len() > 20, "{:?}", pages.keys());
    let mut broken = Vec::new();
    for (page, html) in &pages {
        assert!(!html.contains("{{#"), "{}: a file that is to be included is not there", page.display());
        for link in values(html, "href").into_iter().chain(values(html, "src")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => page.clone(),
                file if file.contains("://") => {
                    if misshapen(file) {
                        broken.push(format!("{}: {link}", page.display()));
                    }
                    continue;
                }
                file => plain(&page.parent().unwrap().join(file)),
            };
            let leads = match pages.get(&target) {
                Some(html) => anchor.is_empty() || values(html, "id").contains(&anchor),
                None => target.is_file() && anchor.is_empty(),
            };
            if !leads {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_link_between_the_projects_pages_leads_somewhere() {
    let all = pages();
    let mut anchors: BTreeMap<PathBuf, BTreeSet<String>> = BTreeMap::new();
    for page in &all {
        let (text, mut heading) = (read(page), None);
        let found = anchors.entry(PathBuf::from(page)).or_default();
        for event in Parser::new(&text) {
            match (event, &mut heading) {
                (Event::Start(Tag::Heading { .. }), _) => heading = Some(String::new()),
                (Event::Text(text) | Event::Code(text), Some(heading)) => heading.push_str(&text),
                (Event::End(TagEnd::Heading(_)), _) => {
                    found.insert(anchor(&heading.take().unwrap()));
                }
                _ => {}
            }
        }
    }
    let (mut broken, mut count) = (Vec::new(), 0);
    for page in &all {
        let text = read(page);
        for event in Parser::new(&text) {
            let Event::Start(Tag::Link { dest_url: link, .. } | Tag::Image { dest_url: link, .. }) = event else {
                continue;
            };
            count += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let leads = if file.contains("://") {
                !misshapen(file)
            } else {
                let target = match file {
                    "" => PathBuf::from(page),
                    file => plain(&Path::new(page).parent().unwrap().join(file)),
                };
                let is_there = root().join(&target).exists();
                is_there && (anchor.is_empty() || anchors.get(&target).is_some_and(|all| all.contains(anchor)))
            };
            if !leads {
                broken.push(format!("{page}: {link}"));
            }
        }
    }
    assert!(broken.is_empty() && count > 40, "{count} links, of which are broken: {broken:#?}");
}

#[test]
fn every_file_that_a_page_names_is_there() {
    let (tops, mut missing) = (["docs/", "resolver/", "edge/", "init-data/", "cloudformation/", "tests/"], Vec::new());
    for page in pages() {
        let text = read(&page);
        for event in Parser::new(&text) {
            let Event::Code(code) = event else { continue };
            let is_path = tops.iter().any(|top| code.starts_with(top)) && !code.contains(['{', '*', ' ', '<']);
            if is_path && !root().join(&*code).exists() && !root().join(format!("{code}.rs")).exists() {
                missing.push(format!("{page}: {code}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
