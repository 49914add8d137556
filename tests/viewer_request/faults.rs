//! That the random questions find mistakes: copies of the function, each with another one.

use std::fs;

use edgehop_tests::server::folder;
use edgehop_tests::viewer::deployed;

use crate::fuzz::{disagreements, few_words, many_words};

/// What stands in the function, and what stands there in a copy.
const FAULTS: &[(&str, &str)] = &[
    ("% 100;", "% 101;"),
    (".sort().map(key =>", ".map(key =>"),
    ("[0-9a-f]{32}$/.test(digest)", "[0-9a-f]{31,32}$/.test(digest)"),
    ("[0-9a-f]{32}$/.test(member)", "[0-9a-f]{32}/.test(member)"),
    (r"text.replace(/\+/g, ' ')", r"text.replace(/\+/, ' ')"),
    ("[^!-$&-*,-~]", "[^!-$&-~]"),
    ("if (bytes) found", "found"),
    ("|| components[0])", ")"),
    (" && pairs[word] !== '!';", ";"),
    ("(known(name) ? said[name] : '@0')", "said[name]"),
    ("if (wrong) bad", "if (0) bad"),
    ("/[^ -$&-~]/g", "/[^ -~]/g"),
    ("/[^A-Za-z0-9._,-]/g", "/[^A-Za-z0-9._-]/g"),
    ("replace(/ /g, '+')", "replace(/ /, '+')"),
    (".indexOf('zstd') >= 0", "[0] === 'zstd'"),
    ("installed: empty()", "installed: {}"),
    ("found = empty(), pages", "found = {}, pages"),
    ("known(digest.slice(0, 8))", "true"),
    ("page * 31", "page * 33"),
    ("'W/\"current\"'", "'\"other\"'"),
    ("(?!attr)", ""),
    ("{0,47}$/.test(name)", "{0,48}$/.test(name)"),
    ("asked.installed[name] = asked.installed[name] ||", "asked.installed[name] ="),
    ("found[name] = found[name] ||", "found[name] ="),
    ("|[ \\t]+$/g", "|\\s+$/g"),
    ("parameters: 128", "parameters: 127"),
    ("query: 4096", "query: 4097"),
    ("ifNoneMatch: 5120", "ifNoneMatch: 5119"),
    (".replace(/%../g, '.')", ""),
    ("'Invalid payloadType param'", "'payloadType'"),
    ("word !== first", "true"),
    ("delete pairs.delta", "0"),
];

#[test]
fn a_mistake_in_the_function_is_found() {
    let (text, folder) = (deployed(), folder());
    for (at, (right, wrong)) in FAULTS.iter().enumerate() {
        assert_eq!(text.matches(right).count(), 1, "{right:?} stands in the function once");
        let copy = folder.path().join(format!("{at}.js"));
        fs::write(&copy, text.replace(right, wrong)).unwrap();
        let found = [None, Some(few_words()), Some(many_words())]
            .iter()
            .any(|known| disagreements(&copy, at as u64, 12_000, known.as_ref()).count > 0);
        assert!(found, "{wrong:?} in place of {right:?} was not found");
    }
}
