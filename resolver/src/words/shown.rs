use std::borrow::Cow;
use std::fmt::Write as _;
use std::path::Path;

/// Makes text fit to be shown in a terminal, a picture or a page: each character that would move, hide or reorder its
/// neighbours is replaced by its escape, such as `\u{202e}`. Line breaks and tabs stay.
pub fn fit_to_show(text: &str) -> Cow<'_, str> {
    escaped(text, is_fit_to_show, |c, out| out.extend(c.escape_default()))
}

/// Makes text fit to be shown within a line: line breaks are escaped, too, so that the text cannot begin a line of a list
/// or a log.
pub fn line_fit_to_show(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_fit_to_show(c), |c, out| out.extend(c.escape_default()))
}

/// Makes a path fit to be shown within a line.
pub fn path_fit_to_show(path: &Path) -> String {
    line_fit_to_show(&path.display().to_string()).into_owned()
}

/// Makes JSON fit to be shown by JSON's escapes within its strings, so that programs read equal values from it.
pub fn json_fit_to_show(json: &str) -> Cow<'_, str> {
    escaped(json, is_fit_to_show, |c, out| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    })
}

/// Returns true if a character affects only its own position: it is not a control character, nor an invisible one that
/// sets the direction, breaks the line, annotates or tags. Joiners are allowed, because scripts and emoji need them.
pub fn is_fit_to_show(c: char) -> bool {
    let hides = matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}' | '\u{200e}'
        | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}');
    matches!(c, '\n' | '\t') || !(hides || c.is_control())
}

fn escaped(text: &str, fits: impl Fn(char) -> bool, escape: impl Fn(char, &mut String)) -> Cow<'_, str> {
    let Some(first) = text.find(|c| !fits(c)) else { return Cow::Borrowed(text) };
    let (fit, rest) = text.split_at(first);
    let mut out = fit.to_owned();
    for c in rest.chars() {
        if fits(c) { out.push(c) } else { escape(c, &mut out) }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[2J\u{9b}m\u{202e}b\u{2066}c\u{200f}\u{2028}\r\u{7f}\u{feff}\u{200b}\u{e0041}שלום 👩‍🚒";

    #[test]
    fn nothing_that_is_shown_moves_what_stands_beside_it() {
        let shown = r"a\u{1b}[2J\u{9b}m\u{202e}b\u{2066}c\u{200f}\u{2028}\r\u{7f}\u{feff}\u{200b}\u{e0041}שלום 👩‍🚒";
        assert_eq!(fit_to_show(HOSTILE), shown);
        assert!(matches!(fit_to_show("two\nlines\tand 界"), Cow::Borrowed(_)));
        assert_eq!(line_fit_to_show("two\nlines\tand 界"), "two\\nlines\tand 界");
        assert_eq!(path_fit_to_show(Path::new("a\u{1b}\nb")), r"a\u{1b}\nb");
    }

    #[test]
    fn programs_read_the_value_that_was_escaped() {
        let json = serde_json::to_string(HOSTILE).unwrap();
        let fit = json_fit_to_show(&json);
        assert!(fit.chars().all(is_fit_to_show) && fit != json);
        assert_eq!(serde_json::from_str::<String>(&fit).unwrap(), HOSTILE);
    }
}
