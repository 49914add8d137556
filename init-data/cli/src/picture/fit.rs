//! Text made to fit where it is drawn.

use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

/// The text in lines of at most `limit` units, broken between words, else inside one, never inside what a reader takes
/// for one character; `most` lines at most, the last then ending in `…`. `width` measures one such character.
pub(super) fn wrap(text: &str, limit: u32, most: usize, width: impl Fn(&str) -> u32) -> Vec<String> {
    let wide = |text: &str| text.graphemes(true).map(&width).sum::<u32>();
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        for (index, piece) in pieces(word, limit, &width).into_iter().enumerate() {
            match lines.last_mut().filter(|line| index == 0 && wide(line) + width(" ") + wide(piece) <= limit) {
                Some(line) => line.extend([" ", piece]),
                None => lines.push(piece.to_owned()),
            }
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            while wide(last) + width("…") > limit
                && let Some((at, _)) = last.grapheme_indices(true).next_back()
            {
                last.truncate(at);
            }
            last.truncate(last.trim_end().len());
            last.push('…');
        }
    }
    lines
}

/// A word in pieces that fit.
fn pieces<'a>(word: &'a str, limit: u32, width: &impl Fn(&str) -> u32) -> Vec<&'a str> {
    let (mut pieces, mut start, mut filled) = (Vec::new(), 0, 0);
    for (at, character) in word.grapheme_indices(true) {
        if filled + width(character) > limit && at > start {
            pieces.push(&word[start..at]);
            (start, filled) = (at, 0);
        }
        filled += width(character);
    }
    pieces.push(&word[start..]);
    pieces
}

/// Width of a character in cells of a terminal.
pub(super) fn cells(character: &str) -> u32 {
    character.width() as u32
}

/// Width of a character in thousandths of the font's size, as the widest of the fonts that browsers have for
/// `system-ui` draws it. What fits by this fits with all of them.
pub(super) fn milli_em(character: &str) -> u32 {
    let Some(first) = character.chars().next() else { return 0 };
    match first {
        ' ' => 350,
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '!' | '|' | '\'' | '/' | '(' | ')' | '[' | ']' => 400,
        'f' | 't' | 'r' | '-' => 450,
        'm' | 'M' | 'W' | '%' | '@' | '…' | '→' => 1000,
        'w' | '+' | '<' | '>' | '=' | '~' | '#' | '&' => 840,
        'A'..='Z' => 790,
        first if first.is_ascii() => 640,
        first => match (cells(character), u32::from(first) >= 0x1_f000) {
            (0, _) => 0,
            (1, _) => 720,
            (_, true) => 1350,
            (_, false) => 1050,
        },
    }
}

/// Width of a text in thousandths of the font's size.
pub(super) fn text_milli_em(text: &str) -> u32 {
    text.graphemes(true).map(milli_em).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_between_words_else_inside_one() {
        for (text, limit, most, expected) in [
            ("moves TURN to MQTT", 40, 2, &["moves TURN to MQTT"][..]),
            ("moves TURN to MQTT", 10, 2, &["moves TURN", "to MQTT"]),
            ("moves TURN to MQTT", 10, 1, &["moves TUR…"]),
            ("aaaaaaaaaaaa bb", 5, 9, &["aaaaa", "aaaaa", "aa bb"]),
            ("界界界", 4, 9, &["界界", "界"]),
            ("e\u{301}e\u{301}e\u{301}", 2, 9, &["e\u{301}e\u{301}", "e\u{301}"]),
            ("", 5, 1, &[]),
            ("界", 1, 1, &["界"]),
        ] {
            assert_eq!(wrap(text, limit, most, cells), expected, "{text:?} in {limit}");
        }
    }

    #[test]
    fn no_line_is_wider_than_the_limit() {
        let text = "שלום עולם <script>alert('x')</script> 👩‍🚒👩‍🚒👩‍🚒👩‍🚒 WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW";
        for limit in [2_000, 5_000, 30_000] {
            for line in wrap(text, limit, 100, milli_em) {
                assert!(text_milli_em(&line) <= limit, "{line}");
            }
        }
    }
}
