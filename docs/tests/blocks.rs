//! Blocks of shell: each is run by a test, or says why not.
//!
//! A comment before a block says which: `<!-- test: NAME -->` names the test that runs it, `<!-- not run: REASON -->` says why
//! none does. A block without one is run by `commands`.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

use crate::{files, pages, read};

/// A block of shell, and the comment before it.
pub(crate) struct Block {
    pub(crate) text: String,
    pub(crate) mark: Option<String>,
}

/// A page's blocks of shell, in order.
pub(crate) fn blocks(page: &str) -> Vec<Block> {
    let (text, mut found, mut mark, mut is_shell) = (read(page), Vec::<Block>::new(), None, false);
    for event in Parser::new(&text) {
        match event {
            Event::Html(html) => mark = Some(html.trim().to_owned()),
            Event::Start(Tag::CodeBlock(kind)) => {
                is_shell = matches!(&kind, CodeBlockKind::Fenced(language) if &**language == "sh");
                if is_shell {
                    found.push(Block { text: String::new(), mark: mark.take() });
                }
            }
            Event::Text(text) if is_shell => found.last_mut().unwrap().text.push_str(&text),
            Event::End(_) => is_shell = false,
            Event::Start(Tag::HtmlBlock) => {}
            Event::Start(_) => mark = None,
            _ => {}
        }
    }
    found
}

#[test]
fn every_block_of_shell_is_run_or_says_why_not() {
    let sources: Vec<String> =
        files(&["docs", "edge", "init-data", "tests"], ".rs").iter().map(|file| read(file)).collect();
    let mut count = 0;
    for page in pages() {
        for Block { text, mark } in blocks(&page) {
            count += 1;
            let Some(mark) = mark else { continue };
            let said = mark.strip_prefix("<!--").and_then(|mark| mark.strip_suffix("-->")).map(str::trim);
            let said = said.unwrap_or_else(|| panic!("{page}: {mark:?} is no comment of one line before\n{text}"));
            if let Some(name) = said.strip_prefix("test: ") {
                let function = format!("fn {name}(");
                assert!(sources.iter().any(|source| source.contains(&function)), "{page}: no test is called {name}");
            } else {
                let reason = said.strip_prefix("not run: ").unwrap_or_default();
                assert!(
                    reason.len() > 10,
                    "{page}: {mark:?} says neither `test: NAME` nor `not run: REASON` before\n{text}"
                );
            }
        }
    }
    assert!(count > 20, "only {count} blocks were found");
}
